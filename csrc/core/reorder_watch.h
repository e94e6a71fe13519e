#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/picture_header.h"

namespace cuf {

// Low latency for H.264, whose headers say at best how many frames may be out of order, not whether
// any is. Headers are silenced, so that the decoder shows pictures at once, until the first picture
// that is not coded in display order is found: one that leaves a gap behind the one before, which
// later ones may fill, or fills one.
class ReorderWatch {
 public:
  // Headers that are kept beside the packets.
  explicit ReorderWatch(std::span<const uint8_t> extradata);
  // A copy of a packet or of headers that announces no reordering; empty if it did not.
  std::vector<uint8_t> silenced_packet(std::span<const uint8_t> payload);
  std::vector<uint8_t> silenced_headers(std::span<const uint8_t> extradata);
  // What was announced; nothing if nothing was.
  std::optional<uint32_t> announced() const { return announced_; }

  // Whether this packet's picture or one before it is out of order.
  bool reorders(std::span<const uint8_t> payload);
  // The next picture does not follow the last one.
  void skip() { previous_.reset(); }

 private:
  using Units = std::vector<std::span<const uint8_t>>;
  std::vector<uint8_t> silenced(std::span<const uint8_t> data, const Units& units);

  size_t length_size_ = 0;
  std::optional<uint32_t> announced_;
  std::unique_ptr<PictureHeaderReader> headers_;
  std::optional<int64_t> previous_;
  bool is_sure_ = false;
};

}  // namespace cuf

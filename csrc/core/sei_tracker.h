#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/sei.h"

namespace cuf {

// The messages of packets on their way through a decoder that gives pictures in another order. A
// packet goes by a number that the backend finds at its picture again: times may be absent or
// repeated.
class SeiTracker {
 public:
  SeiTracker(std::string_view codec, std::span<const uint8_t> extradata);
  // New codec headers come into force with the next packet.
  void set_headers(std::span<const uint8_t> extradata);
  // Before the packet is decoded. Numbers rise.
  void send(int64_t number, std::span<const uint8_t> payload);
  // The messages of the packet's picture, once; null if it has none.
  std::shared_ptr<const SeiMessages> take(int64_t number);
  void reset();

 private:
  struct Entry {
    int64_t number;
    SeiMessages messages;
  };
  void trim();

  std::string codec_;
  std::unique_ptr<SeiReader> reader_;
  std::deque<Entry> entries_;  // by number
  int64_t last_ = -1;          // the number whose picture a second field or suffix belongs to
  size_t bytes_ = 0;
};

}  // namespace cuf

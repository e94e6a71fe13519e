#pragma once

#include <memory>

#include "libav/handles.h"
#include "libav/header_units.h"

namespace cuf::libav {

// Turns packets as stored into the bitstream that the caller wants: as stored, or self-contained
// (Annex B start codes instead of lengths, headers repeated at key packets).
class Bitstream {
 public:
  Bitstream(const AVCodecParameters& stored, bool keeps_container);

  // Of the packets that come out. The object is shared by those packets: a change makes a new one.
  const std::shared_ptr<const AVCodecParameters>& parameters() const { return parameters_; }
  // Changed headers are in the packets themselves.
  bool carries_headers() const { return headers_ != nullptr; }
  // packet is moved from; null ends the stream.
  void push(AVPacket* packet);
  // False: push more; after the end: no more.
  bool pull(AVPacket& out);
  // After a seek.
  void reset();

 private:
  void open_filter(const AVCodecParameters& stored);
  void change_headers(const AVPacket& packet);
  std::span<const uint8_t> extradata() const;

  bool keeps_container_;
  Owned<AVCodecParameters> stored_;
  std::shared_ptr<const AVCodecParameters> parameters_;
  Owned<AVBSFContext> filter_;  // null: packets pass
  Owned<AVPacket> passing_;     // the packet pushed last
  bool has_passing_ = false;
  std::unique_ptr<HeaderRepeater> headers_;  // null: nothing to repeat
};

}  // namespace cuf::libav

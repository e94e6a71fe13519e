#pragma once

#include <optional>

#include "core/missing_decode_times.h"
#include "core/muxer_port.h"
#include "libav/handles.h"
#include "libav/mux_container.h"
#include "libav/stream_copy.h"

namespace cuf::libav {

// The file's metadata that another container keeps. Entries that are there stay.
void copy_file_metadata(AVDictionary*& to, const AVDictionary* from);
// start_us becomes 0.
void copy_chapters(AVFormatContext& to, const std::vector<ChapterCopy>& from, int64_t start_us);

// One track of a file that is written: what libav must know of it, and the times of its packets.
class MuxTrack {
 public:
  // Throws Error(unsupported) for codecs that the container does not take.
  MuxTrack(const MuxContainer& container, TrackDescription description, AVFormatContext& file);

  const AVStream& stream() const { return *stream_; }
  // Of the file that the track is copied from, if it is; of one that was made from another of that.
  const FileCopy* file() const;
  // Whether it is known what stands at the front of the file.
  bool is_ready() const { return is_ready_; }
  // Takes from the track's first packet what is not known otherwise.
  void learn_from(const Packet& packet);
  // No packet will come. Throws Error(invalid_argument) if one was needed.
  void settle_without_packets();
  // Throws Error(invalid_argument) if the packet cannot be the next one; completes its times.
  void check_order(Packet& packet);
  // The packet in units of the stream, once the header is written.
  Owned<AVPacket> to_stored(const Packet& packet);

 private:
  void complete_times(Packet& packet);
  void fill_encoded();
  void fill_copied(const StreamCopy& from);
  void fill_presentation(const StreamCopy& from);
  void fill_said();
  void fill_hdr();
  bool needs_headers() const;
  void set_time_base(AVRational base);
  [[noreturn]] void refuse(const Packet& packet, const std::string& why) const;

  const MuxContainer& container_;
  const TrackDescription description_;
  AVStream* const stream_;
  bool is_ready_ = false;
  MissingDecodeTimes missing_dts_;
  bool has_missing_dts_ = false;
  std::optional<int64_t> last_dts_;  // as it came
  AVRational last_base_ = {1, 1};
  std::optional<int64_t> stored_dts_;
};

}  // namespace cuf::libav

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/model.h"

// What core needs of a muxer. As in ports.h: backends implement these, failures are thrown as
// Error, calls of one object come from one thread at a time.
namespace cuf {

// Where a container's bytes go. write blocks until all are taken; it throws Error(io) when they
// cannot be, and Error(aborted) when the sink was cancelled.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void write(const uint8_t* data, size_t length) = 0;
  // The rest is only for sinks that can go back.
  virtual bool is_seekable() const { return false; }
  virtual void seek(int64_t /*position*/) {}
  virtual size_t read_at(int64_t /*position*/, uint8_t* /*out*/, size_t /*capacity*/) { return 0; }
};

// Light of the display that the pictures were made on: candela per square metre, and CIE 1931
// chromaticities of red, green, blue and white.
struct MasteringDisplay {
  double x[4] = {};
  double y[4] = {};
  double min_luminance = 0;
  double max_luminance = 0;
};

struct ContentLight {
  uint32_t max_content = 0;  // candela per square metre
  uint32_t max_frame_average = 0;
};

// What a muxer must know of a track. A track that is copied has `copied`, and of the rest only what
// shall be otherwise; one that was encoded says its codec and size.
struct TrackDescription {
  std::string codec = {};  // libav's short name
  uint32_t width = 0;
  uint32_t height = 0;
  // Headers of the codec. Empty: of H.264, HEVC and AV1 they are taken from the first packet.
  std::vector<uint8_t> extradata = {};
  Rational time_base = {0, 0};  // den 0: that of the first packet
  Rational frame_rate = {0, 0};
  Rational sample_aspect_ratio = {0, 0};
  std::optional<Color> color = {};
  std::optional<int32_t> rotation = {};  // degrees clockwise for display
  std::optional<MasteringDisplay> mastering_display = {};
  std::optional<ContentLight> content_light = {};
  std::string language = {};
  std::string title = {};
  // What the backend's demuxer knows of the stream: Demuxer::track().
  std::shared_ptr<const void> copied = nullptr;
  // Such knowledge of the stream that this track was made from: rotation, HDR metadata, aspect
  // ratio, language and title are as there, where nothing else is said.
  std::shared_ptr<const void> made_from = nullptr;
};

struct MuxerOptions {
  std::string path = {};                     // of the file; empty with a sink
  std::shared_ptr<ByteSink> sink = nullptr;  // null with a path
  std::string container = {};                // its name; empty: by the path's extension
  bool is_fragmented = false;                // of mp4 and mov
  bool has_fast_start = false;               // of mp4 and mov: the index comes first
  bool overwrites = false;                   // a file of that name
  // Time in the file that the tracks are from that is 0 in this one: chapters are copied. Empty:
  // they are not.
  std::optional<int64_t> chapters_from_us = 0;
  std::vector<std::pair<std::string, std::string>> metadata = {};  // of the file: "title", ...
  // Becomes true: writing ends with Error(aborted). May be null.
  const std::atomic<bool>* is_aborted = nullptr;
};

// Writes packets into a container. A file stands under a temporary name beside its own until
// finish() has written all of it. Freed without finish(), nothing is left of it.
class Muxer {
 public:
  virtual ~Muxer() = default;
  // Gives the track's number. Before the first packet only. Throws Error(unsupported) for codecs
  // that the container does not take, with what would work.
  virtual uint32_t add_track(const TrackDescription& description) = 0;
  // Packets of a track come in decode order: each dts is greater than the one before, otherwise
  // Error(invalid_argument), and the packet was not taken. Tracks are interleaved by time; one that
  // lags behind is not waited for without bound. May block. After Error(io) it fails for good.
  virtual void write(uint32_t track, const Packet& packet) = 0;
  // No more packets come: completes the file and gives it its name. Throws Error(io) if there is a
  // file of that name now that is not to be overwritten.
  virtual void finish() = 0;
  // From any thread, and at once: without finish() nothing will be left of the file.
  virtual void discard() noexcept = 0;
  virtual const std::string& container() const = 0;
  virtual uint64_t bytes_written() const = 0;
  virtual uint64_t packets_written() const = 0;
};

}  // namespace cuf

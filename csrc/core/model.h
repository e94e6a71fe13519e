#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

// What flows between the parts: packets, pictures and the descriptions of streams. Enum values are
// those of cuframe.h.
namespace cuf {

inline constexpr int64_t kNoTimestamp = std::numeric_limits<int64_t>::min();

// Zero bytes that must follow a packet's payload, since bit readers run over the end
// (AV_INPUT_BUFFER_PADDING_SIZE).
inline constexpr size_t kPacketPadding = 64;

struct Rational {
  int32_t num = 0;
  int32_t den = 0;
};

// Code points of ITU-T H.273; 2 is unspecified.
struct Color {
  uint32_t primaries = 2;
  uint32_t transfer = 2;
  uint32_t matrix = 2;
  bool full_range = false;
};

enum class Backend : uint32_t { automatic = 0, cpu = 1, cuda = 2 };
enum class ChromaFormat : uint32_t { unknown, c400, c420, c422, c444, other };
enum class StreamKind : uint32_t { other, video, audio, subtitle };
enum class PictureType : uint32_t { unknown, i, p, b };
enum class DecodeStatus : uint32_t { ok, corrupt, concealed };
enum class ColorType : uint32_t { native, rgb, rgbp, raw };
enum class OnError : uint32_t { raise, skip, conceal };
enum class Latency : uint32_t { native, low, zero };
enum class Dtype : uint32_t { uint8, uint16, float16, float32 };
enum class Layout : uint32_t { hwc, chw };

enum class Format : uint32_t {
  unknown,
  nv12,
  p010,
  p016,
  nv16,
  p210,
  p216,
  yuv444,
  yuv444_16,
  rgb,
  rgbp,
  rgba,
  i420,
  i422,
  i444,
  i420p16,
  i422p16,
  i444p16,
  gray8,
  gray16,
  gbrp,
  gbrp16,
  bgra,   // bytes B, G, R, A: NVENC's ARGB
  bgr10,  // words of blue in bits 0-9, green, red in 20-29: NVENC's ARGB10
  rgb10,  // words of red in bits 0-9, green, blue in 20-29: NVENC's ABGR10
};

// Bytes with an owner. A packet's payload is followed by kPacketPadding zero bytes.
struct Bytes {
  std::shared_ptr<const void> owner;
  const uint8_t* data = nullptr;
  size_t size = 0;
};

// What some codecs leave to the container (FFV1 and WMV2 the size, raw video everything); 0 =
// unknown.
struct StreamHints {
  uint32_t coded_width = 0;
  uint32_t coded_height = 0;
  uint32_t codec_tag = 0;
  uint32_t bits_per_coded_sample = 0;
  uint32_t pixel_format = 0;  // 1 + libav's number
};

struct Packet {
  Bytes payload;
  Bytes extradata;  // not empty: new codec headers come into force with this packet
  Bytes palette;    // not empty: 256 colours (native-endian ARGB) that come into force with it
  // What the demuxer's backend knows about the stream beyond this model, for a decoder of the same
  // backend; null for packets that came another way.
  std::shared_ptr<const void> backend_stream;
  int64_t pts = kNoTimestamp;
  int64_t dts = kNoTimestamp;
  int64_t duration = 0;
  int64_t position = -1;
  Rational time_base{1, 1000000};
  StreamHints hints;
  int32_t rotation = 0;
  uint32_t stream_index = 0;  // in the container that it comes from
  // Audio samples that are not played, at its begin and at its end.
  uint32_t skipped_at_begin = 0;
  uint32_t skipped_at_end = 0;
  bool is_key = false;
  bool is_discard = false;  // decoded for reference, not shown (edit lists)
  bool is_corrupt = false;
  // false: its picture is decoded as a reference only; a decoder that saves by it does not give it.
  bool is_wanted = true;
  bool ends_stream = false;       // what is held back comes with it
  bool is_discontinuity = false;  // a new start: what is held back comes before it
};

struct Plane {
  const uint8_t* data = nullptr;
  ptrdiff_t stride = 0;
  uint32_t rows = 0;
  uint32_t row_bytes = 0;
};

// Memory of a GPU that is filled, and read, by work that the GPU does later. Streams are CUstream
// handles. These may be called from any thread.
class DeviceMemoryInfo {
 public:
  virtual ~DeviceMemoryInfo() = default;
  virtual int32_t gpu() const = 0;
  virtual uint64_t context() const = 0;  // CUcontext
  // Work put on `stream` from now on finds the memory filled.
  virtual void order_before(uint64_t stream) const = 0;
  // The memory is not used anew before the work that is now on `stream` is done.
  virtual void note_use(uint64_t stream) const = 0;
  // Others read it in ways that nobody notes (through DLPack): when it is let go, it is not used
  // anew before all that the GPU has to do then is done.
  virtual void share() const = 0;
  // Blocks until the memory is filled. Throws Error(device_lost).
  virtual void wait() const = 0;
  // The caller may have filled the memory again: what is now on `stream`, if any, and on the stream
  // that the caller's memory came with, fills it, too.
  virtual void note_refill(uint64_t /*stream*/) const {}
  // Memory that is the caller's may be filled again from now on: work put on the stream that it
  // came with, or else on `stream`, finds done what was noted to read the memory. Without either
  // this blocks until it is done.
  virtual void give_back(uint64_t /*stream*/) const {}
};

class PictureConverter;
class DecodeRecord;
struct SeiMessages;

// A picture in memory, whoever made it: immutable once shared.
struct Picture {
  std::shared_ptr<const void> owner;  // keeps every plane alive
  const uint8_t* block = nullptr;     // one range that holds all planes; null if they lie apart
  size_t block_bytes = 0;
  Plane planes[4];
  uint32_t plane_count = 0;
  Format format = Format::unknown;
  Dtype dtype = Dtype::uint8;
  uint32_t bit_depth = 8;
  uint32_t width = 0;  // display, after crop
  uint32_t height = 0;
  uint32_t coded_width = 0;
  uint32_t coded_height = 0;
  Color color;
  int32_t rotation = 0;
  int64_t index = -1;   // in display order, by random access
  uint32_t frames = 0;  // of a batch tensor: its one plane has a row for each
  int64_t pts = kNoTimestamp;
  int64_t duration = 0;
  Rational time_base{1, 1000000};
  PictureType picture_type = PictureType::unknown;
  DecodeStatus decode_status = DecodeStatus::ok;
  bool is_key = false;
  bool is_interlaced = false;
  bool is_top_field_first = false;
  bool is_read_only = false;  // the decoder may still predict from this memory
  // Not null: `block` and the planes' `data` are addresses of a GPU, which the host cannot read.
  std::shared_ptr<const DeviceMemoryInfo> device;
  std::shared_ptr<const PictureConverter> converter;  // with `device`: what works there
  std::shared_ptr<const DecodeRecord> decode_stats;   // null: none were asked for, or are known
  std::shared_ptr<const SeiMessages> sei;             // null: none, or not asked for
};

struct StreamDescription {
  uint32_t index = 0;
  StreamKind kind = StreamKind::other;
  bool is_attached_picture = false;
  bool is_read = false;  // its packets are read
  std::string codec;
  std::string language;
  std::string title;
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t sample_rate = 0;
  uint32_t channels = 0;
  int64_t duration_us = -1;
  int64_t bit_rate = 0;
};

struct VideoDescription {
  std::string codec;  // libav's short name: h264, hevc, av1, vp9, mpeg2video, ...
  std::string codec_string;
  std::string profile_name;
  std::string container;
  uint32_t stream_index = 0;
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t coded_width = 0;
  uint32_t coded_height = 0;
  Rational frame_rate;
  Rational r_frame_rate;
  Rational time_base;
  Rational sample_aspect_ratio;
  int64_t duration_us = -1;
  int64_t start_time_us = kNoTimestamp;
  int64_t bit_rate = 0;
  int64_t num_frames = -1;
  Color color;
  ChromaFormat chroma = ChromaFormat::unknown;
  uint32_t bit_depth = 0;
  uint32_t reorder_depth = 0;  // as in DecoderOptions
  int32_t profile = -1;
  int32_t level = -1;
  int32_t rotation = 0;
  bool is_seekable = false;
  std::vector<uint8_t> extradata;  // as the chosen bitstream has it
};

// Times of damaged files may be any number: these wrap around, where + and - would be undefined.
constexpr int64_t wrapping_sum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
constexpr int64_t wrapping_difference(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

// ticks * base in microseconds, rounded to nearest; kNoTimestamp stays.
int64_t to_microseconds(int64_t ticks, Rational base);

}  // namespace cuf

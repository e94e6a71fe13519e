#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/encoder_port.h"
#include "core/error.h"
#include "core/memory_budget.h"
#include "core/model.h"
#include "core/muxer_port.h"
#include "core/picture_to_yuv.h"
#include "core/tensor_shape.h"

// What core needs from outside. Backends implement these; nothing here names libav or CUDA. All
// calls of one object come from one thread at a time, not always the same one. Failures are thrown
// as Error.
namespace cuf {

// Bytes that a container is read from. read blocks; it returns 0 at the end and throws Error(io)
// when the source failed or Error(aborted) when it was cancelled.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual size_t read(uint8_t* out, size_t capacity) = 0;
  virtual bool is_seekable() const = 0;
  virtual int64_t size() const = 0;  // -1 if unknown
  virtual void seek(int64_t position) = 0;
};

struct DemuxerOptions {
  std::string path;                    // of the file; empty with a source
  std::shared_ptr<ByteSource> source;  // null with a path
  bool keeps_container_bitstream = false;
  int stream_index = -1;  // wanted stream; -1 = the best video stream
  // What is read beside that stream.
  bool reads_audio = false;
  bool reads_subtitles = false;
  const std::atomic<bool>* is_aborted =
      nullptr;                      // becomes true: blocking I/O ends with Error(aborted)
  int64_t most_pixels = INT32_MAX;  // of a picture that is decoded to learn about the stream
};

class Demuxer {
 public:
  virtual ~Demuxer() = default;
  virtual const VideoDescription& video() const = 0;
  virtual const std::vector<StreamDescription>& streams() const = 0;
  // Of the wanted streams, in the order of the container. false at the end.
  virtual bool read(Packet& out) = 0;
  // What a muxer of the same backend must know of a stream that is read.
  virtual TrackDescription track(uint32_t /*stream_index*/) const {
    throw Error(Status::unsupported, "This demuxer's packets cannot be copied");
  }
  virtual void seek(double seconds) = 0;
  virtual uint64_t bytes_read() const = 0;
  // The container itself, for a reader of its tables; null where it cannot be seeked in. Reading
  // there counts in bytes_read() and leaves read() where it is. Lives no longer than the demuxer.
  virtual std::shared_ptr<ByteSource> bytes() { return nullptr; }
};

struct DecoderOptions {
  std::string codec;
  std::vector<uint8_t> extradata;
  uint32_t threads = 1;  // most threads it may use
  OnError on_error = OnError::raise;
  uint32_t width = 0;  // hints for codecs that keep the size in the container
  uint32_t height = 0;
  ChromaFormat chroma = ChromaFormat::unknown;
  uint32_t bit_depth = 0;
  uint32_t reorder_depth = 0;  // pictures that the container says are held back to be put in order
  std::shared_ptr<MemoryBudget> budget = nullptr;  // of its pictures; null = no bound
  // Every packet's references will be there: decoding starts at key pictures, without the leading
  // pictures of the first. Otherwise libav's H.264 decoder holds back, and at the end loses, what
  // follows a recovery point closely.
  bool has_all_references = false;
  bool exports_stats = false;  // pictures come with a DecodeRecord; of decode_stats_codecs() only
  Latency latency = Latency::native;
  uint32_t max_width = 0;  // larger pictures are refused; 0 = any
  uint32_t max_height = 0;
  bool wants_sei = false;  // pictures come with their messages
  // The rest is for decoders of a GPU.
  uint64_t cuda_stream = 0;   // pictures are complete for work that is put on it; 0 = none
  uint32_t output_width = 0;  // even; pictures scaled by the decoder's own scaler; 0 = as they are
  uint32_t output_height = 0;
  bool uses_host_memory = false;  // pictures are copied to the host
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  // A packet that is refused as damaged throws Error(corrupt_data) with its timestamp; the decoder
  // stays usable. Without room for its picture in the budget it throws Error(out_of_memory) and
  // takes nothing, where that can be known before. The first packet of a stream whose pictures are
  // larger than allowed gives Error(unsupported), behind the pictures of the stream before, the
  // others of it give nothing.
  virtual void send(const Packet& packet) = 0;
  virtual void send_end() = 0;
  // With OnError::skip and conceal damaged pictures come with their status; which are dropped is
  // the caller's matter. false: wants more input, or after send_end: drained. May throw as send
  // does; the next call goes on behind the damage.
  virtual bool receive(Picture& out) = 0;
  // Pictures that come only after send_end() have statistics as well, if any have.
  virtual bool drains_with_stats() const { return true; }
  virtual void reset() = 0;  // forget everything and take packets of a new start
  // The next packet begins another stream of this size. What is held back must have been received.
  virtual void begin_stream(uint32_t width, uint32_t height) = 0;
  // What it can give of options.latency on the stream that it decodes.
  virtual Latency effective_latency() const = 0;
  // Whether it can go on as one made with `options`, at less cost than making that one.
  virtual bool fits(const DecoderOptions& options) const = 0;
  // Makes it so, reset; only where it fits.
  virtual void reconfigure(const DecoderOptions& options) = 0;
  // Before the first packet: does what takes long of that already, as far as the options tell. What
  // fails here is tried again then.
  virtual void prepare() {}
  virtual const std::string& implementation() const = 0;
  virtual Backend backend() const { return Backend::cpu; }
  // Why it is not the backend that was asked for first; empty where it is.
  virtual std::string fallback_reason() const { return {}; }
};

// Host memory for pictures, reused from one picture to the next.
class Memory {
 public:
  virtual ~Memory() = default;
  struct Block {
    std::shared_ptr<const void> owner;
    uint8_t* data = nullptr;  // aligned to 64 bytes
    size_t size = 0;
  };
  virtual Block allocate(size_t size) = 0;
  // Counts memory that was allocated elsewhere, while what is returned is kept; null if nothing
  // limits it. Throws Error(out_of_memory).
  virtual std::shared_ptr<const void> charge(size_t size) = 0;
};

// Tensors of one shape, one behind the other, that pictures are written into. Different places may
// be written by several threads at once.
class TensorTarget {
 public:
  virtual ~TensorTarget() = default;
  // `shape` makes tensors of the target's size of pictures like this one.
  virtual void write(size_t place, const Picture& picture, const TensorShape& shape,
                     pixels::ResizeScratch& scratch) = 0;
  virtual void repeat(size_t from, size_t to) = 0;
  // Where all of it is; nothing may be written any more. Planes are the caller's matter.
  virtual void finish(Picture& tensor) = 0;
};

// What works on pictures in a GPU's memory, there: the results are complete in the order that their
// Picture::device gives, not when a call returns. Thread-safe; lives as long as the pictures.
class PictureConverter {
 public:
  virtual ~PictureConverter() = default;
  virtual Picture to_tensor(const Picture& picture, const TensorShape& shape) const = 0;
  virtual std::unique_ptr<TensorTarget> tensors(const TensorShape& shape, size_t count) const = 0;
  virtual Picture to_yuv(const Picture& picture, const YuvShape& shape) const = 0;
  // A picture of 8 bits in 10, or a deeper one in 8, in NVDEC's layout for that, as PlaneFit makes
  // its planes. Throws Error(unsupported) for other layouts.
  virtual Picture to_depth(const Picture& picture, uint32_t bits) const = 0;
  // A copy whose planes follow one another without padding, in page-locked memory that is charged
  // to `memory`. Blocks until it is there.
  virtual Picture to_host(const Picture& picture, Memory& memory) const = 0;
};

struct DecoderLimits {
  bool is_supported = false;
  std::string implementation;
  std::string reason;
  // Of the coded picture, in pixels; 0: not limited.
  uint32_t min_width = 0;
  uint32_t min_height = 0;
  uint32_t max_width = 0;
  uint32_t max_height = 0;
  uint32_t max_macroblocks = 0;  // width * height / 256
  uint32_t engines = 0;          // that decode beside each other; 0: not limited
};

class DecoderPort {
 public:
  virtual ~DecoderPort() = default;
  virtual std::unique_ptr<Decoder> create_decoder(const DecoderOptions& options) = 0;
  virtual DecoderLimits decoder_support(const std::string& codec, ChromaFormat chroma,
                                        uint32_t bit_depth) = 0;
  // Names of the codecs whose decoders can export statistics.
  virtual std::vector<std::string> decode_stats_codecs() const { return {}; }
};

struct GpuMemoryStats {
  uint64_t live_bytes = 0;     // frames that are held
  uint64_t kept_bytes = 0;     // kept for the next frames
  uint64_t decoder_bytes = 0;  // about what decode surfaces take
  uint64_t peak_bytes = 0;     // most of the sum of the three
  uint64_t allocations = 0;    // calls of the driver
  uint64_t pinned_kept_bytes = 0;
};

// One GPU, in one context; lives as long as what was made by it. create_decoder() throws
// Error(unsupported) for codecs, chroma formats and depths that it does not decode. What only the
// stream tells (where the options do not say its chroma and depth, and its size) is refused by an
// Error(unsupported) of send(), or of send_end() where its first packets said nothing.
class GpuPort : public DecoderPort, public EncoderPort {
 public:
  virtual int32_t ordinal() const = 0;
  virtual uint64_t context() const = 0;  // CUcontext
  virtual GpuMemoryStats memory_stats() const = 0;
  virtual uint64_t pooled_bytes() const = 0;  // memory kept for reuse
  virtual void trim() = 0;                    // gives that back
  // Makes a picture of the caller's memory in this GPU, where its planes are, that is complete in
  // the order of `stream` (0: it is complete). `owner` is let go when the GPU has done what was
  // noted to read it.
  virtual void adopt(Picture& picture, std::shared_ptr<const void> owner, uint64_t stream) = 0;
  // Who frees what it keeps before the GPU's memory is said to be full. Before the GPU is used.
  virtual void reclaim_from(std::weak_ptr<Reclaimable> keeper) = 0;
};

class BackendPort : public DecoderPort, public EncoderPort {
 public:
  virtual std::unique_ptr<Demuxer> open_demuxer(const DemuxerOptions& options) = 0;
  virtual std::unique_ptr<Muxer> open_muxer(const MuxerOptions& /*options*/) {
    throw Error(Status::unsupported, "This backend has no muxer");
  }
  virtual std::string versions() const = 0;
  virtual std::string license() const = 0;
};

}  // namespace cuf

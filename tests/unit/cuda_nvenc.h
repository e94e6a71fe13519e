#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "cuda/functions.h"
#include "cuda_clips.h"
#include "libav_encoder_streams.h"

// Encoders of the simulated NVENC.
namespace nvenc {

using namespace cuf;
using namespace cuda_clips;
using streams::P;
using streams::Pictures;

// A GPU that has an NVENC, until the end of the scope; nothing of it is left then.
struct Gpu {
  const Setting model{"gpu", "l4"};
  std::shared_ptr<GpuPort> port = open_gpu();

  ~Gpu() {
    port = nullptr;
    check_nothing_left();
    for (const char* name : {"encoders", "bitstream_buffers", "bitstreams_locked", "registrations",
                             "encode_mapped", "input_buffers"}) {
      CHECK_MESSAGE(cufsim_count(name) == 0, name);
    }
  }
};

// What every codec of NVENC's takes.
inline streams::Made made(VideoCodec codec, streams::Settings settings = {},
                          Format format = Format::nv12) {
  streams::Made out;
  out.codec = codec;
  out.format = format;
  out.height = 128;
  out.settings = std::move(settings);
  return out;
}

inline std::unique_ptr<Encoder> open(const Gpu& gpu, const streams::Made& made) {
  return gpu.port->create_encoder(streams::options_of(made));
}

inline void end(Encoder& encoder, Pictures& out) {
  encoder.send_end();
  streams::receive_all(encoder, out);
}

inline Pictures encode(const Gpu& gpu, const streams::Made& made, uint64_t count,
                       const streams::Change& change = {}) {
  const auto encoder = open(gpu, made);
  Pictures out;
  streams::feed(*encoder, made, 0, count, out, change);
  end(*encoder, out);
  CHECK(out.size() == count);
  return out;
}

inline EncoderInput input(Picture picture, uint64_t number) {
  EncoderInput out;
  out.picture = std::move(picture);
  out.number = number;
  return out;
}
inline Picture picture_of(const streams::Made& made, uint64_t number) {
  return streams::picture(made.format, made.width, made.height, number);
}

template <class Struct>
Struct recorded(const char* what, uint32_t back = 0) {
  Struct out{};
  REQUIRE(cufsim_encode_record(what, back, &out, sizeof out) == sizeof out);
  return out;
}

// A picture in memory that is the test's own, in the GPU, its planes one behind the other.
class DevicePicture {
 public:
  DevicePicture(GpuPort& gpu, const Picture& host)
      : context_(cuda::Context::borrowed(cuda::require_driver(),
                                         reinterpret_cast<CUcontext>(gpu.context()))),
        picture_(host) {
    const cuda::ContextScope scope(*context_);
    size_t rows = 0;
    for (uint32_t i = 0; i < host.plane_count; ++i) rows += host.planes[i].rows;
    const auto pitch = static_cast<size_t>(host.planes[0].stride);
    const auto& cuda = context_->cuda();
    cuda::check(cuda.cuMemAlloc(&memory_, rows * pitch), "no memory");
    const cuda::Stream stream(context_);
    size_t offset = 0;
    for (uint32_t i = 0; i < host.plane_count; ++i) {
      const Plane& plane = host.planes[i];
      CUDA_MEMCPY2D copy{};
      copy.srcMemoryType = CU_MEMORYTYPE_HOST;
      copy.srcHost = plane.data;
      copy.srcPitch = static_cast<size_t>(plane.stride);
      copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
      copy.dstDevice = memory_ + offset;
      copy.dstPitch = static_cast<size_t>(plane.stride);
      copy.WidthInBytes = plane.row_bytes;
      copy.Height = plane.rows;
      cuda::check(cuda.cuMemcpy2DAsync(&copy, stream.handle()), "no copy");
      picture_.planes[i].data = reinterpret_cast<const uint8_t*>(memory_ + offset);
      offset += static_cast<size_t>(plane.stride) * plane.rows;
    }
    stream.synchronize();
    picture_.owner = nullptr;
    gpu.adopt(picture_, is_held_, 0);
  }
  ~DevicePicture() {
    picture_ = {};
    const cuda::ContextScope scope(*context_);
    context_->cuda().cuMemFree(memory_);
  }

  const Picture& picture() const { return picture_; }
  // Whether others than the test still hold it.
  bool is_held() const { return picture_.owner.use_count() > 2; }

 private:
  const std::shared_ptr<const cuda::Context> context_;
  const std::shared_ptr<int> is_held_ = std::make_shared<int>();
  CUdeviceptr memory_ = 0;
  Picture picture_;
};

}  // namespace nvenc

#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/frame_memory.h"
#include "core/picture_convert.h"
#include "cuda_clips.h"

// Pictures in the simulated GPU's memory, their twins on the CPU, and tensors of both.
namespace cuda_clips {

inline std::shared_ptr<FrameMemory> host_memory(uint64_t limit = UINT64_MAX) {
  return std::make_shared<FrameMemory>(MemoryBudget::of_device(limit));
}

// The first pictures that a decoder gives.
inline std::vector<Picture> first_pictures(Demuxer& demuxer, Decoder& decoder, size_t count) {
  std::vector<Picture> out;
  const auto receive = [&] {
    for (Picture picture; decoder.receive(picture); picture = {}) {
      if (out.size() < count) out.push_back(std::move(picture));
    }
  };
  for (Packet packet; out.size() < count && demuxer.read(packet);) {
    decoder.send(packet);
    receive();
  }
  if (out.size() < count) decoder.send_end();
  receive();
  REQUIRE(out.size() == count);
  return out;
}

inline std::vector<Picture> pictures_on_gpu(GpuPort& gpu, const std::string& path, size_t count,
                                            uint64_t stream = 0) {
  const auto demuxer = clips::open(path, true);
  DecoderOptions options = options_for(*demuxer);
  options.cuda_stream = stream;
  const auto decoder = gpu.create_decoder(options);
  std::vector<Picture> out = first_pictures(*demuxer, *decoder, count);
  for (const Picture& picture : out) REQUIRE((picture.device && picture.converter));
  return out;
}

// libav's own, in the layouts that its decoders have.
inline std::vector<Picture> pictures_on_cpu(const std::string& path, size_t count) {
  const auto demuxer = clips::open(path, true);
  const auto decoder = libav::backend().create_decoder(options_for(*demuxer));
  return first_pictures(*demuxer, *decoder, count);
}

inline std::string tensor_on_cpu(const Picture& picture, const TensorOptions& options) {
  return bytes_of(convert_to_tensor(picture, options, *host_memory()));
}

// The same decoded picture on both.
struct Twins {
  Twins(GpuPort& gpu, const std::string& path, size_t count, uint64_t stream = 0)
      : on_gpu(pictures_on_gpu(gpu, path, count, stream)), on_cpu(pictures_on_cpu(path, count)) {}

  std::vector<std::string> tensors_on_cpu(const TensorOptions& options) const {
    std::vector<std::string> out;
    for (const Picture& picture : on_cpu) out.push_back(tensor_on_cpu(picture, options));
    return out;
  }
  TensorShape shape(const TensorOptions& options) const {
    return TensorShape(options, on_gpu[0].width, on_gpu[0].height);
  }

  std::vector<Picture> on_gpu;
  std::vector<Picture> on_cpu;
};

// What models are fed with.
inline const TensorOptions kModelInput{.layout = Layout::chw,
                                       .dtype = Dtype::float16,
                                       .mean = {0.485, 0.456, 0.406},
                                       .deviation = {0.229, 0.224, 0.225},
                                       .color = {},
                                       .crop = {11, 7, 199, 141},
                                       .width = 64,
                                       .height = 57};

inline std::string b_frames() {
  return clips::make("b_frames.mp4", "-c:v libx264 -bf 3 -g 10 -b_strategy 0");
}

}  // namespace cuda_clips

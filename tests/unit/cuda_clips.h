#pragma once

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "core/frame_memory.h"
#include "core/picture_convert.h"
#include "cuda/backend.h"
#include "cuda/context.h"
#include "cuda/driver.h"
#include "cuda/stream.h"
#include "cufsim.h"
#include "libav_clips.h"

// Clips decoded on the simulated NVDEC, and the CPU's word on the same pictures.
namespace cuda_clips {

using namespace cuf;

inline std::shared_ptr<GpuPort> open_gpu(uint64_t budget = 0) {
  return cuda::open_gpu({.gpu = 0, .context = 0, .memory_budget_bytes = budget});
}

// A setting of the simulated driver for one scope.
class Setting {
 public:
  Setting(const char* name, const std::string& value) : variable_("CUFSIM_") {
    for (const char* at = name; *at; ++at) variable_ += static_cast<char>(std::toupper(*at));
    setenv(variable_.c_str(), value.c_str(), 1);
    cufsim_reset();
  }
  ~Setting() {
    unsetenv(variable_.c_str());
    cufsim_reset();
  }

 private:
  std::string variable_;
};

// All counters of what lives in the driver; threads of the library may still be about to let go.
inline void check_nothing_left() {
  constexpr const char* kNames[] = {
      "contexts", "streams", "events", "modules", "allocations",    "host_allocations", "pools",
      "decoders", "parsers", "locks",  "mapped",  "context_pushes", "problems"};
  const auto is_left = [](const char* name) { return cufsim_count(name) > 0; };
  for (int wait_ms = 0; wait_ms < 5000 && std::ranges::any_of(kNames, is_left); ++wait_ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  for (const char* name : kNames) CHECK_MESSAGE(cufsim_count(name) == 0, name);
  char text[512];
  for (uint32_t i = 0; cufsim_problem(i, text, sizeof text) > 0; ++i) FAIL_CHECK(text);
}

// A picture's bytes, plane behind plane, wherever they are.
inline std::string bytes_of(const Picture& picture) {
  REQUIRE(picture.block != nullptr);
  std::string bytes(picture.block_bytes, '\0');
  if (!picture.device) {
    std::copy_n(picture.block, bytes.size(), reinterpret_cast<uint8_t*>(bytes.data()));
    return bytes;
  }
  const auto context = cuda::Context::borrowed(
      cuda::require_driver(), reinterpret_cast<CUcontext>(picture.device->context()));
  const cuda::Stream stream(context);
  const cuda::ContextScope scope(*context);
  try {
    picture.device->order_before(reinterpret_cast<uint64_t>(stream.handle()));
    cuda::check(context->cuda().cuMemcpyDtoHAsync(bytes.data(),
                                                  reinterpret_cast<CUdeviceptr>(picture.block),
                                                  bytes.size(), stream.handle()),
                "Could not read a picture");
    stream.synchronize();
  } catch (...) {
    // The copy must not write into what is freed here.
    context->cuda().cuCtxSynchronize();
    throw;
  }
  return bytes;
}

// A picture whose memory was let go.
struct Shown {
  Picture picture;
  std::string bytes;
  bool was_on_gpu = false;
};

inline Shown shown(Picture picture) {
  Shown out{.picture = {}, .bytes = bytes_of(picture), .was_on_gpu = picture.device != nullptr};
  picture.owner = nullptr;
  picture.device = nullptr;
  picture.converter = nullptr;
  out.picture = std::move(picture);
  return out;
}

struct Decoded {
  std::vector<Shown> shown;
  std::vector<Error> errors;
};

inline DecoderOptions options_for(const Demuxer& demuxer) {
  const VideoDescription& video = demuxer.video();
  DecoderOptions options;
  options.codec = video.codec;
  options.extradata = video.extradata;
  options.width = video.width;
  options.height = video.height;
  options.chroma = video.chroma;
  options.bit_depth = video.bit_depth;
  return options;
}

inline void receive_all(Decoder& decoder, Decoded& out) {
  for (;;) {
    try {
      Picture picture;
      if (!decoder.receive(picture)) return;
      out.shown.push_back(shown(std::move(picture)));
    } catch (const Error& error) {
      out.errors.push_back(error);
    }
  }
}

using Adjust = std::function<void(Packet&)>;

inline void send(Decoder& decoder, const Packet& packet, Decoded& out) {
  try {
    decoder.send(packet);
  } catch (const Error& error) {
    out.errors.push_back(error);
  }
  receive_all(decoder, out);
}

inline void end(Decoder& decoder, Decoded& out) {
  try {
    decoder.send_end();
  } catch (const Error& error) {
    out.errors.push_back(error);
  }
  receive_all(decoder, out);
}

inline void decode_rest(Demuxer& demuxer, Decoder& decoder, Decoded& out,
                        const Adjust& adjust = nullptr) {
  for (Packet packet; demuxer.read(packet);) {
    if (adjust) adjust(packet);
    send(decoder, packet, out);
  }
  end(decoder, out);
}

struct How {
  bool keeps_container = true;
  std::function<void(DecoderOptions&)> change = nullptr;
  Adjust adjust = nullptr;
};

inline Decoded decode(GpuPort& gpu, const std::string& path, const How& how = {}) {
  const auto demuxer = clips::open(path, how.keeps_container);
  DecoderOptions options = options_for(*demuxer);
  if (how.change) how.change(options);
  const auto decoder = gpu.create_decoder(options);
  Decoded out;
  decode_rest(*demuxer, *decoder, out, how.adjust);
  return out;
}

// What libav's decoder and the CPU's conversion give.
inline Decoded decode_on_cpu(const std::string& path, const Adjust& adjust = nullptr) {
  const auto demuxer = clips::open(path, true);
  const auto decoder = libav::backend().create_decoder(options_for(*demuxer));
  const auto memory = std::make_shared<FrameMemory>(MemoryBudget::of_device(UINT64_MAX));
  Decoded out;
  const auto receive = [&] {
    for (Picture picture; decoder->receive(picture); picture = {}) {
      out.shown.push_back(shown(convert_output(picture, {}, *memory)));
    }
  };
  for (Packet packet; demuxer->read(packet);) {
    if (adjust) adjust(packet);
    decoder->send(packet);
    receive();
  }
  decoder->send_end();
  receive();
  return out;
}

inline std::vector<int64_t> times(const Decoded& decoded) {
  std::vector<int64_t> out;
  for (const Shown& shown : decoded.shown) out.push_back(shown.picture.pts);
  return out;
}

// The number of pictures whose bytes differ.
inline size_t differing(const Decoded& left, const Decoded& right) {
  REQUIRE(left.shown.size() == right.shown.size());
  size_t count = 0;
  for (size_t i = 0; i < left.shown.size(); ++i)
    count += left.shown[i].bytes != right.shown[i].bytes;
  return count;
}

// Without B-frames.
inline std::string ipp() {
  return clips::make("ipp.mp4", "-c:v libx264 -bf 0 -g 12");
}

inline std::vector<Picture> pictures_of(Decoder& decoder) {
  std::vector<Picture> out;
  for (Picture picture; decoder.receive(picture); picture = {}) out.push_back(std::move(picture));
  return out;
}

}  // namespace cuda_clips

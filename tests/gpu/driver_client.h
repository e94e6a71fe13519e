// A small client of NVIDIA's driver for checks of what it does, apart from the code of the library.
#pragma once

#include <ffnvcodec/dynlink_loader.h>
#include <ffnvcodec/nvEncodeAPI.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

extern "C" {
void* dlopen(const char* name, int flags);
void* dlsym(void* library, const char* name);
}

namespace gpu_facts {

inline CudaFunctions* cuda = nullptr;
inline CuvidFunctions* cuvid = nullptr;
inline CUcontext context = nullptr;
inline void* libcuda = nullptr;

// What ffnvcodec's loader lacks.
template <class F>
F* driver_function(const char* name) {
  return reinterpret_cast<F*>(dlsym(libcuda, name));
}

inline double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline std::string name_of(int result) {
  const char* name = nullptr;
  if (cuda->cuGetErrorName(static_cast<CUresult>(result), &name) == 0 && name) return name;
  return std::to_string(result);
}

inline void require(int result, const char* what) {
  if (result == 0) return;
  throw std::string(what) + ": " + name_of(result);
}

// The context for one scope of this thread.
struct Scope {
  Scope() { require(cuda->cuCtxPushCurrent(context), "cuCtxPushCurrent"); }
  ~Scope() {
    CUcontext popped;
    cuda->cuCtxPopCurrent(&popped);
  }
};

struct Clip {
  std::string name;
  cudaVideoCodec codec;
  std::vector<std::vector<uint8_t>> packets;
};

inline cudaVideoCodec codec_of(const std::string& name) {
  if (name == "h264") return cudaVideoCodec_H264;
  if (name == "hevc") return cudaVideoCodec_HEVC;
  if (name == "av1") return cudaVideoCodec_AV1;
  if (name == "vp8") return cudaVideoCodec_VP8;
  if (name == "vp9") return cudaVideoCodec_VP9;
  if (name == "mpeg2video") return cudaVideoCodec_MPEG2;
  if (name == "mpeg4") return cudaVideoCodec_MPEG4;
  if (name == "mjpeg") return cudaVideoCodec_JPEG;
  throw "no codec " + name;
}

// A file of bench/harness/packet_file.ts, called CLIP.CODEC.packets.
inline Clip read_clip(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw "cannot read " + path;
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const std::string stem = path.substr(path.rfind('/') + 1, path.rfind('.') - path.rfind('/') - 1);
  Clip clip{stem, codec_of(stem.substr(stem.rfind('.') + 1)), {}};
  for (size_t at = 0; at + 4 <= bytes.size();) {
    uint32_t size;
    memcpy(&size, bytes.data() + at, 4);
    const auto* data = reinterpret_cast<const uint8_t*>(bytes.data()) + at + 4;
    clip.packets.emplace_back(data, data + size);
    at += 4 + size;
  }
  return clip;
}

// A kernel that keeps a stream busy; null where the driver takes no foreign kernel.
CUfunction spin_kernel();
// Keeps `stream` busy for about `cycles` of the GPU's clock; false where there is no kernel.
bool spin(CUstream stream, uint64_t cycles);

// A parser and a decoder, with a stream of their own. What is not set is done as the library does.
class Session {
 public:
  explicit Session(cudaVideoCodec codec);
  ~Session();
  Session(const Session&) = delete;

  // The whole stream, the end included.
  void feed(const Clip& clip);
  int parse(const std::vector<uint8_t>& packet, int64_t time);
  int flush();

  std::function<int(CUVIDEOFORMAT&)> on_sequence = [this](auto& format) { return create(format); };
  std::function<int(CUVIDPICPARAMS&)> on_picture = [this](auto& picture) {
    return decode(picture);
  };
  std::function<int(CUVIDPARSERDISPINFO&)> on_display = [this](auto& shown) {
    copy_out(shown);
    return 1;
  };

  int create(CUVIDEOFORMAT& format);
  int decode(CUVIDPICPARAMS& picture);
  // Maps, copies into host memory behind whatever is on the stream, unmaps without waiting.
  void copy_out(const CUVIDPARSERDISPINFO& shown);
  CUVIDPROCPARAMS how(const CUVIDPARSERDISPINFO& shown) const;
  // Checksums of what copy_out() took, when all of it is there.
  std::vector<uint64_t> sums();

  CUvideodecoder decoder = nullptr;
  CUstream stream = nullptr;
  CUVIDEOFORMAT format = {};
  CUVIDDECODECREATEINFO info = {};
  int extra_surfaces = 4, output_surfaces = 2;
  unsigned max_width = 0, max_height = 0;
  uint64_t spin_cycles = 0;       // before each copy
  bool waits_for_copies = false;  // before each unmap
  bool waits_for_status = false;  // before each map, until the picture is no more in progress
  std::string error;              // of the first callback that failed
  int sequences = 0, pictures = 0, shown_pictures = 0;

 private:
  static int guarded(Session& self, const std::function<int()>& call);
  // Allocated many at once: allocation waits for the GPU, which would hide whatever is not ordered.
  CUdeviceptr next_copy();

  CUvideoparser parser_ = nullptr;
  std::vector<CUdeviceptr> copies_, spare_;
  size_t copy_bytes_ = 0;
};

// The checks, each of which prints what it found.
void check_memory();
void check_kernels();
void check_encoder();
void check_copies();
void check_caps();
void check_unmap(const Clip& clip);
void check_map(const Clip& clip);
void check_status(const std::vector<Clip>& clips);
void check_damage(const Clip& clip);
void check_repeats(const Clip& clip);
void check_limits(const Clip& clip);
void check_callbacks(const std::vector<Clip>& clips);
void check_reconfigure(const Clip& large, const Clip& small);
void check_lone_picture(const Clip& clip);
void check_announcement(const Clip& clip);
void check_starts(const Clip& clip);
void check_times(const Clip& large);
void check_decoder_memory(const Clip& large);

}  // namespace gpu_facts

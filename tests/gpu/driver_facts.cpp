// Asks the driver of this machine what the library and the simulated driver take for granted. Each
// answer is a line "NAME: true|false|unknown, details". Usage: driver_facts FOLDER, of
// CLIP.CODEC.packets files.
#include <algorithm>
#include <filesystem>

#include "driver_client.h"

namespace gpu_facts {
namespace {

void start() {
  if (cuda_load_functions(&cuda, nullptr) != 0) throw std::string("no libcuda");
  if (cuvid_load_functions(&cuvid, nullptr) != 0) throw std::string("no libnvcuvid");
  libcuda = dlopen("libcuda.so.1", 2);
  require(cuda->cuInit(0), "cuInit");
  CUdevice device;
  require(cuda->cuDeviceGet(&device, 0), "cuDeviceGet");
  require(cuda->cuDevicePrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain");
  char name[256] = "";
  int version = 0;
  cuda->cuDeviceGetName(name, sizeof name, device);
  cuda->cuDriverGetVersion(&version);
  std::printf("device: %s, CUDA %d\n", name, version);
}

void attempt(const char* name, const std::function<void()>& check) {
  const double begin = seconds();
  try {
    check();
  } catch (const std::string& failure) {
    std::printf("%s: unknown, %s\n", name, failure.c_str());
  }
  std::printf("   (%s took %.2f s)\n", name, seconds() - begin);
  std::fflush(stdout);
}

const Clip& named(const std::vector<Clip>& clips, const std::string& start) {
  for (const Clip& clip : clips) {
    if (clip.name.rfind(start, 0) == 0) return clip;
  }
  throw "there is no clip " + start;
}

void check_all(const std::vector<Clip>& clips) {
  attempt("memory", check_memory);
  attempt("kernels", check_kernels);
  attempt("encoder", check_encoder);
  attempt("copies", check_copies);
  attempt("caps", check_caps);
  attempt("callbacks", [&] { check_callbacks(clips); });
  attempt("status", [&] { check_status(clips); });
  attempt("limits", [&] { check_limits(named(clips, "h264_b_pyramid")); });
  for (const char* name : {"h264_1080p", "hevc_b_wide", "vp9_alt_ref", "av1_wide"}) {
    attempt("unmap", [&] { check_unmap(named(clips, name)); });
  }
  for (const char* name : {"h264_1080p", "mjpeg"}) {
    attempt("map", [&] { check_map(named(clips, name)); });
  }
  for (const char* name : {"h264_damaged", "h264_b_damaged"}) {
    attempt("damage", [&] { check_damage(named(clips, name)); });
  }
  for (const char* name : {"mjpeg", "h264_b_pyramid", "mpeg4_asp"}) {
    attempt("repeats", [&] { check_repeats(named(clips, name)); });
  }
  attempt("reconfigure",
          [&] { check_reconfigure(named(clips, "h264_1080p"), named(clips, "h264_b_pyramid")); });
  for (const char* name : {"h264_b_pyramid", "hevc"}) {
    attempt("lone picture", [&] { check_lone_picture(named(clips, name)); });
  }
  for (const Clip& clip : clips) {
    attempt("announcement", [&] { check_announcement(clip); });
  }
  attempt("starts", [&] { check_starts(named(clips, "h264_1080p")); });
  attempt("times", [&] { check_times(named(clips, "h264_1080p")); });
  attempt("decoder memory", [&] { check_decoder_memory(named(clips, "h264_1080p")); });
}

}  // namespace
}  // namespace gpu_facts

int main(int argc, char** argv) {
  using namespace gpu_facts;
  if (argc != 2) return 2;
  try {
    start();
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
      paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<Clip> clips;
    for (const std::string& path : paths) clips.push_back(read_clip(path));
    check_all(clips);
  } catch (const std::string& failure) {
    std::printf("FAILED: %s\n", failure.c_str());
    return 1;
  }
  return 0;
}

// What the driver says of memory, kernels, copies and encoders.
#include "driver_client.h"

namespace gpu_facts {
namespace {

constexpr int kMemoryPoolsSupported = 115;
constexpr uint64_t kLong = 200'000'000;  // about 0.1 s

using AllocAsync = int(CUdeviceptr*, size_t, CUstream);
using FreeAsync = int(CUdeviceptr, CUstream);

const char* word(bool is_true) {
  return is_true ? "true" : "false";
}

CUstream own_stream() {
  CUstream stream = nullptr;
  require(cuda->cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), "cuStreamCreate");
  return stream;
}

// How long `call` keeps the host while a stream is busy for `busy` seconds.
template <class F>
double held(CUstream stream, F call) {
  require(cuda->cuStreamSynchronize(stream), "cuStreamSynchronize");
  if (!spin(stream, kLong)) throw std::string("there is no kernel to keep a stream busy");
  const double begin = seconds();
  call();
  const double time = seconds() - begin;
  require(cuda->cuStreamSynchronize(stream), "cuStreamSynchronize");
  return time;
}

std::string with_version(const char* version, const char* target) {
  return std::string(".version ") + version + "\n.target " + target +
         "\n.address_size 64\n.visible .entry nothing()\n{\n  ret;\n}\n";
}

}  // namespace

void check_memory() {
  const Scope scope;
  int pools = 0;
  CUdevice device;
  require(cuda->cuCtxGetDevice(&device), "cuCtxGetDevice");
  const int asked = cuda->cuDeviceGetAttribute(
      &pools, static_cast<CUdevice_attribute>(kMemoryPoolsSupported), device);
  std::printf("MEMORY_POOLS_SUPPORTED: %s, attribute 115 gave %d (%s)\n", word(pools == 1), pools,
              name_of(asked).c_str());
  for (const char* name : {"cuMemAllocAsync", "cuMemPoolCreate", "cuMemAllocFromPoolAsync",
                           "cuMemHostAlloc", "cuLaunchHostFunc", "cuGetProcAddress_v2"}) {
    std::printf("%s is exported: %s\n", name, word(dlsym(libcuda, name) != nullptr));
  }
  const CUstream stream = own_stream();
  CUdeviceptr memory = 0;
  require(driver_function<AllocAsync>("cuMemAllocAsync")(&memory, 1 << 20, stream),
          "cuMemAllocAsync");
  const double async = held(stream, [&] {
    require(driver_function<FreeAsync>("cuMemFreeAsync")(memory, stream), "cuMemFreeAsync");
  });
  std::printf("cuMemFreeAsync does not wait: %s, %.3f s\n", word(async < 0.02), async);
  require(cuda->cuMemAlloc(&memory, 1 << 20), "cuMemAlloc");
  const double plain = held(stream, [&] { require(cuda->cuMemFree(memory), "cuMemFree"); });
  std::printf("cuMemFree waits for the device: %s, %.3f s\n", word(plain > 0.02), plain);
  cuda->cuStreamDestroy(stream);
}

void check_kernels() {
  const Scope scope;
  const char* const cases[][2] = {
      {"6.4", "sm_50"}, {"7.8", "sm_75"}, {"8.0", "sm_80"}, {"9.0", "sm_75"}};
  for (const auto& [version, target] : cases) {
    CUmodule module = nullptr;
    const std::string text = with_version(version, target);
    const double begin = seconds();
    const int result = cuda->cuModuleLoadData(&module, text.c_str());
    std::printf("PTX %s for %s loads: %s, %s in %.4f s\n", version, target, word(result == 0),
                name_of(result).c_str(), seconds() - begin);
    if (module) cuda->cuModuleUnload(module);
  }
  const CUstream stream = own_stream();
  const double begin = seconds();
  const bool has_kernel = spin(stream, kLong);
  require(cuda->cuStreamSynchronize(stream), "cuStreamSynchronize");
  std::printf("a kernel that spins is there: %s, %.3f s\n", word(has_kernel), seconds() - begin);
  cuda->cuStreamDestroy(stream);
}

void check_copies() {
  const Scope scope;
  CUDA_MEMCPY2D nothing = {};
  nothing.srcMemoryType = CU_MEMORYTYPE_DEVICE;
  nothing.dstMemoryType = CU_MEMORYTYPE_HOST;
  nothing.Height = 1;
  const int result = cuda->cuMemcpy2D(&nothing);
  std::printf("cuMemcpy2D of width 0 with null pointers succeeds: %s, %s\n", word(result == 0),
              name_of(result).c_str());
  const CUstream stream = own_stream();
  CUdeviceptr memory = 0;
  require(cuda->cuMemAlloc(&memory, 1 << 20), "cuMemAlloc");
  std::vector<uint8_t> host(1 << 20);
  const double down = held(stream, [&] {
    require(cuda->cuMemcpyDtoHAsync(host.data(), memory, host.size(), stream), "cuMemcpyDtoHAsync");
  });
  std::printf("cuMemcpyDtoHAsync into pageable memory waits: %s, %.3f s\n", word(down > 0.02),
              down);
  const double up = held(stream, [&] {
    require(cuda->cuMemcpyHtoDAsync(memory, host.data(), 4096, stream), "cuMemcpyHtoDAsync");
  });
  std::printf("cuMemcpyHtoDAsync of 4 KiB pageable memory waits: %s, %.3f s\n", word(up > 0.02),
              up);
  const double legacy = held(stream, [&] {
    require(cuda->cuMemcpyDtoH(host.data(), memory, host.size()), "cuMemcpyDtoH");
  });
  std::printf("cuMemcpyDtoH waits for a non-blocking stream: %s, %.3f s\n", word(legacy > 0.02),
              legacy);
  cuda->cuMemFree(memory);
  cuda->cuStreamDestroy(stream);
}

void check_encoder() {
  const Scope scope;
  void* library = dlopen("libnvidia-encode.so.1", 2);
  if (!library) {
    std::printf("libnvidia-encode is there: false\n");
    return;
  }
  using Create = NVENCSTATUS(NV_ENCODE_API_FUNCTION_LIST*);
  using Version = NVENCSTATUS(uint32_t*);
  uint32_t version = 0;
  reinterpret_cast<Version*>(dlsym(library, "NvEncodeAPIGetMaxSupportedVersion"))(&version);
  NV_ENCODE_API_FUNCTION_LIST api = {};
  api.version = NV_ENCODE_API_FUNCTION_LIST_VER;
  const int made = reinterpret_cast<Create*>(dlsym(library, "NvEncodeAPICreateInstance"))(&api);
  std::printf("NVENC: newest API %u.%u, CreateInstance gave %d\n", version >> 4, version & 15,
              made);
  NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS open = {};
  open.version = NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER;
  open.deviceType = NV_ENC_DEVICE_TYPE_CUDA;
  open.device = context;
  open.apiVersion = NVENCAPI_VERSION;
  void* encoder = nullptr;
  const int opened =
      api.nvEncOpenEncodeSessionEx ? api.nvEncOpenEncodeSessionEx(&open, &encoder) : -1;
  std::printf("an encoder can be opened: %s, NVENCSTATUS %d, handle %s\n", word(opened == 0),
              opened, encoder ? "given" : "null");
  if (encoder) api.nvEncDestroyEncoder(encoder);
}

void check_caps() {
  const Scope scope;
  const char* const codecs[] = {"MPEG1", "MPEG2", "MPEG4", "VC1", "H264", "JPEG",
                                "SVC",   "MVC",   "HEVC",  "VP8", "VP9",  "AV1"};
  for (int codec = 0; codec <= cudaVideoCodec_AV1; ++codec) {
    for (int chroma = 0; chroma <= cudaVideoChromaFormat_444; ++chroma) {
      for (int depth = 0; depth <= 4; depth += 2) {
        CUVIDDECODECAPS caps = {};
        caps.eCodecType = static_cast<cudaVideoCodec>(codec);
        caps.eChromaFormat = static_cast<cudaVideoChromaFormat>(chroma);
        caps.nBitDepthMinus8 = depth;
        const int result = cuvid->cuvidGetDecoderCaps(&caps);
        if (result != 0) std::printf("caps of %s: %s\n", codecs[codec], name_of(result).c_str());
        if (result != 0 || !caps.bIsSupported) continue;
        std::printf(
            "caps %s chroma %d depth %d: %ux%u to %ux%u, %u macroblocks, formats 0x%x, "
            "%d NVDECs, histogram %d %d %d, reserved",
            codecs[codec], chroma, depth + 8, caps.nMinWidth, caps.nMinHeight, caps.nMaxWidth,
            caps.nMaxHeight, caps.nMaxMBCount, caps.nOutputFormatMask, caps.nNumNVDECs,
            caps.bIsHistogramSupported, caps.nCounterBitDepth, caps.nMaxHistogramBins);
        for (const unsigned value : caps.reserved3) std::printf(" %x", value);
        std::printf("\n");
      }
    }
  }
}

}  // namespace gpu_facts

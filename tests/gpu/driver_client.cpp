#include "driver_client.h"

namespace gpu_facts {
namespace {

constexpr char kSpin[] = R"(
.version 6.4
.target sm_50
.address_size 64
.visible .entry spin(.param .u64 cycles)
{
  .reg .u64 %rd<5>;
  .reg .pred %p<2>;
  ld.param.u64 %rd1, [cycles];
  mov.u64 %rd2, %clock64;
again:
  mov.u64 %rd3, %clock64;
  sub.u64 %rd4, %rd3, %rd2;
  setp.lt.u64 %p1, %rd4, %rd1;
  @%p1 bra again;
  ret;
}
)";

}  // namespace

CUfunction spin_kernel() {
  static CUfunction function = [] {
    const Scope scope;
    CUmodule module = nullptr;
    CUfunction found = nullptr;
    if (cuda->cuModuleLoadData(&module, kSpin) != 0) return found;
    cuda->cuModuleGetFunction(&found, module, "spin");
    return found;
  }();
  return function;
}

bool spin(CUstream stream, uint64_t cycles) {
  if (!spin_kernel()) return false;
  void* parameters[] = {&cycles};
  require(cuda->cuLaunchKernel(spin_kernel(), 1, 1, 1, 1, 1, 1, 0, stream, parameters, nullptr),
          "cuLaunchKernel");
  return true;
}

int Session::guarded(Session& self, const std::function<int()>& call) {
  try {
    return call();
  } catch (const std::string& failure) {
    if (self.error.empty()) self.error = failure;
    return 0;
  }
}

Session::Session(cudaVideoCodec codec) {
  const Scope scope;
  require(cuda->cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), "cuStreamCreate");
  CUVIDPARSERPARAMS parameters = {};
  parameters.CodecType = codec;
  parameters.ulMaxNumDecodeSurfaces = 1;
  parameters.pUserData = this;
  parameters.pfnSequenceCallback = [](void* user, CUVIDEOFORMAT* format) {
    auto& self = *static_cast<Session*>(user);
    self.sequences++;
    return guarded(self, [&] { return self.on_sequence(*format); });
  };
  parameters.pfnDecodePicture = [](void* user, CUVIDPICPARAMS* picture) {
    auto& self = *static_cast<Session*>(user);
    self.pictures++;
    return guarded(self, [&] { return self.on_picture(*picture); });
  };
  parameters.pfnDisplayPicture = [](void* user, CUVIDPARSERDISPINFO* shown) {
    auto& self = *static_cast<Session*>(user);
    if (!shown) return 1;
    self.shown_pictures++;
    return guarded(self, [&] { return self.on_display(*shown); });
  };
  require(cuvid->cuvidCreateVideoParser(&parser_, &parameters), "cuvidCreateVideoParser");
}

Session::~Session() {
  const Scope scope;
  if (parser_) cuvid->cuvidDestroyVideoParser(parser_);
  cuda->cuStreamSynchronize(stream);
  for (const CUdeviceptr copy : copies_) cuda->cuMemFree(copy);
  for (const CUdeviceptr copy : spare_) cuda->cuMemFree(copy);
  if (decoder) cuvid->cuvidDestroyDecoder(decoder);
  cuda->cuStreamDestroy(stream);
}

int Session::parse(const std::vector<uint8_t>& packet, int64_t time) {
  // Scribbled over when the call is back: the parser must have kept what it needs.
  std::vector<uint8_t> payload = packet;
  CUVIDSOURCEDATAPACKET data = {};
  data.flags = CUVID_PKT_ENDOFPICTURE | CUVID_PKT_TIMESTAMP;
  data.payload = payload.data();
  data.payload_size = payload.size();
  data.timestamp = time;
  const int result = cuvid->cuvidParseVideoData(parser_, &data);
  memset(payload.data(), 0xa5, payload.size());
  return result;
}

int Session::flush() {
  CUVIDSOURCEDATAPACKET end = {};
  end.flags = CUVID_PKT_ENDOFSTREAM;
  return cuvid->cuvidParseVideoData(parser_, &end);
}

void Session::feed(const Clip& clip) {
  const Scope scope;
  int64_t time = 0;
  for (const auto& packet : clip.packets) require(parse(packet, time++), "cuvidParseVideoData");
  require(flush(), "cuvidParseVideoData at the end");
  if (!error.empty()) throw clip.name + ": " + error;
}

int Session::create(CUVIDEOFORMAT& given) {
  format = given;
  const int surfaces = given.min_num_decode_surfaces + extra_surfaces;
  if (decoder) return surfaces;
  const bool is_deep = given.bit_depth_luma_minus8 > 0;
  info = {};
  info.ulWidth = given.coded_width;
  info.ulHeight = given.coded_height;
  info.ulMaxWidth = max_width ? max_width : given.coded_width;
  info.ulMaxHeight = max_height ? max_height : given.coded_height;
  info.ulNumDecodeSurfaces = surfaces;
  info.ulNumOutputSurfaces = output_surfaces;
  info.CodecType = given.codec;
  info.ChromaFormat = given.chroma_format;
  info.bitDepthMinus8 = given.bit_depth_luma_minus8;
  info.OutputFormat =
      given.chroma_format == cudaVideoChromaFormat_444
          ? (is_deep ? cudaVideoSurfaceFormat_YUV444_16Bit : cudaVideoSurfaceFormat_YUV444)
          : (is_deep ? cudaVideoSurfaceFormat_P016 : cudaVideoSurfaceFormat_NV12);
  info.ulCreationFlags = cudaVideoCreate_PreferCUVID;
  info.display_area = {
      static_cast<short>(given.display_area.left), static_cast<short>(given.display_area.top),
      static_cast<short>(given.display_area.right), static_cast<short>(given.display_area.bottom)};
  info.ulTargetWidth = given.display_area.right - given.display_area.left;
  info.ulTargetHeight = given.display_area.bottom - given.display_area.top;
  info.ulTargetWidth += info.ulTargetWidth & 1;
  info.ulTargetHeight += info.ulTargetHeight & 1;
  require(cuvid->cuvidCreateDecoder(&decoder, &info), "cuvidCreateDecoder");
  return surfaces;
}

int Session::decode(CUVIDPICPARAMS& picture) {
  require(cuvid->cuvidDecodePicture(decoder, &picture), "cuvidDecodePicture");
  return 1;
}

CUVIDPROCPARAMS Session::how(const CUVIDPARSERDISPINFO& shown) const {
  CUVIDPROCPARAMS parameters = {};
  parameters.progressive_frame = shown.progressive_frame;
  parameters.top_field_first = shown.top_field_first;
  parameters.unpaired_field = shown.repeat_first_field < 0;
  parameters.output_stream = stream;
  return parameters;
}

CUdeviceptr Session::next_copy() {
  constexpr size_t kAtOnce = 32;
  if (spare_.empty()) {
    spare_.resize(kAtOnce);
    for (CUdeviceptr& copy : spare_) require(cuda->cuMemAlloc(&copy, copy_bytes_), "cuMemAlloc");
  }
  copies_.push_back(spare_.back());
  spare_.pop_back();
  return copies_.back();
}

void Session::copy_out(const CUVIDPARSERDISPINFO& shown) {
  CUVIDPROCPARAMS parameters = how(shown);
  CUdeviceptr surface = 0;
  unsigned pitch = 0;
  const size_t width = info.ulTargetWidth * (info.bitDepthMinus8 ? 2 : 1);
  const size_t rows =
      info.ulTargetHeight * (info.ChromaFormat == cudaVideoChromaFormat_444 ? 6 : 3) / 2;
  copy_bytes_ = width * rows;
  const CUdeviceptr copy = next_copy();
  CUVIDGETDECODESTATUS status = {};
  while (waits_for_status &&
         cuvid->cuvidGetDecodeStatus(decoder, shown.picture_index, &status) == CUDA_SUCCESS &&
         status.decodeStatus == cuvidDecodeStatus_InProgress) {
    std::this_thread::yield();
  }
  require(cuvid->cuvidMapVideoFrame(decoder, shown.picture_index, &surface, &pitch, &parameters),
          "cuvidMapVideoFrame");
  if (spin_cycles) spin(stream, spin_cycles);
  CUDA_MEMCPY2D plane = {};
  plane.srcMemoryType = CU_MEMORYTYPE_DEVICE;
  plane.srcDevice = surface;
  plane.srcPitch = pitch;
  plane.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  plane.dstDevice = copy;
  plane.dstPitch = width;
  plane.WidthInBytes = width;
  plane.Height = rows;
  require(cuda->cuMemcpy2DAsync(&plane, stream), "cuMemcpy2DAsync");
  if (waits_for_copies) require(cuda->cuStreamSynchronize(stream), "cuStreamSynchronize");
  require(cuvid->cuvidUnmapVideoFrame(decoder, surface), "cuvidUnmapVideoFrame");
}

std::vector<uint64_t> Session::sums() {
  const Scope scope;
  require(cuda->cuStreamSynchronize(stream), "cuStreamSynchronize");
  std::vector<uint64_t> sums;
  std::vector<uint8_t> bytes(copy_bytes_);
  for (const CUdeviceptr copy : copies_) {
    require(cuda->cuMemcpyDtoH(bytes.data(), copy, bytes.size()), "cuMemcpyDtoH");
    uint64_t sum = 14695981039346656037u;
    for (const uint8_t byte : bytes) sum = (sum ^ byte) * 1099511628211u;
    sums.push_back(sum);
  }
  return sums;
}

}  // namespace gpu_facts

#include "session.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace cufsim_test {

CUVIDDECODECREATEINFO creation(unsigned width, unsigned height) {
  CUVIDDECODECREATEINFO info = {};
  info.ulWidth = width;
  info.ulHeight = height;
  info.ulNumDecodeSurfaces = 8;
  info.CodecType = cudaVideoCodec_H264;
  info.ChromaFormat = cudaVideoChromaFormat_420;
  info.ulCreationFlags = cudaVideoCreate_PreferCUVID;
  info.OutputFormat = cudaVideoSurfaceFormat_NV12;
  info.DeinterlaceMode = cudaVideoDeinterlaceMode_Weave;
  info.ulTargetWidth = width;
  info.ulTargetHeight = height;
  info.ulNumOutputSurfaces = 1;
  return info;
}

Session::Session(cudaVideoCodec codec, unsigned delay) {
  CUVIDPARSERPARAMS parameters = {};
  parameters.CodecType = codec;
  parameters.ulMaxNumDecodeSurfaces = 1;
  parameters.ulMaxDisplayDelay = delay;
  parameters.pUserData = this;
  parameters.pfnSequenceCallback = [](void* self, CUVIDEOFORMAT* format) {
    return static_cast<Session*>(self)->sequence(format);
  };
  parameters.pfnDecodePicture = [](void* self, CUVIDPICPARAMS* picture) {
    return static_cast<Session*>(self)->decode(picture);
  };
  parameters.pfnDisplayPicture = [](void* self, CUVIDPARSERDISPINFO* info) {
    return static_cast<Session*>(self)->display(info);
  };
  parameters.pfnGetSEIMsg = [](void* self, CUVIDSEIMESSAGEINFO* info) {
    return static_cast<Session*>(self)->messages(info);
  };
  REQUIRE(cuvidCreateVideoParser(&parser, &parameters) == CUDA_SUCCESS);
}

Session::~Session() {
  if (parser != nullptr) cuvidDestroyVideoParser(parser);
  if (decoder != nullptr) cuvidDestroyDecoder(decoder);
}

void Session::send(const Bytes& packet, long long timestamp, unsigned long flags) {
  // The driver has to be done with it when the call returns.
  Bytes copy = packet;
  CUVIDSOURCEDATAPACKET source = {};
  source.flags = flags | (timestamp >= 0 ? CUVID_PKT_TIMESTAMP : 0);
  source.payload = copy.data();
  source.payload_size = copy.size();
  source.timestamp = timestamp;
  CHECK(cuvidParseVideoData(parser, &source) == CUDA_SUCCESS);
  std::fill(copy.begin(), copy.end(), static_cast<unsigned char>(0x5a));
  events += "| ";
}

void Session::end() {
  CUVIDSOURCEDATAPACKET source = {};
  source.flags = CUVID_PKT_ENDOFSTREAM | CUVID_PKT_NOTIFY_EOS;
  CHECK(cuvidParseVideoData(parser, &source) == CUDA_SUCCESS);
}

void Session::play(const std::vector<Bytes>& packets, unsigned long flags) {
  long long time = 0;
  for (const Bytes& packet : packets) send(packet, time++, flags);
  end();
}

Mapped Session::map(int index, CUstream stream) {
  CUVIDPROCPARAMS parameters = {};
  parameters.progressive_frame = 1;
  parameters.output_stream = stream;
  Mapped mapped;
  mapped.code = cuvidMapVideoFrame64(decoder, index, &mapped.address, &mapped.pitch, &parameters);
  return mapped;
}

CUresult Session::unmap(const Mapped& mapped) {
  return cuvidUnmapVideoFrame64(decoder, mapped.address);
}

Bytes Session::picture(int index) {
  const Mapped mapped = map(index);
  REQUIRE(mapped.code == CUDA_SUCCESS);
  const size_t width = static_cast<size_t>(format.display_area.right - format.display_area.left);
  const size_t height = static_cast<size_t>(format.display_area.bottom - format.display_area.top);
  Bytes bytes(width * height * 3 / 2);
  CUDA_MEMCPY2D copy = {};
  copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.srcDevice = mapped.address;
  copy.srcPitch = mapped.pitch;
  copy.dstMemoryType = CU_MEMORYTYPE_HOST;
  copy.dstHost = bytes.data();
  copy.dstPitch = width;
  copy.WidthInBytes = width;
  copy.Height = height * 3 / 2;
  CHECK(cuMemcpy2D_v2(&copy) == CUDA_SUCCESS);
  CHECK(unmap(mapped) == CUDA_SUCCESS);
  return bytes;
}

int Session::sequence(CUVIDEOFORMAT* seen) {
  format = *seen;
  events += "S ";
  if (decoder == nullptr) {
    CUVIDDECODECREATEINFO info = creation(seen->coded_width, seen->coded_height);
    info.CodecType = seen->codec;
    info.ChromaFormat = seen->chroma_format;
    info.bitDepthMinus8 = seen->bit_depth_luma_minus8;
    info.ulNumDecodeSurfaces = seen->min_num_decode_surfaces;
    info.display_area.right = static_cast<short>(seen->display_area.right);
    info.display_area.bottom = static_cast<short>(seen->display_area.bottom);
    info.ulTargetWidth = static_cast<unsigned long>(seen->display_area.right);
    info.ulTargetHeight = static_cast<unsigned long>(seen->display_area.bottom);
    if (adjust) adjust(info);
    CHECK(cuvidCreateDecoder(&decoder, &info) == CUDA_SUCCESS);
  }
  return on_sequence ? on_sequence() : seen->min_num_decode_surfaces;
}

int Session::decode(CUVIDPICPARAMS* picture) {
  events += "D" + std::to_string(picture->CurrPicIdx) + " ";
  if (on_decode) return on_decode(*picture);
  CHECK(cuvidDecodePicture(decoder, picture) == CUDA_SUCCESS);
  return 1;
}

int Session::display(CUVIDPARSERDISPINFO* info) {
  if (info == nullptr) {
    events += "end";
    return 1;
  }
  events += "P" + std::to_string(info->picture_index) + " ";
  shown.push_back(*info);
  if (collects_pictures) pictures.push_back(picture(info->picture_index));
  return on_display ? on_display(*info) : 1;
}

int Session::messages(CUVIDSEIMESSAGEINFO* info) {
  events += "M" + std::to_string(info->sei_message_count) + " ";
  if (on_messages) on_messages(*info);
  return 1;
}

}  // namespace cufsim_test

#include "encode_client.h"

#include <doctest/doctest.h>

namespace cufsim_test {

EncodeClient::EncodeClient(const GUID& codec, NV_ENC_TUNING_INFO tuning) {
  api.version = NV_ENCODE_API_FUNCTION_LIST_VER;
  REQUIRE(NvEncodeAPICreateInstance(&api) == NV_ENC_SUCCESS);
  REQUIRE(open(&encoder) == NV_ENC_SUCCESS);
  NV_ENC_PRESET_CONFIG preset = {};
  preset.version = NV_ENC_PRESET_CONFIG_VER;
  preset.presetCfg.version = NV_ENC_CONFIG_VER;
  REQUIRE(api.nvEncGetEncodePresetConfigEx(encoder, codec, NV_ENC_PRESET_P3_GUID, tuning,
                                           &preset) == NV_ENC_SUCCESS);
  config = preset.presetCfg;
  parameters.version = NV_ENC_INITIALIZE_PARAMS_VER;
  parameters.encodeGUID = codec;
  parameters.presetGUID = NV_ENC_PRESET_P3_GUID;
  parameters.tuningInfo = tuning;
  parameters.encodeWidth = kWidth;
  parameters.encodeHeight = kHeight;
  parameters.darWidth = kWidth;
  parameters.darHeight = kHeight;
  parameters.frameRateNum = 25;
  parameters.frameRateDen = 1;
  parameters.enablePTD = 1;
  parameters.encodeConfig = &config;
}

EncodeClient::~EncodeClient() {
  for (const auto& slot : slots_) {
    if (slot->mapped != nullptr) api.nvEncUnmapInputResource(encoder, slot->mapped);
    if (slot->registered != nullptr) api.nvEncUnregisterResource(encoder, slot->registered);
    if (slot->bitstream != nullptr) api.nvEncDestroyBitstreamBuffer(encoder, slot->bitstream);
  }
  if (encoder != nullptr) api.nvEncDestroyEncoder(encoder);
  for (const auto& slot : slots_) cuMemFree_v2(slot->memory);
}

NVENCSTATUS EncodeClient::open(void** out) {
  NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS open = {};
  open.version = NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER;
  open.deviceType = NV_ENC_DEVICE_TYPE_CUDA;
  open.device = gpu.context;
  open.apiVersion = NVENCAPI_VERSION;
  return api.nvEncOpenEncodeSessionEx(&open, out);
}

NVENCSTATUS EncodeClient::initialize() {
  return api.nvEncInitializeEncoder(encoder, &parameters);
}

EncodeSlot& EncodeClient::slot(unsigned char luma) {
  EncodeSlot& slot = *slots_.emplace_back(std::make_unique<EncodeSlot>());
  Bytes picture(kPitch * kHeight * 3 / 2, 128);
  std::fill_n(picture.begin(), kPitch * kHeight, luma);
  REQUIRE(cuMemAlloc_v2(&slot.memory, picture.size()) == CUDA_SUCCESS);
  REQUIRE(cuMemcpyHtoD_v2(slot.memory, picture.data(), picture.size()) == CUDA_SUCCESS);
  REQUIRE(cuCtxSynchronize() == CUDA_SUCCESS);
  NV_ENC_REGISTER_RESOURCE resource = {};
  resource.version = NV_ENC_REGISTER_RESOURCE_VER;
  resource.resourceType = NV_ENC_INPUT_RESOURCE_TYPE_CUDADEVICEPTR;
  resource.width = kWidth;
  resource.height = kHeight;
  resource.pitch = kPitch;
  resource.resourceToRegister = reinterpret_cast<void*>(slot.memory);
  resource.bufferFormat = NV_ENC_BUFFER_FORMAT_NV12;
  REQUIRE(api.nvEncRegisterResource(encoder, &resource) == NV_ENC_SUCCESS);
  slot.registered = resource.registeredResource;
  NV_ENC_CREATE_BITSTREAM_BUFFER buffer = {};
  buffer.version = NV_ENC_CREATE_BITSTREAM_BUFFER_VER;
  REQUIRE(api.nvEncCreateBitstreamBuffer(encoder, &buffer) == NV_ENC_SUCCESS);
  slot.bitstream = buffer.bitstreamBuffer;
  REQUIRE(map(slot) == NV_ENC_SUCCESS);
  return slot;
}

NVENCSTATUS EncodeClient::map(EncodeSlot& slot) {
  NV_ENC_MAP_INPUT_RESOURCE resource = {};
  resource.version = NV_ENC_MAP_INPUT_RESOURCE_VER;
  resource.registeredResource = slot.registered;
  const NVENCSTATUS status = api.nvEncMapInputResource(encoder, &resource);
  if (status == NV_ENC_SUCCESS) slot.mapped = resource.mappedResource;
  return status;
}

NVENCSTATUS EncodeClient::unmap(EncodeSlot& slot) {
  const NVENCSTATUS status = api.nvEncUnmapInputResource(encoder, slot.mapped);
  if (status == NV_ENC_SUCCESS) slot.mapped = nullptr;
  return status;
}

NV_ENC_PIC_PARAMS EncodeClient::picture(const EncodeSlot& slot, uint64_t timestamp) const {
  NV_ENC_PIC_PARAMS picture = {};
  picture.version = NV_ENC_PIC_PARAMS_VER;
  picture.inputWidth = kWidth;
  picture.inputHeight = kHeight;
  picture.inputPitch = kPitch;
  picture.inputBuffer = slot.mapped;
  picture.outputBitstream = slot.bitstream;
  picture.bufferFmt = NV_ENC_BUFFER_FORMAT_NV12;
  picture.pictureStruct = NV_ENC_PIC_STRUCT_FRAME;
  picture.inputTimeStamp = timestamp;
  return picture;
}

NVENCSTATUS EncodeClient::encode(const EncodeSlot& slot, uint64_t timestamp, uint32_t flags) {
  NV_ENC_PIC_PARAMS wanted = picture(slot, timestamp);
  wanted.encodePicFlags = flags;
  return api.nvEncEncodePicture(encoder, &wanted);
}

NVENCSTATUS EncodeClient::end() {
  NV_ENC_PIC_PARAMS wanted = {};
  wanted.version = NV_ENC_PIC_PARAMS_VER;
  wanted.encodePicFlags = NV_ENC_PIC_FLAG_EOS;
  return api.nvEncEncodePicture(encoder, &wanted);
}

Coded EncodeClient::take(const EncodeSlot& slot) {
  NV_ENC_LOCK_BITSTREAM lock = {};
  lock.version = NV_ENC_LOCK_BITSTREAM_VER;
  lock.outputBitstream = slot.bitstream;
  Coded coded;
  coded.status = api.nvEncLockBitstream(encoder, &lock);
  if (coded.status != NV_ENC_SUCCESS) return coded;
  const auto* bytes = static_cast<const unsigned char*>(lock.bitstreamBufferPtr);
  coded.data.assign(bytes, bytes + lock.bitstreamSizeInBytes);
  coded.timestamp = lock.outputTimeStamp;
  coded.type = lock.pictureType;
  coded.quantiser = lock.frameAvgQP;
  CHECK(api.nvEncUnlockBitstream(encoder, slot.bitstream) == NV_ENC_SUCCESS);
  return coded;
}

NVENCSTATUS EncodeClient::reconfigure(bool resets, bool forces_idr) {
  NV_ENC_RECONFIGURE_PARAMS wanted = {};
  wanted.version = NV_ENC_RECONFIGURE_PARAMS_VER;
  wanted.reInitEncodeParams = parameters;
  wanted.resetEncoder = resets;
  wanted.forceIDR = forces_idr;
  return api.nvEncReconfigureEncoder(encoder, &wanted);
}

bool has_unit(const Bytes& stream, int type) {
  for (size_t i = 0; i + 3 < stream.size(); i++) {
    const bool starts = stream[i] == 0 && stream[i + 1] == 0 && stream[i + 2] == 1;
    if (starts && (stream[i + 3] & 31) == type) return true;
  }
  return false;
}

}  // namespace cufsim_test

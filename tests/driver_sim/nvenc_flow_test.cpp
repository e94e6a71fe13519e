// NVENC at work: the order of pictures, buffers and their lives, what is not waited for.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "encode_client.h"

using namespace cufsim_test;

namespace {

/** Encodes `count` pictures; what each call said. */
std::vector<NVENCSTATUS> encode_all(EncodeClient& client, std::vector<EncodeSlot*>& slots,
                                    int count) {
  std::vector<NVENCSTATUS> said;
  for (int i = 0; i < count; i++) {
    slots.push_back(&client.slot(static_cast<unsigned char>(60 + 10 * i)));
    said.push_back(client.encode(*slots.back(), static_cast<uint64_t>(i)));
  }
  return said;
}

constexpr NVENCSTATUS kMore = NV_ENC_ERR_NEED_MORE_INPUT;
constexpr NVENCSTATUS kGood = NV_ENC_SUCCESS;

}  // namespace

TEST_CASE("without B-frames each picture can be had at once, from device memory without a copy") {
  EncodeClient client;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  for (uint64_t i = 0; i < 3; i++) {
    EncodeSlot& slot = client.slot();
    CHECK(client.encode(slot, 40 * i) == NV_ENC_SUCCESS);
    const Coded coded = client.take(slot);
    CHECK(coded.status == NV_ENC_SUCCESS);
    CHECK(coded.timestamp == 40 * i);
    CHECK(coded.type == (i == 0 ? NV_ENC_PIC_TYPE_IDR : NV_ENC_PIC_TYPE_P));
    CHECK(has_unit(coded.data, 7) == (i == 0));
    CHECK(client.unmap(slot) == NV_ENC_SUCCESS);
  }
  CHECK(cufsim_count("pictures_encoded") == 3);
  CHECK(cufsim_count("encode_host_copies") == 0);
  CHECK_MESSAGE(cufsim_count("problems") == 0, problem_texts());
}

TEST_CASE("B-frames need more input, and come out behind the P-frame, in the order of buffers") {
  EncodeClient client;
  client.config.frameIntervalP = 3;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  std::vector<EncodeSlot*> slots;
  const auto said = encode_all(client, slots, 6);
  CHECK(said == std::vector<NVENCSTATUS>{kGood, kMore, kMore, kGood, kMore, kMore});
  CHECK(client.end() == NV_ENC_SUCCESS);
  std::vector<uint64_t> times;
  for (EncodeSlot* slot : slots) times.push_back(client.take(*slot).timestamp);
  // At the end of the stream the last picture is a P-frame.
  CHECK(times == std::vector<uint64_t>{0, 3, 1, 2, 5, 4});
  CHECK_MESSAGE(cufsim_count("problems") == 0, problem_texts());
}

TEST_CASE("who locks all that is there gets it without more input") {
  EncodeClient client;
  cufsim_set("encode_stall_ms", 1);
  client.config.frameIntervalP = 2;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  std::vector<EncodeSlot*> slots;
  CHECK(encode_all(client, slots, 3) == std::vector<NVENCSTATUS>{kGood, kMore, kGood});
  std::vector<uint64_t> times;
  for (EncodeSlot* slot : slots) times.push_back(client.take(*slot).timestamp);
  CHECK(times == std::vector<uint64_t>{0, 2, 1});
}

TEST_CASE("lookahead keeps pictures back") {
  EncodeClient client;
  client.config.rcParams.enableLookahead = 1;
  client.config.rcParams.lookaheadDepth = 4;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  std::vector<EncodeSlot*> slots;
  const auto said = encode_all(client, slots, 6);
  CHECK(said == std::vector<NVENCSTATUS>{kMore, kMore, kMore, kMore, kGood, kGood});
  CHECK(client.take(*slots[0]).timestamp == 0);
  CHECK(client.take(*slots[1]).timestamp == 1);
  // The third waits for a seventh.
  CHECK(client.take(*slots[2]).status == NV_ENC_ERR_INVALID_CALL);
  CHECK(problems("order") == 1);
  NV_ENC_LOCK_BITSTREAM lock = {};
  lock.version = NV_ENC_LOCK_BITSTREAM_VER;
  lock.outputBitstream = slots[2]->bitstream;
  lock.doNotWait = 1;
  CHECK(client.api.nvEncLockBitstream(client.encoder, &lock) == NV_ENC_ERR_LOCK_BUSY);
  CHECK(client.end() == NV_ENC_SUCCESS);
  CHECK(client.take(*slots[2]).timestamp == 2);
}

TEST_CASE("flags of a picture: IDR, intra, parameter sets") {
  EncodeClient client;
  client.config.encodeCodecConfig.h264Config.repeatSPSPPS = 0;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  const auto coded = [&](uint32_t flags) {
    EncodeSlot& slot = client.slot();
    CHECK(client.encode(slot, 0, flags) == NV_ENC_SUCCESS);
    return client.take(slot);
  };
  CHECK(has_unit(coded(0).data, 7));
  const Coded idr = coded(NV_ENC_PIC_FLAG_FORCEIDR);
  CHECK(idr.type == NV_ENC_PIC_TYPE_IDR);
  CHECK(has_unit(idr.data, 5));
  CHECK(!has_unit(idr.data, 7));
  CHECK(coded(NV_ENC_PIC_FLAG_FORCEINTRA).type == NV_ENC_PIC_TYPE_I);
  const Coded with_sets = coded(NV_ENC_PIC_FLAG_OUTPUT_SPSPPS);
  CHECK(with_sets.type == NV_ENC_PIC_TYPE_P);
  CHECK(has_unit(with_sets.data, 7));
  CHECK(has_unit(with_sets.data, 8));
  CHECK(client.api.nvEncInvalidateRefFrames(client.encoder, 0) == NV_ENC_SUCCESS);
  CHECK(coded(0).type == NV_ENC_PIC_TYPE_I);
}

TEST_CASE("messages stand before the picture, with the bytes that emulate no start code") {
  EncodeClient client;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  EncodeSlot& slot = client.slot();
  NV_ENC_PIC_PARAMS picture = client.picture(slot, 0);
  unsigned char payload[] = {1, 0, 0, 1, 2};
  NV_ENC_SEI_PAYLOAD message = {sizeof payload, 5, payload};
  picture.codecPicParams.h264PicParams.seiPayloadArrayCnt = 1;
  CHECK(client.api.nvEncEncodePicture(client.encoder, &picture) == NV_ENC_ERR_INVALID_PTR);
  picture.codecPicParams.h264PicParams.seiPayloadArray = &message;
  CHECK(client.api.nvEncEncodePicture(client.encoder, &picture) == NV_ENC_SUCCESS);
  payload[0] = 9;
  const Coded coded = client.take(slot);
  const Bytes expected = {0, 0, 1, 6, 5, 5, 1, 0, 0, 3, 1, 2, 0x80};
  CHECK(std::search(coded.data.begin(), coded.data.end(), expected.begin(), expected.end()) !=
        coded.data.end());
  unsigned char kept[8 + sizeof payload] = {};
  CHECK(cufsim_encode_record("messages", 0, kept, sizeof kept) == sizeof kept);
  CHECK(kept[0] == 5);
  CHECK(kept[4] == sizeof payload);
}

TEST_CASE("pictures are refused for what is wrong with them") {
  EncodeClient client;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  EncodeSlot& slot = client.slot();
  const auto refused = [&](auto change) {
    NV_ENC_PIC_PARAMS picture = client.picture(slot, 0);
    change(picture);
    return client.api.nvEncEncodePicture(client.encoder, &picture);
  };
  CHECK(refused([](auto& p) { p.version = 0; }) == NV_ENC_ERR_INVALID_VERSION);
  CHECK(refused([](auto& p) { p.reserved3[0] = 1; }) == NV_ENC_ERR_INVALID_PARAM);
  CHECK(refused([](auto& p) { p.codecPicParams.h264PicParams.reserved[0] = 1; }) ==
        NV_ENC_ERR_INVALID_PARAM);
  CHECK(refused([](auto& p) { p.inputWidth = 160; }) == NV_ENC_ERR_INVALID_PARAM);
  CHECK(refused([](auto& p) { p.inputHeight = 242; }) == NV_ENC_ERR_INVALID_PARAM);
  CHECK(refused([](auto& p) { p.inputPitch = 400; }) == NV_ENC_ERR_INVALID_PARAM);
  CHECK(refused([](auto& p) { p.bufferFmt = NV_ENC_BUFFER_FORMAT_IYUV; }) ==
        NV_ENC_ERR_INVALID_PARAM);
  CHECK(refused([](auto& p) { p.pictureStruct = NV_ENC_PIC_STRUCT(0); }) ==
        NV_ENC_ERR_INVALID_PARAM);
  CHECK(refused([](auto& p) { p.encodePicFlags = 64; }) == NV_ENC_ERR_INVALID_PARAM);
  CHECK(refused([](auto& p) { p.outputBitstream = nullptr; }) == NV_ENC_ERR_INVALID_PARAM);
  CHECK(refused([&](auto& p) { p.inputBuffer = slot.registered; }) ==
        NV_ENC_ERR_RESOURCE_NOT_MAPPED);
  CHECK(problems("problems") == 0);
  CHECK(refused([&](auto& p) { p.inputBuffer = client.encoder; }) == NV_ENC_ERR_INVALID_PARAM);
  CHECK(problems("foreign_pointer") == 1);
  CHECK(cufsim_count("pictures_encoded") == 0);
  CHECK(client.encode(slot, 0) == NV_ENC_SUCCESS);
}

TEST_CASE("buffers have lives: locked, in use, unmapped too early, destroyed") {
  EncodeClient client;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  EncodeSlot& slot = client.slot();
  EncodeSlot& other = client.slot();
  CHECK(client.take(slot).status == NV_ENC_ERR_INVALID_PARAM);
  CHECK(client.map(slot) == NV_ENC_ERR_MAP_FAILED);
  CHECK(client.encode(slot, 0) == NV_ENC_SUCCESS);
  CHECK(client.encode(slot, 1) == NV_ENC_ERR_INVALID_PARAM);
  CHECK(problems("order") == 1);
  CHECK(client.unmap(slot) == NV_ENC_ERR_INVALID_CALL);
  CHECK(problems("order") == 2);
  CHECK(client.api.nvEncUnregisterResource(client.encoder, slot.registered) ==
        NV_ENC_ERR_INVALID_CALL);
  CHECK(client.encode(other, 1) == NV_ENC_SUCCESS);
  // Out of their order.
  CHECK(client.take(other).status == NV_ENC_ERR_INVALID_CALL);
  CHECK(client.take(slot).status == NV_ENC_SUCCESS);
  CHECK(client.take(slot).status == NV_ENC_ERR_INVALID_PARAM);
  CHECK(client.api.nvEncUnlockBitstream(client.encoder, slot.bitstream) == NV_ENC_ERR_INVALID_CALL);
  const NV_ENC_INPUT_PTR mapped = slot.mapped;
  CHECK(client.unmap(slot) == NV_ENC_SUCCESS);
  CHECK(client.api.nvEncUnmapInputResource(client.encoder, mapped) ==
        NV_ENC_ERR_RESOURCE_NOT_MAPPED);
  CHECK(problems("use_after_destroy") == 1);
}

TEST_CASE("input buffers are read once they are unlocked, and what was written then") {
  EncodeClient client;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  EncodeSlot& slot = client.slot();
  NV_ENC_CREATE_INPUT_BUFFER buffer = {};
  buffer.version = NV_ENC_CREATE_INPUT_BUFFER_VER;
  buffer.width = EncodeClient::kWidth;
  buffer.height = EncodeClient::kHeight;
  buffer.bufferFmt = NV_ENC_BUFFER_FORMAT_NV12;
  REQUIRE(client.api.nvEncCreateInputBuffer(client.encoder, &buffer) == NV_ENC_SUCCESS);
  NV_ENC_LOCK_INPUT_BUFFER lock = {};
  lock.version = NV_ENC_LOCK_INPUT_BUFFER_VER;
  lock.inputBuffer = buffer.inputBuffer;
  REQUIRE(client.api.nvEncLockInputBuffer(client.encoder, &lock) == NV_ENC_SUCCESS);
  CHECK(lock.pitch > EncodeClient::kWidth);
  NV_ENC_PIC_PARAMS picture = client.picture(slot, 0);
  picture.inputBuffer = buffer.inputBuffer;
  picture.inputPitch = lock.pitch;
  CHECK(client.api.nvEncEncodePicture(client.encoder, &picture) == NV_ENC_ERR_INVALID_PARAM);
  CHECK(client.api.nvEncLockInputBuffer(client.encoder, &lock) == NV_ENC_ERR_INVALID_CALL);
  CHECK(client.api.nvEncUnlockInputBuffer(client.encoder, buffer.inputBuffer) == NV_ENC_SUCCESS);
  CHECK(client.api.nvEncEncodePicture(client.encoder, &picture) == NV_ENC_SUCCESS);
  CHECK(client.take(slot).status == NV_ENC_SUCCESS);
  CHECK(cufsim_count("encode_host_copies") == 1);
  CHECK(client.api.nvEncDestroyInputBuffer(client.encoder, buffer.inputBuffer) == NV_ENC_SUCCESS);
}

TEST_CASE("memory is registered only where the picture fits, and only of cuMemAlloc") {
  EncodeClient client;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  CUdeviceptr memory = 0;
  REQUIRE(cuMemAlloc_v2(&memory, 512 * 240) == CUDA_SUCCESS);
  NV_ENC_REGISTER_RESOURCE resource = {};
  resource.version = NV_ENC_REGISTER_RESOURCE_VER;
  resource.resourceType = NV_ENC_INPUT_RESOURCE_TYPE_CUDADEVICEPTR;
  resource.width = EncodeClient::kWidth;
  resource.height = EncodeClient::kHeight;
  resource.pitch = 512;
  resource.bufferFormat = NV_ENC_BUFFER_FORMAT_NV12;
  resource.resourceToRegister = reinterpret_cast<void*>(memory);
  const auto said = [&] { return client.api.nvEncRegisterResource(client.encoder, &resource); };
  CHECK(said() == NV_ENC_ERR_INVALID_PARAM);
  resource.height = 160;
  resource.pitch = 300;
  CHECK(said() == NV_ENC_ERR_INVALID_PARAM);
  resource.pitch = 512;
  resource.resourceToRegister = &resource;
  CHECK(said() == NV_ENC_ERR_RESOURCE_REGISTER_FAILED);
  CUdeviceptr pooled = 0;
  REQUIRE(cuMemAllocAsync(&pooled, 512 * 240, nullptr) == CUDA_SUCCESS);
  resource.resourceToRegister = reinterpret_cast<void*>(pooled);
  CHECK(said() == NV_ENC_ERR_INVALID_PARAM);
  resource.resourceToRegister = reinterpret_cast<void*>(memory);
  CHECK(said() == NV_ENC_SUCCESS);
  // The memory must live as long as its registration.
  CHECK(cuMemFree_v2(memory) == CUDA_SUCCESS);
  NV_ENC_MAP_INPUT_RESOURCE map = {};
  map.version = NV_ENC_MAP_INPUT_RESOURCE_VER;
  map.registeredResource = resource.registeredResource;
  CHECK(client.api.nvEncMapInputResource(client.encoder, &map) == NV_ENC_ERR_MAP_FAILED);
  CHECK(problems("use_after_free") == 1);
  CHECK(client.api.nvEncUnregisterResource(client.encoder, resource.registeredResource) ==
        NV_ENC_SUCCESS);
  CHECK(cuMemFreeAsync(pooled, nullptr) == CUDA_SUCCESS);
}

TEST_CASE("what is written without being waited for is reported, but in the input stream's order") {
  for (const bool ordered : {false, true}) {
    CAPTURE(ordered);
    EncodeClient client;
    REQUIRE(client.initialize() == NV_ENC_SUCCESS);
    EncodeSlot& slot = client.slot();
    CUstream stream = client.gpu.stream();
    if (ordered) {
      CHECK(client.api.nvEncSetIOCudaStreams(client.encoder, &stream, &stream) == NV_ENC_SUCCESS);
    }
    CHECK(cuMemsetD8Async(slot.memory, 200, EncodeClient::kPitch, stream) == CUDA_SUCCESS);
    CHECK(client.encode(slot, 0) == NV_ENC_SUCCESS);
    CHECK(client.take(slot).status == NV_ENC_SUCCESS);
    CHECK(problems("missing_sync") == (ordered ? 0 : 1));
  }
}

TEST_CASE("a picture that is overwritten before its bitstream was locked is reported") {
  EncodeClient client;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  EncodeSlot& slot = client.slot();
  CUstream stream = client.gpu.stream();
  CHECK(client.encode(slot, 0) == NV_ENC_SUCCESS);
  CHECK(cuMemsetD8Async(slot.memory, 1, EncodeClient::kPitch, stream) == CUDA_SUCCESS);
  CHECK(problems("missing_sync") == 1);
  CHECK(client.take(slot).status == NV_ENC_SUCCESS);
  CHECK(cuMemsetD8Async(slot.memory, 2, EncodeClient::kPitch, stream) == CUDA_SUCCESS);
  CHECK(problems("missing_sync") == 1);
}

TEST_CASE("reconfiguration changes rates, and no structure") {
  EncodeClient client;
  client.parameters.maxEncodeWidth = EncodeClient::kWidth;
  client.parameters.maxEncodeHeight = EncodeClient::kHeight;
  client.config.rcParams.vbvBufferSize = 500000;
  CHECK(client.reconfigure() == NV_ENC_ERR_ENCODER_NOT_INITIALIZED);
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  client.config.rcParams.averageBitRate = 500000;
  CHECK(client.reconfigure() == NV_ENC_SUCCESS);
  CHECK(cufsim_count("encoder_restarts") == 0);
  const auto refused = [&](auto change) {
    const NV_ENC_CONFIG config = client.config;
    const NV_ENC_INITIALIZE_PARAMS parameters = client.parameters;
    change();
    const NVENCSTATUS status = client.reconfigure();
    client.config = config;
    client.parameters = parameters;
    return status;
  };
  CHECK(refused([&] { client.config.gopLength = 10; }) == NV_ENC_ERR_INVALID_PARAM);
  CHECK(refused([&] { client.config.frameIntervalP = 2; }) == NV_ENC_ERR_INVALID_PARAM);
  CHECK(refused([&] { client.parameters.encodeWidth = 640; }) == NV_ENC_ERR_INVALID_PARAM);
  CHECK(refused([&] { client.parameters.maxEncodeWidth = 640; }) == NV_ENC_ERR_INVALID_PARAM);
  CHECK(refused([&] { client.parameters.enablePTD = 0; }) == NV_ENC_ERR_UNSUPPORTED_PARAM);
  CHECK(client.reconfigure(true, false) == NV_ENC_ERR_INVALID_PARAM);
  EncodeSlot& slot = client.slot();
  CHECK(client.encode(slot, 0) == NV_ENC_SUCCESS);
  CHECK(client.take(slot).type == NV_ENC_PIC_TYPE_IDR);
  CHECK(client.encode(slot, 1) == NV_ENC_SUCCESS);
  CHECK(client.take(slot).type == NV_ENC_PIC_TYPE_P);
  CHECK(client.reconfigure(false, true) == NV_ENC_SUCCESS);
  CHECK(client.encode(slot, 2) == NV_ENC_SUCCESS);
  CHECK(client.take(slot).type == NV_ENC_PIC_TYPE_IDR);
  CHECK(cufsim_count("encoders_reconfigured") == 2);
}

TEST_CASE("a session belongs to its context, and ends with what is in it") {
  EncodeClient client;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  EncodeSlot& slot = client.slot();
  CUcontext other = nullptr;
  REQUIRE(cuCtxCreate_v2(&other, 0, 0) == CUDA_SUCCESS);
  CHECK(client.encode(slot, 0) == NV_ENC_ERR_INVALID_DEVICE);
  CHECK(problems("wrong_context") == 1);
  REQUIRE(cuCtxDestroy_v2(other) == CUDA_SUCCESS);
  // With none current, the session's own is meant.
  CUcontext own = nullptr;
  REQUIRE(cuCtxPopCurrent_v2(&own) == CUDA_SUCCESS);
  CHECK(client.encode(slot, 0) == NV_ENC_SUCCESS);
  REQUIRE(cuCtxPushCurrent_v2(own) == CUDA_SUCCESS);
  void* encoder = client.encoder;
  CHECK(client.api.nvEncDestroyEncoder(encoder) == NV_ENC_SUCCESS);
  CHECK(problems("destroyed_with_live_objects") == 1);
  CHECK(cufsim_count("registrations") == 0);
  CHECK(cufsim_count("bitstream_buffers") == 0);
  CHECK(client.encode(slot, 1) == NV_ENC_ERR_INVALID_ENCODERDEVICE);
  CHECK(problems("use_after_destroy") == 1);
  client.encoder = nullptr;
}

TEST_CASE("faults at any function, and a lost device") {
  EncodeClient client;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  EncodeSlot& slot = client.slot();
  cufsim_fail("nvEncEncodePicture", 1, NV_ENC_ERR_ENCODER_BUSY);
  CHECK(client.encode(slot, 0) == NV_ENC_ERR_ENCODER_BUSY);
  CHECK(client.encode(slot, 0) == NV_ENC_SUCCESS);
  cufsim_fail("*", 1, 999);
  CHECK(client.take(slot).status == NV_ENC_ERR_GENERIC);
  CHECK(client.take(slot).status == NV_ENC_SUCCESS);
  cufsim_lose_device(0, 999);
  CHECK(client.encode(slot, 1) == NV_ENC_ERR_DEVICE_NOT_EXIST);
}

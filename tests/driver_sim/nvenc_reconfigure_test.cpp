// NVENC's reconfiguration, by the streams that come of it.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "encode_client.h"

using namespace cufsim_test;

namespace {

const GUID kCodecs[] = {NV_ENC_CODEC_H264_GUID, NV_ENC_CODEC_HEVC_GUID, NV_ENC_CODEC_AV1_GUID};

/** Fills a slot's picture with noise, of which there is always more than the rate allows. */
void scribble(const EncodeSlot& slot, unsigned seed) {
  std::minstd_rand noise(seed + 1);
  Bytes picture(size_t{EncodeClient::kPitch} * EncodeClient::kHeight * 3 / 2);
  for (unsigned char& byte : picture) byte = static_cast<unsigned char>(96 + noise() % 64);
  REQUIRE(cuMemcpyHtoD_v2(slot.memory, picture.data(), picture.size()) == CUDA_SUCCESS);
  REQUIRE(cuCtxSynchronize() == CUDA_SUCCESS);
}

/** Bytes of the last half of `count` pictures. */
size_t encode_noise(EncodeClient& client, EncodeSlot& slot, unsigned count, unsigned& seed) {
  size_t bytes = 0;
  for (unsigned i = 0; i < count; i++) {
    scribble(slot, seed++);
    REQUIRE(client.encode(slot, seed) == NV_ENC_SUCCESS);
    const Coded coded = client.take(slot);
    REQUIRE(coded.status == NV_ENC_SUCCESS);
    if (i >= count / 2) bytes += coded.data.size();
  }
  return bytes;
}

}  // namespace

TEST_CASE("another bit rate makes other streams, of HEVC with a key frame") {
  for (int i = 0; i < 3; i++) {
    const GUID& codec = kCodecs[i];
    const bool is_hevc = i == 1;
    CAPTURE(i);
    EncodeClient client(codec);
    NV_ENC_RC_PARAMS& rate = client.config.rcParams;
    rate.averageBitRate = 2000000;
    rate.vbvBufferSize = 400000;
    REQUIRE(client.initialize() == NV_ENC_SUCCESS);
    EncodeSlot& slot = client.slot();
    unsigned seed = 0;
    const size_t before = encode_noise(client, slot, 30, seed);
    rate.averageBitRate = 600000;
    rate.vbvBufferSize = 120000;
    REQUIRE(client.reconfigure() == NV_ENC_SUCCESS);
    scribble(slot, seed++);
    REQUIRE(client.encode(slot, seed) == NV_ENC_SUCCESS);
    CHECK(client.take(slot).type == (is_hevc ? NV_ENC_PIC_TYPE_IDR : NV_ENC_PIC_TYPE_P));
    const size_t after = encode_noise(client, slot, 30, seed);
    CHECK(cufsim_count("encoder_restarts") == (is_hevc ? 1 : 0));
    CHECK(after < before / 2);
  }
}

TEST_CASE("constant quantisers are those of each type, and others from the next picture on") {
  for (int i = 0; i < 2; i++) {
    CAPTURE(i);
    EncodeClient client(kCodecs[i]);
    NV_ENC_RC_PARAMS& rate = client.config.rcParams;
    rate.rateControlMode = NV_ENC_PARAMS_RC_CONSTQP;
    rate.constQP = {.qpInterP = 30, .qpInterB = 30, .qpIntra = 12};
    REQUIRE(client.initialize() == NV_ENC_SUCCESS);
    EncodeSlot& slot = client.slot();
    unsigned seed = 0;
    const auto next = [&] {
      scribble(slot, seed++);
      REQUIRE(client.encode(slot, seed) == NV_ENC_SUCCESS);
      return client.take(slot);
    };
    CHECK(next().quantiser == 12);
    const Coded before = next();
    CHECK(before.quantiser == 30);
    rate.constQP = {.qpInterP = 48, .qpInterB = 48, .qpIntra = 48};
    REQUIRE(client.reconfigure() == NV_ENC_SUCCESS);
    const Coded after = next();
    CHECK(after.quantiser == 48);
    CHECK(after.type == NV_ENC_PIC_TYPE_P);
    CHECK(after.data.size() < before.data.size() / 4);
    CHECK(cufsim_count("encoder_restarts") == 0);
  }
}

TEST_CASE("another size begins a new stream, up to the maximum of the start") {
  for (const GUID& codec : kCodecs) {
    EncodeClient client(codec);
    client.parameters.maxEncodeWidth = EncodeClient::kWidth;
    client.parameters.maxEncodeHeight = EncodeClient::kHeight;
    REQUIRE(client.initialize() == NV_ENC_SUCCESS);
    EncodeSlot& slot = client.slot();
    CHECK(client.encode(slot, 0) == NV_ENC_SUCCESS);
    CHECK(client.take(slot).type == NV_ENC_PIC_TYPE_IDR);
    CHECK(client.encode(slot, 1) == NV_ENC_SUCCESS);
    CHECK(client.take(slot).type == NV_ENC_PIC_TYPE_P);
    client.parameters.encodeWidth = client.parameters.darWidth = 256;
    client.parameters.encodeHeight = client.parameters.darHeight = 192;
    REQUIRE(client.reconfigure() == NV_ENC_SUCCESS);
    CHECK(client.encode(slot, 2) == NV_ENC_SUCCESS);
    const Coded coded = client.take(slot);
    CHECK(coded.type == NV_ENC_PIC_TYPE_IDR);
    Bytes headers(512);
    uint32_t size = 0;
    NV_ENC_SEQUENCE_PARAM_PAYLOAD payload = {};
    payload.version = NV_ENC_SEQUENCE_PARAM_PAYLOAD_VER;
    payload.spsppsBuffer = headers.data();
    payload.inBufferSize = 1;
    payload.outSPSPPSPayloadSize = &size;
    CHECK(client.api.nvEncGetSequenceParams(client.encoder, &payload) == NV_ENC_ERR_INVALID_PARAM);
    payload.inBufferSize = static_cast<uint32_t>(headers.size());
    CHECK(client.api.nvEncGetSequenceParams(client.encoder, &payload) == NV_ENC_SUCCESS);
    REQUIRE(size > 0);
    headers.resize(size);
    // The key frame brings them.
    CHECK(std::search(coded.data.begin(), coded.data.end(), headers.begin(), headers.end()) !=
          coded.data.end());
  }
}

TEST_CASE("B-frames that wait at a reconfiguration are not lost") {
  EncodeClient client;
  client.config.frameIntervalP = 3;
  client.config.rcParams.vbvBufferSize = 500000;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  std::vector<EncodeSlot*> slots;
  for (uint64_t i = 0; i < 8; i++) {
    slots.push_back(&client.slot(static_cast<unsigned char>(40 + 20 * i)));
    const NVENCSTATUS status = client.encode(*slots.back(), i);
    CHECK((status == NV_ENC_SUCCESS || status == NV_ENC_ERR_NEED_MORE_INPUT));
    // Once in place, once with a new encoder, in the middle of two groups.
    if (i == 2) {
      client.config.rcParams.averageBitRate = 900000;
      CHECK(client.reconfigure() == NV_ENC_SUCCESS);
    }
    if (i == 5) {
      client.parameters.frameRateNum = 50;
      CHECK(client.reconfigure(true, true) == NV_ENC_SUCCESS);
      CHECK(cufsim_count("encoder_restarts") == 1);
    }
  }
  CHECK(client.end() == NV_ENC_SUCCESS);
  std::vector<uint64_t> times;
  for (EncodeSlot* slot : slots) times.push_back(client.take(*slot).timestamp);
  std::sort(times.begin(), times.end());
  CHECK(times == std::vector<uint64_t>{0, 1, 2, 3, 4, 5, 6, 7});
}

// NVENC's refusals: versions, reserved fields, values out of range.
#include <doctest/doctest.h>

#include <cstring>
#include <functional>

#include "encode_client.h"

using namespace cufsim_test;

TEST_CASE("the newest API version has its minor number in the low bits") {
  const Gpu gpu;
  uint32_t version = 0;
  CHECK(NvEncodeAPIGetMaxSupportedVersion(&version) == NV_ENC_SUCCESS);
  CHECK(version == 0xd0);
  cufsim_set("encode_api", 121);
  CHECK(NvEncodeAPIGetMaxSupportedVersion(&version) == NV_ENC_SUCCESS);
  CHECK(version == 0xc1);
}

TEST_CASE("clients of API 11.1 to 13.0 are known, others and foreign words are not") {
  const Gpu gpu;
  NV_ENCODE_API_FUNCTION_LIST functions = {};
  for (const uint32_t known : {version_word(11, 1, 2), version_word(12, 1, 2),
                               version_word(12, 2, 2), version_word(13, 0, 2)}) {
    functions.version = known;
    CHECK(NvEncodeAPICreateInstance(&functions) == NV_ENC_SUCCESS);
    CHECK(static_cast<bool>(functions.nvEncOpenEncodeSessionEx));
    CHECK(static_cast<bool>(functions.nvEncGetEncodePresetConfigEx));
  }
  for (const uint32_t unknown : {0u, version_word(10, 0, 2), version_word(13, 1, 2),
                                 version_word(12, 1, 1), version_word(12, 1, 2) & 0x0fffffffu}) {
    functions.version = unknown;
    CHECK(NvEncodeAPICreateInstance(&functions) == NV_ENC_ERR_INVALID_VERSION);
  }
  // A driver that is older than its client.
  cufsim_set("encode_api", 121);
  functions.version = version_word(13, 0, 2);
  CHECK(NvEncodeAPICreateInstance(&functions) == NV_ENC_ERR_INVALID_VERSION);
}

TEST_CASE("on a GPU without NVENC no session can be opened, and none is left behind") {
  const Gpu gpu;
  NV_ENCODE_API_FUNCTION_LIST functions = {};
  functions.version = NV_ENCODE_API_FUNCTION_LIST_VER;
  REQUIRE(NvEncodeAPICreateInstance(&functions) == NV_ENC_SUCCESS);
  NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS parameters = {};
  parameters.version = NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER;
  parameters.deviceType = NV_ENC_DEVICE_TYPE_CUDA;
  parameters.device = gpu.context;
  parameters.apiVersion = NVENCAPI_VERSION;
  void* encoder = &parameters;
  CHECK(functions.nvEncOpenEncodeSessionEx(&parameters, &encoder) == NV_ENC_ERR_UNSUPPORTED_DEVICE);
  CHECK(encoder == nullptr);
  parameters.version = 0;
  CHECK(functions.nvEncOpenEncodeSessionEx(&parameters, &encoder) == NV_ENC_ERR_INVALID_VERSION);
  CHECK(cufsim_calls("nvEncOpenEncodeSessionEx") == 2);
  CHECK(cufsim_count("encoders") == 0);
}

TEST_CASE("there are no more sessions than the limit says") {
  EncodeClient client;
  cufsim_set("encode_sessions", 2);
  void* second = nullptr;
  void* third = nullptr;
  REQUIRE(client.open(&second) == NV_ENC_SUCCESS);
  CHECK(client.open(&third) == NV_ENC_ERR_OUT_OF_MEMORY);
  cufsim_set("encode_limit_status", NV_ENC_ERR_INCOMPATIBLE_CLIENT_KEY);
  CHECK(client.open(&third) == NV_ENC_ERR_INCOMPATIBLE_CLIENT_KEY);
  CHECK(third == nullptr);
  CHECK(client.api.nvEncDestroyEncoder(second) == NV_ENC_SUCCESS);
  CHECK(client.open(&third) == NV_ENC_SUCCESS);
  CHECK(client.api.nvEncDestroyEncoder(third) == NV_ENC_SUCCESS);
  CHECK(cufsim_count("encoders") == 1);
}

TEST_CASE("an Ada card's capabilities, and those that a test takes away") {
  EncodeClient client;
  const auto ask = [&](const GUID& codec, NV_ENC_CAPS cap) {
    NV_ENC_CAPS_PARAM query = {};
    query.version = NV_ENC_CAPS_PARAM_VER;
    query.capsToQuery = cap;
    int value = -1;
    CHECK(client.api.nvEncGetEncodeCaps(client.encoder, codec, &query, &value) == NV_ENC_SUCCESS);
    return value;
  };
  CHECK(ask(NV_ENC_CODEC_H264_GUID, NV_ENC_CAPS_WIDTH_MAX) == 4096);
  CHECK(ask(NV_ENC_CODEC_HEVC_GUID, NV_ENC_CAPS_SUPPORT_10BIT_ENCODE) == 1);
  CHECK(ask(NV_ENC_CODEC_H264_GUID, NV_ENC_CAPS_SUPPORT_10BIT_ENCODE) == 0);
  CHECK(ask(NV_ENC_CODEC_H264_GUID, NV_ENC_CAPS_ASYNC_ENCODE_SUPPORT) == 0);
  cufsim_set_encode_cap(NV_ENC_CAPS_NUM_MAX_BFRAMES, 0);
  CHECK(ask(NV_ENC_CODEC_H264_GUID, NV_ENC_CAPS_NUM_MAX_BFRAMES) == 0);
  client.config.frameIntervalP = 2;
  CHECK(client.initialize() == NV_ENC_ERR_UNSUPPORTED_PARAM);
  client.config.frameIntervalP = 1;
  CHECK(client.initialize() == NV_ENC_SUCCESS);
}

TEST_CASE("a codec that is not offered is refused") {
  EncodeClient client;
  cufsim_set("encode_codecs", 2);
  uint32_t count = 0;
  CHECK(client.api.nvEncGetEncodeGUIDCount(client.encoder, &count) == NV_ENC_SUCCESS);
  CHECK(count == 1);
  CHECK(client.initialize() == NV_ENC_ERR_UNSUPPORTED_PARAM);
}

TEST_CASE("a configuration that was not taken from a preset is refused") {
  EncodeClient client;
  NV_ENC_CONFIG zeroed = {};
  zeroed.version = NV_ENC_CONFIG_VER;
  client.parameters.encodeConfig = &zeroed;
  CHECK(client.initialize() == NV_ENC_ERR_INVALID_PARAM);
  CHECK(std::strstr(client.api.nvEncGetLastErrorString(client.encoder), "preset") != nullptr);
  // None at all stands for the preset's own.
  client.parameters.encodeConfig = nullptr;
  CHECK(client.initialize() == NV_ENC_SUCCESS);
}

TEST_CASE("words of other structs and APIs are refused, and so are reserved fields") {
  EncodeClient client;
  client.config.version = version_word(12, 2, 9, true);
  CHECK(client.initialize() == NV_ENC_ERR_INVALID_VERSION);
  client.config.version = NV_ENC_CONFIG_VER;
  client.parameters.version = version_word(13, 0, 7, true);
  CHECK(client.initialize() == NV_ENC_ERR_INVALID_VERSION);
  client.parameters.version = NV_ENC_INITIALIZE_PARAMS_VER;

  const auto refused_with = [&](auto& field) {
    using Field = std::remove_reference_t<decltype(field)>;
    const auto before = field;
    field = static_cast<Field>(1);
    CHECK(client.initialize() == NV_ENC_ERR_INVALID_PARAM);
    field = before;
  };
  refused_with(client.parameters.reserved[284]);
  refused_with(client.config.reserved[0]);
  refused_with(client.config.rcParams.reserved[3]);
  refused_with(client.config.encodeCodecConfig.h264Config.reserved1[0]);
  refused_with(client.config.encodeCodecConfig.h264Config.h264VUIParameters.reserved[11]);
  client.parameters.reservedBitFields = 1;
  CHECK(client.initialize() == NV_ENC_ERR_INVALID_PARAM);
  client.parameters.reservedBitFields = 0;
  CHECK(client.initialize() == NV_ENC_SUCCESS);
}

namespace {

struct Refused {
  std::string what;
  std::function<void(EncodeClient&)> change;
  NVENCSTATUS status = NV_ENC_ERR_INVALID_PARAM;
};

NV_ENC_CONFIG_H264& h264(EncodeClient& client) {
  return client.config.encodeCodecConfig.h264Config;
}

const std::vector<Refused> kRefused = {
    {"too small", [](auto& client) { client.parameters.encodeWidth = 64; }},
    {"too large", [](auto& client) { client.parameters.encodeWidth = 4098; }},
    {"odd", [](auto& client) { client.parameters.encodeHeight = 241; }},
    {"below its maximum", [](auto& client) { client.parameters.maxEncodeWidth = 160; }},
    {"no frame rate", [](auto& client) { client.parameters.frameRateNum = 0; }},
    {"asynchronous", [](auto& client) { client.parameters.enableEncodeAsync = 1; },
     NV_ENC_ERR_UNSUPPORTED_PARAM},
    {"no tuning",
     [](auto& client) { client.parameters.tuningInfo = NV_ENC_TUNING_INFO_UNDEFINED; }},
    {"foreign preset", [](auto& client) { client.parameters.presetGUID = NV_ENC_CODEC_H264_GUID; },
     NV_ENC_ERR_UNSUPPORTED_PARAM},
    {"profile of HEVC",
     [](auto& client) { client.config.profileGUID = NV_ENC_HEVC_PROFILE_MAIN_GUID; }},
    {"no GOP", [](auto& client) { client.config.gopLength = 0; }},
    {"short GOP",
     [](auto& client) {
       client.config.gopLength = 2;
       client.config.frameIntervalP = 3;
     }},
    {"many B-frames", [](auto& client) { client.config.frameIntervalP = 6; },
     NV_ENC_ERR_UNSUPPORTED_PARAM},
    {"fields",
     [](auto& client) { client.config.frameFieldMode = NV_ENC_PARAMS_FRAME_FIELD_MODE_FIELD; },
     NV_ENC_ERR_UNSUPPORTED_PARAM},
    {"constant QP 52", [](auto& client) { client.config.rcParams.constQP.qpIntra = 52; }},
    {"QP upside down",
     [](auto& client) {
       client.config.rcParams.enableMinQP = client.config.rcParams.enableMaxQP = 1;
       client.config.rcParams.minQP = {30, 30, 30};
       client.config.rcParams.maxQP = {20, 20, 20};
     }},
    {"CBR of nothing", [](auto& client) { client.config.rcParams.averageBitRate = 0; }},
    {"maximum below average",
     [](auto& client) {
       client.config.rcParams.rateControlMode = NV_ENC_PARAMS_RC_VBR;
       client.config.rcParams.maxBitRate = 1000;
     }},
    {"delay above buffer",
     [](auto& client) {
       client.config.rcParams.vbvBufferSize = 1000;
       client.config.rcParams.vbvInitialDelay = 2000;
     }},
    {"quality 52", [](auto& client) { client.config.rcParams.targetQuality = 52; }},
    {"lookahead not enabled", [](auto& client) { client.config.rcParams.lookaheadDepth = 8; }},
    {"lookahead of 33",
     [](auto& client) {
       client.config.rcParams.enableLookahead = 1;
       client.config.rcParams.lookaheadDepth = 33;
     }},
    {"no such level", [](auto& client) { h264(client).level = 14; }},
    {"low level", [](auto& client) { h264(client).level = NV_ENC_LEVEL_H264_1; }},
    {"no IDR period", [](auto& client) { h264(client).idrPeriod = 0; }},
    {"no chroma format", [](auto& client) { h264(client).chromaFormatIDC = 0; }},
    {"slices", [](auto& client) { h264(client).sliceModeData = 0; }},
    {"references", [](auto& client) { h264(client).maxNumRefFrames = 17; }},
    {"intra refresh",
     [](auto& client) {
       h264(client).enableIntraRefresh = 1;
       h264(client).intraRefreshPeriod = 10;
       h264(client).intraRefreshCnt = 10;
     }},
    {"Baseline with CABAC",
     [](auto& client) {
       client.config.profileGUID = NV_ENC_H264_PROFILE_BASELINE_GUID;
       h264(client).entropyCodingMode = NV_ENC_H264_ENTROPY_CODING_MODE_CABAC;
     }},
    {"4:4:4 in High",
     [](auto& client) {
       client.config.profileGUID = NV_ENC_H264_PROFILE_HIGH_GUID;
       h264(client).chromaFormatIDC = 3;
     }},
    {"colours",
     [](auto& client) {
       h264(client).h264VUIParameters.colourPrimaries = NV_ENC_VUI_COLOR_PRIMARIES(40);
     }},
};

}  // namespace

TEST_CASE("values out of range are refused before anything is made") {
  for (const Refused& line : kRefused) {
    CAPTURE(line.what);
    EncodeClient client;
    line.change(client);
    CHECK(client.initialize() == line.status);
    CHECK(std::strlen(client.api.nvEncGetLastErrorString(client.encoder)) > 0);
    CHECK(cufsim_count("device_bytes") == 0);
  }
}

TEST_CASE("what a client set can be read back, whether it was taken or refused") {
  EncodeClient client;
  client.config.gopLength = 77;
  client.parameters.frameRateNum = 0;
  CHECK(client.initialize() == NV_ENC_ERR_INVALID_PARAM);
  NV_ENC_CONFIG config = {};
  CHECK(cufsim_encode_record("config", 0, &config, sizeof config) == sizeof config);
  CHECK(config.gopLength == 77);
  client.parameters.frameRateNum = 50;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  NV_ENC_INITIALIZE_PARAMS parameters = {};
  CHECK(cufsim_encode_record("initialize", 0, &parameters, sizeof parameters) == sizeof parameters);
  CHECK(parameters.frameRateNum == 50);
  CHECK(cufsim_encode_record("initialize", 1, &parameters, sizeof parameters) == sizeof parameters);
  CHECK(parameters.frameRateNum == 0);
  CHECK(cufsim_encode_record("initialize", 2, nullptr, 0) == 0);
}

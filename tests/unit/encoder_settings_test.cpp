#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "core/encoder_settings.h"
#include "core/error.h"

using namespace cuf;

namespace {

using enum EncoderParameter;
using Numbers = std::vector<int64_t>;

constexpr int64_t kMost = 4294967295;

EncoderSettings with(std::vector<std::pair<EncoderParameter, Numbers>> said) {
  EncoderSettings settings;
  for (const auto& [parameter, numbers] : said) settings.set(parameter, numbers);
  return settings;
}

EncoderSettings completed(std::vector<std::pair<EncoderParameter, Numbers>> said) {
  EncoderSettings settings = with(std::move(said));
  complete_encoder_settings(settings, 1920, 1080);
  return settings;
}

std::string refusal(std::vector<std::pair<EncoderParameter, Numbers>> said) {
  try {
    completed(std::move(said));
    return "";
  } catch (const Error& error) {
    CHECK(error.status == Status::invalid_argument);
    return error.what();
  }
}

}  // namespace

// Of the guide's table of parameters ("Video Encoding Parameter Details") and its prose.
TEST_CASE("the table has every parameter of the guide, each once") {
  const std::set<std::string> guide = {
      "codec",      "bitrate",    "fps",       "initqp",       "idrperiod",
      "constqp",    "qmin",       "qmax",      "gop",          "tuning_info",
      "preset",     "maxbitrate", "vbvinit",   "vbvbufsize",   "rc",
      "multipass",  "bf",         "max_width", "max_height",   "temporalaq",
      "lookahead",  "aq",         "ldkfs",     "colorspace",   "timingInfo.num_unit_in_ticks",
      "slice.mode", "slice.data", "cq",        "repeatspspps", "timingInfo.timescale",
      "profile",    "level",      "tier",      "numrefl0",     "numrefl1"};
  std::set<std::string> guide_names;
  std::set<std::string> names;
  for (size_t i = 0; i < kEncoderParameterCount; ++i) {
    const auto& row = encoder_parameter(static_cast<EncoderParameter>(i));
    CHECK(row.parameter == static_cast<EncoderParameter>(i));
    guide_names.insert(std::string(row.guide));
    names.insert(std::string(row.name));
  }
  CHECK(guide_names == guide);
  CHECK(names.size() == kEncoderParameterCount);
}

TEST_CASE("every row takes its ends and refuses what lies beyond, by name") {
  for (size_t i = 0; i < kEncoderParameterCount; ++i) {
    const auto parameter = static_cast<EncoderParameter>(i);
    const auto& row = encoder_parameter(parameter);
    CAPTURE(row.name);
    const size_t count = row.kind == ParameterKind::ratio ? 2 : 1;
    EncoderSettings settings;
    CHECK(!settings.has(parameter));
    for (const int64_t end : {row.least, row.most}) {
      settings.set(parameter, Numbers(count, end));
      CHECK(settings.number(parameter) == end);
    }
    const int64_t beyond = row.kind == ParameterKind::quantizers ? 256
                           : row.parameter == cq                 ? 64
                                                                 : row.most + 1;
    for (const int64_t wrong : {row.least - 1, beyond}) {
      try {
        settings.set(parameter, Numbers(count, wrong));
        FAIL("was taken");
      } catch (const Error& error) {
        CHECK(error.status == Status::invalid_argument);
        CHECK(std::string(error.what()).starts_with(row.name));
        CHECK(std::string(error.what()).ends_with(std::to_string(wrong)));
      }
    }
    CHECK(settings.number(parameter) == row.most);
    CHECK_THROWS_AS(settings.set(parameter, Numbers{}), Error);
    CHECK_THROWS_AS(settings.set(parameter, Numbers(4, row.least)), Error);
    const bool takes_three = row.kind == ParameterKind::quantizers;
    if (takes_three) {
      settings.set(parameter, Numbers{1, 2, 3});
      CHECK(settings.quantizers(parameter) == std::array<int64_t, 3>{1, 2, 3});
      settings.set(parameter, Numbers{7});
      CHECK(settings.quantizers(parameter) == std::array<int64_t, 3>{7, 7, 7});
    } else {
      CHECK_THROWS_AS(settings.set(parameter, Numbers(3, row.least)), Error);
    }
  }
  EncoderSettings settings;
  CHECK_THROWS_WITH(settings.set(EncoderParameter::count, Numbers{0}), "Unknown encoder parameter");
}

TEST_CASE("what is left out follows from the rest") {
  const EncoderSettings plain = completed({});
  CHECK(plain.codec() == VideoCodec::h264);
  CHECK(plain.number(preset) == 3);
  CHECK(plain.number(tuning_info) == 0);
  CHECK(plain.number(rc) == static_cast<int64_t>(RateControl::cbr));
  CHECK(plain.number(bitrate) == 10'000'000);
  CHECK(plain.number(max_bitrate) == 10'000'000);
  CHECK(plain.number(vbv_buffer_size) == 10'000'000);
  CHECK(plain.value(fps).numbers[0] == 30);
  CHECK(plain.value(fps).numbers[1] == 1);
  CHECK(plain.number(gop) == 250);
  CHECK(plain.number(idr_period) == 250);
  CHECK(plain.number(max_width) == 1920);
  CHECK(plain.number(max_height) == 1080);
  CHECK(!plain.has(b_frames));

  const EncoderSettings live = completed({{tuning_info, {2}}, {bitrate, {500000}}});
  CHECK(live.number(gop) == kMost);
  CHECK(live.number(b_frames) == 0);
  CHECK(live.number(vbv_buffer_size) == 500000);

  const EncoderSettings vbr = completed({{rc, {1}}, {bitrate, {20'000'000}}});
  CHECK(vbr.number(max_bitrate) == 20'000'000);
  CHECK(completed({{cq, {23}}}).number(rc) == static_cast<int64_t>(RateControl::vbr));
  const EncoderSettings quantized = completed({{const_qp, {20, 22, 24}}});
  CHECK(quantized.number(rc) == static_cast<int64_t>(RateControl::constqp));
  CHECK(!quantized.has(bitrate));
  CHECK(completed({{tuning_info, {3}}}).number(rc) == static_cast<int64_t>(RateControl::constqp));
  CHECK(completed({{gop, {60}}}).number(idr_period) == 60);
  CHECK(completed({{gop, {60}}, {idr_period, {120}}}).number(idr_period) == 120);
}

TEST_CASE("settings that contradict each other are refused") {
  CHECK(refusal({{cq, {23}}, {rc, {0}}}) ==
        "cq is a target of rc \"vbr\"; leave one of the two out");
  CHECK(refusal({{const_qp, {23}}, {rc, {1}}}) ==
        "constQp is for rc \"constqp\"; leave one of the two out");
  CHECK(refusal({{tuning_info, {3}}, {rc, {0}}}) ==
        "A lossless stream has no bit rate to keep; leave rc out");
  CHECK(refusal({{tuning_info, {3}}, {const_qp, {0, 1, 0}}}) ==
        "A lossless stream has no constQp; leave it out");
  CHECK(refusal({{tuning_info, {3}}, {const_qp, {0}}}).empty());
  CHECK(refusal({{qmin, {30}}, {qmax, {20}}}) == "qmin is above qmax");
  CHECK(refusal({{qmin, {10, 20, 30}}, {qmax, {40, 40, 29}}}) == "qmin is above qmax");
  CHECK(refusal({{qmin, {30}}, {qmax, {30, 31, 32}}}).empty());
  CHECK(refusal({{rc, {1}}, {bitrate, {200}}, {max_bitrate, {100}}}) ==
        "maxBitrate is less than bitrate; it is the greatest bit rate of \"vbr\"");
  CHECK(refusal({{vbv_buffer_size, {100}}, {vbv_initial_delay, {101}}}) ==
        "vbvInit is more than vbvBufSize holds");
  CHECK(refusal({{timescale, {60}}}) == "timingInfo needs both numUnitsInTick and timescale");
  CHECK(refusal({{slice_data, {4}}}) == "slice.data needs slice.mode, which says what it counts");
  CHECK(refusal({{const_qp, {52}}}) == "constQp of H.264 and HEVC goes up to 51, not 52");
  CHECK(refusal({{codec, {2}}, {const_qp, {52}}}).empty());
  CHECK(refusal({{codec, {1}}, {cq, {60}}}) == "cq of H.264 and HEVC goes up to 51, not 60");
  CHECK(refusal({{codec, {2}}, {slice_mode, {3}}, {slice_data, {4}}}) ==
        "AV1 has no slice.mode; leave it out, or encode H.264 or HEVC");
  CHECK(refusal({{max_width, {1280}}}) ==
        "Pictures of 1920 x 1080 are larger than maxWidth and maxHeight, 1280 x 1080");
}

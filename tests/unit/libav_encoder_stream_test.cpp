#include "libav_encoder_streams.h"

using namespace streams;

// Each parameter's effect, read from the stream by libav's trace_headers filter and decoders.
namespace {

constexpr VideoCodec kNalCodecs[] = {VideoCodec::h264, VideoCodec::hevc};

std::string name_of(VideoCodec codec) {
  return std::string(codec_name(codec));
}

std::string reason_of(const Made& made) {
  const EncoderSupport support = libav::backend().encoder_support(options_of(made));
  CHECK(!support.is_supported);
  return support.reason;
}

// How many units of a type the pictures have; types as in H.264, HEVC and AV1.
size_t units(VideoCodec codec, const Pictures& pictures, int64_t type) {
  if (codec == VideoCodec::av1) {
    return static_cast<size_t>(
        std::ranges::count(values_of(trace(codec, pictures), "obu_type"), type));
  }
  size_t count = 0;
  for (const auto& [data, number, kind, is_key] : pictures) {
    for (size_t at = 0; at + 3 < data.size(); ++at) {
      if (data[at] != 0 || data[at + 1] != 0 || data[at + 2] != 1) continue;
      count += (codec == VideoCodec::h264 ? data[at + 3] & 31 : data[at + 3] >> 1 & 63) == type;
    }
  }
  return count;
}

int64_t sps_type(VideoCodec codec) {
  constexpr int64_t kTypes[] = {7, 33, 1};
  return kTypes[static_cast<size_t>(codec)];
}

int64_t number(EncoderTuning tuning) {
  return static_cast<int64_t>(tuning);
}

// "4.1" and the like.
int64_t choice(P parameter, std::string_view name) {
  const std::string_view all = encoder_parameter(parameter).choices;
  int64_t index = 0;
  for (size_t at = 0; at < all.size(); ++index) {
    const size_t end = std::min(all.find('|', at), all.size());
    if (all.substr(at, end - at) == name) return index;
    at = end + 1;
  }
  FAIL("no such choice");
  return -1;
}

size_t types_of(const Pictures& pictures, PictureType type) {
  return static_cast<size_t>(std::ranges::count(pictures, type, &EncodedPicture::type));
}

}  // namespace

TEST_CASE("key pictures come every gop pictures, or never again") {
  for (const VideoCodec codec : kCodecs) {
    INFO(name_of(codec));
    CHECK(keys_of(encode({.codec = codec, .settings = {{P::gop, {12}}}}, 30)) ==
          std::vector<uint64_t>{0, 12, 24});
    const Settings endless = {{P::tuning_info, {number(EncoderTuning::low_latency)}}};
    CHECK(keys_of(encode({.codec = codec, .settings = endless}, 270)).size() == 1);
    const Made all{.codec = codec, .settings = {{P::gop, {1}}}};
    if (libav::backend().encoder_support(options_of(all)).is_supported) {
      CHECK(keys_of(encode(all, 4)).size() == 4);
    } else {
      CHECK(has(reason_of(all), "no streams of key pictures alone"));
    }
  }
}

TEST_CASE("IDR pictures come every idrPeriod pictures") {
  for (const VideoCodec codec : kNalCodecs) {
    INFO(name_of(codec));
    const Settings shorter = {{P::gop, {24}}, {P::idr_period, {8}}, {P::b_frames, {0}}};
    CHECK(keys_of(encode({.codec = codec, .settings = shorter}, 20)) ==
          std::vector<uint64_t>{0, 8, 16});
    const Settings longer = {{P::gop, {8}}, {P::idr_period, {16}}, {P::b_frames, {2}}};
    const auto pictures = encode({.codec = codec, .settings = longer}, 40);
    size_t idr = 0;
    for (const EncodedPicture& one : pictures) {
      const bool is_idr = codec == VideoCodec::h264
                              ? units(codec, {one}, 5) > 0
                              : units(codec, {one}, 19) + units(codec, {one}, 20) > 0;
      if (!is_idr) continue;
      ++idr;
      CHECK(one.number % 16 == 0);
    }
    CHECK(idr == 3);
    CHECK(keys_of(pictures).size() >= 4);
    CHECK(decode(codec, pictures).frames.size() == 40);
  }
}

TEST_CASE("an IDR picture comes where it is forced, with what that needs") {
  for (const VideoCodec codec : kCodecs) {
    INFO(name_of(codec));
    const auto pictures = encode({.codec = codec}, 20, [](EncoderInput& input) {
      input.forces_idr = input.wants_headers = input.number == 7;
      input.forces_intra = input.number == 13;
    });
    const auto keys = keys_of(pictures);
    CHECK(std::ranges::count(keys, uint64_t{7}) == 1);
    const auto intra = std::ranges::find(pictures, uint64_t{13}, &EncodedPicture::number);
    CHECK(intra->type == PictureType::i);
    const auto from = std::ranges::find(pictures, uint64_t{7}, &EncodedPicture::number);
    CHECK(from->type == PictureType::i);
    if (codec == VideoCodec::h264) CHECK(units(codec, {*from}, 5) == 1);
    if (codec == VideoCodec::hevc) {
      CHECK(units(codec, {*from}, 19) + units(codec, {*from}, 20) == 1);
    }
    // Nothing behind it needs what was before.
    Pictures rest(from, pictures.end());
    std::erase_if(rest, [](const EncodedPicture& one) { return one.number < 7; });
    CHECK(psnr(decode(codec, pictures).frames) > 35);
    CHECK(rest.size() == 13);
    CHECK(decode(codec, rest).frames.size() == 13);
  }
}

TEST_CASE("bf says how many B pictures there are between others") {
  for (const VideoCodec codec : kNalCodecs) {
    for (const int64_t count : {0, 2, 4}) {
      INFO(name_of(codec), " ", count);
      const Made made{
          .codec = codec,
          .settings = {{P::b_frames, {count}}, {P::preset, {3}}},
          .native = codec == VideoCodec::h264
                        ? std::vector<std::pair<std::string, std::string>>{{"b_strategy", "0"}}
                        : std::vector<std::pair<std::string, std::string>>{{"b-adapt", "0"}}};
      const auto pictures = encode(made, 31);
      const size_t others = 31 - types_of(pictures, PictureType::b);
      CHECK(others == (count == 0 ? 31 : count == 2 ? 11 : 7));
      CHECK(decode(codec, pictures).frames.size() == 31);
    }
  }
  const Settings vbr = {{P::rc, {1}}, {P::b_frames, {7}}};
  CHECK(psnr(decode(VideoCodec::av1, encode({.codec = VideoCodec::av1, .settings = vbr}, 20))
                 .frames) > 35);
}

TEST_CASE("headers come first, with each IDR picture if they repeat, and where they are wanted") {
  for (const VideoCodec codec : kCodecs) {
    INFO(name_of(codec));
    const auto wants = [](EncoderInput& input) { input.wants_headers = input.number == 5; };
    const Made once{.codec = codec, .settings = {{P::gop, {8}}}};
    Made each = once;
    each.settings.push_back({P::repeat_sps_pps, {1}});
    const auto pictures = encode(once, 24, wants);
    CHECK(units(codec, pictures, sps_type(codec)) == 2);
    CHECK(units(codec, {pictures[0]}, sps_type(codec)) == 1);
    const auto wanted = std::ranges::find(pictures, uint64_t{5}, &EncodedPicture::number);
    CHECK(units(codec, {pictures[0], *wanted}, sps_type(codec)) == 2);
    CHECK(decode(codec, pictures).frames.size() == 24);
    const auto repeated = encode(each, 24);
    CHECK(units(codec, repeated, sps_type(codec)) == 3);
    for (const EncodedPicture& one : repeated) {
      if (one.is_key) CHECK(decode(codec, {one}).frames.size() == 1);
    }
  }
}

TEST_CASE("sequence_params() are the headers that are in the stream") {
  for (const VideoCodec codec : kCodecs) {
    INFO(name_of(codec));
    const Made made{.codec = codec};
    const auto encoder = open(made);
    Pictures pictures;
    if (codec != VideoCodec::av1) CHECK(!encoder->sequence_params().empty());
    feed(*encoder, made, 0, 3, pictures);
    encoder->send_end();
    receive_all(*encoder, pictures);
    const Data headers = encoder->sequence_params();
    REQUIRE(!headers.empty());
    const Data& first = pictures[0].data;
    CHECK(std::search(first.begin(), first.end(), headers.begin(), headers.end()) != first.end());
    // The delimiter is AV1's alone.
    CHECK((first[0] == 0x12) == (codec == VideoCodec::av1));
  }
}

TEST_CASE("the stream says which colours it has") {
  for (const VideoCodec codec : kCodecs) {
    INFO(name_of(codec));
    const Color color{.primaries = 9, .transfer = 16, .matrix = 9, .full_range = true};
    const auto frames = decode(codec, encode({.codec = codec, .color = color}, 2)).frames;
    CHECK(frames[0]->color_primaries == AVCOL_PRI_BT2020);
    CHECK(frames[0]->color_trc == AVCOL_TRC_SMPTE2084);
    CHECK(frames[0]->colorspace == AVCOL_SPC_BT2020_NCL);
    CHECK(frames[0]->color_range == AVCOL_RANGE_JPEG);
    const auto plain = decode(codec, encode({.codec = codec}, 2)).frames;
    CHECK(plain[0]->color_primaries == AVCOL_PRI_UNSPECIFIED);
    CHECK(plain[0]->colorspace == AVCOL_SPC_UNSPECIFIED);
  }
}

TEST_CASE("the stream's clock is that of fps, or as timingInfo says") {
  for (const VideoCodec codec : kNalCodecs) {
    INFO(name_of(codec));
    const bool is_h264 = codec == VideoCodec::h264;
    const char* units_name = is_h264 ? "num_units_in_tick" : "vui_num_units_in_tick";
    const char* scale_name = is_h264 ? "time_scale" : "vui_time_scale";
    const Settings fps = {{P::fps, {30000, 1001}}};
    const std::string plain = trace(codec, encode({.codec = codec, .settings = fps}, 2));
    CHECK(value_of(plain, units_name) == 1001);
    CHECK(value_of(plain, scale_name) == (is_h264 ? 60000 : 30000));
    Settings timed = fps;
    timed.push_back({P::num_units_in_tick, {7}});
    timed.push_back({P::timescale, {90001}});
    const Made made{.codec = codec, .settings = timed};
    const std::string said = trace(codec, encode(made, 2));
    CHECK(value_of(said, units_name) == 7);
    CHECK(value_of(said, scale_name) == 90001);
    CHECK(decode(codec, encode(made, 4)).frames.size() == 4);
  }
}

TEST_CASE("slices are as many as slice.mode and slice.data say") {
  // 12 x 7 macroblocks.
  const auto slices = [](VideoCodec codec, int64_t mode, int64_t data) {
    const Settings settings = {{P::slice_mode, {mode}}, {P::slice_data, {data}}, {P::gop, {1}}};
    const auto pictures = encode({.codec = codec, .settings = settings}, 2);
    CHECK(decode(codec, pictures).frames.size() == 2);
    return codec == VideoCodec::h264
               ? units(codec, {pictures[1]}, 5)
               : units(codec, {pictures[1]}, 19) + units(codec, {pictures[1]}, 20);
  };
  CHECK(slices(VideoCodec::h264, 0, 0) == 1);
  CHECK(slices(VideoCodec::h264, 0, 21) == 4);
  CHECK(slices(VideoCodec::h264, 1, 400) > 5);
  CHECK(slices(VideoCodec::h264, 2, 2) == 4);
  CHECK(slices(VideoCodec::h264, 3, 5) == 5);
  CHECK(has(reason_of({.settings = {{P::slice_mode, {3}}, {P::slice_data, {8}}}}), "7 rows"));
  CHECK(has(reason_of({.codec = VideoCodec::hevc,
                       .settings = {{P::slice_mode, {1}}, {P::slice_data, {400}}}}),
            "slice.mode 2 or 3"));
  CHECK(slices(VideoCodec::hevc, 3, 0) == 1);
}

TEST_CASE("large HEVC pictures are cut into slices, too") {
  for (const auto& [mode, data] : {std::pair<int64_t, int64_t>{3, 2}, {2, 24}}) {
    const Settings settings = {{P::slice_mode, {mode}}, {P::slice_data, {data}}, {P::gop, {1}}};
    const auto pictures =
        encode({.codec = VideoCodec::hevc, .width = 256, .height = 768, .settings = settings}, 1);
    CHECK(units(VideoCodec::hevc, pictures, 19) + units(VideoCodec::hevc, pictures, 20) == 2);
    CHECK(decode(VideoCodec::hevc, pictures).frames.size() == 1);
  }
}

TEST_CASE("low latency: each picture comes at once") {
  for (const VideoCodec codec : kNalCodecs) {
    for (const EncoderTuning tuning :
         {EncoderTuning::low_latency, EncoderTuning::ultra_low_latency}) {
      for (const uint32_t threads : {1u, 3u}) {
        INFO(name_of(codec), " ", threads);
        const Made made{
            .codec = codec, .settings = {{P::tuning_info, {number(tuning)}}}, .threads = threads};
        const auto encoder = open(made);
        CHECK(encoder->reorder_depth() == 0);
        Pictures pictures;
        for (uint64_t i = 0; i < 5; ++i) {
          feed(*encoder, made, i, i + 1, pictures);
          CHECK(pictures.size() == i + 1);
        }
      }
    }
  }
}

TEST_CASE("profile and level are what the stream says") {
  struct Case {
    VideoCodec codec;
    Format format;
    const char* name;
    int64_t idc;
  };
  const Case cases[] = {
      {VideoCodec::h264, Format::nv12, "baseline", 66},
      {VideoCodec::h264, Format::nv12, "main", 77},
      {VideoCodec::h264, Format::nv12, "high", 100},
      {VideoCodec::h264, Format::p010, "high10", 110},
      {VideoCodec::h264, Format::nv16, "high422", 122},
      {VideoCodec::h264, Format::yuv444, "high444", 244},
      {VideoCodec::hevc, Format::nv12, "main", 1},
      {VideoCodec::hevc, Format::p010, "main10", 2},
      {VideoCodec::hevc, Format::yuv444, "main444", 4},
      {VideoCodec::hevc, Format::p210, "main422_10", 4},
      {VideoCodec::hevc, Format::yuv444_16, "rext", 4},
      {VideoCodec::av1, Format::nv12, "main", 0},
  };
  for (const Case& one : cases) {
    INFO(name_of(one.codec), " ", one.name);
    const Settings settings = {{P::profile, {choice(P::profile, one.name)}}};
    const std::string text = trace(
        one.codec, encode({.codec = one.codec, .format = one.format, .settings = settings}, 2));
    const char* element = one.codec == VideoCodec::h264   ? "profile_idc"
                          : one.codec == VideoCodec::hevc ? "general_profile_idc"
                                                          : "seq_profile";
    CHECK(value_of(text, element) == one.idc);
  }
  CHECK(has(
      reason_of({.format = Format::nv16, .settings = {{P::profile, {choice(P::profile, "main")}}}}),
      "profile \"main\" is not that of such H.264 streams; leave profile out, or say "
      "\"high422\""));
  CHECK(has(reason_of({.codec = VideoCodec::hevc,
                       .format = Format::p010,
                       .settings = {{P::profile, {choice(P::profile, "main")}}}}),
            "main10"));
  CHECK(has(reason_of({.codec = VideoCodec::av1,
                       .settings = {{P::profile, {choice(P::profile, "high")}}}}),
            "profile \"high\""));
}

TEST_CASE("level and tier are what the stream says") {
  const auto settings = [](const char* level, int64_t tier) {
    return Settings{{P::level, {choice(P::level, level)}}, {P::tier, {tier}}};
  };
  CHECK(value_of(trace(VideoCodec::h264, encode({.settings = settings("4.1", 0)}, 1)),
                 "level_idc") == 41);
  const std::string hevc = trace(
      VideoCodec::hevc, encode({.codec = VideoCodec::hevc, .settings = settings("5.1", 1)}, 1));
  CHECK(value_of(hevc, "general_level_idc") == 153);
  CHECK(value_of(hevc, "general_tier_flag") == 1);
  const std::string av1 =
      trace(VideoCodec::av1, encode({.codec = VideoCodec::av1, .settings = settings("4.1", 0)}, 1));
  CHECK(value_of(av1, "seq_level_idx[0]") == 9);
  CHECK(has(reason_of({.settings = settings("2.3", 0)}), "level \"2.3\" is none of H.264's"));
  CHECK(has(reason_of({.settings = settings("4", 1)}), "H.264 has no tiers"));
  CHECK(has(reason_of({.codec = VideoCodec::hevc, .settings = settings("3", 1)}), "tier"));
}

TEST_CASE("references are as many as numRefL0 says") {
  const auto refs = [](VideoCodec codec, int64_t count) {
    const Settings settings = {{P::num_ref_l0, {count}}, {P::b_frames, {0}}, {P::preset, {3}}};
    return trace(codec, encode({.codec = codec, .settings = settings}, 3));
  };
  CHECK(value_of(refs(VideoCodec::h264, 4), "max_num_ref_frames") == 4);
  CHECK(value_of(refs(VideoCodec::hevc, 4), "sps_max_dec_pic_buffering_minus1[0]") == 4);
  for (const VideoCodec codec : kCodecs) {
    CHECK(has(reason_of({.codec = codec, .settings = {{P::num_ref_l1, {2}}}}),
              "Only NVENC has numRefL1"));
    CHECK(has(reason_of({.codec = codec, .settings = {{P::init_qp, {20}}}}),
              "Only NVENC has initQp"));
    CHECK(has(reason_of({.codec = codec, .settings = {{P::low_delay_key_frame_scale, {2}}}}),
              "Only NVENC has ldkfs"));
  }
}

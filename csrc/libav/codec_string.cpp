#include "libav/codec_string.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <span>
#include <vector>

#include "libav/header_units.h"

namespace cuf::libav {
namespace {

using View = std::span<const uint8_t>;

template <typename... Values>
std::string format(const char* pattern, Values... values) {
  char text[128];
  std::snprintf(text, sizeof(text), pattern, values...);
  return text;
}

View extradata_of(const AVCodecParameters& stored) {
  return {stored.extradata, static_cast<size_t>(std::max(stored.extradata_size, 0))};
}

// The bytes behind the start code of the first unit of this type, emulation prevention bytes
// removed.
std::vector<uint8_t> find_unit(AVCodecID codec, View data, int type) {
  const HeaderSyntax* syntax = header_syntax(codec);
  for (const HeaderUnit& unit : scan_headers(*syntax, data)) {
    if (unit.type != type) continue;
    size_t at = unit.begin;
    while (at < unit.end && data[at] == 0) ++at;
    std::vector<uint8_t> bytes;
    int zeros = 0;
    for (++at; at < unit.end; ++at) {
      if (zeros >= 2 && data[at] == 3) {
        zeros = 0;
        continue;
      }
      zeros = data[at] == 0 ? zeros + 1 : 0;
      bytes.push_back(data[at]);
    }
    return bytes;
  }
  return {};
}

// RFC 6381 and ISO/IEC 14496-15: avc1.PPCCLL.
std::string avc_string(const AVCodecParameters& stored) {
  const View data = extradata_of(stored);
  if (data.size() >= 4 && data[0] == 1) {
    return format("avc1.%02x%02x%02x", data[1], data[2], data[3]);
  }
  const auto sps = find_unit(stored.codec_id, data, 7);
  if (sps.size() >= 4) return format("avc1.%02x%02x%02x", sps[1], sps[2], sps[3]);
  return format("avc1.%02x00%02x", stored.profile < 0 ? 0 : stored.profile & 0xff,
                stored.level < 0 ? 0 : stored.level & 0xff);
}

// ISO/IEC 14496-15 annex E. ptl: general profile, tier and level as in hvcC bytes 1 to 12.
std::string hevc_string(const AVCodecParameters& stored) {
  const View data = extradata_of(stored);
  std::vector<uint8_t> ptl;
  bool is_hvcc = data.size() >= 23 && (data[0] == 1 || data[2] > 1);
  if (is_hvcc) {
    ptl.assign(data.begin() + 1, data.begin() + 13);
  } else {
    const auto sps = find_unit(stored.codec_id, data, 33);
    if (sps.size() >= 15) ptl.assign(sps.begin() + 3, sps.begin() + 15);
  }
  const bool is_hev1 = !is_hvcc || stored.codec_tag == MKTAG('h', 'e', 'v', '1');
  const std::string entry = is_hev1 ? "hev1" : "hvc1";
  if (ptl.empty()) {
    return entry + format(".%d.0.L%d", std::max(stored.profile, 0), std::max(stored.level, 0));
  }
  uint32_t compatibility = 0;
  for (int bit = 0; bit < 32; ++bit) {
    if (ptl[1 + bit / 8] & (0x80 >> bit % 8)) compatibility |= 1u << bit;
  }
  const char spaces[4][2] = {"", "A", "B", "C"};
  std::string text = entry + format(".%s%d.%X.%c%d", spaces[ptl[0] >> 6], ptl[0] & 31,
                                    compatibility, ptl[0] & 0x20 ? 'H' : 'L', ptl[11]);
  size_t last = 11;
  while (last > 5 && ptl[last - 1] == 0) --last;
  for (size_t i = 5; i < last; ++i) text += format(".%X", ptl[i]);
  return text;
}

int bit_depth_of(const AVCodecParameters& stored) {
  const AVPixFmtDescriptor* desc = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(stored.format));
  return desc ? desc->comp[0].depth : 8;
}

// AV1 codec ISO media file format binding, section 5.
std::string av1_string(const AVCodecParameters& stored) {
  const View data = extradata_of(stored);
  int profile = std::max(stored.profile, 0);
  int level = std::max(stored.level, 0);
  char tier = 'M';
  if (data.size() >= 4 && (data[0] & 0x80)) {
    profile = data[1] >> 5;
    level = data[1] & 31;
    if (data[2] & 0x80) tier = 'H';
  }
  return format("av01.%d.%02d%c.%02d", profile, level, tier, bit_depth_of(stored));
}

// "Levels" of the VP9 codec ISO media file format binding: most luma samples a second and a
// picture.
int vp9_level(const AVCodecParameters& stored, AVRational frame_rate) {
  struct Level {
    int number;
    int64_t samples_per_second;
    int64_t samples;
  };
  static constexpr Level levels[] = {
      {10, 829440, 36864},        {11, 2764800, 73728},       {20, 4608000, 122880},
      {21, 9216000, 245760},      {30, 20736000, 552960},     {31, 36864000, 983040},
      {40, 83558400, 2228224},    {41, 160432128, 2228224},   {50, 311951360, 8912896},
      {51, 588251136, 8912896},   {52, 1176502272, 8912896},  {60, 1176502272, 35651584},
      {61, 2353004544, 35651584}, {62, 4706009088, 35651584},
  };
  const int64_t samples = static_cast<int64_t>(stored.width) * stored.height;
  const double rate = frame_rate.num > 0 && frame_rate.den > 0 ? av_q2d(frame_rate) : 30.0;
  for (const Level& level : levels) {
    if (samples <= level.samples &&
        static_cast<double>(samples) * rate <= static_cast<double>(level.samples_per_second)) {
      return level.number;
    }
  }
  return 62;
}

}  // namespace

std::string codec_name(AVCodecID codec) {
  const AVCodecDescriptor* descriptor = avcodec_descriptor_get(codec);
  return descriptor ? descriptor->name : "none";
}

std::string codec_string(const AVCodecParameters& stored, AVRational frame_rate) {
  switch (stored.codec_id) {
    case AV_CODEC_ID_H264:
      return avc_string(stored);
    case AV_CODEC_ID_HEVC:
      return hevc_string(stored);
    case AV_CODEC_ID_AV1:
      return av1_string(stored);
    case AV_CODEC_ID_VP9:
      return format("vp09.%02d.%02d.%02d", std::max(stored.profile, 0),
                    stored.level > 0 ? stored.level : vp9_level(stored, frame_rate),
                    bit_depth_of(stored));
    default:
      return codec_name(stored.codec_id);
  }
}

}  // namespace cuf::libav

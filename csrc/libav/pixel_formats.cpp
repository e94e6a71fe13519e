#include "libav/pixel_formats.h"

#include <algorithm>
#include <string>

namespace cuf::libav {
namespace {

bool is_rgb(const AVPixFmtDescriptor& desc) {
  return (desc.flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BAYER)) ||
         std::string_view(desc.name).starts_with("xyz");
}

uint32_t depth_of(const AVPixFmtDescriptor& desc) {
  if (desc.flags & AV_PIX_FMT_FLAG_FLOAT) return 16;
  if (desc.flags & AV_PIX_FMT_FLAG_PAL) return 8;
  int depth = 0;
  for (int i = 0; i < std::min<int>(desc.nb_components, 3); ++i) {
    depth = std::max(depth, desc.comp[i].depth);
  }
  return static_cast<uint32_t>(depth);
}

// Planar formats of libav are named by family and depth: yuv420p, yuv420p10le.
AVPixelFormat planar(const std::string& family, uint32_t depth) {
  if (depth <= 8) return av_get_pix_fmt(family.c_str());
  for (const uint32_t candidate : {9u, 10u, 12u, 14u, 16u}) {
    if (candidate < depth) continue;
    const auto found = av_get_pix_fmt((family + std::to_string(candidate) + "le").c_str());
    if (found != AV_PIX_FMT_NONE) return found;
  }
  return av_get_pix_fmt((family + "16le").c_str());
}

struct Family {
  std::string_view prefix;
  Format narrow;
  Format wide;
};

// Longest first. An alpha plane comes last and is not looked at.
constexpr Family kFamilies[] = {
    {"yuva420p", Format::i420, Format::i420p16}, {"yuva422p", Format::i422, Format::i422p16},
    {"yuva444p", Format::i444, Format::i444p16}, {"yuvj420p", Format::i420, Format::i420p16},
    {"yuvj422p", Format::i422, Format::i422p16}, {"yuvj444p", Format::i444, Format::i444p16},
    {"yuv420p", Format::i420, Format::i420p16},  {"yuv422p", Format::i422, Format::i422p16},
    {"yuv444p", Format::i444, Format::i444p16},  {"gbrap", Format::gbrp, Format::gbrp16},
    {"gbrp", Format::gbrp, Format::gbrp16},      {"gray", Format::gray8, Format::gray16},
    {"nv12", Format::nv12, Format::unknown},     {"nv16", Format::nv16, Format::unknown},
    {"p010", Format::unknown, Format::p010},     {"p012", Format::unknown, Format::p016},
    {"p016", Format::unknown, Format::p016},     {"p210", Format::unknown, Format::p210},
    {"p212", Format::unknown, Format::p216},     {"p216", Format::unknown, Format::p216},
};

// libav's P01x and P21x have the sample in the upper bits, the planar formats in the lower ones.
bool is_msb_family(Format format) {
  return format == Format::p010 || format == Format::p016 || format == Format::p210 ||
         format == Format::p216;
}

bool is_usable(const AVPixFmtDescriptor& desc, Format format) {
  if (desc.flags & (AV_PIX_FMT_FLAG_BE | AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_HWACCEL)) {
    return false;
  }
  // yuv444p10msb and gbrp10msb
  return is_msb_family(format) || desc.comp[0].shift == 0;
}

}  // namespace

PixelFormat to_pixel_format(AVPixelFormat format) {
  const AVPixFmtDescriptor* desc = av_pix_fmt_desc_get(format);
  if (!desc) return {};
  const std::string_view name = desc->name;
  const uint32_t depth = depth_of(*desc);
  for (const Family& family : kFamilies) {
    if (!name.starts_with(family.prefix)) continue;
    const Format known = depth > 8 ? family.wide : family.narrow;
    return {is_usable(*desc, known) ? known : Format::unknown, depth};
  }
  return {Format::unknown, depth};
}

AVPixelFormat nearest_format(AVPixelFormat format) {
  const AVPixFmtDescriptor* desc = av_pix_fmt_desc_get(format);
  if (!desc) return AV_PIX_FMT_NONE;
  const uint32_t depth = depth_of(*desc);
  if (is_rgb(*desc)) return planar("gbrp", depth);
  if (desc->nb_components < 3) return planar("gray", depth);
  if (desc->log2_chroma_w == 0) return planar("yuv444p", depth);
  return planar(desc->log2_chroma_h == 0 ? "yuv422p" : "yuv420p", depth);
}

AVPixelFormat intermediate_format(AVPixelFormat format) {
  const AVPixFmtDescriptor* desc = av_pix_fmt_desc_get(format);
  if (!desc || !(desc->flags & AV_PIX_FMT_FLAG_RGB)) return AV_PIX_FMT_NONE;
  return depth_of(*desc) < 8 ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_NONE;
}

ChromaFormat chroma_of(AVPixelFormat format) {
  const AVPixFmtDescriptor* desc = av_pix_fmt_desc_get(format);
  if (!desc) return ChromaFormat::unknown;
  if (is_rgb(*desc)) return ChromaFormat::c444;
  if (desc->nb_components < 3) return ChromaFormat::c400;
  if (desc->log2_chroma_w == 0 && desc->log2_chroma_h == 0) return ChromaFormat::c444;
  if (desc->log2_chroma_w == 1 && desc->log2_chroma_h == 0) return ChromaFormat::c422;
  if (desc->log2_chroma_w == 1 && desc->log2_chroma_h == 1) return ChromaFormat::c420;
  return ChromaFormat::other;
}

uint32_t bit_depth_of(AVPixelFormat format) {
  const AVPixFmtDescriptor* desc = av_pix_fmt_desc_get(format);
  return desc ? depth_of(*desc) : 0;
}

bool is_full_range_format(AVPixelFormat format) {
  const AVPixFmtDescriptor* desc = av_pix_fmt_desc_get(format);
  return desc && (is_rgb(*desc) || std::string_view(desc->name).starts_with("yuvj"));
}

bool is_rgb_format(AVPixelFormat format) {
  const AVPixFmtDescriptor* desc = av_pix_fmt_desc_get(format);
  return desc && is_rgb(*desc);
}

}  // namespace cuf::libav

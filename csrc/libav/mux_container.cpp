#include "libav/mux_container.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/error.h"
#include "libav/codec_string.h"

namespace cuf::libav {
namespace {

using Family = MuxContainer::Family;

constexpr std::array kContainers = {
    MuxContainer{"mp4", "mp4", " mp4 m4v m4s m4a ", Family::mp4, true},
    MuxContainer{"mov", "mov", " mov qt ", Family::mp4, true},
    MuxContainer{"mkv", "matroska", " mkv mka ", Family::matroska},
    MuxContainer{"webm", "webm", " webm ", Family::matroska},
    MuxContainer{"ts", "mpegts", " ts mts m2ts ", Family::ts},
    MuxContainer{"avi", "avi", " avi ", Family::avi, true},
    MuxContainer{"h264", "h264", " h264 264 avc ", Family::elementary},
    MuxContainer{"hevc", "hevc", " hevc h265 265 ", Family::elementary},
    MuxContainer{"obu", "obu", " obu ", Family::elementary},
    MuxContainer{"ivf", "ivf", " ivf ", Family::elementary},
};

// What libav's muxer for transport streams has stream types for; it takes anything else as private
// data, which nothing plays.
constexpr std::array kTsCodecs = {
    AV_CODEC_ID_H264,
    AV_CODEC_ID_HEVC,
    AV_CODEC_ID_MPEG1VIDEO,
    AV_CODEC_ID_MPEG2VIDEO,
    AV_CODEC_ID_MPEG4,
    AV_CODEC_ID_AAC,
    AV_CODEC_ID_AAC_LATM,
    AV_CODEC_ID_MP2,
    AV_CODEC_ID_MP3,
    AV_CODEC_ID_AC3,
    AV_CODEC_ID_EAC3,
    AV_CODEC_ID_DTS,
    AV_CODEC_ID_TRUEHD,
    AV_CODEC_ID_OPUS,
    AV_CODEC_ID_DVB_SUBTITLE,
    AV_CODEC_ID_DVB_TELETEXT,
    AV_CODEC_ID_HDMV_PGS_SUBTITLE,
};

// Muxers of libav have tags for these, and refuse them when the file is begun.
constexpr std::array kNotInMov = {AV_CODEC_ID_VP8,  AV_CODEC_ID_VP9,  AV_CODEC_ID_AV1,
                                  AV_CODEC_ID_OPUS, AV_CODEC_ID_FLAC, AV_CODEC_ID_TRUEHD};

constexpr std::array kUsualCodecs = {
    AV_CODEC_ID_H264,     AV_CODEC_ID_HEVC,       AV_CODEC_ID_AV1,    AV_CODEC_ID_VP8,
    AV_CODEC_ID_VP9,      AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG4,  AV_CODEC_ID_MJPEG,
    AV_CODEC_ID_PRORES,   AV_CODEC_ID_FFV1,       AV_CODEC_ID_AAC,    AV_CODEC_ID_MP3,
    AV_CODEC_ID_OPUS,     AV_CODEC_ID_VORBIS,     AV_CODEC_ID_FLAC,   AV_CODEC_ID_AC3,
    AV_CODEC_ID_EAC3,     AV_CODEC_ID_PCM_S16LE,  AV_CODEC_ID_SUBRIP, AV_CODEC_ID_ASS,
    AV_CODEC_ID_MOV_TEXT, AV_CODEC_ID_WEBVTT,
};

std::string names_of_containers() {
  std::string names;
  for (const MuxContainer& container : kContainers) {
    names += (names.empty() ? "" : ", ") + std::string(container.name);
  }
  return names;
}

std::string lower_extension(const std::string& path) {
  const size_t dot = path.rfind('.');
  const size_t slash = path.rfind('/');
  if (dot == std::string::npos || (slash != std::string::npos && slash > dot)) return {};
  std::string extension = path.substr(dot + 1);
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char letter) { return std::tolower(letter); });
  return extension;
}

// Behind "a, b, c": a codec of a kind, as "vp8 video".
std::string kind_of(AVCodecID codec) {
  const char* kind = av_get_media_type_string(avcodec_get_type(codec));
  return codec_name(codec) + (kind ? " " + std::string(kind) : "");
}

}  // namespace

const MuxContainer& choose_mux_container(const std::string& name, const std::string& path) {
  if (!name.empty()) {
    for (const MuxContainer& container : kContainers) {
      if (container.name == name) return container;
    }
    throw Error(Status::unsupported,
                "There is no container \"" + name + "\"; there are " + names_of_containers());
  }
  const std::string extension = lower_extension(path);
  for (const MuxContainer& container : kContainers) {
    const bool fits = container.extensions.find(" " + extension + " ") != std::string_view::npos;
    if (!extension.empty() && fits) return container;
  }
  throw Error(Status::unsupported, (path.empty() ? "A sink" : path) +
                                       " does not tell its container by its name; give one as "
                                       "container: " +
                                       names_of_containers());
}

const AVOutputFormat& output_format(const MuxContainer& container) {
  const AVOutputFormat* format = av_guess_format(container.muxer, nullptr, nullptr);
  if (!format) {
    throw Error(Status::unsupported,
                "This libavformat cannot write " + std::string(container.name));
  }
  return *format;
}

bool takes_codec(const MuxContainer& container, AVCodecID codec) {
  const AVOutputFormat& format = output_format(container);
  if (container.family == Family::ts) {
    return std::ranges::find(kTsCodecs, codec) != kTsCodecs.end();
  }
  if (container.name == "h264" || container.name == "hevc" || container.name == "obu") {
    return codec == (container.name == "obu" ? AV_CODEC_ID_AV1 : format.video_codec);
  }
  if (container.name == "ivf") {
    return codec == AV_CODEC_ID_AV1 || codec == AV_CODEC_ID_VP8 || codec == AV_CODEC_ID_VP9;
  }
  if (container.name == "mov" && std::ranges::find(kNotInMov, codec) != kNotInMov.end()) {
    return false;
  }
  // It is written without what decoders need to find its frames.
  if (container.name == "avi" && codec == AV_CODEC_ID_FLAC) return false;
  // Matroska takes what it has no name for by the tags of AVI, which libav calls experimental.
  return avformat_query_codec(&format, codec, FF_COMPLIANCE_EXPERIMENTAL) == 1;
}

void require_codec(const MuxContainer& container, AVCodecID codec) {
  if (codec != AV_CODEC_ID_NONE && takes_codec(container, codec)) return;
  std::string others;
  for (const MuxContainer& other : kContainers) {
    if (codec == AV_CODEC_ID_NONE || !takes_codec(other, codec)) continue;
    others += (others.empty() ? "" : ", ") + std::string(other.name);
  }
  std::string taken;
  for (const AVCodecID usual : kUsualCodecs) {
    if (takes_codec(container, usual)) taken += (taken.empty() ? "" : ", ") + codec_name(usual);
  }
  throw Error(Status::unsupported, std::string(container.name) + " takes no " + kind_of(codec) +
                                       (others.empty() ? "" : "; these do: " + others) + "; " +
                                       std::string(container.name) + " takes " + taken);
}

}  // namespace cuf::libav

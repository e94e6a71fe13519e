#include "libav/container_choice.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "libav/errors.h"

namespace cuf::libav {
namespace {

struct Refused {
  std::string_view name;
  const char* what;
};

// Demuxers whose input is a list of other inputs, or a program.
constexpr Refused kRefused[] = {
    {"hls", "an HLS playlist"},
    {"applehttp", "an HLS playlist"},
    {"dash", "a DASH manifest"},
    {"imf", "an IMF composition playlist"},
    {"concat", "a list of files to join"},
    {"sdp", "a session description (SDP)"},
    {"rtsp", "a network session (RTSP)"},
    {"rtp", "a network session (RTP)"},
    {"sap", "a network session (SAP)"},
    {"mpjpeg", "a network stream (multipart JPEG)"},
    {"webm_dash_manifest", "a DASH manifest"},
    {"image2", "a sequence of images"},
    {"vobsub", "a subtitle index"},
    {"avisynth", "an AviSynth script"},
    {"vapoursynth", "a VapourSynth script"},
    {"lavfi", "a filter graph"},
};

const AVInputFormat* probe(ByteIo& io, const std::string& file_name, const std::string& subject) {
  const AVInputFormat* format = nullptr;
  const int result =
      av_probe_input_buffer2(io.context(), &format, file_name.c_str(), nullptr, 0, 0);
  io.rethrow();
  if (io.bytes_read() == 0) throw Error(status_of_damage(), subject + " is empty (0 bytes)");
  if (result >= 0 && format) return format;
  const bool is_short = status_of_damage() == Status::out_of_memory;
  if (result == AVERROR(ENOMEM) || is_short) throw out_of_memory("probing " + subject);
  throw Error(Status::unsupported, subject + " is not in any media format that libavformat knows",
              result);
}

}  // namespace

std::string extension_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  const size_t dot = path.rfind('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return "";
  const std::string extension = path.substr(dot + 1);
  const bool is_plain = std::all_of(extension.begin(), extension.end(),
                                    [](unsigned char c) { return std::isalnum(c) != 0; });
  return is_plain && extension.size() <= 8 ? extension : "";
}

const AVInputFormat& choose_container(ByteIo& io, const std::string& subject,
                                      const std::string& extension) {
  const std::string file_name = extension.empty() ? "" : "media." + extension;
  const AVInputFormat* format = probe(io, file_name, subject);
  // The extension alone makes an image a sequence; by its bytes it is a film of one frame.
  if (format->name == std::string_view("image2")) format = probe(io, "", subject);
  const std::string_view names = format->name;
  for (const Refused& refused : kRefused) {
    if (names.substr(0, names.find(',')) != refused.name) continue;
    throw Error(Status::unsupported, subject + " is " + refused.what + " (" +
                                         std::string(refused.name) +
                                         "), which names other inputs; these are never opened, "
                                         "give the media file itself");
  }
  return *format;
}

}  // namespace cuf::libav

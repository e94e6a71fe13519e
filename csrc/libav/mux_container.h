#pragma once

#include <span>
#include <string>
#include <string_view>

#include "libav/compat.h"

namespace cuf::libav {

// A kind of file that is written.
struct MuxContainer {
  enum class Family { mp4, matroska, ts, avi, elementary };

  std::string_view name;
  const char* muxer;            // libav's name
  std::string_view extensions;  // between spaces
  Family family;
  bool needs_seeking = false;  // to go back and complete what was written first

  bool is_fragmentable() const { return family == Family::mp4; }
  bool holds_one_track() const { return family == Family::elementary; }
  // Codec headers stand at the front of the file, so they must be known then.
  bool keeps_headers() const { return family == Family::mp4 || family == Family::matroska; }
};

// By its name, or, if that is empty, by the extension of a path. Throws Error(unsupported) with
// what there is.
const MuxContainer& choose_mux_container(const std::string& name, const std::string& path);

const AVOutputFormat& output_format(const MuxContainer& container);

bool takes_codec(const MuxContainer& container, AVCodecID codec);
// Throws Error(unsupported), with the containers that take it and codecs that this one takes.
void require_codec(const MuxContainer& container, AVCodecID codec);

}  // namespace cuf::libav

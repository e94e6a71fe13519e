#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/error.h"
#include "libav/backend.h"

extern "C" {
#include <libavutil/md5.h>
#include <libavutil/mem.h>
}

// Small clips made by the ffmpeg command, and the command's own word on their frames.
namespace clips {

class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "cuframe-libav-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline const Folder& folder() {
  static const Folder instance;
  return instance;
}

inline void run(const std::string& command) {
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

// 24 frames of a moving picture, large enough for several threads, through ffmpeg with these
// arguments; made once.
inline std::string make(const std::string& name, const std::string& arguments) {
  const std::string path = folder().file(name);
  if (!std::filesystem::exists(path)) {
    run("ffmpeg -v error -nostdin -y -f lavfi -i testsrc2=s=352x256:r=25:d=0.96 " + arguments +
        " '" + path + "' 2>/dev/null");
  }
  return path;
}

inline std::string write(const std::string& name, const std::string& bytes) {
  const std::string path = folder().file(name);
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

inline std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

struct Shown {
  int64_t pts;
  std::string md5;
  bool operator==(const Shown&) const = default;
};

// What ffmpeg -f framemd5 says; filter is for formats that cuframe converts.
inline std::vector<Shown> reference(const std::string& path, const std::string& filter) {
  const std::string out = folder().file("reference.md5");
  run("ffmpeg -v error -nostdin -y -noautorotate -copyts -i '" + path +
      "' -map 0:v:0 -vsync passthrough -enc_time_base -1 " +
      (filter.empty() ? "" : "-vf " + filter + " ") + "-f framemd5 '" + out + "'");
  std::vector<Shown> frames;
  std::ifstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::stringstream fields(line);
    std::string field[6];
    for (std::string& text : field) {
      std::getline(fields, text, ',');
      text.erase(0, text.find_first_not_of(' '));
    }
    frames.push_back({std::stoll(field[2]), field[5]});
  }
  return frames;
}

inline std::string md5(const cuf::Picture& picture) {
  AVMD5* state = av_md5_alloc();
  av_md5_init(state);
  for (uint32_t i = 0; i < picture.plane_count; ++i) {
    const cuf::Plane& plane = picture.planes[i];
    for (uint32_t row = 0; row < plane.rows; ++row) {
      av_md5_update(state, plane.data + plane.stride * row, plane.row_bytes);
    }
  }
  uint8_t digest[16];
  av_md5_final(state, digest);
  av_free(state);
  std::string text;
  for (const uint8_t byte : digest) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

struct Decoded {
  std::vector<Shown> frames;
  std::vector<cuf::Picture> pictures;
  std::vector<int64_t> error_times;  // µs
};

inline void receive_all(cuf::Decoder& decoder, Decoded& out) {
  for (;;) {
    cuf::Picture picture;
    try {
      if (!decoder.receive(picture)) return;
      out.frames.push_back({picture.pts, md5(picture)});
      out.pictures.push_back(picture);
    } catch (const cuf::Error& error) {
      CHECK(error.status == cuf::Status::corrupt_data);
      out.error_times.push_back(error.timestamp_us);
    }
  }
}

inline void decode_rest(cuf::Demuxer& demuxer, cuf::Decoder& decoder, bool is_bare, Decoded& out) {
  cuf::Packet packet;
  while (demuxer.read(packet)) {
    if (is_bare) packet.backend_stream.reset();
    try {
      decoder.send(packet);
    } catch (const cuf::Error& error) {
      CHECK(error.status == cuf::Status::corrupt_data);
      out.error_times.push_back(error.timestamp_us);
    }
    receive_all(decoder, out);
  }
  decoder.send_end();
  receive_all(decoder, out);
}

struct How {
  uint32_t threads = 1;
  bool keeps_container = false;
  bool is_bare = false;  // packets as they come through JavaScript
  cuf::OnError on_error = cuf::OnError::raise;
};

inline std::unique_ptr<cuf::Demuxer> open(const std::string& path, bool keeps_container = false,
                                          int stream_index = -1) {
  return cuf::libav::backend().open_demuxer({.path = path,
                                             .source = nullptr,
                                             .keeps_container_bitstream = keeps_container,
                                             .stream_index = stream_index});
}

inline Decoded decode(const std::string& path, const How& how) {
  const auto demuxer = open(path, how.keeps_container);
  cuf::DecoderOptions options;
  options.codec = demuxer->video().codec;
  options.threads = how.threads;
  options.on_error = how.on_error;
  if (how.keeps_container || how.is_bare) options.extradata = demuxer->video().extradata;
  options.width = demuxer->video().width;
  options.height = demuxer->video().height;
  const auto decoder = cuf::libav::backend().create_decoder(options);
  Decoded out;
  decode_rest(*demuxer, *decoder, how.is_bare, out);
  return out;
}

inline std::vector<cuf::Packet> packets(cuf::Demuxer& demuxer) {
  std::vector<cuf::Packet> out;
  for (cuf::Packet packet; demuxer.read(packet);) out.push_back(packet);
  return out;
}

template <typename Work>
cuf::Error error_of(Work work) {
  try {
    work();
  } catch (const cuf::Error& error) {
    return error;
  }
  FAIL("no error");
  return cuf::Error(cuf::Status::ok, "");
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace clips

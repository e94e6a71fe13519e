#include "streams_of_video.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>

namespace cufsim_test {

namespace {

std::string temporary(const std::string& ending) {
  static int count = 0;
  return "/tmp/cufsim_" + std::to_string(getpid()) + "_" + std::to_string(count++) + "." + ending;
}

void run(const std::string& command) {
  INFO(command);
  // NOLINTNEXTLINE: a test runs a command
  REQUIRE(std::system(command.c_str()) == 0);
}

Bytes contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

/** Sizes and places of packets, as ffprobe tells them. */
std::vector<std::pair<size_t, size_t>> packets_of(const std::string& path) {
  const std::string list = path + ".csv";
  run("ffprobe -v error -show_entries packet=pos,size -of csv=p=0 '" + path + "' > '" + list + "'");
  std::ifstream file(list);
  std::vector<std::pair<size_t, size_t>> packets;
  size_t size = 0;
  size_t at = 0;
  char comma = 0;
  while (file >> size >> comma >> at) packets.emplace_back(at, size);
  std::remove(list.c_str());
  return packets;
}

}  // namespace

std::vector<Bytes> encoded(const std::string& codec_arguments, const std::string& container,
                           const std::string& source, bool two_passes) {
  const std::string path = temporary(container);
  const std::string log = path + ".pass";
  const std::string encode = "SVT_LOG=error ffmpeg -v error -nostdin -y -f lavfi -i '" + source +
                             "' -pix_fmt yuv420p " + codec_arguments;
  const std::string passes = " -passlogfile '" + log + "' -pass ";
  if (two_passes) run(encode + passes + "1 -f null - 2>/dev/null");
  run(encode + (two_passes ? passes + "2" : "") + " '" + path + "' 2>/dev/null");
  std::remove((log + "-0.log").c_str());
  const Bytes all = contents(path);
  std::vector<Bytes> packets;
  const bool ivf = container == "ivf";
  for (const auto& [at, size] : packets_of(path)) {
    // ffprobe tells where the packet's header lies.
    const size_t begin = at + (ivf ? 12 : 0);
    packets.emplace_back(all.begin() + static_cast<ptrdiff_t>(begin),
                         all.begin() + static_cast<ptrdiff_t>(begin + size));
  }
  std::remove(path.c_str());
  REQUIRE(!packets.empty());
  return packets;
}

const std::vector<Bytes>& h264_ipp() {
  static const std::vector<Bytes> packets = encoded(
      "-c:v libx264 -preset veryfast -x264-params bframes=0:ref=1:keyint=15:scenecut=0", "h264");
  return packets;
}

const std::vector<Bytes>& h264_b() {
  static const std::vector<Bytes> packets = encoded(
      "-c:v libx264 -preset veryfast -x264-params "
      "bframes=3:b-adapt=0:b-pyramid=normal:ref=4:keyint=15:scenecut=0",
      "h264");
  return packets;
}

std::vector<Bytes> software_frames(const std::vector<Bytes>& packets, const std::string& format) {
  const std::string path = temporary("h264");
  {
    std::ofstream file(path, std::ios::binary);
    for (const Bytes& packet : packets) {
      file.write(reinterpret_cast<const char*>(packet.data()),
                 static_cast<std::streamsize>(packet.size()));
    }
  }
  const std::string raw = path + ".yuv";
  run("ffmpeg -v error -nostdin -y -i '" + path + "' -fps_mode passthrough -pix_fmt " + format +
      " -f rawvideo '" + raw + "'");
  const Bytes all = contents(raw);
  std::remove(path.c_str());
  std::remove(raw.c_str());
  constexpr size_t kFrame = 176 * 144 * 3 / 2;
  std::vector<Bytes> frames;
  for (size_t at = 0; at + kFrame <= all.size(); at += kFrame) {
    frames.emplace_back(all.begin() + static_cast<ptrdiff_t>(at),
                        all.begin() + static_cast<ptrdiff_t>(at + kFrame));
  }
  return frames;
}

}  // namespace cufsim_test

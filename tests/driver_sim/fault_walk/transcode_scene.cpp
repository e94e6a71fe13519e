#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "scenes.h"

namespace fault_walk {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kPresetRow = 1;  // of csrc/core/encoder_parameters.inc
// The least that NVENC takes; NVDEC scales to it.
constexpr uint32_t kWidth = 160;
constexpr uint32_t kHeight = 64;

const uint8_t* bytes_of(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

uint32_t open_transcoder(Caller& caller, const std::string& clip) {
  auto error = sized<CufError>();
  auto desc = sized<CufTranscoderDesc>();
  desc.width = kWidth;
  desc.height = kHeight;
  // Other than what NVDEC gives, so that kernels work, too.
  desc.has_format = 1;
  desc.format = CUF_ENCODER_FORMAT_YUV444;
  auto preset = sized<CufEncoderSetting>();
  preset.parameter = kPresetRow;
  preset.value_count = 1;
  const uint32_t ticket = caller.ticket();
  const int32_t begun = cuf_transcoder_open(caller.device(), &desc, bytes_of(clip),
                                            static_cast<uint32_t>(clip.size()), &preset, 1, nullptr,
                                            0, ticket, &error);
  return caller.made("opening a transcoder", ticket, begun, error);
}

Bytes contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A file is there, complete, if its step went well, and else nothing of that name. Behind a failure
// a new encoder works, whose key frames have other numbers: bytes are compared up to there.
void check_file(Caller& caller, const fs::path& path, bool is_complete) {
  const std::string name = path.filename();
  if (is_complete != fs::exists(path)) {
    complain(name + (is_complete ? " is missing" : " is there, though writing it failed"));
  }
  if (is_complete && caller.failures().empty()) caller.note(name, contents(path));
}

struct Span {
  uint32_t first;
  uint32_t count;
};

bool run(Caller& caller, uint32_t transcoder, const fs::path& path, const Span& span,
         bool is_appended) {
  auto error = sized<CufError>();
  auto desc = sized<CufTranscodeDesc>();
  desc.first_frame = span.first;
  desc.frame_count = span.count;
  desc.is_appended = is_appended;
  const auto muxer = sized<CufMuxerDesc>();
  const std::string name = path;
  const uint32_t ticket = caller.ticket();
  const int32_t begun =
      cuf_transcoder_run(transcoder, &desc, &muxer, bytes_of(name),
                         static_cast<uint32_t>(name.size()), nullptr, 0, ticket, &error);
  const auto done = caller.wait("transcoding", ticket, begun, error);
  if (!done) return false;
  auto result = sized<CufTranscodeResult>();
  if (cuf_transcoder_take(transcoder, ticket, &result) != CUF_OK || result.frames != span.count ||
      result.lost_frames != 0) {
    complain("transcoding went well, but its result does not say so");
  }
  return true;
}

// Segments one behind the other, of which one that fails takes the file with it.
void append(Caller& caller, uint32_t transcoder, const fs::path& path) {
  const bool are_in =
      run(caller, transcoder, path, {0, 1}, true) && run(caller, transcoder, path, {1, 2}, true);
  if (!are_in) return check_file(caller, path, false);
  const uint32_t ticket = caller.ticket();
  const int32_t begun = cuf_transcoder_finish(transcoder, ticket);
  const auto done = caller.wait("completing a file", ticket, begun, sized<CufError>());
  check_file(caller, path, done.has_value());
}

void check_nothing_else(const fs::path& folder) {
  const std::set<std::string> kNames = {"whole.mp4", "parts.mp4"};
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (!kNames.contains(name)) complain("left behind: the file " + name);
  }
}

}  // namespace

void transcode(Caller& caller, const Settings& settings) {
  caller.request_device(settings.backend);
  if (caller.device() == 0) return;
  const fs::path folder = settings.output;
  fs::remove_all(folder);
  fs::create_directories(folder);
  const uint32_t transcoder = open_transcoder(caller, settings.clip);
  if (transcoder == 0) return check_nothing_else(folder);
  auto info = sized<CufTranscoderInfo>();
  if (cuf_transcoder_info(transcoder, &info) != CUF_OK) complain("a transcoder is not described");
  const fs::path whole = folder / "whole.mp4";
  check_file(caller, whole, run(caller, transcoder, whole, {0, info.frame_count}, false));
  append(caller, transcoder, folder / "parts.mp4");
  check_nothing_else(folder);
}

}  // namespace fault_walk

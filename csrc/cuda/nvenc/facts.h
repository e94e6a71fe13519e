#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "core/encoder_settings.h"
#include "cuda/nvenc/formats.h"
#include "cuda/nvenc/session.h"

namespace cuf::cuda {

// What NVENC of a GPU can do with a codec.
struct NvencCaps {
  VideoCodec codec = VideoCodec::h264;
  int gpu = 0;
  std::array<int, NV_ENC_CAPS_EXPOSED_COUNT> values{};
  std::vector<Format> formats;
  std::vector<GUID> profiles;

  int operator[](NV_ENC_CAPS cap) const { return values[static_cast<size_t>(cap)]; }
  bool has_profile(const GUID& profile) const;
  // "NVENC of GPU 0"
  std::string who() const { return "NVENC of GPU " + std::to_string(gpu); }
};

// What is asked before an encoder is made.
struct NvencFacts {
  NvencCaps caps;
  NV_ENC_CONFIG preset{};  // what its preset and tuning mean
};

bool operator==(const GUID& left, const GUID& right);

const GUID& nvenc_codec(VideoCodec codec);
const GUID& nvenc_preset(int64_t preset);
// Throws Error(unsupported) for one that these headers do not know.
NV_ENC_TUNING_INFO nvenc_tuning(EncoderTuning tuning);

// Asks once, and keeps it: each question takes a session of NVENC. Thread-safe.
class NvencCatalog {
 public:
  explicit NvencCatalog(std::shared_ptr<const Context> context) : context_(std::move(context)) {}

  // Throws as NvencSession(), and Error(unsupported) for a codec or a tuning that it does not have.
  // Enters the context itself.
  std::shared_ptr<const NvencCaps> caps(VideoCodec codec);
  std::shared_ptr<const NvencFacts> facts(const EncoderSettings& settings);

 private:
  using Key = std::tuple<VideoCodec, int64_t, int64_t>;  // and preset and tuning

  const std::shared_ptr<const Context> context_;
  std::mutex mutex_;
  std::map<VideoCodec, std::shared_ptr<const NvencCaps>> caps_;
  std::map<Key, std::shared_ptr<const NvencFacts>> facts_;
};

}  // namespace cuf::cuda

#include "cuda/nvenc/facts.h"

#include <algorithm>
#include <cstring>

namespace cuf::cuda {

bool operator==(const GUID& left, const GUID& right) {
  return std::memcmp(&left, &right, sizeof left) == 0;
}

namespace {

constexpr VideoCodec kCodecs[] = {VideoCodec::h264, VideoCodec::hevc, VideoCodec::av1};

bool contains(const std::vector<GUID>& list, const GUID& guid) {
  return std::ranges::any_of(list, [&](const GUID& one) { return one == guid; });
}

// A list that NVENC gives in two calls: how long it is, and what is in it.
template <class Entry, class Count, class List>
std::vector<Entry> list_of(const NvencSession& session, Count&& count, List&& list) {
  constexpr const char* kWhat = "Could not ask what NVENC supports";
  uint32_t size = 0;
  session.check(count(size), kWhat);
  std::vector<Entry> entries(size);
  if (size == 0) return entries;
  session.check(list(entries.data(), size), kWhat);
  entries.resize(std::min<size_t>(size, entries.size()));
  return entries;
}

std::vector<GUID> codecs_of(const NvencSession& session) {
  const auto& calls = session.calls();
  void* handle = session.handle();
  return list_of<GUID>(
      session, [&](uint32_t& count) { return calls.nvEncGetEncodeGUIDCount(handle, &count); },
      [&](GUID* out, uint32_t& size) {
        return calls.nvEncGetEncodeGUIDs(handle, out, size, &size);
      });
}

std::vector<GUID> profiles_of(const NvencSession& session, const GUID& codec) {
  const auto& calls = session.calls();
  void* handle = session.handle();
  return list_of<GUID>(
      session,
      [&](uint32_t& count) { return calls.nvEncGetEncodeProfileGUIDCount(handle, codec, &count); },
      [&](GUID* out, uint32_t& size) {
        return calls.nvEncGetEncodeProfileGUIDs(handle, codec, out, size, &size);
      });
}

std::vector<NV_ENC_BUFFER_FORMAT> formats_of(const NvencSession& session, const GUID& codec) {
  const auto& calls = session.calls();
  void* handle = session.handle();
  return list_of<NV_ENC_BUFFER_FORMAT>(
      session,
      [&](uint32_t& count) { return calls.nvEncGetInputFormatCount(handle, codec, &count); },
      [&](NV_ENC_BUFFER_FORMAT* out, uint32_t& size) {
        return calls.nvEncGetInputFormats(handle, codec, out, size, &size);
      });
}

void require_codec(const NvencSession& session, VideoCodec codec) {
  const std::vector<GUID> offered = codecs_of(session);
  if (contains(offered, nvenc_codec(codec))) return;
  std::string list;
  for (const VideoCodec one : kCodecs) {
    if (!contains(offered, nvenc_codec(one))) continue;
    list += (list.empty() ? "" : ", ") + std::string(codec_name(one));
  }
  throw Error(Status::unsupported, "NVENC of GPU " + std::to_string(session.context()->gpu()) +
                                       " does not encode " + std::string(codec_name(codec)) +
                                       (list.empty() ? "" : "; it encodes " + list) + kUseCpu);
}

int cap_of(const NvencSession& session, const GUID& codec, NV_ENC_CAPS cap) {
  NV_ENC_CAPS_PARAM query{};
  query.version = NV_ENC_CAPS_PARAM_VER;
  query.capsToQuery = cap;
  int value = 0;
  const NVENCSTATUS status =
      session.calls().nvEncGetEncodeCaps(session.handle(), codec, &query, &value);
  // Drivers answer so for numbers that they do not know.
  if (is_refusal(status)) return 0;
  session.check(status, "Could not ask what NVENC supports");
  return value;
}

bool can_take(const NvencCaps& caps, const NvencFormat& format) {
  if (format.bit_depth > 8 && !caps[NV_ENC_CAPS_SUPPORT_10BIT_ENCODE]) return false;
  if (format.is_rgb) return true;
  if (format.chroma == ChromaFormat::c444) return caps[NV_ENC_CAPS_SUPPORT_YUV444_ENCODE] != 0;
#if CUF_NVENC_API(13, 0)
  if (format.chroma == ChromaFormat::c422) return caps[NV_ENC_CAPS_SUPPORT_YUV422_ENCODE] != 0;
#endif
  return true;
}

NvencCaps ask_caps(const NvencSession& session, VideoCodec codec) {
  require_codec(session, codec);
  const GUID& guid = nvenc_codec(codec);
  NvencCaps caps;
  caps.codec = codec;
  caps.gpu = session.context()->gpu();
  for (size_t i = 0; i < caps.values.size(); ++i) {
    caps.values[i] = cap_of(session, guid, static_cast<NV_ENC_CAPS>(i));
  }
  caps.profiles = profiles_of(session, guid);
  for (const NV_ENC_BUFFER_FORMAT buffer : formats_of(session, guid)) {
    const NvencFormat* format = nvenc_format(buffer);
    if (format && can_take(caps, *format)) caps.formats.push_back(format->format);
  }
  return caps;
}

NV_ENC_CONFIG ask_preset(const NvencSession& session, const EncoderSettings& settings) {
  NV_ENC_PRESET_CONFIG preset{};
  preset.version = NV_ENC_PRESET_CONFIG_VER;
  preset.presetCfg.version = NV_ENC_CONFIG_VER;
  const auto tuning =
      settings.choice_or(EncoderParameter::tuning_info, EncoderTuning::high_quality);
  const NVENCSTATUS status = session.calls().nvEncGetEncodePresetConfigEx(
      session.handle(), nvenc_codec(settings.codec()),
      nvenc_preset(settings.number(EncoderParameter::preset)), nvenc_tuning(tuning), &preset);
  if (is_refusal(status)) {
    throw Error(Status::unsupported,
                "NVENC of this GPU and driver does not have this preset and tuningInfo for " +
                    std::string(codec_name(settings.codec())) + ": " + result_name(status) +
                    "; high_quality is there always",
                status);
  }
  session.check(status, "Could not ask NVENC for a preset");
  return preset.presetCfg;
}

}  // namespace

bool NvencCaps::has_profile(const GUID& profile) const {
  return contains(profiles, profile);
}

const GUID& nvenc_codec(VideoCodec codec) {
  static constexpr const GUID* kGuids[] = {&NV_ENC_CODEC_H264_GUID, &NV_ENC_CODEC_HEVC_GUID,
                                           &NV_ENC_CODEC_AV1_GUID};
  return *kGuids[static_cast<size_t>(codec)];
}

const GUID& nvenc_preset(int64_t preset) {
  static constexpr const GUID* kGuids[] = {&NV_ENC_PRESET_P1_GUID, &NV_ENC_PRESET_P2_GUID,
                                           &NV_ENC_PRESET_P3_GUID, &NV_ENC_PRESET_P4_GUID,
                                           &NV_ENC_PRESET_P5_GUID, &NV_ENC_PRESET_P6_GUID,
                                           &NV_ENC_PRESET_P7_GUID};
  return *kGuids[static_cast<size_t>(preset)];
}

NV_ENC_TUNING_INFO nvenc_tuning(EncoderTuning tuning) {
  switch (tuning) {
    case EncoderTuning::low_latency:
      return NV_ENC_TUNING_INFO_LOW_LATENCY;
    case EncoderTuning::ultra_low_latency:
      return NV_ENC_TUNING_INFO_ULTRA_LOW_LATENCY;
    case EncoderTuning::lossless:
      return NV_ENC_TUNING_INFO_LOSSLESS;
    case EncoderTuning::ultra_high_quality:
#if CUF_NVENC_API(12, 2)
      return NV_ENC_TUNING_INFO_ULTRA_HIGH_QUALITY;
#else
      throw Error(Status::unsupported,
                  "tuningInfo \"ultra_high_quality\" needs NVENC's interface 12.2, and this "
                  "library is built for 12.1; use \"high_quality\"");
#endif
    default:
      return NV_ENC_TUNING_INFO_HIGH_QUALITY;
  }
}

std::shared_ptr<const NvencCaps> NvencCatalog::caps(VideoCodec codec) {
  std::lock_guard lock(mutex_);
  auto& kept = caps_[codec];
  if (!kept) {
    const ContextScope scope(*context_);
    const NvencSession session(context_);
    kept = std::make_shared<const NvencCaps>(ask_caps(session, codec));
  }
  return kept;
}

std::shared_ptr<const NvencFacts> NvencCatalog::facts(const EncoderSettings& settings) {
  const VideoCodec codec = settings.codec();
  const auto known = caps(codec);
  std::lock_guard lock(mutex_);
  auto& kept = facts_[Key{codec, settings.number(EncoderParameter::preset),
                          settings.number(EncoderParameter::tuning_info)}];
  if (!kept) {
    const ContextScope scope(*context_);
    const NvencSession session(context_);
    kept = std::make_shared<const NvencFacts>(
        NvencFacts{.caps = *known, .preset = ask_preset(session, settings)});
  }
  return kept;
}

}  // namespace cuf::cuda

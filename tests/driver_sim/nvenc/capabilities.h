// What the simulated NVENC can do: like an Ada card, but for what is not imitated.
#pragma once
#include <ffnvcodec/nvEncodeAPI.h>

#include <vector>

#include "cuda/device.h"
#include "nvenc/layouts.h"

/** In the namespace of its type, where algorithms look for it. */
bool operator==(const GUID& left, const GUID& right);

namespace cufsim {

enum class EncodeCodec { kH264, kHevc, kAv1 };

/** What ffnvcodec 12.1 has no names for. */
inline constexpr int kTuningUltraHighQuality = 5;
/** Sessions that a GPU takes at once; 0 without NVENC. */
int64_t session_limit(const Device& device);

/** The codecs that are offered: those whose encoder this build has and no setting took away. */
std::vector<EncodeCodec> offered_codecs();
bool find_codec(const GUID& guid, EncodeCodec& codec);
const GUID& guid_of(EncodeCodec codec);

const std::vector<GUID>& preset_guids();
/** 1 to 7; 0 for a GUID that is no preset's. */
int preset_number(const GUID& guid);
/** The profiles of a codec; the automatic one is first. */
const std::vector<GUID>& profile_guids(EncodeCodec codec);
const std::vector<NV_ENC_BUFFER_FORMAT>& input_formats(EncodeCodec codec);

/** A capability by its number in NV_ENC_CAPS; 0 for what there is none of. */
int capability(EncodeCodec codec, int cap);

}  // namespace cufsim

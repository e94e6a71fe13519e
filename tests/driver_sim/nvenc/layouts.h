// The structs of NVENC's API, which differ from version to version: which version word each one
// carries, how large it is, and which of its bytes must be zero. ffnvcodec's headers declare only
// one of the versions.
#pragma once
#include <ffnvcodec/nvEncodeAPI.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cufsim {

/** The versions of the API whose structs are known. */
enum class Api { k111, k121, k122, k130 };

inline constexpr Api kNewestApi = Api::k130;

enum class Struct {
  kFunctionList,
  kOpen,
  kCaps,
  kPresetConfig,
  kInitialize,
  kReconfigure,
  kConfig,
  kRateControl,
  kCreateInput,
  kLockInput,
  kCreateBitstream,
  kLockBitstream,
  kRegister,
  kMap,
  kPicture,
  kSequenceParams,
  kStat,
  // Parts without a version word of their own.
  kConfigH264,
  kConfigHevc,
  kConfigAv1,
  kVui,
  kPictureH264,
  kPictureHevc,
  kPictureAv1,
};

/** The API of a struct's version word, or of NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS::apiVersion. */
bool find_api(uint32_t word, Api& api);

/** 111, 121, 122 or 130. */
int number_of(Api api);

/** As NvEncodeAPIGetMaxSupportedVersion() says it: the minor version in the low four bits. */
uint32_t max_version_word(int number);

uint32_t version_word(Struct type, Api api);

/** Bytes of the struct that a client of that API passes. */
size_t size_of(Struct type, Api api);

/** Whether all bytes of a struct that its API reserves are zero. */
bool reserved_are_zero(const void* data, Struct type, Api api);

/** The version word and the reserved bytes of a struct. */
NVENCSTATUS check_struct(const void* data, Struct type, Api api);

/** Zeroes for a struct of which the client's API has `size` bytes, with the client's in front. */
template <class T>
T copy_struct(const void* data, size_t size) {
  T copy{};
  __builtin_memcpy(&copy, data, size < sizeof copy ? size : sizeof copy);
  return copy;
}

}  // namespace cufsim

#include "nvenc/layouts.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace cufsim {

namespace {

constexpr unsigned k111 = 1;
constexpr unsigned k121 = 2;
constexpr unsigned k122 = 4;
constexpr unsigned k130 = 8;
constexpr unsigned kTo121 = k111 | k121;
constexpr unsigned kTo122 = kTo121 | k122;
constexpr unsigned kFrom122 = k122 | k130;
constexpr unsigned kFrom121 = k121 | kFrom122;
constexpr unsigned kAll = k111 | kFrom121;

/** Revision of a struct in each API, and whether the word's highest bit is set. */
struct Revision {
  Struct type;
  uint8_t revision[4];
  bool high[4];
  uint16_t size[4];
};

constexpr Revision kRevisions[] = {
    {Struct::kFunctionList, {2, 2, 2, 2}, {}, {2552, 2552, 2552, 2552}},
    {Struct::kOpen, {1, 1, 1, 1}, {}, {1552, 1552, 1552, 1552}},
    {Struct::kCaps, {1, 1, 1, 1}, {}, {256, 256, 256, 256}},
    {Struct::kPresetConfig, {4, 4, 5, 5}, {true, true, true, true}, {5128, 5128, 5128, 5128}},
    {Struct::kInitialize, {5, 6, 7, 7}, {true, true, true, true}, {1808, 1808, 1800, 1800}},
    {Struct::kReconfigure, {1, 1, 2, 2}, {true, true, true, true}, {1824, 1824, 1816, 1816}},
    {Struct::kConfig, {7, 8, 9, 9}, {true, true, true, true}, {3584, 3584, 3584, 3584}},
    {Struct::kRateControl, {1, 1, 1, 1}, {}, {128, 128, 128, 128}},
    {Struct::kCreateInput, {1, 1, 2, 2}, {}, {776, 776, 776, 776}},
    {Struct::kLockInput, {1, 1, 1, 1}, {}, {1544, 1544, 1544, 1544}},
    {Struct::kCreateBitstream, {1, 1, 1, 1}, {}, {776, 776, 776, 776}},
    {Struct::kLockBitstream, {1, 1, 2, 2}, {false, true, true, true}, {1544, 1552, 1544, 1544}},
    {Struct::kRegister, {3, 4, 5, 5}, {}, {1536, 1536, 1536, 1536}},
    {Struct::kMap, {4, 4, 4, 4}, {}, {1544, 1544, 1544, 1544}},
    {Struct::kPicture, {4, 6, 7, 7}, {true, true, true, true}, {3344, 3360, 3360, 3360}},
    {Struct::kSequenceParams, {1, 1, 1, 1}, {}, {1544, 1544, 1544, 1544}},
    {Struct::kStat, {1, 1, 2, 2}, {}, {1544, 1544, 1544, 1544}},
};

/** Bytes, or with a mask bits of a word, that must be zero. */
struct Reserved {
  Struct type;
  unsigned apis;
  uint16_t offset;
  uint16_t size;
  uint32_t mask;
};

constexpr Reserved kReserved[] = {
    {Struct::kOpen, kAll, 16, 8, 0},
    {Struct::kOpen, kAll, 28, 1012, 0},
    {Struct::kOpen, kAll, 1040, 512, 0},
    {Struct::kCaps, kAll, 8, 248, 0},
    {Struct::kPresetConfig, kFrom122, 4, 4, 0},
    {Struct::kPresetConfig, kTo121, 3592, 1020, 0},
    {Struct::kPresetConfig, kFrom122, 3592, 1024, 0},
    {Struct::kPresetConfig, kAll, 4616, 512, 0},
    {Struct::kInitialize, k111, 68, 4, 0xffffffc0},
    {Struct::kInitialize, k121, 68, 4, 0xfffff000},
    {Struct::kInitialize, kFrom122, 68, 4, 0xffffe000},
    {Struct::kInitialize, kFrom122, 76, 4, 0},
    {Struct::kInitialize, k111, 144, 1148, 0},
    {Struct::kInitialize, k121, 152, 1140, 0},
    {Struct::kInitialize, kFrom122, 152, 1136, 0},
    {Struct::kInitialize, kFrom122, 1288, 512, 0},
    {Struct::kInitialize, kTo121, 1296, 512, 0},
    {Struct::kReconfigure, kFrom122, 4, 4, 0},
    {Struct::kReconfigure, kFrom122, 1808, 4, 0xfffffffc},
    {Struct::kReconfigure, kFrom122, 1812, 4, 0},
    {Struct::kReconfigure, kTo121, 1816, 4, 0xfffffffc},
    {Struct::kConfig, kAll, 1960, 1112, 0},
    {Struct::kConfig, kAll, 3072, 512, 0},
    {Struct::kRateControl, kAll, 36, 4, 0x00000010},
    {Struct::kRateControl, k111, 36, 4, 0xffff0000},
    {Struct::kRateControl, kFrom121, 36, 4, 0xfffe0000},
    {Struct::kRateControl, k111, 93, 3, 0},
    {Struct::kRateControl, kAll, 110, 2, 0},
    {Struct::kRateControl, kTo121, 112, 16, 0},
    {Struct::kRateControl, k122, 116, 12, 0},
    {Struct::kRateControl, k130, 123, 1, 0},
    {Struct::kRateControl, k130, 124, 4, 0},
    {Struct::kConfigH264, k111, 0, 4, 0xffe00000},
    {Struct::kConfigH264, kFrom121, 0, 4, 0xffc00000},
    {Struct::kConfigH264, kTo121, 212, 1068, 0},
    {Struct::kConfigH264, k122, 220, 1060, 0},
    {Struct::kConfigH264, k130, 224, 1056, 0},
    {Struct::kConfigH264, kAll, 1280, 512, 0},
    {Struct::kConfigHevc, k111, 16, 4, 0xfffc0000},
    {Struct::kConfigHevc, k121 | k122, 16, 4, 0xfff00000},
    {Struct::kConfigHevc, kFrom122, 16, 4, 0x00003800},
    {Struct::kConfigHevc, k130, 16, 4, 0xfe000000},
    {Struct::kConfigHevc, kTo121, 192, 856, 0},
    {Struct::kConfigHevc, k122, 208, 840, 0},
    {Struct::kConfigHevc, k130, 216, 832, 0},
    {Struct::kConfigHevc, kAll, 1048, 512, 0},
    {Struct::kConfigAv1, kFrom121, 16, 4, 0xfffc0000},
    {Struct::kConfigAv1, k122, 16, 4, 0x0003f000},
    {Struct::kConfigAv1, k130, 16, 4, 0x00030000},
    {Struct::kConfigAv1, kFrom122, 44, 4, 0},
    {Struct::kConfigAv1, k121, 112, 940, 0},
    {Struct::kConfigAv1, k122, 120, 932, 0},
    {Struct::kConfigAv1, k130, 132, 920, 0},
    {Struct::kConfigAv1, kFrom121, 1056, 496, 0},
    {Struct::kVui, k111, 52, 60, 0},
    {Struct::kVui, kFrom121, 64, 48, 0},
    {Struct::kCreateInput, kAll, 20, 4, 0},
    {Struct::kCreateInput, kTo121, 40, 228, 0},
    {Struct::kCreateInput, kFrom122, 40, 232, 0},
    {Struct::kCreateInput, kAll, 272, 504, 0},
    {Struct::kLockInput, kAll, 4, 4, 0xfffffffe},
    {Struct::kLockInput, kAll, 28, 1004, 0},
    {Struct::kLockInput, kAll, 1032, 512, 0},
    {Struct::kCreateBitstream, kAll, 12, 4, 0},
    {Struct::kCreateBitstream, kAll, 32, 232, 0},
    {Struct::kCreateBitstream, kAll, 264, 512, 0},
    {Struct::kLockBitstream, kAll, 4, 4, 0xfffffff8},
    {Struct::kLockBitstream, k111, 92, 48, 0},
    {Struct::kLockBitstream, kFrom122, 116, 4, 0},
    {Struct::kLockBitstream, k121, 132, 880, 0},
    {Struct::kLockBitstream, kFrom122, 132, 876, 0},
    {Struct::kLockBitstream, k111, 160, 872, 0},
    {Struct::kLockBitstream, kFrom122, 1008, 504, 0},
    {Struct::kLockBitstream, k121, 1016, 504, 0},
    {Struct::kLockBitstream, k111, 1032, 512, 0},
    {Struct::kRegister, k111, 64, 988, 0},
    {Struct::kRegister, k121, 64, 980, 0},
    {Struct::kRegister, k122, 64, 984, 0},
    {Struct::kRegister, k130, 72, 976, 0},
    {Struct::kRegister, kFrom121, 1048, 488, 0},
    {Struct::kRegister, k111, 1056, 480, 0},
    {Struct::kMap, kAll, 36, 1004, 0},
    {Struct::kMap, kAll, 1040, 504, 0},
    {Struct::kPicture, k111, 1656, 24, 0},
    {Struct::kPicture, kFrom122, 1664, 28, 0},
    {Struct::kPicture, k121, 1672, 24, 0},
    {Struct::kPicture, k111, 1680, 16, 0},
    {Struct::kPicture, kFrom121, 1696, 16, 0},
    {Struct::kPicture, k111, 1708, 4, 0},
    {Struct::kPicture, kFrom121, 1724, 4, 0},
    {Struct::kPicture, k111, 1728, 1144, 0},
    {Struct::kPicture, kFrom122, 1732, 4, 0},
    {Struct::kPicture, kFrom121, 1768, 1136, 0},
    {Struct::kPicture, k111, 2872, 472, 0},
    {Struct::kPicture, kFrom121, 2904, 456, 0},
    {Struct::kPictureH264, kAll, 4, 4, 0},
    {Struct::kPictureH264, kAll, 20, 4, 0xfffffff0},
    {Struct::kPictureH264, k111, 208, 840, 0},
    {Struct::kPictureH264, k121, 236, 812, 0},
    {Struct::kPictureH264, kFrom122, 240, 808, 0},
    {Struct::kPictureH264, kAll, 1048, 488, 0},
    {Struct::kPictureHevc, kTo122, 16, 4, 0xfffffff0},
    {Struct::kPictureHevc, k130, 16, 4, 0xffffffe0},
    {Struct::kPictureHevc, kFrom122, 20, 4, 0},
    {Struct::kPictureHevc, kAll, 60, 4, 0},
    {Struct::kPictureHevc, k111, 72, 976, 0},
    {Struct::kPictureHevc, k121, 100, 948, 0},
    {Struct::kPictureHevc, k122, 104, 944, 0},
    {Struct::kPictureHevc, k130, 136, 936, 0},
    {Struct::kPictureHevc, kTo122, 1048, 488, 0},
    {Struct::kPictureHevc, k130, 1072, 464, 0},
    {Struct::kPictureAv1, k121 | k122, 16, 4, 0xfffffc00},
    {Struct::kPictureAv1, k130, 16, 4, 0xffffe000},
    {Struct::kPictureAv1, kFrom122, 28, 4, 0},
    {Struct::kPictureAv1, kFrom121, 52, 4, 0},
    {Struct::kPictureAv1, k121, 72, 988, 0},
    {Struct::kPictureAv1, k122, 72, 984, 0},
    {Struct::kPictureAv1, k130, 84, 4, 0},
    {Struct::kPictureAv1, k130, 104, 968, 0},
    {Struct::kPictureAv1, k122, 1056, 488, 0},
    {Struct::kPictureAv1, k121, 1064, 488, 0},
    {Struct::kPictureAv1, k130, 1072, 472, 0},
    {Struct::kSequenceParams, kAll, 32, 1000, 0},
    {Struct::kSequenceParams, kAll, 1032, 512, 0},
    {Struct::kStat, kAll, 4, 4, 0},
    {Struct::kStat, kAll, 100, 4, 0xfffffffe},
    {Struct::kStat, kTo121, 124, 904, 0},
    {Struct::kStat, kFrom122, 124, 908, 0},
    {Struct::kStat, kAll, 1032, 512, 0},
};

const Revision& revision_of(Struct type) {
  return *std::find_if(std::begin(kRevisions), std::end(kRevisions),
                       [&](const Revision& line) { return line.type == type; });
}

bool is_zero(const unsigned char* bytes, size_t size) {
  return std::all_of(bytes, bytes + size, [](unsigned char byte) { return byte == 0; });
}

// What this file says of the API that ffnvcodec's headers have.
#if NVENCAPI_MAJOR_VERSION == 12 && NVENCAPI_MINOR_VERSION == 1
static_assert(sizeof(NV_ENC_INITIALIZE_PARAMS) == 1808 && sizeof(NV_ENC_CONFIG) == 3584);
static_assert(sizeof(NV_ENC_PIC_PARAMS) == 3360 && sizeof(NV_ENC_LOCK_BITSTREAM) == 1552);
#endif
static_assert(offsetof(NV_ENC_INITIALIZE_PARAMS, encodeConfig) == 88);
static_assert(offsetof(NV_ENC_INITIALIZE_PARAMS, bufferFormat) == 140);
static_assert(offsetof(NV_ENC_CONFIG, encodeCodecConfig) == 168);
static_assert(offsetof(NV_ENC_PIC_PARAMS, codecPicParams) == 80);
static_assert(offsetof(NV_ENC_PRESET_CONFIG, presetCfg) == 8);
static_assert(offsetof(NV_ENC_RECONFIGURE_PARAMS, reInitEncodeParams) == 8);

}  // namespace

bool find_api(uint32_t word, Api& api) {
  switch (word & 0x0f0000ffu) {
    case 11 | 1 << 24:
      api = Api::k111;
      return true;
    case 12 | 1 << 24:
      api = Api::k121;
      return true;
    case 12 | 2 << 24:
      api = Api::k122;
      return true;
    case 13:
      api = Api::k130;
      return true;
    default:
      return false;
  }
}

int number_of(Api api) {
  constexpr int kNumbers[] = {111, 121, 122, 130};
  return kNumbers[static_cast<size_t>(api)];
}

uint32_t max_version_word(int number) {
  return static_cast<uint32_t>(number / 10 << 4 | number % 10);
}

uint32_t version_word(Struct type, Api api) {
  constexpr uint32_t kWords[] = {11 | 1 << 24, 12 | 1 << 24, 12 | 2 << 24, 13};
  const auto index = static_cast<size_t>(api);
  const Revision& line = revision_of(type);
  const uint32_t high = line.high[index] ? 1u << 31 : 0;
  return kWords[index] | static_cast<uint32_t>(line.revision[index]) << 16 | 7u << 28 | high;
}

size_t size_of(Struct type, Api api) {
  return revision_of(type).size[static_cast<size_t>(api)];
}

bool reserved_are_zero(const void* data, Struct type, Api api) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  for (const Reserved& line : kReserved) {
    if (line.type != type || (line.apis >> static_cast<unsigned>(api) & 1) == 0) continue;
    if (line.mask == 0) {
      if (!is_zero(bytes + line.offset, line.size)) return false;
      continue;
    }
    uint32_t word;
    std::memcpy(&word, bytes + line.offset, sizeof word);
    if ((word & line.mask) != 0) return false;
  }
  return true;
}

NVENCSTATUS check_struct(const void* data, Struct type, Api api) {
  if (data == nullptr) return NV_ENC_ERR_INVALID_PTR;
  uint32_t word;
  std::memcpy(&word, data, sizeof word);
  if (word != version_word(type, api)) return NV_ENC_ERR_INVALID_VERSION;
  return reserved_are_zero(data, type, api) ? NV_ENC_SUCCESS : NV_ENC_ERR_INVALID_PARAM;
}

}  // namespace cufsim

// What ffnvcodec's headers lack of the driver's interface (cuda.h is NVIDIA's and not at hand):
// numbers and layouts are those of the public documentation.
#pragma once
#include <ffnvcodec/dynlink_cuda.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#define CUFSIM_EXPORT extern "C" __attribute__((visibility("default")))

namespace cufsim {

inline constexpr CUresult result(int code) {
  return static_cast<CUresult>(code);
}

/** The number in an enumeration's memory, also one that ffnvcodec has no name for. */
template <class Enumeration>
int number_in(const Enumeration& value) {
  int number;
  static_assert(sizeof number == sizeof value);
  std::memcpy(&number, &value, sizeof number);
  return number;
}

inline constexpr CUresult kInvalidValue = result(1);
inline constexpr CUresult kOutOfMemory = result(2);
inline constexpr CUresult kNotInitialized = result(3);
inline constexpr CUresult kNoDevice = result(100);
inline constexpr CUresult kInvalidDevice = result(101);
inline constexpr CUresult kInvalidImage = result(200);
inline constexpr CUresult kInvalidContext = result(201);
inline constexpr CUresult kNoBinaryForGpu = result(209);
inline constexpr CUresult kUnsupportedLimit = result(215);
inline constexpr CUresult kInvalidPtx = result(218);
inline constexpr CUresult kUnsupportedPtxVersion = result(222);
inline constexpr CUresult kInvalidHandle = result(400);
inline constexpr CUresult kIllegalState = result(401);
inline constexpr CUresult kNotFound = result(500);
inline constexpr CUresult kNotReady = result(600);
inline constexpr CUresult kIllegalAddress = result(700);
inline constexpr CUresult kPeerAccessAlreadyEnabled = result(704);
inline constexpr CUresult kPeerAccessNotEnabled = result(705);
inline constexpr CUresult kContextIsDestroyed = result(709);
inline constexpr CUresult kHostMemoryAlreadyRegistered = result(712);
inline constexpr CUresult kHostMemoryNotRegistered = result(713);
inline constexpr CUresult kMisalignedAddress = result(716);
inline constexpr CUresult kLaunchFailed = result(719);
inline constexpr CUresult kNotPermitted = result(800);
inline constexpr CUresult kNotSupported = result(801);
inline constexpr CUresult kUnknown = result(999);

inline constexpr int kMemoryTypeUnified = 4;
inline const CUstream kLegacyStream = reinterpret_cast<CUstream>(1);
inline const CUstream kPerThreadStream = reinterpret_cast<CUstream>(2);

using CUhostFn = void(void*);
using CUmemoryPool = struct CUmemPoolHandle_st*;

/** CUmemPoolProps, 88 bytes. */
struct MemoryPoolProperties {
  int allocation_type;  // 1: pinned
  int handle_types;     // 0: none
  int location_type;    // 1: device
  int location_id;
  void* security_attributes;
  size_t max_size;
  unsigned short usage;
  unsigned char reserved[54];
};
static_assert(sizeof(MemoryPoolProperties) == 88);

/** CUmemAccessDesc. */
struct MemoryAccess {
  int location_type;
  int location_id;
  int flags;  // 0 none, 1 read, 3 read and write
};

enum PoolAttribute {
  kPoolReuseFollowEventDependencies = 1,
  kPoolReuseAllowOpportunistic,
  kPoolReuseAllowInternalDependencies,
  kPoolReleaseThreshold,
  kPoolReservedCurrent,
  kPoolReservedHigh,
  kPoolUsedCurrent,
  kPoolUsedHigh,
};

enum PointerAttribute {
  kPointerContext = 1,
  kPointerMemoryType,
  kPointerDevicePointer,
  kPointerHostPointer,
  kPointerSyncMemops = 6,
  kPointerBufferId,
  kPointerIsManaged,
  kPointerDeviceOrdinal,
  kPointerRangeStart = 11,
  kPointerRangeSize,
  kPointerMapped,
  kPointerMempoolHandle = 17,
};

}  // namespace cufsim

#include "core/model.h"

namespace cuf {

int64_t to_microseconds(int64_t ticks, Rational base) {
  if (ticks == kNoTimestamp || base.den == 0) return kNoTimestamp;
  // 128 bits: 90 kHz ticks of a long stream times a million overflow 64.
  const __int128 scaled = static_cast<__int128>(ticks) * base.num * 1000000;
  const __int128 half = base.den / 2;
  return static_cast<int64_t>((scaled + (scaled < 0 ? -half : half)) / base.den);
}

}  // namespace cuf

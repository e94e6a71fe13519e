#include "core/reorder_watch.h"

#include <algorithm>

#include "core/h264_sps.h"
#include "core/nal_units.h"

namespace cuf {
namespace {

constexpr int kSps = 7;
constexpr int kFirstSlice = 1;
constexpr int kLastSlice = 5;
// From one frame to the next: of a frame both fields are counted.
constexpr int64_t kStep = 2;
// The order begins anew at such a distance (picture_header_h264.cpp).
constexpr int64_t kEpoch = int64_t{1} << 34;

int type_of(std::span<const uint8_t> unit) {
  return unit[0] & 31;
}

}  // namespace

ReorderWatch::ReorderWatch(std::span<const uint8_t> extradata)
    : length_size_(read_avcc(extradata).length_size),
      headers_(make_h264_header_reader(extradata)) {}

std::vector<uint8_t> ReorderWatch::silenced(std::span<const uint8_t> data, const Units& units) {
  std::vector<uint8_t> out;
  for (const auto unit : units) {
    const auto sps = read_h264_sps(unit);
    if (!sps || sps->reorder_frames.value_or(0) == 0) continue;
    announced_ = std::max(announced_.value_or(0), *sps->reorder_frames);
    if (out.empty()) out.assign(data.begin(), data.end());
    // The restriction is the last that a parameter set holds: the flag becomes 0, then come the
    // stop bit and zeros, which may follow any unit.
    const auto begin = out.begin() + (unit.data() - data.data());
    const auto end = begin + static_cast<ptrdiff_t>(unit.size());
    auto byte = begin + static_cast<ptrdiff_t>(sps->restriction_byte);
    const int shift = sps->restriction_shift;
    *byte = static_cast<uint8_t>(*byte >> (shift + 1) << (shift + 1));
    if (shift > 0) {
      *byte = static_cast<uint8_t>(*byte | 1 << (shift - 1));
    } else {
      *++byte = 0x80;
    }
    std::fill(byte + 1, end, uint8_t{0});
  }
  return out;
}

std::vector<uint8_t> ReorderWatch::silenced_headers(std::span<const uint8_t> extradata) {
  const NalConfiguration configuration = read_avcc(extradata);
  Units sets;
  for (const auto unit : configuration.units) {
    if (type_of(unit) == kSps) sets.push_back(unit);
  }
  return silenced(extradata, sets);
}

std::vector<uint8_t> ReorderWatch::silenced_packet(std::span<const uint8_t> payload) {
  Units sets;
  LeadingUnits units(payload, length_size_);
  while (units.next()) {
    const int type = type_of(units.head());
    if (type >= kFirstSlice && type <= kLastSlice) break;
    if (type == kSps) sets.push_back(units.whole());
  }
  return silenced(payload, sets);
}

bool ReorderWatch::reorders(std::span<const uint8_t> payload) {
  if (is_sure_) return true;
  const PictureFacts facts =
      headers_->read(payload.first(std::min(payload.size(), kPictureHeadBytes)));
  if (facts.order_kind != PictureFacts::Order::absolute || !facts.is_shown) return false;
  const int64_t step = previous_ ? facts.order - *previous_ : kStep;
  previous_ = facts.order;
  is_sure_ = step <= 0 || (step > kStep && step < kEpoch);
  return is_sure_;
}

}  // namespace cuf

#include "pixels/resize_simd.h"

#include <algorithm>
#include <cstring>

#include "pixels/resize_scalar.h"
#include "pixels/rgb_simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pixels/resize_simd.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
#include "pixels/resize_lanes-inl.h"
#endif

HWY_BEFORE_NAMESPACE();
namespace cuf::pixels::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

void resized(const Image& image, const RgbMath& math, const Resize& resize, const RgbTarget& target,
             ResizeScratch&) {
  scalar::to_rgb_resized(image, math, resize, target);
}

#else

inline constexpr size_t kPage = 64;  // of ResizeScratch, bytes

constexpr size_t round_up(size_t v, size_t to) {
  return (v + to - 1) / to * to;
}

// The last rows of RGB that were made, as many as one output takes: planes side by side, row y in
// slot y % slots. Rows start where chroma samples do, `lead` pixels left of the crop at most.
class Window {
 public:
  Window(const Image& image, const RgbMath& math, const Resize& resize, DType dtype)
      : image_(image), math_(math), dtype_(dtype) {
    const Crop& crop = resize.crop();
    const int log2 = image.chroma == ChromaLayout::none ? 0 : image.log2_chroma_width;
    const int32_t x = crop.x >> log2 << log2;
    lead_ = crop.x - x;
    image_.width = crop.width + lead_;
    const ptrdiff_t sample = image.bit_depth == 8 ? 1 : 2;
    image_.data[0] += x * sample;
    if (image.chroma == ChromaLayout::planar) image_.data[2] += (x >> log2) * sample;
    const ptrdiff_t pair = image.chroma == ChromaLayout::semi_planar ? 2 : 1;
    if (image.chroma != ChromaLayout::none) image_.data[1] += (x >> log2) * sample * pair;
    plane_ = round_up(static_cast<size_t>(image_.width), kColumns);
    const std::vector<int32_t>& counts = resize.down().count;
    slots_ = *std::max_element(counts.begin(), counts.end());
    next_ = crop.y;
  }

  size_t bytes() const { return static_cast<size_t>(slots_) * row_bytes(); }
  size_t columns() const { return 3 * plane_; }
  size_t plane() const { return plane_; }
  int32_t lead() const { return lead_; }
  void place(uint8_t* rows) { rows_ = rows; }
  const uint8_t* row(int32_t y) const {
    return rows_ + static_cast<size_t>(y % slots_) * row_bytes();
  }

  // Makes the rows before `end`, of which `begin` and later are wanted.
  void fill(int32_t begin, int32_t end) {
    next_ = std::max(next_, begin);
    while (next_ < end) {
      const int32_t stop = std::min(end, next_ - next_ % slots_ + slots_);
      const auto stride = static_cast<ptrdiff_t>(row_bytes());
      const RgbTarget target{.order = Order::chw,
                             .channels = 3,
                             .dtype = dtype_,
                             .data = const_cast<uint8_t*>(row(next_)) - stride * next_,
                             .row_stride = stride,
                             .plane_stride = stride / 3,
                             .scale = {},
                             .bias = {}};
      simd::to_rgb_rows(image_, math_, target, next_, stop);
      next_ = stop;
    }
  }

 private:
  size_t row_bytes() const { return 3 * plane_ * (dtype_ == DType::u8 ? 1 : 2); }

  Image image_;
  RgbMath math_;
  DType dtype_;
  int32_t lead_;
  int32_t slots_;
  int32_t next_;
  size_t plane_;
  uint8_t* rows_ = nullptr;
};

// Where things lie in the scratch memory.
struct Memory {
  Memory(ResizeScratch& scratch, Window& window, const Resize& resize) {
    const auto taps = static_cast<size_t>(resize.down().stride);
    const auto beyond = std::max(kStep, static_cast<size_t>(resize.across().stride));
    value_plane = round_up(static_cast<size_t>(resize.across().output), kStep);
    const size_t sizes[] = {window.bytes(),
                            taps * sizeof(rows[0]),
                            (window.columns() + beyond) * sizeof(between[0]),
                            3 * value_plane * sizeof(values[0]),
                            3 * value_plane * sizeof(integers[0]),
                            3 * kStep * sizeof(float) * 4};
    size_t total = 0;
    size_t at[6];
    for (size_t i = 0; i < 6; ++i) {
      at[i] = total;
      total += round_up(sizes[i], kPage);
    }
    uint8_t* base = scratch.reserve(total);
    window.place(base);
    rows = reinterpret_cast<const uint8_t**>(base + at[1]);
    between = reinterpret_cast<int16_t*>(base + at[2]);
    values = reinterpret_cast<int32_t*>(base + at[3]);
    integers = reinterpret_cast<uint16_t*>(base + at[4]);
    tail = base + at[5];
  }

  const uint8_t** rows;
  int16_t* between;  // sums down
  int32_t* values;   // sums across
  uint16_t* integers;
  uint8_t* tail;
  size_t value_plane;
};

void sum_row_down(const Resize& resize, int32_t y, int bits, Window& window, Memory& memory) {
  const ResizeAxis& down = resize.down();
  const auto i = static_cast<size_t>(y);
  const auto count = static_cast<size_t>(down.count[i]);
  const int32_t first = resize.crop().y + down.first[i];
  window.fill(first, first + down.count[i]);
  for (size_t k = 0; k < count + count % 2; ++k) {
    memory.rows[k] = window.row(first + static_cast<int32_t>(std::min(k, count - 1)));
  }
  const Taps taps{.rows = memory.rows,
                  .weights = &down.weights[i * static_cast<size_t>(down.stride)],
                  .count = count,
                  .shift = vertical_shift(down.fraction_bits, bits),
                  .centre = 1 << (bits - 1),
                  .weight_sum = 1 << down.fraction_bits};
  if (bits == 8) {
    sum_down<uint8_t>(taps, window.columns(), memory.between);
  } else {
    sum_down<uint16_t>(taps, window.columns(), memory.between);
  }
}

template <Store kStore>
void emit_row(const Memory& memory, const RgbTarget& target, int32_t width, int32_t max,
              uint8_t* out_row) {
  const bool words = target.dtype == DType::u8 || target.dtype == DType::u16;
  const size_t in_element = words ? sizeof(uint16_t) : sizeof(int32_t);
  const size_t element = target.dtype == DType::u8 ? 1 : target.dtype == DType::f32 ? 4 : 2;
  constexpr bool kPlanes = kStore == Store::planes;
  const size_t pixel = element * (kPlanes ? 1 : target.channels);
  uint8_t* planes = words ? reinterpret_cast<uint8_t*>(memory.integers)
                          : reinterpret_cast<uint8_t*>(memory.values);
  const size_t plane = memory.value_plane * in_element;
  const auto n = static_cast<size_t>(width);
  const size_t whole = n - n % (kStep / 2);
  Channels in{planes, planes + plane, planes + 2 * plane};
  Channels out{out_row, nullptr, nullptr};
  if (kPlanes) {
    out.data[1] = out_row + target.plane_stride;
    out.data[2] = out.data[1] + target.plane_stride;
  }
  emit_resized<kStore>(in, whole, target, max, out);
  if (whole == n) return;
  for (uint8_t*& data : in.data) data += whole * in_element;
  const size_t tail_plane = kStep * sizeof(float);
  const Channels tail{memory.tail, memory.tail + tail_plane, memory.tail + 2 * tail_plane};
  emit_resized<kStore>(in, kStep / 2, target, max, tail);
  for (int c = 0; c < (kPlanes ? 3 : 1); ++c) {
    std::memcpy(out.data[c] + whole * pixel, tail.data[c], (n - whole) * pixel);
  }
}

void resized(const Image& image, const RgbMath& math, const Resize& resize, const RgbTarget& target,
             ResizeScratch& scratch) {
  const int bits = target.dtype == DType::u8 ? 8 : image.bit_depth;
  Window window(image, math, resize, bits == 8 ? DType::u8 : DType::u16);
  Memory memory(scratch, window, resize);
  const ResizeAxis& across = resize.across();
  RgbTarget scaled = target;
  for (float& scale : scaled.scale) scale *= resized_unit(bits);
  for (int32_t y = 0; y < resize.down().output; ++y) {
    sum_row_down(resize, y, bits, window, memory);
    for (size_t c = 0; c < 3; ++c) {
      sum_across(across, memory.between + c * window.plane() + window.lead(),
                 memory.values + c * memory.value_plane);
    }
    if (target.dtype == DType::u8 || target.dtype == DType::u16) {
      round_values(memory.values, 3 * memory.value_plane, bits, memory.integers);
    }
    uint8_t* out_row = target.data + target.row_stride * y;
    if (target.order == Order::chw) {
      emit_row<Store::planes>(memory, scaled, across.output, math.max, out_row);
    } else if (target.channels == 4) {
      emit_row<Store::rgba>(memory, scaled, across.output, math.max, out_row);
    } else {
      emit_row<Store::rgb>(memory, scaled, across.output, math.max, out_row);
    }
  }
}

#endif

}  // namespace cuf::pixels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cuf::pixels {
HWY_EXPORT(resized);

namespace simd {

void to_rgb_resized(const Image& image, const RgbMath& math, const Resize& resize,
                    const RgbTarget& target, ResizeScratch& scratch) {
  HWY_DYNAMIC_DISPATCH(resized)(image, math, resize, target, scratch);
}

}  // namespace simd
}  // namespace cuf::pixels
#endif

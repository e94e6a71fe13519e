#include "cuda/kernels/picture_kernels.h"

#include <string>

#include "core/error.h"
#include "pixels/resize_math.h"

namespace cuf::cuda {
namespace {

using namespace cuf::pixels;

constexpr unsigned kMostBlocksDown = 65535;

unsigned blocks_for(int64_t count, int32_t of_a_block) {
  return static_cast<unsigned>((count + of_a_block - 1) / of_a_block);
}

Grid grid_of(int64_t threads_across, int64_t threads_down) {
  const Grid grid{.blocks_across = blocks_for(threads_across, kThreadsAcross),
                  .blocks_down = blocks_for(threads_down, kThreadsDown),
                  .threads_across = kThreadsAcross,
                  .threads_down = kThreadsDown};
  if (grid.blocks_down > kMostBlocksDown) {
    throw Error(Status::unsupported, "A conversion on the GPU makes at most " +
                                         std::to_string(int64_t{kMostBlocksDown} * kThreadsDown) +
                                         " rows, not " + std::to_string(threads_down));
  }
  return grid;
}

// Without chroma the identity matrix takes luma for all three, as any other does for no colour.
RgbMath math_of(const DeviceImage& image, const ColorSpec& color, DType dtype) {
  ColorSpec spec = color;
  if (image.chroma == ChromaLayout::none && spec.matrix == Matrix::identity) {
    spec.matrix = Matrix::bt601;
  }
  return rgb_math(spec, image.bit_depth, image.shift, dtype != DType::u8);
}

uint32_t alpha_of(const RgbMath& math, DType dtype) {
  switch (dtype) {
    case DType::f16:
      return float_to_half(1.0F);
    case DType::f32:
      return __builtin_bit_cast(uint32_t, 1.0F);
    case DType::u8:
    case DType::u16:
      break;
  }
  return static_cast<uint32_t>(math.max);
}

// The kernel for this arithmetic, of three that follow each other.
Kernel form_of(const RgbMath& math, Kernel narrow) {
  const int form = math.depth == 8 ? 0 : math.sums_are_64_bit ? 2 : 1;
  return static_cast<Kernel>(static_cast<int>(narrow) + form);
}

// Threads begin at columns from which surfaces can be loaded four samples at a time.
int32_t lead_of(const Crop& crop) {
  return crop.x % kThreadColumns;
}

int64_t sums_stride(const Crop& crop) {
  constexpr int64_t kColumns = 64;
  const int64_t columns = int64_t{lead_of(crop)} + crop.width;
  return (columns + kColumns - 1) / kColumns * kColumns * static_cast<int64_t>(sizeof(int16_t));
}

}  // namespace

PictureKernels::PictureKernels(KernelModules& modules, CUstream_st* stream)
    : modules_(modules), stream_(stream), tables_(modules.driver(), stream) {}

void PictureKernels::launch(Kernel kernel, const Grid& grid, void* parameters) {
  modules_.driver().launch(modules_.function_of(kernel), grid, stream_, &parameters);
}

void PictureKernels::to_rgb(const DeviceImage& image, const ColorSpec& color, const Crop& crop,
                            const DeviceTarget& target) {
  const RgbMath math = math_of(image, color, target.dtype);
  RgbParameters parameters{.image = image,
                           .target = target,
                           .math = math,
                           .alpha = alpha_of(math, target.dtype),
                           .crop_x = crop.x,
                           .crop_y = crop.y,
                           .width = crop.width,
                           .height = crop.height};
  // A crop from an odd row has the first row of a thread above it.
  const int64_t rows = int64_t{crop.height} + crop.y % kThreadRows;
  const Grid grid = grid_of((crop.width + kThreadColumns - 1) / kThreadColumns,
                            (rows + kThreadRows - 1) / kThreadRows);
  launch(form_of(math, Kernel::rgb_narrow), grid, &parameters);
}

size_t PictureKernels::scratch_bytes(const Resize& resize) {
  return static_cast<size_t>(sums_stride(resize.crop())) * 3 *
         static_cast<size_t>(resize.down().output);
}

void PictureKernels::to_rgb_resized(const DeviceImage& image, const ColorSpec& color,
                                    const Resize& resize, const DeviceTarget& target) {
  const Crop& crop = resize.crop();
  const ResizeAxis& across = resize.across();
  const ResizeAxis& down = resize.down();
  if (across.output == crop.width && down.output == crop.height) {
    return to_rgb(image, color, crop, target);
  }
  const int32_t columns = lead_of(crop) + crop.width;
  const Grid down_grid = grid_of((columns + kThreadColumns - 1) / kThreadColumns, down.output);
  const Grid across_grid = grid_of(across.output, down.output);
  const size_t bytes = scratch_bytes(resize);
  if (bytes > scratch_.bytes()) {
    scratch_ = {};
    scratch_ = StreamMemory(modules_.driver(), stream_, bytes);
  }
  const RgbMath math = math_of(image, color, target.dtype);
  const int32_t bits = target.dtype == DType::u8 ? 8 : image.bit_depth;
  const DeviceSums sums{.data = scratch_.address(), .stride = sums_stride(crop)};
  ResizeDownParameters down_parameters{.image = image,
                                       .axis = tables_.on_device(down),
                                       .sums = sums,
                                       .math = math,
                                       .bits = bits,
                                       .image_x = crop.x - lead_of(crop),
                                       .image_y = crop.y,
                                       .columns = columns};
  ResizeAcrossParameters across_parameters{.axis = tables_.on_device(across),
                                           .sums = sums,
                                           .target = target,
                                           .bits = bits,
                                           .alpha = alpha_of(math, target.dtype),
                                           .lead = lead_of(crop),
                                           .height = down.output};
  for (float& scale : across_parameters.target.scale) scale *= resized_unit(bits);
  launch(form_of(math, Kernel::resize_down_narrow), down_grid, &down_parameters);
  launch(Kernel::resize_across, across_grid, &across_parameters);
}

void PictureKernels::to_yuv(const DeviceRgb& image, const ColorSpec& color, NativeFormat format,
                            const DeviceYuv& target) {
  const int depth = rgb_bit_depth(image.layout);
  YuvParameters parameters{
      .image = image,
      .target = target,
      .math = yuv_math(color, depth),
      .is_full = format == NativeFormat::yuv444 || format == NativeFormat::yuv444_16,
      .reserved = 0};
  const Grid grid = grid_of((image.width + kThreadColumns - 1) / kThreadColumns,
                            (int64_t{image.height} + kThreadRows - 1) / kThreadRows);
  launch(depth == 8 ? Kernel::yuv_narrow : Kernel::yuv_wide, grid, &parameters);
}

void PictureKernels::to_depth(DepthParameters plane, uint32_t from_bits, uint32_t to_bits,
                              bool full_range) {
  const bool is_narrow = to_bits < from_bits;
  const uint32_t bits = is_narrow ? from_bits - to_bits : to_bits - from_bits;
  plane.most = (1u << to_bits) - 1;
  plane.from_shift = from_bits > 8 ? 16 - from_bits : 0;
  plane.to_shift = to_bits > 8 ? 16 - to_bits : 0;
  plane.factor = full_range ? plane.most : is_narrow ? 1 : 1u << bits;
  plane.divisor = full_range ? (1u << from_bits) - 1 : is_narrow ? 1u << bits : 1;
  plane.half = plane.divisor / 2;
  const Grid grid = grid_of((plane.columns + kThreadColumns - 1) / kThreadColumns, plane.rows);
  launch(is_narrow ? Kernel::depth_narrow : Kernel::depth_wide, grid, &plane);
}

}  // namespace cuf::cuda

#include "cuda_converter.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace cuf;
using namespace cuda_clips;

namespace {

struct Recipe {
  const char* name;
  const char* arguments;
  const char* gpu;
  Format format;
};

constexpr Recipe kRecipes[] = {
    {"b_frames.mp4", "-c:v libx264 -bf 3 -g 10 -b_strategy 0", "h100", Format::nv12},
    {"vp9_odd.webm", "-c:v libvpx-vp9 -deadline realtime -vf scale=321:241", "h100", Format::nv12},
    {"vp9_full.webm",
     "-frames:v 4 -vf scale=161:147:out_range=pc -c:v libvpx-vp9 -deadline realtime -color_range "
     "pc",
     "h100", Format::nv12},
    {"hevc10.mp4", "-c:v libx265 -pix_fmt yuv420p10le -x265-params log-level=0", "h100",
     Format::p010},
    {"vp9_12_odd.webm",
     "-frames:v 4 -vf scale=161:147 -c:v libvpx-vp9 -deadline realtime -pix_fmt yuv420p12le",
     "h100", Format::p016},
    {"hevc444.mp4", "-c:v libx265 -pix_fmt yuv444p -x265-params log-level=0 -vf scale=321:241",
     "h100", Format::yuv444},
    {"hevc444_10.mp4",
     "-frames:v 4 -vf scale=161:147 -c:v libx265 -pix_fmt yuv444p10le -x265-params log-level=0",
     "h100", Format::yuv444_16},
    {"hevc422.mp4",
     "-frames:v 4 -vf scale=162:147 -c:v libx265 -pix_fmt yuv422p -x265-params log-level=0", "b200",
     Format::nv16},
    {"hevc422_10.mp4",
     "-frames:v 4 -vf scale=162:147 -c:v libx265 -pix_fmt yuv422p10le -x265-params log-level=0",
     "b200", Format::p210},
    {"hevc422_12.mp4",
     "-frames:v 4 -vf scale=162:147 -c:v libx265 -pix_fmt yuv422p12le -x265-params log-level=0",
     "b200", Format::p216},
};

TensorOptions with(Layout layout, Dtype dtype, uint32_t channels = 3) {
  TensorOptions options;
  options.layout = layout;
  options.dtype = dtype;
  options.channels = channels;
  return options;
}

TensorOptions normalized(TensorOptions options) {
  for (int i = 0; i < 3; ++i) {
    options.mean[i] = kModelInput.mean[i];
    options.deviation[i] = kModelInput.deviation[i];
  }
  return options;
}

TensorOptions cut(TensorOptions options, const pixels::Crop& crop, uint32_t width = 0,
                  uint32_t height = 0) {
  options.crop = crop;
  options.width = width;
  options.height = height;
  return options;
}

// Crops lie within the smallest clip.
std::vector<TensorOptions> all_options() {
  const TensorOptions rgb = with(Layout::hwc, Dtype::uint8);
  const TensorOptions half = normalized(with(Layout::chw, Dtype::float16));
  const TensorOptions full = normalized(with(Layout::hwc, Dtype::float32));
  const TensorOptions wide = with(Layout::hwc, Dtype::uint16);
  TensorOptions other_color = with(Layout::chw, Dtype::uint8);
  other_color.color = {.matrix = 9, .range = 2};
  return {rgb,
          with(Layout::chw, Dtype::uint8),
          with(Layout::hwc, Dtype::uint8, 4),
          wide,
          with(Layout::hwc, Dtype::uint16, 4),
          half,
          full,
          normalized(with(Layout::hwc, Dtype::float32, 4)),
          other_color,
          cut(rgb, {3, 5, 61, 43}),
          cut(rgb, {}, 33, 45),
          cut(half, {}, 24, 24),
          cut(full, {1, 1, 90, 70}, 47, 140),
          cut(wide, {2, 3, 77, 51}, 200, 19),
          cut(half, {7, 0, 84, 71}, 31, 30)};
}

void check_same_properties(const Picture& ours, const Picture& cpu) {
  CHECK(ours.format == cpu.format);
  CHECK(ours.dtype == cpu.dtype);
  CHECK(ours.bit_depth == cpu.bit_depth);
  CHECK(ours.width == cpu.width);
  CHECK(ours.height == cpu.height);
  CHECK(ours.pts == cpu.pts);
  CHECK(ours.duration == cpu.duration);
  CHECK(ours.picture_type == cpu.picture_type);
  CHECK(ours.color.matrix == cpu.color.matrix);
  CHECK(ours.color.full_range == cpu.color.full_range);
  REQUIRE(ours.plane_count == cpu.plane_count);
  for (uint32_t i = 0; i < ours.plane_count; ++i) {
    CHECK(ours.planes[i].data - ours.block == cpu.planes[i].data - cpu.block);
    CHECK(ours.planes[i].stride == cpu.planes[i].stride);
    CHECK(ours.planes[i].rows == cpu.planes[i].rows);
    CHECK(ours.planes[i].row_bytes == cpu.planes[i].row_bytes);
  }
}

std::string name_of(const TensorOptions& options) {
  return "layout " + std::to_string(static_cast<int>(options.layout)) + ", dtype " +
         std::to_string(static_cast<int>(options.dtype)) + ", channels " +
         std::to_string(options.channels) + ", crop " + std::to_string(options.crop.width) +
         ", width " + std::to_string(options.width);
}

}  // namespace

TEST_CASE("Tensors made on the GPU are those of the CPU, byte for byte") {
  for (const Recipe& recipe : kRecipes) {
    INFO(std::string(recipe.name));
    const Setting setting("gpu", recipe.gpu);
    {
      const auto gpu = open_gpu();
      const Twins twins(*gpu, clips::make(recipe.name, recipe.arguments), 2);
      CHECK(twins.on_gpu[0].format == recipe.format);
      const auto memory = host_memory();
      for (const TensorOptions& options : all_options()) {
        INFO(name_of(options));
        const Picture ours = convert_to_tensor(twins.on_gpu[1], options, *memory);
        const Picture cpu = convert_to_tensor(twins.on_cpu[1], options, *memory);
        CHECK(ours.device != nullptr);
        CHECK(ours.converter == twins.on_gpu[1].converter);
        check_same_properties(ours, cpu);
        CHECK(bytes_of(ours) == bytes_of(cpu));
      }
    }
    check_nothing_left();
  }
}

TEST_CASE("Frames are handed out as they are asked for, on the GPU or on the host") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, b_frames(), 3);
    const auto memory = host_memory();
    for (const ColorType type : {ColorType::native, ColorType::rgb, ColorType::rgbp}) {
      for (const bool is_on_host : {false, true}) {
        const OutputOptions options{.type = type, .color = {}, .is_on_host = is_on_host};
        for (size_t i = 0; i < 3; ++i) {
          const Picture ours = convert_output(twins.on_gpu[i], options, *memory);
          const Picture cpu = convert_output(twins.on_cpu[i], options, *memory);
          CHECK((ours.device == nullptr) == is_on_host);
          CHECK((ours.converter == nullptr) == is_on_host);
          check_same_properties(ours, cpu);
          CHECK(bytes_of(ours) == bytes_of(cpu));
        }
      }
    }
  }
  check_nothing_left();
}

TEST_CASE("What cannot be converted is refused, and nothing is done") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, b_frames(), 1);
    const auto memory = host_memory();
    const Picture rgb = convert_to_tensor(twins.on_gpu[0], {}, *memory);
    const Error twice = clips::error_of([&] { convert_to_tensor(rgb, {}, *memory); });
    CHECK(twice.status == Status::unsupported);
    CHECK(clips::contains(twice.what(), "convert the native one"));
    TensorOptions options;
    options.color.matrix = 11;
    const Error matrix =
        clips::error_of([&] { convert_to_tensor(twins.on_gpu[0], options, *memory); });
    CHECK(matrix.status == Status::unsupported);
    CHECK(clips::contains(matrix.what(), "matrix coefficients 11"));
    const Error elsewhere =
        clips::error_of([&] { rgb.converter->to_tensor(twins.on_cpu[0], twins.shape({})); });
    CHECK(elsewhere.status == Status::invalid_argument);
    CHECK_THROWS_AS(rgb.converter->to_host(twins.on_cpu[0], *memory), Error);
    CHECK(cufsim_calls("cuStreamSynchronize") == 1);  // of the decoder's end
  }
  check_nothing_left();
}

// The copies out of the decoder are under way when the conversions are told.
TEST_CASE("Conversions on a slow stream keep their order") {
  const Setting setting("stream_delay_us", "1000");
  {
    const auto gpu = open_gpu();
    const auto demuxer = clips::open(b_frames(), true);
    const auto decoder = gpu->create_decoder(options_for(*demuxer));
    const auto memory = host_memory();
    std::vector<Picture> tensors;
    const auto convert = [&] {
      for (Picture picture; decoder->receive(picture); picture = {}) {
        // The picture's memory, and that of this tensor, is used again at once.
        const Picture unused = convert_to_tensor(picture, {}, *memory);
        tensors.push_back(convert_to_tensor(picture, kModelInput, *memory));
      }
    };
    for (Packet packet; demuxer->read(packet);) {
      decoder->send(packet);
      convert();
    }
    decoder->send_end();
    convert();
    CHECK(cufsim_queued() > 0);
    const std::vector<Picture> cpu = pictures_on_cpu(b_frames(), 24);
    REQUIRE(tensors.size() == cpu.size());
    for (size_t i = 0; i < cpu.size(); ++i) {
      CHECK(bytes_of(tensors[i]) == tensor_on_cpu(cpu[i], kModelInput));
    }
  }
  check_nothing_left();
}

TEST_CASE("A tensor outlives the decoder, the picture and the GPU's object") {
  cufsim_reset();
  {
    std::vector<Picture> pictures;
    Picture tensor;
    std::string wanted;
    std::string wanted_later;
    const auto memory = host_memory();
    {
      const auto gpu = open_gpu();
      Twins twins(*gpu, b_frames(), 2);
      tensor = convert_to_tensor(twins.on_gpu[0], kModelInput, *memory);
      wanted = tensor_on_cpu(twins.on_cpu[0], kModelInput);
      wanted_later = tensor_on_cpu(twins.on_cpu[1], {});
      pictures.push_back(twins.on_gpu[1]);
      gpu->trim();
    }
    CHECK(bytes_of(tensor) == wanted);
    CHECK(bytes_of(convert_to_tensor(pictures[0], {}, *memory)) == wanted_later);
    const Picture on_host = tensor.converter->to_host(tensor, *memory);
    tensor = {};
    pictures.clear();
    CHECK(cufsim_count("contexts") == 1);
    CHECK(bytes_of(on_host) == wanted);
  }
  check_nothing_left();
}

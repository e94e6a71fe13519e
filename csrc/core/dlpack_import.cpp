#include "core/dlpack_import.h"

#include <string>
#include <utility>

namespace cuf::dlpack {
namespace {

constexpr uint32_t kKnownMajor = 1;
constexpr uint64_t kLegacyStream = 1;  // CU_STREAM_LEGACY
constexpr int64_t kLargestLength = 3 * 65536;

// Arrays that pictures of a format are.
enum class Form {
  rows,    // [rows of all planes, samples]
  planes,  // [3, H, W]
  pixels,  // [H, W, samples]
  words    // [H, W]
};

struct Wanted {
  Form form;
  uint32_t bytes;  // of an element
  int64_t depth;   // samples of a pixel
  std::string text;
};

Wanted wanted_for(EncoderFormat format) {
  switch (arrangement_of(format)) {
    case Format::nv12:
    case Format::i420:
      return {Form::rows, 1, 0, "uint8 [H * 3 / 2, W]"};
    case Format::p010:
      return {Form::rows, 2, 0, "uint16 [H * 3 / 2, W]"};
    case Format::nv16:
      return {Form::rows, 1, 0, "uint8 [H * 2, W]"};
    case Format::p210:
      return {Form::rows, 2, 0, "uint16 [H * 2, W]"};
    case Format::yuv444:
    case Format::rgbp:
      return {Form::planes, 1, 0, "uint8 [3, H, W]"};
    case Format::yuv444_16:
      return {Form::planes, 2, 0, "uint16 [3, H, W]"};
    case Format::rgb:
      return {Form::pixels, 1, 3, "uint8 [H, W, 3]"};
    case Format::rgba:
    case Format::bgra:
      return {Form::pixels, 1, 4, "uint8 [H, W, 4]"};
    default:
      return {Form::words, 4, 0, "uint32 [H, W]"};
  }
}

std::string text_of(const Array& array) {
  const char* type = array.dtype.code == TypeCode::floating           ? "float"
                     : array.dtype.code == TypeCode::integer          ? "int"
                     : array.dtype.code == TypeCode::unsigned_integer ? "uint"
                                                                      : "type";
  std::string text = type + std::to_string(array.dtype.bits) + " [";
  for (int32_t i = 0; i < array.dimensions && i < 8; ++i) {
    text += (i > 0 ? ", " : "") + std::to_string(array.shape[i]);
  }
  return text + "]";
}

[[noreturn]] void refuse(const Array& array, EncoderFormat format, const Wanted& wanted) {
  throw Error(Status::invalid_argument, "A DLPack array of " +
                                            std::string(encoder_format_name(format)) + " is " +
                                            wanted.text + ", not " + text_of(array));
}

// Signed integers of the same size are taken, too: older libraries know no uint16.
bool has_type(const Array& array, const Wanted& wanted) {
  const bool is_integer =
      array.dtype.code == TypeCode::unsigned_integer || array.dtype.code == TypeCode::integer;
  return is_integer && array.dtype.lanes == 1 && array.dtype.bits == 8 * wanted.bytes;
}

bool has_shape(const Array& array, const Wanted& wanted) {
  const bool is_flat = wanted.form == Form::rows || wanted.form == Form::words;
  if (array.dimensions != (is_flat ? 2 : 3) || !array.shape) return false;
  for (int32_t i = 0; i < array.dimensions; ++i) {
    if (array.shape[i] < 1 || array.shape[i] > kLargestLength) return false;
  }
  if (wanted.form == Form::planes) return array.shape[0] == 3;
  return is_flat || array.shape[2] == wanted.depth;
}

struct Geometry {
  uint32_t width = 0;
  uint32_t height = 0;
  int64_t row_stride = 0;    // bytes
  int64_t plane_stride = 0;  // bytes, of Form::planes
};

// Of an array whose shape is right.
Geometry geometry_of(const Array& array, EncoderFormat format, const Wanted& wanted) {
  const int32_t row = wanted.form == Form::planes ? 1 : 0;
  const int64_t rows = array.shape[row];
  const int64_t columns = array.shape[row + 1];
  const int64_t samples = wanted.form == Form::pixels ? columns * wanted.depth : columns;
  Geometry geometry;
  geometry.row_stride = samples * wanted.bytes;
  geometry.plane_stride = geometry.row_stride * rows;
  if (const int64_t* strides = array.strides) {
    const bool is_dense = strides[array.dimensions - 1] == 1 &&
                          (wanted.form != Form::pixels || strides[1] == wanted.depth);
    const bool is_apart = strides[row] >= samples && strides[row] <= INT32_MAX / wanted.bytes;
    if (!is_dense || !is_apart) {
      throw Error(Status::invalid_argument,
                  "The rows of a DLPack array to encode are without gaps, one behind another; "
                  "make a contiguous copy of it");
    }
    geometry.row_stride = strides[row] * wanted.bytes;
    if (row == 1) geometry.plane_stride = strides[0] * wanted.bytes;
  }
  const bool is_420 =
      family_of(format) == SampleFamily::c420_8 || family_of(format) == SampleFamily::c420_16;
  int64_t height = rows;
  if (wanted.form == Form::rows) height = is_420 ? rows / 3 * 2 : rows / 2;
  if (wanted.form == Form::rows && rows != (is_420 ? height / 2 * 3 : height * 2)) {
    refuse(array, format, wanted);
  }
  geometry.width = static_cast<uint32_t>(columns);
  geometry.height = static_cast<uint32_t>(height);
  require_encoder_size(format, geometry.width, geometry.height);
  return geometry;
}

Picture picture_at(const uint8_t* data, const Array& array, EncoderFormat format) {
  const Wanted wanted = wanted_for(format);
  if (array.dimensions < 0 || !has_type(array, wanted) || !has_shape(array, wanted)) {
    refuse(array, format, wanted);
  }
  const Geometry geometry = geometry_of(array, format, wanted);
  const auto [width, height, row_stride, plane_stride] = geometry;
  if (wanted.form == Form::planes) {
    Plane planes[3];
    for (int i = 0; i < 3; ++i) {
      planes[i] = {.data = data + plane_stride * i,
                   .stride = row_stride,
                   .rows = height,
                   .row_bytes = width * wanted.bytes};
    }
    return picture_of_planes(format, width, height, planes);
  }
  const bool is_packed = row_stride == int64_t{width} * wanted.bytes;
  if (arrangement_of(format) == Format::i420 && !is_packed) {
    throw Error(Status::invalid_argument,
                "The rows of planar 4:2:0 differ in length, so that an array of it has no padding; "
                "make a contiguous copy of it");
  }
  const int64_t rows = array.shape[0];
  return picture_in(format, width, height, data, static_cast<size_t>(rows * row_stride),
                    static_cast<uint32_t>(row_stride));
}

bool is_host(DeviceType type) {
  return type == DeviceType::cpu || type == DeviceType::cuda_host;
}

void require_reach(const Device& device, const GpuPort* gpu) {
  if (is_host(device.type)) return;
  const bool is_cuda = device.type == DeviceType::cuda || device.type == DeviceType::cuda_managed;
  if (is_cuda && gpu && device.id == gpu->ordinal()) return;
  throw Error(Status::unsupported,
              is_cuda ? "The array is in the memory of GPU " + std::to_string(device.id) +
                            ", which this device is not on; copy it to the host, or make the "
                            "device there"
                      : "The array is on a device of DLPack's type " +
                            std::to_string(static_cast<int32_t>(device.type)) +
                            "; memory of the host and of CUDA is taken");
}

const Array& array_at(void* managed, Version version) {
  if (version == Version::legacy) return static_cast<ManagedArray*>(managed)->array;
  const auto* versioned = static_cast<VersionedArray*>(managed);
  if (versioned->major != kKnownMajor) {
    throw Error(Status::unsupported, "The array is of DLPack " + std::to_string(versioned->major) +
                                         ", of which only 1 is known here");
  }
  return versioned->array;
}

}  // namespace

Claim::~Claim() {
  if (!is_taken_) return;
  if (version_ == Version::legacy) {
    auto* array = static_cast<ManagedArray*>(managed_);
    if (array->deleter) array->deleter(array);
  } else {
    auto* array = static_cast<VersionedArray*>(managed_);
    if (array->deleter) array->deleter(array);
  }
}

Imported import_array(uint64_t address, Version version, EncoderFormat format,
                      std::optional<uint64_t> stream, GpuPort* gpu) {
  if (address == 0) throw Error(Status::invalid_argument, "The address of a DLPack array is 0");
  void* const managed = reinterpret_cast<void*>(address);
  const Array& array = array_at(managed, version);
  require_reach(array.device, gpu);
  if (!array.data) throw Error(Status::invalid_argument, "The DLPack array has no memory");
  const auto* data = static_cast<const uint8_t*>(array.data) + array.byte_offset;
  if (stream && is_host(array.device.type)) {
    throw Error(Status::invalid_argument, "A stream is for memory of a GPU only");
  }
  Imported imported{.picture = picture_at(data, array, format),
                    .claim = std::make_shared<Claim>(managed, version)};
  if (is_host(array.device.type)) {
    imported.picture.owner = imported.claim;
  } else {
    gpu->adopt(imported.picture, imported.claim, stream.value_or(kLegacyStream));
  }
  return imported;
}

}  // namespace cuf::dlpack

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "core/dlpack_import.h"

using namespace cuf;
using namespace cuf::dlpack;

namespace {

// An array of another library's, whose deleter counts.
struct Foreign {
  std::vector<uint8_t> memory = std::vector<uint8_t>(4096);
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;
  int deleted = 0;
  VersionedArray versioned{};
  ManagedArray legacy{};

  explicit Foreign(std::vector<int64_t> lengths, std::vector<int64_t> steps = {},
                   TypeCode code = TypeCode::unsigned_integer, uint8_t bits = 8)
      : shape(std::move(lengths)), strides(std::move(steps)) {
    const Array array{.data = memory.data(),
                      .device = {DeviceType::cpu, 0},
                      .dimensions = static_cast<int32_t>(shape.size()),
                      .dtype = {code, bits, 1},
                      .shape = shape.data(),
                      .strides = strides.empty() ? nullptr : strides.data(),
                      .byte_offset = 16};
    versioned = {.major = 1,
                 .minor = 0,
                 .context = this,
                 .deleter = [](VersionedArray* self) { ++of(self->context).deleted; },
                 .flags = 0,
                 .array = array};
    legacy = {.array = array, .context = this, .deleter = [](ManagedArray* self) {
                ++of(self->context).deleted;
              }};
  }
  Foreign(const Foreign&) = delete;
  static Foreign& of(void* context) { return *static_cast<Foreign*>(context); }

  Imported import(EncoderFormat format, Version version = Version::versioned) {
    const auto address = version == Version::legacy ? reinterpret_cast<uint64_t>(&legacy)
                                                    : reinterpret_cast<uint64_t>(&versioned);
    return import_array(address, version, format, {}, nullptr);
  }
  // Why it is not taken; its deleter is then not called.
  std::string refusal(EncoderFormat format) {
    std::string text;
    try {
      import(format);
    } catch (const Error& error) {
      text = error.what();
    }
    CHECK(deleted == 0);
    return text;
  }
  ptrdiff_t offset(const Plane& plane) const { return plane.data - memory.data(); }
};

}  // namespace

TEST_CASE("an array's deleter is called once, when the last holder lets go") {
  for (const Version version : {Version::versioned, Version::legacy}) {
    Foreign array({6, 8});
    {
      Imported imported = array.import(EncoderFormat::nv12, version);
      imported.claim->take();
      const auto copy = std::make_shared<const Picture>(imported.picture);
      imported = {};
      CHECK(array.deleted == 0);
    }
    CHECK(array.deleted == 1);
    // Without take() it stays the caller's.
    array.import(EncoderFormat::nv12, version);
    CHECK(array.deleted == 1);
  }
}

TEST_CASE("an array is the picture that its shape says, at its offset and strides") {
  Foreign nv12({6, 8}, {16, 1});
  Picture picture = nv12.import(EncoderFormat::nv12).picture;
  CHECK(picture.width == 8);
  CHECK(picture.height == 4);
  CHECK(picture.format == Format::nv12);
  CHECK(nv12.offset(picture.planes[0]) == 16);
  CHECK(nv12.offset(picture.planes[1]) == 16 + 4 * 16);
  CHECK(picture.planes[1].stride == 16);
  CHECK(picture.planes[1].rows == 2);

  Foreign yv12({6, 8});
  picture = yv12.import(EncoderFormat::yv12).picture;
  CHECK(yv12.offset(picture.planes[2]) == 16 + 32);  // V comes first
  CHECK(yv12.offset(picture.planes[1]) == 16 + 40);

  Foreign p010({6, 8}, {12, 1}, TypeCode::integer, 16);
  picture = p010.import(EncoderFormat::p010).picture;
  CHECK(picture.planes[0].stride == 24);
  CHECK(p010.offset(picture.planes[1]) == 16 + 4 * 24);

  Foreign p210({8, 8}, {}, TypeCode::unsigned_integer, 16);
  CHECK(p210.import(EncoderFormat::p210).picture.height == 4);

  Foreign planes({3, 4, 8}, {100, 10, 1});
  picture = planes.import(EncoderFormat::rgbp).picture;
  CHECK(planes.offset(picture.planes[2]) == 16 + 200);
  CHECK(picture.planes[2].stride == 10);

  Foreign pixels({4, 5, 4}, {24, 4, 1});
  picture = pixels.import(EncoderFormat::argb).picture;
  CHECK(picture.format == Format::bgra);
  CHECK(picture.planes[0].stride == 24);
  CHECK(picture.planes[0].row_bytes == 20);

  Foreign words({4, 5}, {}, TypeCode::unsigned_integer, 32);
  CHECK(words.import(EncoderFormat::abgr10).picture.format == Format::rgb10);
}

TEST_CASE("another array is refused with the shape and type that the format has") {
  CHECK(Foreign({6, 8}, {}, TypeCode::floating, 32).refusal(EncoderFormat::nv12) ==
        "A DLPack array of NV12 is uint8 [H * 3 / 2, W], not float32 [6, 8]");
  CHECK(Foreign({7, 8}).refusal(EncoderFormat::iyuv) ==
        "A DLPack array of IYUV is uint8 [H * 3 / 2, W], not uint8 [7, 8]");
  CHECK(Foreign({4, 8, 3}).refusal(EncoderFormat::yuv444) ==
        "A DLPack array of YUV444 is uint8 [3, H, W], not uint8 [4, 8, 3]");
  CHECK(Foreign({4, 8, 3}).refusal(EncoderFormat::abgr) ==
        "A DLPack array of ABGR is uint8 [H, W, 4], not uint8 [4, 8, 3]");
  CHECK(Foreign({4, 8}).refusal(EncoderFormat::argb10) ==
        "A DLPack array of ARGB10 is uint32 [H, W], not uint8 [4, 8]");
  CHECK(Foreign({0, 8}).refusal(EncoderFormat::nv12).ends_with("not uint8 [0, 8]"));
  CHECK(Foreign({4, 8, 3}, {24, 1, 8}).refusal(EncoderFormat::rgb).starts_with("The rows of"));
  CHECK(Foreign({6, 8}, {-8, 1}).refusal(EncoderFormat::nv12).starts_with("The rows of"));
  CHECK(Foreign({6, 8}, {9, 1}).refusal(EncoderFormat::iyuv).starts_with("The rows of planar"));
  Foreign elsewhere({6, 8});
  elsewhere.versioned.array.device = {DeviceType::cuda, 3};
  CHECK(elsewhere.refusal(EncoderFormat::nv12).starts_with("The array is in the memory of GPU 3"));
  Foreign newer({6, 8});
  newer.versioned.major = 2;
  CHECK(newer.refusal(EncoderFormat::nv12).starts_with("The array is of DLPack 2"));
}

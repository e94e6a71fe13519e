#include <array>
#include <optional>
#include <string>

#include "abi/boundary.h"
#include "abi/encoder_desc.h"
#include "abi/frame_info.h"
#include "core/dlpack_import.h"
#include "core/registry.h"

using namespace cuf;
using namespace cuf::abi;

namespace {

// Samples of two bytes and words of four start at multiples of that.
uint32_t alignment_of(EncoderFormat format) {
  if (significant_bits(format) == 8) return 1;
  return family_of(format) == SampleFamily::rgb_10 ? 4 : 2;
}

Picture imported_picture(const CufImportDesc& desc) {
  const EncoderFormat format = encoder_format_of(desc.format);
  require_encoder_size(format, desc.width, desc.height);
  const PlaneSizes sizes = plane_sizes(arrangement_of(format), desc.width, desc.height);
  const std::string name(encoder_format_name(format));
  const auto expect = [&](bool condition, const std::string& what) {
    if (!condition) throw Error(Status::invalid_argument, name + " has " + what);
  };
  expect(desc.plane_count == sizes.count,
         std::to_string(sizes.count) + " planes, not " + std::to_string(desc.plane_count));
  std::array<Plane, 3> planes;
  const uint32_t alignment = alignment_of(format);
  for (uint32_t i = 0; i < sizes.count; ++i) {
    const CufPlane& given = desc.planes[i];
    const PlaneSize& size = sizes.planes[i];
    const std::string plane = "in plane " + std::to_string(i) + " ";
    expect(given.address != 0 && given.address % alignment == 0,
           plane + "an address that is a multiple of " + std::to_string(alignment));
    expect(given.rows == size.rows && given.row_bytes == size.row_bytes,
           plane + std::to_string(size.rows) + " rows of " + std::to_string(size.row_bytes) +
               " bytes, not " + std::to_string(given.rows) + " of " +
               std::to_string(given.row_bytes));
    expect(given.stride_bytes >= 0 && static_cast<uint32_t>(given.stride_bytes) >= size.row_bytes &&
               static_cast<uint32_t>(given.stride_bytes) % alignment == 0,
           plane + "a stride of at least " + std::to_string(size.row_bytes) +
               " bytes, a multiple of " + std::to_string(alignment) + ", not " +
               std::to_string(given.stride_bytes));
    planes[i] = {.data = reinterpret_cast<const uint8_t*>(given.address),
                 .stride = given.stride_bytes,
                 .rows = size.rows,
                 .row_bytes = size.row_bytes};
  }
  return picture_of_planes(format, desc.width, desc.height, planes.data());
}

}  // namespace

extern "C" {

int32_t cuf_frame_import(uint32_t device, const CufImportDesc* desc, uint32_t* out_frame,
                         CufError* error) {
  return guarded(error, [&] {
    require(out_frame != nullptr, "The buffer for the frame's handle is missing");
    const auto target = object_of<Device>(device);
    const CufImportDesc options = read_struct(desc);
    if (!target->gpu.port) {
      throw Error(Status::unsupported,
                  "A device on the CPU reads no memory of a GPU; copy it to the host, or ask for "
                  "a device with backend \"cuda\"");
    }
    Picture picture = imported_picture(options);
    target->gpu.port->adopt(picture, nullptr, options.stream);
    *out_frame = add_frame(target, std::make_shared<const Picture>(std::move(picture)));
    return CUF_OK;
  });
}

int32_t cuf_frame_from_dlpack(uint32_t device, const CufDlpackImport* desc, uint32_t* out_frame,
                              CufError* error) {
  return guarded(error, [&] {
    require(out_frame != nullptr, "The buffer for the frame's handle is missing");
    const auto target = object_of<Device>(device);
    const CufDlpackImport options = read_struct(desc);
    const auto version = checked_enum<dlpack::Version>(options.version, CUF_DLPACK_LEGACY,
                                                       "Unknown version of DLPack");
    require(options.is_complete <= 1, "is_complete is 0 or 1");
    require(options.is_complete == 0 || options.stream == 0,
            "A DLPack array that is complete has no stream");
    std::optional<uint64_t> stream;
    if (options.is_complete || options.stream != 0) stream = options.stream;
    dlpack::Imported imported =
        dlpack::import_array(options.address, version, encoder_format_of(options.format), stream,
                             target->gpu.port.get());
    *out_frame = add_frame(target, std::make_shared<const Picture>(std::move(imported.picture)));
    imported.claim->take();
    return CUF_OK;
  });
}

}  // extern "C"

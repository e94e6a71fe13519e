#include "core/source.h"

#include "abi/boundary.h"
#include "core/registry.h"

using namespace cuf;
using namespace cuf::abi;

extern "C" {

int32_t cuf_source_create(uint32_t device, const CufSourceDesc* desc, uint32_t* out_source,
                          CufError* error) {
  return guarded(error, [&] {
    const CufSourceDesc options = read_struct(desc);
    require(out_source != nullptr, "The buffer for the source's handle is missing");
    const auto kind =
        checked_enum<SourceKind>(options.kind, CUF_SOURCE_MEMORY, "Unknown kind of source");
    auto source =
        make_source(object_of<Device>(device), kind, options.size_bytes, options.event_ticket);
    *out_source = Registry::instance().add(std::move(source), device);
    return CUF_OK;
  });
}

int32_t cuf_source_write(uint32_t source, const uint8_t* data, uint32_t length) {
  return guarded(nullptr, [&] {
    require_buffer(data, length);
    return static_cast<int32_t>(object_of<Source>(source)->write(data, std::min(length, 1u << 30)));
  });
}

int32_t cuf_source_finish(uint32_t source) {
  return guarded(nullptr, [&] {
    object_of<Source>(source)->finish();
    return CUF_OK;
  });
}

int32_t cuf_source_fail(uint32_t source, const uint8_t* message, uint32_t length) {
  return guarded(nullptr, [&] {
    require_buffer(message, length);
    object_of<Source>(source)->fail(
        std::string(reinterpret_cast<const char*>(message), message ? length : 0));
    return CUF_OK;
  });
}

}  // extern "C"

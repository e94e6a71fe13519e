#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/frame.h"

// DLPack's structs, from the layout that its specification 1.0 gives
// (dmlc.github.io/dlpack/latest/c_api.html): what other libraries take an array's memory by.
namespace cuf::dlpack {

enum class DeviceType : int32_t { cpu = 1, cuda = 2, cuda_host = 3, cuda_managed = 13 };
enum class TypeCode : uint8_t { integer = 0, unsigned_integer = 1, floating = 2 };

inline constexpr uint64_t kFlagReadOnly = 1;

struct Device {
  DeviceType type;
  int32_t id;
};

struct DataType {
  TypeCode code;
  uint8_t bits;
  uint16_t lanes;
};

struct Array {
  void* data;
  Device device;
  int32_t dimensions;
  DataType dtype;
  int64_t* shape;
  int64_t* strides;  // in elements
  uint64_t byte_offset;
};

// The legacy DLManagedTensor.
struct ManagedArray {
  Array array;
  void* context;
  void (*deleter)(ManagedArray* self);
};

// DLManagedTensorVersioned.
struct VersionedArray {
  uint32_t major;
  uint32_t minor;
  void* context;
  void (*deleter)(VersionedArray* self);
  uint64_t flags;
  Array array;
};

static_assert(sizeof(Array) == 48 && offsetof(Array, device) == 8);
static_assert(offsetof(Array, dimensions) == 16 && offsetof(Array, dtype) == 20);
static_assert(offsetof(Array, shape) == 24 && offsetof(Array, strides) == 32);
static_assert(offsetof(Array, byte_offset) == 40 && sizeof(DataType) == 4);
static_assert(sizeof(ManagedArray) == 64 && offsetof(ManagedArray, context) == 48);
static_assert(offsetof(ManagedArray, deleter) == 56);
static_assert(sizeof(VersionedArray) == 80 && offsetof(VersionedArray, context) == 8);
static_assert(offsetof(VersionedArray, deleter) == 16 && offsetof(VersionedArray, flags) == 24);
static_assert(offsetof(VersionedArray, array) == 32);

enum class Version : uint32_t { versioned, legacy };

inline constexpr int32_t kWholePicture = -1;

class Export;

// What the exporting side holds until a consumer has taken the array over: closing it frees the
// array, unless release() was called before or a consumer's deleter was quicker.
class Capsule : public Object {
 public:
  static constexpr ObjectKind kKind = ObjectKind::dlpack_capsule;

  // The memory of one plane, or of the whole picture as one array. Throws Error(unsupported) where
  // the planes form none, and for a legacy array that only a version can call read-only.
  Capsule(const Frame& frame, int32_t plane, Version version);
  ~Capsule() override;
  void close() noexcept override;
  void release() noexcept { is_released_ = true; }
  const void* address() const;  // of the VersionedArray or ManagedArray

 private:
  Export* exported_;
  std::atomic<bool> is_released_ = false;
};

}  // namespace cuf::dlpack

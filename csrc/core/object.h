#pragma once

#include <cstdint>
#include <memory>

namespace cuf {

enum class ObjectKind : uint8_t {
  queue,
  device,
  source,
  demuxer,
  decoder,
  sampler,
  encoder,
  frame,
  dlpack_capsule,
  answer,
  encoder_answer,
  sink,
  muxer,
  transcoder
};

// Anything that a handle names. close is called once by the registry; it must not block: it asks
// running work to stop.
class Object {
 public:
  explicit Object(ObjectKind kind) : kind(kind) {}
  virtual ~Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual void close() noexcept = 0;

  const ObjectKind kind;
};

}  // namespace cuf

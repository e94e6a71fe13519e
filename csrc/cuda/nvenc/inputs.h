#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cuda/gpu.h"
#include "cuda/nvenc/formats.h"
#include "cuda/nvenc/session.h"

namespace cuf::cuda {

// Pictures where NVENC reads them: copied into memory of its own, or, where a picture of ours lies
// in the GPU as NVENC wants it, in that; memory that is the caller's is copied, since it may be
// filled again before NVENC comes to it. All of it needs the context.
class NvencInputs {
 public:
  // Memory for pictures of at most that size. NVENC reads in the order of `reads`.
  NvencInputs(std::shared_ptr<const GpuResources> gpu, const NvencSession& session,
              const NvencFormat& format, uint32_t most_width, uint32_t most_height, CUstream reads);
  // Behind the session, which may read the memory as long as it lives.
  ~NvencInputs();
  NvencInputs(const NvencInputs&) = delete;
  NvencInputs& operator=(const NvencInputs&) = delete;

  class Buffer;
  // A picture that is mapped.
  struct Mapped {
    NV_ENC_INPUT_PTR input = nullptr;
    uint32_t pitch = 0;
    Buffer* buffer = nullptr;                    // of the pool; null: the picture's own memory
    NV_ENC_REGISTERED_PTR registered = nullptr;  // of that
    std::shared_ptr<const void> owner;           // of what is still read
  };

  // What NVENC reads is ordered behind what fills the picture, which is of the format and this
  // size.
  Mapped map(const Picture& picture);
  // When NVENC has read it.
  void unmap(Mapped& mapped) noexcept;
  // Before the session is closed; nothing is mapped any more.
  void unregister_all() noexcept;

 private:
  bool lies_as_wanted(const Picture& picture) const;
  Mapped map_directly(const Picture& picture);
  void map_copy(const Picture& picture, Mapped& mapped);
  Buffer& take_buffer();
  void register_for(Buffer& buffer, uint32_t width, uint32_t height);
  void copy(const Picture& picture, const Buffer& buffer);
  NVENCSTATUS try_register(CUdeviceptr address, uint32_t width, uint32_t height, uint32_t pitch,
                           NV_ENC_REGISTERED_PTR& registered);
  NVENCSTATUS try_map(NV_ENC_REGISTERED_PTR registered, NV_ENC_INPUT_PTR& input);

  const std::shared_ptr<const GpuResources> gpu_;
  const NvencSession& session_;
  const NvencFormat& format_;
  const uint32_t most_width_;
  const uint32_t most_height_;
  const CUstream reads_;
  // Copies wait for no picture that NVENC still works on, as what is put on `reads_` may.
  const Stream copies_;
  Event is_there_;  // the picture is
  std::vector<std::unique_ptr<Buffer>> buffers_;
  std::vector<Buffer*> idle_;
  bool takes_foreign_ = true;  // NVENC has not refused a picture's own memory
};

}  // namespace cuf::cuda

#include "cuda/nvenc/inputs.h"

#include <utility>

namespace cuf::cuda {
namespace {

// What cuMemAllocPitch takes for the widest access, which aligns rows best.
constexpr unsigned kElementBytes = 16;
// NVENC wants rows to begin at whole words.
constexpr uint32_t kPitchUnit = 4;

CUdeviceptr address_of(const uint8_t* data) {
  return reinterpret_cast<CUdeviceptr>(data);
}

}  // namespace

// Memory that a picture is copied into.
class NvencInputs::Buffer {
 public:
  Buffer(const GpuResources& gpu, size_t row_bytes, size_t rows) : gpu_(gpu) {
    bytes_ = row_bytes * rows;
    gpu_.memory->reserve(bytes_);
    size_t pitch = 0;
    const CudaFunctions& cuda = gpu_.context->cuda();
    CUresult result = cuda.cuMemAllocPitch(&address_, &pitch, row_bytes, rows, kElementBytes);
    if (status_of(result) == Status::out_of_memory) {
      // Memory that is kept for frames helps.
      gpu_.memory->trim();
      result = cuda.cuMemAllocPitch(&address_, &pitch, row_bytes, rows, kElementBytes);
    }
    pitch_ = static_cast<uint32_t>(pitch);
    if (result == CUDA_SUCCESS) return;
    gpu_.memory->unreserve(bytes_);
    throw make_error(
        result, "No GPU memory for " + std::to_string(bytes_) + " bytes of an encoder's input");
  }
  ~Buffer() {
    gpu_.context->cuda().cuMemFree(address_);
    gpu_.memory->unreserve(bytes_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  CUdeviceptr address() const { return address_; }
  uint32_t pitch() const { return pitch_; }

  NV_ENC_REGISTERED_PTR registered = nullptr;
  uint32_t width = 0;  // that it is registered for
  uint32_t height = 0;

 private:
  const GpuResources& gpu_;
  CUdeviceptr address_ = 0;
  uint32_t pitch_ = 0;
  uint64_t bytes_ = 0;
};

NvencInputs::NvencInputs(std::shared_ptr<const GpuResources> gpu, const NvencSession& session,
                         const NvencFormat& format, uint32_t most_width, uint32_t most_height,
                         CUstream reads)
    : gpu_(std::move(gpu)),
      session_(session),
      format_(format),
      most_width_(most_width),
      most_height_(most_height),
      reads_(reads),
      copies_(gpu_->context),
      is_there_(gpu_->context) {}

NvencInputs::~NvencInputs() = default;

NVENCSTATUS NvencInputs::try_register(CUdeviceptr address, uint32_t width, uint32_t height,
                                      uint32_t pitch, NV_ENC_REGISTERED_PTR& registered) {
  NV_ENC_REGISTER_RESOURCE resource{};
  resource.version = NV_ENC_REGISTER_RESOURCE_VER;
  resource.resourceType = NV_ENC_INPUT_RESOURCE_TYPE_CUDADEVICEPTR;
  resource.width = width;
  resource.height = height;
  resource.pitch = pitch;
  resource.resourceToRegister = reinterpret_cast<void*>(address);
  resource.bufferFormat = format_.buffer;
  resource.bufferUsage = NV_ENC_INPUT_IMAGE;
  const NVENCSTATUS status = session_.calls().nvEncRegisterResource(session_.handle(), &resource);
  registered = status == NV_ENC_SUCCESS ? resource.registeredResource : nullptr;
  return status;
}

NVENCSTATUS NvencInputs::try_map(NV_ENC_REGISTERED_PTR registered, NV_ENC_INPUT_PTR& input) {
  NV_ENC_MAP_INPUT_RESOURCE resource{};
  resource.version = NV_ENC_MAP_INPUT_RESOURCE_VER;
  resource.registeredResource = registered;
  const NVENCSTATUS status = session_.calls().nvEncMapInputResource(session_.handle(), &resource);
  input = status == NV_ENC_SUCCESS ? resource.mappedResource : nullptr;
  return status;
}

bool NvencInputs::lies_as_wanted(const Picture& picture) const {
  // Nobody has seen NVENC take memory of a stream-ordered pool.
  if (!takes_foreign_ || gpu_->memory->has_pool()) return false;
  const bool is_ours = dynamic_cast<const DeviceBlock*>(picture.device.get()) != nullptr;
  if (!is_ours) return false;
  const ptrdiff_t stride = picture.planes[0].stride;
  if (stride <= 0 || stride > UINT32_MAX || stride % kPitchUnit != 0) return false;
  const NvencLayout layout =
      nvenc_layout(format_, picture.width, picture.height, static_cast<uint32_t>(stride));
  for (uint32_t i = 0; i < layout.count; ++i) {
    const Plane& plane = picture.planes[i];
    if (plane.data != picture.planes[0].data + layout.planes[i].offset ||
        plane.stride != static_cast<ptrdiff_t>(layout.planes[i].pitch)) {
      return false;
    }
  }
  return true;
}

// Without an input where NVENC does not take the memory: it must be copied then.
NvencInputs::Mapped NvencInputs::map_directly(const Picture& picture) {
  Mapped mapped;
  mapped.pitch = static_cast<uint32_t>(picture.planes[0].stride);
  NVENCSTATUS status = try_register(address_of(picture.planes[0].data), picture.width,
                                    picture.height, mapped.pitch, mapped.registered);
  if (status == NV_ENC_SUCCESS) status = try_map(mapped.registered, mapped.input);
  if (status == NV_ENC_SUCCESS) {
    mapped.owner = picture.owner;
    return mapped;
  }
  const Error refusal = session_.error(status, "NVENC does not take a picture where it is");
  unmap(mapped);
  if (refusal.status == Status::device_lost) throw refusal;
  takes_foreign_ = false;
  return {};
}

NvencInputs::Buffer& NvencInputs::take_buffer() {
  if (idle_.empty()) {
    // So that giving one back takes no memory.
    idle_.reserve(buffers_.size() + 1);
    buffers_.push_back(std::make_unique<Buffer>(*gpu_, nvenc_row_bytes(format_, most_width_),
                                                nvenc_rows(format_, most_height_)));
    idle_.push_back(buffers_.back().get());
  }
  Buffer& buffer = *idle_.back();
  idle_.pop_back();
  return buffer;
}

void NvencInputs::register_for(Buffer& buffer, uint32_t width, uint32_t height) {
  if (buffer.registered && buffer.width == width && buffer.height == height) return;
  if (buffer.registered) {
    session_.calls().nvEncUnregisterResource(session_.handle(),
                                             std::exchange(buffer.registered, nullptr));
  }
  session_.check(try_register(buffer.address(), width, height, buffer.pitch(), buffer.registered),
                 "Could not register memory with NVENC");
  buffer.width = width;
  buffer.height = height;
}

void NvencInputs::copy(const Picture& picture, const Buffer& buffer) {
  const NvencLayout layout = nvenc_layout(format_, picture.width, picture.height, buffer.pitch());
  for (uint32_t i = 0; i < layout.count; ++i) {
    const Plane& from = picture.planes[i];
    CUDA_MEMCPY2D copy{};
    if (picture.device) {
      copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
      copy.srcDevice = address_of(from.data);
    } else {
      copy.srcMemoryType = CU_MEMORYTYPE_HOST;
      copy.srcHost = from.data;
    }
    copy.srcPitch = static_cast<size_t>(from.stride);
    copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
    copy.dstDevice = buffer.address() + layout.planes[i].offset;
    copy.dstPitch = layout.planes[i].pitch;
    copy.WidthInBytes = layout.planes[i].row_bytes;
    copy.Height = layout.planes[i].rows;
    check(gpu_->context->cuda().cuMemcpy2DAsync(&copy, copies_.handle()),
          "Could not copy a picture to NVENC");
  }
}

void NvencInputs::map_copy(const Picture& picture, Mapped& mapped) {
  mapped.buffer = &take_buffer();
  mapped.pitch = mapped.buffer->pitch();
  register_for(*mapped.buffer, picture.width, picture.height);
  copy(picture, *mapped.buffer);
  if (picture.device) {
    // The picture's memory may be used anew behind the copy.
    picture.device->note_use(reinterpret_cast<uint64_t>(copies_.handle()));
  } else {
    mapped.owner = picture.owner;
  }
  session_.check(try_map(mapped.buffer->registered, mapped.input),
                 "Could not map memory for NVENC");
}

NvencInputs::Mapped NvencInputs::map(const Picture& picture) {
  if (picture.device) picture.device->order_before(reinterpret_cast<uint64_t>(copies_.handle()));
  Mapped mapped;
  try {
    if (lies_as_wanted(picture)) mapped = map_directly(picture);
    if (!mapped.input) map_copy(picture, mapped);
    is_there_.record(copies_.handle());
    is_there_.order_before(reads_);
  } catch (...) {
    // What is enqueued reads memory that is not held any more.
    gpu_->context->cuda().cuStreamSynchronize(copies_.handle());
    unmap(mapped);
    throw;
  }
  return mapped;
}

void NvencInputs::unmap(Mapped& mapped) noexcept {
  const auto& calls = session_.calls();
  if (mapped.input) calls.nvEncUnmapInputResource(session_.handle(), mapped.input);
  if (mapped.registered) calls.nvEncUnregisterResource(session_.handle(), mapped.registered);
  if (mapped.buffer) idle_.push_back(mapped.buffer);
  mapped = {};
}

void NvencInputs::unregister_all() noexcept {
  for (const auto& buffer : buffers_) {
    if (!buffer->registered) continue;
    session_.calls().nvEncUnregisterResource(session_.handle(), buffer->registered);
    buffer->registered = nullptr;
  }
}

}  // namespace cuf::cuda

#include "cuda/picture_converter.h"

#include <mutex>
#include <utility>

#include "core/picture_convert.h"

namespace cuf::cuda {
namespace {

using pixels::DeviceImage;
using pixels::DeviceTarget;

uint64_t number(CUstream stream) {
  return reinterpret_cast<uint64_t>(stream);
}

const DeviceMemoryInfo& memory_of(const Picture& picture, const Context& context) {
  const DeviceMemoryInfo* memory = picture.device.get();
  if (!memory || memory->context() != reinterpret_cast<uint64_t>(context.handle())) {
    throw Error(Status::invalid_argument,
                "A frame that is not in this GPU's memory cannot be converted there");
  }
  return *memory;
}

// The caller's stream that a picture of ours is for; null for the caller's own memory.
CUstream consumer_of(const Picture& picture) {
  const auto* block = dynamic_cast<const DeviceBlock*>(picture.device.get());
  return block ? block->consumer() : nullptr;
}

DeviceImage device_image(const pixels::Image& image) {
  DeviceImage result{.data = {},
                     .stride = {},
                     .width = image.width,
                     .height = image.height,
                     .log2_chroma_width = image.log2_chroma_width,
                     .log2_chroma_height = image.log2_chroma_height,
                     .bit_depth = image.bit_depth,
                     .shift = image.shift,
                     .chroma = image.chroma,
                     .reserved = {}};
  for (int i = 0; i < 3; ++i) {
    result.data[i] = reinterpret_cast<uint64_t>(image.data[i]);
    result.stride[i] = image.stride[i];
  }
  return result;
}

DeviceTarget device_target(const pixels::RgbTarget& target) {
  return {.data = reinterpret_cast<uint64_t>(target.data),
          .row_stride = target.row_stride,
          .plane_stride = target.plane_stride,
          .scale = {target.scale[0], target.scale[1], target.scale[2]},
          .bias = {target.bias[0], target.bias[1], target.bias[2]},
          .order = target.order,
          .channels = target.channels,
          .dtype = target.dtype,
          .reserved = {}};
}

pixels::DeviceRgb device_rgb(const pixels::RgbImage& image) {
  pixels::DeviceRgb result{.data = {},
                           .stride = {},
                           .width = image.width,
                           .height = image.height,
                           .layout = image.layout,
                           .reserved = {}};
  for (int i = 0; i < 3; ++i) {
    result.data[i] = reinterpret_cast<uint64_t>(image.data[i]);
    result.stride[i] = image.stride[i];
  }
  return result;
}

pixels::DeviceYuv device_yuv(const pixels::YuvTarget& target) {
  pixels::DeviceYuv result{};
  for (int i = 0; i < 3; ++i) {
    result.data[i] = reinterpret_cast<uint64_t>(target.data[i]);
    result.stride[i] = target.stride[i];
  }
  return result;
}

// A picture to be converted: checked before a lane is taken.
struct Source {
  Source(const Picture& picture, const TensorShape& shape, const Context& context)
      : memory(memory_of(picture, context)),
        consumer(consumer_of(picture)),
        image(device_image(image_of(picture))),
        color(color_spec_of(picture, shape.options().color)) {}

  const DeviceMemoryInfo& memory;
  const CUstream consumer;
  const DeviceImage image;
  const pixels::ColorSpec color;
};

// Puts the conversion behind the picture on the lane.
void enqueue(LaneUse& lane, const Source& source, const TensorShape& shape, CUdeviceptr out) {
  const DeviceTarget target =
      device_target(shape.target(reinterpret_cast<uint8_t*>(out), source.image.bit_depth));
  source.memory.order_before(number(lane.stream()));
  if (shape.resize()) {
    lane.kernels().to_rgb_resized(source.image, source.color, *shape.resize(), target);
  } else {
    const pixels::Crop whole{0, 0, source.image.width, source.image.height};
    lane.kernels().to_rgb(source.image, source.color, whole, target);
  }
  source.memory.note_use(number(lane.stream()));
}

// The layout of the same chroma in the other width of samples.
Format layout_of_depth(Format format, bool is_narrow) {
  switch (format) {
    case Format::p010:
    case Format::p016:
      if (is_narrow) return Format::nv12;
      break;
    case Format::p210:
    case Format::p216:
      if (is_narrow) return Format::nv16;
      break;
    case Format::yuv444_16:
      if (is_narrow) return Format::yuv444;
      break;
    case Format::nv12:
      if (!is_narrow) return Format::p010;
      break;
    case Format::nv16:
      if (!is_narrow) return Format::p210;
      break;
    case Format::yuv444:
      if (!is_narrow) return Format::yuv444_16;
      break;
    default:
      break;
  }
  throw Error(Status::unsupported, "A frame of this layout cannot be given another depth on a GPU");
}

// Its planes without their memory; returns the bytes that they take.
size_t lay_out_depth(const Picture& picture, uint32_t bits, Picture& result) {
  constexpr uint32_t kPitch = 256;
  size_t total = 0;
  for (uint32_t i = 0; i < picture.plane_count; ++i) {
    const Plane& from = picture.planes[i];
    const uint32_t bytes = bits > 8 ? from.row_bytes * 2 : from.row_bytes / 2;
    const uint32_t pitch = (bytes + kPitch - 1) / kPitch * kPitch;
    result.planes[i] = {.data = nullptr, .stride = pitch, .rows = from.rows, .row_bytes = bytes};
    total += size_t{pitch} * from.rows;
  }
  return total;
}

// A host picture's memory, and what it is charged to.
struct HostMemory {
  std::shared_ptr<const void> charge;
  std::shared_ptr<const void> pinned;
};

size_t packed_bytes(const Plane& plane) {
  return size_t{plane.row_bytes} * plane.rows;
}

void copy_plane(const Context& context, const Plane& plane, uint8_t* to, CUstream stream) {
  constexpr const char* kWhat = "Could not copy a frame to the host";
  const auto from = reinterpret_cast<CUdeviceptr>(plane.data);
  if (plane.stride == static_cast<ptrdiff_t>(plane.row_bytes)) {
    check(context.cuda().cuMemcpyDtoHAsync(to, from, packed_bytes(plane), stream), kWhat);
    return;
  }
  CUDA_MEMCPY2D copy{};
  copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.srcDevice = from;
  copy.srcPitch = static_cast<size_t>(plane.stride);
  copy.dstMemoryType = CU_MEMORYTYPE_HOST;
  copy.dstHost = to;
  copy.dstPitch = plane.row_bytes;
  copy.WidthInBytes = plane.row_bytes;
  copy.Height = plane.rows;
  check(context.cuda().cuMemcpy2DAsync(&copy, stream), kWhat);
}

}  // namespace

// A batch. Every lane that writes into its block is noted there as a user of it: so finish() knows
// what fills it, and a batch that is given up is not used anew before all of that is done.
class GpuConverter::Tensors final : public TensorTarget {
 public:
  Tensors(std::shared_ptr<const GpuConverter> converter, size_t tensor_bytes, size_t count)
      : converter_(std::move(converter)),
        tensor_bytes_(tensor_bytes),
        bytes_(tensor_bytes * count) {
    const ContextScope scope(context());
    LaneUse lane(*converter_->lanes_);
    block_ = lane.allocate(bytes_);
    lane.done();
  }

  void write(size_t place, const Picture& picture, const TensorShape& shape,
             pixels::ResizeScratch& scratch) override {
    if (!picture.device) return upload(place, picture, shape, scratch);
    const Source source(picture, shape, context());
    note_consumer(source.consumer);
    const ContextScope scope(context());
    LaneUse lane(*converter_->lanes_);
    block_->order_before(number(lane.stream()));
    enqueue(lane, source, shape, address_of(place));
    block_->note_use(number(lane.stream()));
    lane.done();
  }

  void repeat(size_t from, size_t to) override {
    const ContextScope scope(context());
    LaneUse lane(*converter_->lanes_);
    block_->order_behind_uses(lane.stream());
    check(context().cuda().cuMemcpyDtoDAsync(address_of(to), address_of(from), tensor_bytes_,
                                             lane.stream()),
          "Could not repeat a frame in a tensor");
    block_->note_use(number(lane.stream()));
    lane.done();
  }

  void finish(Picture& tensor) override {
    {
      const ContextScope scope(context());
      LaneUse lane(*converter_->lanes_);
      block_->order_before(number(lane.stream()));
      block_->mark_filled_by_uses(lane.stream());
      lane.done();
    }
    converter_->put_in(std::move(block_), bytes_, consumer_, tensor);
  }

 private:
  const Context& context() const { return *converter_->context_; }
  CUdeviceptr address_of(size_t place) const { return block_->address() + place * tensor_bytes_; }

  void note_consumer(CUstream consumer) {
    const std::lock_guard lock(mutex_);
    if (!consumer_) consumer_ = consumer;
  }

  // A stream that became the CPU's in its middle has pictures of both.
  void upload(size_t place, const Picture& picture, const TensorShape& shape,
              pixels::ResizeScratch& scratch) {
    const Memory::Block host = converter_->pinned_->allocate(tensor_bytes_);
    write_tensor(picture, shape, scratch, host.data);
    const ContextScope scope(context());
    std::unique_ptr<Event> copied = converter_->events_->take();
    CUstream stream = nullptr;
    {
      LaneUse lane(*converter_->lanes_);
      stream = lane.stream();
      block_->order_before(number(stream));
      check(context().cuda().cuMemcpyHtoDAsync(address_of(place), host.data, tensor_bytes_, stream),
            "Could not copy a frame to the GPU");
      copied->record(stream);
      lane.done();
    }
    converter_->wait_for(std::move(copied), stream);
  }

  const std::shared_ptr<const GpuConverter> converter_;
  const size_t tensor_bytes_;
  const size_t bytes_;
  std::shared_ptr<DeviceBlock> block_;
  std::mutex mutex_;
  CUstream consumer_ = nullptr;  // of the pictures, which are all of one caller
};

GpuConverter::GpuConverter(std::shared_ptr<const Context> context, std::shared_ptr<Lanes> lanes,
                           std::shared_ptr<PinnedMemory> pinned, std::shared_ptr<EventPool> events)
    : context_(std::move(context)),
      lanes_(std::move(lanes)),
      pinned_(std::move(pinned)),
      events_(std::move(events)) {}

// Host memory that the GPU copies to or from is let go only when the copy is done.
void GpuConverter::wait_for(std::unique_ptr<Event> event, CUstream stream) const {
  try {
    event->wait();
  } catch (...) {
    const ContextScope scope(*context_, std::nothrow);
    if (scope) context_->cuda().cuStreamSynchronize(stream);
    throw;
  }
  events_->give_back(std::move(event));
}

void GpuConverter::put_in(std::shared_ptr<DeviceBlock> block, size_t bytes, CUstream consumer,
                          Picture& picture) const {
  if (consumer) {
    block->order_before(number(consumer));
    block->set_consumer(consumer);
  }
  picture.block = block->data();
  picture.block_bytes = bytes;
  picture.owner = block;
  picture.device = std::move(block);
  picture.converter = shared_from_this();
}

Picture GpuConverter::to_tensor(const Picture& picture, const TensorShape& shape) const {
  const Source source(picture, shape, *context_);
  const ContextScope scope(*context_);
  std::shared_ptr<DeviceBlock> block;  // given back behind the lane
  {
    LaneUse lane(*lanes_);
    block = lane.allocate(shape.byte_length());
    enqueue(lane, source, shape, block->address());
    block->mark_filled(lane.stream());
    lane.done();
  }
  Picture result = shape.tensor_of(picture, block->data());
  put_in(std::move(block), shape.byte_length(), source.consumer, result);
  return result;
}

Picture GpuConverter::to_yuv(const Picture& picture, const YuvShape& shape) const {
  const DeviceMemoryInfo& source = memory_of(picture, *context_);
  const ContextScope scope(*context_);
  std::shared_ptr<DeviceBlock> block;  // given back behind the lane
  {
    LaneUse lane(*lanes_);
    block = lane.allocate(shape.byte_length());
    source.order_before(number(lane.stream()));
    auto* out = reinterpret_cast<uint8_t*>(block->address());
    lane.kernels().to_yuv(device_rgb(shape.image()), shape.color(), shape.format(),
                          device_yuv(shape.target(out)));
    source.note_use(number(lane.stream()));
    block->mark_filled(lane.stream());
    lane.done();
  }
  Picture result = shape.picture_at(block->data());
  put_in(std::move(block), shape.byte_length(), consumer_of(picture), result);
  return result;
}

std::unique_ptr<TensorTarget> GpuConverter::tensors(const TensorShape& shape, size_t count) const {
  return std::make_unique<Tensors>(shared_from_this(), shape.byte_length(), count);
}

Picture GpuConverter::to_depth(const Picture& picture, uint32_t bits) const {
  const DeviceMemoryInfo& source = memory_of(picture, *context_);
  const bool is_narrow = bits == 8;
  Picture result = with_properties_of(picture);
  result.format = layout_of_depth(picture.format, is_narrow);
  result.bit_depth = bits;
  result.dtype = is_narrow ? Dtype::uint8 : Dtype::uint16;
  result.plane_count = picture.plane_count;
  const size_t bytes = lay_out_depth(picture, bits, result);
  const ContextScope scope(*context_);
  std::shared_ptr<DeviceBlock> block;  // given back behind the lane
  {
    LaneUse lane(*lanes_);
    block = lane.allocate(bytes);
    source.order_before(number(lane.stream()));
    const uint8_t* at = block->data();
    pixels::DepthParameters plane{};
    for (uint32_t i = 0; i < picture.plane_count; ++i) {
      Plane& to = result.planes[i];
      to.data = at;
      at += size_t{to.rows} * static_cast<size_t>(to.stride);
      plane.from = reinterpret_cast<uint64_t>(picture.planes[i].data);
      plane.from_stride = picture.planes[i].stride;
      plane.to = reinterpret_cast<uint64_t>(to.data);
      plane.to_stride = to.stride;
      plane.columns = static_cast<int32_t>(is_narrow ? to.row_bytes : to.row_bytes / 2);
      plane.rows = static_cast<int32_t>(to.rows);
      lane.kernels().to_depth(plane, picture.bit_depth, bits, picture.color.full_range);
    }
    source.note_use(number(lane.stream()));
    block->mark_filled(lane.stream());
    lane.done();
  }
  put_in(std::move(block), bytes, consumer_of(picture), result);
  return result;
}

Picture GpuConverter::to_host(const Picture& picture, Memory& memory) const {
  const DeviceMemoryInfo& source = memory_of(picture, *context_);
  size_t bytes = 0;
  for (uint32_t i = 0; i < picture.plane_count; ++i) bytes += packed_bytes(picture.planes[i]);
  std::shared_ptr<const void> charge = memory.charge(bytes);
  Memory::Block host = pinned_->allocate(bytes);
  Picture result = with_properties_of(picture);
  result.plane_count = picture.plane_count;
  const ContextScope scope(*context_);
  std::unique_ptr<Event> copied = events_->take();
  CUstream stream = nullptr;
  {
    LaneUse lane(*lanes_);
    stream = lane.stream();
    source.order_before(number(stream));
    uint8_t* to = host.data;
    for (uint32_t i = 0; i < picture.plane_count; ++i) {
      const Plane& plane = picture.planes[i];
      copy_plane(*context_, plane, to, stream);
      result.planes[i] = {.data = to,
                          .stride = static_cast<ptrdiff_t>(plane.row_bytes),
                          .rows = plane.rows,
                          .row_bytes = plane.row_bytes};
      to += packed_bytes(plane);
    }
    copied->record(stream);
    lane.done();
  }
  wait_for(std::move(copied), stream);
  host.owner = std::make_shared<HostMemory>(HostMemory{std::move(charge), std::move(host.owner)});
  use_block(result, std::move(host));
  return result;
}

}  // namespace cuf::cuda

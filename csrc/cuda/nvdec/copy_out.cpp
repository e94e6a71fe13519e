#include "cuda/nvdec/copy_out.h"

#include "core/memory_budget.h"
#include "core/picture_convert.h"
#include "cuda/nvdec/codecs.h"
#include "cuda/nvdec/statistics.h"
#include "pixels/pixels.h"

namespace cuf::cuda {
namespace {

// A picture's memory, and its part of the budget.
struct ChargedMemory {
  ChargedMemory(std::shared_ptr<const void> memory, MemoryBudget::Charge charge)
      : memory(std::move(memory)), charge(std::move(charge)) {}

  std::shared_ptr<const void> memory;
  MemoryBudget::Charge charge;
};

struct PlaneCopy {
  uint32_t first_row = 0;  // of the surface, from its start
  uint32_t first_byte = 0;
  uint32_t row_bytes = 0;
  uint32_t rows = 0;
  size_t offset = 0;  // in the copy
};

struct Layout {
  Format format = Format::unknown;
  uint32_t plane_count = 0;
  PlaneCopy planes[3];
  size_t bytes = 0;
};

Layout layout_of(const VideoDecoderConfig& config, const SurfacePart& part) {
  const cudaVideoChromaFormat chroma = config.kind.chroma;
  const bool is_444 = chroma == cudaVideoChromaFormat_444;
  const bool is_422 = chroma == cudaVideoChromaFormat_422;
  const uint32_t sample_bytes = config.kind.bit_depth > 8 ? 2 : 1;
  Layout layout;
  layout.format = native_format_of(chroma_format_of(chroma), config.kind.bit_depth);
  layout.plane_count = is_444 ? 3 : 2;
  for (uint32_t i = 0; i < layout.plane_count; ++i) {
    PlaneCopy& plane = layout.planes[i];
    const bool is_halved = i > 0 && !is_444;
    const bool is_low = is_halved && !is_422;
    // Interleaved chroma has two samples for two columns.
    const uint32_t columns = is_halved ? (part.width + 1) / 2 * 2 : part.width;
    plane.row_bytes = columns * sample_bytes;
    plane.rows = is_low ? (part.height + 1) / 2 : part.height;
    plane.first_byte = part.x * sample_bytes;
    plane.first_row = i * config.target_height + (is_low ? part.y / 2 : part.y);
    plane.offset = layout.bytes;
    layout.bytes += size_t{plane.row_bytes} * plane.rows;
  }
  return layout;
}

void enqueue(const Context& context, const MappedPicture& mapped, const PlaneCopy& plane,
             const Picture& target, bool to_host, CUstream stream) {
  CUDA_MEMCPY2D copy{};
  copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.srcDevice = mapped.address();
  copy.srcPitch = mapped.pitch();
  copy.srcXInBytes = plane.first_byte;
  copy.srcY = plane.first_row;
  copy.dstMemoryType = to_host ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE;
  const uint8_t* address = target.block + plane.offset;
  if (to_host) {
    copy.dstHost = const_cast<uint8_t*>(address);
  } else {
    copy.dstDevice = reinterpret_cast<CUdeviceptr>(address);
  }
  copy.dstPitch = plane.row_bytes;
  copy.WidthInBytes = plane.row_bytes;
  copy.Height = plane.rows;
  check(context.cuda().cuMemcpy2DAsync(&copy, stream), "Could not copy a decoded picture");
}

Picture describe(const VideoDecoderConfig& config, const SurfacePart& part, const Layout& layout) {
  Picture picture;
  picture.format = layout.format;
  picture.bit_depth = config.kind.bit_depth;
  picture.dtype = picture.bit_depth > 8 ? Dtype::uint16 : Dtype::uint8;
  picture.width = part.width;
  picture.height = part.height;
  picture.coded_width = config.coded_width;
  picture.coded_height = config.coded_height;
  picture.plane_count = layout.plane_count;
  picture.block_bytes = layout.bytes;
  return picture;
}

void set_block(Picture& picture, const Layout& layout, const uint8_t* block) {
  picture.block = block;
  for (uint32_t i = 0; i < layout.plane_count; ++i) {
    const PlaneCopy& plane = layout.planes[i];
    picture.planes[i] = {.data = block + plane.offset,
                         .stride = static_cast<ptrdiff_t>(plane.row_bytes),
                         .rows = plane.rows,
                         .row_bytes = plane.row_bytes};
  }
}

}  // namespace

size_t bytes_of_copy(const VideoDecoderConfig& config, const SurfacePart& part) {
  return layout_of(config, part).bytes;
}

CopiedPicture copy_out(const GpuResources& gpu, const MappedPicture& mapped,
                       const VideoDecoderConfig& config, const SurfacePart& part, CUstream stream,
                       CUstream consumer, bool to_host) {
  const Layout layout = layout_of(config, part);
  CopiedPicture result{.picture = describe(config, part, layout), .copied = nullptr};
  Picture& picture = result.picture;
  std::shared_ptr<DeviceBlock> block;
  if (to_host) {
    Memory::Block host = gpu.pinned->allocate(layout.bytes);
    set_block(picture, layout, host.data);
    picture.owner = std::move(host.owner);
    result.copied = gpu.events->take();
  } else {
    block = gpu.memory->allocate(layout.bytes, stream);
    set_block(picture, layout, block->data());
    picture.owner = block;
    picture.device = block;
  }
  try {
    for (uint32_t i = 0; i < layout.plane_count; ++i) {
      enqueue(*gpu.context, mapped, layout.planes[i], picture, to_host, stream);
    }
    if (to_host) {
      result.copied->record(stream);
      return result;
    }
    block->mark_filled(stream);
  } catch (...) {
    // What is enqueued already must not write into memory that is another's by then.
    gpu.context->cuda().cuStreamSynchronize(stream);
    throw;
  }
  if (consumer) {
    block->order_before(reinterpret_cast<uint64_t>(consumer));
    block->set_consumer(consumer);
  }
  return result;
}

CopiedPicture copy_shown(const GpuResources& gpu, VideoDecoder& decoder, const SurfacePart& part,
                         const CUVIDPARSERDISPINFO& shown, CUstream stream,
                         const DecoderOptions& options) {
  MemoryBudget::Charge charge;
  if (options.budget) charge = options.budget->reserve(bytes_of_copy(decoder.config(), part));
  const MappedPicture mapped(decoder, shown);
  CopiedPicture copied =
      copy_out(gpu, mapped, decoder.config(), part, stream,
               reinterpret_cast<CUstream>(options.cuda_stream), options.uses_host_memory);
  Picture& picture = copied.picture;
  if (picture.device) picture.converter = gpu.converter;
  picture.decode_status = decoder.status(shown.picture_index);
  picture.decode_stats = read_statistics(*gpu.context, mapped, decoder.config(), stream);
  if (options.budget) {
    picture.owner =
        std::make_shared<const ChargedMemory>(std::move(picture.owner), std::move(charge));
  }
  return copied;
}

}  // namespace cuf::cuda

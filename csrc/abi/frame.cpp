#include "core/frame.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "abi/boundary.h"
#include "abi/frame_info.h"
#include "core/decode_record.h"
#include "core/dlpack.h"
#include "core/executor.h"
#include "core/picture_convert.h"
#include "core/registry.h"
#include "core/sei.h"

using namespace cuf;
using namespace cuf::abi;

namespace cuf::abi {
namespace {

constexpr uint32_t kLargestSide = 65536;

}  // namespace

uint32_t add_frame(const std::shared_ptr<Device>& device, std::shared_ptr<const Picture> picture) {
  auto frame = std::make_shared<Frame>(device, std::move(picture));
  try {
    return Registry::instance().add(frame, device->queue_handle);
  } catch (...) {
    frame->close();
    throw;
  }
}

CufFrameInfo frame_info_of(const Picture& picture, uint32_t handle) {
  CufFrameInfo info{};
  info.struct_size = sizeof(info);
  info.frame = handle;
  info.pts = picture.pts;
  info.timestamp_us = to_microseconds(picture.pts, picture.time_base);
  info.duration_us = to_microseconds(picture.duration, picture.time_base);
  info.time_base = {.num = picture.time_base.num, .den = picture.time_base.den};
  info.width = picture.width;
  info.height = picture.height;
  info.coded_width = picture.coded_width;
  info.coded_height = picture.coded_height;
  info.format = static_cast<uint32_t>(picture.format);
  info.bit_depth = picture.bit_depth;
  info.dtype = static_cast<uint32_t>(picture.dtype);
  info.backend = picture.device ? CUF_BACKEND_CUDA : CUF_BACKEND_CPU;
  info.gpu = picture.device ? static_cast<uint32_t>(picture.device->gpu()) : 0;
  info.color = {.primaries = picture.color.primaries,
                .transfer = picture.color.transfer,
                .matrix = picture.color.matrix,
                .full_range = picture.color.full_range};
  info.rotation = picture.rotation;
  info.picture_type = static_cast<uint32_t>(picture.picture_type);
  info.flags = (picture.is_key ? CUF_FRAME_KEY : 0) |
               (picture.pts != kNoTimestamp ? CUF_FRAME_HAS_PTS : 0) |
               (picture.is_interlaced ? CUF_FRAME_INTERLACED : 0) |
               (picture.is_top_field_first ? CUF_FRAME_TOP_FIELD_FIRST : 0);
  info.decode_status = static_cast<uint32_t>(picture.decode_status);
  info.address = reinterpret_cast<uintptr_t>(picture.block);
  info.byte_length = picture.block ? picture.block_bytes : byte_length(picture);
  info.plane_count = picture.plane_count;
  info.index = picture.index;
  for (uint32_t i = 0; i < picture.plane_count; ++i) {
    const Plane& plane = picture.planes[i];
    info.planes[i] = {.address = reinterpret_cast<uintptr_t>(plane.data),
                      .stride_bytes = static_cast<int32_t>(plane.stride),
                      .rows = plane.rows,
                      .row_bytes = plane.row_bytes,
                      .reserved = 0};
  }
  if (const DecodeRecord* stats = picture.decode_stats.get()) {
    info.decode_stats_bytes = static_cast<uint32_t>(stats->byte_length());
    info.decode_stats_columns = stats->columns();
  }
  if (picture.sei) {
    info.sei_count = static_cast<uint32_t>(picture.sei->list.size());
    info.sei_bytes = static_cast<uint32_t>(picture.sei->bytes.size());
  }
  return info;
}

int32_t take_frames(const std::shared_ptr<Device>& device,
                    std::vector<std::shared_ptr<const Picture>> pictures, CufFrameInfo* out,
                    uint32_t capacity) {
  require(pictures.size() <= capacity, "The buffer for the frames' records is too small");
  size_t count = 0;
  try {
    for (; count < pictures.size(); ++count) {
      out[count] = frame_info_of(*pictures[count], add_frame(device, pictures[count]));
    }
  } catch (...) {
    // The caller hears of none, so it could close none.
    while (count > 0) Registry::instance().close(out[--count].frame);
    throw;
  }
  return static_cast<int32_t>(pictures.size());
}

TensorOptions tensor_options_of(const CufConvertDesc& desc) {
  TensorOptions options;
  options.layout = checked_enum<Layout>(desc.layout, CUF_LAYOUT_CHW, "Unknown tensor layout");
  options.dtype = checked_enum<Dtype>(desc.dtype, CUF_DTYPE_FLOAT32, "Unknown tensor dtype");
  options.channels = desc.channels == 0 ? 3 : desc.channels;
  require(options.channels == 3 || options.channels == 4, "A tensor has 3 or 4 channels");
  require(options.channels == 3 || options.layout == Layout::hwc,
          "Four channels exist in the HWC layout only");
  options.color = {.matrix = desc.matrix, .range = desc.range};
  require(desc.range <= 2, "Unknown range; 0 is the stream's, 1 limited, 2 full");
  for (int i = 0; i < 3; ++i) {
    require(std::isfinite(desc.mean[i]) && std::isfinite(desc.std[i]),
            "mean and std are finite numbers");
    options.mean[i] = desc.mean[i];
    options.deviation[i] = desc.std[i] == 0 ? 1 : desc.std[i];
  }
  require(std::max({desc.crop_x, desc.crop_y, desc.crop_width, desc.crop_height}) < kLargestSide,
          "A crop's numbers are below 65536");
  require(desc.width < kLargestSide && desc.height < kLargestSide,
          "A tensor's sides are below 65536");
  require((desc.width == 0) == (desc.height == 0), "A size has a width and a height");
  options.crop = {.x = static_cast<int32_t>(desc.crop_x),
                  .y = static_cast<int32_t>(desc.crop_y),
                  .width = static_cast<int32_t>(desc.crop_width),
                  .height = static_cast<int32_t>(desc.crop_height)};
  options.width = desc.width;
  options.height = desc.height;
  return options;
}

}  // namespace cuf::abi

namespace {

CufSeiMessage sei_message_of(const SeiMessages& messages, const SeiMessage& message) {
  CufSeiMessage out{};
  out.struct_size = sizeof(out);
  out.type = message.type;
  out.syntax = static_cast<uint32_t>(messages.syntax);
  out.flags = (message.is_suffix ? CUF_SEI_SUFFIX : 0) |
              (message.is_malformed ? CUF_SEI_MALFORMED : 0) |
              (message.timing.is_known ? CUF_SEI_HAS_TIMING : 0) |
              (message.timing.has_pic_struct ? CUF_SEI_HAS_PIC_STRUCT : 0);
  out.data_offset = message.offset;
  out.data_size = message.size;
  out.cpb_removal_delay_bits = message.timing.cpb_removal_delay_bits;
  out.dpb_output_delay_bits = message.timing.dpb_output_delay_bits;
  out.time_offset_bits = message.timing.time_offset_bits;
  return out;
}

// What a frame's memory is exported for.
struct Consumer {
  int32_t plane = dlpack::kWholePicture;
  dlpack::Version version = dlpack::Version::versioned;
};

// Reads the description, and orders a GPU's memory for the consumer.
Consumer consumer_of(const CufDlpackDesc* desc, const Picture& picture) {
  const CufDlpackDesc options = read_struct(desc);
  require(options.plane >= 0, "The plane's index is negative");
  require(picture.device || options.stream == 0, "A stream is for memory of a GPU only");
  const auto version = checked_enum<dlpack::Version>(options.version, CUF_DLPACK_LEGACY,
                                                     "Unknown version of DLPack");
  if (picture.device) {
    picture.device->share();
    if (options.stream != 0) picture.device->order_before(options.stream);
  }
  return {.plane = options.plane - 1, .version = version};
}

void copy_plane(uint8_t* out, const Plane& plane) {
  if (plane.stride == static_cast<ptrdiff_t>(plane.row_bytes)) {
    std::memcpy(out, plane.data, static_cast<size_t>(plane.row_bytes) * plane.rows);
    return;
  }
  for (uint32_t row = 0; row < plane.rows; ++row) {
    std::memcpy(out, plane.data + plane.stride * static_cast<ptrdiff_t>(row), plane.row_bytes);
    out += plane.row_bytes;
  }
}

}  // namespace

extern "C" {

int32_t cuf_frame_info(uint32_t frame, CufFrameInfo* out) {
  return guarded(nullptr, [&] {
    write_struct(out, frame_info_of(*object_of<Frame>(frame)->picture, frame));
    return CUF_OK;
  });
}

int32_t cuf_frame_clone(uint32_t frame, uint32_t* out_frame, CufError* error) {
  return guarded(error, [&] {
    require(out_frame != nullptr, "The buffer for the frame's handle is missing");
    const auto source = object_of<Frame>(frame);
    *out_frame = add_frame(source->device, source->picture);
    return CUF_OK;
  });
}

int32_t cuf_frame_copy(uint32_t frame, uint8_t* out, uint32_t capacity, CufError* error) {
  return guarded(error, [&] {
    require_buffer(out, capacity);
    const auto source = object_of<Frame>(frame);
    require(!source->picture->device,
            "The frame is in a GPU's memory; copy it to the host by cuf_frame_download");
    const uint64_t total = byte_length(*source->picture);
    if (total > capacity) {
      throw Error(Status::invalid_argument, "The destination holds " + std::to_string(capacity) +
                                                " bytes; the frame needs " + std::to_string(total));
    }
    for (uint32_t i = 0; i < source->picture->plane_count; ++i) {
      const Plane& plane = source->picture->planes[i];
      copy_plane(out, plane);
      out += static_cast<size_t>(plane.row_bytes) * plane.rows;
    }
    return static_cast<int32_t>(total);
  });
}

int32_t cuf_frame_decode_stats(uint32_t frame, uint8_t* out, uint32_t capacity, CufError* error) {
  return guarded(error, [&] {
    require_buffer(out, capacity);
    const auto source = object_of<Frame>(frame);
    const DecodeRecord* stats = source->picture->decode_stats.get();
    if (!stats) return 0;
    require(stats->byte_length() <= capacity,
            "The buffer for the frame's decode statistics is too small");
    const std::vector<uint8_t>& bytes = stats->bytes();
    std::memcpy(out, bytes.data(), bytes.size());
    return static_cast<int32_t>(bytes.size());
  });
}

int32_t cuf_frame_convert(uint32_t frame, const CufConvertDesc* desc, uint32_t ticket,
                          CufError* error) {
  return guarded(error, [&] {
    const TensorOptions options = tensor_options_of(read_struct(desc));
    const auto source = object_of<Frame>(frame);
    auto work = source->device->queue->open_ticket(ticket);
    // Holds the picture, not the handle: the script may close the frame meanwhile. It is let go
    // before the end is told, so that a script that closes it then has its memory back.
    run_on_pool([device = source->device, picture = source->picture, options, work]() mutable {
      device->attempt(*work, [&] {
        Picture tensor =
            convert_to_tensor(*std::exchange(picture, nullptr), options, *device->memory);
        tensor.decode_stats.reset();  // nobody asks a tensor for them
        work->complete(add_frame(device, std::make_shared<const Picture>(std::move(tensor))));
      });
    });
    return CUF_OK;
  });
}

int32_t cuf_frame_download(uint32_t frame, uint32_t ticket) {
  return guarded(nullptr, [&] {
    const auto source = object_of<Frame>(frame);
    auto work = source->device->queue->open_ticket(ticket);
    run_on_pool([device = source->device, picture = source->picture, work]() mutable {
      device->attempt(*work, [&] {
        auto copy = std::move(picture);  // let go by failures, too
        if (copy->converter) {
          copy = std::make_shared<const Picture>(copy->converter->to_host(*copy, *device->memory));
        }
        work->complete(add_frame(device, std::move(copy)));
      });
    });
    return CUF_OK;
  });
}

int32_t cuf_frame_share(uint32_t frame, const CufDlpackDesc* desc, CufError* error) {
  return guarded(error, [&] {
    const auto source = object_of<Frame>(frame);
    require(source->picture->device != nullptr, "The frame is not in the memory of a GPU");
    consumer_of(desc, *source->picture);
    return CUF_OK;
  });
}

int32_t cuf_frame_sei(uint32_t frame, CufSeiMessage* out, uint32_t capacity, uint8_t* data,
                      uint32_t data_capacity) {
  return guarded(nullptr, [&] {
    require_buffer(out, capacity);
    require_buffer(data, data_capacity);
    const auto sei = object_of<Frame>(frame)->picture->sei;
    if (!sei) return 0;
    require(sei->list.size() <= capacity, "The buffer for the messages' records is too small");
    require(sei->bytes.size() <= data_capacity,
            "The buffer for the messages' payloads is too small");
    for (const SeiMessage& message : sei->list) *out++ = sei_message_of(*sei, message);
    std::copy(sei->bytes.begin(), sei->bytes.end(), data);
    return static_cast<int32_t>(sei->list.size());
  });
}

int32_t cuf_frame_quarantine(uint32_t frame) {
  return guarded(nullptr, [&] {
    object_of<Frame>(frame)->quarantine();
    Registry::instance().close(frame);
    return CUF_OK;
  });
}

int32_t cuf_frame_to_dlpack(uint32_t frame, const CufDlpackDesc* desc, CufDlpack* out,
                            CufError* error) {
  return guarded(error, [&] {
    require(out != nullptr, "The buffer for the capsule is missing");
    const auto source = object_of<Frame>(frame);
    const Consumer consumer = consumer_of(desc, *source->picture);
    auto capsule = std::make_shared<dlpack::Capsule>(*source, consumer.plane, consumer.version);
    CufDlpack info{};
    info.address = reinterpret_cast<uintptr_t>(capsule->address());
    try {
      info.capsule = Registry::instance().add(capsule, source->device->queue_handle);
    } catch (...) {
      capsule->close();
      throw;
    }
    write_struct(out, info);
    return CUF_OK;
  });
}

int32_t cuf_dlpack_release(uint32_t capsule) {
  return guarded(nullptr, [&] {
    object_of<dlpack::Capsule>(capsule)->release();
    Registry::instance().close(capsule);
    return CUF_OK;
  });
}

}  // extern "C"

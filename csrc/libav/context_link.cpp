#include "libav/context_link.h"

#include <algorithm>
#include <climits>
#include <cstdarg>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace cuf::libav {
namespace {

const AVClass* class_of(void* object) {
  return object ? *static_cast<const AVClass* const*>(object) : nullptr;
}

void* parent_of(void* object) {
  const AVClass* kind = class_of(object);
  if (!kind || kind->parent_log_context_offset == 0) return nullptr;
  void* parent = nullptr;
  std::memcpy(&parent, static_cast<uint8_t*>(object) + kind->parent_log_context_offset,
              sizeof(parent));
  return parent;
}

const AVCodecContext* context_of(void* object) {
  for (int depth = 0; object && depth < 8; ++depth) {
    if (class_of(object) == avcodec_get_class()) {
      return static_cast<const AVCodecContext*>(object);
    }
    object = parent_of(object);
  }
  return nullptr;
}

// imgutils.c for libav's decoders, libdav1d's lib.c for itself; both name width and height first.
bool tells_size(std::string_view format) {
  return format.starts_with("Picture size %ux%u exceeds") ||
         format.starts_with("Frame size %dx%d exceeds");
}

}  // namespace

int ContextLink::get_buffer(AVCodecContext* context, AVFrame* frame, int flags) {
  if (context->codec_type != AVMEDIA_TYPE_VIDEO) {
    return avcodec_default_get_buffer2(context, frame, flags);
  }
  return static_cast<ContextLink*>(context->opaque)->pictures->get(*context, *frame);
}

void ContextLink::attach(AVCodecContext& context) {
  context.opaque = this;
  context.get_buffer2 = get_buffer;
  context.get_format = get_format;
  allow_callbacks_from_threads(context);
  enable_packet_numbers(context);
  // libdav1d's limit has 32 bits.
  context.max_pixels = static_cast<int64_t>(std::min<uint64_t>(budget_->most(), INT_MAX));
}

int ContextLink::get_encode_buffer(AVCodecContext* context, AVPacket* packet, int flags) {
  return avcodec_default_get_encode_buffer(context, packet, flags);
}

void ContextLink::mark(AVCodecContext& encoder) {
  encoder.get_encode_buffer = get_encode_buffer;
}

ContextLink* ContextLink::of(void* object) {
  const AVCodecContext* context = context_of(object);
  // libav's threads have copies of the context.
  if (!context || context->get_buffer2 != get_buffer) return nullptr;
  return static_cast<ContextLink*>(context->opaque);
}

bool ContextLink::is_ours(void* object) {
  const AVCodecContext* context = context_of(object);
  return context &&
         (context->get_buffer2 == get_buffer || context->get_encode_buffer == get_encode_buffer);
}

void ContextLink::note_size(unsigned width, unsigned height) {
  std::lock_guard lock(mutex_);
  if (too_large_) return;
  const std::string claim = "The stream's headers claim pictures of " + std::to_string(width) +
                            " x " + std::to_string(height) + ", ";
  const uint64_t budget = budget_->most();
  if (uint64_t{width} * height <= budget) {
    too_large_.emplace(Status::unsupported, claim + "larger ones than libav decodes");
    return;
  }
  too_large_.emplace(Status::out_of_memory,
                     claim + "more than memoryBudgetBytes, which is " + std::to_string(budget) +
                         ", allows; it is damaged or made to exhaust memory, or else set "
                         "memoryBudgetBytes higher");
}

// H.264 and others allocate tables for a size without asking whether it is too large.
AVPixelFormat ContextLink::get_format(AVCodecContext* context, const AVPixelFormat* formats) {
  const int64_t pixels = static_cast<int64_t>(context->coded_width) * context->coded_height;
  if (pixels > context->max_pixels) {
    try {
      static_cast<ContextLink*>(context->opaque)
          ->note_size(static_cast<unsigned>(context->coded_width),
                      static_cast<unsigned>(context->coded_height));
    } catch (const std::bad_alloc&) {
    }
    return AV_PIX_FMT_NONE;
  }
  return avcodec_default_get_format(context, formats);
}

void ContextLink::look(void* object, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_INFO || !object || !format) return;
  const bool is_of_size = tells_size(format);
  if (!is_of_size && !DamageWatch::tells_damage(format)) return;
  ContextLink* link = of(object);
  if (!link) return;
  try {
    if (!is_of_size) {
      if (class_of(object) == avcodec_get_class()) {
        link->watch.note(*static_cast<const AVCodecContext*>(object));
      }
      return;
    }
    va_list sizes;
    va_copy(sizes, arguments);
    const unsigned width = va_arg(sizes, unsigned);
    const unsigned height = va_arg(sizes, unsigned);
    va_end(sizes);
    link->note_size(width, height);
  } catch (const std::bad_alloc&) {
  }
}

std::optional<Error> ContextLink::take_refusal() {
  if (std::optional<Error> refusal = pictures->take_refusal()) return refusal;
  std::lock_guard lock(mutex_);
  return std::exchange(too_large_, std::nullopt);
}

}  // namespace cuf::libav

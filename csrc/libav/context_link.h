#pragma once

#include <memory>
#include <optional>

#include "core/error.h"
#include "core/memory_budget.h"
#include "libav/compat.h"
#include "libav/damage_watch.h"
#include "libav/picture_pool.h"

namespace cuf::libav {

// What libav's callbacks and its log find by a decoder's context. Must outlive the context.
class ContextLink {
 public:
  explicit ContextLink(std::shared_ptr<MemoryBudget> budget)
      : pictures(std::make_shared<PicturePool>(budget)), budget_(std::move(budget)) {
    budget_->reclaim_from(pictures);
  }

  // Before the context is opened: memory of its pictures comes from here, and a header that claims
  // pictures of more samples than the budget has bytes is refused before anything is allocated.
  void attach(AVCodecContext& context);
  // Of an encoder's context: it is known as ours, no more.
  static void mark(AVCodecContext& encoder);
  // Of a decoder's context, or of a part of one, that is ours; null for another user's of libav.
  static ContextLink* of(void* log_object);
  // Whether a decoder or an encoder of ours says something.
  static bool is_ours(void* log_object);
  // Of each message of libav's log.
  static void look(void* object, int level, const char* format, va_list arguments);
  // Why memory was refused, once.
  std::optional<Error> take_refusal();

  DamageWatch watch;
  const std::shared_ptr<PicturePool> pictures;

 private:
  static AVPixelFormat get_format(AVCodecContext* context, const AVPixelFormat* formats);
  static int get_buffer(AVCodecContext* context, AVFrame* frame, int flags);
  static int get_encode_buffer(AVCodecContext* context, AVPacket* packet, int flags);
  void note_size(unsigned width, unsigned height);

  const std::shared_ptr<MemoryBudget> budget_;
  std::mutex mutex_;
  std::optional<Error> too_large_;
};

}  // namespace cuf::libav

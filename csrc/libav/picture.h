#pragma once

#include "core/memory_budget.h"
#include "core/model.h"
#include "libav/handles.h"

namespace cuf::libav {

// Makes pictures of frames; without a copy where cuframe knows the format.
class PictureMaker {
 public:
  // charges_frames: the decoder's frames are not yet charged to the budget, which may be null.
  PictureMaker(std::shared_ptr<MemoryBudget> budget, bool charges_frames)
      : budget_(std::move(budget)), charges_frames_(charges_frames) {}

  // coded_*: of the decoder; rotation: of the packet, used where the frame tells none. Takes the
  // frame unless it throws.
  Picture make(Owned<AVFrame>& frame, int coded_width, int coded_height, Rational time_base,
               int32_t rotation);

 private:
  Owned<AVFrame> convert(const AVFrame& frame, AVPixelFormat target);
  MemoryBudget::Charge charge_for(const AVFrame& frame, AVPixelFormat format);

  const std::shared_ptr<MemoryBudget> budget_;
  const bool charges_frames_;
  Owned<SwsContext> scaler_;
};

// libav says that the frame is damaged.
DecodeStatus decode_status(const AVFrame& frame);

}  // namespace cuf::libav

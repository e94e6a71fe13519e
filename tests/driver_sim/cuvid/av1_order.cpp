// AV1 shows pictures when it decodes them, or by a header of its own: its order needs no decoder.
#include <array>
#include <numeric>

#include "cuvid/av1.h"
#include "cuvid/picture_order.h"

namespace cufsim {

namespace {

class Av1Order : public PictureOrder {
 public:
  explicit Av1Order(OnDrop on_drop) : on_drop_(std::move(on_drop)) {}

  Ordered take(const Bytes& unit) override {
    Ordered ordered;
    const Av1Unit read = reader_.read(unit);
    waiting_.insert(waiting_.end(), unit.begin(), unit.end());
    for (const Bytes& metadata : read.metadata) {
      // The type, then its payload, without the trailing bits' byte.
      if (metadata.size() < 2) continue;
      messages_.push_back({metadata[0], Bytes(metadata.begin() + 1, metadata.end())});
    }
    if (!read.sequence_header.empty()) {
      ordered.new_sequence = read.sequence_header != sequence_header_;
      sequence_header_ = read.sequence_header;
    }
    if (!read.frame || !reader_.sequence()) return ordered;
    if (read.frame->show_existing) {
      // The decoder hears of it with the next picture: of key frames it begins the sequence anew.
      const uint64_t mark = slots_[read.frame->shown_slot].mark;
      if (mark != 0) ordered.after.push_back({mark});
      if (slots_[read.frame->shown_slot].is_key) refill(slots_[read.frame->shown_slot]);
      return ordered;
    }
    decode(*read.frame, ordered);
    return ordered;
  }

  std::vector<Shown> flush() override { return {}; }

  CUVIDEOFORMAT format() const override {
    CUVIDEOFORMAT format = {};
    format.codec = cudaVideoCodec_AV1;
    if (!reader_.sequence()) return format;
    const Av1Sequence& sequence = *reader_.sequence();
    format.progressive_sequence = 1;
    format.bit_depth_luma_minus8 = static_cast<unsigned char>(sequence.bit_depth - 8);
    format.bit_depth_chroma_minus8 = format.bit_depth_luma_minus8;
    format.min_num_decode_surfaces = 10;
    format.coded_width = (sequence.max_width + 7) & ~7u;
    format.coded_height = (sequence.max_height + 7) & ~7u;
    format.display_area.right = static_cast<int>(sequence.max_width);
    format.display_area.bottom = static_cast<int>(sequence.max_height);
    format.chroma_format = sequence.monochrome      ? cudaVideoChromaFormat_Monochrome
                           : sequence.subsampling_y ? cudaVideoChromaFormat_420
                           : sequence.subsampling_x ? cudaVideoChromaFormat_422
                                                    : cudaVideoChromaFormat_444;
    const auto divisor = std::gcd(sequence.max_width, sequence.max_height);
    format.display_aspect_ratio.x = static_cast<int>(sequence.max_width / divisor);
    format.display_aspect_ratio.y = static_cast<int>(sequence.max_height / divisor);
    auto& signal = format.video_signal_description;
    signal.video_format = 5;
    signal.video_full_range_flag = sequence.full_range;
    signal.color_primaries = static_cast<unsigned char>(sequence.primaries);
    signal.transfer_characteristics = static_cast<unsigned char>(sequence.transfer);
    signal.matrix_coefficients = static_cast<unsigned char>(sequence.matrix);
    return format;
  }

 private:
  struct Slot {
    uint64_t mark = 0;
    bool is_key = false;
  };

  void decode(const Av1Frame& frame, Ordered& ordered) {
    const Slot picture{next_mark_++, frame.type == 0};
    ordered.mark = picture.mark;
    ordered.is_intra = frame.type == 0 || frame.type == 2;
    ordered.is_reference = frame.refresh != 0;
    ordered.slices = {static_cast<unsigned>(0)};
    ordered.messages.swap(messages_);
    ordered.data.swap(waiting_);
    if (frame.shown) {
      ordered.after.push_back({picture.mark});
    } else if (frame.showable && frame.type != 0 && frame.refresh != 0) {
      // libav's dav1d gives only what is shown: so that the picture exists when it is mapped, the
      // decoder is made to show it at once, which changes nothing else.
      unsigned slot = 0;
      while ((frame.refresh >> slot & 1) == 0) slot++;
      const Bytes show = show_existing_obu(*reader_.sequence(), slot);
      ordered.data.insert(ordered.data.end(), show.begin(), show.end());
    }
    for (size_t i = 0; i < slots_.size(); i++) {
      if ((frame.refresh >> i & 1) != 0) replace(i, picture);
    }
    if (frame.refresh == 0) on_drop_(picture.mark);
  }

  void replace(size_t slot, const Slot& picture) {
    const uint64_t old = slots_[slot].mark;
    slots_[slot] = picture;
    if (old == 0 || old == picture.mark) return;
    for (const Slot& other : slots_) {
      if (other.mark == old) return;
    }
    on_drop_(old);
  }

  void refill(const Slot key) {
    for (size_t i = 0; i < slots_.size(); i++) replace(i, key);
  }

  OnDrop on_drop_;
  Av1Reader reader_;
  Bytes waiting_;
  std::vector<SeiMessage> messages_;
  Bytes sequence_header_;
  std::array<Slot, 8> slots_;
  uint64_t next_mark_ = 1;
};

}  // namespace

std::unique_ptr<PictureOrder> make_av1_order(PictureOrder::OnDrop on_drop) {
  return std::make_unique<Av1Order>(std::move(on_drop));
}

}  // namespace cufsim

#include "cuvid/picture_order.h"

#include <algorithm>
#include <numeric>

extern "C" {
#include <libavutil/pixdesc.h>
}

namespace cufsim {

namespace {

constexpr unsigned char kMostReordered = 16;

unsigned char surfaces_needed(cudaVideoCodec codec, const AVCodecContext& context) {
  // Seen on an H100: references + 1 for H.264, 8 for x265's usual reordering of 2 and for VP8, 9
  // for VP9. The others are guesses.
  switch (codec) {
    case cudaVideoCodec_H264:
      return static_cast<unsigned char>(std::max({context.refs, context.has_b_frames, 1}) + 1);
    case cudaVideoCodec_HEVC:
      return static_cast<unsigned char>(std::max(context.has_b_frames + 6, 8));
    case cudaVideoCodec_VP8:
      return 8;
    case cudaVideoCodec_VP9:
      return 9;
    case cudaVideoCodec_JPEG:
      return 1;
    default:
      return 4;
  }
}

cudaVideoChromaFormat chroma_of(const AVPixFmtDescriptor& pixels) {
  if (pixels.nb_components == 1) return cudaVideoChromaFormat_Monochrome;
  if (pixels.log2_chroma_h > 0) return cudaVideoChromaFormat_420;
  return pixels.log2_chroma_w > 0 ? cudaVideoChromaFormat_422 : cudaVideoChromaFormat_444;
}

unsigned align(int size, int to) {
  return static_cast<unsigned>((size + to - 1) / to * to);
}

Shown shown_of(const AVFrame& frame) {
  return {InnerDecoder::mark_of(frame), frame.interlaced_frame == 0, frame.top_field_first != 0,
          frame.repeat_pict};
}

/**
 * Order and needs of pictures by a second libav decoder, which decodes all of it once more. A
 * parser of headers only would cost less; this one cannot be wrong about reordering.
 */
class LibavOrder : public PictureOrder {
 public:
  LibavOrder(cudaVideoCodec codec, OnDrop on_drop) : codec_(codec), on_drop_(std::move(on_drop)) {
    open();
  }

  Ordered take(const Bytes& unit) override {
    Ordered ordered;
    UnitScan scan = scan_unit(codec_, unit);
    waiting_.insert(waiting_.end(), unit.begin(), unit.end());
    if (!scan.parameter_sets.empty()) {
      next_parameter_sets_ = scan.parameter_sets;
      next_monochrome_ = scan.monochrome;
      next_progressive_ = scan.progressive;
      syntax_ = scan.syntax;
    }
    std::move(scan.messages.begin(), scan.messages.end(), std::back_inserter(messages_));
    // Headers alone go with the picture that follows.
    if (!scan.has_picture || !decoder_->usable()) return ordered;
    ordered.new_sequence = next_parameter_sets_ != parameter_sets_;
    if (scan.starts_anew || ordered.new_sequence) ordered.before = flush();
    // libav's decoder of MPEG-2 keeps the chroma format that it began with.
    if (ordered.new_sequence && codec_ == cudaVideoCodec_MPEG2) open();
    parameter_sets_ = next_parameter_sets_;
    monochrome_ = next_monochrome_;
    progressive_ = next_progressive_;
    ordered.data.swap(waiting_);
    ordered.messages.swap(messages_);
    const size_t in_front = ordered.data.size() - unit.size();
    for (const unsigned slice : scan.slices) {
      ordered.slices.push_back(static_cast<unsigned>(slice + in_front));
    }
    ordered.is_reference = scan.is_reference;
    ordered.is_intra = scan.is_intra;
    ordered.coding_type = scan.coding_type;
    ordered.bypasses_transform = syntax_.bypasses_transform;
    const Decoded decoded = decoder_->decode(ordered.data.data(), ordered.data.size());
    if (!decoded.begun.empty()) {
      // Pictures that stand in for missing references: see Decoder::finish().
      current_ = codec_ == cudaVideoCodec_H264 ? decoded.begun.back() : decoded.begun.front();
      current_.frame = nullptr;
      ordered.mark = current_.mark;
    }
    // As long as the sequence lasts; codecs without parameter sets have one.
    if (ordered.new_sequence || surfaces_ == 0) {
      surfaces_ = surfaces_needed(codec_, decoder_->context());
    }
    ordered.field = field_head(scan.first_slice, syntax_);
    if (decoded.begun.empty() && ordered.field.is_field && !decoded.failed) {
      ordered.mark = current_.mark;
      ordered.is_second_field = true;
    }
    // libav finds out how many it reorders with the second field, too late for what is announced.
    if (ordered.new_sequence && ordered.field.is_field) surfaces_ = kMostReordered + 1;
    for (const FramePtr& frame : decoded.shown) ordered.after.push_back(shown_of(*frame));
    return ordered;
  }

  std::vector<Shown> flush() override {
    std::vector<Shown> shown;
    if (!decoder_->usable()) return shown;
    for (const FramePtr& frame : decoder_->decode(nullptr, 0).shown) {
      shown.push_back(shown_of(*frame));
    }
    return shown;
  }

  CUVIDEOFORMAT format() const override {
    CUVIDEOFORMAT format = {};
    format.codec = codec_;
    const AVCodecContext& context = decoder_->context();
    const AVPixFmtDescriptor* pixels = av_pix_fmt_desc_get(context.pix_fmt);
    if (pixels == nullptr) return format;
    const bool unknown_rate = context.framerate.num <= 0 || context.framerate.den <= 0;
    format.frame_rate.numerator = unknown_rate ? 0 : static_cast<unsigned>(context.framerate.num);
    format.frame_rate.denominator = unknown_rate ? 0 : static_cast<unsigned>(context.framerate.den);
    format.progressive_sequence = progressive_ ? 1 : 0;
    const auto deep = static_cast<unsigned char>(pixels->comp[0].depth - 8);
    format.bit_depth_luma_minus8 = format.bit_depth_chroma_minus8 = deep;
    format.min_num_decode_surfaces = surfaces_;
    const int unit = codec_ == cudaVideoCodec_HEVC || codec_ == cudaVideoCodec_VP9 ? 8 : 16;
    // Of MPEG as it is displayed (seen on an H100).
    const bool is_mpeg = codec_ == cudaVideoCodec_MPEG1 || codec_ == cudaVideoCodec_MPEG2;
    format.coded_width = is_mpeg ? align(context.width, 1) : align(context.coded_width, unit);
    format.coded_height = align(context.coded_height, unit);
    format.display_area.left = current_.crop_left;
    format.display_area.top = current_.crop_top;
    format.display_area.right = current_.crop_left + context.width;
    format.display_area.bottom = current_.crop_top + context.height;
    format.chroma_format = monochrome_ ? cudaVideoChromaFormat_Monochrome : chroma_of(*pixels);
    set_aspect(context, format);
    set_signal(context, format);
    return format;
  }

 private:
  void open() {
    decoder_ = std::make_unique<InnerDecoder>(codec_, on_drop_);
    // Only its order is of interest.
    if (decoder_->usable()) decoder_->context().skip_loop_filter = AVDISCARD_ALL;
  }

  void set_aspect(const AVCodecContext& context, CUVIDEOFORMAT& format) const {
    if (codec_ == cudaVideoCodec_VP8) return;
    const AVRational sample = context.sample_aspect_ratio;
    const bool known = sample.num > 0 && sample.den > 0;
    const int across = context.width * (known ? sample.num : 1);
    const int down = context.height * (known ? sample.den : 1);
    const int divisor = codec_ == cudaVideoCodec_VP9 ? 1 : std::gcd(across, down);
    format.display_aspect_ratio.x = across / std::max(divisor, 1);
    format.display_aspect_ratio.y = down / std::max(divisor, 1);
  }

  void set_signal(const AVCodecContext& context, CUVIDEOFORMAT& format) const {
    const bool is_silent = codec_ == cudaVideoCodec_VP8 || codec_ == cudaVideoCodec_VP9 ||
                           codec_ == cudaVideoCodec_JPEG;
    if (is_silent) return;
    auto& signal = format.video_signal_description;
    signal.video_format = 5;
    signal.video_full_range_flag = context.color_range == AVCOL_RANGE_JPEG;
    signal.color_primaries = static_cast<unsigned char>(context.color_primaries);
    signal.transfer_characteristics = static_cast<unsigned char>(context.color_trc);
    signal.matrix_coefficients = static_cast<unsigned char>(context.colorspace);
  }

  cudaVideoCodec codec_;
  OnDrop on_drop_;
  std::unique_ptr<InnerDecoder> decoder_;
  Begun current_;
  Bytes waiting_;
  std::vector<SeiMessage> messages_;
  Bytes parameter_sets_;
  Bytes next_parameter_sets_;
  bool monochrome_ = false;
  bool next_monochrome_ = false;
  bool progressive_ = true;
  bool next_progressive_ = true;
  SliceSyntax syntax_;
  unsigned char surfaces_ = 0;
};

}  // namespace

std::unique_ptr<PictureOrder> make_picture_order(cudaVideoCodec codec,
                                                 PictureOrder::OnDrop on_drop) {
  if (codec == cudaVideoCodec_AV1) return make_av1_order(std::move(on_drop));
  return std::make_unique<LibavOrder>(codec, std::move(on_drop));
}

}  // namespace cufsim

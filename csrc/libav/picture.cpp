#include "libav/picture.h"

#include <string>
#include <utility>

#include "libav/errors.h"
#include "libav/pixel_formats.h"
#include "libav/stream_info.h"

extern "C" {
#include <libavutil/imgutils.h>
}

namespace cuf::libav {
namespace {

PictureType picture_type(AVPictureType type) {
  switch (type) {
    case AV_PICTURE_TYPE_I:
    case AV_PICTURE_TYPE_SI:
    case AV_PICTURE_TYPE_BI:
      return PictureType::i;
    case AV_PICTURE_TYPE_P:
    case AV_PICTURE_TYPE_SP:
    case AV_PICTURE_TYPE_S:
      return PictureType::p;
    case AV_PICTURE_TYPE_B:
      return PictureType::b;
    default:
      return PictureType::unknown;
  }
}

bool has_upward_rows(const AVFrame& frame) {
  for (int plane = 0; plane < 4 && frame.data[plane]; ++plane) {
    if (frame.linesize[plane] < 0) return true;
  }
  return false;
}

Owned<AVFrame> allocate_like(const AVFrame& frame, AVPixelFormat format) {
  Owned<AVFrame> out(require(av_frame_alloc(), "a picture"));
  out->format = format;
  out->width = frame.width;
  out->height = frame.height;
  if (av_frame_get_buffer(out.get(), 0) < 0 || av_frame_copy_props(out.get(), &frame) < 0) {
    throw out_of_memory("a picture");
  }
  return out;
}

// Raw video of AVI is stored bottom up and comes with negative strides.
Owned<AVFrame> turned_downward(const AVFrame& frame) {
  Owned<AVFrame> out = allocate_like(frame, static_cast<AVPixelFormat>(frame.format));
  const int result = av_frame_copy(out.get(), &frame);
  if (result < 0) throw make_error(result, "Could not copy a picture");
  return out;
}

// What the two swscale calls have in common: no change of range, every chroma sample used.
constexpr int kScaleFlags = SWS_POINT | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP;

void fill_planes(Picture& picture, const AVFrame& frame) {
  const auto format = static_cast<AVPixelFormat>(frame.format);
  const AVPixFmtDescriptor& desc = *av_pix_fmt_desc_get(format);
  const bool is_semiplanar = desc.nb_components >= 3 && desc.comp[1].plane == desc.comp[2].plane;
  const bool is_gray = desc.nb_components < 3;
  const uint32_t sample_bytes = picture.bit_depth > 8 ? 2 : 1;
  const auto ceil_shift = [](int value, int shift) {
    return static_cast<uint32_t>(-((-value) >> shift));
  };
  picture.plane_count = is_gray ? 1 : is_semiplanar ? 2 : 3;
  for (uint32_t i = 0; i < picture.plane_count; ++i) {
    const bool is_chroma = i > 0 && !(desc.flags & AV_PIX_FMT_FLAG_RGB);
    const uint32_t columns = ceil_shift(frame.width, is_chroma ? desc.log2_chroma_w : 0);
    Plane& plane = picture.planes[i];
    plane.data = frame.data[i];
    plane.stride = frame.linesize[i];
    plane.rows = ceil_shift(frame.height, is_chroma ? desc.log2_chroma_h : 0);
    plane.row_bytes = columns * sample_bytes * (is_chroma && is_semiplanar ? 2 : 1);
  }
  if (frame.buf[0] && !frame.buf[1]) {
    picture.block = frame.buf[0]->data;
    picture.block_bytes = frame.buf[0]->size;
  }
}

}  // namespace

DecodeStatus decode_status(const AVFrame& frame) {
  if (frame.flags & AV_FRAME_FLAG_CORRUPT) return DecodeStatus::corrupt;
  if (frame.decode_error_flags & FF_DECODE_ERROR_CONCEALMENT_ACTIVE) return DecodeStatus::concealed;
  return frame.decode_error_flags ? DecodeStatus::corrupt : DecodeStatus::ok;
}

Owned<AVFrame> PictureMaker::convert(const AVFrame& frame, AVPixelFormat target) {
  const auto source = static_cast<AVPixelFormat>(frame.format);
  if (target == AV_PIX_FMT_NONE || !sws_isSupportedInput(source)) {
    const char* name = av_get_pix_fmt_name(source);
    throw Error(Status::unsupported, "Pictures of the pixel format " +
                                         std::string(name ? name : "unknown") +
                                         " cannot be converted");
  }
  scaler_.reset(sws_getCachedContext(scaler_.release(), frame.width, frame.height, source,
                                     frame.width, frame.height, target, kScaleFlags, nullptr,
                                     nullptr, nullptr));
  require(scaler_.get(), "a pixel format converter");
  const int* matrix = sws_getCoefficients(SWS_CS_DEFAULT);
  sws_setColorspaceDetails(scaler_.get(), matrix, 1, matrix, 1, 0, 1 << 16, 1 << 16);
  Owned<AVFrame> out = allocate_like(frame, target);
  const int rows = sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, out->data,
                             out->linesize);
  if (rows < 0) throw make_error(rows, "Could not convert a picture");
  return out;
}

MemoryBudget::Charge PictureMaker::charge_for(const AVFrame& frame, AVPixelFormat format) {
  const int size = av_image_get_buffer_size(format, frame.width, frame.height, 1);
  return budget_ && size > 0 ? budget_->reserve(static_cast<uint64_t>(size))
                             : MemoryBudget::Charge();
}

// What a picture's planes live in.
struct ChargedFrame {
  Owned<AVFrame> frame;
  MemoryBudget::Charge charge;
};

Picture PictureMaker::make(Owned<AVFrame>& decoded, int coded_width, int coded_height,
                           Rational time_base, int32_t rotation) {
  const auto decoded_format = static_cast<AVPixelFormat>(decoded->format);
  PixelFormat format = to_pixel_format(decoded_format);
  auto owner = std::make_shared<ChargedFrame>();
  Owned<AVFrame>& frame = owner->frame;
  if (format.format == Format::unknown) {
    const AVPixelFormat between = intermediate_format(decoded_format);
    const AVPixelFormat target = nearest_format(decoded_format);
    owner->charge = charge_for(*decoded, target);
    if (between != AV_PIX_FMT_NONE && between != decoded_format) frame = convert(*decoded, between);
    frame = convert(frame ? *frame : *decoded, target);
    format = to_pixel_format(target);
  } else if (has_upward_rows(*decoded)) {
    owner->charge = charge_for(*decoded, decoded_format);
    frame = turned_downward(*decoded);
  } else {
    if (charges_frames_) owner->charge = charge_for(*decoded, decoded_format);
    frame = std::move(decoded);
  }

  Picture picture;
  picture.is_read_only = true;
  picture.format = format.format;
  picture.bit_depth = format.bit_depth;
  picture.dtype = format.bit_depth > 8 ? Dtype::uint16 : Dtype::uint8;
  picture.width = static_cast<uint32_t>(frame->width);
  picture.height = static_cast<uint32_t>(frame->height);
  picture.coded_width = static_cast<uint32_t>(std::max(coded_width, frame->width));
  picture.coded_height = static_cast<uint32_t>(std::max(coded_height, frame->height));
  picture.color =
      to_color(decoded_format, number_in(frame->color_primaries), number_in(frame->color_trc),
               number_in(frame->colorspace), number_in(frame->color_range));
  const AVFrameSideData* turn = av_frame_get_side_data(frame.get(), AV_FRAME_DATA_DISPLAYMATRIX);
  picture.rotation = turn ? rotation_of(turn->data, turn->size) : rotation;
  picture.time_base = time_base;
  picture.pts = frame->best_effort_timestamp;
  picture.duration = frame_duration(*frame);
  picture.picture_type = picture_type(frame->pict_type);
  picture.decode_status = decode_status(*frame);
  picture.is_key = frame_is_key(*frame);
  picture.is_interlaced = frame_is_interlaced(*frame);
  picture.is_top_field_first = picture.is_interlaced && frame_is_top_field_first(*frame);
  fill_planes(picture, *frame);
  picture.owner = std::move(owner);
  return picture;
}

}  // namespace cuf::libav

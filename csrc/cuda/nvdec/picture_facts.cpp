#include "cuda/nvdec/picture_facts.h"

#include <algorithm>
#include <string_view>

#include "core/bit_reader.h"
#include "core/nal_units.h"

namespace cuf::cuda {
namespace {

using View = std::span<const uint8_t>;

constexpr int kH264Slice = 1;
constexpr int kH264IdrSlice = 5;
constexpr uint8_t kMpegPicture = 0x00;

// What begins with the first slice that `is_slice` takes, from where the parser says slices begin.
template <class IsSlice>
View first_slice(const CUVIDPICPARAMS& parameters, IsSlice is_slice) {
  View data(parameters.pBitstreamData, parameters.nBitstreamDataLen);
  if (parameters.nNumSlices > 0 && parameters.pSliceDataOffsets &&
      parameters.pSliceDataOffsets[0] < data.size()) {
    data = data.subspan(parameters.pSliceDataOffsets[0]);
  }
  LeadingUnits units(data, 0);
  while (units.next()) {
    const View unit = units.head();
    // No header begins with two zeros: the unit is empty.
    const bool is_empty = unit.size() > 1 && unit[0] == 0 && unit[1] == 0;
    if (!is_empty && is_slice(unit)) return unit;
  }
  return {};
}

bool is_h264_slice(View unit) {
  const int type = unit[0] & 31;
  return type == kH264Slice || type == kH264IdrSlice;
}

// ITU-T H.264, table 7-6
PictureType h264_type(uint32_t slice_type) {
  switch (slice_type % 5) {
    case 1:
      return PictureType::b;
    case 2:
    case 4:
      return PictureType::i;
    default:
      return PictureType::p;
  }
}

CodedPicture h264_picture(const CUVIDPICPARAMS& parameters) {
  CodedPicture picture;
  const View slice = first_slice(parameters, is_h264_slice);
  if (slice.empty()) return picture;
  picture.is_key = (slice[0] & 31) == kH264IdrSlice;
  BitReader reader(slice.subspan(1), BitReader::Escapes::nal);
  reader.ue();
  const uint32_t type = reader.ue();
  if (!reader.has_overrun()) picture.type = h264_type(type);
  return picture;
}

int hevc_unit_type(View unit) {
  return unit[0] >> 1 & 63;
}

bool is_hevc_slice(View unit) {
  return unit.size() > 2 && hevc_unit_type(unit) < 32;
}

CodedPicture hevc_picture(const CUVIDPICPARAMS& parameters) {
  CodedPicture picture;
  const CUVIDHEVCPICPARAMS& hevc = parameters.CodecSpecific.hevc;
  const View slice = first_slice(parameters, is_hevc_slice);
  if (slice.empty()) return picture;
  const int unit_type = hevc_unit_type(slice);
  picture.is_key = unit_type >= 16 && unit_type <= 23;
  BitReader reader(slice.subspan(2), BitReader::Escapes::nal);
  const bool is_first = reader.flag();
  if (picture.is_key) reader.bit();
  reader.ue();
  reader.skip(hevc.num_extra_slice_header_bits);
  const uint32_t type = reader.ue();
  if (is_first && !reader.has_overrun() && type <= 2) {
    constexpr PictureType kTypes[] = {PictureType::b, PictureType::p, PictureType::i};
    picture.type = kTypes[type];
  }
  return picture;
}

CodedPicture simple(bool is_intra, bool is_key) {
  return {.type = is_intra ? PictureType::i : PictureType::p, .is_key = is_key, .color = {}};
}

// picture_coding_type: 1 I, 2 P, 3 B, 4 D
CodedPicture mpeg2_picture(int type) {
  CodedPicture picture = simple(type == 1 || type == 4, type == 1);
  if (type == 3) picture.type = PictureType::b;
  return picture;
}

// vop_coding_type: 0 I, 1 P, 2 B, 3 S
CodedPicture mpeg4_picture(int type) {
  CodedPicture picture = simple(type == 0, type == 0);
  if (type == 2) picture.type = PictureType::b;
  return picture;
}

CodedPicture vc1_picture(const CUVIDVC1PICPARAMS& vc1) {
  CodedPicture picture = simple(vc1.intra_pic_flag != 0, vc1.intra_pic_flag && vc1.ref_pic_flag);
  if (!vc1.ref_pic_flag && !vc1.intra_pic_flag) picture.type = PictureType::b;
  return picture;
}

CodedPicture av1_picture(const CUVIDPICPARAMS& parameters) {
  constexpr unsigned kKey = 0;
  const bool is_intra = parameters.intra_pic_flag != 0;
  return simple(is_intra, is_intra && parameters.CodecSpecific.av1.frame_type == kKey);
}

View bitstream_of(const CUVIDPICPARAMS& parameters) {
  return {parameters.pBitstreamData, parameters.nBitstreamDataLen};
}

// RFC 6386, section 9: two bits of the key frame's first partition, coded with even odds.
Color vp8_color(uint8_t first, uint8_t second) {
  const bool color_space = first >= 128;
  const int next = (first - 128) * 2 + (second >> 7);
  Color color;
  color.matrix = 5;  // BT.601, whatever color_space says
  color.full_range = color_space ? next >= 127 : first >= 64;
  return color;
}

CodedPicture vp8_picture(const CUVIDPICPARAMS& parameters) {
  constexpr uint8_t kStartCode[] = {0x9D, 0x01, 0x2A};
  const View data = bitstream_of(parameters);
  const bool is_key = data.size() >= 12 && (data[0] & 1) == 0 &&
                      std::equal(std::begin(kStartCode), std::end(kStartCode), &data[3]);
  CodedPicture picture = simple(is_key, is_key);
  if (is_key) picture.color = vp8_color(data[10], data[11]);
  return picture;
}

// What an uncompressed header of VP9 (section 6.2 of its specification) begins with.
struct Vp9Frame {
  bool is_existing = false;  // shows a picture that was decoded before
  bool is_key = false;
  bool is_shown = false;
  std::optional<Color> color;  // of key frames, as what follows
  cudaVideoChromaFormat chroma = cudaVideoChromaFormat_420;
  uint32_t bit_depth = 8;
};

void read_vp9_color(BitReader& reader, uint32_t profile, Vp9Frame& frame) {
  // unknown, BT.601, BT.709, SMPTE-170, SMPTE-240, BT.2020, reserved, sRGB
  constexpr uint32_t kMatrices[] = {2, 5, 1, 6, 7, 9, 2, 0};
  constexpr uint32_t kRgb = 7;
  if (profile >= 2) frame.bit_depth = reader.flag() ? 12 : 10;
  const uint32_t space = reader.bits(3);
  Color color;
  color.matrix = kMatrices[space];
  color.full_range = space == kRgb || reader.flag();
  frame.color = color;
  if (profile % 2 == 0) return;
  const bool is_narrow = space != kRgb && reader.flag();
  frame.chroma = is_narrow ? cudaVideoChromaFormat_422 : cudaVideoChromaFormat_444;
}

Vp9Frame read_vp9(View frame) {
  constexpr uint32_t kSyncCode = 0x498342;
  BitReader reader(frame);
  Vp9Frame out;
  reader.skip(2);
  uint32_t profile = reader.bit();
  profile |= reader.bit() << 1;
  if (profile == 3) reader.skip(1);
  out.is_existing = reader.flag();
  if (out.is_existing) return out;
  out.is_key = !reader.flag();
  out.is_shown = reader.flag();
  reader.skip(1);
  if (out.is_key && reader.bits(24) == kSyncCode) read_vp9_color(reader, profile, out);
  return out;
}

CodedPicture vp9_picture(const CUVIDPICPARAMS& parameters) {
  const Vp9Frame frame = read_vp9(bitstream_of(parameters));
  const bool is_key = frame.is_key && frame.color.has_value();
  CodedPicture picture = simple(is_key || parameters.CodecSpecific.vp9.intraOnly, is_key);
  picture.color = frame.color;
  return picture;
}

// JFIF: BT.601 in full range, unless a comment, as FFmpeg writes it, tells of limited range.
CodedPicture jpeg_picture(const CUVIDPICPARAMS& parameters) {
  constexpr uint8_t kMark = 0xFF;
  constexpr uint8_t kStartOfScan = 0xDA;
  constexpr uint8_t kComment = 0xFE;
  constexpr std::string_view kLimited = "CS=ITU601";
  CodedPicture picture = simple(true, true);
  Color color;
  color.matrix = 5;
  color.full_range = true;
  const View data = bitstream_of(parameters);
  for (size_t at = 2; at + 4 <= data.size() && data[at] == kMark && data[at + 1] != kStartOfScan;) {
    const size_t length = data[at + 2] << 8 | data[at + 3];
    const View text = data.subspan(at + 4, std::min(kLimited.size(), data.size() - at - 4));
    const bool is_limited = data[at + 1] == kComment && length >= kLimited.size() + 2 &&
                            std::ranges::equal(text, kLimited);
    if (is_limited) color.full_range = false;
    at += 2 + length;
  }
  picture.color = color;
  return picture;
}

// Pictures of H.264 begin with a slice whose first_mb_in_slice is 0, which is coded as one bit.
size_t count_h264_pictures(View payload) {
  size_t count = 0;
  StartCodeUnits units(payload);
  while (const auto unit = units.next()) {
    count += is_h264_slice(*unit) && unit->size() > 1 && ((*unit)[1] & 0x80);
  }
  return count;
}

size_t count_mpeg_pictures(View payload) {
  size_t count = 0;
  StartCodeUnits units(payload);
  while (const auto unit = units.next()) count += (*unit)[0] == kMpegPicture;
  return count;
}

// VP9, annex B: a superframe's sizes lie at its end, between two equal bytes.
size_t count_vp9_shown(View payload) {
  const uint8_t marker = payload.empty() ? 0 : payload.back();
  const size_t frames = (marker & 7) + 1;
  const size_t bytes = (marker >> 3 & 3) + 1;
  const size_t table = 2 + bytes * frames;
  if ((marker & 0xE0) != 0xC0 || payload.size() < table ||
      payload[payload.size() - table] != marker) {
    const Vp9Frame frame = read_vp9(payload);
    return frame.is_existing || frame.is_shown;
  }
  View sizes = payload.last(table).subspan(1);
  View rest = payload.first(payload.size() - table);
  size_t shown = 0;
  for (size_t i = 0; i < frames; ++i) {
    size_t size = 0;
    for (size_t byte = 0; byte < bytes; ++byte) size |= size_t{sizes[byte]} << 8 * byte;
    sizes = sizes.subspan(bytes);
    size = std::min(size, rest.size());
    const Vp9Frame frame = read_vp9(rest.first(size));
    shown += size > 0 && (frame.is_existing || frame.is_shown);
    rest = rest.subspan(size);
  }
  return shown;
}

}  // namespace

CodedPicture coded_picture(cudaVideoCodec codec, const CUVIDPICPARAMS& parameters) {
  const auto& specific = parameters.CodecSpecific;
  switch (codec) {
    case cudaVideoCodec_H264:
      return h264_picture(parameters);
    case cudaVideoCodec_HEVC:
      return hevc_picture(parameters);
    case cudaVideoCodec_MPEG1:
    case cudaVideoCodec_MPEG2:
      return mpeg2_picture(specific.mpeg2.picture_coding_type);
    case cudaVideoCodec_MPEG4:
      return mpeg4_picture(specific.mpeg4.vop_coding_type);
    case cudaVideoCodec_VC1:
      return vc1_picture(specific.vc1);
    case cudaVideoCodec_VP8:
      return vp8_picture(parameters);
    case cudaVideoCodec_VP9:
      return vp9_picture(parameters);
    case cudaVideoCodec_AV1:
      return av1_picture(parameters);
    case cudaVideoCodec_JPEG:
      return jpeg_picture(parameters);
    default:
      return {};
  }
}

std::optional<CodedKind> coded_kind(cudaVideoCodec codec, View payload) {
  if (codec != cudaVideoCodec_VP9) return std::nullopt;
  const Vp9Frame frame = read_vp9(payload);
  if (!frame.color) return std::nullopt;
  return CodedKind{codec, frame.chroma, frame.bit_depth};
}

bool is_reference(cudaVideoCodec codec, const CUVIDPICPARAMS& parameters) {
  // NVIDIA's parser does not tell it of VP9, and of these other things than pixels are kept, too.
  const bool is_untold =
      codec == cudaVideoCodec_VP8 || codec == cudaVideoCodec_VP9 || codec == cudaVideoCodec_AV1;
  return is_untold || parameters.ref_pic_flag != 0;
}

Color color_of(const CUVIDEOFORMAT& format) {
  const auto& signal = format.video_signal_description;
  Color color;
  // MPEG-4 part 2 takes BT.709 for what is not told (6.3.2), and nvcuvid does; few encoders do.
  const bool is_assumed = format.codec == cudaVideoCodec_MPEG4 && signal.color_primaries == 1 &&
                          signal.transfer_characteristics == 1 && signal.matrix_coefficients == 1;
  if (is_assumed) return color;
  color.full_range = signal.video_full_range_flag != 0;
  // All zero: the stream has no description. As a matrix zero would be RGB, and as primaries it is
  // reserved.
  if (signal.color_primaries == 0 && signal.transfer_characteristics == 0 &&
      signal.matrix_coefficients == 0) {
    return color;
  }
  color.primaries = signal.color_primaries;
  color.transfer = signal.transfer_characteristics;
  color.matrix = signal.matrix_coefficients;
  return color;
}

bool is_one_picture(cudaVideoCodec codec, bool may_be_interlaced, View payload) {
  switch (codec) {
    case cudaVideoCodec_H264:
      return !may_be_interlaced || count_h264_pictures(payload) <= 1;
    case cudaVideoCodec_MPEG1:
    case cudaVideoCodec_MPEG2:
      return !may_be_interlaced || count_mpeg_pictures(payload) <= 1;
    case cudaVideoCodec_VP9:
      return count_vp9_shown(payload) <= 1;
    default:
      return true;
  }
}

size_t count_shown(cudaVideoCodec codec, View payload) {
  switch (codec) {
    case cudaVideoCodec_VP8:  // show_frame of the frame tag, RFC 6386, 9.1
      return payload.empty() ? 0 : payload[0] >> 4 & 1;
    case cudaVideoCodec_VP9:
      return count_vp9_shown(payload);
    case cudaVideoCodec_AV1:  // a temporal unit
      return 1;
    default:
      return 0;
  }
}

bool must_give_picture(cudaVideoCodec codec, View payload) {
  const auto holds = [&](auto is_picture) {
    StartCodeUnits units(payload);
    while (const auto unit = units.next()) {
      if (is_picture(*unit)) return true;
    }
    return false;
  };
  switch (codec) {
    case cudaVideoCodec_H264:
      return holds(is_h264_slice);
    case cudaVideoCodec_HEVC:
      // RASL pictures behind the key picture that decoding began at are left out.
      return holds([](View unit) {
        const int type = hevc_unit_type(unit);
        return is_hevc_slice(unit) && type != 8 && type != 9;
      });
    case cudaVideoCodec_VP8:
    case cudaVideoCodec_VP9:
    case cudaVideoCodec_AV1:
      return true;
    // In MPEG streams pictures may be skipped, and stand-ins for others.
    default:
      return false;
  }
}

}  // namespace cuf::cuda

#include "cuvid/header_writer.h"

#include <cstdint>

namespace cufsim {

namespace {

class BitWriter {
 public:
  void put(unsigned count, unsigned value) {
    for (unsigned i = count; i-- > 0;) {
      if (used_ % 8 == 0) bytes_.push_back(0);
      bytes_.back() |= static_cast<unsigned char>((value >> i & 1) << (7 - used_ % 8));
      used_++;
    }
  }
  void flag(bool value) { put(1, value ? 1 : 0); }
  void golomb(unsigned value) {
    unsigned length = 0;
    while ((value + 1) >> (length + 1) != 0) length++;
    put(length, 0);
    put(length + 1, value + 1);
  }
  void signed_golomb(int value) {
    golomb(static_cast<unsigned>(value > 0 ? 2 * value - 1 : -2 * value));
  }
  void stop() {
    flag(true);
    while (used_ % 8 != 0) flag(false);
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
  unsigned used_ = 0;
};

/** A NAL unit with start code and emulation prevention. */
void append_nal(Bytes& out, unsigned char header, const Bytes& payload) {
  out.insert(out.end(), {0, 0, 0, 1, header});
  int zeros = 0;
  for (const unsigned char byte : payload) {
    if (zeros == 2 && byte <= 3) {
      out.push_back(3);
      zeros = 0;
    }
    out.push_back(byte);
    zeros = byte == 0 ? zeros + 1 : 0;
  }
}

class GolombReader {
 public:
  GolombReader(const unsigned char* data, size_t size) : data_(data), size_(size) {}
  unsigned next() {
    unsigned zeros = 0;
    while (zeros < 31 && bit() == 0) zeros++;
    unsigned value = 1;
    for (unsigned i = 0; i < zeros; i++) value = value << 1 | bit();
    return value - 1;
  }

 private:
  unsigned bit() {
    if (at_ / 8 >= size_) return 1;
    const unsigned value = data_[at_ / 8] >> (7 - at_ % 8) & 1;
    at_++;
    return value;
  }
  const unsigned char* data_;
  size_t size_;
  size_t at_ = 0;
};

/** Which PPS the first slice names. */
unsigned pps_of(const CUVIDPICPARAMS& picture) {
  const unsigned char* data = picture.pBitstreamData;
  const size_t size = picture.nBitstreamDataLen;
  for (size_t i = 0; i + 4 < size; i++) {
    if (data[i] != 0 || data[i + 1] != 0 || data[i + 2] != 1) continue;
    GolombReader slice(data + i + 4, size - i - 4);
    slice.next();
    slice.next();
    return slice.next();
  }
  return 0;
}

constexpr int kZigzag4[16] = {0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15};
constexpr int kZigzag8[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
                              12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
                              35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
                              58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

void put_scaling_list(BitWriter& bits, const unsigned char* raster, const int* zigzag, int count) {
  bits.flag(true);
  int last = 8;
  for (int i = 0; i < count; i++) {
    int delta = raster[zigzag[i]] - last;
    if (delta > 127) delta -= 256;
    if (delta < -128) delta += 256;
    bits.signed_golomb(delta);
    last = raster[zigzag[i]];
  }
}

Bytes sps(const CUVIDPICPARAMS& picture) {
  const CUVIDH264PICPARAMS& h264 = picture.CodecSpecific.h264;
  BitWriter bits;
  bits.put(8, 100);  // High: what all others are part of
  bits.put(8, 0);
  bits.put(8, 52);
  bits.golomb(0);
  bits.golomb(1);  // 4:2:0
  bits.golomb(h264.bit_depth_luma_minus8);
  bits.golomb(h264.bit_depth_chroma_minus8);
  bits.flag(h264.qpprime_y_zero_transform_bypass_flag);
  bits.flag(false);  // matrices are in the PPS
  bits.golomb(static_cast<unsigned>(h264.log2_max_frame_num_minus4));
  bits.golomb(static_cast<unsigned>(h264.pic_order_cnt_type));
  if (h264.pic_order_cnt_type == 0) {
    bits.golomb(static_cast<unsigned>(h264.log2_max_pic_order_cnt_lsb_minus4));
  } else if (h264.pic_order_cnt_type == 1) {
    // The offsets are not in the parameters: only the order of output depends on them.
    bits.flag(h264.delta_pic_order_always_zero_flag);
    bits.signed_golomb(0);
    bits.signed_golomb(0);
    bits.golomb(0);
  }
  bits.golomb(static_cast<unsigned>(h264.num_ref_frames));
  bits.flag(true);
  bits.golomb(static_cast<unsigned>(picture.PicWidthInMbs - 1));
  const int map_units = picture.FrameHeightInMbs >> (h264.frame_mbs_only_flag ? 0 : 1);
  bits.golomb(static_cast<unsigned>(map_units - 1));
  bits.flag(h264.frame_mbs_only_flag);
  if (!h264.frame_mbs_only_flag) bits.flag(h264.MbaffFrameFlag);
  bits.flag(h264.direct_8x8_inference_flag);
  bits.flag(false);
  bits.flag(false);
  bits.stop();
  return bits.bytes();
}

Bytes pps(const CUVIDPICPARAMS& picture) {
  const CUVIDH264PICPARAMS& h264 = picture.CodecSpecific.h264;
  BitWriter bits;
  bits.golomb(pps_of(picture));
  bits.golomb(0);
  bits.flag(h264.entropy_coding_mode_flag);
  bits.flag(h264.pic_order_present_flag);
  bits.golomb(0);
  bits.golomb(static_cast<unsigned>(h264.num_ref_idx_l0_active_minus1));
  bits.golomb(static_cast<unsigned>(h264.num_ref_idx_l1_active_minus1));
  bits.flag(h264.weighted_pred_flag);
  bits.put(2, static_cast<unsigned>(h264.weighted_bipred_idc));
  bits.signed_golomb(h264.pic_init_qp_minus26);
  bits.signed_golomb(0);
  bits.signed_golomb(h264.chroma_qp_index_offset);
  bits.flag(h264.deblocking_filter_control_present_flag);
  bits.flag(h264.constrained_intra_pred_flag);
  bits.flag(h264.redundant_pic_cnt_present_flag);
  bits.flag(h264.transform_8x8_mode_flag);
  bits.flag(true);
  for (const auto& list : h264.WeightScale4x4) put_scaling_list(bits, list, kZigzag4, 16);
  if (h264.transform_8x8_mode_flag) {
    for (const auto& list : h264.WeightScale8x8) put_scaling_list(bits, list, kZigzag8, 64);
  }
  bits.signed_golomb(h264.second_chroma_qp_index_offset);
  bits.stop();
  return bits.bytes();
}

/** Interlaced sequences have an even number of macroblock rows, of which the height may hide one.
 */
bool has_hidden_row(const CUVIDPICPARAMS& picture) {
  const unsigned char* data = picture.pBitstreamData;
  for (size_t i = 0; i + 3 < picture.nBitstreamDataLen; i++) {
    const bool slice = data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1 && data[i + 3] != 0;
    if (slice && data[i + 3] <= 0xaf && data[i + 3] > picture.FrameHeightInMbs) return true;
  }
  return false;
}

void append_start_code(Bytes& out, unsigned char code, const Bytes& payload) {
  out.insert(out.end(), {0, 0, 1, code});
  out.insert(out.end(), payload.begin(), payload.end());
}

}  // namespace

Bytes h264_headers(const CUVIDPICPARAMS& picture) {
  Bytes out;
  append_nal(out, 0x67, sps(picture));
  append_nal(out, 0x68, pps(picture));
  return out;
}

Bytes mpeg2_sequence_header(const CUVIDPICPARAMS& picture) {
  const CUVIDMPEG2PICPARAMS& mpeg2 = picture.CodecSpecific.mpeg2;
  const unsigned width = static_cast<unsigned>(picture.PicWidthInMbs) * 16;
  const unsigned height = static_cast<unsigned>(picture.FrameHeightInMbs) * 16;
  BitWriter header;
  header.put(12, width & 0xfff);
  header.put(12, height & 0xfff);
  header.put(4, 1);
  header.put(4, 3);  // 25 frames a second
  header.put(18, 0x3ffff);
  header.flag(true);
  header.put(10, 0);
  header.flag(false);
  for (const unsigned char* matrix : {mpeg2.QuantMatrixIntra, mpeg2.QuantMatrixInter}) {
    header.flag(true);
    for (const int index : kZigzag8) header.put(8, matrix[index]);
  }
  BitWriter extension;
  extension.put(4, 1);
  extension.put(8, 0x48);  // main profile, main level
  extension.flag(picture.FrameHeightInMbs % 2 != 0 && !has_hidden_row(picture));
  extension.put(2, 1);
  extension.put(2, width >> 12);
  extension.put(2, height >> 12);
  extension.put(12, 0);
  extension.flag(true);
  extension.put(8, 0);
  extension.flag(false);
  extension.put(7, 0);
  Bytes out;
  append_start_code(out, 0xb3, header.bytes());
  append_start_code(out, 0xb5, extension.bytes());
  return out;
}

Bytes mpeg2_picture_header(const CUVIDPICPARAMS& picture) {
  const CUVIDMPEG2PICPARAMS& mpeg2 = picture.CodecSpecific.mpeg2;
  BitWriter header;
  header.put(10, 0);
  header.put(3, static_cast<unsigned>(mpeg2.picture_coding_type));
  header.put(16, 0xffff);
  if (mpeg2.picture_coding_type >= 2) header.put(4, 7);
  if (mpeg2.picture_coding_type == 3) header.put(4, 7);
  header.flag(false);
  BitWriter extension;
  extension.put(4, 8);
  for (const auto& codes : mpeg2.f_code) {
    for (const int code : codes) extension.put(4, static_cast<unsigned>(code));
  }
  extension.put(2, static_cast<unsigned>(mpeg2.intra_dc_precision));
  extension.put(2, !picture.field_pic_flag ? 3 : picture.bottom_field_flag ? 2 : 1);
  extension.flag(mpeg2.top_field_first);
  extension.flag(mpeg2.frame_pred_frame_dct);
  extension.flag(mpeg2.concealment_motion_vectors);
  extension.flag(mpeg2.q_scale_type);
  extension.flag(mpeg2.intra_vlc_format);
  extension.flag(mpeg2.alternate_scan);
  extension.flag(false);
  extension.flag(true);
  extension.flag(mpeg2.frame_pred_frame_dct);
  extension.flag(false);
  Bytes out;
  append_start_code(out, 0x00, header.bytes());
  append_start_code(out, 0xb5, extension.bytes());
  return out;
}

}  // namespace cufsim

#include "cuvid/scan.h"

namespace cufsim {

namespace {

/** What follows a start code, up to the next one. */
struct Piece {
  size_t start;  // of the start code
  size_t begin;
  size_t end;
};

std::vector<Piece> pieces_of(const Bytes& data) {
  std::vector<Piece> pieces;
  for (size_t i = 0; i + 3 < data.size(); i++) {
    if (data[i] != 0 || data[i + 1] != 0 || data[i + 2] != 1) continue;
    if (!pieces.empty()) pieces.back().end = i;
    pieces.push_back({i, i + 3, data.size()});
    i += 2;
  }
  return pieces;
}

/** Without the bytes that keep start codes out of NAL units. */
Bytes raw_payload(const Bytes& data, size_t begin, size_t end) {
  Bytes raw;
  int zeros = 0;
  for (size_t i = begin; i < end; i++) {
    if (zeros >= 2 && data[i] == 3) {
      zeros = 0;
      continue;
    }
    raw.push_back(data[i]);
    zeros = data[i] == 0 ? zeros + 1 : 0;
  }
  return raw;
}

void add_messages(const Bytes& raw, std::vector<SeiMessage>& messages) {
  size_t at = 0;
  const auto number = [&] {
    unsigned value = 0;
    while (at < raw.size() && raw[at] == 0xff) value += raw[at++];
    return at < raw.size() ? value + raw[at++] : value;
  };
  // The last byte is the stop bit.
  while (at + 2 < raw.size()) {
    const unsigned type = number();
    const unsigned size = number();
    if (at + size > raw.size()) return;
    messages.push_back(
        {static_cast<unsigned char>(type), Bytes(raw.begin() + static_cast<ptrdiff_t>(at),
                                                 raw.begin() + static_cast<ptrdiff_t>(at + size))});
    at += size;
  }
}

class Golomb {
 public:
  explicit Golomb(const Bytes& data, size_t byte) : data_(data), at_(byte * 8) {}
  unsigned next() {
    unsigned zeros = 0;
    while (zeros < 31 && bit() == 0) zeros++;
    unsigned value = 1;
    for (unsigned i = 0; i < zeros; i++) value = value << 1 | bit();
    return value - 1;
  }
  int next_signed() {
    const auto value = static_cast<int>(next());
    return value % 2 != 0 ? (value + 1) / 2 : -value / 2;
  }
  bool flag() { return bit() != 0; }
  void skip(unsigned bits) { at_ += bits; }

 private:
  unsigned bit() {
    if (at_ / 8 >= data_.size()) return 1;
    const unsigned value = data_[at_ / 8] >> (7 - at_ % 8) & 1;
    at_++;
    return value;
  }
  const Bytes& data_;
  size_t at_;
};

void skip_scaling_lists(Golomb& fields, unsigned chroma_format) {
  for (unsigned list = 0; list < (chroma_format == 3 ? 12u : 8u); list++) {
    if (!fields.flag()) continue;
    int last = 8;
    int next = 8;
    for (int i = 0; i < (list < 6 ? 16 : 64); i++) {
      if (next != 0) next = (last + fields.next_signed() + 256) % 256;
      if (next != 0) last = next;
    }
  }
}

/** Reads of a sequence parameter set of H.264 what libav's decoder does not tell. */
void read_sps(const Bytes& sps, UnitScan& scan) {
  if (sps.size() < 5) return;
  const unsigned char profile = sps[1];
  const bool has_format = profile == 100 || profile == 110 || profile == 122 || profile == 244 ||
                          profile == 44 || profile == 83 || profile == 86 || profile == 118;
  Golomb fields(sps, 4);
  fields.next();
  if (has_format) {
    const unsigned chroma_format = fields.next();
    scan.monochrome = chroma_format == 0;
    if (chroma_format == 3) scan.syntax.has_planes = fields.flag();
    fields.next();
    fields.next();
    scan.syntax.bypasses_transform = fields.flag();
    if (fields.flag()) skip_scaling_lists(fields, chroma_format);
  }
  scan.syntax.frame_num_bits = fields.next() + 4;
  const unsigned order_type = fields.next();
  if (order_type == 0) fields.next();
  if (order_type == 1) {
    fields.flag();
    fields.next();
    fields.next();
    for (unsigned count = fields.next(); count > 0; count--) fields.next();
  }
  fields.next();
  fields.flag();
  fields.next();
  fields.next();
  scan.progressive = fields.flag();
  scan.syntax.has_fields = !scan.progressive;
}

/** Zeros before the next start code are not part of it. */
void add_to(Bytes& to, const Bytes& from, size_t begin, size_t end) {
  while (end > begin && from[end - 1] == 0) end--;
  to.insert(to.end(), from.begin() + static_cast<ptrdiff_t>(begin),
            from.begin() + static_cast<ptrdiff_t>(end));
}

/** Only the last one counts. */
void set(Bytes& to, const Bytes& from, size_t begin, size_t end) {
  to.clear();
  add_to(to, from, begin, end);
}

UnitScan scan_h264(const Bytes& data) {
  UnitScan scan;
  scan.is_intra = true;
  scan.is_reference = false;
  for (const Piece& piece : pieces_of(data)) {
    const unsigned char header = data[piece.begin];
    const Bytes raw = raw_payload(data, piece.begin, piece.end);
    switch (header & 31) {
      case 1:
      case 5: {
        scan.has_picture = true;
        if (scan.slices.empty()) scan.first_slice.assign(raw.begin() + 1, raw.end());
        scan.slices.push_back(static_cast<unsigned>(piece.start));
        scan.is_reference = scan.is_reference || (header & 0x60) != 0;
        scan.starts_anew = (header & 31) == 5;
        Golomb fields(raw, 1);
        fields.next();
        const unsigned type = fields.next() % 5;
        scan.is_intra = scan.is_intra && (type == 2 || type == 4);
        break;
      }
      case 6:
        add_messages(Bytes(raw.begin() + 1, raw.end()), scan.messages);
        break;
      case 7:
        set(scan.parameter_sets, data, piece.begin, piece.end);
        read_sps(raw, scan);
        break;
      default:
        break;
    }
  }
  return scan;
}

UnitScan scan_hevc(const Bytes& data) {
  UnitScan scan;
  for (const Piece& piece : pieces_of(data)) {
    const unsigned type = data[piece.begin] >> 1 & 63;
    if (type < 32) {
      scan.has_picture = true;
      scan.slices.push_back(static_cast<unsigned>(piece.start));
      scan.is_intra = type >= 16 && type <= 23;
      // IDR and BLA; a CRA can have pictures before it that are shown later.
      scan.starts_anew = type >= 16 && type <= 20;
    } else if (type == 33) {
      set(scan.parameter_sets, data, piece.begin, piece.end);
    } else if (type == 39 || type == 40) {
      const Bytes raw = raw_payload(data, piece.begin + 2, piece.end);
      add_messages(raw, scan.messages);
    }
  }
  return scan;
}

UnitScan scan_mpeg2(const Bytes& data) {
  UnitScan scan;
  for (const Piece& piece : pieces_of(data)) {
    const unsigned char code = data[piece.begin];
    if (code == 0x00 && piece.begin + 2 < data.size()) {
      const unsigned type = data[piece.begin + 2] >> 3 & 7;
      scan.coding_type = static_cast<int>(type);
      scan.has_picture = true;
      scan.is_intra = type == 1;
      scan.is_reference = type != 3;
    } else if (code >= 0x01 && code <= 0xaf) {
      scan.slices.push_back(static_cast<unsigned>(piece.start));
    } else if (code == 0xb3) {
      set(scan.parameter_sets, data, piece.begin, piece.end);
    } else if (code == 0xb5 && piece.begin + 2 < data.size() && data[piece.begin + 1] >> 4 == 1) {
      scan.progressive = (data[piece.begin + 2] & 8) != 0;
      // Chroma format and kind of scan stand here.
      add_to(scan.parameter_sets, data, piece.begin, piece.end);
    } else if (code == 0xb2) {
      scan.messages.push_back({code, Bytes(data.begin() + static_cast<ptrdiff_t>(piece.begin + 1),
                                           data.begin() + static_cast<ptrdiff_t>(piece.end))});
    }
  }
  return scan;
}

UnitScan scan_mpeg4(const Bytes& data) {
  UnitScan scan;
  for (const Piece& piece : pieces_of(data)) {
    const unsigned char code = data[piece.begin];
    if (code == 0xb6 && piece.begin + 1 < data.size()) {
      const unsigned type = data[piece.begin + 1] >> 6;
      scan.coding_type = static_cast<int>(type);
      scan.has_picture = true;
      scan.is_intra = type == 0;
      scan.is_reference = type != 2;
      scan.slices.push_back(static_cast<unsigned>(piece.start));
    } else if (code >= 0x20 && code <= 0x2f) {
      set(scan.parameter_sets, data, piece.begin, piece.end);
    }
  }
  return scan;
}

UnitScan scan_vc1(const Bytes& data) {
  UnitScan scan;
  for (const Piece& piece : pieces_of(data)) {
    if (data[piece.begin] == 0x0d) scan.has_picture = true;
    if (data[piece.begin] == 0x0f) set(scan.parameter_sets, data, piece.begin, piece.end);
  }
  return scan;
}

UnitScan scan_vp(const Bytes& data, bool vp9) {
  UnitScan scan;
  scan.has_picture = !data.empty();
  scan.slices = {0};
  if (!scan.has_picture) return scan;
  // VP9: marker, profile (with one more bit for 3), show_existing_frame, frame type.
  const bool profile3 = (data[0] & 0x30) == 0x30;
  scan.is_intra = vp9 ? (data[0] >> (profile3 ? 1 : 2) & 1) == 0 : (data[0] & 1) == 0;
  // What nvcuvid sets for VP9 whatever the frame is kept for.
  scan.is_reference = !vp9;
  return scan;
}

}  // namespace

FieldHead field_head(const Bytes& first_slice, const SliceSyntax& syntax) {
  FieldHead head;
  if (!syntax.has_fields || first_slice.empty()) return head;
  Golomb fields(first_slice, 0);
  for (int skipped = 0; skipped < 3; skipped++) fields.next();
  if (syntax.has_planes) fields.skip(2);
  fields.skip(syntax.frame_num_bits);
  head.is_field = fields.flag();
  head.is_bottom = head.is_field && fields.flag();
  return head;
}

UnitScan scan_unit(cudaVideoCodec codec, const Bytes& data) {
  switch (codec) {
    case cudaVideoCodec_HEVC:
      return scan_hevc(data);
    case cudaVideoCodec_MPEG1:
    case cudaVideoCodec_MPEG2:
      return scan_mpeg2(data);
    case cudaVideoCodec_MPEG4:
      return scan_mpeg4(data);
    case cudaVideoCodec_VC1:
      return scan_vc1(data);
    case cudaVideoCodec_VP8:
      return scan_vp(data, false);
    case cudaVideoCodec_VP9:
      return scan_vp(data, true);
    case cudaVideoCodec_JPEG: {
      UnitScan scan;
      scan.has_picture = data.size() > 2;
      scan.is_intra = true;
      scan.slices = {0};
      return scan;
    }
    default:
      return scan_h264(data);
  }
}

}  // namespace cufsim

#include "cuvid/av1.h"

namespace cufsim {

namespace {

constexpr unsigned kSequenceHeader = 1;
constexpr unsigned kTemporalDelimiter = 2;
constexpr unsigned kFrameHeader = 3;
constexpr unsigned kTileGroup = 4;
constexpr unsigned kMetadata = 5;
constexpr unsigned kFrame = 6;

class Bits {
 public:
  Bits(const unsigned char* data, size_t size) : data_(data), size_(size) {}
  unsigned get(unsigned count) {
    unsigned value = 0;
    for (unsigned i = 0; i < count; i++, at_++) {
      const unsigned bit = at_ / 8 < size_ ? data_[at_ / 8] >> (7 - at_ % 8) & 1 : 0;
      value = value << 1 | bit;
    }
    return value;
  }
  bool flag() { return get(1) != 0; }
  void skip_uvlc() {
    unsigned zeros = 0;
    while (zeros < 32 && !flag()) zeros++;
    get(zeros);
  }

 private:
  const unsigned char* data_;
  size_t size_;
  size_t at_ = 0;
};

struct Obu {
  unsigned type;
  unsigned temporal_id;
  unsigned spatial_id;
  size_t start;
  size_t begin;
  size_t end;
};

std::vector<Obu> obus_of(const Bytes& data) {
  std::vector<Obu> obus;
  for (size_t at = 0; at < data.size();) {
    const unsigned char header = data[at];
    // Not an OBU: the box of an mp4, which clients pass as it is.
    if ((header & 0x80) != 0) return obus;
    Obu obu{static_cast<unsigned>(header >> 3 & 15), 0, 0, at, at + 1, data.size()};
    if ((header & 4) != 0 && obu.begin < data.size()) {
      obu.temporal_id = data[obu.begin] >> 5;
      obu.spatial_id = data[obu.begin] >> 3 & 3;
      obu.begin++;
    }
    if ((header & 2) != 0) {
      size_t size = 0;
      for (unsigned shift = 0; obu.begin < data.size() && shift < 56; shift += 7) {
        const unsigned char byte = data[obu.begin++];
        size |= static_cast<size_t>(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) break;
      }
      obu.end = obu.begin + size;
    }
    if (obu.end > data.size()) return obus;
    obus.push_back(obu);
    at = obu.end;
  }
  return obus;
}

void read_timing(Bits& bits, Av1Sequence& sequence) {
  if (!bits.flag()) return;
  bits.get(32);
  bits.get(32);
  sequence.equal_picture_interval = bits.flag();
  if (sequence.equal_picture_interval) bits.skip_uvlc();
  sequence.has_decoder_model = bits.flag();
  if (!sequence.has_decoder_model) return;
  sequence.buffer_delay_bits = bits.get(5) + 1;
  bits.get(32);
  sequence.buffer_removal_bits = bits.get(5) + 1;
  sequence.presentation_bits = bits.get(5) + 1;
}

void read_operating_points(Bits& bits, Av1Sequence& sequence) {
  read_timing(bits, sequence);
  const bool initial_delays = bits.flag();
  const unsigned count = bits.get(5) + 1;
  for (unsigned i = 0; i < count; i++) {
    const unsigned idc = bits.get(12);
    const unsigned level = bits.get(5);
    if (level > 7) bits.flag();
    bool model = false;
    if (sequence.has_decoder_model) {
      model = bits.flag();
      if (model) {
        bits.get(sequence.buffer_delay_bits);
        bits.get(sequence.buffer_delay_bits);
        bits.flag();
      }
    }
    if (initial_delays && bits.flag()) bits.get(4);
    sequence.operating_points.emplace_back(idc, model);
  }
}

void read_tools(Bits& bits, Av1Sequence& sequence) {
  bits.get(4);  // interintra, masked compound, warped motion, dual filter
  const bool order_hint = bits.flag();
  if (order_hint) bits.get(2);
  if (!bits.flag()) sequence.screen_content_tools = bits.get(1);
  if (sequence.screen_content_tools > 0) {
    if (!bits.flag()) sequence.integer_mv = bits.get(1);
  }
  if (order_hint) sequence.order_hint_bits = bits.get(3) + 1;
}

void read_color(Bits& bits, Av1Sequence& sequence) {
  const bool high = bits.flag();
  const bool twelve = sequence.profile == 2 && high && bits.flag();
  sequence.bit_depth = twelve ? 12 : high ? 10 : 8;
  sequence.monochrome = sequence.profile != 1 && bits.flag();
  if (bits.flag()) {
    sequence.primaries = bits.get(8);
    sequence.transfer = bits.get(8);
    sequence.matrix = bits.get(8);
  }
  if (sequence.monochrome) {
    sequence.full_range = bits.flag();
    return;
  }
  if (sequence.primaries == 1 && sequence.transfer == 13 && sequence.matrix == 0) {
    sequence.full_range = true;
    sequence.subsampling_x = sequence.subsampling_y = false;
    return;
  }
  sequence.full_range = bits.flag();
  if (sequence.profile == 1) sequence.subsampling_x = sequence.subsampling_y = false;
  if (sequence.profile == 2) {
    sequence.subsampling_x = sequence.bit_depth != 12 || bits.flag();
    sequence.subsampling_y = sequence.bit_depth == 12 && sequence.subsampling_x && bits.flag();
  }
}

Av1Sequence read_sequence(Bits bits) {
  Av1Sequence sequence;
  sequence.profile = bits.get(3);
  bits.flag();
  sequence.reduced_still_picture = bits.flag();
  if (sequence.reduced_still_picture) {
    bits.get(5);
    sequence.operating_points.emplace_back(0, false);
  } else {
    read_operating_points(bits, sequence);
  }
  const unsigned width_bits = bits.get(4) + 1;
  const unsigned height_bits = bits.get(4) + 1;
  sequence.max_width = bits.get(width_bits) + 1;
  sequence.max_height = bits.get(height_bits) + 1;
  if (!sequence.reduced_still_picture) {
    sequence.has_frame_ids = bits.flag();
    if (sequence.has_frame_ids) {
      sequence.delta_frame_id_bits = bits.get(4) + 2;
      sequence.frame_id_bits = bits.get(3) + sequence.delta_frame_id_bits + 1;
    }
  }
  bits.get(3);  // 128x128 superblocks, filter intra, intra edge filter
  if (!sequence.reduced_still_picture) read_tools(bits, sequence);
  bits.get(3);  // superres, cdef, restoration
  read_color(bits, sequence);
  return sequence;
}

void skip_buffer_removal_times(Bits& bits, const Av1Sequence& sequence, const Obu& obu) {
  if (!sequence.has_decoder_model || !bits.flag()) return;
  for (const auto& [idc, model] : sequence.operating_points) {
    if (!model) continue;
    const bool in_temporal = (idc >> obu.temporal_id & 1) != 0;
    const bool in_spatial = (idc >> (obu.spatial_id + 8) & 1) != 0;
    if (idc == 0 || (in_temporal && in_spatial)) bits.get(sequence.buffer_removal_bits);
  }
}

Av1Frame read_frame(Bits bits, const Av1Sequence& sequence, const Obu& obu) {
  Av1Frame frame;
  frame.refresh = 0xff;
  if (sequence.reduced_still_picture) return frame;
  frame.show_existing = bits.flag();
  if (frame.show_existing) {
    frame.shown_slot = bits.get(3);
    return frame;
  }
  frame.type = bits.get(2);
  frame.shown = bits.flag();
  if (frame.shown && sequence.has_decoder_model && !sequence.equal_picture_interval) {
    bits.get(sequence.presentation_bits);
  }
  frame.showable = frame.shown ? frame.type != 0 : bits.flag();
  const bool key_shown = frame.type == 0 && frame.shown;
  const bool resilient = frame.type == 3 || key_shown || bits.flag();
  bits.flag();  // disable_cdf_update
  unsigned tools = sequence.screen_content_tools;
  if (tools == 2) tools = bits.get(1);
  if (tools > 0 && sequence.integer_mv == 2) bits.flag();
  if (sequence.has_frame_ids) bits.get(sequence.frame_id_bits);
  if (frame.type != 3) bits.flag();  // frame_size_override_flag
  bits.get(sequence.order_hint_bits);
  const bool intra = frame.type == 0 || frame.type == 2;
  if (!intra && !resilient) bits.get(3);  // primary_ref_frame
  skip_buffer_removal_times(bits, sequence, obu);
  if (frame.type != 3 && !key_shown) frame.refresh = bits.get(8);
  return frame;
}

}  // namespace

std::vector<Bytes> split_temporal_unit(const Bytes& data) {
  std::vector<Bytes> parts;
  bool has_frame = false;
  for (const Obu& obu : obus_of(data)) {
    // A new frame begins with its header; tile groups belong to the one before.
    const bool header = obu.type == kFrame || obu.type == kFrameHeader;
    const bool delimiter = obu.type == kTemporalDelimiter;
    const bool new_part = parts.empty() || (has_frame && obu.type != kTileGroup);
    if (new_part) {
      parts.emplace_back();
      has_frame = false;
    }
    if (!delimiter) {
      parts.back().insert(parts.back().end(), data.begin() + static_cast<ptrdiff_t>(obu.start),
                          data.begin() + static_cast<ptrdiff_t>(obu.end));
    }
    has_frame = has_frame || header;
  }
  return parts;
}

Av1Unit Av1Reader::read(const Bytes& unit) {
  Av1Unit out;
  for (const Obu& obu : obus_of(unit)) {
    const Bits bits(unit.data() + obu.begin, obu.end - obu.begin);
    if (obu.type == kSequenceHeader) {
      sequence_ = read_sequence(bits);
      out.sequence_header.assign(unit.begin() + static_cast<ptrdiff_t>(obu.begin),
                                 unit.begin() + static_cast<ptrdiff_t>(obu.end));
    } else if (obu.type == kMetadata) {
      out.metadata.emplace_back(unit.begin() + static_cast<ptrdiff_t>(obu.begin),
                                unit.begin() + static_cast<ptrdiff_t>(obu.end));
    } else if ((obu.type == kFrame || obu.type == kFrameHeader) && sequence_ && !out.frame) {
      out.frame = read_frame(bits, *sequence_, obu);
    }
  }
  return out;
}

Bytes show_existing_obu(const Av1Sequence& sequence, unsigned slot) {
  // Header with a size of one byte; show_existing_frame, the slot, the trailing bit.
  if (sequence.has_frame_ids || (sequence.has_decoder_model && !sequence.equal_picture_interval)) {
    return {};
  }
  return {kFrameHeader << 3 | 2, 1, static_cast<unsigned char>(0x80 | slot << 4 | 0x08)};
}

}  // namespace cufsim

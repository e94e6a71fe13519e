// What of a unit can be seen without decoding: parameter sets, slices, SEI messages, kind of
// picture.
#pragma once
#include <cstdint>
#include <vector>

#include "cuvid/header_writer.h"

namespace cufsim {

struct SeiMessage {
  unsigned char type;
  Bytes payload;
};

/** What of a sequence of H.264 is needed to read its slices. */
struct SliceSyntax {
  unsigned frame_num_bits = 4;
  bool has_planes = false;  // of separate colours
  bool has_fields = false;
  bool bypasses_transform = false;  // where the quantiser is 0: lossless
};

/** What a slice of H.264 says of fields. */
struct FieldHead {
  bool is_field = false;
  bool is_bottom = false;
};

struct UnitScan {
  bool has_picture = false;
  /** Nothing before it is needed any more, and all before it is shown before it. */
  bool starts_anew = false;
  bool is_reference = true;
  bool is_intra = false;
  /** Of MPEG-1, 2 and 4, as the header says it. */
  int coding_type = 0;
  /** Says that it has no colour, which libav does not. */
  bool monochrome = false;
  /** With parameter sets: all pictures of the sequence are frames. */
  bool progressive = true;
  /** Describe the sequence: a change means another sequence. */
  Bytes parameter_sets;
  /** With parameter sets of H.264. */
  SliceSyntax syntax;
  /** The first slice of H.264, behind its header byte. */
  Bytes first_slice;
  std::vector<unsigned> slices;
  std::vector<SeiMessage> messages;
};

UnitScan scan_unit(cudaVideoCodec codec, const Bytes& data);
FieldHead field_head(const Bytes& first_slice, const SliceSyntax& syntax);

}  // namespace cufsim

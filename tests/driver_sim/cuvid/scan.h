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

struct UnitScan {
  bool has_picture = false;
  /** Nothing before it is needed any more, and all before it is shown before it. */
  bool starts_anew = false;
  bool is_reference = true;
  bool is_intra = false;
  /** Says that it has no colour, which libav does not. */
  bool monochrome = false;
  /** With parameter sets: all pictures of the sequence are frames. */
  bool progressive = true;
  /** Describe the sequence: a change means another sequence. */
  Bytes parameter_sets;
  std::vector<unsigned> slices;
  std::vector<SeiMessage> messages;
};

UnitScan scan_unit(cudaVideoCodec codec, const Bytes& data);

}  // namespace cufsim

// AV1's sequence and frame headers, as far as order and references go.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "cuvid/header_writer.h"

namespace cufsim {

/** The frames of a temporal unit: each with the OBUs before it. */
std::vector<Bytes> split_temporal_unit(const Bytes& data);

struct Av1Sequence {
  unsigned profile = 0;
  unsigned max_width = 0;
  unsigned max_height = 0;
  unsigned bit_depth = 8;
  bool monochrome = false;
  bool subsampling_x = true;
  bool subsampling_y = true;
  bool full_range = false;
  unsigned primaries = 2;
  unsigned transfer = 2;
  unsigned matrix = 2;
  // For frame headers.
  bool reduced_still_picture = false;
  bool has_decoder_model = false;
  bool equal_picture_interval = false;
  unsigned buffer_delay_bits = 0;
  unsigned buffer_removal_bits = 0;
  unsigned presentation_bits = 0;
  std::vector<std::pair<unsigned, bool>> operating_points;  // idc, decoder model present
  bool has_frame_ids = false;
  unsigned delta_frame_id_bits = 0;
  unsigned frame_id_bits = 0;
  unsigned order_hint_bits = 0;
  unsigned screen_content_tools = 2;
  unsigned integer_mv = 2;
};

struct Av1Frame {
  bool show_existing = false;
  unsigned shown_slot = 0;
  unsigned type = 0;  // 0 key, 1 inter, 2 intra only, 3 switch
  bool shown = true;
  bool showable = true;
  unsigned refresh = 0;
};

/** What one unit of split_temporal_unit() says. */
struct Av1Unit {
  std::optional<Av1Frame> frame;
  /** Sequence header, as it stands in the stream, when there is one. */
  Bytes sequence_header;
  std::vector<Bytes> metadata;
};

class Av1Reader {
 public:
  Av1Unit read(const Bytes& unit);
  const std::optional<Av1Sequence>& sequence() const { return sequence_; }

 private:
  std::optional<Av1Sequence> sequence_;
};

/** An OBU that shows what a slot holds. */
Bytes show_existing_obu(const Av1Sequence& sequence, unsigned slot);

}  // namespace cufsim

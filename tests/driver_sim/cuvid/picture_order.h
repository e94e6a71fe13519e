// In which order pictures are decoded and shown, and for how long they are needed.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "cuvid/header_writer.h"
#include "cuvid/scan.h"
#include "cuvid/units.h"

namespace cufsim {

/** A picture is shown. */
struct Shown {
  uint64_t mark = 0;
  bool progressive = true;
  bool top_field_first = true;
  int repeat = 0;
};

/** What a unit leads to: at most one picture to decode, and those that are then shown. */
struct Ordered {
  /** Of H.264: the picture is a field, or completes the one that was begun by another. */
  FieldHead field;
  bool is_second_field = false;
  /** Shown before the picture is decoded, since a new sequence begins. */
  std::vector<Shown> before;
  bool new_sequence = false;
  std::optional<uint64_t> mark;
  std::vector<Shown> after;
  bool is_reference = true;
  bool is_intra = false;
  int coding_type = 0;
  bool bypasses_transform = false;
  std::vector<unsigned> slices;
  std::vector<SeiMessage> messages;
  /** For the decoder. */
  Bytes data;
};

class PictureOrder {
 public:
  using OnDrop = std::function<void(uint64_t mark)>;
  virtual ~PictureOrder() = default;

  virtual Ordered take(const Bytes& unit) = 0;
  /** Shows what has not been shown; what follows begins anew. */
  virtual std::vector<Shown> flush() = 0;
  /** Of the last picture. */
  virtual CUVIDEOFORMAT format() const = 0;
};

/** `on_drop` hears of pictures that no other picture needs and that will not be shown. */
std::unique_ptr<PictureOrder> make_picture_order(cudaVideoCodec codec,
                                                 PictureOrder::OnDrop on_drop);
std::unique_ptr<PictureOrder> make_av1_order(PictureOrder::OnDrop on_drop);

}  // namespace cufsim

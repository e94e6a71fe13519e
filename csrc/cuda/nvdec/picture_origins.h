#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "cuda/functions.h"

namespace cuf::cuda {

// Which packet each picture came with. nvcuvid's timestamps do not tell: it hands them out in
// ascending order, whatever pictures they came with (seen on an H100).
class PictureOrigins {
 public:
  explicit PictureOrigins(cudaVideoCodec codec)
      : is_in_order_(codec == cudaVideoCodec_VP8 || codec == cudaVideoCodec_VP9 ||
                     codec == cudaVideoCodec_AV1) {}

  // Before a packet is parsed. is_whole: its last picture is decoded with it, and not only when the
  // next packet's start is seen. shown: how many pictures it shows, of codecs without reordering.
  void begin_packet(int64_t number, bool is_whole, size_t shown);
  // Before the end is parsed: pictures that are decoded only then are the last packet's.
  void begin_end() { open_ = is_open_ ? parsing_ : 0; }
  // The parser wants a picture decoded.
  void decode(int index, bool is_second_field);
  // The parser shows a picture; number of the packet that it belongs to.
  int64_t show(int index);
  // Indices of pictures that were decoded, will be shown, and were not yet.
  std::vector<int> waiting() const;
  void clear();

 private:
  struct Picture {
    int64_t packet = 0;  // 0: none was decoded
    bool is_waiting = false;
  };

  const bool is_in_order_;
  std::array<Picture, 32> pictures_{};  // by index
  int64_t parsing_ = 0;
  int64_t open_ = 0;  // the packet before, if its last picture is still to be decoded
  bool is_open_ = false;
  std::deque<int64_t> showing_;  // packets whose pictures are to be shown, if they are in order
};

}  // namespace cuf::cuda

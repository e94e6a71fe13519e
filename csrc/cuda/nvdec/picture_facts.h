#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/model.h"
#include "cuda/functions.h"
#include "cuda/nvdec/caps.h"

// What the parser's structures and the stream's bytes say about pictures.
namespace cuf::cuda {

struct CodedPicture {
  PictureType type = PictureType::unknown;
  bool is_key = false;
  std::optional<Color> color;  // of key pictures whose headers tell it and whose sequence does not
};
CodedPicture coded_picture(cudaVideoCodec codec, const CUVIDPICPARAMS& parameters);

// What a key packet says of its stream, of the codecs of which NVIDIA's parser passes over in
// silence what it does not know: VP9.
std::optional<CodedKind> coded_kind(cudaVideoCodec codec, std::span<const uint8_t> payload);

// Whether later pictures may refer to it.
bool is_reference(cudaVideoCodec codec, const CUVIDPICPARAMS& parameters);

Color color_of(const CUVIDEOFORMAT& format);

// Whether the packet holds one frame or one field, so that its end is the picture's end. Bare
// streams only.
bool is_one_picture(cudaVideoCodec codec, bool may_be_interlaced, std::span<const uint8_t> payload);

// How many pictures a packet of VP8, VP9 or AV1 shows.
size_t count_shown(cudaVideoCodec codec, std::span<const uint8_t> payload);

// Whether a decoder that has begun must find a picture in it.
bool must_give_picture(cudaVideoCodec codec, std::span<const uint8_t> payload);

}  // namespace cuf::cuda

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/encoder_format.h"
#include "core/encoder_settings.h"
#include "core/model.h"
#include "core/source.h"

namespace cuf {

// What becomes of the sound beside the pictures.
enum class AudioMode : uint32_t {
  copy,     // what the container does not take is left out
  require,  // what the container does not take is an error
  drop
};

// How a file is transcoded, whichever part of it.
struct TranscodeOptions {
  std::string path = {};
  std::shared_ptr<Source> source = nullptr;  // a seekable one, without a path
  int stream_index = -1;                     // -1: the best video stream
  OnError on_error = OnError::raise;
  EncoderSettings settings = {};  // what was said
  // Of the pictures that are encoded; nothing: 4:2:0 of 8 bits, of 10 for HEVC and AV1 of deeper
  // sources.
  std::optional<EncoderFormat> format = {};
  uint32_t width = 0;  // 0: the source's, made even, or in its proportion to the other side
  uint32_t height = 0;
  std::optional<Color> color = {};  // nothing: the source's
  std::vector<std::pair<std::string, std::string>> native_options = {};
  uint32_t threads = 1;
  uint64_t cuda_stream = 0;
  AudioMode audio = AudioMode::copy;
};

// Pictures as they are encoded.
struct TranscodeShape {
  uint32_t width = 0;
  uint32_t height = 0;
  EncoderFormat format = EncoderFormat::nv12;
  Color color = {};
  Rational sample_aspect_ratio = {0, 0};
  // The video's odd column or row is left out, since chroma of half the size has no place for it.
  bool is_cropped = false;
};

// Throws Error(invalid_argument) for sizes that the format does not have, and for formats of RGB.
TranscodeShape transcode_shape(const TranscodeOptions& options, const VideoDescription& video);

// What the encoder is made with; throws Error(invalid_argument) for what contradicts itself.
EncoderSettings transcode_settings(const TranscodeOptions& options, const VideoDescription& video,
                                   const TranscodeShape& shape);

}  // namespace cuf

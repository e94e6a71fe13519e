// An encoder in software that stands for the hardware's engine.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "nvenc/capabilities.h"
#include "nvenc/picture.h"

namespace cufsim {

using Bytes = std::vector<unsigned char>;

enum class CodedType { kP, kB, kReferenceB, kI, kIdr };

struct Quantisers {
  int p = 0;
  int b = 0;
  int i = 0;
};

/** Colours and timing as the stream says them. */
struct StreamSignal {
  int full_range = 0;
  int video_format = 5;
  int primaries = 2;
  int transfer = 2;
  int matrix = 2;
  int chroma_location = 0;
  int aspect_width = 0;
  int aspect_height = 0;
};

enum class RateMode { kConstantQp, kVariable, kConstant, kQuality };

/** What an encoder is made of. */
struct StreamSettings {
  EncodeCodec codec = EncodeCodec::kH264;
  int width = 0;
  int height = 0;
  uint32_t rate_num = 25;
  uint32_t rate_den = 1;
  int depth = 8;
  bool full_chroma = false;
  bool lossless = false;

  int preset = 4;
  int profile = 0;  // index in profile_guids()
  int level = 0;    // as the codec's headers say it; 0: by itself
  int tier = 0;
  int references = 0;
  int b_frames = 0;
  bool b_references = false;
  int slices = 0;
  int slice_mode = 0;
  bool cabac = true;
  bool transform_8x8 = true;
  bool deblocks = true;
  bool access_unit_delimiters = false;
  int intra_refresh_period = 0;

  RateMode rate = RateMode::kVariable;
  Quantisers constant;
  int quality = 0;
  uint32_t bit_rate = 0;
  uint32_t max_bit_rate = 0;
  uint32_t buffer_size = 0;
  uint32_t buffer_start = 0;
  int min_qp = -1;
  int max_qp = -1;
  bool adapts_in_space = false;
  int space_strength = 0;
  bool fills = false;

  StreamSignal signal;
};

struct InputPicture {
  std::shared_ptr<const Planes> planes;
  int64_t number = 0;
  CodedType type = CodedType::kP;
};

struct OutputPicture {
  Bytes data;
  int64_t number = 0;
  CodedType type = CodedType::kP;
  int qp = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;

  /** Parameter sets, or the sequence header. */
  virtual Bytes headers() = 0;
  /** Takes a picture, in the order of display; appends what has been coded. */
  virtual bool put(const InputPicture& picture, std::vector<OutputPicture>& coded) = 0;
  /** Codes what is left; nothing can be put in after it. */
  virtual void drain(std::vector<OutputPicture>& coded) = 0;
  /** Takes up other bit rates, buffers, or quantisers, where it can without a new stream. */
  virtual bool change_rate(const StreamSettings& settings) = 0;
};

/** Null if the encoder does not take the settings. */
std::unique_ptr<Backend> open_backend(const StreamSettings& settings);
std::unique_ptr<Backend> open_x264(const StreamSettings& settings);
std::unique_ptr<Backend> open_x265(const StreamSettings& settings);
std::unique_ptr<Backend> open_aom(const StreamSettings& settings);

/** The quantiser of a picture where rates are not controlled. */
inline int quantiser_of(const Quantisers& quantisers, CodedType type) {
  if (type == CodedType::kI || type == CodedType::kIdr) return quantisers.i;
  return type == CodedType::kP ? quantisers.p : quantisers.b;
}

}  // namespace cufsim

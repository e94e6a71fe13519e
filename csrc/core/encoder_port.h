#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/encoder_settings.h"
#include "core/error.h"
#include "core/model.h"

// What core needs of an encoder. As in ports.h: backends implement these, failures are thrown as
// Error, calls of one object come from one thread at a time.
namespace cuf {

struct EncoderOptions {
  uint32_t width = 0;
  uint32_t height = 0;
  // Layout of every picture that is sent: nv12, i420, nv16, p010, p210, yuv444 or yuv444_16, or
  // interleaved RGB that the encoder itself makes YUV: bgra, rgba, bgr10, rgb10. 16-bit samples are
  // in the most significant bits, and are encoded with 10 bits.
  Format format = Format::nv12;
  EncoderSettings settings;  // complete
  Color color;               // that the stream says it has; 2 = unspecified
  // Options of the encoder's own by name, in the order in which they were given; the last word.
  std::vector<std::pair<std::string, std::string>> native_options;
  uint32_t threads = 1;  // most threads it may use
};

// A message in or beside a picture: SEI of H.264 and HEVC by its type, a metadata OBU of AV1 by its
// metadata type. The payload has neither header nor emulation prevention.
struct SideMessage {
  uint32_t type = 0;
  std::vector<uint8_t> payload;
};

struct EncoderInput {
  Picture picture;      // of the options' format and size, in host or (NVENC) the GPU's memory
  uint64_t number = 0;  // counts up in the order of display
  bool forces_idr = false;
  bool forces_intra = false;
  bool wants_headers = false;  // it comes with the stream's headers
  std::vector<SideMessage> messages;
};

struct EncodedPicture {
  std::vector<uint8_t> data;  // Annex B, or OBUs with a temporal delimiter
  uint64_t number = 0;        // of the input that it shows
  PictureType type = PictureType::unknown;
  bool is_key = false;
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  // Takes a picture; what it needs of it after the call it keeps. May block. Throws
  // Error(unsupported) for messages that the codec or encoder has no place for, and
  // Error(invalid_argument) for others that are wrong; it has then not taken the picture.
  virtual void send(const EncoderInput& input) = 0;
  virtual void send_end() = 0;
  // In decode order. false: wants more input, or after send_end: drained. After that, send() begins
  // a new stream with an IDR picture, where can_restart().
  virtual bool receive(EncodedPicture& out) = 0;
  virtual bool can_restart() const { return false; }
  // How many pictures decode order runs ahead of display order at most; from the first picture on.
  virtual uint32_t reorder_depth() const = 0;
  // The stream's headers (SPS, PPS and VPS as Annex B; the sequence header OBU). Some encoders know
  // them only after their first picture came out; empty before. They and the settings change only
  // by reconfigure().
  virtual std::vector<uint8_t> sequence_params() = 0;
  // Goes on with other settings (complete, and for this size) from the next picture on. false:
  // nothing changed, an encoder made anew can do it. Throws Error(unsupported), with the reason,
  // for what none can.
  virtual bool reconfigure(const EncoderSettings& settings, uint32_t width, uint32_t height) = 0;
  // What it encodes with: the settings, with the encoder's own choices filled in as far as known.
  virtual const EncoderSettings& settings() const = 0;
  virtual const std::string& implementation() const = 0;
  virtual Backend backend() const { return Backend::cpu; }
};

struct EncoderSupport {
  bool is_supported = false;
  std::string reason;  // why not; a sentence
  std::string implementation;
  EncoderSettings settings;     // as Encoder::settings() would be
  std::vector<Format> formats;  // that it takes for this codec
  // 0: not limited.
  uint32_t min_width = 0;
  uint32_t min_height = 0;
  uint32_t max_width = 0;
  uint32_t max_height = 0;
  uint32_t max_b_frames = 0;
};

class EncoderPort {
 public:
  virtual ~EncoderPort() = default;
  // Throws Error(unsupported) for what it cannot, with what it can; Error(out_of_memory) where it
  // has no free session. Without more, there is none.
  virtual std::unique_ptr<Encoder> create_encoder(const EncoderOptions& options) {
    throw Error(Status::unsupported, encoder_support(options).reason);
  }
  // Never throws for what it cannot do.
  virtual EncoderSupport encoder_support(const EncoderOptions&) {
    EncoderSupport none;
    none.reason = "There is no encoder here; ask for a device with backend \"cpu\"";
    return none;
  }
};

}  // namespace cuf

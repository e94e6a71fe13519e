#include "libav/backend.h"

#include "libav/compat.h"
#include "libav/decode_statistics.h"
#include "libav/decoder.h"
#include "libav/demuxer.h"
#include "libav/encoder.h"
#include "libav/log_handler.h"
#include "libav/muxer.h"

namespace cuf::libav {
namespace {

std::string version_text(const char* name, unsigned version) {
  return std::string(name) + " " + std::to_string(AV_VERSION_MAJOR(version)) + "." +
         std::to_string(AV_VERSION_MINOR(version)) + "." +
         std::to_string(AV_VERSION_MICRO(version));
}

class LibavBackend : public BackendPort {
 public:
  LibavBackend() { install_log_handler(); }

  std::unique_ptr<Demuxer> open_demuxer(const DemuxerOptions& options) override {
    return libav::open_demuxer(options);
  }
  std::unique_ptr<Muxer> open_muxer(const MuxerOptions& options) override {
    return libav::open_muxer(options);
  }
  std::unique_ptr<Decoder> create_decoder(const DecoderOptions& options) override {
    return libav::create_decoder(options);
  }
  DecoderLimits decoder_support(const std::string& codec, ChromaFormat chroma,
                                uint32_t bit_depth) override {
    return libav::decoder_support(codec, chroma, bit_depth);
  }
  std::vector<std::string> decode_stats_codecs() const override {
    return libav::decode_stats_codecs();
  }
  std::unique_ptr<Encoder> create_encoder(const EncoderOptions& options) override {
    return libav::create_encoder(options);
  }
  EncoderSupport encoder_support(const EncoderOptions& options) override {
    return libav::encoder_support(options);
  }
  std::string versions() const override {
    return version_text("avformat", avformat_version()) + ", " +
           version_text("avcodec", avcodec_version()) + ", " +
           version_text("avutil", avutil_version()) + ", " +
           version_text("swscale", swscale_version());
  }
  std::string license() const override { return avcodec_license(); }
};

}  // namespace

BackendPort& backend() {
  static BackendPort* const instance = new LibavBackend();
  return *instance;
}

}  // namespace cuf::libav

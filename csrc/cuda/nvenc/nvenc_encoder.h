#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cuda/gpu.h"
#include "cuda/nvenc/inputs.h"
#include "cuda/nvenc/parameters.h"
#include "cuda/nvenc/session.h"

namespace cuf::cuda {

// What create_nvenc_encoder() makes. Its calls are in nvenc_encoder.cpp, what goes on with single
// pictures in nvenc_pictures.cpp.
class NvencEncoder final : public Encoder {
 public:
  NvencEncoder(std::shared_ptr<const GpuResources> gpu, const EncoderOptions& options,
               std::shared_ptr<const NvencFacts> facts);
  ~NvencEncoder() override;

  void send(const EncoderInput& input) override;
  void send_end() override;
  bool receive(EncodedPicture& out) override;
  bool can_restart() const override { return true; }
  uint32_t reorder_depth() const override { return reorder_depth_of(parameters_); }
  std::vector<uint8_t> sequence_params() override { return sequence_params_; }
  bool reconfigure(const EncoderSettings& settings, uint32_t width, uint32_t height) override;
  const EncoderSettings& settings() const override { return settings_; }
  const std::string& implementation() const override;
  Backend backend() const override { return Backend::cuda; }

 private:
  // A picture whose bitstream buffer was not locked yet.
  struct Sent {
    uint64_t number = 0;
    NV_ENC_OUTPUT_PTR bitstream = nullptr;
  };
  // NVENC may read an input until its picture came out, which is not always in the bitstream
  // buffer that went with it, and until that buffer was locked.
  struct Held {
    NvencInputs::Mapped input;
    int waits_for = 2;
  };

  void initialize();
  void reserve_surfaces();
  void read_sequence_params();
  void set_streams();
  void release_all() noexcept;

  void require_picture(const EncoderInput& input) const;
  void require_messages(const EncoderInput& input) const;
  NV_ENC_OUTPUT_PTR take_bitstream();
  void encode(const EncoderInput& input, const NvencInputs::Mapped& mapped,
              NV_ENC_OUTPUT_PTR bitstream);
  bool is_ready() const;
  EncodedPicture lock_next();
  void end_wait(uint64_t number) noexcept;
  void drain();
  bool can_become(const NvencParameters& wanted) const;

  std::string stream_text() const;
  VideoCodec codec() const { return settings_.codec(); }

  const std::shared_ptr<const GpuResources> gpu_;
  const std::shared_ptr<const NvencFacts> facts_;
  EncoderOptions options_;
  NvencParameters parameters_;
  EncoderSettings settings_;
  const Stream stream_;
  CUstream io_stream_;  // NVENC keeps the address
  NvencSession session_;
  std::optional<NvencInputs> inputs_;
  uint64_t reserved_bytes_ = 0;
  bool has_streams_ = false;  // NVENC reads in the order of stream_
  std::vector<uint8_t> sequence_params_;

  std::vector<NV_ENC_OUTPUT_PTR> bitstreams_;  // all
  std::vector<NV_ENC_OUTPUT_PTR> idle_;        // of them
  std::deque<Sent> sent_;
  std::map<uint64_t, Held> held_;  // by number
  std::deque<EncodedPicture> drained_;
  uint64_t frame_index_ = 0;
  size_t still_held_back_ = 0;  // at the end of sent_: NVENC wanted more input for them
  bool has_pictures_ = false;   // since the start or the last end
  bool is_ended_ = false;
  bool begins_stream_ = false;  // the next picture
};

}  // namespace cuf::cuda

#pragma once

#include <cstdint>
#include <memory>

#include "core/model.h"
#include "cuda/gpu.h"
#include "cuda/nvdec/caps.h"
#include "cuda/stream.h"

namespace cuf::cuda {

// How pictures are decoded and handed out. All sizes in pixels.
struct VideoDecoderConfig {
  CodedKind kind;
  uint32_t coded_width = 0;
  uint32_t coded_height = 0;
  uint32_t max_width = 0;  // coded size that it can be reconfigured to; memory is taken for it
  uint32_t max_height = 0;
  // The part that is handed out: even numbers.
  int32_t left = 0;
  int32_t top = 0;
  int32_t right = 0;
  int32_t bottom = 0;
  uint32_t target_width = 0;  // what that part is scaled to, even
  uint32_t target_height = 0;
  uint32_t surfaces = 0;
  bool has_statistics = false;
};

class MappedPicture;

// NVDEC's decoder object. Calls need the context.
class VideoDecoder {
 public:
  // The caller has checked the caps. What is mapped is read on `stream`, which must live longer.
  VideoDecoder(const GpuResources& gpu, const VideoDecoderConfig& config, CUstream stream);
  ~VideoDecoder();
  VideoDecoder(const VideoDecoder&) = delete;
  VideoDecoder& operator=(const VideoDecoder&) = delete;

  const VideoDecoderConfig& config() const { return config_; }
  bool can_become(const VideoDecoderConfig& config) const;
  // Only in the parser's sequence callback, with nothing mapped, and where it can become so.
  void reconfigure(const VideoDecoderConfig& config);

  CUresult decode(CUVIDPICPARAMS& parameters);
  // After the picture was mapped and before its index is used again. Where NVDEC keeps no account
  // of a codec, ok.
  DecodeStatus status(int index);

 private:
  friend class MappedPicture;
  static CUVIDDECODECREATEINFO create_info(const VideoDecoderConfig& config);
  static uint64_t bytes_of(const VideoDecoderConfig& config);

  const std::shared_ptr<const Context> context_;
  const std::shared_ptr<DeviceMemory> memory_;
  const CUstream stream_;
  VideoDecoderConfig config_;
  uint64_t reserved_bytes_ = 0;
  uint32_t created_surfaces_ = 0;
  CUvideodecoder handle_ = nullptr;
  bool has_status_ = true;
  std::unique_ptr<Event> jpeg_order_;  // see MappedPicture::order_jpeg()
};

// A decoded picture as a surface that can be read, in the order of the stream, from here to the end
// of the scope. Making one blocks until the picture is decoded, but for JPEG.
class MappedPicture {
 public:
  MappedPicture(const VideoDecoder& decoder, const CUVIDPARSERDISPINFO& shown);
  ~MappedPicture();
  MappedPicture(const MappedPicture&) = delete;
  MappedPicture& operator=(const MappedPicture&) = delete;

  CUdeviceptr address() const { return address_; }
  size_t pitch() const { return pitch_; }
  // Of NVDEC's account of the picture, on the GPU; 0: none. See statistics.h.
  CUdeviceptr statistics() const { return statistics_; }

 private:
  void order_jpeg(CUstream before, CUstream behind) const;

  const VideoDecoder& decoder_;
  CUdeviceptr address_ = 0;
  unsigned pitch_ = 0;
  CUdeviceptr statistics_ = 0;
};

}  // namespace cuf::cuda

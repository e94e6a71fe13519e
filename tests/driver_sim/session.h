// A client of libnvcuvid in the way of NVIDIA's samples, with hooks for what tests do differently.
#pragma once
#include <ffnvcodec/dynlink_cuda.h>
#include <ffnvcodec/dynlink_nvcuvid.h>

#include <functional>
#include <string>
#include <vector>

#include "client.h"

extern "C" {
tcuvidGetDecoderCaps cuvidGetDecoderCaps;
tcuvidCreateDecoder cuvidCreateDecoder;
tcuvidDestroyDecoder cuvidDestroyDecoder;
tcuvidDecodePicture cuvidDecodePicture;
tcuvidGetDecodeStatus cuvidGetDecodeStatus;
tcuvidReconfigureDecoder cuvidReconfigureDecoder;
CUresult cuvidMapVideoFrame64(CUvideodecoder decoder, int index, unsigned long long* address,
                              unsigned* pitch, CUVIDPROCPARAMS* parameters);
CUresult cuvidUnmapVideoFrame64(CUvideodecoder decoder, unsigned long long address);
tcuvidCtxLockCreate cuvidCtxLockCreate;
tcuvidCtxLockDestroy cuvidCtxLockDestroy;
tcuvidCtxLock cuvidCtxLock;
tcuvidCtxUnlock cuvidCtxUnlock;
tcuvidCreateVideoParser cuvidCreateVideoParser;
tcuvidParseVideoData cuvidParseVideoData;
tcuvidDestroyVideoParser cuvidDestroyVideoParser;
}

namespace cufsim_test {

/** A creation that an H100 accepts. */
CUVIDDECODECREATEINFO creation(unsigned width = 176, unsigned height = 144);

/** A mapped picture. */
struct Mapped {
  CUresult code = CUDA_SUCCESS;
  unsigned long long address = 0;
  unsigned pitch = 0;
};

class Session {
 public:
  explicit Session(cudaVideoCodec codec, unsigned delay = 0);
  ~Session();
  Session(const Session&) = delete;

  /** Sends a packet; `flags` besides the timestamp's, -1 for no timestamp. */
  void send(const Bytes& packet, long long timestamp = -1,
            unsigned long flags = CUVID_PKT_ENDOFPICTURE);
  void end();
  /** All packets, with times 0, 1, 2, ..., and the end. */
  void play(const std::vector<Bytes>& packets, unsigned long flags = CUVID_PKT_ENDOFPICTURE);

  Mapped map(int index, CUstream stream = nullptr);
  CUresult unmap(const Mapped& mapped);
  /** The picture of an index as NV12 without padding. */
  Bytes picture(int index);

  CUvideodecoder decoder = nullptr;
  CUvideoparser parser = nullptr;
  CUVIDEOFORMAT format = {};
  /** What happened, such as "S D0 P0". */
  std::string events;
  std::vector<CUVIDPARSERDISPINFO> shown;
  std::vector<Bytes> pictures;

  /** Before a decoder is made. */
  std::function<void(CUVIDDECODECREATEINFO&)> adjust;
  /** In the callbacks; what they return is what the callback returns. */
  std::function<int()> on_sequence;
  std::function<int(CUVIDPICPARAMS&)> on_decode;
  std::function<int(CUVIDPARSERDISPINFO&)> on_display;
  std::function<void(CUVIDSEIMESSAGEINFO&)> on_messages;
  bool collects_pictures = false;

 private:
  int sequence(CUVIDEOFORMAT* format);
  int decode(CUVIDPICPARAMS* picture);
  int display(CUVIDPARSERDISPINFO* info);
  int messages(CUVIDSEIMESSAGEINFO* info);
};

}  // namespace cufsim_test

// A client of libnvidia-encode in the way of NVIDIA's samples.
#pragma once
#include <ffnvcodec/nvEncodeAPI.h>

#include <memory>
#include <vector>

#include "client.h"

extern "C" {
NVENCSTATUS NvEncodeAPIGetMaxSupportedVersion(uint32_t* version);
NVENCSTATUS NvEncodeAPICreateInstance(NV_ENCODE_API_FUNCTION_LIST* functions);
}

namespace cufsim_test {

/** The version word of a struct in an API; `high` where it has the highest bit. */
constexpr uint32_t version_word(uint32_t major, uint32_t minor, uint32_t of_struct,
                                bool high = false) {
  return major | minor << 24 | of_struct << 16 | 7u << 28 | (high ? 1u << 31 : 0);
}

/** One picture's input and output. */
struct EncodeSlot {
  CUdeviceptr memory = 0;
  NV_ENC_REGISTERED_PTR registered = nullptr;
  NV_ENC_INPUT_PTR mapped = nullptr;
  NV_ENC_OUTPUT_PTR bitstream = nullptr;
};

/** A coded picture. */
struct Coded {
  NVENCSTATUS status = NV_ENC_SUCCESS;
  Bytes data;
  uint64_t timestamp = 0;
  NV_ENC_PIC_TYPE type = NV_ENC_PIC_TYPE_UNKNOWN;
  uint32_t quantiser = 0;  // on average
};

class EncodeClient {
 public:
  static constexpr unsigned kWidth = 320;
  static constexpr unsigned kHeight = 240;
  static constexpr unsigned kPitch = 512;

  /** Opens a session and takes the preset's configuration; initialize() is the test's. */
  explicit EncodeClient(const GUID& codec = NV_ENC_CODEC_H264_GUID,
                        NV_ENC_TUNING_INFO tuning = NV_ENC_TUNING_INFO_LOW_LATENCY);
  ~EncodeClient();
  EncodeClient(const EncodeClient&) = delete;

  NVENCSTATUS initialize();
  /** Opens one session more; null if it was refused. */
  NVENCSTATUS open(void** encoder);
  /** A slot whose picture is full of `luma`, mapped. */
  EncodeSlot& slot(unsigned char luma = 100);
  NVENCSTATUS map(EncodeSlot& slot);
  NVENCSTATUS unmap(EncodeSlot& slot);
  NV_ENC_PIC_PARAMS picture(const EncodeSlot& slot, uint64_t timestamp) const;
  NVENCSTATUS encode(const EncodeSlot& slot, uint64_t timestamp, uint32_t flags = 0);
  NVENCSTATUS end();
  /** Locks, copies and unlocks. */
  Coded take(const EncodeSlot& slot);
  NVENCSTATUS reconfigure(bool resets = false, bool forces_idr = false);

  Gpu gpu{"l4"};
  NV_ENCODE_API_FUNCTION_LIST api = {};
  void* encoder = nullptr;
  NV_ENC_INITIALIZE_PARAMS parameters = {};
  NV_ENC_CONFIG config = {};

 private:
  std::vector<std::unique_ptr<EncodeSlot>> slots_;
};

/** Whether a byte stream has a unit of that type of H.264. */
bool has_unit(const Bytes& stream, int type);

}  // namespace cufsim_test

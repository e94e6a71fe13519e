// A decode session: pictures decoded on an engine, and output surfaces that clients map.
#pragma once
#include <memory>
#include <vector>

#include "cuda/driver.h"
#include "cuvid/header_writer.h"
#include "cuvid/libav.h"
#include "cuvid/surface.h"

namespace cufsim {

/** One call of cuvidDecodePicture. */
struct PictureJob : std::enable_shared_from_this<PictureJob> {
  Bytes data;
  CUVIDPICPARAMS parameters;
  /** Of a second field: the job of the first, whose picture it completes. */
  std::shared_ptr<PictureJob> first_field;
  /** Under the driver's mutex from here. */
  bool done = false;
  int status = cuvidDecodeStatus_InProgress;
  SharedFrame frame;
  uint64_t mark = 0;
  /** What came out of the decoder later with QPs and motion vectors. */
  SharedFrame shown;
};

/** Memory into which pictures are written when they are mapped. */
struct OutputSurface {
  AllocationPtr allocation;
  bool mapped = false;
  StreamPtr stream;
  /** When the last unmap's overwriting is over. */
  Moment free;
  AllocationPtr stats;
};

class Decoder : public std::enable_shared_from_this<Decoder> {
 public:
  Decoder(const ContextPtr& context, const CUVIDDECODECREATEINFO& info);
  ~Decoder();

  /** All under the driver's mutex. */
  CUresult open();
  void close();
  CUresult decode(Lock& lock, const CUVIDPICPARAMS& parameters);
  CUresult status(int index, CUVIDGETDECODESTATUS& status) const;
  CUresult reconfigure(const CUVIDRECONFIGUREDECODERINFO& info);
  CUresult map(Lock& lock, int index, const CUVIDPROCPARAMS& parameters, const StreamPtr& stream,
               unsigned long long* address, unsigned* pitch);
  CUresult unmap(unsigned long long address);
  bool is_jpeg() const { return info_.CodecType == cudaVideoCodec_JPEG; }
  size_t mapped() const;

  const std::weak_ptr<Context> context;
  uint64_t handle = 0;
  bool closed = false;
  CUvideoctxlock lock_handle = nullptr;

 private:
  void set_output(const CUVIDDECODECREATEINFO& info);
  CUresult allocate_surfaces();
  void free_surfaces();
  /** On the engine, without the mutex. */
  void run(PictureJob& job);
  Decoded decode_data(const Bytes& data);
  Bytes with_headers(const PictureJob& job);
  void finish(PictureJob& job, const Decoded& decoded);
  Moment write(OutputSurface& surface, const PictureJob& job, const CUVIDPROCPARAMS& parameters,
               const StreamPtr& stream);
  SharedFrame output_of(const PictureJob& job) const;
  CUresult give_stats(Lock& lock, OutputSurface& surface, const PictureJob& job,
                      const CUVIDPROCPARAMS& parameters);

  Device& device_;
  CUVIDDECODECREATEINFO info_;
  unsigned max_width_;
  unsigned max_height_;
  Output output_;
  SurfaceLayout layout_;
  int engine_ = 0;
  uint64_t internal_bytes_ = 0;
  size_t pending_ = 0;
  std::vector<std::shared_ptr<PictureJob>> slots_;
  std::vector<OutputSurface> surfaces_;
  /** Jobs whose pictures have not come out of the decoder yet. */
  std::vector<std::weak_ptr<PictureJob>> not_shown_;

  /** Of the engine's thread alone. */
  std::unique_ptr<InnerDecoder> inner_;
  bool has_headers_ = false;
  Bytes last_headers_;
};

using DecoderPtr = std::shared_ptr<Decoder>;

/** The decoders that are alive; under the driver's mutex. */
Handles<Decoder>& decoders();

/** Whether a GPU takes what is wanted, by the rules that a real one was found to have. */
CUresult check_creation(const Device& device, const CUVIDDECODECREATEINFO& info);

}  // namespace cufsim

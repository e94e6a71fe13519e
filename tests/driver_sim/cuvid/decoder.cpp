#include "cuvid/decoder.h"

#include <algorithm>
#include <cstring>

#include "cuda/pool.h"
#include "cuvid/av1.h"
#include "cuvid/engine.h"
#include "cuvid/restart.h"
#include "cuvid/stats.h"

namespace cufsim {

namespace {

constexpr CUresult kAlreadyMapped = result(208);
constexpr CUresult kNotMapped = result(211);

/** Whether the bitstream brings its own parameter sets. */
bool has_parameter_sets(cudaVideoCodec codec, const Bytes& data) {
  for (size_t i = 0; i + 3 < data.size(); i++) {
    if (data[i] != 0 || data[i + 1] != 0 || data[i + 2] != 1) continue;
    if (codec == cudaVideoCodec_H264 && (data[i + 3] & 31) == 7) return true;
    if (codec == cudaVideoCodec_MPEG2 && data[i + 3] == 0xb3) return true;
  }
  return false;
}

bool knows_status(cudaVideoCodec codec) {
  return codec == cudaVideoCodec_H264 || codec == cudaVideoCodec_HEVC ||
         codec == cudaVideoCodec_JPEG;
}

template <class Rectangle>
void set_rectangle(const Rectangle& from, int width, int height, int& left, int& top, int& right,
                   int& bottom) {
  const bool none = from.right <= from.left || from.bottom <= from.top;
  left = none ? 0 : from.left;
  top = none ? 0 : from.top;
  right = none ? width : from.right;
  bottom = none ? height : from.bottom;
}

}  // namespace

Handles<Decoder>& decoders() {
  static auto* const table = new Handles<Decoder>(driver().memory);
  return *table;
}

Decoder::Decoder(const ContextPtr& context, const CUVIDDECODECREATEINFO& info)
    : context(context),
      lock_handle(info.vidLock),
      device_(*context->device),
      info_(info),
      max_width_(static_cast<unsigned>(std::max(info.ulMaxWidth, info.ulWidth))),
      max_height_(static_cast<unsigned>(std::max(info.ulMaxHeight, info.ulHeight))) {
  // A driver takes 0 as well.
  info_.ulNumOutputSurfaces = std::max<unsigned long>(info_.ulNumOutputSurfaces, 1);
}

Decoder::~Decoder() = default;

void Decoder::set_output(const CUVIDDECODECREATEINFO& info) {
  output_.format = number_in(info.OutputFormat);
  output_.depth_minus_8 = static_cast<unsigned>(info.bitDepthMinus8);
  output_.width = static_cast<int>((info.ulTargetWidth + 1) & ~1ul);
  output_.height = static_cast<int>((info.ulTargetHeight + 1) & ~1ul);
  set_rectangle(info.display_area, static_cast<int>(info.ulWidth), static_cast<int>(info.ulHeight),
                output_.left, output_.top, output_.right, output_.bottom);
  set_rectangle(info.target_rect, output_.width, output_.height, output_.to_left, output_.to_top,
                output_.to_right, output_.to_bottom);
  output_.to_right = std::min(output_.to_right, output_.width);
  output_.to_bottom = std::min(output_.to_bottom, output_.height);
  layout_ = layout_of(output_);
}

CUresult Decoder::allocate_surfaces() {
  CUresult code = CUDA_SUCCESS;
  const ContextPtr owner = context.lock();
  surfaces_.resize(info_.ulNumOutputSurfaces);
  for (OutputSurface& surface : surfaces_) {
    surface.allocation = new_allocation(*owner, layout_.size, MemoryKind::kSurface, code);
    if (surface.allocation == nullptr) return code;
  }
  return CUDA_SUCCESS;
}

void Decoder::free_surfaces() {
  for (OutputSurface& surface : surfaces_) {
    if (surface.allocation != nullptr) end_allocation(surface.allocation);
    if (surface.stats != nullptr) end_allocation(surface.stats);
  }
  surfaces_.clear();
}

CUresult Decoder::open() {
  // Memory is taken for the largest pictures that were announced.
  internal_bytes_ = uint64_t{max_width_} * max_height_ * 3 / 2 * info_.ulNumDecodeSurfaces *
                    (info_.bitDepthMinus8 > 0 ? 2 : 1);
  if (!device_.reserve(internal_bytes_)) return kOutOfMemory;
  set_output(info_);
  slots_.resize(info_.ulNumDecodeSurfaces);
  engine_ = take_engine(device_);
  const CUresult code = allocate_surfaces();
  if (code != CUDA_SUCCESS) close();
  return code;
}

void Decoder::close() {
  closed = true;
  leave_engine(device_, engine_);
  device_.give_back(internal_bytes_);
  free_surfaces();
  slots_.clear();
}

size_t Decoder::mapped() const {
  return static_cast<size_t>(
      std::count_if(surfaces_.begin(), surfaces_.end(),
                    [](const OutputSurface& surface) { return surface.mapped; }));
}

CUresult Decoder::decode(Lock& lock, const CUVIDPICPARAMS& parameters) {
  Driver& sim = driver();
  const auto index = static_cast<size_t>(parameters.CurrPicIdx);
  if (parameters.CurrPicIdx < 0 || index >= slots_.size()) return kInvalidValue;
  if (parameters.pBitstreamData == nullptr || parameters.nBitstreamDataLen == 0) {
    return kInvalidValue;
  }
  auto job = std::make_shared<PictureJob>();
  job->data.assign(parameters.pBitstreamData,
                   parameters.pBitstreamData + parameters.nBitstreamDataLen);
  job->parameters = parameters;
  if (parameters.field_pic_flag && parameters.second_field) job->first_field = slots_[index];
  slots_[index] = job;
  pending_++;
  // An engine's queue is not endless: the call blocks.
  sim.changed.wait(lock, [&] { return closed || pending_ <= slots_.size() + 4; });
  lock.unlock();
  run_on_engine(device_.ordinal, engine_, [self = shared_from_this(), job] { self->run(*job); });
  lock.lock();
  return CUDA_SUCCESS;
}

Bytes Decoder::with_headers(const PictureJob& job) {
  const cudaVideoCodec codec = info_.CodecType;
  if (codec != cudaVideoCodec_H264 && codec != cudaVideoCodec_MPEG2) return job.data;
  if (!has_headers_) has_headers_ = has_parameter_sets(codec, job.data);
  if (has_headers_) return job.data;
  Bytes data;
  CUVIDPICPARAMS parameters = job.parameters;
  parameters.pBitstreamData = job.data.data();
  const bool h264 = codec == cudaVideoCodec_H264;
  Bytes headers = h264 ? h264_headers(parameters) : mpeg2_sequence_header(parameters);
  if (headers != last_headers_) data = last_headers_ = headers;
  if (!h264) {
    headers = mpeg2_picture_header(parameters);
    data.insert(data.end(), headers.begin(), headers.end());
  }
  data.insert(data.end(), job.data.begin(), job.data.end());
  return data;
}

Decoded Decoder::decode_data(const Bytes& data) {
  if (info_.CodecType != cudaVideoCodec_AV1) return inner_->decode(data.data(), data.size());
  // libav's wrapper of dav1d takes up no more than one frame that is shown from a packet at once.
  Decoded all;
  for (const Bytes& frame : split_temporal_unit(data)) {
    Decoded decoded = inner_->decode(frame.data(), frame.size());
    std::move(decoded.shown.begin(), decoded.shown.end(), std::back_inserter(all.shown));
    all.failed = all.failed || decoded.failed;
  }
  return all;
}

void Decoder::run(PictureJob& job) {
  if (inner_ == nullptr) {
    inner_ = std::make_unique<InnerDecoder>(info_.CodecType, nullptr);
    if (stats_wanted(info_)) ask_for_stats(inner_->context());
  }
  const int64_t start = thread_time_ns();
  Decoded decoded;
  if (inner_->usable()) {
    if (take_restart_mark(info_.CodecType, job.data)) inner_->decode(nullptr, 0);
    decoded = decode_data(with_headers(job));
  }
  const int64_t spent = thread_time_ns() - start;
  Driver& sim = driver();
  const Lock lock(sim.mutex);
  sim.journal.add("decoder_us", spent / 1000);
  finish(job, decoded);
  pending_--;
  sim.changed.notify_all();
}

void Decoder::finish(PictureJob& job, const Decoded& decoded) {
  Driver& sim = driver();
  if (!decoded.begun.empty()) {
    // H.264 makes missing references before the picture, the others behind it.
    const Begun& own =
        info_.CodecType == cudaVideoCodec_H264 ? decoded.begun.back() : decoded.begun.front();
    job.frame = own.frame;
    job.mark = own.mark;
    job.status = own.damaged ? cuvidDecodeStatus_Error_Concealed : cuvidDecodeStatus_Success;
  } else if (job.first_field != nullptr && !decoded.failed) {
    job.frame = job.first_field->frame;
    job.mark = job.first_field->mark;
    job.status = job.first_field->status;
  } else if (info_.CodecType == cudaVideoCodec_AV1 && !decoded.shown.empty()) {
    // dav1d has its own memory; the last is the picture's, those before were shown again.
    job.frame = SharedFrame(av_frame_clone(decoded.shown.back().get()), FrameDeleter());
    job.status = cuvidDecodeStatus_Success;
  } else {
    job.status = cuvidDecodeStatus_Error;
  }
  if (const auto forced = sim.faults.next_picture()) job.status = *forced;
  if (job.frame != nullptr && job.first_field == nullptr) sim.journal.add("pictures_decoded");
  job.done = true;
  job.first_field = nullptr;
  if (!stats_wanted(info_)) return;
  not_shown_.push_back(job.weak_from_this());
  for (const FramePtr& shown : decoded.shown) {
    for (const auto& waiting : not_shown_) {
      const auto picture = waiting.lock();
      if (picture == nullptr || picture->mark != InnerDecoder::mark_of(*shown)) continue;
      picture->shown = SharedFrame(av_frame_clone(shown.get()), FrameDeleter());
    }
  }
  if (not_shown_.size() > 64) not_shown_.erase(not_shown_.begin());
}

CUresult Decoder::status(int index, CUVIDGETDECODESTATUS& status) const {
  const auto at = static_cast<size_t>(index);
  if (index < 0 || at >= slots_.size() || slots_[at] == nullptr) return kInvalidValue;
  if (!knows_status(info_.CodecType)) return kNotSupported;
  status.decodeStatus = static_cast<cuvidDecodeStatus>(slots_[at]->status);
  return CUDA_SUCCESS;
}

CUresult Decoder::reconfigure(const CUVIDRECONFIGUREDECODERINFO& info) {
  Driver& sim = driver();
  for (const unsigned reserved : info.reserved1) {
    if (reserved != 0) return kInvalidValue;
  }
  for (const unsigned reserved : info.reserved2) {
    if (reserved != 0) return kInvalidValue;
  }
  if (info.ulWidth > max_width_ || info.ulHeight > max_height_) return kInvalidValue;
  if (info.ulTargetWidth == 0 || info.ulTargetHeight == 0) return kInvalidValue;
  if (info.ulNumDecodeSurfaces < 1 || info.ulNumDecodeSurfaces > 32) return kInvalidValue;
  if (mapped() > 0) {
    sim.journal.problem(Problem::kOrder, "a decoder is reconfigured with pictures mapped");
    return kIllegalState;
  }
  // A driver was seen to take more surfaces than were made. There is no word that it may be done.
  if (info.ulNumDecodeSurfaces > info_.ulNumDecodeSurfaces) return kInvalidValue;
  CUVIDDECODECREATEINFO changed = info_;
  changed.ulWidth = info.ulWidth;
  changed.ulHeight = info.ulHeight;
  changed.ulTargetWidth = info.ulTargetWidth;
  changed.ulTargetHeight = info.ulTargetHeight;
  std::memcpy(&changed.display_area, &info.display_area, sizeof info.display_area);
  std::memcpy(&changed.target_rect, &info.target_rect, sizeof info.target_rect);
  changed.ulMaxWidth = max_width_;
  changed.ulMaxHeight = max_height_;
  const CUresult code = check_creation(device_, changed);
  if (code != CUDA_SUCCESS) return code;
  free_surfaces();
  info_ = changed;
  set_output(info_);
  // What was decoded before is gone.
  std::fill(slots_.begin(), slots_.end(), nullptr);
  pending_++;
  run_on_engine(device_.ordinal, engine_, [self = shared_from_this()] {
    self->inner_ = nullptr;
    self->has_headers_ = false;
    self->last_headers_.clear();
    const Lock lock(driver().mutex);
    self->pending_--;
    driver().changed.notify_all();
  });
  sim.journal.add("decoders_reconfigured");
  return allocate_surfaces();
}

// What an engine makes of the picture: of H.264 without a transform something else, and no word of
// it (seen on an H200).
SharedFrame Decoder::output_of(const PictureJob& job) const {
  const bool is_lossless =
      info_.CodecType == cudaVideoCodec_H264 &&
      job.parameters.CodecSpecific.h264.qpprime_y_zero_transform_bypass_flag != 0;
  return is_lossless ? nullptr : job.frame;
}

Moment Decoder::write(OutputSurface& surface, const PictureJob& job,
                      const CUVIDPROCPARAMS& parameters, const StreamPtr& stream) {
  Work work{.what = "output of a picture"};
  work.accesses = {{surface.allocation, {0, layout_.size, 0, 1}, true}};
  const bool one_field =
      info_.DeinterlaceMode != cudaVideoDeinterlaceMode_Weave && !parameters.progressive_frame;
  const bool bottom = (parameters.second_field != 0) == (parameters.top_field_first != 0);
  const Lines lines = !one_field ? Lines::kAll : bottom ? Lines::kBottom : Lines::kTop;
  unsigned char* bytes = driver().memory.bytes(surface.allocation->address);
  Output output = output_;
  const bool is_mpeg =
      info_.CodecType == cudaVideoCodec_MPEG1 || info_.CodecType == cudaVideoCodec_MPEG2;
  if (is_mpeg) output.decoded_width = job.parameters.PicWidthInMbs * 16;
  work.run = [frame = output_of(job), output, lines, layout = layout_, bytes]() -> CUresult {
    AddressSpace::poison(bytes, layout.size);
    if (frame != nullptr) write_surface(*frame, output, lines, layout, bytes);
    return CUDA_SUCCESS;
  };
  // The driver itself orders what its streams do with its own surfaces.
  return stream->enqueue(std::move(work), {surface.free});
}

CUresult Decoder::map(Lock& lock, int index, const CUVIDPROCPARAMS& parameters,
                      const StreamPtr& stream, unsigned long long* address, unsigned* pitch) {
  Driver& sim = driver();
  const auto at = static_cast<size_t>(index);
  if (index < 0 || at >= slots_.size() || slots_[at] == nullptr) return kInvalidValue;
  const auto free = std::find_if(surfaces_.begin(), surfaces_.end(),
                                 [](const OutputSurface& surface) { return !surface.mapped; });
  if (free == surfaces_.end()) return kAlreadyMapped;
  const std::shared_ptr<PictureJob> job = slots_[at];
  const auto self = shared_from_this();
  OutputSurface& surface = *free;
  surface.mapped = true;
  sim.changed.wait(lock, [&] { return job->done || closed || device_.lost != CUDA_SUCCESS; });
  if (closed) return kInvalidHandle;
  if (device_.lost != CUDA_SUCCESS) {
    surface.mapped = false;
    return device_.lost;
  }
  const CUresult code = give_stats(lock, surface, *job, parameters);
  if (code != CUDA_SUCCESS) {
    surface.mapped = false;
    return code;
  }
  surface.stream = stream;
  write(surface, *job, parameters, stream);
  sim.journal.add("mapped");
  *address = surface.allocation->address;
  *pitch = layout_.pitch;
  return CUDA_SUCCESS;
}

CUresult Decoder::give_stats(Lock& lock, OutputSurface& surface, const PictureJob& job,
                             const CUVIDPROCPARAMS& parameters) {
  unsigned long long* address = stats_target(info_, parameters);
  if (address == nullptr) return CUDA_SUCCESS;
  // They come out of libav's decoder with the picture: when all that was given in is decoded.
  driver().changed.wait(lock, [&] { return closed || pending_ == 0; });
  if (closed) return kInvalidHandle;
  CUresult code = CUDA_SUCCESS;
  const Bytes stats = make_stats(job.shown.get(), max_width_, max_height_);
  surface.stats = new_allocation(*context.lock(), stats.size(), MemoryKind::kSurface, code);
  if (surface.stats == nullptr) return code;
  std::memcpy(driver().memory.bytes(surface.stats->address), stats.data(), stats.size());
  *address = surface.stats->address;
  return CUDA_SUCCESS;
}

CUresult Decoder::unmap(unsigned long long address) {
  Driver& sim = driver();
  const auto found =
      std::find_if(surfaces_.begin(), surfaces_.end(), [&](const OutputSurface& surface) {
        return surface.mapped && surface.allocation->address == address;
      });
  if (found == surfaces_.end()) {
    sim.journal.problem(Problem::kForeignPointer, "cuvidUnmapVideoFrame of what is not mapped");
    return kNotMapped;
  }
  OutputSurface& surface = *found;
  Work work{.what = "end of a mapped picture"};
  work.accesses = {{surface.allocation, {0, layout_.size, 0, 1}, true}};
  unsigned char* bytes = sim.memory.bytes(address);
  work.run = [bytes, size = layout_.size]() -> CUresult {
    AddressSpace::poison(bytes, size);
    return CUDA_SUCCESS;
  };
  surface.free = surface.stream->enqueue(std::move(work));
  surface.mapped = false;
  surface.stream = nullptr;
  if (surface.stats != nullptr) end_allocation(surface.stats);
  surface.stats = nullptr;
  sim.journal.add("mapped", -1);
  return CUDA_SUCCESS;
}

}  // namespace cufsim

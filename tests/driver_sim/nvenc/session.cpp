#include "nvenc/session.h"

#include <algorithm>
#include <chrono>

#include "nvenc/engine.h"

namespace cufsim {

namespace {

/** How long nvEncLockBitstream() waits for pictures that x264 or x265 still holds back. */
constexpr int64_t kStallMs = 100;

CodedType middle_type(const EncodeParameters& parameters, size_t index, size_t count) {
  const NV_ENC_CODEC_CONFIG& codec = parameters.config.encodeCodecConfig;
  const bool references = parameters.codec == EncodeCodec::kH264
                              ? codec.h264Config.useBFramesAsRef != 0
                              : codec.hevcConfig.useBFramesAsRef != 0;
  return references && count > 1 && index == count / 2 ? CodedType::kReferenceB : CodedType::kB;
}

uint32_t idr_period(const EncodeParameters& parameters) {
  const NV_ENC_CODEC_CONFIG& codec = parameters.config.encodeCodecConfig;
  if (parameters.codec == EncodeCodec::kH264) return codec.h264Config.idrPeriod;
  if (parameters.codec == EncodeCodec::kHevc) return codec.hevcConfig.idrPeriod;
  return codec.av1Config.idrPeriod;
}

/** Whether the encoder in software holds pictures back to look at those behind them. */
bool holds_back(const EncodeParameters& parameters) {
  return parameters.config.frameIntervalP > 1 && parameters.codec != EncodeCodec::kAv1;
}

template <class T, class Owns>
size_t remove_if(Handles<T>& handles, const char* counter, Owns&& owns) {
  std::vector<uint64_t> ended;
  for (const auto& [handle, object] : handles.alive()) {
    if (owns(*object)) ended.push_back(handle);
  }
  for (const uint64_t handle : ended) handles.remove(handle);
  driver().journal.add(counter, -static_cast<int64_t>(ended.size()));
  return ended.size();
}

template <class Owns>
size_t end_objects(Owns&& owns) {
  return remove_if(mappings(), "encode_mapped", owns) +
         remove_if(registrations(), "registrations", owns) +
         remove_if(input_buffers(), "input_buffers", owns) +
         remove_if(bitstream_buffers(), "bitstream_buffers", owns);
}

template <class T>
Handles<T>& table() {
  static auto* const handles = new Handles<T>(driver().memory);
  return *handles;
}

}  // namespace

Handles<EncodeSession>& encode_sessions() {
  return table<EncodeSession>();
}
Handles<InputBuffer>& input_buffers() {
  return table<InputBuffer>();
}
Handles<BitstreamBuffer>& bitstream_buffers() {
  return table<BitstreamBuffer>();
}
Handles<Registration>& registrations() {
  return table<Registration>();
}
Handles<Mapping>& mappings() {
  return table<Mapping>();
}

EncodeSession::EncodeSession(const ContextPtr& owner, Api api)
    : context(owner), api(api), device(*owner->device) {
  own_stream = std::make_shared<Stream>(driver().next_timeline++, owner, CU_STREAM_NON_BLOCKING);
}

NVENCSTATUS EncodeSession::refuse(NVENCSTATUS status, const std::string& why) {
  last_error = why;
  return status;
}

void EncodeSession::place_intra(const JobPtr& job, bool idr) {
  end_run();
  job->type = idr ? CodedType::kIdr : CodedType::kI;
  since_intra_ = 1;
  since_idr_ = idr ? 1 : since_idr_ + 1;
  submit({job});
}

void EncodeSession::place(const JobPtr& job) {
  const NV_ENC_CONFIG& config = parameters_.config;
  const uint64_t gop = config.gopLength == NVENC_INFINITE_GOPLENGTH ? UINT64_MAX : config.gopLength;
  const uint32_t period = idr_period(parameters_);
  const uint64_t idr_every = period == NVENC_INFINITE_GOPLENGTH ? UINT64_MAX : period;
  const bool idr = idr_next_ || job->forces_idr || since_idr_ >= idr_every;
  const bool intra =
      idr || job->forces_intra || intra_wanted || since_intra_ >= gop || config.frameIntervalP == 0;
  idr_next_ = false;
  intra_wanted = false;
  if (intra) {
    place_intra(job, idr);
    return;
  }
  run_.push_back(job);
  since_intra_++;
  since_idr_++;
  // No B picture is the last before an intra picture.
  const bool ends_gop = since_intra_ >= gop || since_idr_ >= idr_every;
  if (ends_gop || run_.size() >= static_cast<size_t>(config.frameIntervalP)) end_run();
}

void EncodeSession::end_run() {
  if (run_.empty()) return;
  const size_t between = run_.size() - 1;
  for (size_t i = 0; i < between; i++) run_[i]->type = middle_type(parameters_, i, between);
  run_.back()->type = CodedType::kP;
  Group group;
  group.swap(run_);
  submit(std::move(group));
}

void EncodeSession::submit(Group group) {
  submitted_ += group.size();
  for (const JobPtr& job : group) in_flight_[job->number] = job;
  SessionEngine::encode(shared_from_this(), std::move(group));
}

NVENCSTATUS EncodeSession::initialize(Lock& lock, const EncodeParameters& wanted,
                                      std::string& why) {
  // What a driver's own surfaces take.
  const uint64_t width = std::max(wanted.initialize.encodeWidth, wanted.initialize.maxEncodeWidth);
  const uint64_t height =
      std::max(wanted.initialize.encodeHeight, wanted.initialize.maxEncodeHeight);
  const uint64_t bytes = width * height * 3 / 2 * 8;
  if (!device.reserve(bytes)) {
    why = "too little memory";
    return NV_ENC_ERR_OUT_OF_MEMORY;
  }
  reserved_bytes = bytes;
  parameters_ = wanted;
  if (!SessionEngine::open(shared_from_this(), lock, stream_settings(wanted))) {
    why = "the encoder in software refuses the parameters";
    return NV_ENC_ERR_INVALID_PARAM;
  }
  is_initialized = true;
  return NV_ENC_SUCCESS;
}

NVENCSTATUS EncodeSession::reconfigure(Lock& lock, const EncodeParameters& wanted, bool resets,
                                       bool forces_idr) {
  const NV_ENC_INITIALIZE_PARAMS& before = parameters_.initialize;
  const NV_ENC_INITIALIZE_PARAMS& after = wanted.initialize;
  const bool resizes =
      before.encodeWidth != after.encodeWidth || before.encodeHeight != after.encodeHeight;
  const StreamSettings settings = stream_settings(wanted);
  if (resizes || resets || !SessionEngine::change(shared_from_this(), lock, settings)) {
    // Pictures of the old size are coded as what they are.
    empty(resizes);
    driver().journal.add("encoder_restarts");
    parameters_ = wanted;
    if (!SessionEngine::open(shared_from_this(), lock, settings)) {
      return refuse(NV_ENC_ERR_INVALID_PARAM, "the encoder in software refuses the parameters");
    }
    begin_anew();
  }
  parameters_ = wanted;
  if (forces_idr) idr_next_ = true;
  return NV_ENC_SUCCESS;
}

size_t EncodeSession::close(Lock* lock) {
  is_closed = true;
  driver().changed.notify_all();
  if (lock != nullptr) driver().changed.wait(*lock, [&] { return pending_ == 0; });
  worker_->stop();
  own_stream->close();
  device.give_back(reserved_bytes);
  reserved_bytes = 0;
  outputs_.clear();
  const auto here = [&](const auto& object) { return object.session.lock().get() == this; };
  return end_objects(here);
}

NVENCSTATUS EncodeSession::encode(const JobPtr& job,
                                  const std::shared_ptr<BitstreamBuffer>& buffer) {
  flushed_ = false;
  job->number = next_number_++;
  buffer->job = job;
  buffer->turn = given_++;
  buffer->is_done = false;
  outputs_.push_back(buffer);
  waiting_.push_back(job);
  const uint64_t before = submitted_;
  while (waiting_.size() > parameters_.delay()) {
    const JobPtr next = waiting_.front();
    waiting_.pop_front();
    place(next);
  }
  return submitted_ > before ? NV_ENC_SUCCESS : NV_ENC_ERR_NEED_MORE_INPUT;
}

void EncodeSession::empty(bool flushes) {
  if (flushes) {
    for (; !waiting_.empty(); waiting_.pop_front()) place(JobPtr(waiting_.front()));
    end_run();
  }
  SessionEngine::drain(shared_from_this());
}

void EncodeSession::begin_anew() {
  if (run_.empty()) {
    idr_next_ = true;
    return;
  }
  // They cannot refer to what came before any more.
  Group rest;
  rest.swap(run_);
  const JobPtr first = rest.front();
  rest.erase(rest.begin());
  place_intra(first, true);
  run_.swap(rest);
  since_intra_ = since_idr_ = 1 + run_.size();
}

NVENCSTATUS EncodeSession::flush() {
  flushed_ = true;
  if (holds_back(parameters_)) {
    empty(true);
    begin_anew();
    return NV_ENC_SUCCESS;
  }
  for (; !waiting_.empty(); waiting_.pop_front()) place(JobPtr(waiting_.front()));
  end_run();
  return NV_ENC_SUCCESS;
}

Bytes EncodeSession::headers_for(const EncodeJob& job, CodedType type) {
  const NV_ENC_CODEC_CONFIG& codec = parameters_.config.encodeCodecConfig;
  const bool disabled =
      parameters_.codec == EncodeCodec::kH264   ? codec.h264Config.disableSPSPPS != 0
      : parameters_.codec == EncodeCodec::kHevc ? codec.hevcConfig.disableSPSPPS != 0
                                                : codec.av1Config.disableSeqHdr != 0;
  const bool repeats = parameters_.codec == EncodeCodec::kH264 ? codec.h264Config.repeatSPSPPS != 0
                       : parameters_.codec == EncodeCodec::kHevc
                           ? codec.hevcConfig.repeatSPSPPS != 0
                           : codec.av1Config.repeatSeqHdr != 0;
  const bool idr = type == CodedType::kIdr;
  const bool wanted = job.wants_headers || (idr && (repeats || (!disabled && !headers_given_)));
  headers_given_ = headers_given_ || idr;
  return wanted ? headers : Bytes();
}

void EncodeSession::deliver(const OutputPicture& picture) {
  const auto found = in_flight_.find(picture.number);
  if (found == in_flight_.end()) return;
  const JobPtr job = found->second;
  in_flight_.erase(found);
  const auto turn = std::find_if(outputs_.begin(), outputs_.end(),
                                 [](const auto& buffer) { return !buffer->is_done; });
  if (turn == outputs_.end()) return;
  BitstreamBuffer& buffer = **turn;
  buffer.data =
      assemble(parameters_.codec, picture.data, headers_for(*job, picture.type), job->messages);
  buffer.coded = job;
  buffer.type = picture.type;
  buffer.qp = picture.qp;
  buffer.is_done = true;
  driver().journal.add("pictures_encoded");
  driver().journal.add("encoded_bytes", static_cast<int64_t>(buffer.data.size()));
}

bool EncodeSession::is_stalled(const BitstreamBuffer& buffer) const {
  return pending_ == 0 && !buffer.is_done && holds_back(parameters_) && buffer.turn < submitted_;
}

NVENCSTATUS EncodeSession::lock(Lock& lock, const std::shared_ptr<BitstreamBuffer>& buffer,
                                bool waits) {
  Driver& sim = driver();
  if (buffer->turn != locked_) {
    sim.journal.problem(Problem::kOrder, "bitstreams locked in another order than they were given");
    return refuse(NV_ENC_ERR_INVALID_CALL, "bitstream buffers must be locked in their order");
  }
  if (buffer->turn >= submitted_) {
    if (!waits) return NV_ENC_ERR_LOCK_BUSY;
    sim.journal.problem(Problem::kOrder, "a bitstream locked that needs more input");
    return refuse(NV_ENC_ERR_INVALID_CALL, "the picture waits for more input");
  }
  if (!waits && !buffer->is_done) return NV_ENC_ERR_LOCK_BUSY;
  const auto stall = std::chrono::milliseconds(sim.settings.number("encode_stall_ms", kStallMs));
  const auto over = [&] {
    return buffer->is_done || is_closed || failed_ || device.lost != CUDA_SUCCESS;
  };
  while (!over()) {
    const uint64_t given = given_;
    if (sim.changed.wait_for(lock, stall, over)) break;
    // A real encoder would be done by now. What is held back comes out by starting anew.
    if (given != given_ || sim.paused || !is_stalled(*buffer)) continue;
    sim.journal.add("encoder_restarts");
    empty(false);
    begin_anew();
  }
  if (is_closed) return NV_ENC_ERR_INVALID_ENCODERDEVICE;
  if (device.lost != CUDA_SUCCESS) return NV_ENC_ERR_DEVICE_NOT_EXIST;
  if (!buffer->is_done) return refuse(NV_ENC_ERR_GENERIC, "the encoder failed");
  sim.order.host_learns(buffer->coded->read);
  sim.order.host_learns(buffer->job->read);
  buffer->job->output_locked = true;
  buffer->is_locked = true;
  locked_++;
  outputs_.pop_front();
  return NV_ENC_SUCCESS;
}

void EncodeSession::unlock(BitstreamBuffer& buffer) {
  buffer.is_locked = false;
  // Whoever still reads it reads something else.
  AddressSpace::poison(buffer.data.data(), buffer.data.size());
  buffer.job = nullptr;
  buffer.coded = nullptr;
}

bool EncodeSession::is_mapping_free(uint64_t mapping) const {
  const auto uses = [&](const JobPtr& job) { return job != nullptr && job->mapping == mapping; };
  // At the end of the stream clients may drop what they do not want any more.
  if (flushed_) return true;
  // What is broken reads nothing any more, and cannot be told the end of a stream.
  const ContextPtr own = context.lock();
  if (own == nullptr || own->broken() != CUDA_SUCCESS || device.lost != CUDA_SUCCESS) return true;
  return std::none_of(outputs_.begin(), outputs_.end(),
                      [&](const auto& buffer) { return uses(buffer->job); });
}

}  // namespace cufsim

// An encode session: pictures in, in the order of display, and coded pictures out, in the order in
// which bitstream buffers were given.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cuda/driver.h"
#include "nvenc/access_unit.h"
#include "nvenc/parameters.h"
#include "nvenc/worker.h"

namespace cufsim {

class EncodeSession;
struct EncodeJob;

/** Of nvEncCreateInputBuffer. What a client writes while it is locked is taken at its unlock. */
struct InputBuffer {
  std::weak_ptr<EncodeSession> session;
  uint64_t handle = 0;
  NV_ENC_BUFFER_FORMAT format = NV_ENC_BUFFER_FORMAT_UNDEFINED;
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t pitch = 0;
  Bytes data;
  Bytes locked;
  bool is_locked = false;
};

/** Of nvEncCreateBitstreamBuffer. */
struct BitstreamBuffer {
  std::weak_ptr<EncodeSession> session;
  uint64_t handle = 0;
  /** The picture with which it was given, until it was unlocked. */
  std::shared_ptr<EncodeJob> job;
  /** How many pictures were given before that. */
  uint64_t turn = 0;
  bool is_done = false;
  bool is_locked = false;
  /** What was coded into it, which need not be the picture with which it was given. */
  Bytes data;
  std::shared_ptr<EncodeJob> coded;
  CodedType type = CodedType::kP;
  int qp = 0;
};

/** Of nvEncRegisterResource. */
struct Registration {
  std::weak_ptr<EncodeSession> session;
  uint64_t handle = 0;
  AllocationPtr allocation;
  uint64_t address = 0;
  NV_ENC_BUFFER_FORMAT format = NV_ENC_BUFFER_FORMAT_UNDEFINED;
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t pitch = 0;
  /** The handle of its mapping; 0: none. */
  uint64_t mapped = 0;
};

/** Of nvEncMapInputResource. */
struct Mapping {
  std::weak_ptr<EncodeSession> session;
  uint64_t handle = 0;
  std::shared_ptr<Registration> registration;
};

/** Under the driver's mutex. */
Handles<EncodeSession>& encode_sessions();
Handles<InputBuffer>& input_buffers();
Handles<BitstreamBuffer>& bitstream_buffers();
Handles<Registration>& registrations();
Handles<Mapping>& mappings();

/** A picture on its way. */
struct EncodeJob {
  int64_t number = 0;
  uint64_t timestamp = 0;
  uint64_t duration = 0;
  uint32_t frame_index = 0;
  bool forces_idr = false;
  bool forces_intra = false;
  bool wants_headers = false;
  CodedType type = CodedType::kP;
  std::vector<Message> messages;
  /** The picture as it was read, and when that is over. */
  Bytes bytes;
  uint64_t pitch = 0;
  uint64_t rows = 0;
  NV_ENC_BUFFER_FORMAT format = NV_ENC_BUFFER_FORMAT_UNDEFINED;
  Moment read;
  /** The mapping that it is read from; 0: an input buffer. */
  uint64_t mapping = 0;
  /** The bitstream buffer that was given with it has been locked. */
  bool output_locked = false;
};

using JobPtr = std::shared_ptr<EncodeJob>;
using SessionPtr = std::shared_ptr<EncodeSession>;

class EncodeSession : public std::enable_shared_from_this<EncodeSession> {
 public:
  EncodeSession(const ContextPtr& context, Api api);

  /** All under the driver's mutex. */
  NVENCSTATUS initialize(Lock& lock, const EncodeParameters& wanted, std::string& why);
  NVENCSTATUS reconfigure(Lock& lock, const EncodeParameters& wanted, bool resets, bool forces_idr);
  /** Takes a picture whose output goes into `buffer` in its turn. */
  NVENCSTATUS encode(const JobPtr& job, const std::shared_ptr<BitstreamBuffer>& buffer);
  NVENCSTATUS flush();
  NVENCSTATUS lock(Lock& lock, const std::shared_ptr<BitstreamBuffer>& buffer, bool waits);
  void unlock(BitstreamBuffer& buffer);
  /**
   * Ends work and everything that belongs to it; returns how many objects there were. Waits for the
   * picture that is being encoded where the driver's mutex is given.
   */
  size_t close(Lock* lock);

  NVENCSTATUS refuse(NVENCSTATUS status, const std::string& why);
  const EncodeParameters& parameters() const { return parameters_; }
  /** Whether the bitstream buffers of all pictures read from that mapping have been locked. */
  bool is_mapping_free(uint64_t mapping) const;

  const std::weak_ptr<Context> context;
  const Api api;
  uint64_t handle = 0;
  bool is_initialized = false;
  bool is_closed = false;
  Device& device;
  std::string last_error;
  Bytes headers;
  /** In whose order inputs are read; null: as they are when the picture is given. */
  StreamPtr input_stream;
  /** Of the encoder itself, to tell what the client did not wait for. */
  StreamPtr own_stream;
  uint64_t reserved_bytes = 0;
  /** The next picture refers to none before it. */
  bool intra_wanted = false;

 private:
  friend class SessionEngine;
  using Group = std::vector<JobPtr>;

  void place(const JobPtr& job);
  void place_intra(const JobPtr& job, bool idr);
  void end_run();
  void submit(Group group);
  /** Codes what is on its way, with those that wait for others where it flushes. */
  void empty(bool flushes);
  /** The next picture is the first of a stream. */
  void begin_anew();
  void deliver(const OutputPicture& picture);
  Bytes headers_for(const EncodeJob& job, CodedType type);
  bool is_stalled(const BitstreamBuffer& buffer) const;

  EncodeParameters parameters_;
  int64_t next_number_ = 0;
  uint64_t given_ = 0;
  uint64_t submitted_ = 0;
  uint64_t locked_ = 0;
  /** Pictures that wait for lookahead, and those that wait for the P picture behind them. */
  std::deque<JobPtr> waiting_;
  Group run_;
  uint64_t since_intra_ = 0;
  uint64_t since_idr_ = 0;
  bool idr_next_ = true;
  bool headers_given_ = false;
  bool failed_ = false;
  /** The end of the stream was given, and nothing behind it. */
  bool flushed_ = false;
  /** Things that the worker has to do. */
  size_t pending_ = 0;
  /** Bitstream buffers in their turn. */
  std::deque<std::shared_ptr<BitstreamBuffer>> outputs_;
  std::map<int64_t, JobPtr> in_flight_;
  std::shared_ptr<Worker> worker_ = std::make_shared<Worker>();

  /** Of the worker's thread alone. */
  std::unique_ptr<Backend> backend_;
  StreamSettings settings_;
};

}  // namespace cufsim

#pragma once

#include <atomic>
#include <exception>
#include <memory>

#include "core/muxer_port.h"
#include "libav/handles.h"

namespace cuf::libav {

// libav's writer over a ByteSink, and a reader of what was written. Exceptions of the sink do not
// cross libav: they are kept and thrown by rethrow(), from the first on by every call.
class SinkIo {
 public:
  SinkIo(ByteSink& sink, const std::atomic<bool>* is_aborted);
  SinkIo(const SinkIo&) = delete;
  SinkIo& operator=(const SinkIo&) = delete;

  AVIOContext* context() const { return context_.get(); }
  // Where libav stands, with what its buffer still holds.
  int64_t position() const { return avio_tell(context_.get()); }
  uint64_t bytes_written() const { return bytes_written_; }
  void rethrow() const;
  // Reads the sink from the start; null without memory. The caller frees it.
  AVIOContext* make_reader();

 private:
  static int write(void* self, WrittenBytes data, int size);
  static int64_t seek(void* self, int64_t offset, int whence);
  static int read_again(void* self, uint8_t* out, int capacity);
  static int64_t seek_reader(void* self, int64_t offset, int whence);
  int write_sink(const uint8_t* data, int size);
  int64_t target_of(int64_t offset, int whence, int64_t from) const;

  ByteSink& sink_;
  const std::atomic<bool>* is_aborted_;
  int64_t position_ = 0;
  int64_t end_ = 0;
  int64_t reader_position_ = 0;
  uint64_t bytes_written_ = 0;
  std::exception_ptr failure_;
  Owned<AVIOContext> context_;
};

}  // namespace cuf::libav

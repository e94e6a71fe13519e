#pragma once

#include <atomic>
#include <exception>
#include <memory>

#include "core/ports.h"
#include "libav/handles.h"

namespace cuf::libav {

// The file at this very path, whatever characters it has. libav's own file protocol would read
// "a:b" as a protocol and expand patterns. Blocking files (FIFOs) are waited for until is_aborted.
std::shared_ptr<ByteSource> open_file(const std::string& path, const std::atomic<bool>* is_aborted);

// libav's reader over a ByteSource. Exceptions of the source do not cross libav: they are kept and
// thrown by rethrow().
class ByteIo {
 public:
  ByteIo(std::shared_ptr<ByteSource> source, const std::atomic<bool>* is_aborted);
  ByteIo(const ByteIo&) = delete;
  ByteIo& operator=(const ByteIo&) = delete;

  AVIOContext* context() const { return context_.get(); }
  uint64_t bytes_read() const { return bytes_read_; }
  bool is_seekable() const { return source_->is_seekable(); }
  // libav wanted to go back in a source that cannot.
  bool has_refused_seek() const { return has_refused_seek_; }
  bool is_aborted() const { return is_aborted_ && *is_aborted_; }
  // Where the bytes end: the size, or for a stream what was read until now.
  int64_t end() const;
  // Reads without moving libav's position. Throws what the source throws.
  size_t read_at(int64_t position, uint8_t* out, size_t capacity);
  int64_t size() const { return source_->size(); }
  // Throws what the source threw since the last call, or Error(aborted).
  void rethrow();

 private:
  static int read(void* self, uint8_t* out, int capacity);
  static int64_t seek(void* self, int64_t offset, int whence);
  int read_source(uint8_t* out, int capacity);
  int64_t seek_source(int64_t offset, int whence);

  std::shared_ptr<ByteSource> source_;
  const std::atomic<bool>* is_aborted_;
  int64_t position_ = 0;
  uint64_t bytes_read_ = 0;
  bool has_refused_seek_ = false;
  bool was_aborted_ = false;
  std::exception_ptr failure_;
  Owned<AVIOContext> context_;
};

}  // namespace cuf::libav

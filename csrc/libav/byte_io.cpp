#include "libav/byte_io.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "libav/errors.h"

namespace cuf::libav {
namespace {

constexpr int kBufferBytes = 64 * 1024;
constexpr int kPollMilliseconds = 50;

class FileSource : public ByteSource {
 public:
  FileSource(int descriptor, std::string path, bool is_regular, const std::atomic<bool>* is_aborted)
      : descriptor_(descriptor),
        path_(std::move(path)),
        is_regular_(is_regular),
        is_aborted_(is_aborted) {}
  ~FileSource() override { ::close(descriptor_); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  size_t read(uint8_t* out, size_t capacity) override {
    for (;;) {
      if (!is_regular_) wait();
      const ssize_t count = is_regular_ ? ::pread(descriptor_, out, capacity, position_)
                                        : ::read(descriptor_, out, capacity);
      if (count >= 0) {
        position_ += count;
        return static_cast<size_t>(count);
      }
      if (errno != EINTR && errno != EAGAIN) throw system_error(errno, "Could not read " + path_);
    }
  }

  bool is_seekable() const override { return is_regular_; }

  int64_t size() const override {
    struct stat status = {};
    return is_regular_ && ::fstat(descriptor_, &status) == 0 ? status.st_size : -1;
  }

  void seek(int64_t position) override { position_ = position; }

 private:
  // A FIFO without a writer is neither readable nor hung up until the first writer comes.
  void wait() const {
    struct pollfd wanted = {descriptor_, POLLIN, 0};
    while (::poll(&wanted, 1, kPollMilliseconds) <= 0) {
      if (is_aborted_ && *is_aborted_) {
        throw Error(Status::aborted, "Reading " + path_ + " was aborted");
      }
    }
  }

  int descriptor_;
  std::string path_;
  bool is_regular_;
  const std::atomic<bool>* is_aborted_;
  int64_t position_ = 0;
};

}  // namespace

std::shared_ptr<ByteSource> open_file(const std::string& path,
                                      const std::atomic<bool>* is_aborted) {
  if (path.find('\0') != std::string::npos) {
    throw Error(Status::invalid_argument, "A path must not contain a NUL character");
  }
  // O_NONBLOCK: opening a FIFO would block until a writer comes, deaf to is_aborted.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) throw system_error(errno, "Could not open " + path);
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0 || S_ISDIR(status.st_mode)) {
    ::close(descriptor);
    throw system_error(EISDIR, "Could not open " + path);
  }
  const bool is_regular = S_ISREG(status.st_mode) || S_ISBLK(status.st_mode);
  return std::make_shared<FileSource>(descriptor, path, is_regular, is_aborted);
}

ByteIo::ByteIo(std::shared_ptr<ByteSource> source, const std::atomic<bool>* is_aborted)
    : source_(std::move(source)), is_aborted_(is_aborted) {
  auto* buffer = static_cast<uint8_t*>(require(av_malloc(kBufferBytes), "a read buffer"));
  context_.reset(avio_alloc_context(buffer, kBufferBytes, 0, this, read, nullptr, seek));
  if (!context_) {
    av_free(buffer);
    throw out_of_memory("a reader");
  }
  context_->seekable = source_->is_seekable() ? AVIO_SEEKABLE_NORMAL : 0;
}

int64_t ByteIo::end() const {
  const int64_t size = source_->size();
  return size >= 0 ? size : position_;
}

void ByteIo::rethrow() {
  // The next call may succeed: an abort ends one read, not the demuxer.
  if (failure_ || was_aborted_) {
    context_->error = 0;
    context_->eof_reached = 0;
  }
  const bool was_aborted = std::exchange(was_aborted_, false);
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (was_aborted) throw Error(Status::aborted, "Reading was aborted", AVERROR_EXIT);
}

int ByteIo::read(void* self, uint8_t* out, int capacity) {
  auto* io = static_cast<ByteIo*>(self);
  try {
    return io->read_source(out, capacity);
  } catch (...) {
    if (!io->failure_) io->failure_ = std::current_exception();
    return AVERROR_EXTERNAL;
  }
}

int ByteIo::read_source(uint8_t* out, int capacity) {
  if (failure_) return AVERROR_EXTERNAL;
  if (is_aborted()) {
    was_aborted_ = true;
    return AVERROR_EXIT;
  }
  const size_t count = source_->read(out, static_cast<size_t>(capacity));
  if (count > static_cast<size_t>(capacity)) {
    throw Error(Status::internal, "A source gave more bytes than were asked for");
  }
  if (count == 0) return AVERROR_EOF;
  position_ += static_cast<int64_t>(count);
  bytes_read_ += count;
  return static_cast<int>(count);
}

size_t ByteIo::read_at(int64_t position, uint8_t* out, size_t capacity) {
  if (is_aborted()) throw Error(Status::aborted, "Reading was aborted", AVERROR_EXIT);
  source_->seek(position);
  size_t count = 0;
  try {
    count = source_->read(out, capacity);
  } catch (...) {
    source_->seek(position_);
    throw;
  }
  source_->seek(position_);
  bytes_read_ += count;
  return count;
}

int64_t ByteIo::seek(void* self, int64_t offset, int whence) {
  auto* io = static_cast<ByteIo*>(self);
  try {
    return io->seek_source(offset, whence);
  } catch (...) {
    if (!io->failure_) io->failure_ = std::current_exception();
    return AVERROR_EXTERNAL;
  }
}

int64_t ByteIo::seek_source(int64_t offset, int whence) {
  const int64_t size = source_->size();
  if (whence & AVSEEK_SIZE) return size >= 0 ? size : AVERROR(ENOSYS);
  int64_t target = offset;
  if ((whence & 3) == SEEK_CUR) target += position_;
  if ((whence & 3) == SEEK_END) target = size >= 0 ? size + offset : -1;
  if (target == position_) return target;
  if (!source_->is_seekable()) {
    // avio_size() tries the end of a source that does not know its size: nothing needed to go
    // there.
    has_refused_seek_ |= (whence & 3) != SEEK_END;
    return AVERROR(ESPIPE);
  }
  if (target < 0) return AVERROR(EINVAL);
  source_->seek(target);
  position_ = target;
  return target;
}

}  // namespace cuf::libav

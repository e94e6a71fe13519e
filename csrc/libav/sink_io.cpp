#include "libav/sink_io.h"

#include <algorithm>

#include "libav/errors.h"

namespace cuf::libav {
namespace {

constexpr int kBufferBytes = 256 * 1024;

}  // namespace

SinkIo::SinkIo(ByteSink& sink, const std::atomic<bool>* is_aborted)
    : sink_(sink), is_aborted_(is_aborted) {
  auto* buffer = static_cast<uint8_t*>(require(av_malloc(kBufferBytes), "a write buffer"));
  context_.reset(avio_alloc_context(buffer, kBufferBytes, 1, this, nullptr, write, seek));
  if (!context_) {
    av_free(buffer);
    throw out_of_memory("a writer");
  }
  context_->seekable = sink_.is_seekable() ? AVIO_SEEKABLE_NORMAL : 0;
}

void SinkIo::rethrow() const {
  if (failure_) std::rethrow_exception(failure_);
}

int SinkIo::write(void* self, WrittenBytes data, int size) {
  auto* io = static_cast<SinkIo*>(self);
  if (io->failure_) return AVERROR_EXTERNAL;
  try {
    return io->write_sink(data, size);
  } catch (...) {
    io->failure_ = std::current_exception();
    return AVERROR_EXTERNAL;
  }
}

int SinkIo::write_sink(const uint8_t* data, int size) {
  if (is_aborted_ && *is_aborted_) {
    throw Error(Status::aborted, "Writing was aborted", AVERROR_EXIT);
  }
  sink_.write(data, static_cast<size_t>(size));
  position_ += size;
  end_ = std::max(end_, position_);
  bytes_written_ += static_cast<uint64_t>(size);
  return size;
}

int64_t SinkIo::target_of(int64_t offset, int whence, int64_t from) const {
  switch (whence & ~AVSEEK_FORCE) {
    case SEEK_SET:
      return offset;
    case SEEK_CUR:
      return from + offset;
    case SEEK_END:
      return end_ + offset;
    default:
      return AVERROR(EINVAL);
  }
}

int64_t SinkIo::seek(void* self, int64_t offset, int whence) {
  auto* io = static_cast<SinkIo*>(self);
  if (whence & AVSEEK_SIZE) return io->end_;
  const int64_t target = io->target_of(offset, whence, io->position_);
  if (target < 0) return AVERROR(EINVAL);
  if (target == io->position_) return target;
  if (!io->sink_.is_seekable()) return AVERROR(ESPIPE);
  io->sink_.seek(target);
  io->position_ = target;
  return target;
}

AVIOContext* SinkIo::make_reader() {
  auto* buffer = static_cast<uint8_t*>(av_malloc(kBufferBytes));
  if (!buffer) return nullptr;
  reader_position_ = 0;
  AVIOContext* reader =
      avio_alloc_context(buffer, kBufferBytes, 0, this, read_again, nullptr, seek_reader);
  if (!reader) av_free(buffer);
  return reader;
}

int SinkIo::read_again(void* self, uint8_t* out, int capacity) {
  auto* io = static_cast<SinkIo*>(self);
  if (io->failure_) return AVERROR_EXTERNAL;
  try {
    const size_t count =
        io->sink_.read_at(io->reader_position_, out, static_cast<size_t>(capacity));
    io->reader_position_ += static_cast<int64_t>(count);
    return count == 0 ? AVERROR_EOF : static_cast<int>(count);
  } catch (...) {
    io->failure_ = std::current_exception();
    return AVERROR_EXTERNAL;
  }
}

int64_t SinkIo::seek_reader(void* self, int64_t offset, int whence) {
  auto* io = static_cast<SinkIo*>(self);
  if (whence & AVSEEK_SIZE) return io->end_;
  const int64_t target = io->target_of(offset, whence, io->reader_position_);
  if (target >= 0) io->reader_position_ = target;
  return target;
}

}  // namespace cuf::libav

#pragma once

#include <mutex>
#include <string>

#include "core/muxer_port.h"

namespace cuf::libav {

// A file that stands under a temporary name beside its own, `.<name>.<random>.part`, until it is
// complete. Freed before that, it is gone.
class OutputFile : public ByteSink {
 public:
  // Throws Error(io) if it cannot be made, and if there is something of its name that is not to be,
  // or cannot be, overwritten.
  OutputFile(const std::string& path, bool overwrites);
  ~OutputFile() override;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(const uint8_t* data, size_t length) override;
  bool is_seekable() const override { return true; }
  void seek(int64_t position) override { position_ = position; }
  size_t read_at(int64_t position, uint8_t* out, size_t capacity) override;
  // Gives it its name. Throws Error(io).
  void commit();
  // From any thread: it will have none.
  void discard() noexcept;

 private:
  void check_target() const;
  void close_file();
  void rename_to_target() const;
  [[noreturn]] void refuse_existing() const;

  const std::string path_;    // as it was said
  const std::string target_;  // from the root
  const bool overwrites_;
  std::mutex name_mutex_;
  std::string temporary_;  // empty: it has its name, or is gone
  int descriptor_ = -1;
  int64_t position_ = 0;
};

}  // namespace cuf::libav

#include "libav/output_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "libav/errors.h"

namespace cuf::libav {
namespace {

constexpr size_t kLongestName = 255;
constexpr int kAttempts = 16;
constexpr mode_t kMode = 0666;  // less what the process masks

std::string random_letters() {
  constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz012345";
  unsigned char bytes[8] = {};
  if (::getrandom(bytes, sizeof(bytes), 0) != static_cast<ssize_t>(sizeof(bytes))) {
    throw system_error(errno, "Could not make a temporary name");
  }
  std::string text;
  for (const unsigned char byte : bytes) text += kLetters[byte % 32];
  return text;
}

std::string temporary_name(const std::string& path) {
  const size_t slash = path.rfind('/');
  const size_t start = slash == std::string::npos ? 0 : slash + 1;
  const std::string ending = "." + random_letters() + ".part";
  const std::string name = path.substr(start, kLongestName - 1 - ending.size());
  return path.substr(0, start) + "." + name + ending;
}

// The process may change its folder before the file is complete.
std::string absolute_path(const std::string& path) {
  if (path.empty() || path.front() == '/') return path;
  std::error_code failure;
  const std::filesystem::path folder = std::filesystem::current_path(failure);
  if (failure) throw system_error(failure.value(), "Could not create " + path);
  return folder.string() + "/" + path;
}

}  // namespace

OutputFile::OutputFile(const std::string& path, bool overwrites)
    : path_(path), target_(absolute_path(path)), overwrites_(overwrites) {
  if (path.find('\0') != std::string::npos) {
    throw Error(Status::invalid_argument, "A path must not contain a NUL character");
  }
  check_target();
  for (int attempt = 0; descriptor_ < 0; ++attempt) {
    temporary_ = temporary_name(target_);
    descriptor_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
    if (descriptor_ >= 0 || errno == EINTR) continue;
    if (errno == EEXIST && attempt < kAttempts) continue;
    throw system_error(errno, "Could not create " + path_);
  }
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  discard();
}

void OutputFile::discard() noexcept {
  std::lock_guard lock(name_mutex_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

void OutputFile::check_target() const {
  if (path_.empty() || path_.back() == '/') {
    throw system_error(EISDIR, "Could not create " + path_);
  }
  struct stat status = {};
  if (::lstat(target_.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    throw system_error(errno, "Could not create " + path_);
  }
  if (S_ISDIR(status.st_mode)) throw system_error(EISDIR, "Could not create " + path_);
  if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
    throw Error(Status::io, path_ +
                                " is a device, pipe or socket, which no file can be renamed to; "
                                "open it as a WritableStream");
  }
  if (!overwrites_) refuse_existing();
}

void OutputFile::refuse_existing() const {
  throw Error(Status::io, "There is a file " + path_ + "; overwrite: true replaces it", EEXIST);
}

void OutputFile::write(const uint8_t* data, size_t length) {
  while (length > 0) {
    const ssize_t count = ::pwrite(descriptor_, data, length, position_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error(errno, "Could not write " + path_);
    data += count;
    length -= static_cast<size_t>(count);
    position_ += count;
  }
}

size_t OutputFile::read_at(int64_t position, uint8_t* out, size_t capacity) {
  for (;;) {
    const ssize_t count = ::pread(descriptor_, out, capacity, position);
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) throw system_error(errno, "Could not read " + path_ + " again");
  }
}

void OutputFile::close_file() {
  const int descriptor = descriptor_;
  descriptor_ = -1;
  // Network file systems tell only here that they are full.
  if (::close(descriptor) != 0 && errno != EINTR) {
    throw system_error(errno, "Could not write " + path_);
  }
}

void OutputFile::rename_to_target() const {
  const char* from = temporary_.c_str();
  const char* to = target_.c_str();
  if (overwrites_) {
    if (::rename(from, to) != 0) throw system_error(errno, "Could not rename a file to " + path_);
    return;
  }
  if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return;
  if (errno == EEXIST) refuse_existing();
  if (errno != EINVAL && errno != ENOSYS) {
    throw system_error(errno, "Could not rename a file to " + path_);
  }
  // File systems without that: a link is made only where there is none of the name.
  if (::link(from, to) == 0) {
    ::unlink(from);
    return;
  }
  if (errno == EEXIST) refuse_existing();
  check_target();
  if (::rename(from, to) != 0) throw system_error(errno, "Could not rename a file to " + path_);
}

void OutputFile::commit() {
  close_file();
  std::lock_guard lock(name_mutex_);
  if (temporary_.empty()) throw Error(Status::aborted, "Writing " + path_ + " was aborted");
  rename_to_target();
  temporary_.clear();
}

}  // namespace cuf::libav

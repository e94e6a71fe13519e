#include "core/index_cache.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace cuf {
namespace {

constexpr size_t kMostBytes = 64 << 20;
constexpr size_t kMostEntries = 256;
// FAT counts in steps of 2 s, network file systems may be that late.
constexpr std::chrono::nanoseconds kClockStep = std::chrono::seconds(2);

int64_t to_nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

size_t size_of(const IndexedVideo& video) {
  return sizeof(video) + video.index.byte_size() + video.video.extradata.size();
}

}  // namespace

std::optional<FileIdentity> identify_file(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const int64_t modified = to_nanoseconds(status.st_mtim);
  const std::chrono::nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
  if (modified > (now - kClockStep).count()) return std::nullopt;
  return FileIdentity{.path = path,
                      .device = status.st_dev,
                      .inode = status.st_ino,
                      .size = status.st_size,
                      .modified_ns = modified,
                      .changed_ns = to_nanoseconds(status.st_ctim)};
}

IndexCache& IndexCache::instance() {
  // Not destroyed: threads of the pool may outlive main().
  static IndexCache& cache = *new IndexCache(kMostBytes, kMostEntries);
  return cache;
}

std::list<IndexCache::Entry>::iterator IndexCache::locate(const std::string& path,
                                                          int stream_index) {
  return std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.stream_index == stream_index && entry.file.path == path;
  });
}

void IndexCache::drop(std::list<Entry>::iterator entry) {
  bytes_ -= size_of(*entry->video);
  entries_.erase(entry);
}

std::shared_ptr<const IndexedVideo> IndexCache::find(const FileIdentity& file, int stream_index) {
  std::lock_guard lock(mutex_);
  const auto found = locate(file.path, stream_index);
  if (found == entries_.end()) return nullptr;
  if (found->file != file) {
    drop(found);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, found);
  return found->video;
}

void IndexCache::keep(const FileIdentity& file, int stream_index,
                      std::shared_ptr<const IndexedVideo> video) {
  const size_t size = size_of(*video);
  std::lock_guard lock(mutex_);
  const auto found = locate(file.path, stream_index);
  if (found != entries_.end()) drop(found);
  if (size > most_bytes_) return;
  entries_.push_front({.file = file, .stream_index = stream_index, .video = std::move(video)});
  bytes_ += size;
  while (bytes_ > most_bytes_ || entries_.size() > most_entries_) drop(std::prev(entries_.end()));
}

}  // namespace cuf

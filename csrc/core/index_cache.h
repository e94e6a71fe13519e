#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/model.h"
#include "core/packet_index.h"

namespace cuf {

// What opening a stream for random access finds out; the same for everybody who opens it.
struct IndexedVideo {
  PacketIndex index;
  VideoDescription video;
  bool is_estimate = false;  // by what the container claims; frames are looked for by their time
};

// By what a file's content is known again without reading it.
struct FileIdentity {
  std::string path;
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;  // also moves when a tool sets modified_ns back

  bool operator==(const FileIdentity&) const = default;
};

// Nothing for what is no regular file, and for one that was modified just now: clocks of file
// systems are coarse, so that its next modification could leave the same time.
std::optional<FileIdentity> identify_file(const std::string& path);

// Indices of files that were opened lately; the least recently used go first.
class IndexCache {
 public:
  // The process's, for all devices and threads. An hour of 30 frames a second takes 9 MB.
  static IndexCache& instance();

  IndexCache(size_t most_bytes, size_t most_entries)
      : most_bytes_(most_bytes), most_entries_(most_entries) {}

  // stream_index is what was asked for, -1 for the best stream. Null if the file is not known, or
  // not as it is now.
  std::shared_ptr<const IndexedVideo> find(const FileIdentity& file, int stream_index);
  void keep(const FileIdentity& file, int stream_index, std::shared_ptr<const IndexedVideo> video);

 private:
  struct Entry {
    FileIdentity file;
    int stream_index;
    std::shared_ptr<const IndexedVideo> video;
  };
  std::list<Entry>::iterator locate(const std::string& path, int stream_index);
  void drop(std::list<Entry>::iterator entry);

  const size_t most_bytes_;
  const size_t most_entries_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // most recently used first
  size_t bytes_ = 0;
};

}  // namespace cuf

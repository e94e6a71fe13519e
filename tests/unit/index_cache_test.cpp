#include "core/index_cache.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace cuf;

namespace {

std::shared_ptr<const IndexedVideo> indexed(size_t packets) {
  return std::make_shared<const IndexedVideo>(
      PacketIndex(std::vector<IndexedPacket>(packets, {.pts = 0, .is_key = true}), {1, 1000}),
      VideoDescription());
}

FileIdentity file(const std::string& path, int64_t size = 1) {
  return {.path = path, .device = 1, .inode = 2, .size = size, .modified_ns = 3, .changed_ns = 4};
}

class TemporaryFile {
 public:
  TemporaryFile() { close(mkstemp(path_.data())); }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }
  void write(const std::string& text) { std::ofstream(path_) << text; }
  void set_time(int64_t seconds) {
    const timespec times[2] = {{.tv_sec = seconds, .tv_nsec = 5},
                               {.tv_sec = seconds, .tv_nsec = 5}};
    REQUIRE(utimensat(AT_FDCWD, path_.c_str(), times, 0) == 0);
  }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "cuframe-cache-XXXXXX";
};

}  // namespace

TEST_CASE("an index is found for the same file, stream and content only") {
  IndexCache cache(1 << 20, 8);
  const auto video = indexed(3);
  cache.keep(file("a"), -1, video);
  CHECK(cache.find(file("a"), -1) == video);
  CHECK(cache.find(file("a"), 0) == nullptr);
  CHECK(cache.find(file("b"), -1) == nullptr);
  for (int i = 0; i < 5; ++i) {
    FileIdentity changed = file("a");
    if (i == 0) changed.device = 9;
    if (i == 1) changed.inode = 9;
    if (i == 2) changed.size = 9;
    if (i == 3) changed.modified_ns = 9;
    if (i == 4) changed.changed_ns = 9;
    cache.keep(file("a"), -1, video);
    CHECK(cache.find(changed, -1) == nullptr);
    CHECK(cache.find(file("a"), -1) == nullptr);
  }
}

TEST_CASE("the least recently used index goes first, by count and by memory") {
  IndexCache few(1 << 20, 2);
  for (const char* path : {"a", "b"}) few.keep(file(path), -1, indexed(3));
  CHECK(few.find(file("a"), -1));
  few.keep(file("c"), -1, indexed(3));
  CHECK(few.find(file("a"), -1));
  CHECK(few.find(file("b"), -1) == nullptr);
  CHECK(few.find(file("c"), -1));

  const size_t size = indexed(1000)->index.byte_size();
  CHECK(size > 1000 * sizeof(IndexedPacket));
  IndexCache small(size * 5 / 2, 100);
  for (const char* path : {"a", "b", "c"}) small.keep(file(path), -1, indexed(1000));
  CHECK(small.find(file("a"), -1) == nullptr);
  CHECK(small.find(file("b"), -1));
  small.keep(file("b", 2), -1, indexed(1000));  // in the place of the older one
  CHECK(small.find(file("c"), -1));
  CHECK(small.find(file("b", 2), -1));
  small.keep(file("large"), -1, indexed(3000));
  CHECK(small.find(file("large"), -1) == nullptr);
  CHECK(small.find(file("c"), -1));
}

TEST_CASE("a file's identity follows every change of its content") {
  TemporaryFile media;
  media.write("first");
  CHECK_FALSE(identify_file(media.path()));  // may change again within a step of the clock
  media.set_time(1'000'000'000);
  const auto first = identify_file(media.path());
  REQUIRE(first);
  CHECK(first->size == 5);
  CHECK(first->modified_ns == 1'000'000'000'000'000'005);
  CHECK(identify_file(media.path()) == first);
  media.set_time(1'000'000'001);
  CHECK(identify_file(media.path()) != first);
  media.set_time(1'000'000'000);
  CHECK(identify_file(media.path())->modified_ns == first->modified_ns);
  media.set_time(int64_t{1} << 33);  // the future, by this machine's clock
  CHECK_FALSE(identify_file(media.path()));
  CHECK_FALSE(identify_file("/no/such/file"));
  CHECK_FALSE(identify_file("/dev/null"));
  CHECK_FALSE(identify_file("/"));
}

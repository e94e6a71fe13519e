#include "core/index_builder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace cuf;

namespace {

// Packets of one byte without headers; fails behind the last one if asked to.
class ListDemuxer : public Demuxer {
 public:
  explicit ListDemuxer(int count) : count_(count) {
    video_.codec = "ffv1";
    video_.time_base = {1, 1000};
  }
  const VideoDescription& video() const override { return video_; }
  const std::vector<StreamDescription>& streams() const override { return streams_; }
  bool read(Packet& out) override {
    if (next_ == count_) {
      if (failure_) throw *failure_;
      return false;
    }
    static constexpr uint8_t kByte = 0;
    out.payload = {.owner = nullptr, .data = &kByte, .size = 1};
    out.pts = out.dts = 40 * next_;
    out.time_base = video_.time_base;
    out.is_key = next_ % 100 == 0;
    out.is_discard = next_ == 1;
    ++next_;
    return true;
  }
  void seek(double) override {}
  uint64_t bytes_read() const override { return 7 + static_cast<uint64_t>(next_); }

  VideoDescription video_;
  std::optional<Error> failure_;

 private:
  std::vector<StreamDescription> streams_;
  int count_;
  int64_t next_ = 0;
};

}  // namespace

TEST_CASE("a pass indexes every packet and reports its progress") {
  ListDemuxer demuxer(1000);
  demuxer.video_.duration_us = 40'000'000;
  std::vector<double> parts;
  IndexOptions options;
  options.on_progress = [&](double part) { parts.push_back(part); };
  const BuiltIndex built = build_index(demuxer, options);
  CHECK(built.origin == IndexOrigin::packets);
  CHECK(built.index.packets().size() == 1000);
  CHECK(built.index.frame_count() == 999);
  CHECK(built.index.keys().size() == 10);
  CHECK(built.bytes_read == 1000);
  CHECK_FALSE(built.damage);
  CHECK(parts.size() > 5);
  CHECK(std::is_sorted(parts.begin(), parts.end()));
  CHECK(parts[0] < 0.2);
  CHECK(parts.back() == 1);
}

TEST_CASE("an abort ends the pass") {
  ListDemuxer demuxer(1000);
  demuxer.video_.duration_us = 40'000'000;
  std::atomic<bool> is_aborted = false;
  IndexOptions options;
  options.is_aborted = &is_aborted;
  options.on_progress = [&](double part) { is_aborted = part > 0.5; };
  try {
    build_index(demuxer, options);
    FAIL("The index was built");
  } catch (const Error& error) {
    CHECK(error.status == Status::aborted);
  }
}

TEST_CASE("damage keeps what is in front of it, other failures keep nothing") {
  ListDemuxer cut(10);
  cut.failure_ = Error(Status::corrupt_data, "The file ends too early");
  const BuiltIndex built = build_index(cut);
  CHECK(built.index.frame_count() == 9);
  REQUIRE(built.damage);
  CHECK(std::string(built.damage->what()) == "The file ends too early");
  ListDemuxer broken(10);
  broken.failure_ = Error(Status::io, "disk broke");
  CHECK_THROWS_AS(build_index(broken), const Error&);
  ListDemuxer empty(0);
  CHECK_THROWS_AS(build_index(empty), const Error&);
}

TEST_CASE("an approximate index reads nothing where the container says enough") {
  ListDemuxer demuxer(10);
  demuxer.video_.frame_rate = {25, 1};
  demuxer.video_.duration_us = 4'000'000;
  demuxer.video_.start_time_us = 1'000'000;
  IndexOptions options;
  options.mode = IndexMode::approximate;
  const BuiltIndex built = build_index(demuxer, options);
  CHECK(built.origin == IndexOrigin::estimate);
  CHECK(built.bytes_read == 0);
  CHECK(built.index.frame_count() == 100);
  CHECK(built.index.pts_of_frame(99) == 1000 + 99 * 40);
  const auto origin_with = [&](auto change) {
    ListDemuxer other(10);
    other.video_ = demuxer.video_;
    change(other.video_);
    return build_index(other, options).origin;
  };
  CHECK(origin_with([](VideoDescription&) {}) == IndexOrigin::estimate);
  CHECK(origin_with([](auto& video) { video.duration_us = -1; }) == IndexOrigin::packets);
  CHECK(origin_with([](auto& video) { video.start_time_us = kNoTimestamp; }) ==
        IndexOrigin::packets);
  CHECK(origin_with([](auto& video) { video.container = "avi"; }) == IndexOrigin::packets);
  CHECK(origin_with([](auto& video) { video.num_frames = 100'000'000; }) == IndexOrigin::packets);
  CHECK(origin_with([](auto& video) { video.start_time_us = INT64_MAX; }) == IndexOrigin::packets);
}

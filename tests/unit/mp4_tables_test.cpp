#include "core/mp4_tables.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>

using namespace cuf;

namespace {

using Data = std::vector<uint8_t>;

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(Data bytes) : bytes_(std::move(bytes)) {}
  size_t read(uint8_t* out, size_t capacity) override {
    const auto at = static_cast<size_t>(position_);
    if (at >= bytes_.size()) return 0;
    // Short reads, as sources may give.
    const size_t count = std::min({capacity, bytes_.size() - at, size_t{1000}});
    std::memcpy(out, bytes_.data() + at, count);
    return count;
  }
  bool is_seekable() const override { return true; }
  int64_t size() const override { return static_cast<int64_t>(bytes_.size()); }
  void seek(int64_t position) override { position_ = position; }

 private:
  Data bytes_;
  int64_t position_ = 0;
};

Data operator+(Data a, const Data& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Data u32(std::initializer_list<uint32_t> values) {
  Data out;
  for (const uint32_t value : values) {
    for (int shift = 24; shift >= 0; shift -= 8)
      out.push_back(static_cast<uint8_t>(value >> shift));
  }
  return out;
}

Data box(const char* type, const Data& body) {
  return u32({static_cast<uint32_t>(body.size() + 8)}) + Data(type, type + 4) + body;
}

// A movie of five samples of 10 bytes in two chunks, behind 100 bytes of mdat.
struct Movie {
  Data edits;
  Data sizes = box("stsz", u32({0, 0, 5, 10, 10, 10, 10, 10}));
  Data durations = box("stts", u32({0, 2, 2, 10, 3, 20}));
  Data offsets = box("ctts", u32({0, 3, 1, 0, 1, 20, 3, 0}));
  Data sync = box("stss", u32({0, 2, 1, 4}));
  Data chunks = box("stco", u32({0, 2, 8, 60}));
  Data runs = box("stsc", u32({0, 2, 1, 3, 1, 2, 2, 1}));
  Data more;
  Data moov_more;

  Data file() const {
    const Data kind = box("stsd", u32({0, 1, 16, 0x61766331, 0, 0}));
    const Data table =
        box("stbl", kind + durations + offsets + sync + sizes + runs + chunks + more);
    const Data media = box("mdhd", u32({0, 0, 0, 1000, 80, 0})) +
                       box("hdlr", u32({0, 0, 0x76696465, 0, 0, 0})) + box("minf", table);
    const Data track = box("tkhd", u32({0, 0, 0, 7, 0, 0})) + edits + box("mdia", media);
    const Data movie = box("mvhd", u32({0, 0, 0, 500, 40})) + box("trak", track) + moov_more;
    return box("mdat", Data(100, 0)) + box("moov", movie);
  }
};

std::optional<Mp4Track> read(const Data& file) {
  MemorySource source(file);
  return read_mp4_tables(source, 0);
}

Data elst(std::initializer_list<uint32_t> values) {
  return box("edts", box("elst", u32(values)));
}

template <typename Member>
auto all(const Mp4Track& track, Member member) {
  std::vector<int64_t> out;
  for (const IndexedPacket& packet : track.packets) out.push_back(packet.*member);
  return out;
}

using Numbers = std::vector<int64_t>;

}  // namespace

TEST_CASE("sample tables give times, places, sizes and key samples") {
  Movie movie;
  movie.more = box("sdtp", Data{0, 0, 0, 0, 0, 4, 8, 0, 8});
  const auto track = read(movie.file());
  REQUIRE(track);
  CHECK(track->timescale == 1000);
  CHECK(all(*track, &IndexedPacket::dts) == Numbers{0, 10, 20, 40, 60});
  CHECK(all(*track, &IndexedPacket::pts) == Numbers{0, 30, 20, 40, 60});
  CHECK(all(*track, &IndexedPacket::duration) == Numbers{10, 10, 20, 20, 20});
  CHECK(all(*track, &IndexedPacket::position) == Numbers{8, 18, 28, 60, 70});
  CHECK(all(*track, &IndexedPacket::size) == Numbers(5, 10));
  CHECK(all(*track, &IndexedPacket::is_key) == Numbers{1, 0, 0, 1, 0});
  CHECK(all(*track, &IndexedPacket::is_droppable) == Numbers{0, 0, 1, 0, 1});
}

TEST_CASE("tables of other widths say the same") {
  Movie movie;
  const Data expected = movie.file();
  movie.chunks = box("co64", u32({0, 2, 0, 8, 0, 60}));
  movie.sizes = box("stz2", u32({0, 4, 5}) + Data{0xaa, 0xaa, 0xa0});
  movie.edits = elst({0, 0});
  const auto track = read(movie.file());
  REQUIRE(track);
  CHECK(all(*track, &IndexedPacket::position) == Numbers{8, 18, 28, 60, 70});
  CHECK(all(*track, &IndexedPacket::size) == Numbers(5, 10));
  movie.sizes = box("stsz", u32({0, 10, 5}));
  CHECK(read(movie.file()));
}

TEST_CASE("pictures shown before their decoding time shift all decoding times") {
  Movie movie;
  movie.offsets = box("ctts", u32({0x01000000, 5, 1, 0, 1, 20, 1, -20u, 1, 0, 1, 0}));
  const auto track = read(movie.file());
  REQUIRE(track);
  CHECK(all(*track, &IndexedPacket::dts) == Numbers{-20, -10, 0, 20, 40});
  CHECK(all(*track, &IndexedPacket::pts) == Numbers{0, 30, 0, 40, 60});
}

TEST_CASE("an edit hides what it needs only for decoding and drops what is before") {
  Movie movie;
  movie.edits = elst({0, 1, 20, 50, 0x10000});
  auto track = read(movie.file());
  REQUIRE(track);
  CHECK(all(*track, &IndexedPacket::position) == Numbers{60, 70});
  CHECK(all(*track, &IndexedPacket::is_shown) == Numbers{0, 1});
  CHECK(all(*track, &IndexedPacket::pts) == Numbers{-20, 0});
  // Emptiness of 20 ticks in front.
  movie.edits = elst({0, 2, 10, 0xffffffff, 0x10000, 20, 50, 0x10000});
  track = read(movie.file());
  REQUIRE(track);
  CHECK(all(*track, &IndexedPacket::pts) == Numbers{0, 20});
}

TEST_CASE("samples of the group of random access points are key samples") {
  Movie movie;
  movie.more = box("sbgp", Data(4, 0) + Data{'r', 'a', 'p', ' '} + u32({2, 2, 0, 1, 1}));
  const auto track = read(movie.file());
  REQUIRE(track);
  CHECK(all(*track, &IndexedPacket::is_key) == Numbers{1, 0, 1, 1, 0});
}

TEST_CASE("what is unusual or damaged is left to a pass over the packets") {
  const auto is_refused = [](auto change) {
    Movie movie;
    change(movie);
    return !read(movie.file());
  };
  CHECK_FALSE(is_refused([](Movie&) {}));
  CHECK(is_refused([](Movie& m) { m.edits = elst({0, 2, 9, 0, 0x10000, 9, 40, 0x10000}); }));
  CHECK(is_refused([](Movie& m) { m.edits = elst({0, 1, 20, 50, 0x8000}); }));
  CHECK(is_refused([](Movie& m) { m.edits = elst({0, 0xffffffff, 20, 50, 0x10000}); }));
  CHECK(is_refused([](Movie& m) { m.moov_more = box("cmov", {}); }));
  CHECK(is_refused([](Movie& m) { m.sync = {}; }));
  CHECK(is_refused([](Movie& m) { m.sync = box("stss", u32({0, 1, 6})); }));
  CHECK(is_refused([](Movie& m) { m.chunks = box("stco", u32({0, 2, 8, 9999})); }));
  CHECK(is_refused([](Movie& m) { m.chunks = box("co64", u32({0, 2, 0, 8, 0xffffffff, 9})); }));
  CHECK(is_refused([](Movie& m) { m.runs = box("stsc", u32({0, 1, 1, 3, 1})); }));
  CHECK(is_refused([](Movie& m) { m.runs = box("stsc", u32({0, 1, 1, 3, 2})); }));
  CHECK(is_refused([](Movie& m) { m.sizes = box("stsz", u32({0, 0, 0xffffffff, 10})); }));
  CHECK(is_refused([](Movie& m) { m.sizes = box("stsz", u32({0, 1, 0xffffffff})); }));
  CHECK(is_refused([](Movie& m) { m.sizes = box("stsz", u32({0, 0, 5, 10, 10, 0, 10, 10})); }));
  CHECK(is_refused([](Movie& m) { m.durations = box("stts", u32({0, 1, 5, 0xfffffff0})); }));
  CHECK_FALSE(read({}));
  CHECK_FALSE(read(Data(100, 0xff)));
  CHECK_FALSE(read(u32({1, 0x6d6f6f76, 0xffffffff, 0xffffffff})));
}

TEST_CASE("fragments follow their defaults and overlap is hidden") {
  Movie movie;
  movie.moov_more = box("mvex", box("trex", u32({0, 7, 1, 10, 5, 0x10000})));
  const auto fragment = [](uint32_t dts, uint32_t offset) {
    const Data header = box("tfhd", u32({0x20000, 7})) + box("tfdt", u32({0, dts}));
    const Data run = box("trun", u32({0x805, 2, offset, 0x2000000, 0, 10}));
    return box("moof", box("traf", header + run));
  };
  const Data file = movie.file();
  const auto here = static_cast<uint32_t>(file.size());
  const auto track = read(file + fragment(80, -(here - 20u)) + fragment(90, 0));
  REQUIRE(track);
  REQUIRE(track->packets.size() == 9);
  CHECK(all(*track, &IndexedPacket::dts) == Numbers{0, 10, 20, 40, 60, 80, 90, 90, 100});
  CHECK(all(*track, &IndexedPacket::pts) == Numbers{0, 30, 20, 40, 60, 80, 100, 90, 110});
  CHECK(all(*track, &IndexedPacket::is_key) == Numbers{1, 0, 0, 1, 0, 1, 0, 1, 0});
  CHECK(all(*track, &IndexedPacket::is_shown) == Numbers{1, 1, 1, 1, 1, 1, 1, 0, 1});
  CHECK(track->packets[5].position == 20);
  CHECK(track->packets[6].position == 25);
}

TEST_CASE("no bytes make the reader fail or name places outside the file") {
  Movie movie;
  movie.edits = elst({0, 1, 20, 50, 0x10000});
  movie.more = box("sdtp", Data(9, 8));
  movie.moov_more = box("mvex", box("trex", u32({0, 7, 1, 10, 5, 0x10000})));
  const Data run = box("trun", u32({0x805, 2, 30, 0x2000000, 0, 10}));
  const Data header = box("tfhd", u32({0x20000, 7})) + box("tfdt", u32({0, 80}));
  const Data good = movie.file() + box("moof", box("traf", header + run));
  REQUIRE(read(good));
  std::mt19937 random(4);
  size_t accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    Data file = good;
    for (uint32_t change = 1 + random() % 3; change > 0; --change) {
      const size_t at = 100 + random() % (file.size() - 100);
      constexpr uint8_t kValues[] = {0, 1, 8, 0x7f, 0x80, 0xff};
      file[at] = random() % 2 ? kValues[random() % 6] : static_cast<uint8_t>(random());
    }
    if (round % 7 == 0) file.resize(random() % file.size());
    const auto size = static_cast<int64_t>(file.size());
    const auto track = read(file);
    if (!track) continue;
    ++accepted;
    for (const IndexedPacket& packet : track->packets) {
      REQUIRE(packet.position >= 0);
      REQUIRE(packet.position + packet.size <= size);
    }
  }
  CHECK(accepted > 1000);
}

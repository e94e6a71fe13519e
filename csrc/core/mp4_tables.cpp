#include "core/mp4_tables.h"

#include <utility>

#include "core/mp4_boxes.h"
#include "core/mp4_edits.h"
#include "core/mp4_fragments.h"
#include "core/mp4_samples.h"

namespace cuf {
namespace mp4 {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr int64_t kMostHeaderBytes = int64_t{1} << 29;
constexpr uint32_t kMostBoxes = 1'000'000;

// Skips what depends on the version in front of a number that all have: two times, of 8 bytes in
// version 1.
Cursor behind_times(Bytes box) {
  Cursor cursor(box);
  const uint8_t version = cursor.u8();
  cursor.u24();
  if (version > 1) throw Unusual();
  cursor.skip(version == 1 ? 16 : 8);
  return cursor;
}

// Data in other files is not opened.
void check_data_is_here(Bytes minf) {
  const auto dinf = find_box(minf, fourcc("dinf"));
  const auto dref = dinf ? find_box(dinf->body, fourcc("dref")) : std::nullopt;
  if (!dref) return;
  Cursor cursor(dref->body);
  cursor.skip(8);
  Boxes entries(cursor.rest());
  while (const auto entry = entries.next()) {
    Cursor flags(entry->body);
    if (!(flags.u32() & 1)) throw Unusual();
  }
}

// moov with the trak that libav counts as the wanted one.
struct Movie {
  Bytes trak;
  Bytes mvex;  // empty: no fragments
  uint32_t timescale = 0;
};

Movie read_movie(Bytes moov, uint32_t stream_index) {
  Movie movie;
  uint32_t streams = 0;
  Boxes boxes(moov);
  while (const auto box = boxes.next()) {
    if (box->type == fourcc("cmov")) throw Unusual();
    if (box->type == fourcc("mvex")) movie.mvex = box->body;
    if (box->type == fourcc("mvhd")) movie.timescale = behind_times(box->body).u32();
    if (box->type == fourcc("trak") && streams++ == stream_index) movie.trak = box->body;
    // Cover art in user data counts as a stream.
    const bool is_data = box->type == fourcc("udta") || box->type == fourcc("meta");
    if (is_data && streams <= stream_index) throw Unusual();
  }
  if (movie.trak.empty()) throw Unusual();
  return movie;
}

class TrackReader {
 public:
  TrackReader(ByteSource& source, uint32_t stream_index)
      : boxes_(source), stream_index_(stream_index) {}

  Mp4Track read() {
    for (uint32_t count = 0; const auto box = boxes_.next(); ++count) {
      if (count > kMostBoxes) throw Unusual();
      if (box->type == fourcc("moov") && !has_movie_) {
        read_header(boxes_.read(*box, kMostHeaderBytes));
        if (!is_fragmented_) break;
      } else if (box->type == fourcc("moof")) {
        if (!has_movie_) throw Unusual();
        add_fragment(*box);
      }
    }
    if (track_.packets.empty()) throw Unusual();
    for (size_t i = 0; shift_ > 0 && i < track_.packets.size(); ++i)
      track_.packets[i].pts += shift_;
    return std::move(track_);
  }

 private:
  // libavformat shifts what it reads from then on: with other words than in the first fragment it
  // depends on when it looks ahead.
  void add_fragment(const FileBoxes::Entry& box) {
    const bool is_first = track_.packets.empty();
    const std::vector<uint8_t> moof = boxes_.read(box, kMostHeaderBytes);
    const int64_t shift =
        read_fragment(moof, box.position, boxes_.size(), fragments_, track_.packets);
    if (is_first) shift_ = shift;
    if (shift > shift_) throw Unusual();
  }

  void read_header(const std::vector<uint8_t>& moov) {
    has_movie_ = true;
    const Movie movie = read_movie(moov, stream_index_);
    const Bytes mdia = only_box(movie.trak, fourcc("mdia")).body;
    Cursor handler(only_box(mdia, fourcc("hdlr")).body);
    handler.skip(8);
    if (handler.u32() != fourcc("vide")) throw Unusual();
    track_.timescale = behind_times(only_box(mdia, fourcc("mdhd")).body).u32();
    if (track_.timescale == 0 || track_.timescale > INT32_MAX) throw Unusual();
    const auto edts = find_box(movie.trak, fourcc("edts"));
    const auto elst = edts ? find_box(edts->body, fourcc("elst")) : std::nullopt;
    std::optional<Edit> edit;
    if (elst) edit = read_edit(elst->body, movie.timescale, track_.timescale);
    const Bytes minf = only_box(mdia, fourcc("minf")).body;
    check_data_is_here(minf);
    is_fragmented_ = !movie.mvex.empty();
    const Bytes stbl = only_box(minf, fourcc("stbl")).body;
    const SampleTable table = read_sample_table(stbl, boxes_.size());
    if (!table.samples.empty()) {
      track_.packets = apply_edit(table.samples, table.shift, table.has_offsets, edit);
    }
    if (!is_fragmented_) return;
    if (table.shift != 0) throw Unusual();
    const uint32_t id = behind_times(only_box(movie.trak, fourcc("tkhd")).body).u32();
    fragments_ = read_defaults(movie.mvex, id);
    if (edit) fragments_.time_offset = edit->media_time - edit->empty_duration;
  }

  FileBoxes boxes_;
  const uint32_t stream_index_;
  Mp4Track track_;
  FragmentedTrack fragments_;
  int64_t shift_ = 0;
  bool has_movie_ = false;
  bool is_fragmented_ = false;
};

}  // namespace
}  // namespace mp4

std::optional<Mp4Track> read_mp4_tables(ByteSource& source, uint32_t stream_index) {
  try {
    return mp4::TrackReader(source, stream_index).read();
  } catch (const mp4::Unusual&) {
    return std::nullopt;
  }
}

}  // namespace cuf

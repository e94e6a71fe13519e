#include "cuvid/parser.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "cuvid/engine.h"
#include "cuvid/restart.h"

namespace cufsim {

namespace {

constexpr int64_t kDefaultClock = 10000000;

/** VP9 of profiles 1 and 3, with more chroma: no callback ever comes of it (seen on an H200). */
bool is_ignored(cudaVideoCodec codec, const Bytes& unit) {
  return codec == cudaVideoCodec_VP9 && !unit.empty() && (unit[0] & 0x20) != 0;
}

}  // namespace

Parser::Parser(const CUVIDPARSERPARAMS& parameters)
    : parameters_(parameters),
      splitter_(parameters.CodecType),
      order_(make_picture_order(parameters.CodecType,
                                [this](uint64_t mark) { dropped_.insert(mark); })),
      surfaces_(std::max(parameters.ulMaxNumDecodeSurfaces, 1u)) {}

void Parser::parse(const CUVIDSOURCEDATAPACKET& packet) {
  // After a refused sequence a parser does nothing, and says that all is well.
  if (stopped_) return;
  const bool ends = (packet.flags & CUVID_PKT_ENDOFSTREAM) != 0;
  if ((packet.flags & CUVID_PKT_DISCONTINUITY) != 0) {
    splitter_.clear();
    enqueue(order_->flush(), {});
    show_while(0);
    last_timestamp_.reset();
    timestamps_.clear();
    restarts_ = true;
  }
  std::optional<int64_t> timestamp;
  if ((packet.flags & CUVID_PKT_TIMESTAMP) != 0) timestamp = packet.timestamp;
  std::vector<Unit> units;
  if (packet.payload != nullptr) {
    const bool whole = (packet.flags & CUVID_PKT_ENDOFPICTURE) != 0;
    units = splitter_.feed(packet.payload, packet.payload_size, timestamp, whole);
  }
  if (ends) {
    for (Unit& unit : splitter_.finish()) units.push_back(std::move(unit));
  }
  hold_lone_picture(units, packet.payload_size > 0);
  for (const Unit& unit : units) {
    if (!stopped_ && !is_ignored(parameters_.CodecType, unit.data)) take(unit);
  }
  if (!ends || stopped_) return;
  const cudaVideoCodec codec = parameters_.CodecType;
  const bool keeps = codec == cudaVideoCodec_H264 || codec == cudaVideoCodec_HEVC;
  if (keeps && announced_) packets_since_end_ = 0;
  enqueue(order_->flush(), {});
  show_while(0);
  restarts_ = true;
  if ((packet.flags & CUVID_PKT_NOTIFY_EOS) != 0 && parameters_.pfnDisplayPicture != nullptr) {
    parameters_.pfnDisplayPicture(parameters_.pUserData, nullptr);
  }
}

// A parser that goes on after an end keeps the first picture until a second packet comes, another
// end or a discontinuity notwithstanding (seen on an H200 with H.264 and HEVC).
void Parser::hold_lone_picture(std::vector<Unit>& units, bool has_payload) {
  if (!packets_since_end_) return;
  if (has_payload) ++*packets_since_end_;
  std::move(units.begin(), units.end(), std::back_inserter(held_back_));
  units.clear();
  if (*packets_since_end_ < 2) return;
  units.swap(held_back_);
  packets_since_end_.reset();
}

void Parser::take(const Unit& unit) {
  const int64_t start = thread_time_ns();
  const Ordered ordered = order_->take(unit.data);
  {
    Driver& sim = driver();
    const Lock lock(sim.mutex);
    sim.journal.add("parser_us", (thread_time_ns() - start) / 1000);
    if (ordered.mark) sim.journal.add("pictures_parsed");
  }
  enqueue(ordered.before, {});
  show_while(parameters_.ulMaxDisplayDelay);
  promise(ordered.after);
  if (ordered.mark && ordered.is_second_field) {
    decode_second_field(ordered);
  } else if (ordered.mark) {
    if (!announce()) return;
    note_drops();
    const int index = take_index();
    Picture picture;
    picture.mark = *ordered.mark;
    picture.index = index;
    picture.timestamp = unit.timestamp;
    if (unit.timestamp && sorts_timestamps()) timestamps_.insert(*unit.timestamp);
    picture.held = dropped_.erase(picture.mark) == 0;
    pictures_[picture.mark] = picture;
    tell_messages(ordered.messages, index);
    decode(ordered, index);
  }
  // A picture that is shown again has the time of the packet that says so.
  enqueue(ordered.after, ordered.mark ? std::nullopt : unit.timestamp);
  show_while(parameters_.ulMaxDisplayDelay);
}

void Parser::decode_second_field(const Ordered& ordered) {
  const auto found = pictures_.find(*ordered.mark);
  if (found == pictures_.end() || found->second.refused || found->second.index < 0) return;
  tell_messages(ordered.messages, found->second.index);
  decode(ordered, found->second.index);
}

void Parser::promise(const std::vector<Shown>& shown) {
  for (const Shown& one : shown) {
    const auto found = pictures_.find(one.mark);
    if (found != pictures_.end()) found->second.promised = true;
  }
}

bool Parser::announce() {
  CUVIDEOFORMATEX format = {};
  format.format = order_->format();
  if (format.format.codec == cudaVideoCodec_AV1) {
    format.av1.max_width = static_cast<unsigned>(format.format.display_area.right);
    format.av1.max_height = static_cast<unsigned>(format.format.display_area.bottom);
  }
  if (announced_ && std::memcmp(&format, &format_, sizeof format) == 0) return true;
  // nvcuvid was seen to show what waits of the old sequence when it has announced the new one.
  if (driver().settings.number("late_display", 0) == 0) show_while(0);
  format_ = format;
  announced_ = true;
  int answer = 1;
  if (parameters_.pfnSequenceCallback != nullptr) {
    answer = parameters_.pfnSequenceCallback(parameters_.pUserData, &format_.format);
  }
  show_while(0);
  // Between sequences all surfaces are free.
  pictures_.clear();
  if (answer == 0) stopped_ = true;
  if (answer > 1) surfaces_ = static_cast<unsigned>(answer);
  // The client may have written into what it was given.
  format_ = format;
  return !stopped_;
}

void Parser::note_drops() {
  for (auto it = pictures_.begin(); it != pictures_.end();) {
    Picture& picture = it->second;
    if (dropped_.erase(picture.mark) > 0) picture.held = false;
    const bool needed = picture.held || picture.promised || picture.waiting > 0;
    it = needed ? std::next(it) : pictures_.erase(it);
  }
}

int Parser::take_index() {
  for (;;) {
    std::vector<bool> taken(surfaces_);
    for (const auto& [mark, picture] : pictures_) {
      if (picture.index >= 0) taken[static_cast<size_t>(picture.index)] = true;
    }
    // The next one after the last, as nvcuvid was seen to do: what was shown stays for a while.
    for (unsigned i = 0; i < surfaces_; i++) {
      const unsigned index = (next_index_ + i) % surfaces_;
      if (taken[index]) continue;
      next_index_ = index + 1;
      return static_cast<int>(index);
    }
    if (queue_.empty()) break;
    // As a real parser does when it has too few surfaces for its delay.
    show_first();
    note_drops();
  }
  // libav keeps pictures longer than the stream needs them: the one that was shown first goes.
  Picture* oldest = nullptr;
  for (auto& [mark, picture] : pictures_) {
    if (picture.index < 0 || picture.shown_at == 0) continue;
    if (oldest == nullptr || picture.shown_at < oldest->shown_at) oldest = &picture;
  }
  if (oldest == nullptr) {
    const Lock lock(driver().mutex);
    driver().journal.problem(
        Problem::kParserOverflow,
        "more pictures wait to be shown than there are surfaces: " + std::to_string(surfaces_));
    oldest = &pictures_.begin()->second;
  }
  const int index = oldest->index;
  oldest->index = -1;
  return index;
}

void Parser::tell_messages(const std::vector<SeiMessage>& messages, int index) {
  if (parameters_.pfnGetSEIMsg == nullptr) return;
  Bytes data;
  std::vector<CUSEIMESSAGE> infos;
  for (const SeiMessage& message : messages) {
    CUSEIMESSAGE info = {};
    info.sei_message_type = message.type;
    info.sei_message_size = static_cast<unsigned>(message.payload.size());
    infos.push_back(info);
    data.insert(data.end(), message.payload.begin(), message.payload.end());
  }
  CUVIDSEIMESSAGEINFO all = {};
  all.pSEIData = data.data();
  all.pSEIMessage = infos.data();
  all.sei_message_count = static_cast<unsigned>(infos.size());
  all.picIdx = static_cast<unsigned>(index);
  // For every picture, also without messages, and before it is decoded.
  parameters_.pfnGetSEIMsg(parameters_.pUserData, &all);
}

void Parser::decode(const Ordered& ordered, int index) {
  auto picture = std::make_unique<CUVIDPICPARAMS>();
  std::memset(picture.get(), 0, sizeof *picture);
  picture->PicWidthInMbs = static_cast<int>((format_.format.coded_width + 15) / 16);
  picture->FrameHeightInMbs = static_cast<int>((format_.format.coded_height + 15) / 16);
  picture->CurrPicIdx = index;
  // A copy, so that what the client keeps of it is gone when the call returns.
  Bytes data = ordered.data;
  std::vector<unsigned> slices = ordered.slices;
  if (std::exchange(restarts_, false)) {
    const Bytes mark = restart_mark(parameters_.CodecType);
    data.insert(data.begin(), mark.begin(), mark.end());
    for (unsigned& slice : slices) slice += static_cast<unsigned>(mark.size());
  }
  picture->nBitstreamDataLen = static_cast<unsigned>(data.size());
  picture->pBitstreamData = data.data();
  picture->nNumSlices = static_cast<unsigned>(slices.size());
  picture->pSliceDataOffsets = slices.data();
  picture->ref_pic_flag = ordered.is_reference ? 1 : 0;
  picture->intra_pic_flag = ordered.is_intra ? 1 : 0;
  picture->field_pic_flag = ordered.field.is_field ? 1 : 0;
  picture->bottom_field_flag = ordered.field.is_bottom ? 1 : 0;
  picture->second_field = ordered.is_second_field ? 1 : 0;
  const cudaVideoCodec codec = parameters_.CodecType;
  if (codec == cudaVideoCodec_H264) {
    picture->CodecSpecific.h264.qpprime_y_zero_transform_bypass_flag =
        ordered.bypasses_transform ? 1 : 0;
  } else if (codec == cudaVideoCodec_MPEG1 || codec == cudaVideoCodec_MPEG2) {
    // Of the width as it is displayed, without the last macroblock if that is not whole: inferred
    // from an H200 that left the last column of 321 undecoded.
    picture->PicWidthInMbs = static_cast<int>(format_.format.coded_width / 16);
    picture->CodecSpecific.mpeg2.picture_coding_type = ordered.coding_type;
  } else if (codec == cudaVideoCodec_MPEG4) {
    picture->CodecSpecific.mpeg4.vop_coding_type = static_cast<unsigned char>(ordered.coding_type);
  }
  int answer = 1;
  if (parameters_.pfnDecodePicture != nullptr) {
    answer = parameters_.pfnDecodePicture(parameters_.pUserData, picture.get());
  }
  std::fill(data.begin(), data.end(), static_cast<unsigned char>(0xee));
  if (answer == 0) pictures_[*ordered.mark].refused = true;
}

void Parser::enqueue(const std::vector<Shown>& shown, const std::optional<int64_t>& timestamp) {
  for (const Shown& one : shown) {
    const auto found = pictures_.find(one.mark);
    if (found == pictures_.end() || found->second.refused) continue;
    found->second.promised = false;
    found->second.waiting++;
    queue_.push_back({one.mark, one, timestamp ? timestamp : found->second.timestamp});
  }
}

void Parser::show_while(size_t more_than) {
  while (queue_.size() > more_than) show_first();
}

int64_t Parser::timestamp_of(const Queued& queued) {
  if (queued.timestamp && !sorts_timestamps()) {
    last_timestamp_ = queued.timestamp;
  } else if (queued.timestamp && !timestamps_.empty()) {
    // The earliest that was given, whatever picture it came with, as nvcuvid was seen to do.
    last_timestamp_ = *timestamps_.begin();
    timestamps_.erase(timestamps_.begin());
  } else if (!last_timestamp_) {
    last_timestamp_ = 0;
  } else {
    const auto& rate = format_.format.frame_rate;
    const int64_t clock = parameters_.ulClockRate > 0 ? parameters_.ulClockRate : kDefaultClock;
    if (rate.numerator > 0) *last_timestamp_ += clock * rate.denominator / rate.numerator;
  }
  return *last_timestamp_;
}

void Parser::show_first() {
  const Queued first = queue_.front();
  queue_.pop_front();
  Picture& picture = pictures_[first.mark];
  CUVIDPARSERDISPINFO info = {};
  info.picture_index = picture.index;
  info.progressive_frame = first.how.progressive ? 1 : 0;
  info.top_field_first = first.how.progressive ? 0 : first.how.top_field_first ? 1 : 0;
  info.repeat_first_field = first.how.repeat;
  info.timestamp = timestamp_of(first);
  if (parameters_.pfnDisplayPicture != nullptr) {
    parameters_.pfnDisplayPicture(parameters_.pUserData, &info);
  }
  picture.waiting--;
  picture.shown_at = ++shown_count_;
}

}  // namespace cufsim

#include "core/sei_tracker.h"

#include <algorithm>
#include <utility>

namespace cuf {
namespace {

// Pictures that never come out must not gather. Decoders hold fewer than this.
constexpr size_t kMostEntries = 256;
constexpr size_t kMostBytes = 64 << 20;

size_t bytes_of(const SeiMessages& messages) {
  return messages.bytes.size() + messages.list.size() * sizeof(SeiMessage);
}

}  // namespace

SeiTracker::SeiTracker(std::string_view codec, std::span<const uint8_t> extradata)
    : codec_(codec), reader_(make_sei_reader(codec, extradata)) {}

void SeiTracker::set_headers(std::span<const uint8_t> extradata) {
  reader_ = make_sei_reader(codec_, extradata);
}

void SeiTracker::send(int64_t number, std::span<const uint8_t> payload) {
  if (!reader_) return;
  SeiPacket packet = reader_->read(payload);
  if (packet.target == SeiPacket::Target::next_picture) return;
  if (packet.target == SeiPacket::Target::last_picture) {
    // It is gone if it came out already.
    if (entries_.empty() || entries_.back().number != last_) return;
    SeiMessages& last = entries_.back().messages;
    bytes_ -= bytes_of(last);
    last.append(packet.messages);
  } else {
    entries_.push_back({.number = number, .messages = std::move(packet.messages)});
    last_ = number;
  }
  bytes_ += bytes_of(entries_.back().messages);
  trim();
}

void SeiTracker::trim() {
  while (entries_.size() > kMostEntries || (bytes_ > kMostBytes && entries_.size() > 1)) {
    bytes_ -= bytes_of(entries_.front().messages);
    entries_.pop_front();
  }
}

std::shared_ptr<const SeiMessages> SeiTracker::take(int64_t number) {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), number,
                       [](const Entry& entry, int64_t wanted) { return entry.number < wanted; });
  if (found == entries_.end() || found->number != number) return nullptr;
  SeiMessages messages = std::move(found->messages);
  bytes_ -= bytes_of(messages);
  entries_.erase(found);
  if (messages.list.empty()) return nullptr;
  return std::make_shared<const SeiMessages>(std::move(messages));
}

void SeiTracker::reset() {
  if (reader_) reader_->reset();
  entries_.clear();
  bytes_ = 0;
}

}  // namespace cuf

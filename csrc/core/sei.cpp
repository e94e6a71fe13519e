#include "core/sei.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace cuf {
namespace {

// Codec headers are said again with every key picture, so much of them would fill the memory.
constexpr size_t kMostHeaders = 64;
constexpr size_t kMostHeaderBytes = 64 << 10;

// Of packets without pictures.
constexpr size_t kMostHeldBytes = 16 << 20;

}  // namespace

void SeiMessages::add(SeiMessage message, std::span<const uint8_t> payload) {
  if (list.size() >= kMost || payload.size() > kMostBytes - bytes.size()) return;
  message.offset = static_cast<uint32_t>(bytes.size());
  message.size = static_cast<uint32_t>(payload.size());
  list.push_back(message);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
}

void SeiMessages::append(const SeiMessages& others) {
  for (const SeiMessage& message : others.list) add(message, others.payload(message));
}

bool SeiMessages::contains(const SeiMessage& message, std::span<const uint8_t> wanted) const {
  return std::any_of(list.begin(), list.end(), [&](const SeiMessage& own) {
    const auto found = payload(own);
    return own.type == message.type &&
           std::equal(found.begin(), found.end(), wanted.begin(), wanted.end());
  });
}

void SeiReader::add_header(const SeiMessages& messages) {
  for (const SeiMessage& message : messages.list) {
    const auto payload = messages.payload(message);
    const size_t left = kMostHeaderBytes - headers_.bytes.size();
    if (headers_.list.size() < kMostHeaders && payload.size() <= left)
      headers_.add(message, payload);
  }
}

// Self-contained packets have them already.
void SeiReader::add_headers_to(SeiMessages& messages) {
  SeiMessages all;
  all.syntax = syntax_;
  for (const SeiMessage& header : headers_.list) {
    const auto payload = headers_.payload(header);
    if (!messages.contains(header, payload)) all.add(header, payload);
  }
  if (all.list.empty()) return;
  all.append(messages);
  messages = std::move(all);
}

SeiPacket SeiReader::read(std::span<const uint8_t> payload) {
  using Target = SeiPacket::Target;
  SeiPacket out;
  const size_t held = held_.list.size();
  const Scan found = scan(payload, held_);
  if (!found.has_picture) {
    const bool ends_last = held == 0 && !held_.list.empty() &&
                           std::all_of(held_.list.begin(), held_.list.end(),
                                       [](const SeiMessage& message) { return message.is_suffix; });
    if (held_.bytes.size() > kMostHeldBytes) held_ = {.syntax = syntax_, .list = {}, .bytes = {}};
    if (!ends_last) return out;
  }
  out.target =
      found.has_picture && !found.completes_frame ? Target::this_picture : Target::last_picture;
  out.messages = std::exchange(held_, {.syntax = syntax_, .list = {}, .bytes = {}});
  if (found.has_picture && (found.starts_sequence || has_new_headers_)) {
    has_new_headers_ = false;
    if (!headers_.list.empty()) add_headers_to(out.messages);
  }
  complete(out.messages);
  return out;
}

void SeiReader::reset() {
  held_ = {.syntax = syntax_, .list = {}, .bytes = {}};
  has_new_headers_ = true;
  forget_picture();
}

}  // namespace cuf

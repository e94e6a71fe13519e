#include "libav/stream_choice.h"

#include "core/error.h"
#include "libav/stream_info.h"

namespace cuf::libav {
namespace {

// The ffmpeg command's choice: most pixels, where having data and being the default count more.
int64_t score_of(const AVStream& stream) {
  int64_t score = static_cast<int64_t>(stream.codecpar->width) * stream.codecpar->height;
  if (stream.event_flags & AVSTREAM_EVENT_FLAG_NEW_PACKETS) score += 100000000;
  if (stream.disposition & AV_DISPOSITION_DEFAULT) score += 5000000;
  return score;
}

unsigned check_wanted(const std::vector<StreamDescription>& streams, int wanted,
                      const std::string& subject) {
  const std::string found = subject + " has " + list_streams(streams);
  if (wanted < 0 || static_cast<size_t>(wanted) >= streams.size()) {
    throw Error(Status::invalid_argument,
                "There is no stream " + std::to_string(wanted) + ": " + found);
  }
  const StreamDescription& stream = streams[static_cast<size_t>(wanted)];
  if (stream.kind != StreamKind::video) {
    throw Error(Status::invalid_argument, "Stream " + std::to_string(wanted) + " (" + stream.codec +
                                              ") is not video: " + found);
  }
  return stream.index;
}

}  // namespace

unsigned choose_stream(const AVFormatContext& container,
                       const std::vector<StreamDescription>& streams, int wanted,
                       const std::string& subject) {
  if (wanted != -1) return check_wanted(streams, wanted, subject);
  const StreamDescription* best = nullptr;
  for (const StreamDescription& stream : streams) {
    if (stream.kind != StreamKind::video || stream.is_attached_picture) continue;
    if (!best ||
        score_of(*container.streams[stream.index]) > score_of(*container.streams[best->index])) {
      best = &stream;
    }
  }
  if (!best) {
    throw Error(Status::unsupported,
                subject + " has no video stream; found " + list_streams(streams));
  }
  return best->index;
}

}  // namespace cuf::libav

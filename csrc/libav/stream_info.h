#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "core/model.h"
#include "libav/compat.h"

namespace cuf::libav {

Rational to_rational(AVRational value);
// H.273 code points; libav's numbers are the same. Of RGB and yuvj* the format says more.
Color to_color(AVPixelFormat format, int primaries, int transfer, int matrix, int range);

// A field that libav fills with whatever number the stream has, also with none of its enum.
template <typename Enum>
int number_in(const Enum& field) {
  static_assert(sizeof(Enum) == sizeof(int));
  int number;
  std::memcpy(&number, &field, sizeof(number));
  return number;
}
// Clockwise quarter turns for display; mirroring is not told.
int32_t rotation_of(const uint8_t* matrix, size_t size);
int32_t stream_rotation(const AVStream& stream);

StreamDescription describe_stream(const AVFormatContext& container, unsigned index);
// "1 audio stream (aac), 1 cover picture (png)", or "no streams".
std::string list_streams(const std::vector<StreamDescription>& streams);

// leaving: parameters of the packets as they leave. first: the stream's first packet as stored, or
// null.
VideoDescription describe_video(AVFormatContext& container, unsigned index,
                                const AVCodecParameters& leaving, const AVPacket* first);

}  // namespace cuf::libav

#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "libav/handles.h"

namespace cuf::libav {

// A part of a file that has a title.
struct ChapterCopy {
  int64_t id = 0;
  AVRational time_base = {0, 1};
  int64_t begin = 0;
  int64_t end = 0;
  Owned<AVDictionary> metadata;
};

// What a file says of all its streams.
struct FileCopy {
  Owned<AVDictionary> metadata;
  std::vector<ChapterCopy> chapters;
};

// What a muxer must know of a stream whose packets it is given: TrackDescription::copied.
struct StreamCopy {
  Owned<AVCodecParameters> parameters;
  Owned<AVDictionary> metadata;
  FileCopy file;
  AVRational time_base = {0, 1};
  AVRational average_rate = {0, 0};
  AVRational real_rate = {0, 0};
  AVRational sample_aspect_ratio = {0, 1};
  int disposition = 0;
  std::vector<std::pair<AVPacketSideDataType, std::vector<uint8_t>>> side_data;

  const std::vector<uint8_t>* find(AVPacketSideDataType type) const;
};

// leaving: parameters of the packets, which may have another bitstream than the container.
std::shared_ptr<const StreamCopy> copy_stream(AVFormatContext& container, AVStream& stream,
                                              const AVCodecParameters& leaving);

}  // namespace cuf::libav

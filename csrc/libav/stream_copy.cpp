#include "libav/stream_copy.h"

#include "libav/errors.h"

namespace cuf::libav {
namespace {

Owned<AVDictionary> copy_of(const AVDictionary* from) {
  AVDictionary* copy = nullptr;
  const int result = av_dict_copy(&copy, from, 0);
  Owned<AVDictionary> owned(copy);
  if (result < 0) throw out_of_memory("metadata");
  return owned;
}

FileCopy copy_file(const AVFormatContext& container) {
  FileCopy copy;
  copy.metadata = copy_of(container.metadata);
  for (unsigned i = 0; i < container.nb_chapters; ++i) {
    const AVChapter& chapter = *container.chapters[i];
    copy.chapters.push_back({.id = chapter.id,
                             .time_base = chapter.time_base,
                             .begin = chapter.start,
                             .end = chapter.end,
                             .metadata = copy_of(chapter.metadata)});
  }
  return copy;
}

}  // namespace

const std::vector<uint8_t>* StreamCopy::find(AVPacketSideDataType type) const {
  for (const auto& [kind, bytes] : side_data) {
    if (kind == type) return &bytes;
  }
  return nullptr;
}

std::shared_ptr<const StreamCopy> copy_stream(AVFormatContext& container, AVStream& stream,
                                              const AVCodecParameters& leaving) {
  auto copy = std::make_shared<StreamCopy>();
  copy->parameters.reset(require(avcodec_parameters_alloc(), "stream parameters"));
  if (avcodec_parameters_copy(copy->parameters.get(), &leaving) < 0) {
    throw out_of_memory("stream parameters");
  }
  copy->metadata = copy_of(stream.metadata);
  copy->file = copy_file(container);
  copy->time_base = stream.time_base;
  copy->average_rate = stream.avg_frame_rate;
  copy->real_rate = stream.r_frame_rate;
  copy->sample_aspect_ratio = av_guess_sample_aspect_ratio(&container, &stream, nullptr);
  copy->disposition = stream.disposition;
  for (const auto& [type, data] : all_side_data(stream)) {
    copy->side_data.emplace_back(type, std::vector<uint8_t>(data.data, data.data + data.size));
  }
  return copy;
}

}  // namespace cuf::libav

#include "libav/stream_info.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "libav/codec_string.h"
#include "libav/handles.h"
#include "libav/pixel_formats.h"

namespace cuf::libav {
namespace {

struct FreeParser {
  void operator()(AVCodecParserContext* parser) const { av_parser_close(parser); }
};

int64_t duration_us(const AVFormatContext& container, const AVStream& stream) {
  if (stream.duration != AV_NOPTS_VALUE) {
    return to_microseconds(stream.duration, to_rational(stream.time_base));
  }
  return container.duration != AV_NOPTS_VALUE ? container.duration : -1;
}

const char* tag(const AVStream& stream, const char* name) {
  const AVDictionaryEntry* entry = av_dict_get(stream.metadata, name, nullptr, 0);
  return entry ? entry->value : nullptr;
}

// mkvmerge writes its count as a tag, libav's muxers as nb_frames.
int64_t claimed_frames(const AVStream& stream) {
  if (stream.nb_frames > 0) return stream.nb_frames;
  const char* text = tag(stream, "NUMBER_OF_FRAMES");
  const int64_t count = text ? std::strtoll(text, nullptr, 10) : 0;
  return count > 0 ? count : -1;
}

int64_t claimed_bit_rate(const AVFormatContext& container, const AVStream& stream) {
  if (stream.codecpar->bit_rate > 0) return stream.codecpar->bit_rate;
  const char* text = tag(stream, "BPS");
  const int64_t rate = text ? std::strtoll(text, nullptr, 10) : 0;
  return rate > 0 ? rate : container.bit_rate;
}

// Only the parsers tell the coded size without decoding.
void fill_coded_size(VideoDescription& video, const AVCodecParameters& stored,
                     const AVPacket* first) {
  video.coded_width = video.width;
  video.coded_height = video.height;
  if (!first) return;
  std::unique_ptr<AVCodecParserContext, FreeParser> parser(av_parser_init(stored.codec_id));
  Owned<AVCodecContext> context(avcodec_alloc_context3(nullptr));
  if (!parser || !context || avcodec_parameters_to_context(context.get(), &stored) < 0) return;
  parser->flags |= PARSER_FLAG_COMPLETE_FRAMES;
  uint8_t* out = nullptr;
  int out_size = 0;
  av_parser_parse2(parser.get(), context.get(), &out, &out_size, first->data, first->size,
                   first->pts, first->dts, first->pos);
  if (parser->coded_width >= stored.width && parser->coded_height >= stored.height &&
      parser->coded_width > 0) {
    video.coded_width = static_cast<uint32_t>(parser->coded_width);
    video.coded_height = static_cast<uint32_t>(parser->coded_height);
  }
}

StreamKind kind_of(AVMediaType type) {
  switch (type) {
    case AVMEDIA_TYPE_VIDEO:
      return StreamKind::video;
    case AVMEDIA_TYPE_AUDIO:
      return StreamKind::audio;
    case AVMEDIA_TYPE_SUBTITLE:
      return StreamKind::subtitle;
    default:
      return StreamKind::other;
  }
}

std::string kind_name(const StreamDescription& stream) {
  if (stream.is_attached_picture) return "cover picture";
  switch (stream.kind) {
    case StreamKind::video:
      return "video stream";
    case StreamKind::audio:
      return "audio stream";
    case StreamKind::subtitle:
      return "subtitle stream";
    default:
      return "data stream";
  }
}

}  // namespace

Rational to_rational(AVRational value) {
  return {value.num, value.den};
}

Color to_color(AVPixelFormat format, int primaries, int transfer, int matrix, int range) {
  const auto code = [](int value, int reserved) {
    return static_cast<uint32_t>(value < 0 || value == reserved ? 2 : value);
  };
  // Matrix 0 means RGB, the other 0s are reserved.
  return {code(primaries, 0), code(transfer, 0),
          is_rgb_format(format) ? uint32_t{AVCOL_SPC_RGB} : code(matrix, 3),
          range == AVCOL_RANGE_JPEG || is_full_range_format(format)};
}

int32_t rotation_of(const uint8_t* matrix, size_t size) {
  if (!matrix || size < 9 * sizeof(int32_t)) return 0;
  const double counterclockwise = av_display_rotation_get(reinterpret_cast<const int32_t*>(matrix));
  if (!std::isfinite(counterclockwise)) return 0;
  const int quarters = static_cast<int>(std::lround(-counterclockwise / 90.0));
  return ((quarters % 4) + 4) % 4 * 90;
}

int32_t stream_rotation(const AVStream& stream) {
  const SideData matrix = stream_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX);
  return rotation_of(matrix.data, matrix.size);
}

StreamDescription describe_stream(const AVFormatContext& container, unsigned index) {
  const AVStream& stream = *container.streams[index];
  const AVCodecParameters& parameters = *stream.codecpar;
  StreamDescription out;
  out.index = index;
  out.kind = kind_of(parameters.codec_type);
  out.is_attached_picture = (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
  out.codec = codec_name(parameters.codec_id);
  if (const char* language = tag(stream, "language")) out.language = language;
  if (const char* title = tag(stream, "title")) out.title = title;
  if (out.kind == StreamKind::video) {
    out.width = static_cast<uint32_t>(std::max(parameters.width, 0));
    out.height = static_cast<uint32_t>(std::max(parameters.height, 0));
  } else if (out.kind == StreamKind::audio) {
    out.sample_rate = static_cast<uint32_t>(std::max(parameters.sample_rate, 0));
    out.channels = static_cast<uint32_t>(std::max(channel_count(parameters), 0));
  }
  out.duration_us = duration_us(container, stream);
  out.bit_rate = std::max<int64_t>(parameters.bit_rate, 0);
  return out;
}

std::string list_streams(const std::vector<StreamDescription>& streams) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const StreamDescription& stream : streams) {
    const std::string name = kind_name(stream);
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const auto& entry) { return entry.first == name; });
    if (group == groups.end()) group = groups.insert(group, {name, {}});
    group->second.push_back(stream.codec);
  }
  std::string text;
  for (const auto& [name, codecs] : groups) {
    text += (text.empty() ? "" : ", ") + std::to_string(codecs.size()) + " " + name +
            (codecs.size() == 1 ? "" : "s") + " (";
    for (size_t i = 0; i < codecs.size(); ++i) text += (i == 0 ? "" : ", ") + codecs[i];
    text += ")";
  }
  return text.empty() ? "no streams" : text;
}

VideoDescription describe_video(AVFormatContext& container, unsigned index,
                                const AVCodecParameters& leaving, const AVPacket* first) {
  AVStream& stream = *container.streams[index];
  const AVCodecParameters& stored = *stream.codecpar;
  VideoDescription out;
  out.codec = codec_name(stored.codec_id);
  out.codec_string = codec_string(stored, stream.avg_frame_rate);
  if (const char* profile = avcodec_profile_name(stored.codec_id, stored.profile)) {
    out.profile_name = profile;
  }
  out.container = container.iformat->name;
  out.stream_index = index;
  out.width = static_cast<uint32_t>(std::max(stored.width, 0));
  out.height = static_cast<uint32_t>(std::max(stored.height, 0));
  fill_coded_size(out, stored, first);
  const bool has_average = stream.avg_frame_rate.num > 0 && stream.avg_frame_rate.den > 0;
  out.frame_rate = to_rational(has_average ? stream.avg_frame_rate : stream.r_frame_rate);
  out.r_frame_rate = to_rational(stream.r_frame_rate);
  out.time_base = to_rational(stream.time_base);
  out.sample_aspect_ratio = to_rational(av_guess_sample_aspect_ratio(&container, &stream, nullptr));
  out.duration_us = duration_us(container, stream);
  if (stream.start_time != AV_NOPTS_VALUE) {
    out.start_time_us = to_microseconds(stream.start_time, out.time_base);
  }
  out.bit_rate = claimed_bit_rate(container, stream);
  out.num_frames = claimed_frames(stream);
  const auto pixel_format = static_cast<AVPixelFormat>(stored.format);
  out.color = to_color(pixel_format, number_in(stored.color_primaries), number_in(stored.color_trc),
                       number_in(stored.color_space), number_in(stored.color_range));
  out.chroma = chroma_of(pixel_format);
  out.bit_depth = bit_depth_of(pixel_format);
  out.reorder_depth = static_cast<uint32_t>(std::max(stored.video_delay, 0));
  out.profile = stored.profile < 0 ? -1 : stored.profile;
  out.level = stored.level < 0 ? -1 : stored.level;
  out.rotation = stream_rotation(stream);
  out.is_seekable = container.pb && (container.pb->seekable & AVIO_SEEKABLE_NORMAL) &&
                    !(container.ctx_flags & AVFMTCTX_UNSEEKABLE);
  if (leaving.extradata_size > 0) {
    out.extradata.assign(leaving.extradata, leaving.extradata + leaving.extradata_size);
  }
  return out;
}

}  // namespace cuf::libav

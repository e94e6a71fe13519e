#include "libav/mux_track.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "libav/av_packet.h"
#include "libav/errors.h"
#include "libav/extradata.h"

namespace cuf::libav {
namespace {

const StreamCopy* stream_copy(const std::shared_ptr<const void>& known) {
  return static_cast<const StreamCopy*>(known.get());
}

AVCodecID codec_of(const TrackDescription& description) {
  if (description.copied) return stream_copy(description.copied)->parameters->codec_id;
  const AVCodecDescriptor* found = avcodec_descriptor_get_by_name(description.codec.c_str());
  if (!found) {
    throw Error(Status::invalid_argument, "There is no codec \"" + description.codec + "\"");
  }
  return found->id;
}

// Those that another bitstream, another part of it, or another muxer makes untrue.
bool is_of_the_file(const char* key) {
  constexpr std::array kKeys = {"encoder",           "major_brand",  "minor_version",
                                "compatible_brands", "BPS",          "NUMBER_OF_",
                                "DURATION",          "_STATISTICS_", "vendor_id"};
  // Matroska has them in capitals.
  return std::ranges::any_of(kKeys, [&](std::string_view start) {
    return av_strncasecmp(key, start.data(), start.size()) == 0;
  });
}

void set_entry(AVDictionary*& metadata, const char* key, const char* value) {
  if (av_dict_set(&metadata, key, value, 0) < 0) throw out_of_memory("metadata");
}

void copy_metadata(AVDictionary*& to, const AVDictionary* from) {
  const AVDictionaryEntry* entry = nullptr;
  while ((entry = av_dict_get(from, "", entry, AV_DICT_IGNORE_SUFFIX))) {
    const bool is_kept = !is_of_the_file(entry->key) && !av_dict_get(to, entry->key, nullptr, 0);
    if (is_kept) set_entry(to, entry->key, entry->value);
  }
}

void put_side_data(AVStream& stream, AVPacketSideDataType type, const void* data, size_t size) {
  std::copy_n(static_cast<const uint8_t*>(data), size,
              require(new_side_data(stream, type, size), "side data"));
}

AVRational to_av(Rational value) {
  return {value.num, value.den};
}

bool is_positive(AVRational value) {
  return value.num > 0 && value.den > 0;
}

// The tag says the same in the other container, or is not known there to be otherwise.
bool fits_tag(const AVOutputFormat& format, const AVCodecParameters& parameters) {
  unsigned tag = 0;
  return !format.codec_tag ||
         av_codec_get_id(format.codec_tag, parameters.codec_tag) == parameters.codec_id ||
         !av_codec_get_tag2(format.codec_tag, parameters.codec_id, &tag);
}

// The headers in a packet; empty if there are none.
std::vector<uint8_t> headers_in(const Packet& packet, const AVCodecParameters& parameters) {
  const AVBitStreamFilter* kind = av_bsf_get_by_name("extract_extradata");
  AVBSFContext* made = nullptr;
  if (!kind || av_bsf_alloc(kind, &made) < 0) return {};
  const Owned<AVBSFContext> filter(made);
  if (avcodec_parameters_copy(filter->par_in, &parameters) < 0)
    throw out_of_memory("codec headers");
  if (av_bsf_init(filter.get()) < 0) return {};
  Owned<AVPacket> sent = to_av_packet(packet);
  Owned<AVPacket> out(require(av_packet_alloc(), "a packet"));
  if (av_bsf_send_packet(filter.get(), sent.get()) < 0 ||
      av_bsf_receive_packet(filter.get(), out.get()) < 0) {
    return {};
  }
  size_t size = 0;
  const uint8_t* data = av_packet_get_side_data(out.get(), AV_PKT_DATA_NEW_EXTRADATA, &size);
  if (!data) return {};
  return {data, data + size};
}

}  // namespace

void copy_file_metadata(AVDictionary*& to, const AVDictionary* from) {
  copy_metadata(to, from);
}

void copy_chapters(AVFormatContext& to, const std::vector<ChapterCopy>& from, int64_t start_us) {
  if (from.empty()) return;
  to.chapters =
      static_cast<AVChapter**>(require(av_calloc(from.size(), sizeof(AVChapter*)), "chapters"));
  for (const ChapterCopy& chapter : from) {
    if (!is_positive(chapter.time_base)) continue;
    const int64_t start = av_rescale_q(start_us, AV_TIME_BASE_Q, chapter.time_base);
    const int64_t begin = std::max<int64_t>(wrapping_difference(chapter.begin, start), 0);
    const int64_t end = wrapping_difference(chapter.end, start);
    // Muxers refuse the whole file for these.
    if (end <= begin) continue;
    auto* copy = static_cast<AVChapter*>(require(av_mallocz(sizeof(AVChapter)), "chapters"));
    to.chapters[to.nb_chapters++] = copy;
    copy->id = chapter.id;
    copy->time_base = chapter.time_base;
    copy->start = begin;
    copy->end = end;
    copy_metadata(copy->metadata, chapter.metadata.get());
  }
}

MuxTrack::MuxTrack(const MuxContainer& container, TrackDescription description,
                   AVFormatContext& file)
    : container_(container), description_(std::move(description)), stream_([&] {
        require_codec(container, codec_of(description_));
        return require(avformat_new_stream(&file, nullptr), "a track");
      }()) {
  if (description_.copied) {
    const StreamCopy& from = *stream_copy(description_.copied);
    fill_copied(from);
    if (!fits_tag(*file.oformat, *stream_->codecpar)) stream_->codecpar->codec_tag = 0;
  } else {
    fill_encoded();
  }
  AVCodecParameters& parameters = *stream_->codecpar;
  // The tag that Apple's players want; the headers are at the front of the file.
  const bool is_hevc_in_mp4 =
      container_.is_fragmentable() && parameters.codec_id == AV_CODEC_ID_HEVC;
  if (is_hevc_in_mp4 && parameters.codec_tag == 0) {
    parameters.codec_tag = MKTAG('h', 'v', 'c', '1');
  }
  if (description_.made_from) fill_presentation(*stream_copy(description_.made_from));
  fill_said();
  is_ready_ = description_.copied && stream_->time_base.num > 0 && !needs_headers();
}

const FileCopy* MuxTrack::file() const {
  const auto& known = description_.copied ? description_.copied : description_.made_from;
  return known ? &stream_copy(known)->file : nullptr;
}

void MuxTrack::fill_encoded() {
  AVCodecParameters& parameters = *stream_->codecpar;
  parameters.codec_id = codec_of(description_);
  parameters.codec_type = avcodec_get_type(parameters.codec_id);
  if (parameters.codec_type != AVMEDIA_TYPE_VIDEO || description_.width == 0 ||
      description_.height == 0) {
    throw Error(Status::invalid_argument,
                "A track that is not copied is video, and says its width and height");
  }
}

void MuxTrack::fill_copied(const StreamCopy& from) {
  if (avcodec_parameters_copy(stream_->codecpar, from.parameters.get()) < 0) {
    throw out_of_memory("stream parameters");
  }
  for (const auto& [type, bytes] : from.side_data) {
    put_side_data(*stream_, type, bytes.data(), bytes.size());
  }
  copy_metadata(stream_->metadata, from.metadata.get());
  stream_->disposition = from.disposition;
  stream_->avg_frame_rate = from.average_rate;
  stream_->r_frame_rate = from.real_rate;
  stream_->sample_aspect_ratio = from.sample_aspect_ratio;
  set_time_base(from.time_base);
}

void MuxTrack::fill_presentation(const StreamCopy& from) {
  for (const auto type :
       {AV_PKT_DATA_DISPLAYMATRIX, AV_PKT_DATA_MASTERING_DISPLAY_METADATA,
        AV_PKT_DATA_CONTENT_LIGHT_LEVEL, AV_PKT_DATA_STEREO3D, AV_PKT_DATA_SPHERICAL}) {
    const std::vector<uint8_t>* bytes = from.find(type);
    if (bytes) put_side_data(*stream_, type, bytes->data(), bytes->size());
  }
  copy_metadata(stream_->metadata, from.metadata.get());
  stream_->disposition = from.disposition;
  stream_->sample_aspect_ratio = from.sample_aspect_ratio;
}

void MuxTrack::fill_said() {
  AVCodecParameters& parameters = *stream_->codecpar;
  const TrackDescription& said = description_;
  if (said.width > 0) parameters.width = static_cast<int>(said.width);
  if (said.height > 0) parameters.height = static_cast<int>(said.height);
  if (!said.extradata.empty())
    set_extradata(*stream_->codecpar, said.extradata.data(), said.extradata.size());
  if (said.color) {
    parameters.color_primaries = static_cast<AVColorPrimaries>(said.color->primaries);
    parameters.color_trc = static_cast<AVColorTransferCharacteristic>(said.color->transfer);
    parameters.color_space = static_cast<AVColorSpace>(said.color->matrix);
    parameters.color_range = said.color->full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  }
  if (is_positive(to_av(said.frame_rate))) stream_->avg_frame_rate = to_av(said.frame_rate);
  if (is_positive(to_av(said.sample_aspect_ratio))) {
    stream_->sample_aspect_ratio = to_av(said.sample_aspect_ratio);
  }
  if (parameters.codec_type == AVMEDIA_TYPE_VIDEO) {
    parameters.sample_aspect_ratio = stream_->sample_aspect_ratio;
  }
  if (said.rotation) {
    int32_t matrix[9];
    av_display_rotation_set(matrix, *said.rotation);  // clockwise, other than its reader
    put_side_data(*stream_, AV_PKT_DATA_DISPLAYMATRIX, matrix, sizeof(matrix));
  }
  fill_hdr();
  if (!said.language.empty()) set_entry(stream_->metadata, "language", said.language.c_str());
  if (!said.title.empty()) set_entry(stream_->metadata, "title", said.title.c_str());
  if (said.time_base.den > 0) set_time_base(to_av(said.time_base));
}

void MuxTrack::fill_hdr() {
  if (const auto& display = description_.mastering_display) {
    struct FreeMemory {
      void operator()(AVMasteringDisplayMetadata* memory) const { av_free(memory); }
    };
    const std::unique_ptr<AVMasteringDisplayMetadata, FreeMemory> metadata(
        require(av_mastering_display_metadata_alloc(), "HDR metadata"));
    constexpr int kChromaticityUnits = 50000;
    constexpr int kLuminanceUnits = 10000;
    const auto rational = [](double value, int units) {
      return AVRational{static_cast<int>(value * units + 0.5), units};
    };
    for (int i = 0; i < 4; ++i) {
      AVRational* point = i < 3 ? metadata->display_primaries[i] : metadata->white_point;
      point[0] = rational(display->x[i], kChromaticityUnits);
      point[1] = rational(display->y[i], kChromaticityUnits);
    }
    metadata->min_luminance = rational(display->min_luminance, kLuminanceUnits);
    metadata->max_luminance = rational(display->max_luminance, kLuminanceUnits);
    metadata->has_primaries = metadata->has_luminance = 1;
    put_side_data(*stream_, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, metadata.get(),
                  sizeof(*metadata));
  }
  if (const auto& light = description_.content_light) {
    const AVContentLightMetadata metadata = {.MaxCLL = light->max_content,
                                             .MaxFALL = light->max_frame_average};
    put_side_data(*stream_, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, &metadata, sizeof(metadata));
  }
}

bool MuxTrack::needs_headers() const {
  const AVCodecParameters& parameters = *stream_->codecpar;
  const bool has_any = parameters.codec_id == AV_CODEC_ID_H264 ||
                       parameters.codec_id == AV_CODEC_ID_HEVC ||
                       parameters.codec_id == AV_CODEC_ID_AV1;
  return container_.keeps_headers() && has_any && parameters.extradata_size == 0;
}

// What libav makes the units of the file's times of. AVI counts pictures.
void MuxTrack::set_time_base(AVRational base) {
  const AVRational rate = stream_->avg_frame_rate;
  const bool counts = container_.family == MuxContainer::Family::avi && is_positive(rate) &&
                      stream_->codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
  if (counts) base = av_inv_q(rate);
  if (is_positive(base)) stream_->time_base = base;
}

void MuxTrack::learn_from(const Packet& packet) {
  if (is_ready_) return;
  // An encoder may have been changed since it was asked for its headers: the packet's own count.
  if (!description_.copied || needs_headers()) {
    const std::vector<uint8_t> headers = headers_in(packet, *stream_->codecpar);
    if (!headers.empty()) set_extradata(*stream_->codecpar, headers.data(), headers.size());
  }
  if (needs_headers()) {
    refuse(packet,
           "the first packet of a track must have the codec's headers, as a key picture "
           "of an encoder has them, or the track's extradata");
  }
  if (description_.time_base.den == 0) set_time_base(to_av(packet.time_base));
  is_ready_ = true;
}

void MuxTrack::settle_without_packets() {
  if (needs_headers()) {
    throw Error(Status::invalid_argument,
                "Track " + std::to_string(stream_->index) + " (" + description_.codec +
                    ") got no packet, and its headers are not known: nothing can be written");
  }
  is_ready_ = true;
}

void MuxTrack::refuse(const Packet& packet, const std::string& why) const {
  const auto text = [](int64_t time) {
    return time == kNoTimestamp ? std::string("none") : std::to_string(time);
  };
  throw Error(Status::invalid_argument, "Track " + std::to_string(stream_->index) +
                                            " refused a packet (pts " + text(packet.pts) +
                                            ", dts " + text(packet.dts) + ", in units of " +
                                            std::to_string(packet.time_base.num) + "/" +
                                            std::to_string(packet.time_base.den) + " s): " + why);
}

void MuxTrack::complete_times(Packet& packet) {
  const auto depth = static_cast<uint32_t>(std::max(stream_->codecpar->video_delay, 0));
  if (packet.pts != kNoTimestamp) {
    const int64_t dts = missing_dts_.next(packet.pts, depth, std::max<int64_t>(packet.duration, 1));
    const bool is_missing = packet.dts == kNoTimestamp;
    if (is_missing) packet.dts = dts;
    has_missing_dts_ |= is_missing;
    // What follows may have been guessed otherwise where it was read.
    const int64_t least = last_dts_ ? wrapping_sum(*last_dts_, 1) : packet.dts;
    if (has_missing_dts_ && packet.dts < least && least <= packet.pts) packet.dts = least;
    return;
  }
  if (depth == 0) packet.pts = packet.dts;
  if (depth > 0 && container_.family != MuxContainer::Family::avi) {
    refuse(packet,
           "it has no pts, and its pictures are not in the order of display; avi does "
           "without pts");
  }
}

void MuxTrack::check_order(Packet& packet) {
  if (container_.holds_one_track() && container_.name != "ivf") return;  // no times are kept
  const AVRational base = to_av(packet.time_base);
  if (!is_positive(base)) refuse(packet, "it has no time base");
  if (packet.pts == kNoTimestamp && packet.dts == kNoTimestamp) {
    refuse(packet, "it has no time, which " + std::string(container_.name) + " needs");
  }
  complete_times(packet);
  if (packet.pts != kNoTimestamp && packet.pts < packet.dts) {
    refuse(packet, "it would be shown before it is decoded");
  }
  if (last_dts_) {
    const int order = av_compare_ts(packet.dts, base, *last_dts_, last_base_);
    const bool is_subtitle = stream_->codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE;
    if (order < 0 || (order == 0 && !is_subtitle)) {
      refuse(packet, "its dts must be greater than that of the packet before, " +
                         std::to_string(*last_dts_) + " in units of " +
                         std::to_string(last_base_.num) + "/" + std::to_string(last_base_.den) +
                         " s; packets are written in decode order");
    }
  }
  last_dts_ = packet.dts;
  last_base_ = base;
}

Owned<AVPacket> MuxTrack::to_stored(const Packet& packet) {
  Owned<AVPacket> out = to_av_packet(packet);
  out->stream_index = stream_->index;
  out->pos = -1;
  if (packet.extradata.size > 0) {
    add_side_data(*out, AV_PKT_DATA_NEW_EXTRADATA, packet.extradata);
  }
  if (packet.palette.size > 0) add_side_data(*out, AV_PKT_DATA_PALETTE, packet.palette);
  if (packet.time_base.num <= 0 || packet.time_base.den <= 0) return out;
  av_packet_rescale_ts(out.get(), to_av(packet.time_base), stream_->time_base);
  // Coarser units may make two times one.
  if (out->dts != AV_NOPTS_VALUE) {
    const bool is_strict = stream_->codecpar->codec_type != AVMEDIA_TYPE_SUBTITLE;
    if (stored_dts_ && is_strict) out->dts = std::max(out->dts, wrapping_sum(*stored_dts_, 1));
    if (out->pts != AV_NOPTS_VALUE) out->pts = std::max(out->pts, out->dts);
    stored_dts_ = out->dts;
  }
  return out;
}

}  // namespace cuf::libav

#include "libav/quick_probe.h"

#include <algorithm>
#include <climits>
#include <string_view>

#include "libav/handles.h"
#include "libav/log_handler.h"

extern "C" {
#include <libavcodec/avcodec.h>
}

namespace cuf::libav {
namespace {

// The parameter sets in front of the slice and its header.
constexpr int kMostBytes = 4096;

// Packets of this time are looked at for the rate of frames.
constexpr int64_t kAnalyzeDuration = AV_TIME_BASE;

// The only video stream, if it is one that can be probed here.
AVStream* probed_stream(AVFormatContext& container) {
  AVStream* found = nullptr;
  for (unsigned i = 0; i < container.nb_streams; ++i) {
    if (container.streams[i]->codecpar->codec_type != AVMEDIA_TYPE_VIDEO) continue;
    if (found) return nullptr;
    found = container.streams[i];
  }
  const bool is_mov = std::string_view(container.iformat->name).starts_with("mov,");
  if (!found || !is_mov || !(container.pb->seekable & AVIO_SEEKABLE_NORMAL)) return nullptr;
  const AVCodecParameters& stored = *found->codecpar;
  const bool is_avcc =
      stored.codec_id == AV_CODEC_ID_H264 && stored.extradata_size > 6 && stored.extradata[0] == 1;
  return is_avcc && stored.width > 0 && stored.height > 0 ? found : nullptr;
}

// The beginning of the first picture; empty if it cannot be had.
std::vector<uint8_t> first_bytes(AVFormatContext& container, AVStream& stream) {
  const AVIndexEntry* entry = avformat_index_get_entry(&stream, 0);
  if (!entry || !(entry->flags & AVINDEX_KEYFRAME) || entry->size <= 0) return {};
  const int64_t here = avio_tell(container.pb);
  std::vector<uint8_t> bytes(static_cast<size_t>(std::min(entry->size, kMostBytes)));
  int count = -1;
  if (avio_seek(container.pb, entry->pos, SEEK_SET) >= 0) {
    count = avio_read(container.pb, bytes.data(), static_cast<int>(bytes.size()));
  }
  avio_seek(container.pb, here, SEEK_SET);
  if (count != static_cast<int>(bytes.size())) return {};
  return bytes;
}

// Ends the last NAL unit where the bytes end. false: they are no NAL units.
bool cut_last_unit(std::vector<uint8_t>& bytes, size_t length_size) {
  size_t at = 0;
  while (at + length_size < bytes.size()) {
    size_t length = 0;
    for (size_t i = 0; i < length_size; ++i) length = length << 8 | bytes[at + i];
    const size_t rest = bytes.size() - at - length_size;
    if (length == 0) return false;
    if (length >= rest) {
      for (size_t i = 0; i < length_size; ++i) {
        bytes[at + i] = static_cast<uint8_t>(rest >> 8 * (length_size - 1 - i));
      }
      return true;
    }
    at += length_size + length;
  }
  bytes.resize(at);
  return at > 0;
}

// The stream's headers as the decoder reads them; null if it does not come so far.
Owned<AVCodecContext> read_headers(const AVCodecParameters& stored, std::vector<uint8_t> bytes,
                                   int64_t most_pixels) {
  const AVCodec* codec = avcodec_find_decoder(AV_CODEC_ID_H264);
  Owned<AVCodecContext> context(codec ? avcodec_alloc_context3(codec) : nullptr);
  Owned<AVPacket> packet(av_packet_alloc());
  const auto size = static_cast<int>(bytes.size());
  if (!context || !packet || av_new_packet(packet.get(), size) < 0) return nullptr;
  std::copy(bytes.begin(), bytes.end(), packet->data);
  packet->flags |= AV_PKT_FLAG_KEY;
  if (avcodec_parameters_to_context(context.get(), &stored) < 0) return nullptr;
  context->has_b_frames = 0;
  context->max_pixels = most_pixels;
  context->thread_count = 1;
  // What is cut off is not to be concealed.
  context->error_concealment = 0;
  context->skip_loop_filter = AVDISCARD_ALL;
  if (avcodec_open2(context.get(), codec, nullptr) < 0) return nullptr;
  const Muffled muffled;
  avcodec_send_packet(context.get(), packet.get());
  return context->pix_fmt == AV_PIX_FMT_NONE ? nullptr : std::move(context);
}

}  // namespace

QuickProbe::QuickProbe(AVFormatContext& container, int64_t most_pixels)
    : container_(container),
      analyze_duration_(container.max_analyze_duration),
      most_pixels_(most_pixels) {
  // libav's default
  if (most_pixels_ < INT_MAX) {
    options_.resize(container.nb_streams, nullptr);
    for (AVDictionary*& options : options_) {
      av_dict_set_int(&options, "max_pixels", most_pixels_, 0);
    }
  }
  if (AVStream* stream = probed_stream(container)) find(*stream);
}

void QuickProbe::find(AVStream& stream) {
  AVCodecParameters& stored = *stream.codecpar;
  std::vector<uint8_t> bytes = first_bytes(container_, stream);
  if (!cut_last_unit(bytes, (stored.extradata[4] & 3) + 1u)) return;
  const Owned<AVCodecContext> context = read_headers(stored, std::move(bytes), most_pixels_);
  // The headers do not say how many pictures are held back, though the container's times say that
  // some are: only decoding tells.
  if (!context || (context->has_b_frames == 0 && stored.video_delay > 0)) return;
  if (context->width != stored.width || context->height != stored.height) return;
  if (avcodec_parameters_from_context(&stored, context.get()) < 0) return;
  options_.resize(container_.nb_streams, nullptr);
  av_dict_set(&options_[static_cast<size_t>(stream.index)], "skip_frame", "all", 0);
  container_.max_analyze_duration = kAnalyzeDuration;
}

QuickProbe::~QuickProbe() {
  for (AVDictionary*& options : options_) av_dict_free(&options);
  container_.max_analyze_duration = analyze_duration_;
}

}  // namespace cuf::libav

#include "libav/bitstream.h"

#include <algorithm>
#include <vector>

#include "core/nal_units.h"
#include "libav/errors.h"
#include "libav/extradata.h"

namespace cuf::libav {
namespace {

const char* annex_b_filter(AVCodecID codec) {
  switch (codec) {
    case AV_CODEC_ID_H264:
      return "h264_mp4toannexb";
    case AV_CODEC_ID_HEVC:
      return "hevc_mp4toannexb";
    case AV_CODEC_ID_VVC:
      return "vvc_mp4toannexb";
    default:
      return nullptr;
  }
}

// The filters take what starts with a start code, or has no headers, for Annex B.
bool is_length_prefixed(const AVCodecParameters& stored) {
  const uint8_t* data = stored.extradata;
  if (!annex_b_filter(stored.codec_id) || stored.extradata_size < 7) return false;
  return data[0] != 0 || data[1] != 0 || data[2] > 1 || (data[2] == 0 && data[3] != 1);
}

Owned<AVCodecParameters> copy_of(const AVCodecParameters& from) {
  Owned<AVCodecParameters> copy(require(avcodec_parameters_alloc(), "stream parameters"));
  if (avcodec_parameters_copy(copy.get(), &from) < 0) throw out_of_memory("stream parameters");
  return copy;
}

using Bytes = std::span<const uint8_t>;

bool is_hevc_sei(Bytes unit) {
  const int type = unit[0] >> 1 & 63;
  return type == 39 || type == 40;
}

bool has_unit(Bytes data, Bytes wanted) {
  const auto is_zero = [](uint8_t byte) { return byte == 0; };
  StartCodeUnits units(data);
  while (const auto unit = units.next()) {
    if (unit->size() < wanted.size()) continue;
    const auto behind = unit->subspan(wanted.size());
    const bool starts = std::equal(wanted.begin(), wanted.end(), unit->begin());
    if (starts && std::all_of(behind.begin(), behind.end(), is_zero)) return true;
  }
  return false;
}

// The headers' units with start codes, without the SEI that the packet's own head has.
std::vector<uint8_t> headers_beside(Bytes headers, Bytes head) {
  constexpr uint8_t kStartCode[] = {0, 0, 0, 1};
  std::vector<uint8_t> kept;
  StartCodeUnits units(headers);
  while (const auto unit = units.next()) {
    if (is_hevc_sei(*unit) && has_unit(head, *unit)) continue;
    kept.insert(kept.end(), std::begin(kStartCode), std::end(kStartCode));
    kept.insert(kept.end(), unit->begin(), unit->end());
  }
  return kept;
}

bool has_sei(Bytes headers) {
  StartCodeUnits units(headers);
  while (const auto unit = units.next()) {
    if (is_hevc_sei(*unit)) return true;
  }
  return false;
}

// hvcC may hold SEI, which the filter puts into key pictures with the parameter sets. Where those
// have the same (x265 writes it in both places), it would be there twice. What is left goes to the
// front.
void settle_headers(AVPacket& packet, Bytes headers) {
  const Bytes data(packet.data, static_cast<size_t>(std::max(packet.size, 0)));
  const auto units = scan_headers(*header_syntax(AV_CODEC_ID_HEVC), data);
  if (units.empty() || !has_sei(headers)) return;
  const Bytes head = data.first(units.back().end);
  const auto found = std::find_end(head.begin(), head.end(), headers.begin(), headers.end());
  if (found == head.end()) return;
  std::vector<uint8_t> own(head.begin(), found);
  own.insert(own.end(), found + static_cast<ptrdiff_t>(headers.size()), head.end());
  const std::vector<uint8_t> kept = headers_beside(headers, own);
  const bool has_delimiter = units[0].kind == HeaderUnit::Kind::delimiter;
  const auto front = own.begin() + static_cast<ptrdiff_t>(has_delimiter ? units[0].end : 0);
  own.insert(front, kept.begin(), kept.end());

  const Bytes rest = data.subspan(head.size());
  Owned<AVPacket> settled(require(av_packet_alloc(), "a packet"));
  if (av_new_packet(settled.get(), static_cast<int>(own.size() + rest.size())) < 0 ||
      av_packet_copy_props(settled.get(), &packet) < 0) {
    throw out_of_memory("a packet");
  }
  std::copy(rest.begin(), rest.end(), std::copy(own.begin(), own.end(), settled->data));
  av_packet_unref(&packet);
  av_packet_move_ref(&packet, settled.get());
}

}  // namespace

Bitstream::Bitstream(const AVCodecParameters& stored, bool keeps_container)
    : keeps_container_(keeps_container),
      stored_(copy_of(stored)),
      passing_(require(av_packet_alloc(), "a packet")) {
  parameters_ = copy_of(*stored_);
  if (keeps_container_) return;
  open_filter(*stored_);
  if (header_syntax(stored.codec_id)) {
    headers_ = std::make_unique<HeaderRepeater>(stored.codec_id, extradata());
  }
}

std::span<const uint8_t> Bitstream::extradata() const {
  return {parameters_->extradata, static_cast<size_t>(parameters_->extradata_size)};
}

void Bitstream::open_filter(const AVCodecParameters& stored) {
  filter_.reset();
  parameters_ = copy_of(stored);
  if (!is_length_prefixed(stored)) {
    if (stored.codec_id == AV_CODEC_ID_AV1 && stored.extradata_size >= 4 &&
        (stored.extradata[0] & 0x80)) {
      // The OBUs behind the four bytes that only the container's av1C has.
      Owned<AVCodecParameters> plain = copy_of(stored);
      set_extradata(*plain, stored.extradata + 4, stored.extradata_size - 4);
      parameters_ = std::move(plain);
    }
    return;
  }
  const char* name = annex_b_filter(stored.codec_id);
  const AVBitStreamFilter* kind = av_bsf_get_by_name(name);
  if (!kind) {
    throw Error(Status::unsupported, std::string("This libavcodec has no filter ") + name +
                                         "; bitstream \"container\" does without");
  }
  AVBSFContext* filter = nullptr;
  if (av_bsf_alloc(kind, &filter) < 0) throw out_of_memory("a bitstream filter");
  filter_.reset(filter);
  if (avcodec_parameters_copy(filter->par_in, &stored) < 0) throw out_of_memory("codec headers");
  const int result = av_bsf_init(filter);
  if (result < 0) throw make_error(result, "The codec headers of the stream are damaged");
  parameters_ = copy_of(*filter->par_out);
}

// A mov file with several sample descriptions, or a broadcast, changes the headers in mid-stream.
void Bitstream::change_headers(const AVPacket& packet) {
  size_t size = 0;
  const uint8_t* data = av_packet_get_side_data(&packet, AV_PKT_DATA_NEW_EXTRADATA, &size);
  if (!data || size == 0) return;
  set_extradata(*stored_, data, size);
  if (keeps_container_) {
    parameters_ = copy_of(*stored_);
    return;
  }
  open_filter(*stored_);
  if (headers_) headers_->set_headers(extradata());
}

void Bitstream::push(AVPacket* packet) {
  if (!packet) {
    if (filter_) av_bsf_send_packet(filter_.get(), nullptr);
    return;
  }
  change_headers(*packet);
  av_packet_unref(passing_.get());
  if (av_packet_ref(passing_.get(), packet) < 0) throw out_of_memory("a packet");
  has_passing_ = true;
  if (filter_) {
    const int result = av_bsf_send_packet(filter_.get(), packet);
    if (result < 0) throw make_error(result, "The bitstream filter failed");
  } else {
    av_packet_unref(packet);
  }
}

bool Bitstream::pull(AVPacket& out) {
  bool is_refused = false;
  if (!filter_) {
    if (!has_passing_) return false;
    av_packet_move_ref(&out, passing_.get());
  } else {
    const int result = av_bsf_receive_packet(filter_.get(), &out);
    if (result == AVERROR(ENOMEM)) throw out_of_memory("a packet");
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return false;
    if (result < 0) {
      // A damaged packet goes on as it is: the decoder refuses it and reports its time, as it does
      // without the filter.
      if (!has_passing_) return false;
      av_packet_move_ref(&out, passing_.get());
      out.flags |= AV_PKT_FLAG_CORRUPT;
      is_refused = true;
    }
  }
  has_passing_ = false;
  const bool has_headers = filter_ && !is_refused && parameters_->codec_id == AV_CODEC_ID_HEVC;
  if (has_headers && (out.flags & AV_PKT_FLAG_KEY)) settle_headers(out, extradata());
  if (headers_ && !is_refused) headers_->process(out);
  return true;
}

void Bitstream::reset() {
  av_packet_unref(passing_.get());
  has_passing_ = false;
  if (filter_) av_bsf_flush(filter_.get());
}

}  // namespace cuf::libav

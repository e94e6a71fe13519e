#include "libav/decode_statistics.h"

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "libav/decoder_choice.h"
#include "libav/picture.h"

namespace cuf::libav {

// What of libav's export is true, by trial with FFmpeg 5.1.
struct DecodeStatistics::Exporter {
  enum class Motion {
    none,      // VP9 exports none; WMV2 exports vectors of intra blocks, too
    forward,   // those of B pictures are not kept: libav exports zeros
    complete,  // of both lists
  };

  AVCodecID codec;
  Motion motion;
};

namespace {

constexpr int kQuarter = 4;

int16_t to_quarter_samples(int32_t motion, int32_t scale) {
  const int64_t quarters = static_cast<int64_t>(motion) * kQuarter / scale;
  return static_cast<int16_t>(std::clamp<int64_t>(quarters, std::numeric_limits<int16_t>::min(),
                                                  std::numeric_limits<int16_t>::max()));
}

uint32_t blocks_across(int64_t samples) {
  constexpr int64_t kSize = DecodeRecord::kBlockSize;
  return static_cast<uint32_t>((std::max<int64_t>(samples, 0) + kSize - 1) / kSize);
}

uint8_t to_qp(int32_t qp) {
  return static_cast<uint8_t>(std::clamp<int32_t>(qp, 0, std::numeric_limits<uint8_t>::max()));
}

struct BlockRange {
  uint32_t first_column;
  uint32_t end_column;
  uint32_t first_row;
  uint32_t end_row;
};

// The blocks whose upper left sample is in the area.
BlockRange blocks_in(const AVVideoBlockParams& area, const DecodeRecordWriter& record) {
  const int64_t right = static_cast<int64_t>(area.src_x) + area.w;
  const int64_t bottom = static_cast<int64_t>(area.src_y) + area.h;
  return {.first_column = blocks_across(area.src_x),
          .end_column = std::min(blocks_across(right), record.columns()),
          .first_row = blocks_across(area.src_y),
          .end_row = std::min(blocks_across(bottom), record.rows())};
}

// With types: that of blocks without vectors. libav gives PCM macroblocks of H.264 the QP 0 (of the
// deblocking filter), which intra macroblocks can have, too.
void put_block(DecodeRecordWriter& record, const BlockRange& range, uint8_t qp, bool has_types,
               bool may_be_pcm) {
  for (uint32_t row = range.first_row; row < range.end_row; ++row) {
    for (uint32_t column = range.first_column; column < range.end_column; ++column) {
      record.set_qp(column, row, qp);
      if (has_types && !may_be_pcm) record.set_type(column, row, BlockType::intra);
    }
  }
}

void put_parameters(DecodeRecordWriter& record, AVVideoEncParams& parameters, bool has_types) {
  const bool is_h264 = parameters.type == AV_VIDEO_ENC_PARAMS_H264;
  if (parameters.nb_blocks == 0) {
    const BlockRange all = {0, record.columns(), 0, record.rows()};
    put_block(record, all, to_qp(parameters.qp), has_types, false);
  }
  for (unsigned i = 0; i < parameters.nb_blocks; ++i) {
    const AVVideoBlockParams& block = *av_video_enc_params_block(&parameters, i);
    const uint8_t qp = to_qp(parameters.qp + block.delta_qp);
    put_block(record, blocks_in(block, record), qp, has_types, is_h264 && qp == 0);
  }
}

// libav lists the vectors of a block one after the other.
void put_motion(DecodeRecordWriter& record, std::span<const AVMotionVector> vectors,
                bool tells_vectors) {
  for (size_t i = 0; i < vectors.size();) {
    const uint32_t column = static_cast<uint16_t>(vectors[i].dst_x) / DecodeRecord::kBlockSize;
    const uint32_t row = static_cast<uint16_t>(vectors[i].dst_y) / DecodeRecord::kBlockSize;
    BlockMotion lists[2];
    for (; i < vectors.size(); ++i) {
      const AVMotionVector& part = vectors[i];
      if (static_cast<uint16_t>(part.dst_x) / DecodeRecord::kBlockSize != column ||
          static_cast<uint16_t>(part.dst_y) / DecodeRecord::kBlockSize != row) {
        break;
      }
      const int32_t scale = std::max<int32_t>(part.motion_scale, 1);
      lists[part.source > 0].add({.x = to_quarter_samples(part.motion_x, scale),
                                  .y = to_quarter_samples(part.motion_y, scale)},
                                 uint32_t{part.w} * part.h);
    }
    if (column >= record.columns() || row >= record.rows()) continue;
    record.set_type(column, row, tells_vectors ? BlockType::inter : BlockType::unknown);
    if (!tells_vectors) continue;
    const bool may_lack_list = !lists[0].is_empty() && !lists[1].is_empty();
    for (uint32_t list = 0; list < 2; ++list) {
      if (lists[list].is_empty()) continue;
      record.set_vector(column, row, list, lists[list].vector(may_lack_list));
    }
  }
}

// H.264's frames are cropped when they come, to less than the blocks cover; the others' blocks may
// go on below the picture. The decoder's own size may be that of later pictures already.
DecodeRecordWriter record_for(const AVFrame& frame, AVVideoEncParams& parameters) {
  int64_t width = frame.width;
  int64_t height = frame.height;
  if (parameters.type == AV_VIDEO_ENC_PARAMS_H264 && parameters.nb_blocks > 0) {
    const AVVideoBlockParams& last =
        *av_video_enc_params_block(&parameters, parameters.nb_blocks - 1);
    width = int64_t{last.src_x} + last.w;
    height = int64_t{last.src_y} + last.h;
  }
  return DecodeRecordWriter(blocks_across(width), blocks_across(height));
}

std::span<const AVMotionVector> vectors_of(const AVFrameSideData* data) {
  if (!data) return {};
  return {reinterpret_cast<const AVMotionVector*>(data->data), data->size / sizeof(AVMotionVector)};
}

}  // namespace

std::span<const DecodeStatistics::Exporter> DecodeStatistics::exporters() {
  using enum Exporter::Motion;
  static constexpr Exporter kExporters[] = {
      {AV_CODEC_ID_H264, complete},
      {AV_CODEC_ID_MPEG1VIDEO, complete},
      {AV_CODEC_ID_MPEG2VIDEO, complete},
      {AV_CODEC_ID_MPEG4, forward},
      {AV_CODEC_ID_H263, forward},
      {AV_CODEC_ID_FLV1, forward},
      {AV_CODEC_ID_MSMPEG4V2, forward},
      {AV_CODEC_ID_MSMPEG4V3, forward},
      {AV_CODEC_ID_WMV1, forward},
      {AV_CODEC_ID_WMV2, none},
      {AV_CODEC_ID_VP9, none},
  };
  return kExporters;
}

std::vector<std::string> decode_stats_codecs() {
  std::vector<std::string> names;
  for (const auto& exporter : DecodeStatistics::exporters()) {
    if (avcodec_find_decoder(exporter.codec)) names.emplace_back(avcodec_get_name(exporter.codec));
  }
  return names;
}

const DecodeStatistics::Exporter& DecodeStatistics::exporter_of(AVCodecID codec) {
  for (const Exporter& exporter : exporters()) {
    if (exporter.codec == codec) return exporter;
  }
  throw Error(Status::unsupported,
              std::string("libav exports no decode statistics of ") + avcodec_get_name(codec));
}

DecodeStatistics::DecodeStatistics(AVCodecID codec) : exporter_(exporter_of(codec)) {}

// With frame threads libav exports a picture while another thread still decodes it.
void DecodeStatistics::prepare(AVCodecContext& context) {
  context.export_side_data |= AV_CODEC_EXPORT_DATA_VIDEO_ENC_PARAMS | AV_CODEC_EXPORT_DATA_MVS;
  context.thread_type = FF_THREAD_SLICE;
}

void DecodeStatistics::use_headers(std::span<const uint8_t> headers) {
  if (exporter_.codec == AV_CODEC_ID_H264) headers_ = make_h264_header_reader(headers);
}

// Pictures come out later than their packets, so that a stream that had fields is not trusted
// again.
void DecodeStatistics::note_packet(std::span<const uint8_t> payload) {
  if (headers_) may_have_fields_ |= headers_->read(payload).may_have_fields;
}

// The vertical vectors of field blocks are in lines of the field or of the frame; libav does not
// say which. Nor does the frame say that it has field macroblocks where H.264 shows it as
// progressive.
bool DecodeStatistics::tells_vectors(const AVFrame& frame) const {
  const bool is_kept =
      exporter_.motion == Exporter::Motion::complete || frame.pict_type != AV_PICTURE_TYPE_B;
  return is_kept && !frame_is_interlaced(frame) && !may_have_fields_;
}

bool DecodeStatistics::is_told_at_end() const {
  return exporter_.codec != AV_CODEC_ID_MPEG1VIDEO && exporter_.codec != AV_CODEC_ID_MPEG2VIDEO &&
         exporter_.codec != AV_CODEC_ID_MPEG4;
}

std::shared_ptr<const DecodeRecord> DecodeStatistics::take(AVFrame& frame) const {
  std::shared_ptr<const DecodeRecord> result;
  const AVFrameSideData* data = av_frame_get_side_data(&frame, AV_FRAME_DATA_VIDEO_ENC_PARAMS);
  if (data && decode_status(frame) == DecodeStatus::ok) {
    auto& parameters = *reinterpret_cast<AVVideoEncParams*>(data->data);
    DecodeRecordWriter record = record_for(frame, parameters);
    std::span<const AVMotionVector> vectors;
    if (exporter_.motion != Exporter::Motion::none) {
      vectors = vectors_of(av_frame_get_side_data(&frame, AV_FRAME_DATA_MOTION_VECTORS));
    }
    // A picture without one vector may be one whose vectors libav had no memory for.
    const bool has_types = exporter_.motion != Exporter::Motion::none &&
                           (!vectors.empty() || frame.pict_type == AV_PICTURE_TYPE_I);
    put_parameters(record, parameters, has_types);
    put_motion(record, vectors, tells_vectors(frame));
    result = record.finish();
  }
  av_frame_remove_side_data(&frame, AV_FRAME_DATA_VIDEO_ENC_PARAMS);
  av_frame_remove_side_data(&frame, AV_FRAME_DATA_MOTION_VECTORS);
  return result;
}

}  // namespace cuf::libav

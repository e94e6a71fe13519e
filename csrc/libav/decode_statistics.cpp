#include "libav/decode_statistics.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "libav/errors.h"
#include "libav/handles.h"
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

constexpr uint32_t kBlockSize = DecodeRecordWriter::kBlockSize;
constexpr int32_t kQuarter = 4;

// One frame's side data, until its record is made.
struct Exported {
  Owned<AVBufferRef> parameters;
  Owned<AVBufferRef> vectors;  // may be null
  bool has_types = false;      // blocks without vectors are intra
  bool has_vectors = false;    // the others' vectors are true
};

int16_t to_quarter_samples(int32_t motion, int32_t scale) {
  // Not divided, which would take most of the time.
  const int64_t quarters = scale == kQuarter ? motion : int64_t{motion} * kQuarter / scale;
  return static_cast<int16_t>(std::clamp<int64_t>(quarters, std::numeric_limits<int16_t>::min(),
                                                  std::numeric_limits<int16_t>::max()));
}

uint32_t blocks_across(int64_t samples) {
  return static_cast<uint32_t>((std::max<int64_t>(samples, 0) + kBlockSize - 1) / kBlockSize);
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

void put_block(DecodeRecordWriter& record, const BlockRange& range, uint8_t qp, BlockType type) {
  for (uint32_t row = range.first_row; row < range.end_row; ++row) {
    for (uint32_t column = range.first_column; column < range.end_column; ++column) {
      record.set_qp(column, row, qp);
      record.set_type(column, row, type);
    }
  }
}

// With types: those of blocks without vectors. libav gives PCM macroblocks of H.264 the QP 0 (of
// the deblocking filter), which intra macroblocks can have, too.
void put_parameters(DecodeRecordWriter& record, AVVideoEncParams& parameters, bool has_types) {
  const bool is_h264 = parameters.type == AV_VIDEO_ENC_PARAMS_H264;
  const BlockType type = has_types ? BlockType::intra : BlockType::unknown;
  if (parameters.nb_blocks == 0) {
    put_block(record, {0, record.columns(), 0, record.rows()}, to_qp(parameters.qp), type);
  }
  for (unsigned i = 0; i < parameters.nb_blocks; ++i) {
    const AVVideoBlockParams& block = *av_video_enc_params_block(&parameters, i);
    const uint8_t qp = to_qp(parameters.qp + block.delta_qp);
    const bool may_be_pcm = is_h264 && qp == 0;
    put_block(record, blocks_in(block, record), qp, may_be_pcm ? BlockType::unknown : type);
  }
}

struct BlockPlace {
  uint32_t column;
  uint32_t row;
  bool operator==(const BlockPlace&) const = default;
};

BlockPlace place_of(const AVMotionVector& part) {
  return {.column = static_cast<uint16_t>(part.dst_x) / kBlockSize,
          .row = static_cast<uint16_t>(part.dst_y) / kBlockSize};
}

// libav lists the vectors of a block one after the other.
void put_motion(DecodeRecordWriter& record, std::span<const AVMotionVector> vectors,
                bool has_vectors) {
  for (size_t i = 0; i < vectors.size();) {
    const BlockPlace place = place_of(vectors[i]);
    BlockMotion lists[2];
    for (; i < vectors.size() && place_of(vectors[i]) == place; ++i) {
      const AVMotionVector& part = vectors[i];
      const int32_t scale = std::max<int32_t>(part.motion_scale, 1);
      lists[part.source > 0].add({.x = to_quarter_samples(part.motion_x, scale),
                                  .y = to_quarter_samples(part.motion_y, scale)},
                                 uint32_t{part.w} * part.h);
    }
    const auto [column, row] = place;
    if (column >= record.columns() || row >= record.rows()) continue;
    record.set_type(column, row, has_vectors ? BlockType::inter : BlockType::unknown);
    if (!has_vectors) continue;
    const bool may_lack_list = !lists[0].is_empty() && !lists[1].is_empty();
    for (uint32_t list = 0; list < 2; ++list) {
      if (lists[list].is_empty()) continue;
      record.set_vector(column, row, list, lists[list].vector(may_lack_list));
    }
  }
}

AVVideoEncParams& parameters_in(const AVBufferRef& buffer) {
  return *reinterpret_cast<AVVideoEncParams*>(buffer.data);
}

void fill(DecodeRecordWriter& record, const Exported& exported) {
  put_parameters(record, parameters_in(*exported.parameters), exported.has_types);
  if (!exported.vectors) return;
  const std::span vectors(reinterpret_cast<const AVMotionVector*>(exported.vectors->data),
                          exported.vectors->size / sizeof(AVMotionVector));
  put_motion(record, vectors, exported.has_vectors);
}

// H.264's frames are cropped when they come, to less than the blocks cover; the others' blocks may
// go on below the picture. The decoder's own size may be that of later pictures already.
std::pair<uint32_t, uint32_t> grid_of(const AVFrame& frame, AVVideoEncParams& parameters) {
  if (parameters.type != AV_VIDEO_ENC_PARAMS_H264 || parameters.nb_blocks == 0) {
    return {blocks_across(frame.width), blocks_across(frame.height)};
  }
  const AVVideoBlockParams& last =
      *av_video_enc_params_block(&parameters, parameters.nb_blocks - 1);
  return {blocks_across(int64_t{last.src_x} + last.w), blocks_across(int64_t{last.src_y} + last.h)};
}

Owned<AVBufferRef> side_data(const AVFrame& frame, AVFrameSideDataType type) {
  const AVFrameSideData* found = av_frame_get_side_data(&frame, type);
  if (!found) return nullptr;
  return Owned<AVBufferRef>(require(av_buffer_ref(found->buf), "decode statistics"));
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
  Exported exported{.parameters = side_data(frame, AV_FRAME_DATA_VIDEO_ENC_PARAMS),
                    .vectors = side_data(frame, AV_FRAME_DATA_MOTION_VECTORS)};
  av_frame_remove_side_data(&frame, AV_FRAME_DATA_VIDEO_ENC_PARAMS);
  av_frame_remove_side_data(&frame, AV_FRAME_DATA_MOTION_VECTORS);
  if (!exported.parameters || decode_status(frame) != DecodeStatus::ok) return nullptr;
  if (exporter_.motion == Exporter::Motion::none) {
    exported.vectors.reset();
  } else {
    // A picture without one vector may be one whose vectors libav had no memory for.
    exported.has_types = exported.vectors || frame.pict_type == AV_PICTURE_TYPE_I;
    exported.has_vectors = tells_vectors(frame);
  }
  const auto [columns, rows] = grid_of(frame, parameters_in(*exported.parameters));
  return std::make_shared<const DecodeRecord>(
      columns, rows,
      [exported = std::make_shared<const Exported>(std::move(exported))](
          DecodeRecordWriter& record) { fill(record, *exported); });
}

}  // namespace cuf::libav

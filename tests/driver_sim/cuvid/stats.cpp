#include "cuvid/stats.h"

#include <cstring>

extern "C" {
#include <libavutil/motion_vector.h>
#include <libavutil/video_enc_params.h>
}

namespace cufsim {

namespace {

constexpr size_t kHeader = 32;
constexpr size_t kRecord = 12;
constexpr unsigned char kIntra = 0;
constexpr unsigned char kInter = 1;

template <class T>
void put(unsigned char* out, T value) {
  std::memcpy(out, &value, sizeof value);
}

void put_qps(const AVFrame& frame, unsigned across, unsigned down, unsigned char* records) {
  const AVFrameSideData* data = av_frame_get_side_data(&frame, AV_FRAME_DATA_VIDEO_ENC_PARAMS);
  if (data == nullptr) return;
  auto* parameters = reinterpret_cast<AVVideoEncParams*>(data->data);
  for (unsigned i = 0; i < parameters->nb_blocks; i++) {
    const AVVideoBlockParams* block = av_video_enc_params_block(parameters, i);
    const unsigned x = static_cast<unsigned>(block->src_x) / 16;
    const unsigned y = static_cast<unsigned>(block->src_y) / 16;
    if (x >= across || y >= down) continue;
    records[(y * across + x) * kRecord] =
        static_cast<unsigned char>(parameters->qp + block->delta_qp);
  }
}

/** Of a block's vectors the first of each list is given, in quarters of a pixel. */
bool put_vectors(const AVFrame& frame, unsigned across, unsigned down, unsigned char* records) {
  const AVFrameSideData* data = av_frame_get_side_data(&frame, AV_FRAME_DATA_MOTION_VECTORS);
  if (data == nullptr) return false;
  const auto* vectors = reinterpret_cast<const AVMotionVector*>(data->data);
  bool second = false;
  std::vector<bool> has[2] = {std::vector<bool>(across * down), std::vector<bool>(across * down)};
  for (size_t i = 0; i < data->size / sizeof(AVMotionVector); i++) {
    const AVMotionVector& vector = vectors[i];
    const unsigned x = static_cast<unsigned>(vector.dst_x) / 16;
    const unsigned y = static_cast<unsigned>(vector.dst_y) / 16;
    const size_t list = vector.source < 0 ? 0 : 1;
    if (x >= across || y >= down || has[list][y * across + x]) continue;
    has[list][y * across + x] = true;
    second = second || list == 1;
    unsigned char* record = records + (y * across + x) * kRecord;
    record[1] = static_cast<unsigned char>(kInter << 1);
    const int scale = vector.motion_scale > 0 ? vector.motion_scale : 4;
    put<int16_t>(record + 4 + 4 * list, static_cast<int16_t>(vector.motion_x * 4 / scale));
    put<int16_t>(record + 6 + 4 * list, static_cast<int16_t>(vector.motion_y * 4 / scale));
  }
  return second;
}

}  // namespace

bool stats_wanted(const CUVIDDECODECREATEINFO& info) {
  return info.Reserved2[0] == 1;
}

void ask_for_stats(AVCodecContext& context) {
  context.export_side_data |= AV_CODEC_EXPORT_DATA_MVS | AV_CODEC_EXPORT_DATA_VIDEO_ENC_PARAMS;
}

unsigned long long* stats_target(const CUVIDDECODECREATEINFO& info,
                                 const CUVIDPROCPARAMS& parameters) {
  const auto* extension = static_cast<const unsigned char*>(parameters.Reserved2[0]);
  if (!stats_wanted(info) || extension == nullptr) return nullptr;
  unsigned long long* target = nullptr;
  std::memcpy(&target, extension + 128, sizeof target);
  return target;
}

Bytes make_stats(const AVFrame* frame, unsigned width, unsigned height) {
  const unsigned across = (width + 15) / 16;
  const unsigned down = (height + 15) / 16;
  Bytes stats(kHeader + kRecord * across * down);
  put<uint32_t>(stats.data() + 4, across * down);
  if (frame == nullptr) return stats;
  unsigned char* records = stats.data() + kHeader;
  for (unsigned i = 0; i < across * down; i++) {
    records[i * kRecord + 1] = static_cast<unsigned char>(kIntra << 1);
  }
  put_qps(*frame, across, down, records);
  const bool second = put_vectors(*frame, across, down, records);
  stats[0] = static_cast<unsigned char>(second ? 3 : 1);
  return stats;
}

}  // namespace cufsim

// What libav exports with the frames of a clip, on one thread, as it stands there. Prints a line of
// JSON for each frame: {"type": "P", "blocks": [[x, y, w, h, qp], ...], "vectors": [[list, x, y, w,
// h, motion_x, motion_y, scale], ...]}, where x and y of a vector are the middle of its part.
// Usage: decode_stats_tool CLIP
#include <cstdio>
#include <cstdlib>
#include <vector>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/motion_vector.h>
#include <libavutil/video_enc_params.h>
}

namespace {

void require(bool is_good, const char* what) {
  if (is_good) return;
  std::fprintf(stderr, "%s failed\n", what);
  std::exit(1);
}

void print_blocks(const AVFrame& frame) {
  const AVFrameSideData* data = av_frame_get_side_data(&frame, AV_FRAME_DATA_VIDEO_ENC_PARAMS);
  if (!data) return;
  auto* parameters = reinterpret_cast<AVVideoEncParams*>(data->data);
  for (unsigned i = 0; i < parameters->nb_blocks; ++i) {
    const AVVideoBlockParams& block = *av_video_enc_params_block(parameters, i);
    std::printf("%s[%d,%d,%d,%d,%d]", i ? "," : "", block.src_x, block.src_y, block.w, block.h,
                parameters->qp + block.delta_qp);
  }
}

void print_vectors(const AVFrame& frame) {
  const AVFrameSideData* data = av_frame_get_side_data(&frame, AV_FRAME_DATA_MOTION_VECTORS);
  if (!data) return;
  const auto* vectors = reinterpret_cast<const AVMotionVector*>(data->data);
  for (size_t i = 0; i < data->size / sizeof(AVMotionVector); ++i) {
    const AVMotionVector& it = vectors[i];
    std::printf("%s[%d,%d,%d,%d,%d,%d,%d,%d]", i ? "," : "", it.source > 0, it.dst_x, it.dst_y,
                it.w, it.h, it.motion_x, it.motion_y, it.motion_scale);
  }
}

void decode(AVCodecContext& decoder, const AVPacket* packet) {
  require(avcodec_send_packet(&decoder, packet) >= 0, "avcodec_send_packet");
  AVFrame* frame = av_frame_alloc();
  while (avcodec_receive_frame(&decoder, frame) >= 0) {
    std::printf("{\"type\":\"%c\",\"blocks\":[", av_get_picture_type_char(frame->pict_type));
    print_blocks(*frame);
    std::printf("],\"vectors\":[");
    print_vectors(*frame);
    std::printf("]}\n");
  }
  av_frame_free(&frame);
}

}  // namespace

int main(int argc, char** argv) {
  require(argc == 2, "usage: decode_stats_tool CLIP;");
  AVFormatContext* container = nullptr;
  require(avformat_open_input(&container, argv[1], nullptr, nullptr) >= 0, "avformat_open_input");
  require(avformat_find_stream_info(container, nullptr) >= 0, "avformat_find_stream_info");
  const int index = av_find_best_stream(container, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  require(index >= 0, "av_find_best_stream");
  const AVCodecParameters* parameters = container->streams[index]->codecpar;
  const AVCodec* codec = avcodec_find_decoder(parameters->codec_id);
  AVCodecContext* decoder = avcodec_alloc_context3(codec);
  require(avcodec_parameters_to_context(decoder, parameters) >= 0, "parameters");
  decoder->thread_count = 1;
  decoder->export_side_data = AV_CODEC_EXPORT_DATA_MVS | AV_CODEC_EXPORT_DATA_VIDEO_ENC_PARAMS;
  require(avcodec_open2(decoder, codec, nullptr) >= 0, "avcodec_open2");
  AVPacket* packet = av_packet_alloc();
  for (; av_read_frame(container, packet) >= 0; av_packet_unref(packet)) {
    if (packet->stream_index == index) decode(*decoder, packet);
  }
  decode(*decoder, nullptr);
  av_packet_free(&packet);
  avcodec_free_context(&decoder);
  avformat_close_input(&container);
  return 0;
}

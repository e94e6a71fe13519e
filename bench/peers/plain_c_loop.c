// What a C program needs to decode a clip with libav: the floor for every wrapper of it.
// Usage: plain_c_loop CLIP THREADS [slices | stats] (0 = libav's choice); prints {"frames": N,
// "told": M}, where M frames came with side data. slices: without frame threads; stats: as slices,
// with the side data of which cuframe makes decode statistics.
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long told;

static void require(int result, const char* what) {
  if (result >= 0) return;
  fprintf(stderr, "%s: %s\n", what, av_err2str(result));
  exit(1);
}

static long receive(AVCodecContext* decoder, AVFrame* frame) {
  long frames = 0;
  for (;;) {
    const int result = avcodec_receive_frame(decoder, frame);
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return frames;
    require(result, "avcodec_receive_frame");
    told += av_frame_get_side_data(frame, AV_FRAME_DATA_VIDEO_ENC_PARAMS) != NULL;
    frames++;
  }
}

static AVCodecContext* open_decoder(const AVStream* stream, int threads, const char* mode) {
  const AVCodec* codec = avcodec_find_decoder(stream->codecpar->codec_id);
  AVCodecContext* decoder = avcodec_alloc_context3(codec);
  require(avcodec_parameters_to_context(decoder, stream->codecpar), "parameters");
  decoder->pkt_timebase = stream->time_base;
  decoder->thread_count = threads;
  decoder->thread_type = *mode ? FF_THREAD_SLICE : FF_THREAD_FRAME | FF_THREAD_SLICE;
  if (strcmp(mode, "stats") == 0) {
    decoder->export_side_data = AV_CODEC_EXPORT_DATA_VIDEO_ENC_PARAMS | AV_CODEC_EXPORT_DATA_MVS;
  }
  require(avcodec_open2(decoder, codec, NULL), "avcodec_open2");
  return decoder;
}

int main(int argc, char** argv) {
  const char* mode = argc == 4 ? argv[3] : "";
  if (argc < 3 || argc > 4 || (*mode && strcmp(mode, "slices") && strcmp(mode, "stats"))) {
    fprintf(stderr, "usage: plain_c_loop CLIP THREADS [slices | stats]\n");
    return 2;
  }
  AVFormatContext* container = NULL;
  require(avformat_open_input(&container, argv[1], NULL, NULL), argv[1]);
  require(avformat_find_stream_info(container, NULL), "avformat_find_stream_info");
  const int index = av_find_best_stream(container, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
  require(index, "av_find_best_stream");
  AVCodecContext* decoder = open_decoder(container->streams[index], atoi(argv[2]), mode);
  AVPacket* packet = av_packet_alloc();
  AVFrame* frame = av_frame_alloc();
  long frames = 0;
  while (av_read_frame(container, packet) >= 0) {
    if (packet->stream_index == index) {
      require(avcodec_send_packet(decoder, packet), "avcodec_send_packet");
      frames += receive(decoder, frame);
    }
    av_packet_unref(packet);
  }
  require(avcodec_send_packet(decoder, NULL), "avcodec_send_packet");
  frames += receive(decoder, frame);
  av_frame_free(&frame);
  av_packet_free(&packet);
  avcodec_free_context(&decoder);
  avformat_close_input(&container);
  printf("{\"frames\": %ld, \"told\": %ld}\n", frames, told);
  return 0;
}

/*
 * Calls of transcoders. They write into sinks only: no call makes a file.
 */
#ifndef CUFRAME_FUZZ_ABI_TRANSCODER_CALLS_H
#define CUFRAME_FUZZ_ABI_TRANSCODER_CALLS_H

#include "abi_encoder_calls.h"
#include "abi_muxer_calls.h"

/* A transcoder that works, of a source. */
static void make_transcoder(uint32_t device, uint32_t source) {
  const struct CufTranscoderDesc desc = {
      .struct_size = sizeof(desc), .source = source, .on_error = CUF_ON_ERROR_SKIP};
  cuf_transcoder_open(device, &desc, NULL, 0, NULL, 0, NULL, 0, 8, NULL);
}

static int32_t open_transcoder(struct Caller* c) {
  uint32_t count;
  const struct CufEncoderSetting* settings = any_settings(c, &count);
  struct CufTranscoderDesc desc = {.struct_size = sizeof(desc), .source = any_handle(c)};
  if (rnd(c, 2)) {
    desc.on_error = rnd(c, 4);
    desc.width = 2 * rnd(c, 64);
    desc.height = rnd(c, 2) ? 2 * rnd(c, 64) : 0;
    desc.has_format = rnd(c, 3);
    desc.format = rnd(c, 17);
    desc.has_color = rnd(c, 3);
    desc.color.matrix = any_number(c);
    desc.audio = rnd(c, 4);
    desc.threads = any_number(c);
  }
  static const char path[] = "/proc/none/in.mp4";
  const uint32_t length = rnd(c, 4) ? 0 : sizeof(path) - 1;
  return cuf_transcoder_open(any_handle(c), rnd(c, 16) ? &desc : NULL, (const uint8_t*)path, length,
                             settings, count, NULL, rnd(c, 8) ? 0 : 5, any_ticket(c), NULL);
}

static int32_t run_transcoder(struct Caller* c) {
  uint32_t sink = 0;
  make_sink(c, any_handle(c), &sink);
  struct CufMuxerDesc muxer = {.struct_size = sizeof(muxer), .sink = rnd(c, 8) ? sink : 0};
  put_container(muxer.container, c);
  struct CufTranscodeDesc* desc = STRUCT(CufTranscodeDesc);
  if (desc && rnd(c, 4)) {
    memset(desc, 0, sizeof(*desc));
    desc->struct_size = sizeof(*desc);
    desc->first_frame = rnd(c, 8);
    desc->frame_count = rnd(c, 8);
    desc->is_appended = rnd(c, 4) == 0;
    desc->lane = rnd(c, 4);
    desc->lanes = rnd(c, 4);
    desc->wants_progress = rnd(c, 2);
  }
  return cuf_transcoder_run(any_handle(c), desc, rnd(c, 16) ? &muxer : NULL, NULL, 0, NULL, 0,
                            any_ticket(c), OUT(CufError));
}

static int32_t call_transcoder(struct Caller* c) {
  switch (rnd(c, 10)) {
    case 0:
      return open_transcoder(c);
    case 1:
      return cuf_transcoder_info(any_handle(c), OUT(CufTranscoderInfo));
    case 2:
      return cuf_transcoder_stream_info(any_handle(c), OUT(CufDemuxerInfo));
    case 3:
      return cuf_transcoder_settings(any_handle(c), any_records(c),
                                     capacity_of(c, sizeof(struct CufEncoderSetting)));
    case 4:
      return cuf_transcoder_frames(any_handle(c), (double)(int32_t)any_number(c) / 100,
                                   (double)(int32_t)any_number(c), OUT(CufFrameSpan));
    case 5:
      return cuf_transcoder_take(any_handle(c), any_ticket(c), OUT(CufTranscodeResult));
    case 6:
      return cuf_transcoder_finish(any_handle(c), any_ticket(c));
    default:
      return run_transcoder(c);
  }
}

#endif

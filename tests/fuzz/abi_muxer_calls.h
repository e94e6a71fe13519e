/*
 * Calls of sinks and muxers. They write into sinks only: no call makes a file.
 */
#ifndef CUFRAME_FUZZ_ABI_MUXER_CALLS_H
#define CUFRAME_FUZZ_ABI_MUXER_CALLS_H

#include "abi_values.h"

static void put_container(char* out, struct Caller* c) {
  static const char* const names[] = {"mp4", "mov", "mkv",  "webm", "ts", "avi",
                                      "ivf", "obu", "h264", "hevc", "",   "x"};
  const char* name = names[rnd(c, sizeof(names) / sizeof(names[0]))];
  memcpy(out, name, strlen(name) + 1);
}

static int32_t make_sink(struct Caller* c, uint32_t device, uint32_t* out) {
  const struct CufSinkDesc desc = {.struct_size = sizeof(desc),
                                   .kind = rnd(c, 4) ? CUF_SINK_MEMORY : CUF_SINK_STREAM};
  const int32_t result = cuf_sink_create(device, &desc, out, NULL);
  if (result == CUF_OK) note_handle(*out);
  return result;
}

/* A muxer that works. */
static void make_muxer(struct Caller* c, uint32_t device) {
  uint32_t sink = 0;
  if (make_sink(c, device, &sink) != CUF_OK) return;
  struct CufMuxerDesc desc = {.struct_size = sizeof(desc), .sink = sink};
  put_container(desc.container, c);
  cuf_muxer_open(device, &desc, NULL, 0, NULL, 0, 7, NULL);
}

static int32_t open_muxer(struct Caller* c) {
  static const char* const paths[] = {"", "/proc/none/out.mp4", "/dev/null", "/"};
  const char* path = paths[rnd(c, 4)];
  uint32_t length;
  struct CufMuxerDesc* desc = STRUCT(CufMuxerDesc);
  if (desc && desc->struct_size == sizeof(*desc) && rnd(c, 4)) {
    desc->sink = any_handle(c);
    put_container(desc->container, c);
  }
  const uint8_t* metadata = any_bytes(c, &length);
  return cuf_muxer_open(any_handle(c), desc, (const uint8_t*)path, (uint32_t)strlen(path), metadata,
                        rnd(c, 4) ? 0 : length, any_ticket(c), OUT(CufError));
}

static int32_t add_track(struct Caller* c) {
  static const char* const codecs[] = {"h264", "hevc", "av1", "vp9", "mjpeg", "ffv1"};
  uint32_t length;
  struct CufTrackDesc* desc = STRUCT(CufTrackDesc);
  if (desc && desc->struct_size == sizeof(*desc) && rnd(c, 4)) {
    memset(desc, 0, sizeof(*desc));
    desc->struct_size = sizeof(*desc);
    const char* codec = codecs[rnd(c, 6)];
    memcpy(desc->codec, codec, strlen(codec) + 1);
    desc->width = desc->height = 64;
    if (rnd(c, 4) == 0) desc->demuxer = any_handle(c);
    if (rnd(c, 4) == 0) desc->encoder = any_handle(c);
    desc->set_mask = rnd(c, 16);
  }
  const uint8_t* headers = any_bytes(c, &length);
  return cuf_muxer_add_track(any_handle(c), desc, headers, rnd(c, 2) ? 0 : length, OUT(CufError));
}

static int32_t write_packet(struct Caller* c) {
  uint32_t length;
  struct CufPacketInfo* info = STRUCT(CufPacketInfo);
  const uint8_t* data = any_bytes(c, &length);
  if (info && info->struct_size == sizeof(*info) && rnd(c, 4)) {
    info->data_offset = info->extradata_size = info->extradata_offset = 0;
    info->data_size = length;
    info->flags = CUF_PACKET_KEY | CUF_PACKET_HAS_PTS | CUF_PACKET_HAS_DTS;
    info->time_base.num = 1;
    info->time_base.den = 1000;
    info->pts = info->dts = any_number(c);
  }
  return cuf_muxer_write(any_handle(c), rnd(c, 3), info, data, length, any_ticket(c),
                         OUT(CufError));
}

static int32_t call_muxer(struct Caller* c) {
  uint32_t handle = 0;
  uint32_t length;
  switch (rnd(c, 10)) {
    case 0:
      return make_sink(c, any_handle(c), &handle);
    case 1:
      return cuf_sink_take(any_handle(c), rnd(c, 8) ? any_records(c) : NULL, BUFFER_BYTES);
    case 2: {
      const uint8_t* text = any_bytes(c, &length);
      return cuf_sink_fail(any_handle(c), text, length);
    }
    case 3:
      return open_muxer(c);
    case 4:
      return cuf_muxer_info(any_handle(c), OUT(CufMuxerInfo));
    case 5:
      return cuf_muxer_finish(any_handle(c), any_ticket(c));
    case 6:
      return cuf_muxer_end(any_handle(c), any_ticket(c));
    case 7:
    case 8:
      return write_packet(c);
    default:
      return add_track(c);
  }
}

#endif

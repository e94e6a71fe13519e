/*
 * Demuxes and decodes mutated files through the C ABI: every run must end in frames or in a typed
 * error, with no crash, no hang and no handle left open. See harness.h.
 */
#include <stdlib.h>
#include <string.h>

#include "harness.h"

enum { MOST_FRAMES = 200, BATCH = 16, MOST_FAILURES = 50 };

static int64_t take_frames(uint32_t decoder, uint32_t ticket, int64_t count,
                           struct FuzzFeed* feed) {
  static struct CufFrameInfo frames[MOST_FRAMES];
  if (count > MOST_FRAMES) fuzz_fail("more frames than were asked for");
  if (cuf_decoder_take(decoder, ticket, frames, MOST_FRAMES) != count)
    fuzz_fail("frames are missing");
  for (int64_t i = 0; i < count; ++i) fuzz_use_frame(&frames[i], feed);
  return count;
}

static uint32_t make_decoder(uint32_t device, uint32_t demuxer, struct FuzzFeed* feed) {
  struct CufDemuxerInfo info = {.struct_size = sizeof(info)};
  if (cuf_demuxer_info(demuxer, &info) != CUF_OK) fuzz_fail("an open demuxer has no info");
  struct CufDecoderDesc desc = {.struct_size = sizeof(desc)};
  desc.output_color_type = fuzz_random(4);
  desc.on_error = fuzz_random(3);
  desc.width = info.width;
  desc.height = info.height;
  desc.memory_budget_bytes = fuzz_random(4) == 0 ? 1u << (10 + fuzz_random(14)) : 0;
  memcpy(desc.codec, info.codec, sizeof(desc.codec));
  uint8_t* extradata = malloc(info.extradata_size + 1);
  const int32_t extradata_size = cuf_demuxer_extradata(demuxer, extradata, info.extradata_size);
  const uint32_t ticket = fuzz_ticket();
  uint32_t decoder = 0;
  if (cuf_decoder_create(device, &desc, extradata, (uint32_t)extradata_size, ticket, NULL) ==
      CUF_OK) {
    const struct CufCompletion done = fuzz_wait(ticket, feed);
    if (done.status == CUF_OK) decoder = (uint32_t)done.value;
  }
  free(extradata);
  return decoder;
}

static void seek_sometimes(uint32_t demuxer, struct FuzzFeed* feed) {
  if (fuzz_random(4) != 0) return;
  const uint32_t ticket = fuzz_ticket();
  if (cuf_demuxer_seek(demuxer, fuzz_random(4) * 0.1, ticket) == CUF_OK) fuzz_wait(ticket, feed);
}

/* The library's own loop. */
static void read_all(uint32_t decoder, uint32_t demuxer, struct FuzzFeed* feed) {
  int failures = 0;
  int64_t total = 0;
  struct CufCompletion done;
  do {
    const uint32_t ticket = fuzz_ticket();
    cuf_decoder_read(decoder, demuxer, BATCH, 64 << 20, ticket);
    done = fuzz_wait(ticket, feed);
    if (done.status == CUF_OK) total += take_frames(decoder, ticket, done.value, feed);
    failures += done.status != CUF_OK;
    if (fuzz_random(32) == 0) seek_sometimes(demuxer, feed);
  } while (done.extra == 0 && failures < MOST_FAILURES && total < MOST_FRAMES);
}

static void decode_packet(uint32_t decoder, const struct CufPacketInfo* packet, uint8_t* data,
                          uint32_t size, struct FuzzFeed* feed) {
  struct CufPacketInfo info = *packet;
  if (fuzz_random(8) == 0) {
    info.pts = (int64_t)fuzz_random(0) << fuzz_random(32);
    info.time_base.num = (int32_t)fuzz_random(0) >> 1;
    info.flags ^= 1u << fuzz_random(5);
  }
  if (fuzz_random(8) == 0 && info.data_size > 0) {
    data[info.data_offset + fuzz_random(info.data_size)] ^= (uint8_t)fuzz_random(256);
  }
  const uint32_t ticket = fuzz_ticket();
  if (cuf_decoder_decode(decoder, &info, data, size, ticket) != CUF_OK) return;
  const struct CufCompletion done = fuzz_wait(ticket, feed);
  if (done.status == CUF_OK) take_frames(decoder, ticket, done.value, feed);
}

/* The script's loop: packet by packet, some left out, some sent twice. */
static void decode_packets(uint32_t decoder, uint32_t demuxer, struct FuzzFeed* feed) {
  struct CufPacketInfo packets[BATCH];
  for (int round = 0; round < 12; ++round) {
    uint32_t ticket = fuzz_ticket();
    cuf_demuxer_read(demuxer, BATCH, 1 << 20, ticket);
    const struct CufCompletion done = fuzz_wait(ticket, feed);
    if (done.status != CUF_OK || done.value == 0) break;
    const uint32_t size = (uint32_t)done.extra;
    uint8_t* data = malloc(size + 1u);
    const int32_t count = cuf_demuxer_take(demuxer, ticket, packets, BATCH, data, size);
    if (count != done.value) fuzz_fail("packets are missing");
    for (int32_t i = 0; i < count; ++i) {
      const uint32_t times = fuzz_random(16) == 0 ? fuzz_random(3) : 1;
      for (uint32_t k = 0; k < times; ++k) decode_packet(decoder, &packets[i], data, size, feed);
    }
    free(data);
    if (fuzz_random(8) == 0) {
      ticket = fuzz_ticket();
      cuf_decoder_reset(decoder, ticket);
      fuzz_wait(ticket, feed);
    }
  }
  for (int i = 0; i < 2; ++i) {
    const uint32_t ticket = fuzz_ticket();
    cuf_decoder_flush(decoder, ticket);
    const struct CufCompletion done = fuzz_wait(ticket, feed);
    if (done.status == CUF_OK) take_frames(decoder, ticket, done.value, feed);
  }
}

static void run_once(void) {
  const uint32_t device = fuzz_device();
  struct FuzzFeed feed;
  fuzz_open_feed(&feed, fuzz_mutated(), device, -1);
  struct CufDemuxerDesc desc = {.struct_size = sizeof(desc), .source = feed.source};
  desc.bitstream = fuzz_random(4) == 0;
  const uint32_t ticket = fuzz_ticket();
  if (cuf_demuxer_open(device, &desc, NULL, 0, ticket, NULL) != CUF_OK)
    fuzz_fail("open was refused");
  const struct CufCompletion done = fuzz_wait(ticket, &feed);
  if (done.status == CUF_OK) {
    const uint32_t demuxer = (uint32_t)done.value;
    const uint32_t decoder = make_decoder(device, demuxer, &feed);
    if (decoder != 0) {
      seek_sometimes(demuxer, &feed);
      if (fuzz_random(3) == 0) {
        decode_packets(decoder, demuxer, &feed);
      } else {
        read_all(decoder, demuxer, &feed);
      }
      if (cuf_handle_close(decoder) != CUF_OK) fuzz_fail("the decoder cannot be closed");
    }
    if (cuf_handle_close(demuxer) != CUF_OK) fuzz_fail("the demuxer cannot be closed");
  }
  fuzz_close_feed(&feed);
}

int main(int argc, char** argv) {
  return fuzz_main(argc, argv, run_once, true);
}

/*
 * Opens mutated files for random access through the C ABI and asks for frames in every way: each
 * call must end in frames or in a typed error. See harness.h.
 */
#include <stdlib.h>
#include <string.h>

#include "harness.h"

enum { MOST_FRAMES = 24, CALLS = 6, MOST_ENTRIES = 64 };

static void take_frames(uint32_t sampler, uint32_t ticket, int64_t count, struct FuzzFeed* feed) {
  static struct CufFrameInfo frames[MOST_FRAMES];
  if (count > MOST_FRAMES) fuzz_fail("more frames than were asked for");
  if (cuf_sampler_take(sampler, ticket, frames, MOST_FRAMES) != count)
    fuzz_fail("frames are missing");
  for (int64_t i = 0; i < count; ++i) fuzz_use_frame(&frames[i], feed);
}

/* Mostly frames that exist. */
static uint32_t choose_frames(uint32_t* frames, uint32_t frame_count) {
  const uint32_t count = fuzz_random(MOST_FRAMES);
  for (uint32_t i = 0; i < count; ++i) {
    frames[i] = fuzz_random(64) == 0 ? fuzz_random(0) : fuzz_random(frame_count);
  }
  return count;
}

static void read_frames(uint32_t sampler, uint32_t frame_count, struct FuzzFeed* feed) {
  uint32_t frames[MOST_FRAMES];
  const uint32_t count = choose_frames(frames, frame_count);
  const uint32_t ticket = fuzz_ticket();
  if (cuf_sampler_read(sampler, frames, count, ticket, NULL) != CUF_OK) return;
  const struct CufCompletion done = fuzz_wait(ticket, feed);
  if (done.status != CUF_OK) return;
  if (done.value != (int64_t)count) fuzz_fail("not as many frames as were asked for");
  take_frames(sampler, ticket, done.value, feed);
}

static void read_tensor(uint32_t sampler, uint32_t frame_count, struct FuzzFeed* feed) {
  uint32_t frames[MOST_FRAMES];
  const uint32_t count = choose_frames(frames, frame_count);
  const struct CufConvertDesc desc = {.struct_size = sizeof(desc),
                                      .layout = fuzz_random(2),
                                      .dtype = fuzz_random(4),
                                      .width = fuzz_random(2) * 32,
                                      .height = 32};
  const uint32_t ticket = fuzz_ticket();
  if (cuf_sampler_read_tensor(sampler, frames, count, &desc, ticket, NULL) != CUF_OK) return;
  const struct CufCompletion done = fuzz_wait(ticket, feed);
  if (done.status == CUF_OK) cuf_handle_close((uint32_t)done.value);
}

static void read_in_order(uint32_t sampler, uint32_t frame_count, struct FuzzFeed* feed) {
  const uint32_t first = fuzz_random(frame_count);
  const uint32_t step = 1 + fuzz_random(4);
  const uint32_t count = (frame_count - first + step - 1) / step;
  if (cuf_sampler_start(sampler, first, count, step, NULL) != CUF_OK)
    fuzz_fail("a range that exists is refused");
  for (int failures = 0; failures < 8;) {
    const uint32_t ticket = fuzz_ticket();
    const uint32_t most = 1 + fuzz_random(8);
    if (cuf_sampler_next(sampler, most, ticket) != CUF_OK) return;
    const struct CufCompletion done = fuzz_wait(ticket, feed);
    failures += done.status != CUF_OK;
    if (done.status != CUF_OK) continue;
    if (done.value == 0) return;
    take_frames(sampler, ticket, done.value, feed);
    if (fuzz_random(8) == 0) return; /* leaves it running */
  }
}

static void look_around(uint32_t sampler, uint32_t frame_count, struct FuzzFeed* feed) {
  static struct CufIndexEntry entries[MOST_ENTRIES];
  struct CufFrameTime time = {.struct_size = sizeof(time)};
  cuf_sampler_frame_time(sampler, fuzz_random(frame_count + 2), &time);
  const int32_t frame = cuf_sampler_frame_at(sampler, fuzz_random(1000) * 0.001);
  if (frame >= 0 && (uint32_t)frame >= frame_count) fuzz_fail("a time has a frame that is none");
  if (fuzz_random(4) == 0) {
    const uint32_t ticket = fuzz_ticket();
    if (cuf_sampler_scan(sampler, ticket) == CUF_OK) fuzz_wait(ticket, feed);
  }
  cuf_sampler_index(sampler, fuzz_random(8), entries, MOST_ENTRIES);
  struct CufDemuxerInfo info = {.struct_size = sizeof(info)};
  if (cuf_sampler_stream_info(sampler, &info) != CUF_OK) fuzz_fail("a video has no description");
}

static void use_sampler(uint32_t sampler, struct FuzzFeed* feed) {
  struct CufSamplerInfo info = {.struct_size = sizeof(info)};
  if (cuf_sampler_info(sampler, &info) != CUF_OK) fuzz_fail("an open video has no info");
  if (info.frame_count == 0) return;
  for (int i = 0; i < CALLS; ++i) {
    switch (fuzz_random(4)) {
      case 0:
        read_frames(sampler, info.frame_count, feed);
        break;
      case 1:
        read_tensor(sampler, info.frame_count, feed);
        break;
      case 2:
        read_in_order(sampler, info.frame_count, feed);
        break;
      default:
        look_around(sampler, info.frame_count, feed);
        break;
    }
  }
}

static void run_once(void) {
  const uint32_t device = fuzz_device();
  struct FuzzFeed feed;
  const int kind = fuzz_random(2) ? CUF_SOURCE_MEMORY : CUF_SOURCE_SEEKABLE;
  fuzz_open_feed(&feed, fuzz_mutated(), device, kind);
  const struct CufSamplerDesc desc = {.struct_size = sizeof(desc),
                                      .source = feed.source,
                                      .output_color_type = fuzz_random(4),
                                      .on_error = fuzz_random(3),
                                      .engines = 1 + fuzz_random(3),
                                      .decoder_cache_size = 1 + fuzz_random(3),
                                      .buffer_frames = fuzz_random(2) * (1 + fuzz_random(8)),
                                      .buffer_bytes = fuzz_random(2) * fuzz_random(0),
                                      .wants_progress = fuzz_random(2),
                                      .is_index_approximate = fuzz_random(2)};
  const uint32_t ticket = fuzz_ticket();
  if (cuf_sampler_open(device, &desc, NULL, 0, ticket, NULL) != CUF_OK)
    fuzz_fail("open was refused");
  const struct CufCompletion done = fuzz_wait(ticket, &feed);
  if (done.status == CUF_OK) {
    use_sampler((uint32_t)done.value, &feed);
    if (cuf_handle_close((uint32_t)done.value) != CUF_OK) fuzz_fail("the video cannot be closed");
  }
  fuzz_close_feed(&feed);
}

int main(int argc, char** argv) {
  return fuzz_main(argc, argv, run_once, true);
}

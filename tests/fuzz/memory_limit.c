/*
 * Opens, decodes, samples, converts and closes each file once, to be run under a limit of memory
 * (`ulimit -v`): whatever fails must fail with CUF_OUT_OF_MEMORY.
 *
 *   memory_limit FILE...
 *
 * The last line is "N done, M out of memory"; any other failure, or a call that never ends, is an
 * error of the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cuframe.h"

enum { BATCH = 8, SECONDS = 60 };

static uint32_t queue;
static uint32_t last_ticket;
static int done_count;
static int short_count;

static void stop(const char* what, const char* why, int32_t status) {
  fprintf(stderr, "memory_limit: %s ended with %d: %s\n", what, status, why);
  exit(1);
}

/* Counts a result: true if the call did its work. */
static int is_done(const char* what, int32_t status, const char* why) {
  if (status >= 0) {
    ++done_count;
    return 1;
  }
  if (status != CUF_OUT_OF_MEMORY) stop(what, why, status);
  ++short_count;
  return 0;
}

/* What became of the last ticket, if its call began; value -1: memory was short. */
static struct CufCompletion finish(const char* what, int32_t started,
                                   const struct CufError* error) {
  struct CufCompletion record = {.value = -1};
  if (started < 0) {
    is_done(what, started, error->message);
    return record;
  }
  for (;;) {
    const int32_t count = cuf_queue_poll(queue, &record, 1);
    if (count < 0) stop(what, "the queue failed", count);
    if (count == 0) cuf_queue_wait(queue);
    if (count == 1 && record.ticket == last_ticket) break;
  }
  struct CufError failure = {.struct_size = sizeof(failure)};
  if (record.status < 0) cuf_queue_error(queue, last_ticket, &failure);
  if (!is_done(what, record.status, failure.message)) record.value = -1;
  return record;
}

#define FINISH(what, call) finish(what, call, &error)

static void close_all(const struct CufFrameInfo* frames, int32_t count) {
  for (int32_t i = 0; i < count; ++i) {
    if (cuf_handle_close(frames[i].frame) != CUF_OK) stop("closing a frame", "it failed", -1);
  }
}

static void convert(uint32_t frame) {
  struct CufError error = {.struct_size = sizeof(error)};
  const struct CufConvertDesc desc = {
      .struct_size = sizeof(desc), .layout = CUF_LAYOUT_CHW, .dtype = CUF_DTYPE_FLOAT32};
  const struct CufCompletion tensor =
      FINISH("converting", cuf_frame_convert(frame, &desc, ++last_ticket, &error));
  if (tensor.value > 0) cuf_handle_close((uint32_t)tensor.value);
}

static void decode(uint32_t device, uint32_t demuxer) {
  static struct CufFrameInfo frames[BATCH];
  struct CufError error = {.struct_size = sizeof(error)};
  struct CufDemuxerInfo info = {.struct_size = sizeof(info)};
  if (!is_done("describing", cuf_demuxer_info(demuxer, &info), "")) return;
  struct CufDecoderDesc desc = {.struct_size = sizeof(desc)};
  memcpy(desc.codec, info.codec, sizeof(desc.codec));
  const struct CufCompletion made =
      FINISH("making a decoder", cuf_decoder_create(device, &desc, NULL, 0, ++last_ticket, &error));
  if (made.value < 0) return;
  const uint32_t decoder = (uint32_t)made.value;
  for (int failures = 0; failures < 3;) {
    const struct CufCompletion read =
        FINISH("decoding", cuf_decoder_read(decoder, demuxer, BATCH, 16 << 20, ++last_ticket));
    if (read.value < 0) {
      ++failures;
      continue;
    }
    const int32_t count = cuf_decoder_take(decoder, last_ticket, frames, BATCH);
    if (is_done("taking frames", count, "") && count > 0) {
      convert(frames[0].frame);
      close_all(frames, count);
    }
    if (read.extra == 1) break;
  }
  cuf_handle_close(decoder);
}

static void sample(uint32_t device, const char* path) {
  static struct CufFrameInfo frames[BATCH];
  static const uint32_t wanted[] = {7, 0, 3, 3};
  struct CufError error = {.struct_size = sizeof(error)};
  const struct CufSamplerDesc desc = {
      .struct_size = sizeof(desc), .output_color_type = CUF_COLOR_RGB, .engines = 2};
  const struct CufCompletion opened = FINISH(
      "opening for random access", cuf_sampler_open(device, &desc, (const uint8_t*)path,
                                                    (uint32_t)strlen(path), ++last_ticket, &error));
  if (opened.value < 0) return;
  const uint32_t sampler = (uint32_t)opened.value;
  struct CufCompletion read =
      FINISH("reading by index", cuf_sampler_read(sampler, wanted, 4, ++last_ticket, &error));
  if (read.value > 0) {
    const int32_t count = cuf_sampler_take(sampler, last_ticket, frames, BATCH);
    if (is_done("taking frames", count, "")) close_all(frames, count);
  }
  struct CufConvertDesc tensor = {.struct_size = sizeof(tensor), .dtype = CUF_DTYPE_FLOAT32};
  read = FINISH("reading a tensor",
                cuf_sampler_read_tensor(sampler, wanted, 4, &tensor, ++last_ticket, &error));
  if (read.value > 0) cuf_handle_close((uint32_t)read.value);
  if (is_done("decoding ahead", cuf_sampler_start(sampler, 0, 8, 1, &error), error.message)) {
    for (int failures = 0; failures < 3;) {
      read = FINISH("reading on", cuf_sampler_next(sampler, 3, ++last_ticket));
      failures += read.value < 0;
      if (read.value == 0) break;
      if (read.value < 0) continue;
      const int32_t count = cuf_sampler_take(sampler, last_ticket, frames, BATCH);
      if (is_done("taking frames", count, "")) close_all(frames, count);
    }
  }
  cuf_handle_close(sampler);
}

static void use_file(uint32_t device, const char* path) {
  struct CufError error = {.struct_size = sizeof(error)};
  const struct CufDemuxerDesc desc = {.struct_size = sizeof(desc)};
  const struct CufCompletion opened =
      FINISH("opening", cuf_demuxer_open(device, &desc, (const uint8_t*)path,
                                         (uint32_t)strlen(path), ++last_ticket, &error));
  if (opened.value >= 0) {
    decode(device, (uint32_t)opened.value);
    cuf_handle_close((uint32_t)opened.value);
  }
  sample(device, path);
}

int main(int argc, char** argv) {
  alarm(SECONDS);
  const char* level = getenv("LOGGER_LEVEL");
  if (level) cuf_log_configure((const uint8_t*)level, (uint32_t)strlen(level));
  struct CufError error = {.struct_size = sizeof(error)};
  if (is_done("making a queue", cuf_queue_create(&queue, &error), error.message)) {
    const struct CufDeviceDesc desc = {.struct_size = sizeof(desc), .threads = 2};
    const struct CufCompletion device =
        FINISH("making a device", cuf_device_create(queue, &desc, ++last_ticket, &error));
    for (int i = 1; i < argc && device.value >= 0; ++i) use_file((uint32_t)device.value, argv[i]);
    if (cuf_handle_close(queue) != CUF_OK) stop("closing the queue", "it failed", -1);
  }
  printf("%d done, %d out of memory\n", done_count, short_count);
  return 0;
}

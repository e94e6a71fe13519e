/*
 * Demuxes and decodes mutated files through the C ABI: every run must end in frames or in a typed
 * error, with no crash, no hang and no handle left open.
 *
 *   decode_fuzz SEED_FILE... [--runs N] [--seed S]
 *
 * A failing run is repeated by `--runs 1 --seed S` with the S that was printed and the same files.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cuframe.h"

enum { MOST_FILES = 64, MOST_FRAMES = 200, SECONDS_FOR_A_RUN = 60, EVENT_TICKET = 1 };

struct Bytes {
  uint8_t* data;
  uint32_t size;
};

static struct Bytes files[MOST_FILES];
static int file_count;
static uint64_t random_state;
static unsigned long current_seed;
static uint32_t queue_handle;
static uint32_t last_ticket = EVENT_TICKET;

static uint32_t next_random(uint32_t below) {
  random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
  return below == 0 ? 0 : (uint32_t)(random_state >> 33) % below;
}

static void fail(const char* what) {
  fprintf(stderr, "decode_fuzz: %s (seed %lu)\n", what, current_seed);
  abort();
}

static void on_alarm(int signal_number) {
  (void)signal_number;
  static const char text[] = "decode_fuzz: a run hangs; the seed is the last one printed\n";
  if (write(2, text, sizeof(text) - 1) < 0) _exit(3);
  _exit(2);
}

static struct Bytes read_file(const char* path) {
  FILE* file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(1);
  }
  fseek(file, 0, SEEK_END);
  struct Bytes bytes = {.size = (uint32_t)ftell(file)};
  rewind(file);
  bytes.data = malloc(bytes.size + 1);
  if (!bytes.data || fread(bytes.data, 1, bytes.size, file) != bytes.size) exit(1);
  fclose(file);
  return bytes;
}

static struct Bytes mutated(const struct Bytes* seed) {
  struct Bytes out = {.size = seed->size};
  out.data = malloc(seed->size + 1);
  memcpy(out.data, seed->data, seed->size);
  if (out.size == 0) return out;
  const uint32_t edits = 1 + next_random(24);
  /* Half of the edits hit the first 4 KiB, where containers keep what steers a parser. */
  for (uint32_t i = 0; i < edits; ++i) {
    const uint32_t span = next_random(2) && out.size > 4096 ? 4096 : out.size;
    const uint32_t at = next_random(span);
    const uint32_t length = 1 + next_random(out.size - at < 16 ? out.size - at : 16);
    switch (next_random(4)) {
      case 0:
        out.data[at] ^= (uint8_t)(1u << next_random(8));
        break;
      case 1:
        for (uint32_t k = 0; k < length; ++k) out.data[at + k] = (uint8_t)next_random(256);
        break;
      case 2:
        memset(out.data + at, next_random(2) ? 0xFF : 0, length);
        break;
      default:
        memmove(out.data + at, out.data + next_random(out.size - length + 1), length);
        break;
    }
  }
  if (next_random(8) == 0) out.size = next_random(out.size);
  return out;
}

/* Waits for the ticket; a stream source's wish for more bytes is answered meanwhile. */
static struct CufCompletion wait_for(uint32_t ticket, uint32_t source, const struct Bytes* rest,
                                     uint32_t* written) {
  for (;;) {
    struct CufCompletion record;
    if (cuf_queue_poll(queue_handle, &record, 1) == 0) {
      cuf_queue_wait(queue_handle);
      continue;
    }
    if (record.ticket == ticket) return record;
    if (record.ticket == EVENT_TICKET && record.kind == CUF_COMPLETION_SOURCE_SPACE) {
      const int32_t taken = cuf_source_write(source, rest->data + *written, rest->size - *written);
      if (taken > 0) *written += (uint32_t)taken;
      if (*written == rest->size) cuf_source_finish(source);
    }
  }
}

static void take_frames(uint32_t decoder, uint32_t ticket, int64_t count) {
  static struct CufFrameInfo frames[MOST_FRAMES];
  if (count > MOST_FRAMES) fail("more frames than were asked for");
  if (cuf_decoder_take(decoder, ticket, frames, MOST_FRAMES) != count) fail("frames are missing");
  for (int64_t i = 0; i < count; ++i) {
    if (frames[i].width == 0 || frames[i].height == 0) fail("a frame without a size");
    volatile uint8_t last = 0;
    for (uint32_t p = 0; p < frames[i].plane_count; ++p) {
      const struct CufPlane* plane = &frames[i].planes[p];
      const uint8_t* data = (const uint8_t*)(uintptr_t)plane->address;
      if (plane->rows == 0) continue;
      last = data[(int64_t)(plane->rows - 1) * plane->stride_bytes + plane->row_bytes - 1];
    }
    (void)last;
    if (cuf_handle_close(frames[i].frame) != CUF_OK) fail("a frame cannot be closed");
  }
}

static void decode_all(uint32_t device, uint32_t demuxer, uint32_t source,
                       const struct Bytes* bytes, uint32_t* written) {
  struct CufDemuxerInfo info = {.struct_size = sizeof(info)};
  if (cuf_demuxer_info(demuxer, &info) != CUF_OK) fail("an open demuxer has no info");
  struct CufDecoderDesc desc = {.struct_size = sizeof(desc)};
  desc.output_color_type = next_random(4);
  desc.on_error = next_random(3);
  desc.width = info.width;
  desc.height = info.height;
  memcpy(desc.codec, info.codec, sizeof(desc.codec));
  uint8_t* extradata = malloc(info.extradata_size + 1);
  const int32_t extradata_size = cuf_demuxer_extradata(demuxer, extradata, info.extradata_size);
  uint32_t ticket = ++last_ticket;
  struct CufCompletion done = {.status = CUF_INTERNAL};
  if (cuf_decoder_create(device, &desc, extradata, (uint32_t)extradata_size, ticket, NULL) ==
      CUF_OK) {
    done = wait_for(ticket, source, bytes, written);
  }
  free(extradata);
  if (done.status != CUF_OK) return;
  const uint32_t decoder = (uint32_t)done.value;
  if (next_random(4) == 0) {
    ticket = ++last_ticket;
    cuf_demuxer_seek(demuxer, next_random(4), ticket);
    wait_for(ticket, source, bytes, written);
  }
  int failures = 0;
  int64_t total = 0;
  do {
    ticket = ++last_ticket;
    cuf_decoder_read(decoder, demuxer, 16, 64 << 20, ticket);
    done = wait_for(ticket, source, bytes, written);
    if (done.status == CUF_OK) take_frames(decoder, ticket, done.value);
    if (done.status == CUF_INTERNAL) fail("an internal error");
    if (done.status == CUF_OK) total += done.value;
    failures += done.status != CUF_OK;
  } while (done.extra == 0 && failures < 50 && total < MOST_FRAMES);
  if (cuf_handle_close(decoder) != CUF_OK) fail("the decoder cannot be closed");
}

static void run_once(uint32_t device) {
  struct Bytes bytes = mutated(&files[next_random((uint32_t)file_count)]);
  struct CufSourceDesc source_desc = {
      .struct_size = sizeof(source_desc),
      .kind = next_random(2) ? CUF_SOURCE_MEMORY : CUF_SOURCE_STREAM,
      .size_bytes = bytes.size,
      .event_ticket = EVENT_TICKET};
  uint32_t source = 0;
  if (cuf_source_create(device, &source_desc, &source, NULL) != CUF_OK) fail("no source");
  uint32_t written = (uint32_t)cuf_source_write(source, bytes.data, bytes.size);
  if (written == bytes.size) cuf_source_finish(source);
  struct CufDemuxerDesc desc = {.struct_size = sizeof(desc), .source = source};
  desc.bitstream = next_random(4) == 0;
  const uint32_t ticket = ++last_ticket;
  if (cuf_demuxer_open(device, &desc, NULL, 0, ticket, NULL) != CUF_OK) fail("open was refused");
  const struct CufCompletion done = wait_for(ticket, source, &bytes, &written);
  if (done.status == CUF_INTERNAL) fail("an internal error at open");
  if (done.status == CUF_OK) {
    decode_all(device, (uint32_t)done.value, source, &bytes, &written);
    if (cuf_handle_close((uint32_t)done.value) != CUF_OK) fail("the demuxer cannot be closed");
  } else {
    struct CufError error = {.struct_size = sizeof(error)};
    if (cuf_queue_error(queue_handle, ticket, &error) != CUF_OK) fail("an error without a text");
    if (error.message[0] == 0) fail("an empty error text");
  }
  if (cuf_handle_close(source) != CUF_OK) fail("the source cannot be closed");
  free(bytes.data);
}

int main(int argc, char** argv) {
  unsigned long runs = 200, seed = 1;
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc) {
      runs = strtoul(argv[++i], NULL, 10);
    } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
      seed = strtoul(argv[++i], NULL, 10);
    } else if (file_count < MOST_FILES) {
      files[file_count++] = read_file(argv[i]);
    }
  }
  if (file_count == 0) {
    fprintf(stderr, "decode_fuzz: name at least one seed file\n");
    return 1;
  }
  signal(SIGALRM, on_alarm);
  struct CufDeviceDesc desc = {.struct_size = sizeof(desc), .threads = 2};
  if (cuf_queue_create(&queue_handle, NULL) != CUF_OK) return 1;
  const uint32_t ticket = ++last_ticket;
  if (cuf_device_create(queue_handle, &desc, ticket, NULL) != CUF_OK) return 1;
  const uint32_t device = (uint32_t)wait_for(ticket, 0, NULL, NULL).value;
  for (unsigned long run = 0; run < runs; ++run) {
    current_seed = seed + run;
    random_state = current_seed * 0x9E3779B97F4A7C15ull + 1;
    if (run % 100 == 0) fprintf(stderr, "decode_fuzz: seed %lu\n", current_seed);
    alarm(SECONDS_FOR_A_RUN);
    run_once(device);
  }
  alarm(0);
  struct CufDeviceStats stats = {.struct_size = sizeof(stats)};
  if (cuf_device_stats(device, &stats) != CUF_OK || stats.live_handles != 0)
    fail("handles are left open");
  printf("%lu passed, 0 failed\n", runs);
  return 0;
}

#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  MOST_FILES = 64,
  SECONDS_OF_A_TICK = 5,
  TICKS_FOR_A_RUN = 12,
  EVENT_TICKET = 1,
  DEVICES = 2
};

static const uint64_t budgets[DEVICES] = {0, 16 << 20};

static struct FuzzBytes files[MOST_FILES];
static uint32_t file_count;
static uint64_t random_state;
static unsigned long current_seed;
static volatile sig_atomic_t ticks;
static uint32_t queue;
static uint32_t devices[DEVICES];
static uint32_t last_ticket = EVENT_TICKET;

uint32_t fuzz_random(uint32_t below) {
  random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
  const uint32_t number = (uint32_t)(random_state >> 32);
  return below == 0 ? number : number % below;
}

void fuzz_fail(const char* what) {
  fprintf(stderr, "fuzz: %s (seed %lu)\n", what, current_seed);
  abort();
}

const struct FuzzBytes* fuzz_file(uint32_t number) {
  return number < file_count ? &files[number] : NULL;
}

uint32_t fuzz_queue(void) {
  return queue;
}

uint32_t fuzz_ticket(void) {
  if (++last_ticket == 0) last_ticket = EVENT_TICKET + 1;
  return last_ticket;
}

uint32_t fuzz_device(void) {
  return devices[fuzz_random(4) == 0];
}

/* Ticks, since a process that is stopped for a while hears of one alarm at most. */
static void on_alarm(int signal_number) {
  (void)signal_number;
  alarm(SECONDS_OF_A_TICK);
  if (++ticks < TICKS_FOR_A_RUN) return;
  char text[] = "fuzz: a run hangs, seed 00000000000\n";
  unsigned long seed = current_seed;
  for (size_t i = sizeof(text) - 3; seed > 0 && i > 23; --i, seed /= 10) {
    text[i] = (char)('0' + seed % 10);
  }
  if (write(2, text, sizeof(text) - 1) < 0) _exit(3);
  _exit(2);
}

static struct FuzzBytes read_file(const char* path) {
  FILE* file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(1);
  }
  fseek(file, 0, SEEK_END);
  struct FuzzBytes bytes = {.size = (uint32_t)ftell(file)};
  rewind(file);
  bytes.data = malloc(bytes.size + 1);
  if (!bytes.data || fread(bytes.data, 1, bytes.size, file) != bytes.size) exit(1);
  fclose(file);
  return bytes;
}

static void put_number(uint8_t* out, uint32_t bytes, uint32_t value) {
  for (uint32_t i = 0; i < bytes; ++i) out[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

/* Sizes, counts and offsets at the edges of their types. */
static uint32_t interesting_number(void) {
  static const uint32_t numbers[] = {0,          1,          0x7F,       0x80,       0xFF,
                                     0x100,      0x3FFF,     0x4000,     0x7FFF,     0x8000,
                                     0xFFFF,     0x10000,    0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
                                     0xFFFFFFFE, 0x00FFFFFF, 0x01000000};
  return numbers[fuzz_random(sizeof(numbers) / sizeof(numbers[0]))];
}

static void edit(struct FuzzBytes* out) {
  /* Half of the edits hit the first 4 KiB, where containers keep what steers a parser. */
  const uint32_t span = fuzz_random(2) && out->size > 4096 ? 4096 : out->size;
  const uint32_t at = fuzz_random(span);
  const uint32_t rest = out->size - at;
  const uint32_t length = 1 + fuzz_random(rest < 16 ? rest : 16);
  switch (fuzz_random(6)) {
    case 0:
      out->data[at] ^= (uint8_t)(1u << fuzz_random(8));
      break;
    case 1:
      for (uint32_t k = 0; k < length; ++k) out->data[at + k] = (uint8_t)fuzz_random(256);
      break;
    case 2:
      memset(out->data + at, fuzz_random(2) ? 0xFF : 0, length);
      break;
    case 3:
      put_number(out->data + at, length < 4 ? length : 4, interesting_number());
      break;
    case 4: { /* drops a piece: what follows moves up */
      memmove(out->data + at, out->data + at + length, rest - length);
      out->size -= length;
      break;
    }
    default:
      memmove(out->data + at, out->data + fuzz_random(out->size - length + 1), length);
      break;
  }
}

struct FuzzBytes fuzz_mutated(void) {
  const struct FuzzBytes* seed = &files[fuzz_random(file_count)];
  struct FuzzBytes out = {.size = seed->size};
  out.data = malloc(seed->size + 1);
  if (!out.data) exit(1);
  memcpy(out.data, seed->data, seed->size);
  const uint32_t edits = fuzz_random(24);
  for (uint32_t i = 0; i < edits && out.size > 32; ++i) edit(&out);
  if (fuzz_random(8) == 0) out.size = fuzz_random(out.size + 1);
  return out;
}

void fuzz_open_feed(struct FuzzFeed* feed, struct FuzzBytes bytes, uint32_t device, int kind) {
  feed->kind = kind >= 0 ? (uint32_t)kind : fuzz_random(3);
  feed->bytes = bytes;
  feed->written = 0;
  feed->is_faulty = fuzz_random(8) == 0;
  struct CufSourceDesc desc = {.struct_size = sizeof(desc),
                               .kind = feed->kind,
                               .size_bytes = bytes.size,
                               .event_ticket = EVENT_TICKET};
  if (cuf_source_create(device, &desc, &feed->source, NULL) != CUF_OK) fuzz_fail("no source");
  if (feed->kind == CUF_SOURCE_SEEKABLE) return;
  const int32_t taken = cuf_source_write(feed->source, bytes.data, bytes.size);
  if (taken < 0) fuzz_fail("a new source takes nothing");
  feed->written = (uint32_t)taken;
  if (feed->written == bytes.size) cuf_source_finish(feed->source);
}

void fuzz_close_feed(struct FuzzFeed* feed) {
  if (cuf_handle_close(feed->source) != CUF_OK) fuzz_fail("the source cannot be closed");
  free(feed->bytes.data);
}

static bool inject_fault(const struct FuzzFeed* feed) {
  static const uint8_t text[] = "a fault on purpose";
  if (!feed->is_faulty || fuzz_random(4) != 0) return false;
  if (fuzz_random(2)) {
    cuf_source_fail(feed->source, text, sizeof(text) - 1);
  } else {
    cuf_source_finish(feed->source);
  }
  return true;
}

static void answer(struct FuzzFeed* feed, const struct CufCompletion* event) {
  if (feed->kind == CUF_SOURCE_STREAM && event->kind == CUF_COMPLETION_SOURCE_SPACE) {
    if (inject_fault(feed)) return;
    const int32_t taken = cuf_source_write(feed->source, feed->bytes.data + feed->written,
                                           feed->bytes.size - feed->written);
    if (taken > 0) feed->written += (uint32_t)taken;
    if (feed->written == feed->bytes.size) cuf_source_finish(feed->source);
  } else if (feed->kind == CUF_SOURCE_SEEKABLE && event->kind == CUF_COMPLETION_SOURCE_READ) {
    if (inject_fault(feed)) return;
    const uint64_t from = (uint64_t)event->value;
    uint64_t length = from < feed->bytes.size ? feed->bytes.size - from : 0;
    if (length > (uint64_t)event->extra) length = (uint64_t)event->extra;
    const uint8_t* data = length > 0 ? feed->bytes.data + from : NULL;
    cuf_source_write(feed->source, data, (uint32_t)length);
    if (length < (uint64_t)event->extra) cuf_source_finish(feed->source);
  }
}

struct CufCompletion fuzz_wait(uint32_t ticket, struct FuzzFeed* feed) {
  for (;;) {
    struct CufCompletion record;
    if (cuf_queue_poll(queue, &record, 1) == 0) {
      cuf_queue_wait(queue);
      continue;
    }
    if (feed && record.ticket == EVENT_TICKET) answer(feed, &record);
    if (record.ticket != ticket || record.kind != CUF_COMPLETION_DONE) continue;
    if (record.status == CUF_OK) return record;
    struct CufError error = {.struct_size = sizeof(error)};
    if (cuf_queue_error(queue, ticket, &error) != CUF_OK) fuzz_fail("an error without a text");
    if (error.message[0] == 0 || error.status != record.status) fuzz_fail("an empty error");
    if (record.status == CUF_INTERNAL) fuzz_fail(error.message);
    return record;
  }
}

static void convert(uint32_t frame, struct FuzzFeed* feed) {
  struct CufConvertDesc desc = {.struct_size = sizeof(desc),
                                .layout = fuzz_random(2),
                                .dtype = fuzz_random(4),
                                .crop_x = fuzz_random(8),
                                .crop_width = fuzz_random(2) * 16,
                                .crop_height = 16,
                                .width = 1 + fuzz_random(64),
                                .height = 1 + fuzz_random(64)};
  if (desc.crop_width == 0) desc.crop_height = desc.crop_x = 0;
  const uint32_t ticket = fuzz_ticket();
  if (cuf_frame_convert(frame, &desc, ticket, NULL) != CUF_OK) return;
  const struct CufCompletion done = fuzz_wait(ticket, feed);
  if (done.status == CUF_OK) cuf_handle_close((uint32_t)done.value);
}

void fuzz_use_frame(const struct CufFrameInfo* frame, struct FuzzFeed* feed) {
  if (frame->width == 0 || frame->height == 0) fuzz_fail("a frame without a size");
  volatile uint8_t last = 0;
  for (uint32_t p = 0; p < frame->plane_count; ++p) {
    const struct CufPlane* plane = &frame->planes[p];
    const uint8_t* data = (const uint8_t*)(uintptr_t)plane->address;
    if (plane->rows == 0) continue;
    last = data[(int64_t)(plane->rows - 1) * plane->stride_bytes + plane->row_bytes - 1];
  }
  (void)last;
  if (fuzz_random(8) == 0) convert(frame->frame, feed);
  if (fuzz_random(16) == 0) {
    uint8_t* copy = malloc(frame->byte_length);
    if (copy) cuf_frame_copy(frame->frame, copy, (uint32_t)frame->byte_length, NULL);
    free(copy);
  }
  if (cuf_handle_close(frame->frame) != CUF_OK) fuzz_fail("a frame cannot be closed");
}

static void make_devices(void) {
  if (cuf_queue_create(&queue, NULL) != CUF_OK) exit(1);
  for (int i = 0; i < DEVICES; ++i) {
    const struct CufDeviceDesc desc = {
        .struct_size = sizeof(desc), .threads = 2, .memory_budget_bytes = budgets[i]};
    const uint32_t ticket = fuzz_ticket();
    if (cuf_device_create(queue, &desc, ticket, NULL) != CUF_OK) exit(1);
    devices[i] = (uint32_t)fuzz_wait(ticket, NULL).value;
  }
}

static void check_devices(void) {
  for (int i = 0; i < DEVICES; ++i) {
    struct CufDeviceStats stats = {.struct_size = sizeof(stats)};
    if (cuf_device_stats(devices[i], &stats) != CUF_OK || stats.live_handles != 0)
      fuzz_fail("handles are left open");
    if (budgets[i] != 0 && stats.memory_bytes > budgets[i]) fuzz_fail("the budget was exceeded");
  }
}

int fuzz_main(int argc, char** argv, void (*run)(void), bool has_devices) {
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
    fprintf(stderr, "fuzz: name at least one seed file\n");
    return 1;
  }
  const char* level = getenv("LOGGER_LEVEL");
  if (level) cuf_log_configure((const uint8_t*)level, (uint32_t)strlen(level));
  signal(SIGALRM, on_alarm);
  if (has_devices) make_devices();
  for (unsigned long i = 0; i < runs; ++i) {
    current_seed = seed + i;
    random_state = current_seed * 0x9E3779B97F4A7C15ull + 1;
    if (i % 100 == 0) fprintf(stderr, "fuzz: seed %lu\n", current_seed);
    ticks = 0;
    alarm(SECONDS_OF_A_TICK);
    run();
  }
  alarm(0);
  if (has_devices) check_devices();
  printf("%lu passed, 0 failed\n", runs);
  for (uint32_t i = 0; i < file_count; ++i) free(files[i].data);
  return 0;
}

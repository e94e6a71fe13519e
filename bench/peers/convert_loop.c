// Converts one 1080p I420 frame to RGB24 again and again, by cuframe through its C ABI and by
// swscale from the same bytes, in turns, everything on one core. Usage: convert_loop LIBRARY CLIP
// ROUNDS TIMES; prints the microseconds of one conversion, the median of all, as JSON. Rows:
// cuframe, swscale with SWS_BILINEAR, swscale with SWS_POINT.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <libswscale/swscale.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cuframe.h"

#define LOAD(name) __typeof__(&name) name##_ = (__typeof__(&name))load(#name)

enum { kColorSpace = SWS_CS_ITU709, kRows = 3 };

static void* library;
static uint32_t queue;
static uint32_t last_ticket;

static void fail(const char* what) {
  fprintf(stderr, "convert_loop: %s\n", what);
  exit(1);
}

static void* load(const char* name) {
  void* address = dlsym(library, name);
  if (!address) fail(dlerror());
  return address;
}

static double microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

// The value of the one ticket that is under way; result is what the call that began it returned.
static uint32_t finish(int32_t result, const char* what) {
  LOAD(cuf_queue_poll);
  LOAD(cuf_queue_wait);
  if (result < 0) fail(what);
  struct CufCompletion done = {.struct_size = sizeof done};
  // An empty poll arms the queue, so that the wait cannot miss the completion.
  while (cuf_queue_poll_(queue, &done, 1) == 0) cuf_queue_wait_(queue);
  if (done.ticket != last_ticket || done.status < 0) fail(what);
  return (uint32_t)done.value;
}

static struct CufFrameInfo first_frame(const char* path) {
  LOAD(cuf_queue_create);
  LOAD(cuf_device_create);
  LOAD(cuf_demuxer_open);
  LOAD(cuf_decoder_create);
  LOAD(cuf_decoder_read);
  LOAD(cuf_decoder_take);
  if (cuf_queue_create_(&queue, NULL) < 0) fail("cuf_queue_create");
  struct CufDeviceDesc device_desc = {.struct_size = sizeof device_desc};
  const uint32_t device =
      finish(cuf_device_create_(queue, &device_desc, ++last_ticket, NULL), "device");
  struct CufDemuxerDesc demuxer_desc = {.struct_size = sizeof demuxer_desc};
  const uint32_t demuxer = finish(cuf_demuxer_open_(device, &demuxer_desc, (const uint8_t*)path,
                                                    (uint32_t)strlen(path), ++last_ticket, NULL),
                                  "demuxer");
  struct CufDecoderDesc desc = {
      .struct_size = sizeof desc, .output_color_type = CUF_COLOR_RAW, .codec = "h264"};
  const uint32_t decoder =
      finish(cuf_decoder_create_(device, &desc, NULL, 0, ++last_ticket, NULL), "decoder");
  finish(cuf_decoder_read_(decoder, demuxer, 1, 1 << 30, ++last_ticket), "decoding");
  struct CufFrameInfo info = {.struct_size = sizeof info};
  if (cuf_decoder_take_(decoder, last_ticket, &info, 1) != 1) fail("no frame");
  if (info.format != CUF_FORMAT_I420) fail("the clip is not 8-bit 4:2:0");
  return info;
}

static uint32_t convert_by_cuframe(uint32_t frame) {
  LOAD(cuf_frame_convert);
  struct CufConvertDesc desc = {.struct_size = sizeof desc};
  return finish(cuf_frame_convert_(frame, &desc, ++last_ticket, NULL), "converting");
}

static struct SwsContext* make_swscale(const struct CufFrameInfo* info, int flags) {
  const int width = (int)info->width, height = (int)info->height;
  struct SwsContext* context = sws_getContext(width, height, AV_PIX_FMT_YUV420P, width, height,
                                              AV_PIX_FMT_RGB24, flags, NULL, NULL, NULL);
  if (!context) fail("sws_getContext");
  const int* table = sws_getCoefficients(kColorSpace);
  sws_setColorspaceDetails(context, table, 0, table, 1, 0, 1 << 16, 1 << 16);
  return context;
}

static void convert_by_swscale(struct SwsContext* context, const struct CufFrameInfo* info,
                               uint8_t* out) {
  const uint8_t* planes[4] = {0};
  int strides[4] = {0};
  for (uint32_t i = 0; i < info->plane_count; i++) {
    planes[i] = (const uint8_t*)(uintptr_t)info->planes[i].address;
    strides[i] = info->planes[i].stride_bytes;
  }
  uint8_t* targets[4] = {out};
  const int target_strides[4] = {(int)info->width * 3};
  sws_scale(context, planes, strides, 0, (int)info->height, targets, target_strides);
}

// The same picture must come out of both, up to rounding.
static double mean_difference(uint32_t tensor, const uint8_t* other) {
  LOAD(cuf_frame_info);
  struct CufFrameInfo info = {.struct_size = sizeof info};
  if (cuf_frame_info_(tensor, &info) < 0) fail("cuf_frame_info");
  const uint8_t* ours = (const uint8_t*)(uintptr_t)info.address;
  double sum = 0;
  for (uint64_t i = 0; i < info.byte_length; i++) sum += abs(ours[i] - other[i]);
  return sum / (double)info.byte_length;
}

static int by_value(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

static double median(double* values, size_t count) {
  qsort(values, count, sizeof *values, by_value);
  return values[count / 2];
}

static void pin_to_one_core(void) {
  cpu_set_t allowed, one;
  CPU_ZERO(&one);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) fail("sched_getaffinity");
  for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    CPU_SET(cpu, &one);
    break;
  }
  // Before any thread is made: they inherit it.
  if (sched_setaffinity(0, sizeof one, &one) != 0) fail("sched_setaffinity");
}

int main(int argc, char** argv) {
  if (argc != 5) fail("usage: convert_loop LIBRARY CLIP ROUNDS TIMES");
  pin_to_one_core();
  library = dlopen(argv[1], RTLD_NOW);
  if (!library) fail(dlerror());
  LOAD(cuf_handle_close);
  const size_t rounds = (size_t)atoi(argv[3]), times = (size_t)atoi(argv[4]);
  const struct CufFrameInfo info = first_frame(argv[2]);
  struct SwsContext* contexts[kRows] = {NULL, make_swscale(&info, SWS_BILINEAR),
                                        make_swscale(&info, SWS_POINT)};
  uint8_t* out = malloc((size_t)info.width * info.height * 3 + 64);
  double* samples[kRows];
  for (int row = 0; row < kRows; row++) samples[row] = malloc(rounds * times * sizeof(double));

  const uint32_t tensor = convert_by_cuframe(info.frame);
  convert_by_swscale(contexts[1], &info, out);
  const double difference = mean_difference(tensor, out);
  cuf_handle_close_(tensor);
  if (difference > 2) fail("cuframe and swscale give different pictures");

  for (size_t i = 0; i < rounds * kRows; i++) {
    const size_t row = i % kRows;
    for (size_t k = 0; k < times; k++) {
      const double start = microseconds();
      if (row == 0) {
        cuf_handle_close_(convert_by_cuframe(info.frame));
      } else {
        convert_by_swscale(contexts[row], &info, out);
      }
      samples[row][i / kRows * times + k] = microseconds() - start;
    }
  }
  const size_t count = rounds * times;
  printf("{\"width\": %u, \"height\": %u, \"meanDifference\": %.4f, ", info.width, info.height,
         difference);
  printf("\"cuframeUs\": %.2f, \"swscaleBilinearUs\": %.2f, \"swscalePointUs\": %.2f}\n",
         median(samples[0], count), median(samples[1], count), median(samples[2], count));
  return 0;
}

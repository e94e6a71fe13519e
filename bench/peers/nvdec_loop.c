// What a C program needs to decode with NVDEC: the floor for every wrapper of it. Packets come from
// a file that bench/harness/packet_file.ts wrote, so nothing is demuxed in the time that is
// measured. Usage: nvdec_loop CODEC PACKETS SESSIONS ROUNDS [copy | map]; each session, a thread
// with its own parser, decoder and stream, decodes the packets ROUNDS times without a break. copy
// (default): every picture goes into a buffer of its own in the GPU's memory, as frames do that
// outlive the decoder; map: pictures are only mapped. Prints JSON; times are seconds since the
// start of the sessions.
#define _GNU_SOURCE
#include <ffnvcodec/dynlink_loader.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_SESSIONS = 64, BUFFERS = 8, EXTRA_SURFACES = 4 };

static CudaFunctions* cuda;
static CuvidFunctions* cuvid;
static CUcontext context;

struct packets {
  unsigned char* bytes;
  size_t size;
};

struct session {
  pthread_t thread;
  const struct packets* packets;
  cudaVideoCodec codec;
  int rounds, copies;
  CUvideoparser parser;
  CUvideodecoder decoder;
  CUstream stream;
  CUdeviceptr buffers[BUFFERS];
  int width, height;
  long frames;
  double first, last;
};

static double start_time;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void require(int result, const char* what) {
  if (result == 0) return;
  fprintf(stderr, "%s: error %d\n", what, result);
  exit(1);
}

static int on_sequence(void* user, CUVIDEOFORMAT* format) {
  struct session* s = user;
  const int surfaces = format->min_num_decode_surfaces + EXTRA_SURFACES;
  if (s->decoder) return surfaces;
  s->width = format->display_area.right - format->display_area.left;
  s->height = format->display_area.bottom - format->display_area.top;
  CUVIDDECODECREATEINFO info = {
      .ulWidth = format->coded_width,
      .ulHeight = format->coded_height,
      .ulMaxWidth = format->coded_width,
      .ulMaxHeight = format->coded_height,
      .ulNumDecodeSurfaces = surfaces,
      .ulNumOutputSurfaces = 2,
      .CodecType = format->codec,
      .ChromaFormat = format->chroma_format,
      .bitDepthMinus8 = format->bit_depth_luma_minus8,
      .OutputFormat =
          format->bit_depth_luma_minus8 ? cudaVideoSurfaceFormat_P016 : cudaVideoSurfaceFormat_NV12,
      .ulCreationFlags = cudaVideoCreate_PreferCUVID,
      .ulTargetWidth = s->width,
      .ulTargetHeight = s->height,
      .display_area = {format->display_area.left, format->display_area.top,
                       format->display_area.right, format->display_area.bottom},
  };
  require(cuvid->cuvidCreateDecoder(&s->decoder, &info), "cuvidCreateDecoder");
  const size_t row = (size_t)s->width * (format->bit_depth_luma_minus8 ? 2 : 1);
  for (int i = 0; i < BUFFERS && s->copies; i++) {
    require(cuda->cuMemAlloc(&s->buffers[i], row * s->height * 3 / 2), "cuMemAlloc");
  }
  s->width = (int)row;
  return surfaces;
}

static int on_picture(void* user, CUVIDPICPARAMS* picture) {
  struct session* s = user;
  require(cuvid->cuvidDecodePicture(s->decoder, picture), "cuvidDecodePicture");
  return 1;
}

static void copy_plane(struct session* s, CUdeviceptr from, size_t pitch, CUdeviceptr to,
                       int rows) {
  const CUDA_MEMCPY2D copy = {
      .srcMemoryType = CU_MEMORYTYPE_DEVICE,
      .srcDevice = from,
      .srcPitch = pitch,
      .dstMemoryType = CU_MEMORYTYPE_DEVICE,
      .dstDevice = to,
      .dstPitch = s->width,
      .WidthInBytes = s->width,
      .Height = rows,
  };
  require(cuda->cuMemcpy2DAsync(&copy, s->stream), "cuMemcpy2DAsync");
}

static int on_display(void* user, CUVIDPARSERDISPINFO* shown) {
  struct session* s = user;
  if (!shown) return 1;
  CUVIDPROCPARAMS how = {.progressive_frame = shown->progressive_frame,
                         .second_field = 0,
                         .top_field_first = shown->top_field_first,
                         .unpaired_field = shown->repeat_first_field < 0,
                         .output_stream = s->stream};
  CUdeviceptr surface = 0;
  unsigned pitch = 0;
  require(cuvid->cuvidMapVideoFrame(s->decoder, shown->picture_index, &surface, &pitch, &how),
          "cuvidMapVideoFrame");
  if (s->copies) {
    const CUdeviceptr out = s->buffers[s->frames % BUFFERS];
    const int rows = (s->height + 1) & ~1;
    copy_plane(s, surface, pitch, out, s->height);
    copy_plane(s, surface + (size_t)pitch * rows, pitch, out + (size_t)s->width * s->height,
               s->height / 2);
  }
  require(cuvid->cuvidUnmapVideoFrame(s->decoder, surface), "cuvidUnmapVideoFrame");
  if (s->frames++ == 0) s->first = now() - start_time;
  return 1;
}

static void feed(struct session* s) {
  CUVIDSOURCEDATAPACKET packet = {.flags = CUVID_PKT_ENDOFPICTURE | CUVID_PKT_TIMESTAMP};
  for (int round = 0; round < s->rounds; round++) {
    for (size_t at = 0; at < s->packets->size;) {
      unsigned size;
      memcpy(&size, s->packets->bytes + at, sizeof size);
      packet.payload = s->packets->bytes + at + sizeof size;
      packet.payload_size = size;
      packet.timestamp++;
      require(cuvid->cuvidParseVideoData(s->parser, &packet), "cuvidParseVideoData");
      at += sizeof size + size;
    }
  }
  CUVIDSOURCEDATAPACKET end = {.flags = CUVID_PKT_ENDOFSTREAM};
  require(cuvid->cuvidParseVideoData(s->parser, &end), "cuvidParseVideoData");
}

static void* run(void* argument) {
  struct session* s = argument;
  require(cuda->cuCtxPushCurrent(context), "cuCtxPushCurrent");
  require(cuda->cuStreamCreate(&s->stream, CU_STREAM_NON_BLOCKING), "cuStreamCreate");
  CUVIDPARSERPARAMS how = {
      .CodecType = s->codec,
      .ulMaxNumDecodeSurfaces = 1,
      // As many as keep the engine busy while a picture is copied.
      .ulMaxDisplayDelay = EXTRA_SURFACES,
      .pUserData = s,
      .pfnSequenceCallback = on_sequence,
      .pfnDecodePicture = on_picture,
      .pfnDisplayPicture = on_display,
  };
  require(cuvid->cuvidCreateVideoParser(&s->parser, &how), "cuvidCreateVideoParser");
  feed(s);
  require(cuda->cuStreamSynchronize(s->stream), "cuStreamSynchronize");
  s->last = now() - start_time;
  require(cuvid->cuvidDestroyVideoParser(s->parser), "cuvidDestroyVideoParser");
  require(cuvid->cuvidDestroyDecoder(s->decoder), "cuvidDestroyDecoder");
  for (int i = 0; i < BUFFERS && s->copies; i++) cuda->cuMemFree(s->buffers[i]);
  cuda->cuStreamDestroy(s->stream);
  CUcontext popped;
  cuda->cuCtxPopCurrent(&popped);
  return NULL;
}

static cudaVideoCodec codec_of(const char* name) {
  static const struct {
    const char* name;
    cudaVideoCodec codec;
  } names[] = {{"h264", cudaVideoCodec_H264}, {"hevc", cudaVideoCodec_HEVC},
               {"av1", cudaVideoCodec_AV1},   {"vp8", cudaVideoCodec_VP8},
               {"vp9", cudaVideoCodec_VP9},   {"mpeg2video", cudaVideoCodec_MPEG2}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcmp(name, names[i].name) == 0) return names[i].codec;
  }
  fprintf(stderr, "No codec %s\n", name);
  exit(2);
}

static struct packets read_packets(const char* path) {
  FILE* file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(1);
  }
  fseek(file, 0, SEEK_END);
  struct packets packets = {.size = (size_t)ftell(file)};
  rewind(file);
  packets.bytes = malloc(packets.size);
  if (fread(packets.bytes, 1, packets.size, file) != packets.size) exit(1);
  fclose(file);
  return packets;
}

static void report(const struct session* sessions, int count) {
  double first = 1e9, last_first = 0, last = 0;
  long frames = 0;
  for (int i = 0; i < count; i++) {
    const struct session* s = &sessions[i];
    frames += s->frames;
    if (s->first < first) first = s->first;
    if (s->first > last_first) last_first = s->first;
    if (s->last > last) last = s->last;
  }
  printf(
      "{\"sessions\": %d, \"frames\": %ld, \"seconds\": %.4f, \"firstFrame\": %.4f, "
      "\"allStarted\": %.4f, \"fps\": %.1f, \"steadyFps\": %.1f}\n",
      count, frames, last, first, last_first, frames / last, frames / (last - first));
}

int main(int argc, char** argv) {
  const int count = argc > 4 ? atoi(argv[3]) : 0;
  if (count < 1 || count > MOST_SESSIONS) {
    fprintf(stderr, "usage: nvdec_loop CODEC PACKETS SESSIONS ROUNDS [copy | map]\n");
    return 2;
  }
  require(cuda_load_functions(&cuda, NULL), "loading libcuda");
  require(cuvid_load_functions(&cuvid, NULL), "loading libnvcuvid");
  require(cuda->cuInit(0), "cuInit");
  CUdevice device;
  require(cuda->cuDeviceGet(&device, 0), "cuDeviceGet");
  require(cuda->cuDevicePrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain");
  const struct packets packets = read_packets(argv[2]);
  static struct session sessions[MOST_SESSIONS];
  start_time = now();
  for (int i = 0; i < count; i++) {
    sessions[i].packets = &packets;
    sessions[i].codec = codec_of(argv[1]);
    sessions[i].rounds = atoi(argv[4]);
    sessions[i].copies = argc < 6 || strcmp(argv[5], "map") != 0;
    pthread_create(&sessions[i].thread, NULL, run, &sessions[i]);
  }
  for (int i = 0; i < count; i++) pthread_join(sessions[i].thread, NULL);
  report(sessions, count);
  return 0;
}

/*
 * Calls every function of the C ABI with whatever comes to mind: stale, foreign and random handles,
 * wrong struct sizes, buffers that are NULL or short, random numbers, from several threads at once.
 * Every call must return a count or a status, and every ticket must complete or be forgotten with
 * its queue. See harness.h.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi_encoder_calls.h"
#include "abi_muxer_calls.h"
#include "abi_transcoder_calls.h"
#include "abi_values.h"
#include "harness.h"

enum { THREADS = 3, CALLS = 150 };

static void check(int32_t result) {
  if (result < CUF_INTERNAL) fuzz_fail("a result that is no status");
  if (result == CUF_INTERNAL) fuzz_fail("an internal error");
}

static void put_codec(char* out, struct Caller* c) {
  static const char* const codecs[] = {"h264", "hevc", "av1", "vp9", "mjpeg", "rawvideo", "", "x"};
  const char* codec = codecs[rnd(c, sizeof(codecs) / sizeof(codecs[0]))];
  memcpy(out, codec, strlen(codec) + 1);
}

static int32_t call_queue(struct Caller* c) {
  uint32_t handle = 0;
  int32_t result;
  switch (rnd(c, 8)) {
    case 0:
      result = cuf_queue_create(rnd(c, 8) ? &handle : NULL, OUT(CufError));
      if (result == CUF_OK) note_handle(handle);
      return result;
    case 1:
      return cuf_queue_wake(any_handle(c));
    case 2:
      cuf_queue_wake(c->queue); /* so that the wait ends, unless the queue is gone */
      return cuf_queue_wait(c->queue);
    case 3: {
      struct CufWake wake = {.struct_size = sizeof(wake)};
      return cuf_queue_set_wake(any_handle(c), rnd(c, 8) ? &wake : NULL);
    }
    case 4:
      return cuf_queue_error(any_handle(c), any_ticket(c), OUT(CufError));
    case 5:
      return cuf_queue_cancel(any_handle(c), any_ticket(c));
    case 6:
      return cuf_adapter_scan(any_handle(c), any_ticket(c));
    default:
      return cuf_queue_poll(any_handle(c), any_records(c),
                            capacity_of(c, sizeof(struct CufCompletion)));
  }
}

static int32_t call_device(struct Caller* c) {
  switch (rnd(c, 6)) {
    case 0: {
      struct CufDeviceDesc* desc = STRUCT(CufDeviceDesc);
      if (desc && desc->struct_size == sizeof(*desc)) {
        desc->memory_budget_bytes = 1 + desc->memory_budget_bytes % (64 << 20);
      }
      return cuf_device_create(any_handle(c), desc, any_ticket(c), OUT(CufError));
    }
    case 1:
      return cuf_device_info(any_handle(c), OUT(CufDeviceInfo));
    case 2:
      return cuf_device_stats(any_handle(c), OUT(CufDeviceStats));
    case 3:
      return cuf_adapter_list(any_records(c), capacity_of(c, sizeof(struct CufAdapterInfo)));
    case 4: {
      struct CufDecoderQuery* query = STRUCT(CufDecoderQuery);
      if (query && rnd(c, 2)) put_codec(query->codec, c);
      return rnd(c, 2) ? cuf_adapter_query(any_handle(c), query, any_ticket(c), OUT(CufError))
                       : cuf_answer_decoder_support(any_handle(c), OUT(CufDecoderSupport));
    }
    default:
      return cuf_library_info(OUT(CufLibraryInfo), NULL);
  }
}

static int32_t call_source(struct Caller* c) {
  uint32_t handle = 0;
  uint32_t length;
  switch (rnd(c, 5)) {
    case 0: {
      struct CufSourceDesc* desc = STRUCT(CufSourceDesc);
      /* Memory that the machine has, or more than any has. */
      if (desc && desc->size_bytes < UINT64_MAX / 2) desc->size_bytes %= 1 << 20;
      const int32_t result = cuf_source_create(any_handle(c), desc, &handle, OUT(CufError));
      if (result == CUF_OK) note_handle(handle);
      return result;
    }
    case 1: {
      const uint8_t* data = any_bytes(c, &length);
      return cuf_source_write(any_handle(c), data, length);
    }
    case 2: {
      const struct FuzzBytes* file = fuzz_file(rnd(c, 16));
      return file ? cuf_source_write(any_handle(c), file->data, file->size) : 0;
    }
    case 3:
      return cuf_source_finish(any_handle(c));
    default: {
      const uint8_t* text = any_bytes(c, &length);
      return cuf_source_fail(any_handle(c), text, length);
    }
  }
}

static const uint8_t* any_path(struct Caller* c, uint32_t* length) {
  static const char* const paths[] = {"/nonexistent.mp4", "/", "/dev/null", "/proc/self/cmdline"};
  if (rnd(c, 2)) {
    *length = rnd(c, 2);
    return NULL;
  }
  if (rnd(c, 4) == 0) return any_bytes(c, length);
  const char* path = paths[rnd(c, sizeof(paths) / sizeof(paths[0]))];
  *length = (uint32_t)strlen(path);
  return (const uint8_t*)path;
}

static int32_t call_demuxer(struct Caller* c) {
  uint32_t length;
  switch (rnd(c, 8)) {
    case 0:
    case 1: {
      struct CufDemuxerDesc* desc = STRUCT(CufDemuxerDesc);
      if (desc && rnd(c, 4)) desc->source = any_handle(c);
      const uint8_t* path = any_path(c, &length);
      return cuf_demuxer_open(any_handle(c), desc, path, length, any_ticket(c), NULL);
    }
    case 2:
      return cuf_demuxer_info(any_handle(c), OUT(CufDemuxerInfo));
    case 3:
      return cuf_demuxer_streams(any_handle(c), any_records(c),
                                 capacity_of(c, sizeof(struct CufStreamInfo)));
    case 4: {
      uint8_t* out = any_bytes(c, &length);
      return cuf_demuxer_extradata(any_handle(c), out, length);
    }
    case 5:
      return cuf_demuxer_read(any_handle(c), any_number(c), any_number(c), any_ticket(c));
    case 6:
      return cuf_demuxer_take(any_handle(c), any_ticket(c), any_records(c),
                              rnd(c, BUFFER_BYTES / sizeof(struct CufPacketInfo)),
                              c->out + BUFFER_BYTES, rnd(c, SCRATCH_BYTES - BUFFER_BYTES));
    default: {
      static const double times[] = {0, -1, 0.5, 1e300, -1e300, 1e-300, 9e15, 0.0 / 1};
      return cuf_demuxer_seek(any_handle(c), times[rnd(c, 8)], any_ticket(c));
    }
  }
}

static int32_t call_decoder(struct Caller* c) {
  uint32_t length;
  switch (rnd(c, 8)) {
    case 0:
    case 1: {
      struct CufDecoderDesc* desc = STRUCT(CufDecoderDesc);
      if (desc && rnd(c, 8)) put_codec(desc->codec, c);
      const uint8_t* headers = any_bytes(c, &length);
      return cuf_decoder_create(any_handle(c), desc, headers, length, any_ticket(c), NULL);
    }
    case 2:
      return cuf_decoder_info(any_handle(c), OUT(CufDecoderInfo));
    case 3: {
      struct CufPacketInfo* info = STRUCT(CufPacketInfo);
      const uint8_t* data = any_bytes(c, &length);
      if (info && rnd(c, 4)) {
        info->data_offset = info->extradata_size = info->extradata_offset = 0;
        info->data_size = length;
      }
      return cuf_decoder_decode(any_handle(c), info, data, length, any_ticket(c));
    }
    case 4:
      return cuf_decoder_flush(any_handle(c), any_ticket(c));
    case 5:
      return cuf_decoder_reset(any_handle(c), any_ticket(c));
    case 6:
      return cuf_decoder_read(any_handle(c), any_handle(c), any_number(c), any_number(c),
                              any_ticket(c));
    default:
      return cuf_decoder_take(any_handle(c), any_ticket(c), any_records(c),
                              capacity_of(c, sizeof(struct CufFrameInfo)));
  }
}

static int32_t open_sampler(struct Caller* c) {
  uint32_t length;
  struct CufSamplerDesc* desc = STRUCT(CufSamplerDesc);
  if (desc && rnd(c, 4)) desc->source = any_handle(c);
  const uint8_t* path = any_path(c, &length);
  return cuf_sampler_open(any_handle(c), desc, path, length, any_ticket(c), NULL);
}

static int32_t call_sampler(struct Caller* c) {
  uint32_t* frames = (uint32_t*)(void*)(c->out + BUFFER_BYTES);
  const uint32_t count = rnd(c, 64);
  for (uint32_t i = 0; i < count; ++i) frames[i] = rnd(c, 8) ? rnd(c, 12) : any_number(c);
  if (rnd(c, 16) == 0) frames = NULL;
  switch (rnd(c, 12)) {
    case 0:
      return cuf_sampler_info(any_handle(c), OUT(CufSamplerInfo));
    case 1:
      return cuf_sampler_stream_info(any_handle(c), OUT(CufDemuxerInfo));
    case 2:
      return cuf_sampler_scan(any_handle(c), any_ticket(c));
    case 3:
      return cuf_sampler_index(any_handle(c), any_number(c), any_records(c),
                               capacity_of(c, sizeof(struct CufIndexEntry)));
    case 4:
      return cuf_sampler_frame_time(any_handle(c), any_number(c), OUT(CufFrameTime));
    case 5:
      return cuf_sampler_frame_at(any_handle(c), (double)(int32_t)any_number(c)) >= 0 ? 0 : -1;
    case 6:
      return cuf_sampler_read(any_handle(c), frames, count, any_ticket(c), NULL);
    case 7: {
      const struct CufConvertDesc* desc = STRUCT(CufConvertDesc);
      return cuf_sampler_read_tensor(any_handle(c), frames, count, desc, any_ticket(c), NULL);
    }
    case 8:
      return cuf_sampler_start(any_handle(c), any_number(c), any_number(c), any_number(c), NULL);
    case 9:
      return cuf_sampler_next(any_handle(c), any_number(c), any_ticket(c));
    case 10:
      return cuf_sampler_take(any_handle(c), any_ticket(c), any_records(c),
                              capacity_of(c, sizeof(struct CufFrameInfo)));
    default:
      return open_sampler(c);
  }
}

static int32_t call_frame(struct Caller* c) {
  uint32_t handle = 0;
  uint32_t length;
  int32_t result;
  switch (rnd(c, 8)) {
    case 0:
      return cuf_frame_info(any_handle(c), OUT(CufFrameInfo));
    case 1:
      result = cuf_frame_clone(any_handle(c), rnd(c, 8) ? &handle : NULL, OUT(CufError));
      if (result == CUF_OK) note_handle(handle);
      return result;
    case 2: {
      uint8_t* out = any_bytes(c, &length);
      return cuf_frame_copy(any_handle(c), out, length, NULL);
    }
    case 3:
      return cuf_frame_convert(any_handle(c), STRUCT(CufConvertDesc), any_ticket(c), NULL);
    case 4:
      return cuf_frame_quarantine(any_handle(c));
    case 5: {
      struct CufDlpack* out = OUT(CufDlpack);
      struct CufDlpackDesc* desc = STRUCT(CufDlpackDesc);
      if (desc && rnd(c, 4)) {
        desc->plane = (int32_t)rnd(c, 6) - 1;
        desc->version = rnd(c, 4);
        desc->stream = 0;
      }
      result = cuf_frame_to_dlpack(any_handle(c), desc, out, NULL);
      if (result == CUF_OK && out->struct_size >= 8) note_handle(out->capsule);
      return result;
    }
    case 6:
      return rnd(c, 2) ? cuf_frame_download(any_handle(c), any_ticket(c))
                       : cuf_frame_share(any_handle(c), STRUCT(CufDlpackDesc), OUT(CufError));
    default:
      /* Not of a capsule: nobody would call its deleter. */
      return import_frame(c);
  }
}

static int32_t call_log(struct Caller* c) {
  uint32_t length;
  switch (rnd(c, 6)) {
    case 0:
      return cuf_log_set_level(rnd(c, 8) ? CUF_LOG_TRACE : any_number(c));
    case 1:
      return cuf_log_subscribe(any_handle(c), any_ticket(c));
    case 2:
      return cuf_log_unsubscribe(any_handle(c));
    case 3:
      return cuf_log_take(any_handle(c), any_records(c),
                          capacity_of(c, sizeof(struct CufLogRecord)));
    case 4: {
      const uint8_t* name = any_bytes(c, &length);
      return cuf_log_configure(name, length);
    }
    default: {
      const uint8_t* text = any_bytes(c, &length);
      return cuf_log_write(any_number(c), text, length, text, length);
    }
  }
}

/* What completed may be a handle. */
static void drain(struct Caller* c) {
  struct CufCompletion records[16];
  const int32_t count = cuf_queue_poll(c->queue, records, 16);
  for (int32_t i = 0; i < count; ++i) {
    if (records[i].status == CUF_INTERNAL) fuzz_fail("an internal error in a completion");
    if (records[i].status == CUF_OK && records[i].value > 0) {
      note_handle((uint32_t)records[i].value);
    }
  }
}

/* Objects that work, so that the calls reach further than the check of their handles. */
static void make_objects(struct Caller* c) {
  const struct CufDeviceDesc device_desc = {
      .struct_size = sizeof(device_desc), .threads = 2, .memory_budget_bytes = 64 << 20};
  if (cuf_device_create(c->queue, &device_desc, 1, NULL) != CUF_OK) return;
  struct CufCompletion done = {0};
  /* Not for good: another thread may take the record, or close the queue. */
  for (int i = 0; i < 10000 && cuf_queue_poll(c->queue, &done, 1) == 0; ++i) sched_yield();
  if (done.value == 0) return;
  const uint32_t device = (uint32_t)done.value;
  note_handle(device);
  for (int i = 0; i < 4; ++i) {
    const struct FuzzBytes* file = fuzz_file(rnd(c, 16));
    if (!file) continue;
    const struct CufSourceDesc desc = {.struct_size = sizeof(desc),
                                       .kind = CUF_SOURCE_MEMORY,
                                       .size_bytes = file->size,
                                       .event_ticket = 2};
    uint32_t source = 0;
    if (cuf_source_create(device, &desc, &source, NULL) != CUF_OK) continue;
    note_handle(source);
    cuf_source_write(source, file->data, file->size);
    const struct CufDemuxerDesc demuxer = {.struct_size = sizeof(demuxer), .source = source};
    const struct CufSamplerDesc sampler = {.struct_size = sizeof(sampler), .source = source};
    struct CufDecoderDesc decoder = {.struct_size = sizeof(decoder)};
    put_codec(decoder.codec, c);
    cuf_demuxer_open(device, &demuxer, NULL, 0, 3, NULL);
    cuf_sampler_open(device, &sampler, NULL, 0, 4, NULL);
    make_transcoder(device, source);
    cuf_decoder_create(device, &decoder, NULL, 0, 5, NULL);
    const struct CufEncoderDesc encoder = {
        .struct_size = sizeof(encoder), .format = rnd(c, 15), .width = 64, .height = 64};
    cuf_encoder_create(device, &encoder, NULL, 0, NULL, 0, 6, NULL);
    make_muxer(c, device);
  }
}

static void* call_randomly(void* argument) {
  struct Caller* c = argument;
  static int32_t (*const calls[])(struct Caller*) = {
      call_queue,   call_device,     call_source, call_demuxer, call_decoder,
      call_sampler, call_sampler,    call_frame,  call_encoder, call_encoder,
      call_muxer,   call_transcoder, call_log};
  make_objects(c);
  for (int i = 0; i < CALLS; ++i) {
    if (i % 8 == 0) drain(c);
    if (rnd(c, 24) == 0) {
      check(cuf_handle_close(any_handle(c)));
    } else {
      check(calls[rnd(c, sizeof(calls) / sizeof(calls[0]))](c));
    }
  }
  return NULL;
}

static void run_once(void) {
  static struct Caller callers[THREADS];
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; ++i) {
    struct Caller* c = &callers[i];
    if (!c->in) c->in = malloc(BUFFER_BYTES);
    if (!c->out) c->out = malloc(SCRATCH_BYTES);
    memset(c->out, 0, SCRATCH_BYTES);
    c->random = (uint64_t)fuzz_random(0) << 32 | fuzz_random(0);
    if (cuf_queue_create(&c->queue, NULL) != CUF_OK) fuzz_fail("no queue");
    note_handle(c->queue);
    if (pthread_create(&threads[i], NULL, call_randomly, c) != 0) fuzz_fail("no thread");
  }
  for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
  for (int i = 0; i < THREADS; ++i) cuf_handle_close(callers[i].queue);
  cuf_log_set_level(CUF_LOG_QUIET);
}

int main(int argc, char** argv) {
  /* Subscribed, the log prints nothing. */
  uint32_t queue;
  if (cuf_queue_create(&queue, NULL) != CUF_OK || cuf_log_subscribe(queue, 1) != CUF_OK) return 1;
  return fuzz_main(argc, argv, run_once, false);
}

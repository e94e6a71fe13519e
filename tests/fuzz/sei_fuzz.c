/*
 * Decodes packets with SEI put into them through the C ABI: noise must end in frames whose records
 * of messages are consistent, or in a typed error; of honest messages each frame has its own.
 *
 *   sei_fuzz SEED_FILE... [--runs N] [--seed S]
 *
 * A failing run is repeated by `--runs 1 --seed S` with the S that was printed and the same files.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cuframe.h"

enum {
  MOST_FILES = 64,
  MOST_PACKETS = 64,
  MOST_FRAMES = 64,
  MOST_MESSAGES = 4096,
  MOST_NOISE = 3000,
  MARKER_BYTES = 20,
  SECONDS_FOR_A_RUN = 60,
  EVENT_TICKET = 1
};

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

/* Of the run. */
static char codec[32];
static uint32_t length_size; /* of packets with lengths; 0: start codes */
static int is_honest;
static uint32_t marks_sent, marks_seen, frames_seen;
static uint8_t has_mark[MOST_PACKETS];

static uint32_t next_random(uint32_t below) {
  random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
  return below == 0 ? 0 : (uint32_t)(random_state >> 33) % below;
}

static void fail(const char* what) {
  fprintf(stderr, "sei_fuzz: %s (seed %lu)\n", what, current_seed);
  abort();
}

static void on_alarm(int signal_number) {
  (void)signal_number;
  static const char text[] = "sei_fuzz: a run hangs; the seed is the last one printed\n";
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

static struct CufCompletion wait_for(uint32_t ticket) {
  for (;;) {
    struct CufCompletion record;
    if (cuf_queue_poll(queue_handle, &record, 1) == 0) {
      cuf_queue_wait(queue_handle);
    } else if (record.ticket == ticket) {
      return record;
    }
  }
}

static int is_codec(const char* name) {
  return strcmp(codec, name) == 0;
}

static void put(struct Bytes* out, const void* data, uint32_t size) {
  memcpy(out->data + out->size, data, size);
  out->size += size;
}

static void put_byte(struct Bytes* out, uint32_t byte) {
  out->data[out->size++] = (uint8_t)byte;
}

/* A start code or a length in front of a unit of so many bytes. */
static void put_unit_start(struct Bytes* out, uint32_t size) {
  static const uint8_t start_code[] = {0, 0, 1};
  if (length_size == 0) put(out, start_code, 3);
  for (uint32_t i = length_size; i > 0; --i) put_byte(out, size >> (8 * (i - 1)));
}

/* A body behind what makes it a message unit of the codec. */
static void put_sei(struct Bytes* out, const uint8_t* body, uint32_t size, int is_suffix) {
  if (is_codec("av1")) {
    put_byte(out, 5 << 3 | 2);
    for (uint32_t left = size;; left >>= 7) {
      put_byte(out, (left & 0x7f) | (left > 0x7f ? 0x80 : 0));
      if (left <= 0x7f) break;
    }
  } else if (is_codec("hevc")) {
    put_unit_start(out, size + 2);
    put_byte(out, (is_suffix ? 40 : 39) << 1);
    put_byte(out, 1);
  } else if (is_codec("h264")) {
    put_unit_start(out, size + 1);
    put_byte(out, 6);
  } else {
    put_unit_start(out, size + 1);
    put_byte(out, 0xb8);
  }
  put(out, body, size);
}

/* Messages that are framed well, badly or not at all. */
static void put_noise(struct Bytes* out) {
  static const uint8_t types[] = {0, 1, 4, 5, 6, 19, 45, 47, 128, 132, 136, 137, 144, 147, 0xff};
  uint8_t body[MOST_NOISE + 8];
  uint32_t size = 0;
  const uint32_t count = next_random(5);
  for (uint32_t i = 0; i < count && size < MOST_NOISE; ++i) {
    const uint32_t room = MOST_NOISE - size;
    uint32_t length = next_random(next_random(4) ? 40 : 600);
    body[size++] = types[next_random(sizeof(types))];
    if (next_random(8) == 0) body[size++] = (uint8_t)next_random(256);
    for (uint32_t left = length; size < MOST_NOISE; left -= 255) {
      body[size++] = left >= 255 ? 255 : (uint8_t)left;
      if (left < 255) break;
    }
    if (next_random(4) == 0) length = next_random(length + 3);
    for (uint32_t k = 0; k < length && k < room && size < MOST_NOISE; ++k) {
      body[size++] = next_random(3) ? (uint8_t)next_random(256) : (uint8_t)next_random(4);
    }
  }
  if (next_random(4)) body[size++] = 0x80;
  if (size == 0) body[size++] = (uint8_t)next_random(256);
  put_sei(out, body, size, next_random(2));
}

/* User data that name the packet; AV1: private metadata. No byte needs emulation prevention. */
static void put_marker(struct Bytes* out, uint32_t number) {
  uint8_t body[MARKER_BYTES + 2];
  memset(body, 'm', sizeof(body));
  const uint32_t begin = is_codec("av1") ? 1 : 2;
  body[0] = is_codec("av1") ? 9 : 5;
  if (begin == 2) body[1] = MARKER_BYTES - 1;
  body[begin + MARKER_BYTES - 2] = (uint8_t)(1 + number);
  body[begin + MARKER_BYTES - 1] = 0x80;
  put_sei(out, body, begin + MARKER_BYTES, 0);
}

static int is_marker(const struct CufSeiMessage* message, const uint8_t* data) {
  const uint8_t* payload = data + message->data_offset;
  if (message->data_size != MARKER_BYTES - 1 || message->type != (is_codec("av1") ? 9u : 5u))
    return 0;
  for (int i = 0; i < MARKER_BYTES - 2; ++i) {
    if (payload[i] != 'm') return 0;
  }
  return 1;
}

/* The packet with what is put into it. */
static struct Bytes packet_with_sei(const uint8_t* data, uint32_t size, uint32_t number) {
  struct Bytes out = {.size = 0};
  out.data = malloc(size + 4 * (MOST_NOISE + 64));
  /* A temporal unit begins with its delimiter. */
  uint32_t front = is_codec("av1") && size >= 2 && data[0] == 0x12 ? 2 : 0;
  put(&out, data, front);
  if (is_honest) {
    put_marker(&out, number);
    ++marks_sent;
  } else {
    for (uint32_t i = next_random(3); i > 0; --i) put_noise(&out);
  }
  put(&out, data + front, size - front);
  if (is_honest) return out;
  if (next_random(4) == 0) put_noise(&out);
  for (uint32_t i = next_random(2) ? next_random(6) : 0; i > 0 && out.size > 0; --i) {
    out.data[next_random(out.size < 300 ? out.size : 300)] = (uint8_t)next_random(256);
  }
  if (next_random(16) == 0) out.size = next_random(out.size + 1);
  return out;
}

static void check_messages(const struct CufFrameInfo* info) {
  static struct CufSeiMessage messages[MOST_MESSAGES];
  if (info->sei_count > MOST_MESSAGES) fail("more messages than are kept");
  uint8_t* data = malloc(info->sei_bytes + 1);
  const int32_t count = (int32_t)info->sei_count;
  if (cuf_frame_sei(info->frame, messages, info->sei_count, data, info->sei_bytes) != count) {
    fail("messages are missing");
  }
  if (count > 0) {
    if (cuf_frame_sei(info->frame, messages, info->sei_count - 1, data, info->sei_bytes) !=
        CUF_INVALID_ARGUMENT) {
      fail("too few records were taken");
    }
    if (cuf_frame_sei(info->frame, NULL, info->sei_count, data, info->sei_bytes) !=
        CUF_INVALID_ARGUMENT) {
      fail("no records were taken");
    }
  }
  if (info->sei_bytes > 0 && cuf_frame_sei(info->frame, messages, info->sei_count, data,
                                           info->sei_bytes - 1) != CUF_INVALID_ARGUMENT) {
    fail("too few bytes were taken");
  }
  const uint32_t syntax = is_codec("h264")   ? CUF_SEI_H264
                          : is_codec("hevc") ? CUF_SEI_HEVC
                          : is_codec("av1")  ? CUF_SEI_AV1
                                             : CUF_SEI_MPEG2;
  uint32_t end = 0, marks = 0;
  for (int32_t i = 0; i < count; ++i) {
    const struct CufSeiMessage* message = &messages[i];
    if (message->struct_size != sizeof(*message) || message->syntax != syntax) fail("a bad record");
    if (message->data_offset != end || message->data_size > info->sei_bytes - end) {
      fail("a payload outside the bytes");
    }
    if (message->cpb_removal_delay_bits > 32 || message->dpb_output_delay_bits > 32 ||
        message->time_offset_bits > 31) {
      fail("fields that are too long");
    }
    end += message->data_size;
    if (is_honest && is_marker(message, data)) {
      ++marks;
      const uint8_t number = data[end - 1];
      if (has_mark[number]++) fail("a message on two frames");
    }
  }
  if (end != info->sei_bytes) fail("bytes of no message");
  marks_seen += marks;
  if (is_honest && marks > 1) fail("a frame with the messages of two");
  free(data);
}

static void take_frames(uint32_t decoder, uint32_t ticket, int64_t count) {
  static struct CufFrameInfo frames[MOST_FRAMES];
  if (count > MOST_FRAMES) fail("more frames than packets");
  if (cuf_decoder_take(decoder, ticket, frames, MOST_FRAMES) != count) fail("frames are missing");
  for (int64_t i = 0; i < count; ++i) {
    check_messages(&frames[i]);
    ++frames_seen;
    if (cuf_handle_close(frames[i].frame) != CUF_OK) fail("a frame cannot be closed");
  }
}

static uint32_t make_decoder(uint32_t device, const uint8_t* extradata, uint32_t size) {
  struct CufDecoderDesc desc = {.struct_size = sizeof(desc), .enable_sei_message = 1};
  desc.output_color_type = CUF_COLOR_RAW;
  desc.on_error = next_random(3);
  memcpy(desc.codec, codec, sizeof(desc.codec));
  struct Bytes headers = {.size = 0};
  headers.data = malloc(size + MOST_NOISE + 64);
  put(&headers, extradata, size);
  if (!is_honest && size > 0 && next_random(3) == 0) {
    for (uint32_t i = next_random(6); i > 0; --i) {
      headers.data[next_random(size)] = (uint8_t)next_random(256);
    }
    if (next_random(2)) put_noise(&headers);
  }
  const uint32_t ticket = ++last_ticket;
  if (cuf_decoder_create(device, &desc, headers.data, headers.size, ticket, NULL) != CUF_OK) {
    fail("a decoder was refused");
  }
  free(headers.data);
  const struct CufCompletion done = wait_for(ticket);
  if (done.status != CUF_OK) fail("no decoder");
  return (uint32_t)done.value;
}

static void decode_packets(uint32_t decoder, const struct CufPacketInfo* packets, int32_t count,
                           const uint8_t* data) {
  for (int32_t i = 0; i <= count; ++i) {
    const uint32_t ticket = ++last_ticket;
    if (i == count) {
      cuf_decoder_flush(decoder, ticket);
    } else {
      struct CufPacketInfo info = packets[i];
      struct Bytes bytes = packet_with_sei(data + info.data_offset, info.data_size, (uint32_t)i);
      info.data_offset = 0;
      info.data_size = bytes.size;
      info.extradata_size = 0;
      if (next_random(2)) info.flags &= ~(uint32_t)(CUF_PACKET_HAS_PTS | CUF_PACKET_HAS_DTS);
      cuf_decoder_decode(decoder, &info, bytes.data, bytes.size, ticket);
      free(bytes.data);
    }
    const struct CufCompletion done = wait_for(ticket);
    if (done.status == CUF_INTERNAL) fail("an internal error");
    if (done.status == CUF_OK) take_frames(decoder, ticket, done.value);
    if (is_honest && done.status != CUF_OK) fail("honest messages hurt decoding");
    if (!is_honest && i < count && next_random(24) == 0) {
      const uint32_t reset = ++last_ticket;
      cuf_decoder_reset(decoder, reset);
      wait_for(reset);
    }
  }
}

static void set_codec(const struct CufDemuxerInfo* info, const uint8_t* extradata,
                      uint32_t bitstream) {
  memcpy(codec, info->codec, sizeof(codec));
  length_size = 0;
  if (bitstream == CUF_BITSTREAM_SELF_CONTAINED || info->extradata_size < 23 || extradata[0] != 1)
    return;
  if (is_codec("h264")) length_size = (extradata[4] & 3u) + 1;
  if (is_codec("hevc")) length_size = (extradata[21] & 3u) + 1;
}

static void decode_all(uint32_t device, uint32_t demuxer, uint32_t bitstream) {
  static struct CufPacketInfo packets[MOST_PACKETS];
  struct CufDemuxerInfo info = {.struct_size = sizeof(info)};
  if (cuf_demuxer_info(demuxer, &info) != CUF_OK) fail("an open demuxer has no info");
  uint8_t* extradata = malloc(info.extradata_size + 1);
  cuf_demuxer_extradata(demuxer, extradata, info.extradata_size);
  set_codec(&info, extradata, bitstream);
  const uint32_t ticket = ++last_ticket;
  cuf_demuxer_read(demuxer, MOST_PACKETS, 64 << 20, ticket);
  const struct CufCompletion done = wait_for(ticket);
  if (done.status != CUF_OK) fail("a seed cannot be read");
  uint8_t* data = malloc((size_t)done.extra + 1);
  const int32_t count =
      cuf_demuxer_take(demuxer, ticket, packets, MOST_PACKETS, data, (uint32_t)done.extra);
  /* The time codes of MPEG-2 mark only the pictures that have them, and other codecs have none. */
  is_honest = next_random(3) == 0 && (is_codec("h264") || is_codec("hevc") || is_codec("av1"));
  marks_sent = marks_seen = frames_seen = 0;
  memset(has_mark, 0, sizeof(has_mark));
  const uint32_t decoder = make_decoder(device, extradata, info.extradata_size);
  decode_packets(decoder, packets, count, data);
  if (is_honest && (marks_seen != frames_seen || marks_seen != marks_sent)) {
    fail("a frame without its message");
  }
  if (cuf_handle_close(decoder) != CUF_OK) fail("the decoder cannot be closed");
  free(data);
  free(extradata);
}

static void run_once(uint32_t device) {
  const struct Bytes* file = &files[next_random((uint32_t)file_count)];
  struct CufSourceDesc source_desc = {.struct_size = sizeof(source_desc),
                                      .kind = CUF_SOURCE_MEMORY,
                                      .size_bytes = file->size,
                                      .event_ticket = EVENT_TICKET};
  uint32_t source = 0;
  if (cuf_source_create(device, &source_desc, &source, NULL) != CUF_OK) fail("no source");
  cuf_source_write(source, file->data, file->size);
  cuf_source_finish(source);
  struct CufDemuxerDesc desc = {.struct_size = sizeof(desc), .source = source};
  desc.bitstream = next_random(2);
  const uint32_t ticket = ++last_ticket;
  if (cuf_demuxer_open(device, &desc, NULL, 0, ticket, NULL) != CUF_OK) fail("open was refused");
  const struct CufCompletion done = wait_for(ticket);
  if (done.status != CUF_OK) fail("a seed cannot be opened");
  decode_all(device, (uint32_t)done.value, desc.bitstream);
  if (cuf_handle_close((uint32_t)done.value) != CUF_OK) fail("the demuxer cannot be closed");
  if (cuf_handle_close(source) != CUF_OK) fail("the source cannot be closed");
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
    fprintf(stderr, "sei_fuzz: name at least one seed file\n");
    return 1;
  }
  signal(SIGALRM, on_alarm);
  struct CufDeviceDesc desc = {.struct_size = sizeof(desc), .threads = 2};
  if (cuf_queue_create(&queue_handle, NULL) != CUF_OK) return 1;
  const uint32_t ticket = ++last_ticket;
  if (cuf_device_create(queue_handle, &desc, ticket, NULL) != CUF_OK) return 1;
  const uint32_t device = (uint32_t)wait_for(ticket).value;
  for (unsigned long run = 0; run < runs; ++run) {
    current_seed = seed + run;
    random_state = current_seed * 0x9E3779B97F4A7C15ull + 1;
    if (run % 100 == 0) fprintf(stderr, "sei_fuzz: seed %lu\n", current_seed);
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

/*
 * cuframe.h: the whole C ABI of cuframe, the single source of ffi/abi.ts (see ffi/generate.ts).
 *
 * Rules, which the generator and tests hold it to:
 * - Objects are u32 handles (slot and generation); 0 is no handle. A stale handle is
 * CUF_INVALID_HANDLE, never a crash.
 * - Arguments are u32, i32, f64 and buffers. Results are an i32: a count or CUF_OK (>= 0), or a
 * negative CufStatus.
 * - Every struct starts with struct_size, has fixed-width fields and no hidden padding; zero is the
 * default of every field. A larger struct whose unknown tail is not zero is refused. Arrays of
 * records hold records of the size known here.
 * - A buffer that is NULL while its length is not 0 is an invalid argument (both runtimes pass NULL
 * for detached arrays).
 * - Whatever may block takes a ticket, chosen by the caller and unique on its queue, and returns at
 * once; its outcome is a CufCompletion with that ticket. No pointer into the caller's memory is
 * kept after a call returns.
 * - Strings are UTF-8 bytes with a length, or fixed char arrays that end in NUL.
 * - Functions are safe from any thread. None throws or aborts; nothing is written to stdout, and to
 * stderr only what the log was asked for.
 */
#ifndef CUFRAME_H
#define CUFRAME_H

#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

#define CUF_API __attribute__((visibility("default")))

#define CUF_ABI_VERSION 1

/* What the caller can do about it. */
enum CufStatus {
  CUF_OK = 0,
  CUF_INVALID_ARGUMENT = -1,
  CUF_INVALID_HANDLE = -2,
  CUF_UNSUPPORTED = -3,
  CUF_CORRUPT_DATA = -4,
  CUF_OUT_OF_MEMORY = -5,
  CUF_IO = -6,
  CUF_ABORTED = -7,
  CUF_DEVICE_LOST = -8,
  CUF_INTERNAL = -9,
};

enum CufBackend {
  CUF_BACKEND_AUTO = 0,
  CUF_BACKEND_CPU = 1,
  CUF_BACKEND_CUDA = 2,
};

/* What a completion record tells. */
enum CufCompletionKind {
  CUF_COMPLETION_DONE = 0, /* the ticket's work ended; status, value and extra are its outcome */
  CUF_COMPLETION_SOURCE_SPACE = 1,  /* a stream source has room for value bytes */
  CUF_COMPLETION_SOURCE_READ = 2,   /* a seekable source wants extra bytes from offset value */
  CUF_COMPLETION_SOURCE_CLOSED = 3, /* the source is no longer read; nothing more will be asked */
  CUF_COMPLETION_PROGRESS = 4,      /* value millionths of the ticket's work are done */
  CUF_COMPLETION_SOURCE_CANCEL = 5, /* nobody waits for the range that was asked for, if one was */
  CUF_COMPLETION_LOG = 6,           /* cuf_log_take has records */
  CUF_COMPLETION_DEVICE_LOST = 7,   /* the device's GPU can no longer be used; told once */
  CUF_COMPLETION_DEVICE_GONE = 8,   /* the device was closed, and nothing of it is left */
  CUF_COMPLETION_SINK_DATA = 9, /* a stream sink has value bytes by now; extra = 1: no more come */
};

/* How much is logged: everything down to the level. */
enum CufLogLevel {
  CUF_LOG_QUIET = 0,
  CUF_LOG_FATAL = 1,
  CUF_LOG_ERROR = 2,
  CUF_LOG_WARN = 3,
  CUF_LOG_INFO = 4,
  CUF_LOG_DEBUG = 5,
  CUF_LOG_TRACE = 6,
};

enum CufSourceKind {
  CUF_SOURCE_STREAM = 0,   /* bytes are written in order into a bounded ring */
  CUF_SOURCE_SEEKABLE = 1, /* the library asks for ranges, one at a time */
  CUF_SOURCE_MEMORY = 2,   /* all bytes are written before the demuxer is opened */
};

enum CufSinkKind {
  CUF_SINK_STREAM = 0, /* bytes come in order through a bounded ring */
  CUF_SINK_MEMORY = 1, /* all bytes are taken when the muxer has finished */
};

enum CufBitstream {
  CUF_BITSTREAM_SELF_CONTAINED = 0, /* Annex B or OBU, headers repeated at key frames */
  CUF_BITSTREAM_CONTAINER = 1,      /* packets as the container stores them */
};

enum CufColorType {
  CUF_COLOR_NATIVE = 0, /* NVDEC's layouts: NV12, P010, ... */
  CUF_COLOR_RGB = 1,    /* 8-bit RGB, HWC */
  CUF_COLOR_RGBP = 2,   /* 8-bit RGB, CHW */
  CUF_COLOR_RAW = 3,    /* the decoder's own planes, not copied */
};

enum CufOnError {
  CUF_ON_ERROR_THROW = 0,
  CUF_ON_ERROR_SKIP = 1,
  CUF_ON_ERROR_CONCEAL = 2,
};

/* When frames come. */
enum CufLatency {
  CUF_LATENCY_NATIVE = 0, /* in display order, as late as is fastest */
  CUF_LATENCY_LOW = 1,    /* in display order; with the packet itself where nothing is reordered */
  CUF_LATENCY_ZERO = 2,   /* in decode order, with the packet itself */
};

/* Whether decoders of a GPU are made while a video is indexed: one, or `engines` if those are given
 * or waited for. On the CPU none is. */
enum CufWarmUp {
  CUF_WARM_UP_BEGIN = 0,
  CUF_WARM_UP_WAIT = 1, /* the video is open when they are made */
  CUF_WARM_UP_NONE = 2, /* others that fit come back soon */
};

/* What becomes of the sound beside pictures that are transcoded. */
enum CufAudioMode {
  CUF_AUDIO_COPY = 0,    /* what the container does not take is left out */
  CUF_AUDIO_REQUIRE = 1, /* what the container does not take is an error */
  CUF_AUDIO_DROP = 2,
};

/* Layout of a frame's planes. Depth above 8 is 16-bit little endian; in the semi-planar and *_16
 * formats the sample stands in the most significant bits, in the planar ones of the decoder
 * (I420P10, ...) in the least. */
enum CufFormat {
  CUF_FORMAT_UNKNOWN = 0,
  CUF_FORMAT_NV12 = 1,
  CUF_FORMAT_P010 = 2,
  CUF_FORMAT_P016 = 3,
  CUF_FORMAT_NV16 = 4,
  CUF_FORMAT_P210 = 5,
  CUF_FORMAT_P216 = 6,
  CUF_FORMAT_YUV444 = 7,
  CUF_FORMAT_YUV444_16 = 8,
  CUF_FORMAT_RGB = 9,
  CUF_FORMAT_RGBP = 10,
  CUF_FORMAT_RGBA = 11,
  CUF_FORMAT_I420 = 12,
  CUF_FORMAT_I422 = 13,
  CUF_FORMAT_I444 = 14,
  CUF_FORMAT_I420P16 = 15,
  CUF_FORMAT_I422P16 = 16,
  CUF_FORMAT_I444P16 = 17,
  CUF_FORMAT_GRAY8 = 18,
  CUF_FORMAT_GRAY16 = 19,
  CUF_FORMAT_GBRP = 20,
  CUF_FORMAT_GBRP16 = 21,
  CUF_FORMAT_BGRA = 22,  /* bytes B, G, R, A: NVENC's ARGB */
  CUF_FORMAT_BGR10 = 23, /* words with blue in bits 0-9, green, red in 20-29: NVENC's ARGB10 */
  CUF_FORMAT_RGB10 = 24, /* words with red in bits 0-9, green, blue in 20-29: NVENC's ABGR10 */
};

/* What an encoder is given, by the guide's names. 16-bit samples stand in the most significant
 * bits, and are encoded with 10 bits; so are the words of ARGB10 and ABGR10. */
enum CufEncoderFormat {
  CUF_ENCODER_FORMAT_NV12 = 0,
  CUF_ENCODER_FORMAT_YV12 = 1,         /* planes Y, V, U */
  CUF_ENCODER_FORMAT_IYUV = 2,         /* planes Y, U, V */
  CUF_ENCODER_FORMAT_YUV444 = 3,       /* planes Y, U, V of full size */
  CUF_ENCODER_FORMAT_P010 = 4,         /* as NV12, 16-bit */
  CUF_ENCODER_FORMAT_YUV444_10BIT = 5, /* as YUV444, 16-bit */
  CUF_ENCODER_FORMAT_YUV444_16BIT = 6,
  CUF_ENCODER_FORMAT_ARGB = 7,    /* bytes B, G, R, A */
  CUF_ENCODER_FORMAT_ARGB10 = 8,  /* CUF_FORMAT_BGR10 */
  CUF_ENCODER_FORMAT_ABGR = 9,    /* bytes R, G, B, A */
  CUF_ENCODER_FORMAT_ABGR10 = 10, /* CUF_FORMAT_RGB10 */
  CUF_ENCODER_FORMAT_NV16 = 11,
  CUF_ENCODER_FORMAT_P210 = 12, /* as NV16, 16-bit */
  CUF_ENCODER_FORMAT_RGB = 13,  /* 8-bit [H, W, 3] */
  CUF_ENCODER_FORMAT_RGBP = 14, /* 8-bit [3, H, W] */
};

/* Bits of CufEncodeDesc.flags, as NVENC's NV_ENC_PIC_FLAG_*. */
enum CufEncodeFlag {
  CUF_ENCODE_FORCE_INTRA = 1,
  CUF_ENCODE_FORCE_IDR = 2,
  CUF_ENCODE_OUTPUT_SPS_PPS = 4, /* the stream's headers come with the picture */
  CUF_ENCODE_HAS_PTS = 8,
};

/* Bits of CufChunkInfo.flags. */
enum CufChunkFlag {
  CUF_CHUNK_KEY = 1,
};

enum CufDtype {
  CUF_DTYPE_UINT8 = 0,
  CUF_DTYPE_UINT16 = 1,
  CUF_DTYPE_FLOAT16 = 2,
  CUF_DTYPE_FLOAT32 = 3,
};

enum CufLayout {
  CUF_LAYOUT_HWC = 0,
  CUF_LAYOUT_CHW = 1,
};

enum CufDlpackVersion {
  CUF_DLPACK_VERSIONED = 0, /* DLManagedTensorVersioned 1.0 */
  CUF_DLPACK_LEGACY = 1,    /* DLManagedTensor */
};

enum CufPictureType {
  CUF_PICTURE_UNKNOWN = 0,
  CUF_PICTURE_I = 1,
  CUF_PICTURE_P = 2,
  CUF_PICTURE_B = 3,
};

enum CufDecodeStatus {
  CUF_DECODE_OK = 0,
  CUF_DECODE_CORRUPT = 1,   /* delivered with errors that were not repaired */
  CUF_DECODE_CONCEALED = 2, /* damaged areas were filled in by the decoder */
};

enum CufStreamKind {
  CUF_STREAM_OTHER = 0,
  CUF_STREAM_VIDEO = 1,
  CUF_STREAM_AUDIO = 2,
  CUF_STREAM_SUBTITLE = 3,
};

enum CufChromaFormat {
  CUF_CHROMA_UNKNOWN = 0,
  CUF_CHROMA_400 = 1,
  CUF_CHROMA_420 = 2,
  CUF_CHROMA_422 = 3,
  CUF_CHROMA_444 = 4,
  CUF_CHROMA_OTHER = 5,
};

/* Bits of CufPacketInfo.flags. */
enum CufPacketFlag {
  CUF_PACKET_KEY = 1,
  CUF_PACKET_DISCARD = 2, /* decoded for reference, not shown (edit lists) */
  CUF_PACKET_CORRUPT = 4,
  CUF_PACKET_HAS_PTS = 8,
  CUF_PACKET_HAS_DTS = 16,
  /* What the caller says of it, as NVDEC's CUVID_PKT_*. */
  CUF_PACKET_END_OF_PICTURE = 32, /* holds exactly one frame or field; every packet is taken so */
  CUF_PACKET_END_OF_STREAM = 64,  /* the last one: the frames held back come with it */
  CUF_PACKET_TIMESTAMP = 128,     /* its times are valid; those that are there always are */
  CUF_PACKET_DISCONTINUITY = 256, /* a new start, as after a seek; frames held back come first */
  CUF_PACKET_NOTIFY_EOS = 512,    /* the end is to be told; the completion always tells it */
};

/* Bits of CufFrameInfo.flags. */
enum CufFrameFlag {
  CUF_FRAME_KEY = 1,
  CUF_FRAME_HAS_PTS = 2,
  CUF_FRAME_INTERLACED = 4,
  CUF_FRAME_TOP_FIELD_FIRST = 8,
};

/* Whose types and payloads a CufSeiMessage has. */
enum CufSeiSyntax {
  CUF_SEI_H264 = 0,  /* ITU-T H.264 annex D */
  CUF_SEI_HEVC = 1,  /* ITU-T H.265 annex D */
  CUF_SEI_AV1 = 2,   /* metadata OBUs; the type is the metadata_type */
  CUF_SEI_MPEG2 = 3, /* the time code of a group of pictures, as type 136 */
};

/* Bits of CufSeiMessage.flags. */
enum CufSeiFlag {
  CUF_SEI_SUFFIX = 1,     /* it came behind the picture's data */
  CUF_SEI_MALFORMED = 2,  /* cut off, or not framed as its specification says */
  CUF_SEI_HAS_TIMING = 4, /* of H.264 picture timing: the fields on it are known */
  CUF_SEI_HAS_PIC_STRUCT = 8,
};

/* Bits of CufTrackDesc.set_mask: fields for which 0 has a meaning. */
enum CufTrackField {
  CUF_TRACK_ROTATION = 1,
  CUF_TRACK_COLOR = 2,
  CUF_TRACK_MASTERING_DISPLAY = 4,
  CUF_TRACK_CONTENT_LIGHT = 8,
};

/* Bits of CufDemuxerInfo.flags. */
enum CufDemuxerFlag {
  CUF_DEMUXER_SEEKABLE = 1,
};

/* Why a call failed. status repeats the CufStatus; native_code is libav's or the driver's number, 0
 * if none. */
struct CufError {
  uint32_t struct_size;
  int32_t status;
  int32_t native_code;
  uint32_t message_length;
  int64_t timestamp_us; /* of the damaged picture, for CUF_CORRUPT_DATA; INT64_MIN if unknown */
  char message[1000];
};

struct CufCompletion {
  uint32_t struct_size;
  uint32_t ticket;
  int32_t status;
  uint32_t kind;
  int64_t value;
  int64_t extra;
};

/* One line of the log. */
struct CufLogRecord {
  uint32_t struct_size;
  uint32_t level;  /* a CufLogLevel */
  int64_t time_us; /* since 1970 */
  char origin[64]; /* part of the library, or libav/ and libav's name of its part */
  char message[944];
};

/* Bun's wake: the address of a threadsafe void callback(void). */
struct CufWake {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t callback_address;
};

struct CufRational {
  int32_t num;
  int32_t den;
};

/* Colour code points of ITU-T H.273; 2 is unspecified. */
struct CufColor {
  uint32_t primaries;
  uint32_t transfer;
  uint32_t matrix;
  uint32_t full_range;
};

struct CufLibraryInfo {
  uint32_t struct_size;
  uint32_t reserved;
  char version[32];
  char libav_versions[96];
  char libav_license[32];
  char simd_target[32];
};

struct CufAdapterInfo {
  uint32_t struct_size;
  uint32_t backend;
  uint32_t ordinal;
  uint32_t is_simulated;
  uint32_t processor_count;
  uint32_t decode_engines;
  uint64_t memory_bytes;
  char name[128];
  char vendor[64];
  char driver[128];
  uint32_t compute_major; /* compute capability of a GPU */
  uint32_t compute_minor;
  uint32_t has_memory_pools; /* 1: stream-ordered memory (cuMemAllocAsync) */
  uint32_t reserved;
  char cuda_absence[512];    /* of the cpu adapter: why there is no cuda one, or empty */
  char encoder_absence[256]; /* of a cuda adapter: why it has no encoder, or empty */
};

struct CufDecoderQuery {
  uint32_t struct_size;
  uint32_t backend;
  uint32_t ordinal;
  uint32_t chroma_format; /* a CufChromaFormat; 0 = 4:2:0 */
  uint32_t bit_depth;     /* 0 = 8 */
  uint32_t width;         /* 0 = any */
  uint32_t height;
  char codec[36];
};

struct CufDecoderSupport {
  uint32_t struct_size;
  uint32_t is_supported;
  uint32_t min_width;
  uint32_t min_height;
  uint32_t max_width;
  uint32_t max_height;
  uint32_t native_format;    /* a CufFormat */
  uint32_t has_decode_stats; /* 1: decoders take enable_decode_stats */
  uint32_t max_macroblocks;  /* width * height / 256 of the coded picture; 0 = any */
  uint32_t decode_engines;   /* that decode it beside each other; 0 = not limited */
  char implementation[64];
  char reason[512];
};

struct CufDeviceDesc {
  uint32_t struct_size;
  uint32_t backend;
  uint32_t ordinal;
  uint32_t threads; /* decoding threads one decoder may use; 0 = one for each processor */
  uint64_t memory_budget_bytes; /* most memory of pictures, in either place; 0 = 3/4 of the
                                   machine's, and what the GPU has */
  uint64_t cuda_context;        /* the caller's CUcontext; 0 = the GPU's primary one */
  uint32_t event_ticket;        /* ticket of the device's own completions */
  uint32_t reserved;
};

struct CufDeviceInfo {
  uint32_t struct_size;
  uint32_t backend;
  uint32_t ordinal;
  uint32_t threads;
  uint64_t memory_budget_bytes;
  uint64_t cuda_context; /* CUcontext that it works in; 0 on the CPU */
  uint32_t falls_back;   /* 1: what the GPU does not support is decoded by the CPU */
  uint32_t reserved;
};

struct CufDeviceStats {
  uint32_t struct_size;
  uint32_t live_handles; /* demuxers, decoders, encoders, sources and frames not closed */
  uint32_t live_demuxers;
  uint32_t live_decoders;
  uint32_t live_frames;
  uint32_t live_sources;
  uint32_t live_samplers;
  uint32_t live_capsules; /* DLPack arrays whose deleter was not called */
  uint64_t frame_bytes;   /* memory of live frames */
  uint64_t pooled_bytes;  /* frame memory kept for reuse */
  uint64_t quarantined_bytes;
  uint64_t bytes_read;
  uint64_t packets_decoded;
  uint64_t frames_decoded;
  uint64_t decoders_created;
  uint64_t decoders_reused;
  uint64_t index_cache_hits; /* files opened for random access whose index was kept */
  uint64_t
      memory_bytes; /* what counts towards the budget: frames, pooled memory, decoders' pictures */
  /* Memory of the GPU. */
  uint64_t gpu_frame_bytes;   /* of frames that are held */
  uint64_t gpu_pooled_bytes;  /* kept for the next frames */
  uint64_t gpu_decoder_bytes; /* about what decode surfaces take */
  uint64_t gpu_peak_bytes;    /* most of the sum of the three */
  uint64_t gpu_allocations;   /* calls of the driver */
  uint64_t pinned_bytes;      /* of the host, kept for copies from the GPU */
  uint32_t live_encoders;
  uint32_t live_muxers;
  uint32_t live_transcoders;
  uint32_t reserved;
};

struct CufSourceDesc {
  uint32_t struct_size;
  uint32_t kind;
  uint64_t size_bytes;   /* of a seekable or memory source */
  uint32_t event_ticket; /* ticket of the source's own completions */
  uint32_t reserved;
};

struct CufSinkDesc {
  uint32_t struct_size;
  uint32_t kind;
  uint32_t event_ticket; /* ticket of the sink's own completions */
  uint32_t reserved;
};

struct CufMuxerDesc {
  uint32_t struct_size;
  uint32_t sink;           /* a sink handle; 0 = the path */
  uint32_t is_fragmented;  /* of mp4 and mov */
  uint32_t has_fast_start; /* of mp4 and mov: the index comes first */
  uint32_t overwrites;     /* a file of that name */
  uint32_t keeps_partial;  /* closing without finishing completes what there is */
  char container[16];      /* "mp4", "mkv", ...; empty: by the path's extension */
};

struct CufMuxerInfo {
  uint32_t struct_size;
  uint32_t tracks;
  uint32_t is_finished;
  uint32_t reserved;
  uint64_t packets_written; /* that libav was given */
  uint64_t bytes_written;
  char container[16];
};

/* Where a track comes from, and what shall be otherwise than there. */
struct CufTrackDesc {
  uint32_t struct_size;
  uint32_t set_mask;     /* CufTrackField bits */
  uint32_t encoder;      /* an encoder handle, or 0 */
  uint32_t demuxer;      /* a demuxer handle whose stream is copied, or 0 */
  uint32_t stream_index; /* of the demuxer */
  uint32_t made_from;    /* a demuxer whose video the encoded pictures are, or 0 */
  uint32_t width;        /* of a track that comes from neither; 0 = as it comes */
  uint32_t height;
  struct CufRational frame_rate;          /* 0/0 = as it comes */
  struct CufRational sample_aspect_ratio; /* 0/0 = as it comes */
  struct CufColor color;
  int32_t rotation; /* degrees clockwise */
  uint32_t max_content_light;
  uint32_t max_frame_average_light;
  uint32_t reserved;
  double display_x[4]; /* of red, green, blue, white; CIE 1931 */
  double display_y[4];
  double display_min_luminance; /* candela per square metre */
  double display_max_luminance;
  char codec[36];
  char language[12];
  char title[128];
};

struct CufDemuxerDesc {
  uint32_t struct_size;
  uint32_t source;       /* a source handle; 0 = the path */
  uint32_t bitstream;    /* a CufBitstream */
  int32_t stream_number; /* 1 + index of the wanted video stream; 0 = the best */
  /* 1: the streams of that kind are read, too. */
  uint32_t reads_audio;
  uint32_t reads_subtitles;
};

struct CufDemuxerInfo {
  uint32_t struct_size;
  uint32_t flags;
  uint32_t width;
  uint32_t height;
  uint32_t coded_width;
  uint32_t coded_height;
  struct CufRational frame_rate;   /* average; 0/0 if unknown */
  struct CufRational r_frame_rate; /* the lowest rate that fits all timestamps */
  struct CufRational time_base;
  struct CufRational sample_aspect_ratio;
  int64_t duration_us;   /* -1 if unknown */
  int64_t start_time_us; /* INT64_MIN if unknown */
  int64_t bit_rate_bps;  /* 0 if unknown */
  int64_t num_frames;    /* the container's claim; -1 if it makes none */
  struct CufColor color;
  uint32_t chroma_format;
  uint32_t bit_depth;
  int32_t profile; /* -1 if unknown */
  int32_t level;
  int32_t rotation; /* clockwise degrees to turn for display: 0, 90, 180, 270 */
  uint32_t stream_index;
  uint32_t stream_count;
  uint32_t extradata_size;
  char codec[32];
  char codec_string[64]; /* WebCodecs codec string */
  char profile_name[64];
  char container_name[64];
};

struct CufStreamInfo {
  uint32_t struct_size;
  uint32_t index;
  uint32_t kind;
  uint32_t is_attached_picture;
  uint32_t width;
  uint32_t height;
  uint32_t sample_rate_hz;
  uint32_t channels;
  int64_t duration_us;
  int64_t bit_rate_bps;
  char codec[32];
  char language[16];
  char title[64];
  uint32_t is_read; /* 1: its packets are read */
  uint32_t reserved;
};

struct CufPacketInfo {
  uint32_t struct_size;
  uint32_t flags;
  int64_t pts; /* in time_base, if CUF_PACKET_HAS_PTS */
  int64_t dts;
  int64_t duration;
  int64_t timestamp_us;
  int64_t duration_us;
  int64_t position_bytes; /* in the file; -1 if unknown */
  struct CufRational time_base;
  uint32_t data_offset; /* into the buffer that goes with the records */
  uint32_t data_size;
  uint32_t extradata_offset;
  uint32_t extradata_size; /* not 0: new codec headers come into force with this packet */
  int32_t rotation;
  /* What some codecs leave to the container; 0 = unknown. */
  uint32_t coded_width;
  uint32_t coded_height;
  uint32_t codec_tag;
  uint32_t bits_per_coded_sample;
  uint32_t pixel_format;     /* 1 + libav's number */
  uint32_t stream_index;     /* in the container that it comes from */
  uint32_t skipped_at_begin; /* audio samples that are not played */
  uint32_t skipped_at_end;
  uint32_t reserved;
};

struct CufDecoderDesc {
  uint32_t struct_size;
  uint32_t output_color_type; /* a CufColorType */
  uint32_t on_error;          /* a CufOnError */
  uint32_t threads;           /* 0 = the device's */
  uint32_t matrix;            /* H.273 code that replaces the stream's for RGB; 0 = the stream's */
  uint32_t range;             /* 0 = the stream's, 1 = limited, 2 = full */
  uint32_t width;             /* hint for codecs that keep the size in the container */
  uint32_t height;
  char codec[32];
  uint64_t memory_budget_bytes; /* most memory of its pictures and frames; 0 = the device's */
  uint32_t enable_decode_stats; /* 1: frames have decode statistics */
  uint32_t latency;             /* a CufLatency */
  uint32_t max_width;           /* larger pictures are refused with CUF_UNSUPPORTED; 0 = any */
  uint32_t max_height;
  uint32_t enable_sei_message; /* 1: frames come with their SEI messages */
  uint32_t is_on_host;         /* 1: frames decoded by a GPU are given in host memory */
  uint64_t cuda_stream;  /* CUstream on which frames are complete, for work put on it; 0 = none */
  uint32_t output_width; /* a GPU's decoder scales native frames to this; 0 = as they are */
  uint32_t output_height;
};

struct CufDecoderInfo {
  uint32_t struct_size;
  uint32_t backend;
  uint64_t packets_decoded;
  uint64_t frames_decoded;
  uint64_t frames_corrupt;
  char codec[32];
  char implementation[64];
  uint64_t memory_bytes;      /* of its pictures and frames */
  uint32_t latency;           /* a CufLatency, as asked for */
  uint32_t effective_latency; /* what it can give on the stream that it decodes */
  char fallback_reason[512];  /* why it is not the GPU that decodes, or empty */
};

struct CufPlane {
  uint64_t address;
  int32_t stride_bytes;
  uint32_t rows;
  uint32_t row_bytes;
  uint32_t reserved;
};

struct CufFrameInfo {
  uint32_t struct_size;
  uint32_t frame;
  int64_t pts;
  int64_t timestamp_us;
  int64_t duration_us;
  struct CufRational time_base;
  uint32_t width;
  uint32_t height;
  uint32_t coded_width;
  uint32_t coded_height;
  uint32_t format;
  uint32_t bit_depth;
  uint32_t dtype;
  uint32_t backend; /* where the memory is */
  struct CufColor color;
  int32_t rotation;
  uint32_t picture_type;
  uint32_t flags;
  uint32_t decode_status;
  uint64_t address; /* of one block that holds all planes; 0 if they lie apart */
  uint64_t byte_length;
  uint32_t plane_count;
  uint32_t gpu;  /* ordinal of the GPU in whose memory the addresses are */
  int64_t index; /* in display order, of frames by random access; -1 for others */
  struct CufPlane planes[4];
  uint32_t decode_stats_bytes;   /* of cuf_frame_decode_stats; 0: there are none */
  uint32_t decode_stats_columns; /* blocks in a row of them */
  uint32_t sei_count;            /* messages that cuf_frame_sei gives */
  uint32_t sei_bytes;            /* of their payloads */
};

/* One SEI message. The sequence parameter set tells how long the fields of H.264 picture timing
 * (D.1.3) are, 0 of absent ones. */
struct CufSeiMessage {
  uint32_t struct_size;
  uint32_t type;
  uint32_t syntax; /* a CufSeiSyntax */
  uint32_t flags;
  uint32_t data_offset; /* of the payload in the buffer that goes with the records */
  uint32_t data_size;
  uint32_t cpb_removal_delay_bits;
  uint32_t dpb_output_delay_bits;
  uint32_t time_offset_bits;
  uint32_t reserved;
};

struct CufSamplerDesc {
  uint32_t struct_size;
  uint32_t source;            /* a seekable source's handle; 0 = the path */
  int32_t stream_number;      /* as in CufDemuxerDesc */
  uint32_t output_color_type; /* a CufColorType */
  uint32_t on_error;          /* a CufOnError */
  uint32_t matrix;            /* as in CufDecoderDesc */
  uint32_t range;
  uint32_t engines;              /* most decoders at once; 0 = the GPU's, or the device's threads */
  uint32_t decoder_cache_size;   /* most decoders kept for the next file; 0 = 4, or the engines */
  uint32_t buffer_frames;        /* frames decoded ahead of cuf_sampler_next; 0 = by buffer_bytes */
  uint64_t buffer_bytes;         /* 0 = 320 MiB */
  uint32_t wants_progress;       /* 1: CUF_COMPLETION_PROGRESS come while it is being opened */
  uint32_t is_index_approximate; /* 1: an index of what the container claims will do */
  uint32_t enable_decode_stats;  /* as in CufDecoderDesc */
  uint32_t enable_sei_message;   /* 1: frames come with their SEI messages */
  uint32_t max_width;            /* as in CufDecoderDesc */
  uint32_t max_height;
  uint64_t cuda_stream; /* as in CufDecoderDesc */
  uint32_t is_on_host;
  uint32_t warm_up; /* a CufWarmUp */
};

struct CufSamplerInfo {
  uint32_t struct_size;
  uint32_t frame_count;
  uint32_t packet_count; /* of the exact index; 0 until cuf_sampler_scan if that is approximate */
  uint32_t key_count;
  int64_t duration_us; /* from the first frame's time to the last one's end */
  int64_t start_time_us;
  uint64_t packets_decoded;
  uint64_t packets_dropped;
  uint64_t frames_decoded;
  uint64_t gops_decoded;
  uint64_t seeks;
  uint64_t decoders_created;
  uint64_t decoders_reused;
  uint64_t bytes_read;
  uint32_t frames_ahead; /* most frames held at once for cuf_sampler_next */
  uint32_t backend;      /* where it decodes; CUF_BACKEND_AUTO before it did */
  char implementation[64];
  char fallback_reason[512]; /* as in CufDecoderInfo */
};

/* One packet of the index, in decode order. */
struct CufIndexEntry {
  uint32_t struct_size;
  uint32_t flags; /* CUF_PACKET_KEY, CUF_PACKET_DISCARD (not shown), CUF_PACKET_HAS_PTS, _HAS_DTS */
  int64_t pts;
  int64_t dts;
  int64_t frame; /* its place in display order; -1 if it shows nothing */
  uint32_t size_bytes;
  uint32_t reserved;
};

struct CufFrameTime {
  uint32_t struct_size;
  uint32_t reserved;
  int64_t pts;
  int64_t timestamp_us;
  int64_t duration_us;
};

/* RGB tensor of a frame: value = (rgb / maximum - mean) / std for float types, the integer for the
 * others. */
struct CufConvertDesc {
  uint32_t struct_size;
  uint32_t layout;   /* a CufLayout */
  uint32_t dtype;    /* a CufDtype */
  uint32_t channels; /* 3, or 4 (HWC only) with opaque alpha; 0 = 3 */
  uint32_t matrix;   /* as in CufDecoderDesc */
  uint32_t range;
  double mean[3];
  double std[3];   /* 0 = 1 */
  uint32_t crop_x; /* the part of the picture, in luma samples */
  uint32_t crop_y;
  uint32_t crop_width; /* 0 = the whole picture */
  uint32_t crop_height;
  uint32_t width; /* what that is resized to, antialiased; 0 = its size */
  uint32_t height;
};

/* The value of one parameter of an encoder; the rows of csrc/core/encoder_parameters.inc have the
 * numbers. */
struct CufEncoderSetting {
  uint32_t struct_size;
  uint32_t parameter;
  uint32_t value_count; /* 1; 2 of a ratio; 1 or 3 of quantizers */
  uint32_t reserved;
  double values[3]; /* whole numbers; of a choice: the number of its name */
};

struct CufEncoderDesc {
  uint32_t struct_size;
  uint32_t format; /* a CufEncoderFormat */
  uint32_t width;
  uint32_t height;
  uint32_t threads; /* most that it may use; 0 = the device's */
  /* 1: color is what the stream says of it. 0: for RGB, what it is made: limited range of the
   * matrix that `colorspace` says, else BT.709 from 720 lines up and BT.601 below; for YUV,
   * `colorspace`, else nothing. */
  uint32_t has_color;
  struct CufColor color;
  uint64_t cuda_stream; /* frames are complete for work put on this CUstream; 0 = as they say */
  uint64_t input_budget_bytes; /* of pictures that wait; 0 = no bound but the device's */
};

/* Asks what a backend encodes. */
struct CufEncoderQuery {
  uint32_t struct_size;
  uint32_t backend;
  uint32_t ordinal;
  uint32_t reserved;
};

struct CufEncoderSupport {
  uint32_t struct_size;
  uint32_t is_supported;
  uint32_t min_width;
  uint32_t min_height;
  uint32_t max_width; /* 0: not limited */
  uint32_t max_height;
  uint32_t max_b_frames;
  uint32_t format_mask;   /* bit n: it takes the CufEncoderFormat n for this codec */
  uint32_t setting_count; /* that cuf_answer_encoder_settings gives */
  uint32_t backend;       /* that would do it */
  char implementation[64];
  char reason[512];
};

/* How a file is transcoded, whichever part of it. */
struct CufTranscoderDesc {
  uint32_t struct_size;
  uint32_t source;       /* a seekable source's handle; 0 = the path */
  int32_t stream_number; /* as in CufDemuxerDesc */
  uint32_t on_error;     /* a CufOnError */
  uint32_t width;        /* of the pictures that are encoded; 0 = the video's, or in proportion */
  uint32_t height;
  uint32_t has_format; /* 0: 4:2:0 of 8 bits, of 10 for HEVC and AV1 of deeper videos */
  uint32_t format;     /* a CufEncoderFormat of YUV */
  uint32_t has_color;  /* 0: the video's */
  struct CufColor color;
  uint32_t threads; /* most of a decoder, and of an encoder; 0 = the device's */
  uint32_t audio;   /* a CufAudioMode */
  uint32_t wants_progress;
  uint64_t cuda_stream; /* as in CufDecoderDesc */
};

struct CufTranscoderInfo {
  uint32_t struct_size;
  uint32_t frame_count;
  int64_t duration_us; /* from the first frame's time to the last one's end */
  uint32_t width;      /* of the pictures that are encoded */
  uint32_t height;
  uint32_t format;        /* a CufEncoderFormat */
  uint32_t setting_count; /* that cuf_transcoder_settings gives */
  uint32_t threads;       /* most of a decoder, and of an encoder */
  uint32_t reserved;
  uint64_t segments; /* written */
  uint64_t frames;
  uint64_t packets_decoded;
  uint64_t gops_decoded;
  uint64_t seeks;
  uint64_t decoders_created;
  uint64_t decoders_reused;
  uint64_t encoders_created;
  uint64_t host_copies; /* pictures that were copied from a GPU to the host or back */
  uint64_t bytes_read;
};

/* Frames that follow one another in the order of display. */
struct CufFrameSpan {
  uint32_t struct_size;
  uint32_t first;
  uint32_t count;
};

/* A segment to be written. */
struct CufTranscodeDesc {
  uint32_t struct_size;
  uint32_t first_frame;
  uint32_t frame_count;
  /* 1: behind the segments that were appended before it, in one file: the first one's. */
  uint32_t is_appended;
  uint32_t lane;  /* those of a lane are done in order; below 64, 0 of what is appended */
  uint32_t lanes; /* that work beside each other, and share the threads; 0 = 1 */
  uint32_t wants_progress;
  uint32_t is_whole; /* 1: the whole video, with its sound also behind the last frame */
};

struct CufTranscodeResult {
  uint32_t struct_size;
  uint32_t audio_tracks;
  uint64_t frames;
  uint64_t lost_frames;   /* to damage */
  uint64_t bytes_written; /* for it so far; a file's index comes when it is complete */
  int64_t duration_us;    /* of the video in it */
  int64_t elapsed_us;
  uint32_t decoder_backend;
  uint32_t encoder_backend;
  char container[16];
  char decoder[64];
  char encoder[64];
  char dropped_audio[256]; /* streams that the container does not take, or empty */
  char decoder_fallback[512];
  char encoder_fallback[512];
};

struct CufEncoderInfo {
  uint32_t struct_size;
  uint32_t backend;
  uint32_t width;
  uint32_t height;
  uint32_t format;
  uint32_t reorder_depth; /* pictures that decode order runs ahead of display order at most */
  uint32_t setting_count; /* that cuf_encoder_settings gives */
  uint32_t sequence_params_bytes;
  uint64_t frames_encoded; /* taken */
  uint64_t chunks;         /* given */
  uint64_t chunk_bytes;
  uint64_t host_copies;  /* frames that were copied from a GPU to the host or back */
  uint64_t reconfigures; /* in place */
  uint64_t reopens;      /* by an encoder made anew */
  char codec[32];
  char implementation[64];
  char fallback_reason[512]; /* why it is not the GPU that encodes, or empty */
};

/* What goes with a picture. The messages' payloads stand one after another in the buffer that goes
 * with it. */
struct CufEncodeDesc {
  uint32_t struct_size;
  uint32_t flags; /* CufEncodeFlag bits */
  int64_t pts;    /* in time_base; absent: that of the frame, or counted on by fps */
  int64_t duration;
  struct CufRational time_base; /* 0/0: the frame's, or microseconds */
  uint32_t message_count;
  uint32_t reserved;
};

/* A message to insert: SEI by its type, a metadata OBU of AV1 by its metadata type. */
struct CufSideMessage {
  uint32_t struct_size;
  uint32_t type;
  uint32_t data_offset;
  uint32_t data_size;
};

struct CufChunkInfo {
  uint32_t struct_size;
  uint32_t flags; /* CufChunkFlag bits */
  int64_t pts;    /* in time_base */
  int64_t dts;
  int64_t duration;
  int64_t timestamp_us;
  int64_t duration_us;
  struct CufRational time_base;
  uint32_t picture_type; /* a CufPictureType */
  uint32_t data_offset;  /* into the buffer that goes with the records */
  uint32_t data_size;
  uint32_t reserved;
};

/* Memory of the caller's in a GPU, to be encoded from. It may be filled again when the encoding of
 * the frame completed, by work that is then put on `stream`, which must exist until that; with 0 on
 * the encoder's cuda_stream, or, if that is 0, too, by anything. */
struct CufImportDesc {
  uint32_t struct_size;
  uint32_t format; /* a CufEncoderFormat */
  uint32_t width;
  uint32_t height;
  uint64_t stream; /* CUstream on which it is complete; 0 = it is complete */
  uint32_t plane_count;
  uint32_t reserved;
  struct CufPlane planes[4];
};

struct CufDlpackDesc {
  uint32_t struct_size;
  int32_t plane;    /* 1 + index of one plane; 0 = the whole frame */
  uint32_t version; /* a CufDlpackVersion */
  uint32_t reserved;
  uint64_t stream; /* of memory on a GPU: CUstream of the consumer, for which it is complete; 0 =
                      none */
};

/* A DLPack array to be encoded from. */
struct CufDlpackImport {
  uint32_t struct_size;
  uint32_t version;     /* a CufDlpackVersion */
  uint32_t format;      /* a CufEncoderFormat that the array's shape and type must fit */
  uint32_t is_complete; /* 1: no stream fills memory on a GPU any more */
  uint64_t address;     /* of the DLManagedTensor(Versioned) */
  uint64_t stream;      /* of memory on a GPU: CUstream on which it is complete; 0 = 1, the legacy
                           default stream */
};

struct CufDlpack {
  uint32_t struct_size;
  uint32_t capsule; /* closing this handle frees the array, until cuf_dlpack_release */
  uint64_t address; /* of the struct with the deleter, which any thread may call, once */
};

/* ---- library ---- */
CUF_API int32_t cuf_library_abi_version(void);
CUF_API int32_t cuf_library_abi_hash(void);
CUF_API int32_t cuf_library_info(struct CufLibraryInfo* out, struct CufError* error);

/* ---- log: of the whole process, libav's messages included; quiet unless asked for ---- */
/* Takes the value of LOGGER_LEVEL (TRACE DEBUG INFO WARN ERROR FATAL, or QUIET), unless a level was
 * set before. A wrong one is an invalid argument, and is said on stderr once. */
CUF_API int32_t cuf_log_configure(const uint8_t* name, uint32_t length);
CUF_API int32_t cuf_log_set_level(uint32_t level);
/* Keeps records for this queue, the latest 1024, and tells the ticket by CUF_COMPLETION_LOG; while
 * there are subscribers, nothing is printed. Without a level set, INFO is in force then. */
CUF_API int32_t cuf_log_subscribe(uint32_t queue, uint32_t ticket);
CUF_API int32_t cuf_log_unsubscribe(uint32_t queue);
/* Takes up to capacity records, the oldest first; 0: there are none now. */
CUF_API int32_t cuf_log_take(uint32_t queue, struct CufLogRecord* out, uint32_t capacity);
/* Logs a line of the caller's; returns 1, or 0 if the level is not logged. */
CUF_API int32_t cuf_log_write(uint32_t level, const uint8_t* origin, uint32_t origin_length,
                              const uint8_t* message, uint32_t message_length);

/* ---- handles ---- */
/* Closes any object; its pending tickets complete with CUF_ABORTED. Never blocks. */
CUF_API int32_t cuf_handle_close(uint32_t handle);

/* ---- completion queue: one for each JS thread; it owns what is made through it ---- */
CUF_API int32_t cuf_queue_create(uint32_t* out_queue, struct CufError* error);
/* Takes up to capacity records. 0: empty, and the next completion will wake the thread. */
CUF_API int32_t cuf_queue_poll(uint32_t queue, struct CufCompletion* out, uint32_t capacity);
/* Blocks until a completion or cuf_queue_wake. Only for Deno's one nonblocking call. */
CUF_API int32_t cuf_queue_wait(uint32_t queue);
CUF_API int32_t cuf_queue_wake(uint32_t queue);
CUF_API int32_t cuf_queue_set_wake(uint32_t queue, const struct CufWake* wake);
/* The error of a ticket that completed with a negative status; it is forgotten when read. */
CUF_API int32_t cuf_queue_error(uint32_t queue, uint32_t ticket, struct CufError* out);
/* Asks the work of a ticket to stop; it completes with CUF_ABORTED unless it was done already. */
CUF_API int32_t cuf_queue_cancel(uint32_t queue, uint32_t ticket);

/* ---- adapters and devices ---- */
/* Looks for the backends; completes with their number. */
CUF_API int32_t cuf_adapter_scan(uint32_t queue, uint32_t ticket);
CUF_API int32_t cuf_adapter_list(struct CufAdapterInfo* out, uint32_t capacity);
/* Asks what a backend decodes; completes with the handle of the answer. */
CUF_API int32_t cuf_adapter_query(uint32_t queue, const struct CufDecoderQuery* query,
                                  uint32_t ticket, struct CufError* error);
CUF_API int32_t cuf_answer_decoder_support(uint32_t answer, struct CufDecoderSupport* out);
/* Completes with the device's handle. */
CUF_API int32_t cuf_device_create(uint32_t queue, const struct CufDeviceDesc* desc, uint32_t ticket,
                                  struct CufError* error);
CUF_API int32_t cuf_device_info(uint32_t device, struct CufDeviceInfo* out);
CUF_API int32_t cuf_device_stats(uint32_t device, struct CufDeviceStats* out);

/* ---- sources written by the caller ---- */
CUF_API int32_t cuf_source_create(uint32_t device, const struct CufSourceDesc* desc,
                                  uint32_t* out_source, struct CufError* error);
/* Gives bytes; returns how many were taken. Fewer than length: a CUF_COMPLETION_SOURCE_SPACE
 * follows. */
CUF_API int32_t cuf_source_write(uint32_t source, const uint8_t* data, uint32_t length);
/* No more bytes will come (stream, memory), or the range asked for is not given (seekable): it is
 * asked for again if it is still wanted. */
CUF_API int32_t cuf_source_finish(uint32_t source);
/* The source failed: its reader gets CUF_IO with this text. */
CUF_API int32_t cuf_source_fail(uint32_t source, const uint8_t* message, uint32_t length);

/* ---- demuxer ---- */
/* Completes with the demuxer's handle. */
CUF_API int32_t cuf_demuxer_open(uint32_t device, const struct CufDemuxerDesc* desc,
                                 const uint8_t* path, uint32_t path_length, uint32_t ticket,
                                 struct CufError* error);
CUF_API int32_t cuf_demuxer_info(uint32_t demuxer, struct CufDemuxerInfo* out);
CUF_API int32_t cuf_demuxer_streams(uint32_t demuxer, struct CufStreamInfo* out, uint32_t capacity);
/* Copies the codec headers as the chosen bitstream has them; returns their size. */
CUF_API int32_t cuf_demuxer_extradata(uint32_t demuxer, uint8_t* out, uint32_t capacity);
/* Reads up to max_packets packets or about max_bytes; completes with their number (0 = end) and
 * extra = bytes. */
CUF_API int32_t cuf_demuxer_read(uint32_t demuxer, uint32_t max_packets, uint32_t max_bytes,
                                 uint32_t ticket);
/* Hands over the packets of a completed read: records, and payloads one after another in data. */
CUF_API int32_t cuf_demuxer_take(uint32_t demuxer, uint32_t ticket, struct CufPacketInfo* out,
                                 uint32_t capacity, uint8_t* data, uint32_t data_capacity);
/* Moves to the key frame at or before the time. */
CUF_API int32_t cuf_demuxer_seek(uint32_t demuxer, double seconds, uint32_t ticket);

/* ---- sinks read by the caller, and muxers ---- */
CUF_API int32_t cuf_sink_create(uint32_t device, const struct CufSinkDesc* desc, uint32_t* out_sink,
                                struct CufError* error);
/* Takes the next bytes; returns how many. After a 0, a CUF_COMPLETION_SINK_DATA tells that there
 * are some. */
CUF_API int32_t cuf_sink_take(uint32_t sink, uint8_t* out, uint32_t capacity);
/* Whoever takes the bytes failed: the muxer gets CUF_IO with this text. */
CUF_API int32_t cuf_sink_fail(uint32_t sink, const uint8_t* message, uint32_t length);
/* `metadata` holds names and values of the file's metadata, each ended by NUL. Completes with the
 * muxer's handle. */
CUF_API int32_t cuf_muxer_open(uint32_t device, const struct CufMuxerDesc* desc,
                               const uint8_t* path, uint32_t path_length, const uint8_t* metadata,
                               uint32_t metadata_length, uint32_t ticket, struct CufError* error);
CUF_API int32_t cuf_muxer_info(uint32_t muxer, struct CufMuxerInfo* out);
/* Adds a track, before the first write; returns its number. */
CUF_API int32_t cuf_muxer_add_track(uint32_t muxer, const struct CufTrackDesc* desc,
                                    const uint8_t* extradata, uint32_t extradata_size,
                                    struct CufError* error);
/* Writes a packet, which is copied (offsets of info are into data). Completes when there is room
 * for another. */
CUF_API int32_t cuf_muxer_write(uint32_t muxer, uint32_t track, const struct CufPacketInfo* info,
                                const uint8_t* data, uint32_t length, uint32_t ticket,
                                struct CufError* error);
/* Completes the file, which has its name then; completes with the number of bytes written. Closed
 * without, nothing is left of the file, unless desc.keeps_partial. */
CUF_API int32_t cuf_muxer_finish(uint32_t muxer, uint32_t ticket);
/* Ends the muxer as closing it does; completes when that is done. */
CUF_API int32_t cuf_muxer_end(uint32_t muxer, uint32_t ticket);

/* ---- decoder ---- */
/* Completes with the decoder's handle. */
CUF_API int32_t cuf_decoder_create(uint32_t device, const struct CufDecoderDesc* desc,
                                   const uint8_t* extradata, uint32_t extradata_size,
                                   uint32_t ticket, struct CufError* error);
CUF_API int32_t cuf_decoder_info(uint32_t decoder, struct CufDecoderInfo* out);
/* Decodes one packet (offsets of info are into data); completes with the number of frames. */
CUF_API int32_t cuf_decoder_decode(uint32_t decoder, const struct CufPacketInfo* info,
                                   const uint8_t* data, uint32_t length, uint32_t ticket);
/* Gives the frames held back; the decoder then takes packets of a new start. Completes with the
 * number of frames. */
CUF_API int32_t cuf_decoder_flush(uint32_t decoder, uint32_t ticket);
/* Forgets what was sent and not yet given, as after a seek. */
CUF_API int32_t cuf_decoder_reset(uint32_t decoder, uint32_t ticket);
/* The next packet begins a stream of this size, whose decoder is made anew; the frames held back
 * come first from the next call. */
CUF_API int32_t cuf_decoder_reconfigure(uint32_t decoder, uint32_t width, uint32_t height,
                                        uint32_t ticket);
/* Reads and decodes from the demuxer until max_frames are there or the end, where it flushes.
 * Completes with the number of frames; extra = 1 after the last. */
CUF_API int32_t cuf_decoder_read(uint32_t decoder, uint32_t demuxer, uint32_t max_frames,
                                 uint32_t max_bytes, uint32_t ticket);
/* Hands over the frames of a completed decode, flush or read. */
CUF_API int32_t cuf_decoder_take(uint32_t decoder, uint32_t ticket, struct CufFrameInfo* out,
                                 uint32_t capacity);

/* ---- encoder ---- */
/* `settings` are the parameters that were said. `native` holds the encoder's own options, each a
 * name and a value that end in NUL. Completes with the encoder's handle. */
CUF_API int32_t cuf_encoder_create(uint32_t device, const struct CufEncoderDesc* desc,
                                   const struct CufEncoderSetting* settings, uint32_t setting_count,
                                   const uint8_t* native, uint32_t native_length, uint32_t ticket,
                                   struct CufError* error);
CUF_API int32_t cuf_encoder_info(uint32_t encoder, struct CufEncoderInfo* out);
/* What it encodes with, as far as it is known; returns how many there are. */
CUF_API int32_t cuf_encoder_settings(uint32_t encoder, struct CufEncoderSetting* out,
                                     uint32_t capacity);
/* The stream's headers (Annex B; the sequence header OBU); returns their size, 0 while an encoder
 * does not know them yet. */
CUF_API int32_t cuf_encoder_sequence_params(uint32_t encoder, uint8_t* out, uint32_t capacity);
/* Encodes a frame, which may be closed when this returns. Completes, when there is room for
 * another, with the number of chunks that are ready; extra = bytes. Frames come in the order of
 * display: a pts that is not behind the one before is an invalid argument, but after a flush. */
CUF_API int32_t cuf_encoder_encode(uint32_t encoder, uint32_t frame,
                                   const struct CufEncodeDesc* desc,
                                   const struct CufSideMessage* messages, const uint8_t* payloads,
                                   uint32_t payloads_length, uint32_t ticket,
                                   struct CufError* error);
/* The same for a picture in the caller's memory, which is copied: planes one after another, rows of
 * `stride_bytes` (0 = without padding; chroma rows of half of it where chroma has half the width).
 */
CUF_API int32_t cuf_encoder_encode_bytes(uint32_t encoder, const uint8_t* data, uint32_t length,
                                         uint32_t stride_bytes, const struct CufEncodeDesc* desc,
                                         const struct CufSideMessage* messages,
                                         const uint8_t* payloads, uint32_t payloads_length,
                                         uint32_t ticket, struct CufError* error);
/* Gives what is held back; what follows begins with an IDR picture. Completes as an encode. */
CUF_API int32_t cuf_encoder_flush(uint32_t encoder, uint32_t ticket);
/* Goes on with other parameters (only those that change) and another size (0 = as it is) from the
 * next frame on. Completes with 0 and extra = -1 if the encoder goes on; if one was made anew, with
 * the number of the chunks that were held back, and extra = their bytes. */
CUF_API int32_t cuf_encoder_reconfigure(uint32_t encoder, const struct CufEncoderSetting* settings,
                                        uint32_t setting_count, uint32_t width, uint32_t height,
                                        uint32_t ticket, struct CufError* error);
/* Hands over the chunks of a completed encode, flush or reconfigure: records, and their bytes one
 * after another in data. */
CUF_API int32_t cuf_encoder_take(uint32_t encoder, uint32_t ticket, struct CufChunkInfo* out,
                                 uint32_t capacity, uint8_t* data, uint32_t data_capacity);
/* Asks what a backend would make of an encoder; `settings` and `native` as for cuf_encoder_create.
 * Completes with the handle of the answer. */
CUF_API int32_t cuf_adapter_query_encoder(uint32_t queue, const struct CufEncoderQuery* query,
                                          const struct CufEncoderDesc* desc,
                                          const struct CufEncoderSetting* settings,
                                          uint32_t setting_count, const uint8_t* native,
                                          uint32_t native_length, uint32_t ticket,
                                          struct CufError* error);
CUF_API int32_t cuf_answer_encoder_support(uint32_t answer, struct CufEncoderSupport* out);
CUF_API int32_t cuf_answer_encoder_settings(uint32_t answer, struct CufEncoderSetting* out,
                                            uint32_t capacity);

/* ---- transcoder: parts of a file through a decoder and an encoder into files ---- */
/* Opens, builds the index and completes with the transcoder's handle. `settings` and `native` as
 * for cuf_encoder_create. */
CUF_API int32_t cuf_transcoder_open(uint32_t device, const struct CufTranscoderDesc* desc,
                                    const uint8_t* path, uint32_t path_length,
                                    const struct CufEncoderSetting* settings,
                                    uint32_t setting_count, const uint8_t* native,
                                    uint32_t native_length, uint32_t ticket,
                                    struct CufError* error);
CUF_API int32_t cuf_transcoder_info(uint32_t transcoder, struct CufTranscoderInfo* out);
CUF_API int32_t cuf_transcoder_stream_info(uint32_t transcoder, struct CufDemuxerInfo* out);
CUF_API int32_t cuf_transcoder_settings(uint32_t transcoder, struct CufEncoderSetting* out,
                                        uint32_t capacity);
/* The frames whose times lie in [start, end), in seconds from the first frame's time on. */
CUF_API int32_t cuf_transcoder_frames(uint32_t transcoder, double start, double end,
                                      struct CufFrameSpan* out);
/* Writes a segment into a file or sink, as cuf_muxer_open makes one; `muxer` of an appended segment
 * counts where it is the first. Completes with its number of frames. */
CUF_API int32_t cuf_transcoder_run(uint32_t transcoder, const struct CufTranscodeDesc* desc,
                                   const struct CufMuxerDesc* muxer, const uint8_t* path,
                                   uint32_t path_length, const uint8_t* metadata,
                                   uint32_t metadata_length, uint32_t ticket,
                                   struct CufError* error);
/* What a completed cuf_transcoder_run did; once. */
CUF_API int32_t cuf_transcoder_take(uint32_t transcoder, uint32_t ticket,
                                    struct CufTranscodeResult* out);
/* Completes the file of the appended segments, with its size in bytes; 0 if there is none. */
CUF_API int32_t cuf_transcoder_finish(uint32_t transcoder, uint32_t ticket);

/* ---- sampler: random access by frame index; reading is off the JS thread, calls are done in order
 * ---- */
/* Opens, builds the index and completes with the sampler's handle. */
CUF_API int32_t cuf_sampler_open(uint32_t device, const struct CufSamplerDesc* desc,
                                 const uint8_t* path, uint32_t path_length, uint32_t ticket,
                                 struct CufError* error);
CUF_API int32_t cuf_sampler_info(uint32_t sampler, struct CufSamplerInfo* out);
CUF_API int32_t cuf_sampler_stream_info(uint32_t sampler, struct CufDemuxerInfo* out);
/* Makes the exact index if there is an approximate one; completes with the number of frames and
 * extra = their duration_us. */
CUF_API int32_t cuf_sampler_scan(uint32_t sampler, uint32_t ticket);
/* Copies up to capacity entries of the exact index from the packet `first` on; returns their
 * number. */
CUF_API int32_t cuf_sampler_index(uint32_t sampler, uint32_t first, struct CufIndexEntry* out,
                                  uint32_t capacity);
CUF_API int32_t cuf_sampler_frame_time(uint32_t sampler, uint32_t frame, struct CufFrameTime* out);
/* The frame shown at a time, clamped to the first and the last; -status without frames. */
CUF_API int32_t cuf_sampler_frame_at(uint32_t sampler, double seconds);
/* Decodes frames in any order, duplicates allowed; completes with their number. */
CUF_API int32_t cuf_sampler_read(uint32_t sampler, const uint32_t* frames, uint32_t count,
                                 uint32_t ticket, struct CufError* error);
/* As cuf_sampler_read, straight into one contiguous tensor of at least one frame; completes with
 * the handle of a frame whose one plane has a row for each frame. */
CUF_API int32_t cuf_sampler_read_tensor(uint32_t sampler, const uint32_t* frames, uint32_t count,
                                        const struct CufConvertDesc* desc, uint32_t ticket,
                                        struct CufError* error);
/* From now on cuf_sampler_next gives first, first + step, ..., count frames in all; begins to
 * decode ahead. */
CUF_API int32_t cuf_sampler_start(uint32_t sampler, uint32_t first, uint32_t count, uint32_t step,
                                  struct CufError* error);
/* Completes with up to max_frames of the frames that were started; 0 = all were given. */
CUF_API int32_t cuf_sampler_next(uint32_t sampler, uint32_t max_frames, uint32_t ticket);
/* Hands over the frames of a completed read or next, in the order in which they were asked for. */
CUF_API int32_t cuf_sampler_take(uint32_t sampler, uint32_t ticket, struct CufFrameInfo* out,
                                 uint32_t capacity);

/* ---- frames ---- */
CUF_API int32_t cuf_frame_info(uint32_t frame, struct CufFrameInfo* out);
/* A second handle to the same memory, which lives until both are closed. */
CUF_API int32_t cuf_frame_clone(uint32_t frame, uint32_t* out_frame, struct CufError* error);
/* Copies all planes one after another without padding; returns the bytes written. */
CUF_API int32_t cuf_frame_copy(uint32_t frame, uint8_t* out, uint32_t capacity,
                               struct CufError* error);
/* Copies the decode statistics, decode_stats_bytes of them, in NVDEC's layout (described in
 * csrc/core/decode_record.h); returns their bytes. */
CUF_API int32_t cuf_frame_decode_stats(uint32_t frame, uint8_t* out, uint32_t capacity,
                                       struct CufError* error);
/* Copies the picture's SEI messages: records, and payloads one after another in data. Both buffers
 * must be large enough (CufFrameInfo). Returns their number. */
CUF_API int32_t cuf_frame_sei(uint32_t frame, struct CufSeiMessage* out, uint32_t capacity,
                              uint8_t* data, uint32_t data_capacity);
/* Completes with the handle of a new frame that holds the tensor. */
CUF_API int32_t cuf_frame_convert(uint32_t frame, const struct CufConvertDesc* desc,
                                  uint32_t ticket, struct CufError* error);
/* Closes the handle but never reuses or frees the memory: a view of it was transferred out of
 * reach. */
CUF_API int32_t cuf_frame_quarantine(uint32_t frame);
/* Completes with the handle of a new frame: a copy in host memory, planes one after another. */
CUF_API int32_t cuf_frame_download(uint32_t frame, uint32_t ticket);
/* Of memory on a GPU: work put on desc.stream from now on finds it complete, and it is used anew
 * only when all that the GPU has to do when the frame is closed is done. */
CUF_API int32_t cuf_frame_share(uint32_t frame, const struct CufDlpackDesc* desc,
                                struct CufError* error);
/* A frame of memory in a GPU that is the caller's: it must stay until the frame and what was made
 * from it are closed, and as it is while something is made from the frame. */
CUF_API int32_t cuf_frame_import(uint32_t device, const struct CufImportDesc* desc,
                                 uint32_t* out_frame, struct CufError* error);
/* A frame of a DLPack array, in host memory or a GPU's, whose deleter is called when the frame and
 * what was made from it are closed; if this fails, it is not called. That on a GPU may be filled
 * again as CufImportDesc has it. */
CUF_API int32_t cuf_frame_from_dlpack(uint32_t device, const struct CufDlpackImport* desc,
                                      uint32_t* out_frame, struct CufError* error);
/* Exports the memory as a DLPack array of its own lifetime. */
CUF_API int32_t cuf_frame_to_dlpack(uint32_t frame, const struct CufDlpackDesc* desc,
                                    struct CufDlpack* out, struct CufError* error);
/* Closes the handle; the array is now the consumer's, which calls the deleter. */
CUF_API int32_t cuf_dlpack_release(uint32_t capsule);

#if defined(__cplusplus)
}
#endif

#endif

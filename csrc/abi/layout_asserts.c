/* Generated from csrc/include/cuframe.h by ffi/generate.ts: do not edit.
 * By this file the C compiler checks what the generator made of the header. */
#include "cuframe.h"

#include <stddef.h>

/* clang-format off */
#define SAME_TYPE(a, b) __builtin_types_compatible_p(a, b)
_Static_assert(CUF_ABI_VERSION == 1, "");

/* CufStatus */
_Static_assert(CUF_OK == 0, "");
_Static_assert(CUF_INVALID_ARGUMENT == -1, "");
_Static_assert(CUF_INVALID_HANDLE == -2, "");
_Static_assert(CUF_UNSUPPORTED == -3, "");
_Static_assert(CUF_CORRUPT_DATA == -4, "");
_Static_assert(CUF_OUT_OF_MEMORY == -5, "");
_Static_assert(CUF_IO == -6, "");
_Static_assert(CUF_ABORTED == -7, "");
_Static_assert(CUF_DEVICE_LOST == -8, "");
_Static_assert(CUF_INTERNAL == -9, "");

/* CufBackend */
_Static_assert(CUF_BACKEND_AUTO == 0, "");
_Static_assert(CUF_BACKEND_CPU == 1, "");
_Static_assert(CUF_BACKEND_CUDA == 2, "");

/* CufCompletionKind */
_Static_assert(CUF_COMPLETION_DONE == 0, "");
_Static_assert(CUF_COMPLETION_SOURCE_SPACE == 1, "");
_Static_assert(CUF_COMPLETION_SOURCE_READ == 2, "");
_Static_assert(CUF_COMPLETION_SOURCE_CLOSED == 3, "");

/* CufSourceKind */
_Static_assert(CUF_SOURCE_STREAM == 0, "");
_Static_assert(CUF_SOURCE_SEEKABLE == 1, "");
_Static_assert(CUF_SOURCE_MEMORY == 2, "");

/* CufBitstream */
_Static_assert(CUF_BITSTREAM_SELF_CONTAINED == 0, "");
_Static_assert(CUF_BITSTREAM_CONTAINER == 1, "");

/* CufColorType */
_Static_assert(CUF_COLOR_NATIVE == 0, "");
_Static_assert(CUF_COLOR_RGB == 1, "");
_Static_assert(CUF_COLOR_RGBP == 2, "");
_Static_assert(CUF_COLOR_RAW == 3, "");

/* CufOnError */
_Static_assert(CUF_ON_ERROR_THROW == 0, "");
_Static_assert(CUF_ON_ERROR_SKIP == 1, "");
_Static_assert(CUF_ON_ERROR_CONCEAL == 2, "");

/* CufFormat */
_Static_assert(CUF_FORMAT_UNKNOWN == 0, "");
_Static_assert(CUF_FORMAT_NV12 == 1, "");
_Static_assert(CUF_FORMAT_P010 == 2, "");
_Static_assert(CUF_FORMAT_P016 == 3, "");
_Static_assert(CUF_FORMAT_NV16 == 4, "");
_Static_assert(CUF_FORMAT_P210 == 5, "");
_Static_assert(CUF_FORMAT_P216 == 6, "");
_Static_assert(CUF_FORMAT_YUV444 == 7, "");
_Static_assert(CUF_FORMAT_YUV444_16 == 8, "");
_Static_assert(CUF_FORMAT_RGB == 9, "");
_Static_assert(CUF_FORMAT_RGBP == 10, "");
_Static_assert(CUF_FORMAT_RGBA == 11, "");
_Static_assert(CUF_FORMAT_I420 == 12, "");
_Static_assert(CUF_FORMAT_I422 == 13, "");
_Static_assert(CUF_FORMAT_I444 == 14, "");
_Static_assert(CUF_FORMAT_I420P16 == 15, "");
_Static_assert(CUF_FORMAT_I422P16 == 16, "");
_Static_assert(CUF_FORMAT_I444P16 == 17, "");
_Static_assert(CUF_FORMAT_GRAY8 == 18, "");
_Static_assert(CUF_FORMAT_GRAY16 == 19, "");
_Static_assert(CUF_FORMAT_GBRP == 20, "");
_Static_assert(CUF_FORMAT_GBRP16 == 21, "");

/* CufDtype */
_Static_assert(CUF_DTYPE_UINT8 == 0, "");
_Static_assert(CUF_DTYPE_UINT16 == 1, "");
_Static_assert(CUF_DTYPE_FLOAT16 == 2, "");
_Static_assert(CUF_DTYPE_FLOAT32 == 3, "");

/* CufLayout */
_Static_assert(CUF_LAYOUT_HWC == 0, "");
_Static_assert(CUF_LAYOUT_CHW == 1, "");

/* CufPictureType */
_Static_assert(CUF_PICTURE_UNKNOWN == 0, "");
_Static_assert(CUF_PICTURE_I == 1, "");
_Static_assert(CUF_PICTURE_P == 2, "");
_Static_assert(CUF_PICTURE_B == 3, "");

/* CufDecodeStatus */
_Static_assert(CUF_DECODE_OK == 0, "");
_Static_assert(CUF_DECODE_CORRUPT == 1, "");
_Static_assert(CUF_DECODE_CONCEALED == 2, "");

/* CufStreamKind */
_Static_assert(CUF_STREAM_OTHER == 0, "");
_Static_assert(CUF_STREAM_VIDEO == 1, "");
_Static_assert(CUF_STREAM_AUDIO == 2, "");
_Static_assert(CUF_STREAM_SUBTITLE == 3, "");

/* CufChromaFormat */
_Static_assert(CUF_CHROMA_UNKNOWN == 0, "");
_Static_assert(CUF_CHROMA_400 == 1, "");
_Static_assert(CUF_CHROMA_420 == 2, "");
_Static_assert(CUF_CHROMA_422 == 3, "");
_Static_assert(CUF_CHROMA_444 == 4, "");
_Static_assert(CUF_CHROMA_OTHER == 5, "");

/* CufPacketFlag */
_Static_assert(CUF_PACKET_KEY == 1, "");
_Static_assert(CUF_PACKET_DISCARD == 2, "");
_Static_assert(CUF_PACKET_CORRUPT == 4, "");
_Static_assert(CUF_PACKET_HAS_PTS == 8, "");
_Static_assert(CUF_PACKET_HAS_DTS == 16, "");

/* CufFrameFlag */
_Static_assert(CUF_FRAME_KEY == 1, "");
_Static_assert(CUF_FRAME_HAS_PTS == 2, "");
_Static_assert(CUF_FRAME_INTERLACED == 4, "");
_Static_assert(CUF_FRAME_TOP_FIELD_FIRST == 8, "");

/* CufDemuxerFlag */
_Static_assert(CUF_DEMUXER_SEEKABLE == 1, "");

_Static_assert(sizeof(struct CufError) == 1024, "");
_Static_assert(_Alignof(struct CufError) == 8, "");
_Static_assert(offsetof(struct CufError, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufError*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufError, status) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufError*)0)->status), int32_t), "");
_Static_assert(offsetof(struct CufError, native_code) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufError*)0)->native_code), int32_t), "");
_Static_assert(offsetof(struct CufError, message_length) == 12, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufError*)0)->message_length), uint32_t), "");
_Static_assert(offsetof(struct CufError, timestamp_us) == 16, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufError*)0)->timestamp_us), int64_t), "");
_Static_assert(offsetof(struct CufError, message) == 24, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufError*)0)->message), char[1000]), "");

_Static_assert(sizeof(struct CufCompletion) == 32, "");
_Static_assert(_Alignof(struct CufCompletion) == 8, "");
_Static_assert(offsetof(struct CufCompletion, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufCompletion*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufCompletion, ticket) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufCompletion*)0)->ticket), uint32_t), "");
_Static_assert(offsetof(struct CufCompletion, status) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufCompletion*)0)->status), int32_t), "");
_Static_assert(offsetof(struct CufCompletion, kind) == 12, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufCompletion*)0)->kind), uint32_t), "");
_Static_assert(offsetof(struct CufCompletion, value) == 16, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufCompletion*)0)->value), int64_t), "");
_Static_assert(offsetof(struct CufCompletion, extra) == 24, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufCompletion*)0)->extra), int64_t), "");

_Static_assert(sizeof(struct CufWake) == 16, "");
_Static_assert(_Alignof(struct CufWake) == 8, "");
_Static_assert(offsetof(struct CufWake, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufWake*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufWake, reserved) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufWake*)0)->reserved), uint32_t), "");
_Static_assert(offsetof(struct CufWake, callback_address) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufWake*)0)->callback_address), uint64_t), "");

_Static_assert(sizeof(struct CufRational) == 8, "");
_Static_assert(_Alignof(struct CufRational) == 4, "");
_Static_assert(offsetof(struct CufRational, num) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufRational*)0)->num), int32_t), "");
_Static_assert(offsetof(struct CufRational, den) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufRational*)0)->den), int32_t), "");

_Static_assert(sizeof(struct CufColor) == 16, "");
_Static_assert(_Alignof(struct CufColor) == 4, "");
_Static_assert(offsetof(struct CufColor, primaries) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufColor*)0)->primaries), uint32_t), "");
_Static_assert(offsetof(struct CufColor, transfer) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufColor*)0)->transfer), uint32_t), "");
_Static_assert(offsetof(struct CufColor, matrix) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufColor*)0)->matrix), uint32_t), "");
_Static_assert(offsetof(struct CufColor, full_range) == 12, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufColor*)0)->full_range), uint32_t), "");

_Static_assert(sizeof(struct CufLibraryInfo) == 200, "");
_Static_assert(_Alignof(struct CufLibraryInfo) == 4, "");
_Static_assert(offsetof(struct CufLibraryInfo, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufLibraryInfo*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufLibraryInfo, reserved) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufLibraryInfo*)0)->reserved), uint32_t), "");
_Static_assert(offsetof(struct CufLibraryInfo, version) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufLibraryInfo*)0)->version), char[32]), "");
_Static_assert(offsetof(struct CufLibraryInfo, libav_versions) == 40, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufLibraryInfo*)0)->libav_versions), char[96]), "");
_Static_assert(offsetof(struct CufLibraryInfo, libav_license) == 136, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufLibraryInfo*)0)->libav_license), char[32]), "");
_Static_assert(offsetof(struct CufLibraryInfo, simd_target) == 168, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufLibraryInfo*)0)->simd_target), char[32]), "");

_Static_assert(sizeof(struct CufAdapterInfo) == 352, "");
_Static_assert(_Alignof(struct CufAdapterInfo) == 8, "");
_Static_assert(offsetof(struct CufAdapterInfo, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufAdapterInfo*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufAdapterInfo, backend) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufAdapterInfo*)0)->backend), uint32_t), "");
_Static_assert(offsetof(struct CufAdapterInfo, ordinal) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufAdapterInfo*)0)->ordinal), uint32_t), "");
_Static_assert(offsetof(struct CufAdapterInfo, is_simulated) == 12, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufAdapterInfo*)0)->is_simulated), uint32_t), "");
_Static_assert(offsetof(struct CufAdapterInfo, processor_count) == 16, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufAdapterInfo*)0)->processor_count), uint32_t), "");
_Static_assert(offsetof(struct CufAdapterInfo, decode_engines) == 20, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufAdapterInfo*)0)->decode_engines), uint32_t), "");
_Static_assert(offsetof(struct CufAdapterInfo, memory_bytes) == 24, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufAdapterInfo*)0)->memory_bytes), uint64_t), "");
_Static_assert(offsetof(struct CufAdapterInfo, name) == 32, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufAdapterInfo*)0)->name), char[128]), "");
_Static_assert(offsetof(struct CufAdapterInfo, vendor) == 160, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufAdapterInfo*)0)->vendor), char[64]), "");
_Static_assert(offsetof(struct CufAdapterInfo, driver) == 224, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufAdapterInfo*)0)->driver), char[128]), "");

_Static_assert(sizeof(struct CufDecoderQuery) == 64, "");
_Static_assert(_Alignof(struct CufDecoderQuery) == 4, "");
_Static_assert(offsetof(struct CufDecoderQuery, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderQuery*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderQuery, backend) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderQuery*)0)->backend), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderQuery, ordinal) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderQuery*)0)->ordinal), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderQuery, chroma_format) == 12, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderQuery*)0)->chroma_format), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderQuery, bit_depth) == 16, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderQuery*)0)->bit_depth), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderQuery, width) == 20, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderQuery*)0)->width), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderQuery, height) == 24, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderQuery*)0)->height), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderQuery, codec) == 28, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderQuery*)0)->codec), char[36]), "");

_Static_assert(sizeof(struct CufDecoderSupport) == 352, "");
_Static_assert(_Alignof(struct CufDecoderSupport) == 4, "");
_Static_assert(offsetof(struct CufDecoderSupport, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderSupport*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderSupport, is_supported) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderSupport*)0)->is_supported), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderSupport, min_width) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderSupport*)0)->min_width), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderSupport, min_height) == 12, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderSupport*)0)->min_height), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderSupport, max_width) == 16, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderSupport*)0)->max_width), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderSupport, max_height) == 20, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderSupport*)0)->max_height), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderSupport, native_format) == 24, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderSupport*)0)->native_format), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderSupport, reserved) == 28, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderSupport*)0)->reserved), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderSupport, implementation) == 32, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderSupport*)0)->implementation), char[64]), "");
_Static_assert(offsetof(struct CufDecoderSupport, reason) == 96, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderSupport*)0)->reason), char[256]), "");

_Static_assert(sizeof(struct CufDeviceDesc) == 16, "");
_Static_assert(_Alignof(struct CufDeviceDesc) == 4, "");
_Static_assert(offsetof(struct CufDeviceDesc, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceDesc*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufDeviceDesc, backend) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceDesc*)0)->backend), uint32_t), "");
_Static_assert(offsetof(struct CufDeviceDesc, ordinal) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceDesc*)0)->ordinal), uint32_t), "");
_Static_assert(offsetof(struct CufDeviceDesc, threads) == 12, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceDesc*)0)->threads), uint32_t), "");

_Static_assert(sizeof(struct CufDeviceInfo) == 16, "");
_Static_assert(_Alignof(struct CufDeviceInfo) == 4, "");
_Static_assert(offsetof(struct CufDeviceInfo, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceInfo*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufDeviceInfo, backend) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceInfo*)0)->backend), uint32_t), "");
_Static_assert(offsetof(struct CufDeviceInfo, ordinal) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceInfo*)0)->ordinal), uint32_t), "");
_Static_assert(offsetof(struct CufDeviceInfo, threads) == 12, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceInfo*)0)->threads), uint32_t), "");

_Static_assert(sizeof(struct CufDeviceStats) == 80, "");
_Static_assert(_Alignof(struct CufDeviceStats) == 8, "");
_Static_assert(offsetof(struct CufDeviceStats, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceStats*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufDeviceStats, live_handles) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceStats*)0)->live_handles), uint32_t), "");
_Static_assert(offsetof(struct CufDeviceStats, live_demuxers) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceStats*)0)->live_demuxers), uint32_t), "");
_Static_assert(offsetof(struct CufDeviceStats, live_decoders) == 12, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceStats*)0)->live_decoders), uint32_t), "");
_Static_assert(offsetof(struct CufDeviceStats, live_frames) == 16, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceStats*)0)->live_frames), uint32_t), "");
_Static_assert(offsetof(struct CufDeviceStats, live_sources) == 20, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceStats*)0)->live_sources), uint32_t), "");
_Static_assert(offsetof(struct CufDeviceStats, frame_bytes) == 24, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceStats*)0)->frame_bytes), uint64_t), "");
_Static_assert(offsetof(struct CufDeviceStats, pooled_bytes) == 32, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceStats*)0)->pooled_bytes), uint64_t), "");
_Static_assert(offsetof(struct CufDeviceStats, quarantined_bytes) == 40, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceStats*)0)->quarantined_bytes), uint64_t), "");
_Static_assert(offsetof(struct CufDeviceStats, bytes_read) == 48, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceStats*)0)->bytes_read), uint64_t), "");
_Static_assert(offsetof(struct CufDeviceStats, packets_decoded) == 56, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceStats*)0)->packets_decoded), uint64_t), "");
_Static_assert(offsetof(struct CufDeviceStats, frames_decoded) == 64, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceStats*)0)->frames_decoded), uint64_t), "");
_Static_assert(offsetof(struct CufDeviceStats, decoders_created) == 72, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDeviceStats*)0)->decoders_created), uint64_t), "");

_Static_assert(sizeof(struct CufSourceDesc) == 24, "");
_Static_assert(_Alignof(struct CufSourceDesc) == 8, "");
_Static_assert(offsetof(struct CufSourceDesc, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufSourceDesc*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufSourceDesc, kind) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufSourceDesc*)0)->kind), uint32_t), "");
_Static_assert(offsetof(struct CufSourceDesc, size_bytes) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufSourceDesc*)0)->size_bytes), uint64_t), "");
_Static_assert(offsetof(struct CufSourceDesc, event_ticket) == 16, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufSourceDesc*)0)->event_ticket), uint32_t), "");
_Static_assert(offsetof(struct CufSourceDesc, reserved) == 20, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufSourceDesc*)0)->reserved), uint32_t), "");

_Static_assert(sizeof(struct CufDemuxerDesc) == 16, "");
_Static_assert(_Alignof(struct CufDemuxerDesc) == 4, "");
_Static_assert(offsetof(struct CufDemuxerDesc, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerDesc*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufDemuxerDesc, source) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerDesc*)0)->source), uint32_t), "");
_Static_assert(offsetof(struct CufDemuxerDesc, bitstream) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerDesc*)0)->bitstream), uint32_t), "");
_Static_assert(offsetof(struct CufDemuxerDesc, stream_number) == 12, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerDesc*)0)->stream_number), int32_t), "");

_Static_assert(sizeof(struct CufDemuxerInfo) == 360, "");
_Static_assert(_Alignof(struct CufDemuxerInfo) == 8, "");
_Static_assert(offsetof(struct CufDemuxerInfo, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, flags) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->flags), uint32_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, width) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->width), uint32_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, height) == 12, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->height), uint32_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, coded_width) == 16, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->coded_width), uint32_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, coded_height) == 20, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->coded_height), uint32_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, frame_rate) == 24, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->frame_rate), struct CufRational), "");
_Static_assert(offsetof(struct CufDemuxerInfo, r_frame_rate) == 32, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->r_frame_rate), struct CufRational), "");
_Static_assert(offsetof(struct CufDemuxerInfo, time_base) == 40, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->time_base), struct CufRational), "");
_Static_assert(offsetof(struct CufDemuxerInfo, sample_aspect_ratio) == 48, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->sample_aspect_ratio), struct CufRational), "");
_Static_assert(offsetof(struct CufDemuxerInfo, duration_us) == 56, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->duration_us), int64_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, start_time_us) == 64, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->start_time_us), int64_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, bit_rate_bps) == 72, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->bit_rate_bps), int64_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, num_frames) == 80, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->num_frames), int64_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, color) == 88, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->color), struct CufColor), "");
_Static_assert(offsetof(struct CufDemuxerInfo, chroma_format) == 104, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->chroma_format), uint32_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, bit_depth) == 108, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->bit_depth), uint32_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, profile) == 112, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->profile), int32_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, level) == 116, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->level), int32_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, rotation) == 120, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->rotation), int32_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, stream_index) == 124, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->stream_index), uint32_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, stream_count) == 128, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->stream_count), uint32_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, extradata_size) == 132, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->extradata_size), uint32_t), "");
_Static_assert(offsetof(struct CufDemuxerInfo, codec) == 136, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->codec), char[32]), "");
_Static_assert(offsetof(struct CufDemuxerInfo, codec_string) == 168, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->codec_string), char[64]), "");
_Static_assert(offsetof(struct CufDemuxerInfo, profile_name) == 232, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->profile_name), char[64]), "");
_Static_assert(offsetof(struct CufDemuxerInfo, container_name) == 296, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDemuxerInfo*)0)->container_name), char[64]), "");

_Static_assert(sizeof(struct CufStreamInfo) == 96, "");
_Static_assert(_Alignof(struct CufStreamInfo) == 8, "");
_Static_assert(offsetof(struct CufStreamInfo, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufStreamInfo*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufStreamInfo, index) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufStreamInfo*)0)->index), uint32_t), "");
_Static_assert(offsetof(struct CufStreamInfo, kind) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufStreamInfo*)0)->kind), uint32_t), "");
_Static_assert(offsetof(struct CufStreamInfo, is_attached_picture) == 12, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufStreamInfo*)0)->is_attached_picture), uint32_t), "");
_Static_assert(offsetof(struct CufStreamInfo, width) == 16, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufStreamInfo*)0)->width), uint32_t), "");
_Static_assert(offsetof(struct CufStreamInfo, height) == 20, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufStreamInfo*)0)->height), uint32_t), "");
_Static_assert(offsetof(struct CufStreamInfo, sample_rate_hz) == 24, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufStreamInfo*)0)->sample_rate_hz), uint32_t), "");
_Static_assert(offsetof(struct CufStreamInfo, channels) == 28, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufStreamInfo*)0)->channels), uint32_t), "");
_Static_assert(offsetof(struct CufStreamInfo, duration_us) == 32, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufStreamInfo*)0)->duration_us), int64_t), "");
_Static_assert(offsetof(struct CufStreamInfo, bit_rate_bps) == 40, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufStreamInfo*)0)->bit_rate_bps), int64_t), "");
_Static_assert(offsetof(struct CufStreamInfo, codec) == 48, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufStreamInfo*)0)->codec), char[32]), "");
_Static_assert(offsetof(struct CufStreamInfo, language) == 80, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufStreamInfo*)0)->language), char[16]), "");

_Static_assert(sizeof(struct CufPacketInfo) == 104, "");
_Static_assert(_Alignof(struct CufPacketInfo) == 8, "");
_Static_assert(offsetof(struct CufPacketInfo, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufPacketInfo, flags) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->flags), uint32_t), "");
_Static_assert(offsetof(struct CufPacketInfo, pts) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->pts), int64_t), "");
_Static_assert(offsetof(struct CufPacketInfo, dts) == 16, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->dts), int64_t), "");
_Static_assert(offsetof(struct CufPacketInfo, duration) == 24, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->duration), int64_t), "");
_Static_assert(offsetof(struct CufPacketInfo, timestamp_us) == 32, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->timestamp_us), int64_t), "");
_Static_assert(offsetof(struct CufPacketInfo, duration_us) == 40, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->duration_us), int64_t), "");
_Static_assert(offsetof(struct CufPacketInfo, position_bytes) == 48, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->position_bytes), int64_t), "");
_Static_assert(offsetof(struct CufPacketInfo, time_base) == 56, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->time_base), struct CufRational), "");
_Static_assert(offsetof(struct CufPacketInfo, data_offset) == 64, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->data_offset), uint32_t), "");
_Static_assert(offsetof(struct CufPacketInfo, data_size) == 68, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->data_size), uint32_t), "");
_Static_assert(offsetof(struct CufPacketInfo, extradata_offset) == 72, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->extradata_offset), uint32_t), "");
_Static_assert(offsetof(struct CufPacketInfo, extradata_size) == 76, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->extradata_size), uint32_t), "");
_Static_assert(offsetof(struct CufPacketInfo, rotation) == 80, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->rotation), int32_t), "");
_Static_assert(offsetof(struct CufPacketInfo, coded_width) == 84, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->coded_width), uint32_t), "");
_Static_assert(offsetof(struct CufPacketInfo, coded_height) == 88, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->coded_height), uint32_t), "");
_Static_assert(offsetof(struct CufPacketInfo, codec_tag) == 92, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->codec_tag), uint32_t), "");
_Static_assert(offsetof(struct CufPacketInfo, bits_per_coded_sample) == 96, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->bits_per_coded_sample), uint32_t), "");
_Static_assert(offsetof(struct CufPacketInfo, pixel_format) == 100, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPacketInfo*)0)->pixel_format), uint32_t), "");

_Static_assert(sizeof(struct CufDecoderDesc) == 64, "");
_Static_assert(_Alignof(struct CufDecoderDesc) == 4, "");
_Static_assert(offsetof(struct CufDecoderDesc, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderDesc*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderDesc, output_color_type) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderDesc*)0)->output_color_type), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderDesc, on_error) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderDesc*)0)->on_error), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderDesc, threads) == 12, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderDesc*)0)->threads), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderDesc, matrix) == 16, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderDesc*)0)->matrix), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderDesc, range) == 20, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderDesc*)0)->range), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderDesc, width) == 24, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderDesc*)0)->width), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderDesc, height) == 28, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderDesc*)0)->height), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderDesc, codec) == 32, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderDesc*)0)->codec), char[32]), "");

_Static_assert(sizeof(struct CufDecoderInfo) == 128, "");
_Static_assert(_Alignof(struct CufDecoderInfo) == 8, "");
_Static_assert(offsetof(struct CufDecoderInfo, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderInfo*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderInfo, backend) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderInfo*)0)->backend), uint32_t), "");
_Static_assert(offsetof(struct CufDecoderInfo, packets_decoded) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderInfo*)0)->packets_decoded), uint64_t), "");
_Static_assert(offsetof(struct CufDecoderInfo, frames_decoded) == 16, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderInfo*)0)->frames_decoded), uint64_t), "");
_Static_assert(offsetof(struct CufDecoderInfo, frames_corrupt) == 24, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderInfo*)0)->frames_corrupt), uint64_t), "");
_Static_assert(offsetof(struct CufDecoderInfo, codec) == 32, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderInfo*)0)->codec), char[32]), "");
_Static_assert(offsetof(struct CufDecoderInfo, implementation) == 64, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufDecoderInfo*)0)->implementation), char[64]), "");

_Static_assert(sizeof(struct CufPlane) == 24, "");
_Static_assert(_Alignof(struct CufPlane) == 8, "");
_Static_assert(offsetof(struct CufPlane, address) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPlane*)0)->address), uint64_t), "");
_Static_assert(offsetof(struct CufPlane, stride_bytes) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPlane*)0)->stride_bytes), int32_t), "");
_Static_assert(offsetof(struct CufPlane, rows) == 12, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPlane*)0)->rows), uint32_t), "");
_Static_assert(offsetof(struct CufPlane, row_bytes) == 16, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPlane*)0)->row_bytes), uint32_t), "");
_Static_assert(offsetof(struct CufPlane, reserved) == 20, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufPlane*)0)->reserved), uint32_t), "");

_Static_assert(sizeof(struct CufFrameInfo) == 224, "");
_Static_assert(_Alignof(struct CufFrameInfo) == 8, "");
_Static_assert(offsetof(struct CufFrameInfo, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, frame) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->frame), uint32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, pts) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->pts), int64_t), "");
_Static_assert(offsetof(struct CufFrameInfo, timestamp_us) == 16, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->timestamp_us), int64_t), "");
_Static_assert(offsetof(struct CufFrameInfo, duration_us) == 24, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->duration_us), int64_t), "");
_Static_assert(offsetof(struct CufFrameInfo, time_base) == 32, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->time_base), struct CufRational), "");
_Static_assert(offsetof(struct CufFrameInfo, width) == 40, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->width), uint32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, height) == 44, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->height), uint32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, coded_width) == 48, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->coded_width), uint32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, coded_height) == 52, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->coded_height), uint32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, format) == 56, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->format), uint32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, bit_depth) == 60, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->bit_depth), uint32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, dtype) == 64, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->dtype), uint32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, backend) == 68, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->backend), uint32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, color) == 72, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->color), struct CufColor), "");
_Static_assert(offsetof(struct CufFrameInfo, rotation) == 88, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->rotation), int32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, picture_type) == 92, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->picture_type), uint32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, flags) == 96, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->flags), uint32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, decode_status) == 100, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->decode_status), uint32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, address) == 104, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->address), uint64_t), "");
_Static_assert(offsetof(struct CufFrameInfo, byte_length) == 112, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->byte_length), uint64_t), "");
_Static_assert(offsetof(struct CufFrameInfo, plane_count) == 120, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->plane_count), uint32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, reserved) == 124, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->reserved), uint32_t), "");
_Static_assert(offsetof(struct CufFrameInfo, planes) == 128, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufFrameInfo*)0)->planes), struct CufPlane[4]), "");

_Static_assert(sizeof(struct CufConvertDesc) == 72, "");
_Static_assert(_Alignof(struct CufConvertDesc) == 8, "");
_Static_assert(offsetof(struct CufConvertDesc, struct_size) == 0, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufConvertDesc*)0)->struct_size), uint32_t), "");
_Static_assert(offsetof(struct CufConvertDesc, layout) == 4, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufConvertDesc*)0)->layout), uint32_t), "");
_Static_assert(offsetof(struct CufConvertDesc, dtype) == 8, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufConvertDesc*)0)->dtype), uint32_t), "");
_Static_assert(offsetof(struct CufConvertDesc, channels) == 12, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufConvertDesc*)0)->channels), uint32_t), "");
_Static_assert(offsetof(struct CufConvertDesc, matrix) == 16, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufConvertDesc*)0)->matrix), uint32_t), "");
_Static_assert(offsetof(struct CufConvertDesc, range) == 20, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufConvertDesc*)0)->range), uint32_t), "");
_Static_assert(offsetof(struct CufConvertDesc, mean) == 24, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufConvertDesc*)0)->mean), double[3]), "");
_Static_assert(offsetof(struct CufConvertDesc, std) == 48, "");
_Static_assert(SAME_TYPE(__typeof__(((struct CufConvertDesc*)0)->std), double[3]), "");

_Static_assert(SAME_TYPE(__typeof__(cuf_library_abi_version), int32_t(void)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_library_abi_hash), int32_t(void)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_library_info), int32_t(struct CufLibraryInfo*, struct CufError*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_handle_close), int32_t(uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_queue_create), int32_t(uint32_t*, struct CufError*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_queue_poll), int32_t(uint32_t, struct CufCompletion*, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_queue_wait), int32_t(uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_queue_wake), int32_t(uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_queue_set_wake), int32_t(uint32_t, const struct CufWake*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_queue_error), int32_t(uint32_t, uint32_t, struct CufError*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_queue_cancel), int32_t(uint32_t, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_adapter_scan), int32_t(uint32_t, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_adapter_list), int32_t(struct CufAdapterInfo*, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_adapter_decoder_support), int32_t(const struct CufDecoderQuery*, struct CufDecoderSupport*, struct CufError*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_device_create), int32_t(uint32_t, const struct CufDeviceDesc*, uint32_t, struct CufError*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_device_info), int32_t(uint32_t, struct CufDeviceInfo*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_device_stats), int32_t(uint32_t, struct CufDeviceStats*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_source_create), int32_t(uint32_t, const struct CufSourceDesc*, uint32_t*, struct CufError*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_source_write), int32_t(uint32_t, const uint8_t*, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_source_finish), int32_t(uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_source_fail), int32_t(uint32_t, const uint8_t*, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_demuxer_open), int32_t(uint32_t, const struct CufDemuxerDesc*, const uint8_t*, uint32_t, uint32_t, struct CufError*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_demuxer_info), int32_t(uint32_t, struct CufDemuxerInfo*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_demuxer_streams), int32_t(uint32_t, struct CufStreamInfo*, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_demuxer_extradata), int32_t(uint32_t, uint8_t*, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_demuxer_read), int32_t(uint32_t, uint32_t, uint32_t, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_demuxer_take), int32_t(uint32_t, uint32_t, struct CufPacketInfo*, uint32_t, uint8_t*, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_demuxer_seek), int32_t(uint32_t, double, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_decoder_create), int32_t(uint32_t, const struct CufDecoderDesc*, const uint8_t*, uint32_t, uint32_t, struct CufError*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_decoder_info), int32_t(uint32_t, struct CufDecoderInfo*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_decoder_decode), int32_t(uint32_t, const struct CufPacketInfo*, const uint8_t*, uint32_t, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_decoder_flush), int32_t(uint32_t, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_decoder_reset), int32_t(uint32_t, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_decoder_read), int32_t(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_decoder_take), int32_t(uint32_t, uint32_t, struct CufFrameInfo*, uint32_t)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_frame_info), int32_t(uint32_t, struct CufFrameInfo*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_frame_clone), int32_t(uint32_t, uint32_t*, struct CufError*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_frame_copy), int32_t(uint32_t, uint8_t*, uint32_t, struct CufError*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_frame_convert), int32_t(uint32_t, const struct CufConvertDesc*, uint32_t, struct CufError*)), "");
_Static_assert(SAME_TYPE(__typeof__(cuf_frame_quarantine), int32_t(uint32_t)), "");

// deno-fmt-ignore-file
// Generated from csrc/include/cuframe.h by ffi/generate.ts: do not edit.

/**
 * The C ABI of cuframe: symbols, constants and structs.
 *
 * @module
 */

import { Struct } from "./struct.ts";

export { NO_TIMESTAMP } from "./struct.ts";

/** What a buffer argument takes; null stands for no bytes. */
export type BufferArgument = ArrayBufferView | ArrayBuffer | null;

/** Version of the C ABI. */
export const ABI_VERSION: number = 1;

/** Start of the SHA-256 of cuframe.h, as cuf_library_abi_hash returns it. */
export const ABI_HASH: number = 1984372587;

/** Arguments and results of the functions, as both runtimes are told. */
export const SYMBOLS = {
  cuf_library_abi_version: { parameters: [], result: "i32" },
  cuf_library_abi_hash: { parameters: [], result: "i32" },
  cuf_library_info: { parameters: ["buffer", "buffer"], result: "i32" },
  cuf_log_configure: { parameters: ["buffer", "u32"], result: "i32" },
  cuf_log_set_level: { parameters: ["u32"], result: "i32" },
  cuf_log_subscribe: { parameters: ["u32", "u32"], result: "i32" },
  cuf_log_unsubscribe: { parameters: ["u32"], result: "i32" },
  cuf_log_take: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  cuf_log_write: { parameters: ["u32", "buffer", "u32", "buffer", "u32"], result: "i32" },
  cuf_handle_close: { parameters: ["u32"], result: "i32" },
  cuf_queue_create: { parameters: ["buffer", "buffer"], result: "i32" },
  cuf_queue_poll: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  cuf_queue_wait: { parameters: ["u32"], result: "i32" },
  cuf_queue_wake: { parameters: ["u32"], result: "i32" },
  cuf_queue_set_wake: { parameters: ["u32", "buffer"], result: "i32" },
  cuf_queue_error: { parameters: ["u32", "u32", "buffer"], result: "i32" },
  cuf_queue_cancel: { parameters: ["u32", "u32"], result: "i32" },
  cuf_adapter_scan: { parameters: ["u32", "u32"], result: "i32" },
  cuf_adapter_list: { parameters: ["buffer", "u32"], result: "i32" },
  cuf_adapter_query: { parameters: ["u32", "buffer", "u32", "buffer"], result: "i32" },
  cuf_answer_decoder_support: { parameters: ["u32", "buffer"], result: "i32" },
  cuf_device_create: { parameters: ["u32", "buffer", "u32", "buffer"], result: "i32" },
  cuf_device_info: { parameters: ["u32", "buffer"], result: "i32" },
  cuf_device_stats: { parameters: ["u32", "buffer"], result: "i32" },
  cuf_source_create: { parameters: ["u32", "buffer", "buffer", "buffer"], result: "i32" },
  cuf_source_write: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  cuf_source_finish: { parameters: ["u32"], result: "i32" },
  cuf_source_fail: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  cuf_demuxer_open: { parameters: ["u32", "buffer", "buffer", "u32", "u32", "buffer"], result: "i32" },
  cuf_demuxer_info: { parameters: ["u32", "buffer"], result: "i32" },
  cuf_demuxer_streams: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  cuf_demuxer_extradata: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  cuf_demuxer_read: { parameters: ["u32", "u32", "u32", "u32"], result: "i32" },
  cuf_demuxer_take: { parameters: ["u32", "u32", "buffer", "u32", "buffer", "u32"], result: "i32" },
  cuf_demuxer_seek: { parameters: ["u32", "f64", "u32"], result: "i32" },
  cuf_sink_create: { parameters: ["u32", "buffer", "buffer", "buffer"], result: "i32" },
  cuf_sink_take: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  cuf_sink_fail: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  cuf_muxer_open: { parameters: ["u32", "buffer", "buffer", "u32", "buffer", "u32", "u32", "buffer"], result: "i32" },
  cuf_muxer_info: { parameters: ["u32", "buffer"], result: "i32" },
  cuf_muxer_add_track: { parameters: ["u32", "buffer", "buffer", "u32", "buffer"], result: "i32" },
  cuf_muxer_write: { parameters: ["u32", "u32", "buffer", "buffer", "u32", "u32", "buffer"], result: "i32" },
  cuf_muxer_finish: { parameters: ["u32", "u32"], result: "i32" },
  cuf_muxer_end: { parameters: ["u32", "u32"], result: "i32" },
  cuf_decoder_create: { parameters: ["u32", "buffer", "buffer", "u32", "u32", "buffer"], result: "i32" },
  cuf_decoder_info: { parameters: ["u32", "buffer"], result: "i32" },
  cuf_decoder_decode: { parameters: ["u32", "buffer", "buffer", "u32", "u32"], result: "i32" },
  cuf_decoder_flush: { parameters: ["u32", "u32"], result: "i32" },
  cuf_decoder_reset: { parameters: ["u32", "u32"], result: "i32" },
  cuf_decoder_reconfigure: { parameters: ["u32", "u32", "u32", "u32"], result: "i32" },
  cuf_decoder_read: { parameters: ["u32", "u32", "u32", "u32", "u32"], result: "i32" },
  cuf_decoder_take: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32" },
  cuf_encoder_create: { parameters: ["u32", "buffer", "buffer", "u32", "buffer", "u32", "u32", "buffer"], result: "i32" },
  cuf_encoder_info: { parameters: ["u32", "buffer"], result: "i32" },
  cuf_encoder_settings: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  cuf_encoder_sequence_params: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  cuf_encoder_encode: { parameters: ["u32", "u32", "buffer", "buffer", "buffer", "u32", "u32", "buffer"], result: "i32" },
  cuf_encoder_encode_bytes: { parameters: ["u32", "buffer", "u32", "u32", "buffer", "buffer", "buffer", "u32", "u32", "buffer"], result: "i32" },
  cuf_encoder_flush: { parameters: ["u32", "u32"], result: "i32" },
  cuf_encoder_reconfigure: { parameters: ["u32", "buffer", "u32", "u32", "u32", "u32", "buffer"], result: "i32" },
  cuf_encoder_take: { parameters: ["u32", "u32", "buffer", "u32", "buffer", "u32"], result: "i32" },
  cuf_adapter_query_encoder: { parameters: ["u32", "buffer", "buffer", "buffer", "u32", "buffer", "u32", "u32", "buffer"], result: "i32" },
  cuf_answer_encoder_support: { parameters: ["u32", "buffer"], result: "i32" },
  cuf_answer_encoder_settings: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  cuf_transcoder_open: { parameters: ["u32", "buffer", "buffer", "u32", "buffer", "u32", "buffer", "u32", "u32", "buffer"], result: "i32" },
  cuf_transcoder_info: { parameters: ["u32", "buffer"], result: "i32" },
  cuf_transcoder_stream_info: { parameters: ["u32", "buffer"], result: "i32" },
  cuf_transcoder_settings: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  cuf_transcoder_frames: { parameters: ["u32", "f64", "f64", "buffer"], result: "i32" },
  cuf_transcoder_run: { parameters: ["u32", "buffer", "buffer", "buffer", "u32", "buffer", "u32", "u32", "buffer"], result: "i32" },
  cuf_transcoder_take: { parameters: ["u32", "u32", "buffer"], result: "i32" },
  cuf_transcoder_finish: { parameters: ["u32", "u32"], result: "i32" },
  cuf_sampler_open: { parameters: ["u32", "buffer", "buffer", "u32", "u32", "buffer"], result: "i32" },
  cuf_sampler_info: { parameters: ["u32", "buffer"], result: "i32" },
  cuf_sampler_stream_info: { parameters: ["u32", "buffer"], result: "i32" },
  cuf_sampler_scan: { parameters: ["u32", "u32"], result: "i32" },
  cuf_sampler_index: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32" },
  cuf_sampler_frame_time: { parameters: ["u32", "u32", "buffer"], result: "i32" },
  cuf_sampler_frame_at: { parameters: ["u32", "f64"], result: "i32" },
  cuf_sampler_read: { parameters: ["u32", "buffer", "u32", "u32", "buffer"], result: "i32" },
  cuf_sampler_read_tensor: { parameters: ["u32", "buffer", "u32", "buffer", "u32", "buffer"], result: "i32" },
  cuf_sampler_start: { parameters: ["u32", "u32", "u32", "u32", "buffer"], result: "i32" },
  cuf_sampler_next: { parameters: ["u32", "u32", "u32"], result: "i32" },
  cuf_sampler_take: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32" },
  cuf_frame_info: { parameters: ["u32", "buffer"], result: "i32" },
  cuf_frame_clone: { parameters: ["u32", "buffer", "buffer"], result: "i32" },
  cuf_frame_copy: { parameters: ["u32", "buffer", "u32", "buffer"], result: "i32" },
  cuf_frame_decode_stats: { parameters: ["u32", "buffer", "u32", "buffer"], result: "i32" },
  cuf_frame_sei: { parameters: ["u32", "buffer", "u32", "buffer", "u32"], result: "i32" },
  cuf_frame_convert: { parameters: ["u32", "buffer", "u32", "buffer"], result: "i32" },
  cuf_frame_quarantine: { parameters: ["u32"], result: "i32" },
  cuf_frame_download: { parameters: ["u32", "u32"], result: "i32" },
  cuf_frame_share: { parameters: ["u32", "buffer", "buffer"], result: "i32" },
  cuf_frame_import: { parameters: ["u32", "buffer", "buffer", "buffer"], result: "i32" },
  cuf_frame_from_dlpack: { parameters: ["u32", "buffer", "buffer", "buffer"], result: "i32" },
  cuf_frame_to_dlpack: { parameters: ["u32", "buffer", "buffer", "buffer"], result: "i32" },
  cuf_dlpack_release: { parameters: ["u32"], result: "i32" },
} as const;

/** The functions of the library. */
export interface Symbols {
  /** Calls cuf_library_abi_version. */
  cuf_library_abi_version(): number;
  /** Calls cuf_library_abi_hash. */
  cuf_library_abi_hash(): number;
  /** Calls cuf_library_info. */
  cuf_library_info(out: BufferArgument, error: BufferArgument): number;
  /** Takes the value of LOGGER_LEVEL (TRACE DEBUG INFO WARN ERROR FATAL, or QUIET), unless a level was set before. A wrong one is an invalid argument, and is said on stderr once. */
  cuf_log_configure(name: BufferArgument, length: number): number;
  /** Calls cuf_log_set_level. */
  cuf_log_set_level(level: number): number;
  /** Keeps records for this queue, the latest 1024, and tells the ticket by CUF_COMPLETION_LOG; while there are subscribers, nothing is printed. Without a level set, INFO is in force then. */
  cuf_log_subscribe(queue: number, ticket: number): number;
  /** Calls cuf_log_unsubscribe. */
  cuf_log_unsubscribe(queue: number): number;
  /** Takes up to capacity records, the oldest first; 0: there are none now. */
  cuf_log_take(queue: number, out: BufferArgument, capacity: number): number;
  /** Logs a line of the caller's; returns 1, or 0 if the level is not logged. */
  cuf_log_write(level: number, origin: BufferArgument, originLength: number, message: BufferArgument, messageLength: number): number;
  /** Closes any object; its pending tickets complete with CUF_ABORTED. Never blocks. */
  cuf_handle_close(handle: number): number;
  /** Calls cuf_queue_create. */
  cuf_queue_create(outQueue: BufferArgument, error: BufferArgument): number;
  /** Takes up to capacity records. 0: empty, and the next completion will wake the thread. */
  cuf_queue_poll(queue: number, out: BufferArgument, capacity: number): number;
  /** Blocks until a completion or cuf_queue_wake. Only for Deno's one nonblocking call. */
  cuf_queue_wait(queue: number): number;
  /** Calls cuf_queue_wake. */
  cuf_queue_wake(queue: number): number;
  /** Calls cuf_queue_set_wake. */
  cuf_queue_set_wake(queue: number, wake: BufferArgument): number;
  /** The error of a ticket that completed with a negative status; it is forgotten when read. */
  cuf_queue_error(queue: number, ticket: number, out: BufferArgument): number;
  /** Asks the work of a ticket to stop; it completes with CUF_ABORTED unless it was done already. */
  cuf_queue_cancel(queue: number, ticket: number): number;
  /** Looks for the backends; completes with their number. */
  cuf_adapter_scan(queue: number, ticket: number): number;
  /** Calls cuf_adapter_list. */
  cuf_adapter_list(out: BufferArgument, capacity: number): number;
  /** Asks what a backend decodes; completes with the handle of the answer. */
  cuf_adapter_query(queue: number, query: BufferArgument, ticket: number, error: BufferArgument): number;
  /** Calls cuf_answer_decoder_support. */
  cuf_answer_decoder_support(answer: number, out: BufferArgument): number;
  /** Completes with the device's handle. */
  cuf_device_create(queue: number, desc: BufferArgument, ticket: number, error: BufferArgument): number;
  /** Calls cuf_device_info. */
  cuf_device_info(device: number, out: BufferArgument): number;
  /** Calls cuf_device_stats. */
  cuf_device_stats(device: number, out: BufferArgument): number;
  /** Calls cuf_source_create. */
  cuf_source_create(device: number, desc: BufferArgument, outSource: BufferArgument, error: BufferArgument): number;
  /** Gives bytes; returns how many were taken. Fewer than length: a CUF_COMPLETION_SOURCE_SPACE follows. */
  cuf_source_write(source: number, data: BufferArgument, length: number): number;
  /** No more bytes will come (stream, memory), or the range asked for is not given (seekable): it is asked for again if it is still wanted. */
  cuf_source_finish(source: number): number;
  /** The source failed: its reader gets CUF_IO with this text. */
  cuf_source_fail(source: number, message: BufferArgument, length: number): number;
  /** Completes with the demuxer's handle. */
  cuf_demuxer_open(device: number, desc: BufferArgument, path: BufferArgument, pathLength: number, ticket: number, error: BufferArgument): number;
  /** Calls cuf_demuxer_info. */
  cuf_demuxer_info(demuxer: number, out: BufferArgument): number;
  /** Calls cuf_demuxer_streams. */
  cuf_demuxer_streams(demuxer: number, out: BufferArgument, capacity: number): number;
  /** Copies the codec headers as the chosen bitstream has them; returns their size. */
  cuf_demuxer_extradata(demuxer: number, out: BufferArgument, capacity: number): number;
  /** Reads up to max_packets packets or about max_bytes; completes with their number (0 = end) and extra = bytes. */
  cuf_demuxer_read(demuxer: number, maxPackets: number, maxBytes: number, ticket: number): number;
  /** Hands over the packets of a completed read: records, and payloads one after another in data. */
  cuf_demuxer_take(demuxer: number, ticket: number, out: BufferArgument, capacity: number, data: BufferArgument, dataCapacity: number): number;
  /** Moves to the key frame at or before the time. */
  cuf_demuxer_seek(demuxer: number, seconds: number, ticket: number): number;
  /** Calls cuf_sink_create. */
  cuf_sink_create(device: number, desc: BufferArgument, outSink: BufferArgument, error: BufferArgument): number;
  /** Takes the next bytes; returns how many. After a 0, a CUF_COMPLETION_SINK_DATA tells that there are some. */
  cuf_sink_take(sink: number, out: BufferArgument, capacity: number): number;
  /** Whoever takes the bytes failed: the muxer gets CUF_IO with this text. */
  cuf_sink_fail(sink: number, message: BufferArgument, length: number): number;
  /** `metadata` holds names and values of the file's metadata, each ended by NUL. Completes with the muxer's handle. */
  cuf_muxer_open(device: number, desc: BufferArgument, path: BufferArgument, pathLength: number, metadata: BufferArgument, metadataLength: number, ticket: number, error: BufferArgument): number;
  /** Calls cuf_muxer_info. */
  cuf_muxer_info(muxer: number, out: BufferArgument): number;
  /** Adds a track, before the first write; returns its number. */
  cuf_muxer_add_track(muxer: number, desc: BufferArgument, extradata: BufferArgument, extradataSize: number, error: BufferArgument): number;
  /** Writes a packet, which is copied (offsets of info are into data). Completes when there is room for another. */
  cuf_muxer_write(muxer: number, track: number, info: BufferArgument, data: BufferArgument, length: number, ticket: number, error: BufferArgument): number;
  /** Completes the file, which has its name then; completes with the number of bytes written. Closed without, nothing is left of the file, unless desc.keeps_partial. */
  cuf_muxer_finish(muxer: number, ticket: number): number;
  /** Ends the muxer as closing it does; completes when that is done. */
  cuf_muxer_end(muxer: number, ticket: number): number;
  /** Completes with the decoder's handle. */
  cuf_decoder_create(device: number, desc: BufferArgument, extradata: BufferArgument, extradataSize: number, ticket: number, error: BufferArgument): number;
  /** Calls cuf_decoder_info. */
  cuf_decoder_info(decoder: number, out: BufferArgument): number;
  /** Decodes one packet (offsets of info are into data); completes with the number of frames. */
  cuf_decoder_decode(decoder: number, info: BufferArgument, data: BufferArgument, length: number, ticket: number): number;
  /** Gives the frames held back; the decoder then takes packets of a new start. Completes with the number of frames. */
  cuf_decoder_flush(decoder: number, ticket: number): number;
  /** Forgets what was sent and not yet given, as after a seek. */
  cuf_decoder_reset(decoder: number, ticket: number): number;
  /** The next packet begins a stream of this size, whose decoder is made anew; the frames held back come first from the next call. */
  cuf_decoder_reconfigure(decoder: number, width: number, height: number, ticket: number): number;
  /** Reads and decodes from the demuxer until max_frames are there or the end, where it flushes. Completes with the number of frames; extra = 1 after the last. */
  cuf_decoder_read(decoder: number, demuxer: number, maxFrames: number, maxBytes: number, ticket: number): number;
  /** Hands over the frames of a completed decode, flush or read. */
  cuf_decoder_take(decoder: number, ticket: number, out: BufferArgument, capacity: number): number;
  /** `settings` are the parameters that were said. `native` holds the encoder's own options, each a name and a value that end in NUL. Completes with the encoder's handle. */
  cuf_encoder_create(device: number, desc: BufferArgument, settings: BufferArgument, settingCount: number, native: BufferArgument, nativeLength: number, ticket: number, error: BufferArgument): number;
  /** Calls cuf_encoder_info. */
  cuf_encoder_info(encoder: number, out: BufferArgument): number;
  /** What it encodes with, as far as it is known; returns how many there are. */
  cuf_encoder_settings(encoder: number, out: BufferArgument, capacity: number): number;
  /** The stream's headers (Annex B; the sequence header OBU); returns their size, 0 while an encoder does not know them yet. */
  cuf_encoder_sequence_params(encoder: number, out: BufferArgument, capacity: number): number;
  /** Encodes a frame, which may be closed when this returns. Completes, when there is room for another, with the number of chunks that are ready; extra = bytes. Frames come in the order of display: a pts that is not behind the one before is an invalid argument, but after a flush. */
  cuf_encoder_encode(encoder: number, frame: number, desc: BufferArgument, messages: BufferArgument, payloads: BufferArgument, payloadsLength: number, ticket: number, error: BufferArgument): number;
  /** The same for a picture in the caller's memory, which is copied: planes one after another, rows of `stride_bytes` (0 = without padding; chroma rows of half of it where chroma has half the width). */
  cuf_encoder_encode_bytes(encoder: number, data: BufferArgument, length: number, strideBytes: number, desc: BufferArgument, messages: BufferArgument, payloads: BufferArgument, payloadsLength: number, ticket: number, error: BufferArgument): number;
  /** Gives what is held back; what follows begins with an IDR picture. Completes as an encode. */
  cuf_encoder_flush(encoder: number, ticket: number): number;
  /** Goes on with other parameters (only those that change) and another size (0 = as it is) from the next frame on. Completes with 0 and extra = -1 if the encoder goes on; if one was made anew, with the number of the chunks that were held back, and extra = their bytes. */
  cuf_encoder_reconfigure(encoder: number, settings: BufferArgument, settingCount: number, width: number, height: number, ticket: number, error: BufferArgument): number;
  /** Hands over the chunks of a completed encode, flush or reconfigure: records, and their bytes one after another in data. */
  cuf_encoder_take(encoder: number, ticket: number, out: BufferArgument, capacity: number, data: BufferArgument, dataCapacity: number): number;
  /** Asks what a backend would make of an encoder; `settings` and `native` as for cuf_encoder_create. Completes with the handle of the answer. */
  cuf_adapter_query_encoder(queue: number, query: BufferArgument, desc: BufferArgument, settings: BufferArgument, settingCount: number, native: BufferArgument, nativeLength: number, ticket: number, error: BufferArgument): number;
  /** Calls cuf_answer_encoder_support. */
  cuf_answer_encoder_support(answer: number, out: BufferArgument): number;
  /** Calls cuf_answer_encoder_settings. */
  cuf_answer_encoder_settings(answer: number, out: BufferArgument, capacity: number): number;
  /** Opens, builds the index and completes with the transcoder's handle. `settings` and `native` as for cuf_encoder_create. */
  cuf_transcoder_open(device: number, desc: BufferArgument, path: BufferArgument, pathLength: number, settings: BufferArgument, settingCount: number, native: BufferArgument, nativeLength: number, ticket: number, error: BufferArgument): number;
  /** Calls cuf_transcoder_info. */
  cuf_transcoder_info(transcoder: number, out: BufferArgument): number;
  /** Calls cuf_transcoder_stream_info. */
  cuf_transcoder_stream_info(transcoder: number, out: BufferArgument): number;
  /** Calls cuf_transcoder_settings. */
  cuf_transcoder_settings(transcoder: number, out: BufferArgument, capacity: number): number;
  /** The frames whose times lie in [start, end), in seconds from the first frame's time on. */
  cuf_transcoder_frames(transcoder: number, start: number, end: number, out: BufferArgument): number;
  /** Writes a segment into a file or sink, as cuf_muxer_open makes one; `muxer` of an appended segment counts where it is the first. Completes with its number of frames. */
  cuf_transcoder_run(transcoder: number, desc: BufferArgument, muxer: BufferArgument, path: BufferArgument, pathLength: number, metadata: BufferArgument, metadataLength: number, ticket: number, error: BufferArgument): number;
  /** What a completed cuf_transcoder_run did; once. */
  cuf_transcoder_take(transcoder: number, ticket: number, out: BufferArgument): number;
  /** Completes the file of the appended segments, with its size in bytes; 0 if there is none. */
  cuf_transcoder_finish(transcoder: number, ticket: number): number;
  /** Opens, builds the index and completes with the sampler's handle. */
  cuf_sampler_open(device: number, desc: BufferArgument, path: BufferArgument, pathLength: number, ticket: number, error: BufferArgument): number;
  /** Calls cuf_sampler_info. */
  cuf_sampler_info(sampler: number, out: BufferArgument): number;
  /** Calls cuf_sampler_stream_info. */
  cuf_sampler_stream_info(sampler: number, out: BufferArgument): number;
  /** Makes the exact index if there is an approximate one; completes with the number of frames and extra = their duration_us. */
  cuf_sampler_scan(sampler: number, ticket: number): number;
  /** Copies up to capacity entries of the exact index from the packet `first` on; returns their number. */
  cuf_sampler_index(sampler: number, first: number, out: BufferArgument, capacity: number): number;
  /** Calls cuf_sampler_frame_time. */
  cuf_sampler_frame_time(sampler: number, frame: number, out: BufferArgument): number;
  /** The frame shown at a time, clamped to the first and the last; -status without frames. */
  cuf_sampler_frame_at(sampler: number, seconds: number): number;
  /** Decodes frames in any order, duplicates allowed; completes with their number. */
  cuf_sampler_read(sampler: number, frames: BufferArgument, count: number, ticket: number, error: BufferArgument): number;
  /** As cuf_sampler_read, straight into one contiguous tensor of at least one frame; completes with the handle of a frame whose one plane has a row for each frame. */
  cuf_sampler_read_tensor(sampler: number, frames: BufferArgument, count: number, desc: BufferArgument, ticket: number, error: BufferArgument): number;
  /** From now on cuf_sampler_next gives first, first + step, ..., count frames in all; begins to decode ahead. */
  cuf_sampler_start(sampler: number, first: number, count: number, step: number, error: BufferArgument): number;
  /** Completes with up to max_frames of the frames that were started; 0 = all were given. */
  cuf_sampler_next(sampler: number, maxFrames: number, ticket: number): number;
  /** Hands over the frames of a completed read or next, in the order in which they were asked for. */
  cuf_sampler_take(sampler: number, ticket: number, out: BufferArgument, capacity: number): number;
  /** Calls cuf_frame_info. */
  cuf_frame_info(frame: number, out: BufferArgument): number;
  /** A second handle to the same memory, which lives until both are closed. */
  cuf_frame_clone(frame: number, outFrame: BufferArgument, error: BufferArgument): number;
  /** Copies all planes one after another without padding; returns the bytes written. */
  cuf_frame_copy(frame: number, out: BufferArgument, capacity: number, error: BufferArgument): number;
  /** Copies the decode statistics, decode_stats_bytes of them, in NVDEC's layout (described in csrc/core/decode_record.h); returns their bytes. */
  cuf_frame_decode_stats(frame: number, out: BufferArgument, capacity: number, error: BufferArgument): number;
  /** Copies the picture's SEI messages: records, and payloads one after another in data. Both buffers must be large enough (CufFrameInfo). Returns their number. */
  cuf_frame_sei(frame: number, out: BufferArgument, capacity: number, data: BufferArgument, dataCapacity: number): number;
  /** Completes with the handle of a new frame that holds the tensor. */
  cuf_frame_convert(frame: number, desc: BufferArgument, ticket: number, error: BufferArgument): number;
  /** Closes the handle but never reuses or frees the memory: a view of it was transferred out of reach. */
  cuf_frame_quarantine(frame: number): number;
  /** Completes with the handle of a new frame: a copy in host memory, planes one after another. */
  cuf_frame_download(frame: number, ticket: number): number;
  /** Of memory on a GPU: work put on desc.stream from now on finds it complete, and it is used anew only when all that the GPU has to do when the frame is closed is done. */
  cuf_frame_share(frame: number, desc: BufferArgument, error: BufferArgument): number;
  /** A frame of memory in a GPU that is the caller's: it must stay until the frame and what was made from it are closed, and as it is while something is made from the frame. */
  cuf_frame_import(device: number, desc: BufferArgument, outFrame: BufferArgument, error: BufferArgument): number;
  /** A frame of a DLPack array, in host memory or a GPU's, whose deleter is called when the frame and what was made from it are closed; if this fails, it is not called. That on a GPU may be filled again as CufImportDesc has it. */
  cuf_frame_from_dlpack(device: number, desc: BufferArgument, outFrame: BufferArgument, error: BufferArgument): number;
  /** Exports the memory as a DLPack array of its own lifetime. */
  cuf_frame_to_dlpack(frame: number, desc: BufferArgument, out: BufferArgument, error: BufferArgument): number;
  /** Closes the handle; the array is now the consumer's, which calls the deleter. */
  cuf_dlpack_release(capsule: number): number;
}

/** What the caller can do about it. */
export const Status = {
  /** CUF_OK. */
  OK: 0,
  /** CUF_INVALID_ARGUMENT. */
  INVALID_ARGUMENT: -1,
  /** CUF_INVALID_HANDLE. */
  INVALID_HANDLE: -2,
  /** CUF_UNSUPPORTED. */
  UNSUPPORTED: -3,
  /** CUF_CORRUPT_DATA. */
  CORRUPT_DATA: -4,
  /** CUF_OUT_OF_MEMORY. */
  OUT_OF_MEMORY: -5,
  /** CUF_IO. */
  IO: -6,
  /** CUF_ABORTED. */
  ABORTED: -7,
  /** CUF_DEVICE_LOST. */
  DEVICE_LOST: -8,
  /** CUF_INTERNAL. */
  INTERNAL: -9,
} as const;

/** Values of CufBackend. */
export const Backend = {
  /** CUF_BACKEND_AUTO. */
  AUTO: 0,
  /** CUF_BACKEND_CPU. */
  CPU: 1,
  /** CUF_BACKEND_CUDA. */
  CUDA: 2,
} as const;

/** What a completion record tells. */
export const CompletionKind = {
  /** The ticket's work ended; status, value and extra are its outcome. */
  DONE: 0,
  /** A stream source has room for value bytes. */
  SOURCE_SPACE: 1,
  /** A seekable source wants extra bytes from offset value. */
  SOURCE_READ: 2,
  /** The source is no longer read; nothing more will be asked. */
  SOURCE_CLOSED: 3,
  /** Value millionths of the ticket's work are done. */
  PROGRESS: 4,
  /** Nobody waits for the range that was asked for, if one was. */
  SOURCE_CANCEL: 5,
  /** Cuf_log_take has records. */
  LOG: 6,
  /** The device's GPU can no longer be used; told once. */
  DEVICE_LOST: 7,
  /** The device was closed, and nothing of it is left. */
  DEVICE_GONE: 8,
  /** A stream sink has value bytes by now; extra = 1: no more come. */
  SINK_DATA: 9,
} as const;

/** How much is logged: everything down to the level. */
export const LogLevel = {
  /** CUF_LOG_QUIET. */
  QUIET: 0,
  /** CUF_LOG_FATAL. */
  FATAL: 1,
  /** CUF_LOG_ERROR. */
  ERROR: 2,
  /** CUF_LOG_WARN. */
  WARN: 3,
  /** CUF_LOG_INFO. */
  INFO: 4,
  /** CUF_LOG_DEBUG. */
  DEBUG: 5,
  /** CUF_LOG_TRACE. */
  TRACE: 6,
} as const;

/** Values of CufSourceKind. */
export const SourceKind = {
  /** Bytes are written in order into a bounded ring. */
  STREAM: 0,
  /** The library asks for ranges, one at a time. */
  SEEKABLE: 1,
  /** All bytes are written before the demuxer is opened. */
  MEMORY: 2,
} as const;

/** Values of CufSinkKind. */
export const SinkKind = {
  /** Bytes come in order through a bounded ring. */
  STREAM: 0,
  /** All bytes are taken when the muxer has finished. */
  MEMORY: 1,
} as const;

/** Values of CufBitstream. */
export const Bitstream = {
  /** Annex B or OBU, headers repeated at key frames. */
  SELF_CONTAINED: 0,
  /** Packets as the container stores them. */
  CONTAINER: 1,
} as const;

/** Values of CufColorType. */
export const ColorType = {
  /** NVDEC's layouts: NV12, P010, ... */
  NATIVE: 0,
  /** 8-bit RGB, HWC. */
  RGB: 1,
  /** 8-bit RGB, CHW. */
  RGBP: 2,
  /** The decoder's own planes, not copied. */
  RAW: 3,
} as const;

/** Values of CufOnError. */
export const OnError = {
  /** CUF_ON_ERROR_THROW. */
  THROW: 0,
  /** CUF_ON_ERROR_SKIP. */
  SKIP: 1,
  /** CUF_ON_ERROR_CONCEAL. */
  CONCEAL: 2,
} as const;

/** When frames come. */
export const Latency = {
  /** In display order, as late as is fastest. */
  NATIVE: 0,
  /** In display order; with the packet itself where nothing is reordered. */
  LOW: 1,
  /** In decode order, with the packet itself. */
  ZERO: 2,
} as const;

/** Whether decoders of a GPU are made while a video is indexed: one, or `engines` if those are given or waited for. On the CPU none is. */
export const WarmUp = {
  /** CUF_WARM_UP_BEGIN. */
  BEGIN: 0,
  /** The video is open when they are made. */
  WAIT: 1,
  /** Others that fit come back soon. */
  NONE: 2,
} as const;

/** What becomes of the sound beside pictures that are transcoded. */
export const AudioMode = {
  /** What the container does not take is left out. */
  COPY: 0,
  /** What the container does not take is an error. */
  REQUIRE: 1,
  /** CUF_AUDIO_DROP. */
  DROP: 2,
} as const;

/** Layout of a frame's planes. Depth above 8 is 16-bit little endian; in the semi-planar and *_16 formats the sample stands in the most significant bits, in the planar ones of the decoder (I420P10, ...) in the least. */
export const Format = {
  /** CUF_FORMAT_UNKNOWN. */
  UNKNOWN: 0,
  /** CUF_FORMAT_NV12. */
  NV12: 1,
  /** CUF_FORMAT_P010. */
  P010: 2,
  /** CUF_FORMAT_P016. */
  P016: 3,
  /** CUF_FORMAT_NV16. */
  NV16: 4,
  /** CUF_FORMAT_P210. */
  P210: 5,
  /** CUF_FORMAT_P216. */
  P216: 6,
  /** CUF_FORMAT_YUV444. */
  YUV444: 7,
  /** CUF_FORMAT_YUV444_16. */
  YUV444_16: 8,
  /** CUF_FORMAT_RGB. */
  RGB: 9,
  /** CUF_FORMAT_RGBP. */
  RGBP: 10,
  /** CUF_FORMAT_RGBA. */
  RGBA: 11,
  /** CUF_FORMAT_I420. */
  I420: 12,
  /** CUF_FORMAT_I422. */
  I422: 13,
  /** CUF_FORMAT_I444. */
  I444: 14,
  /** CUF_FORMAT_I420P16. */
  I420P16: 15,
  /** CUF_FORMAT_I422P16. */
  I422P16: 16,
  /** CUF_FORMAT_I444P16. */
  I444P16: 17,
  /** CUF_FORMAT_GRAY8. */
  GRAY8: 18,
  /** CUF_FORMAT_GRAY16. */
  GRAY16: 19,
  /** CUF_FORMAT_GBRP. */
  GBRP: 20,
  /** CUF_FORMAT_GBRP16. */
  GBRP16: 21,
  /** Bytes B, G, R, A: NVENC's ARGB. */
  BGRA: 22,
  /** Words with blue in bits 0-9, green, red in 20-29: NVENC's ARGB10. */
  BGR10: 23,
  /** Words with red in bits 0-9, green, blue in 20-29: NVENC's ABGR10. */
  RGB10: 24,
} as const;

/** What an encoder is given, by the guide's names. 16-bit samples stand in the most significant bits, and are encoded with 10 bits; so are the words of ARGB10 and ABGR10. */
export const EncoderFormat = {
  /** CUF_ENCODER_FORMAT_NV12. */
  NV12: 0,
  /** Planes Y, V, U. */
  YV12: 1,
  /** Planes Y, U, V. */
  IYUV: 2,
  /** Planes Y, U, V of full size. */
  YUV444: 3,
  /** As NV12, 16-bit. */
  P010: 4,
  /** As YUV444, 16-bit. */
  YUV444_10BIT: 5,
  /** CUF_ENCODER_FORMAT_YUV444_16BIT. */
  YUV444_16BIT: 6,
  /** Bytes B, G, R, A. */
  ARGB: 7,
  /** CUF_FORMAT_BGR10. */
  ARGB10: 8,
  /** Bytes R, G, B, A. */
  ABGR: 9,
  /** CUF_FORMAT_RGB10. */
  ABGR10: 10,
  /** CUF_ENCODER_FORMAT_NV16. */
  NV16: 11,
  /** As NV16, 16-bit. */
  P210: 12,
  /** 8-bit [H, W, 3]. */
  RGB: 13,
  /** 8-bit [3, H, W]. */
  RGBP: 14,
} as const;

/** Bits of CufEncodeDesc.flags, as NVENC's NV_ENC_PIC_FLAG_*. */
export const EncodeFlag = {
  /** CUF_ENCODE_FORCE_INTRA. */
  FORCE_INTRA: 1,
  /** CUF_ENCODE_FORCE_IDR. */
  FORCE_IDR: 2,
  /** The stream's headers come with the picture. */
  OUTPUT_SPS_PPS: 4,
  /** CUF_ENCODE_HAS_PTS. */
  HAS_PTS: 8,
} as const;

/** Bits of CufChunkInfo.flags. */
export const ChunkFlag = {
  /** CUF_CHUNK_KEY. */
  KEY: 1,
} as const;

/** Values of CufDtype. */
export const Dtype = {
  /** CUF_DTYPE_UINT8. */
  UINT8: 0,
  /** CUF_DTYPE_UINT16. */
  UINT16: 1,
  /** CUF_DTYPE_FLOAT16. */
  FLOAT16: 2,
  /** CUF_DTYPE_FLOAT32. */
  FLOAT32: 3,
} as const;

/** Values of CufLayout. */
export const Layout = {
  /** CUF_LAYOUT_HWC. */
  HWC: 0,
  /** CUF_LAYOUT_CHW. */
  CHW: 1,
} as const;

/** Values of CufDlpackVersion. */
export const DlpackVersion = {
  /** DLManagedTensorVersioned 1.0. */
  VERSIONED: 0,
  /** DLManagedTensor. */
  LEGACY: 1,
} as const;

/** Values of CufPictureType. */
export const PictureType = {
  /** CUF_PICTURE_UNKNOWN. */
  UNKNOWN: 0,
  /** CUF_PICTURE_I. */
  I: 1,
  /** CUF_PICTURE_P. */
  P: 2,
  /** CUF_PICTURE_B. */
  B: 3,
} as const;

/** Values of CufDecodeStatus. */
export const DecodeStatus = {
  /** CUF_DECODE_OK. */
  OK: 0,
  /** Delivered with errors that were not repaired. */
  CORRUPT: 1,
  /** Damaged areas were filled in by the decoder. */
  CONCEALED: 2,
} as const;

/** Values of CufStreamKind. */
export const StreamKind = {
  /** CUF_STREAM_OTHER. */
  OTHER: 0,
  /** CUF_STREAM_VIDEO. */
  VIDEO: 1,
  /** CUF_STREAM_AUDIO. */
  AUDIO: 2,
  /** CUF_STREAM_SUBTITLE. */
  SUBTITLE: 3,
} as const;

/** Values of CufChromaFormat. */
export const ChromaFormat = {
  /** CUF_CHROMA_UNKNOWN. */
  UNKNOWN: 0,
  /** CUF_CHROMA_400. */
  "400": 1,
  /** CUF_CHROMA_420. */
  "420": 2,
  /** CUF_CHROMA_422. */
  "422": 3,
  /** CUF_CHROMA_444. */
  "444": 4,
  /** CUF_CHROMA_OTHER. */
  OTHER: 5,
} as const;

/** Bits of CufPacketInfo.flags. */
export const PacketFlag = {
  /** CUF_PACKET_KEY. */
  KEY: 1,
  /** Decoded for reference, not shown (edit lists). */
  DISCARD: 2,
  /** CUF_PACKET_CORRUPT. */
  CORRUPT: 4,
  /** CUF_PACKET_HAS_PTS. */
  HAS_PTS: 8,
  /** CUF_PACKET_HAS_DTS. */
  HAS_DTS: 16,
  /** Holds exactly one frame or field; every packet is taken so. */
  END_OF_PICTURE: 32,
  /** The last one: the frames held back come with it. */
  END_OF_STREAM: 64,
  /** Its times are valid; those that are there always are. */
  TIMESTAMP: 128,
  /** A new start, as after a seek; frames held back come first. */
  DISCONTINUITY: 256,
  /** The end is to be told; the completion always tells it. */
  NOTIFY_EOS: 512,
} as const;

/** Bits of CufFrameInfo.flags. */
export const FrameFlag = {
  /** CUF_FRAME_KEY. */
  KEY: 1,
  /** CUF_FRAME_HAS_PTS. */
  HAS_PTS: 2,
  /** CUF_FRAME_INTERLACED. */
  INTERLACED: 4,
  /** CUF_FRAME_TOP_FIELD_FIRST. */
  TOP_FIELD_FIRST: 8,
} as const;

/** Whose types and payloads a CufSeiMessage has. */
export const SeiSyntax = {
  /** ITU-T H.264 annex D. */
  H264: 0,
  /** ITU-T H.265 annex D. */
  HEVC: 1,
  /** Metadata OBUs; the type is the metadata_type. */
  AV1: 2,
  /** The time code of a group of pictures, as type 136. */
  MPEG2: 3,
} as const;

/** Bits of CufSeiMessage.flags. */
export const SeiFlag = {
  /** It came behind the picture's data. */
  SUFFIX: 1,
  /** Cut off, or not framed as its specification says. */
  MALFORMED: 2,
  /** Of H.264 picture timing: the fields on it are known. */
  HAS_TIMING: 4,
  /** CUF_SEI_HAS_PIC_STRUCT. */
  HAS_PIC_STRUCT: 8,
} as const;

/** Bits of CufTrackDesc.set_mask: fields for which 0 has a meaning. */
export const TrackField = {
  /** CUF_TRACK_ROTATION. */
  ROTATION: 1,
  /** CUF_TRACK_COLOR. */
  COLOR: 2,
  /** CUF_TRACK_MASTERING_DISPLAY. */
  MASTERING_DISPLAY: 4,
  /** CUF_TRACK_CONTENT_LIGHT. */
  CONTENT_LIGHT: 8,
} as const;

/** Bits of CufDemuxerInfo.flags. */
export const DemuxerFlag = {
  /** CUF_DEMUXER_SEEKABLE. */
  SEEKABLE: 1,
} as const;

/** Why a call failed. status repeats the CufStatus; native_code is libav's or the driver's number, 0 if none. */
export class ErrorStruct extends Struct {
  /** Size in bytes. */
  static readonly size: number = 1024;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(1024, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field status (int32_t). */
  get status(): number { return this.getI32(4); }
  set status(value: number) { this.setI32(4, value); }

  /** Field native_code (int32_t). */
  get nativeCode(): number { return this.getI32(8); }
  set nativeCode(value: number) { this.setI32(8, value); }

  /** Field message_length (uint32_t). */
  get messageLength(): number { return this.getU32(12); }
  set messageLength(value: number) { this.setU32(12, value); }

  /** Of the damaged picture, for CUF_CORRUPT_DATA; INT64_MIN if unknown. */
  get timestampUs(): number { return this.getI64(16); }
  set timestampUs(value: number) { this.setI64(16, value); }

  /** Field message (char). */
  get message(): string { return this.getText(24, 1000); }
  set message(value: string) { this.setText(24, 1000, value); }
}

/** The struct CufCompletion. */
export class Completion extends Struct {
  /** Size in bytes. */
  static readonly size: number = 32;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(32, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field ticket (uint32_t). */
  get ticket(): number { return this.getU32(4); }
  set ticket(value: number) { this.setU32(4, value); }

  /** Field status (int32_t). */
  get status(): number { return this.getI32(8); }
  set status(value: number) { this.setI32(8, value); }

  /** Field kind (uint32_t). */
  get kind(): number { return this.getU32(12); }
  set kind(value: number) { this.setU32(12, value); }

  /** Field value (int64_t). */
  get value(): number { return this.getI64(16); }
  set value(value: number) { this.setI64(16, value); }

  /** Field extra (int64_t). */
  get extra(): number { return this.getI64(24); }
  set extra(value: number) { this.setI64(24, value); }
}

/** One line of the log. */
export class LogRecord extends Struct {
  /** Size in bytes. */
  static readonly size: number = 1024;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(1024, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** A CufLogLevel. */
  get level(): number { return this.getU32(4); }
  set level(value: number) { this.setU32(4, value); }

  /** Since 1970. */
  get timeUs(): number { return this.getI64(8); }
  set timeUs(value: number) { this.setI64(8, value); }

  /** Part of the library, or libav/ and libav's name of its part. */
  get origin(): string { return this.getText(16, 64); }
  set origin(value: string) { this.setText(16, 64, value); }

  /** Field message (char). */
  get message(): string { return this.getText(80, 944); }
  set message(value: string) { this.setText(80, 944, value); }
}

/** Bun's wake: the address of a threadsafe void callback(void). */
export class Wake extends Struct {
  /** Size in bytes. */
  static readonly size: number = 16;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(16, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(4); }
  set reserved(value: number) { this.setU32(4, value); }

  /** Field callback_address (uint64_t). */
  get callbackAddress(): number { return this.getU64(8); }
  set callbackAddress(value: number) { this.setU64(8, value); }
}

/** The struct CufRational. */
export class Rational extends Struct {
  /** Size in bytes. */
  static readonly size: number = 8;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(8, false, bytes, at);
  }

  /** Field num (int32_t). */
  get num(): number { return this.getI32(0); }
  set num(value: number) { this.setI32(0, value); }

  /** Field den (int32_t). */
  get den(): number { return this.getI32(4); }
  set den(value: number) { this.setI32(4, value); }
}

/** Colour code points of ITU-T H.273; 2 is unspecified. */
export class Color extends Struct {
  /** Size in bytes. */
  static readonly size: number = 16;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(16, false, bytes, at);
  }

  /** Field primaries (uint32_t). */
  get primaries(): number { return this.getU32(0); }
  set primaries(value: number) { this.setU32(0, value); }

  /** Field transfer (uint32_t). */
  get transfer(): number { return this.getU32(4); }
  set transfer(value: number) { this.setU32(4, value); }

  /** Field matrix (uint32_t). */
  get matrix(): number { return this.getU32(8); }
  set matrix(value: number) { this.setU32(8, value); }

  /** Field full_range (uint32_t). */
  get fullRange(): number { return this.getU32(12); }
  set fullRange(value: number) { this.setU32(12, value); }
}

/** The struct CufLibraryInfo. */
export class LibraryInfo extends Struct {
  /** Size in bytes. */
  static readonly size: number = 200;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(200, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(4); }
  set reserved(value: number) { this.setU32(4, value); }

  /** Field version (char). */
  get version(): string { return this.getText(8, 32); }
  set version(value: string) { this.setText(8, 32, value); }

  /** Field libav_versions (char). */
  get libavVersions(): string { return this.getText(40, 96); }
  set libavVersions(value: string) { this.setText(40, 96, value); }

  /** Field libav_license (char). */
  get libavLicense(): string { return this.getText(136, 32); }
  set libavLicense(value: string) { this.setText(136, 32, value); }

  /** Field simd_target (char). */
  get simdTarget(): string { return this.getText(168, 32); }
  set simdTarget(value: string) { this.setText(168, 32, value); }
}

/** The struct CufAdapterInfo. */
export class AdapterInfo extends Struct {
  /** Size in bytes. */
  static readonly size: number = 1136;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(1136, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field backend (uint32_t). */
  get backend(): number { return this.getU32(4); }
  set backend(value: number) { this.setU32(4, value); }

  /** Field ordinal (uint32_t). */
  get ordinal(): number { return this.getU32(8); }
  set ordinal(value: number) { this.setU32(8, value); }

  /** Field is_simulated (uint32_t). */
  get isSimulated(): number { return this.getU32(12); }
  set isSimulated(value: number) { this.setU32(12, value); }

  /** Field processor_count (uint32_t). */
  get processorCount(): number { return this.getU32(16); }
  set processorCount(value: number) { this.setU32(16, value); }

  /** Field decode_engines (uint32_t). */
  get decodeEngines(): number { return this.getU32(20); }
  set decodeEngines(value: number) { this.setU32(20, value); }

  /** Field memory_bytes (uint64_t). */
  get memoryBytes(): number { return this.getU64(24); }
  set memoryBytes(value: number) { this.setU64(24, value); }

  /** Field name (char). */
  get name(): string { return this.getText(32, 128); }
  set name(value: string) { this.setText(32, 128, value); }

  /** Field vendor (char). */
  get vendor(): string { return this.getText(160, 64); }
  set vendor(value: string) { this.setText(160, 64, value); }

  /** Field driver (char). */
  get driver(): string { return this.getText(224, 128); }
  set driver(value: string) { this.setText(224, 128, value); }

  /** Compute capability of a GPU. */
  get computeMajor(): number { return this.getU32(352); }
  set computeMajor(value: number) { this.setU32(352, value); }

  /** Field compute_minor (uint32_t). */
  get computeMinor(): number { return this.getU32(356); }
  set computeMinor(value: number) { this.setU32(356, value); }

  /** 1: stream-ordered memory (cuMemAllocAsync). */
  get hasMemoryPools(): number { return this.getU32(360); }
  set hasMemoryPools(value: number) { this.setU32(360, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(364); }
  set reserved(value: number) { this.setU32(364, value); }

  /** Of the cpu adapter: why there is no cuda one, or empty. */
  get cudaAbsence(): string { return this.getText(368, 512); }
  set cudaAbsence(value: string) { this.setText(368, 512, value); }

  /** Of a cuda adapter: why it has no encoder, or empty. */
  get encoderAbsence(): string { return this.getText(880, 256); }
  set encoderAbsence(value: string) { this.setText(880, 256, value); }
}

/** The struct CufDecoderQuery. */
export class DecoderQuery extends Struct {
  /** Size in bytes. */
  static readonly size: number = 64;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(64, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field backend (uint32_t). */
  get backend(): number { return this.getU32(4); }
  set backend(value: number) { this.setU32(4, value); }

  /** Field ordinal (uint32_t). */
  get ordinal(): number { return this.getU32(8); }
  set ordinal(value: number) { this.setU32(8, value); }

  /** A CufChromaFormat; 0 = 4:2:0. */
  get chromaFormat(): number { return this.getU32(12); }
  set chromaFormat(value: number) { this.setU32(12, value); }

  /** 0 = 8. */
  get bitDepth(): number { return this.getU32(16); }
  set bitDepth(value: number) { this.setU32(16, value); }

  /** 0 = any. */
  get width(): number { return this.getU32(20); }
  set width(value: number) { this.setU32(20, value); }

  /** Field height (uint32_t). */
  get height(): number { return this.getU32(24); }
  set height(value: number) { this.setU32(24, value); }

  /** Field codec (char). */
  get codec(): string { return this.getText(28, 36); }
  set codec(value: string) { this.setText(28, 36, value); }
}

/** The struct CufDecoderSupport. */
export class DecoderSupport extends Struct {
  /** Size in bytes. */
  static readonly size: number = 616;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(616, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field is_supported (uint32_t). */
  get isSupported(): number { return this.getU32(4); }
  set isSupported(value: number) { this.setU32(4, value); }

  /** Field min_width (uint32_t). */
  get minWidth(): number { return this.getU32(8); }
  set minWidth(value: number) { this.setU32(8, value); }

  /** Field min_height (uint32_t). */
  get minHeight(): number { return this.getU32(12); }
  set minHeight(value: number) { this.setU32(12, value); }

  /** Field max_width (uint32_t). */
  get maxWidth(): number { return this.getU32(16); }
  set maxWidth(value: number) { this.setU32(16, value); }

  /** Field max_height (uint32_t). */
  get maxHeight(): number { return this.getU32(20); }
  set maxHeight(value: number) { this.setU32(20, value); }

  /** A CufFormat. */
  get nativeFormat(): number { return this.getU32(24); }
  set nativeFormat(value: number) { this.setU32(24, value); }

  /** 1: decoders take enable_decode_stats. */
  get hasDecodeStats(): number { return this.getU32(28); }
  set hasDecodeStats(value: number) { this.setU32(28, value); }

  /** Width * height / 256 of the coded picture; 0 = any. */
  get maxMacroblocks(): number { return this.getU32(32); }
  set maxMacroblocks(value: number) { this.setU32(32, value); }

  /** That decode it beside each other; 0 = not limited. */
  get decodeEngines(): number { return this.getU32(36); }
  set decodeEngines(value: number) { this.setU32(36, value); }

  /** Field implementation (char). */
  get implementation(): string { return this.getText(40, 64); }
  set implementation(value: string) { this.setText(40, 64, value); }

  /** Field reason (char). */
  get reason(): string { return this.getText(104, 512); }
  set reason(value: string) { this.setText(104, 512, value); }
}

/** The struct CufDeviceDesc. */
export class DeviceDesc extends Struct {
  /** Size in bytes. */
  static readonly size: number = 40;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(40, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field backend (uint32_t). */
  get backend(): number { return this.getU32(4); }
  set backend(value: number) { this.setU32(4, value); }

  /** Field ordinal (uint32_t). */
  get ordinal(): number { return this.getU32(8); }
  set ordinal(value: number) { this.setU32(8, value); }

  /** Decoding threads one decoder may use; 0 = one for each processor. */
  get threads(): number { return this.getU32(12); }
  set threads(value: number) { this.setU32(12, value); }

  /** Most memory of pictures, in either place; 0 = 3/4 of the machine's, and what the GPU has. */
  get memoryBudgetBytes(): number { return this.getU64(16); }
  set memoryBudgetBytes(value: number) { this.setU64(16, value); }

  /** The caller's CUcontext; 0 = the GPU's primary one. */
  get cudaContext(): number { return this.getU64(24); }
  set cudaContext(value: number) { this.setU64(24, value); }

  /** Ticket of the device's own completions. */
  get eventTicket(): number { return this.getU32(32); }
  set eventTicket(value: number) { this.setU32(32, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(36); }
  set reserved(value: number) { this.setU32(36, value); }
}

/** The struct CufDeviceInfo. */
export class DeviceInfo extends Struct {
  /** Size in bytes. */
  static readonly size: number = 40;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(40, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field backend (uint32_t). */
  get backend(): number { return this.getU32(4); }
  set backend(value: number) { this.setU32(4, value); }

  /** Field ordinal (uint32_t). */
  get ordinal(): number { return this.getU32(8); }
  set ordinal(value: number) { this.setU32(8, value); }

  /** Field threads (uint32_t). */
  get threads(): number { return this.getU32(12); }
  set threads(value: number) { this.setU32(12, value); }

  /** Field memory_budget_bytes (uint64_t). */
  get memoryBudgetBytes(): number { return this.getU64(16); }
  set memoryBudgetBytes(value: number) { this.setU64(16, value); }

  /** CUcontext that it works in; 0 on the CPU. */
  get cudaContext(): number { return this.getU64(24); }
  set cudaContext(value: number) { this.setU64(24, value); }

  /** 1: what the GPU does not support is decoded by the CPU. */
  get fallsBack(): number { return this.getU32(32); }
  set fallsBack(value: number) { this.setU32(32, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(36); }
  set reserved(value: number) { this.setU32(36, value); }
}

/** The struct CufDeviceStats. */
export class DeviceStats extends Struct {
  /** Size in bytes. */
  static readonly size: number = 176;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(176, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Demuxers, decoders, encoders, sources and frames not closed. */
  get liveHandles(): number { return this.getU32(4); }
  set liveHandles(value: number) { this.setU32(4, value); }

  /** Field live_demuxers (uint32_t). */
  get liveDemuxers(): number { return this.getU32(8); }
  set liveDemuxers(value: number) { this.setU32(8, value); }

  /** Field live_decoders (uint32_t). */
  get liveDecoders(): number { return this.getU32(12); }
  set liveDecoders(value: number) { this.setU32(12, value); }

  /** Field live_frames (uint32_t). */
  get liveFrames(): number { return this.getU32(16); }
  set liveFrames(value: number) { this.setU32(16, value); }

  /** Field live_sources (uint32_t). */
  get liveSources(): number { return this.getU32(20); }
  set liveSources(value: number) { this.setU32(20, value); }

  /** Field live_samplers (uint32_t). */
  get liveSamplers(): number { return this.getU32(24); }
  set liveSamplers(value: number) { this.setU32(24, value); }

  /** DLPack arrays whose deleter was not called. */
  get liveCapsules(): number { return this.getU32(28); }
  set liveCapsules(value: number) { this.setU32(28, value); }

  /** Memory of live frames. */
  get frameBytes(): number { return this.getU64(32); }
  set frameBytes(value: number) { this.setU64(32, value); }

  /** Frame memory kept for reuse. */
  get pooledBytes(): number { return this.getU64(40); }
  set pooledBytes(value: number) { this.setU64(40, value); }

  /** Field quarantined_bytes (uint64_t). */
  get quarantinedBytes(): number { return this.getU64(48); }
  set quarantinedBytes(value: number) { this.setU64(48, value); }

  /** Field bytes_read (uint64_t). */
  get bytesRead(): number { return this.getU64(56); }
  set bytesRead(value: number) { this.setU64(56, value); }

  /** Field packets_decoded (uint64_t). */
  get packetsDecoded(): number { return this.getU64(64); }
  set packetsDecoded(value: number) { this.setU64(64, value); }

  /** Field frames_decoded (uint64_t). */
  get framesDecoded(): number { return this.getU64(72); }
  set framesDecoded(value: number) { this.setU64(72, value); }

  /** Field decoders_created (uint64_t). */
  get decodersCreated(): number { return this.getU64(80); }
  set decodersCreated(value: number) { this.setU64(80, value); }

  /** Field decoders_reused (uint64_t). */
  get decodersReused(): number { return this.getU64(88); }
  set decodersReused(value: number) { this.setU64(88, value); }

  /** Files opened for random access whose index was kept. */
  get indexCacheHits(): number { return this.getU64(96); }
  set indexCacheHits(value: number) { this.setU64(96, value); }

  /** Field memory_bytes (uint64_t). */
  get memoryBytes(): number { return this.getU64(104); }
  set memoryBytes(value: number) { this.setU64(104, value); }

  /** Of frames that are held. */
  get gpuFrameBytes(): number { return this.getU64(112); }
  set gpuFrameBytes(value: number) { this.setU64(112, value); }

  /** Kept for the next frames. */
  get gpuPooledBytes(): number { return this.getU64(120); }
  set gpuPooledBytes(value: number) { this.setU64(120, value); }

  /** About what decode surfaces take. */
  get gpuDecoderBytes(): number { return this.getU64(128); }
  set gpuDecoderBytes(value: number) { this.setU64(128, value); }

  /** Most of the sum of the three. */
  get gpuPeakBytes(): number { return this.getU64(136); }
  set gpuPeakBytes(value: number) { this.setU64(136, value); }

  /** Calls of the driver. */
  get gpuAllocations(): number { return this.getU64(144); }
  set gpuAllocations(value: number) { this.setU64(144, value); }

  /** Of the host, kept for copies from the GPU. */
  get pinnedBytes(): number { return this.getU64(152); }
  set pinnedBytes(value: number) { this.setU64(152, value); }

  /** Field live_encoders (uint32_t). */
  get liveEncoders(): number { return this.getU32(160); }
  set liveEncoders(value: number) { this.setU32(160, value); }

  /** Field live_muxers (uint32_t). */
  get liveMuxers(): number { return this.getU32(164); }
  set liveMuxers(value: number) { this.setU32(164, value); }

  /** Field live_transcoders (uint32_t). */
  get liveTranscoders(): number { return this.getU32(168); }
  set liveTranscoders(value: number) { this.setU32(168, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(172); }
  set reserved(value: number) { this.setU32(172, value); }
}

/** The struct CufSourceDesc. */
export class SourceDesc extends Struct {
  /** Size in bytes. */
  static readonly size: number = 24;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(24, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field kind (uint32_t). */
  get kind(): number { return this.getU32(4); }
  set kind(value: number) { this.setU32(4, value); }

  /** Of a seekable or memory source. */
  get sizeBytes(): number { return this.getU64(8); }
  set sizeBytes(value: number) { this.setU64(8, value); }

  /** Ticket of the source's own completions. */
  get eventTicket(): number { return this.getU32(16); }
  set eventTicket(value: number) { this.setU32(16, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(20); }
  set reserved(value: number) { this.setU32(20, value); }
}

/** The struct CufSinkDesc. */
export class SinkDesc extends Struct {
  /** Size in bytes. */
  static readonly size: number = 16;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(16, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field kind (uint32_t). */
  get kind(): number { return this.getU32(4); }
  set kind(value: number) { this.setU32(4, value); }

  /** Ticket of the sink's own completions. */
  get eventTicket(): number { return this.getU32(8); }
  set eventTicket(value: number) { this.setU32(8, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(12); }
  set reserved(value: number) { this.setU32(12, value); }
}

/** The struct CufMuxerDesc. */
export class MuxerDesc extends Struct {
  /** Size in bytes. */
  static readonly size: number = 40;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(40, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** A sink handle; 0 = the path. */
  get sink(): number { return this.getU32(4); }
  set sink(value: number) { this.setU32(4, value); }

  /** Of mp4 and mov. */
  get isFragmented(): number { return this.getU32(8); }
  set isFragmented(value: number) { this.setU32(8, value); }

  /** Of mp4 and mov: the index comes first. */
  get hasFastStart(): number { return this.getU32(12); }
  set hasFastStart(value: number) { this.setU32(12, value); }

  /** A file of that name. */
  get overwrites(): number { return this.getU32(16); }
  set overwrites(value: number) { this.setU32(16, value); }

  /** Closing without finishing completes what there is. */
  get keepsPartial(): number { return this.getU32(20); }
  set keepsPartial(value: number) { this.setU32(20, value); }

  /** "mp4", "mkv", ...; empty: by the path's extension. */
  get container(): string { return this.getText(24, 16); }
  set container(value: string) { this.setText(24, 16, value); }
}

/** The struct CufMuxerInfo. */
export class MuxerInfo extends Struct {
  /** Size in bytes. */
  static readonly size: number = 48;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(48, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field tracks (uint32_t). */
  get tracks(): number { return this.getU32(4); }
  set tracks(value: number) { this.setU32(4, value); }

  /** Field is_finished (uint32_t). */
  get isFinished(): number { return this.getU32(8); }
  set isFinished(value: number) { this.setU32(8, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(12); }
  set reserved(value: number) { this.setU32(12, value); }

  /** That libav was given. */
  get packetsWritten(): number { return this.getU64(16); }
  set packetsWritten(value: number) { this.setU64(16, value); }

  /** Field bytes_written (uint64_t). */
  get bytesWritten(): number { return this.getU64(24); }
  set bytesWritten(value: number) { this.setU64(24, value); }

  /** Field container (char). */
  get container(): string { return this.getText(32, 16); }
  set container(value: string) { this.setText(32, 16, value); }
}

/** Where a track comes from, and what shall be otherwise than there. */
export class TrackDesc extends Struct {
  /** Size in bytes. */
  static readonly size: number = 336;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(336, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** CufTrackField bits. */
  get setMask(): number { return this.getU32(4); }
  set setMask(value: number) { this.setU32(4, value); }

  /** An encoder handle, or 0. */
  get encoder(): number { return this.getU32(8); }
  set encoder(value: number) { this.setU32(8, value); }

  /** A demuxer handle whose stream is copied, or 0. */
  get demuxer(): number { return this.getU32(12); }
  set demuxer(value: number) { this.setU32(12, value); }

  /** Of the demuxer. */
  get streamIndex(): number { return this.getU32(16); }
  set streamIndex(value: number) { this.setU32(16, value); }

  /** A demuxer whose video the encoded pictures are, or 0. */
  get madeFrom(): number { return this.getU32(20); }
  set madeFrom(value: number) { this.setU32(20, value); }

  /** Of a track that comes from neither; 0 = as it comes. */
  get width(): number { return this.getU32(24); }
  set width(value: number) { this.setU32(24, value); }

  /** Field height (uint32_t). */
  get height(): number { return this.getU32(28); }
  set height(value: number) { this.setU32(28, value); }

  /** 0/0 = as it comes. */
  get frameRate(): Rational { return new Rational(this.bytes, this.at + 32); }

  /** 0/0 = as it comes. */
  get sampleAspectRatio(): Rational { return new Rational(this.bytes, this.at + 40); }

  /** Field color (CufColor). */
  get color(): Color { return new Color(this.bytes, this.at + 48); }

  /** Degrees clockwise. */
  get rotation(): number { return this.getI32(64); }
  set rotation(value: number) { this.setI32(64, value); }

  /** Field max_content_light (uint32_t). */
  get maxContentLight(): number { return this.getU32(68); }
  set maxContentLight(value: number) { this.setU32(68, value); }

  /** Field max_frame_average_light (uint32_t). */
  get maxFrameAverageLight(): number { return this.getU32(72); }
  set maxFrameAverageLight(value: number) { this.setU32(72, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(76); }
  set reserved(value: number) { this.setU32(76, value); }

  /** Of red, green, blue, white; CIE 1931. */
  get displayX(): number[] { return this.getF64Array(80, 4); }
  /** Sets all 4 numbers of displayX. */
  setDisplayX(values: readonly number[]): void { this.setF64Array(80, 4, values); }

  /** Field display_y (double). */
  get displayY(): number[] { return this.getF64Array(112, 4); }
  /** Sets all 4 numbers of displayY. */
  setDisplayY(values: readonly number[]): void { this.setF64Array(112, 4, values); }

  /** Candela per square metre. */
  get displayMinLuminance(): number { return this.getF64(144); }
  set displayMinLuminance(value: number) { this.setF64(144, value); }

  /** Field display_max_luminance (double). */
  get displayMaxLuminance(): number { return this.getF64(152); }
  set displayMaxLuminance(value: number) { this.setF64(152, value); }

  /** Field codec (char). */
  get codec(): string { return this.getText(160, 36); }
  set codec(value: string) { this.setText(160, 36, value); }

  /** Field language (char). */
  get language(): string { return this.getText(196, 12); }
  set language(value: string) { this.setText(196, 12, value); }

  /** Field title (char). */
  get title(): string { return this.getText(208, 128); }
  set title(value: string) { this.setText(208, 128, value); }
}

/** The struct CufDemuxerDesc. */
export class DemuxerDesc extends Struct {
  /** Size in bytes. */
  static readonly size: number = 24;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(24, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** A source handle; 0 = the path. */
  get source(): number { return this.getU32(4); }
  set source(value: number) { this.setU32(4, value); }

  /** A CufBitstream. */
  get bitstream(): number { return this.getU32(8); }
  set bitstream(value: number) { this.setU32(8, value); }

  /** 1 + index of the wanted video stream; 0 = the best. */
  get streamNumber(): number { return this.getI32(12); }
  set streamNumber(value: number) { this.setI32(12, value); }

  /** Field reads_audio (uint32_t). */
  get readsAudio(): number { return this.getU32(16); }
  set readsAudio(value: number) { this.setU32(16, value); }

  /** Field reads_subtitles (uint32_t). */
  get readsSubtitles(): number { return this.getU32(20); }
  set readsSubtitles(value: number) { this.setU32(20, value); }
}

/** The struct CufDemuxerInfo. */
export class DemuxerInfo extends Struct {
  /** Size in bytes. */
  static readonly size: number = 360;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(360, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field flags (uint32_t). */
  get flags(): number { return this.getU32(4); }
  set flags(value: number) { this.setU32(4, value); }

  /** Field width (uint32_t). */
  get width(): number { return this.getU32(8); }
  set width(value: number) { this.setU32(8, value); }

  /** Field height (uint32_t). */
  get height(): number { return this.getU32(12); }
  set height(value: number) { this.setU32(12, value); }

  /** Field coded_width (uint32_t). */
  get codedWidth(): number { return this.getU32(16); }
  set codedWidth(value: number) { this.setU32(16, value); }

  /** Field coded_height (uint32_t). */
  get codedHeight(): number { return this.getU32(20); }
  set codedHeight(value: number) { this.setU32(20, value); }

  /** Average; 0/0 if unknown. */
  get frameRate(): Rational { return new Rational(this.bytes, this.at + 24); }

  /** The lowest rate that fits all timestamps. */
  get rFrameRate(): Rational { return new Rational(this.bytes, this.at + 32); }

  /** Field time_base (CufRational). */
  get timeBase(): Rational { return new Rational(this.bytes, this.at + 40); }

  /** Field sample_aspect_ratio (CufRational). */
  get sampleAspectRatio(): Rational { return new Rational(this.bytes, this.at + 48); }

  /** -1 if unknown. */
  get durationUs(): number { return this.getI64(56); }
  set durationUs(value: number) { this.setI64(56, value); }

  /** INT64_MIN if unknown. */
  get startTimeUs(): number { return this.getI64(64); }
  set startTimeUs(value: number) { this.setI64(64, value); }

  /** 0 if unknown. */
  get bitRateBps(): number { return this.getI64(72); }
  set bitRateBps(value: number) { this.setI64(72, value); }

  /** The container's claim; -1 if it makes none. */
  get numFrames(): number { return this.getI64(80); }
  set numFrames(value: number) { this.setI64(80, value); }

  /** Field color (CufColor). */
  get color(): Color { return new Color(this.bytes, this.at + 88); }

  /** Field chroma_format (uint32_t). */
  get chromaFormat(): number { return this.getU32(104); }
  set chromaFormat(value: number) { this.setU32(104, value); }

  /** Field bit_depth (uint32_t). */
  get bitDepth(): number { return this.getU32(108); }
  set bitDepth(value: number) { this.setU32(108, value); }

  /** -1 if unknown. */
  get profile(): number { return this.getI32(112); }
  set profile(value: number) { this.setI32(112, value); }

  /** Field level (int32_t). */
  get level(): number { return this.getI32(116); }
  set level(value: number) { this.setI32(116, value); }

  /** Clockwise degrees to turn for display: 0, 90, 180, 270. */
  get rotation(): number { return this.getI32(120); }
  set rotation(value: number) { this.setI32(120, value); }

  /** Field stream_index (uint32_t). */
  get streamIndex(): number { return this.getU32(124); }
  set streamIndex(value: number) { this.setU32(124, value); }

  /** Field stream_count (uint32_t). */
  get streamCount(): number { return this.getU32(128); }
  set streamCount(value: number) { this.setU32(128, value); }

  /** Field extradata_size (uint32_t). */
  get extradataSize(): number { return this.getU32(132); }
  set extradataSize(value: number) { this.setU32(132, value); }

  /** Field codec (char). */
  get codec(): string { return this.getText(136, 32); }
  set codec(value: string) { this.setText(136, 32, value); }

  /** WebCodecs codec string. */
  get codecString(): string { return this.getText(168, 64); }
  set codecString(value: string) { this.setText(168, 64, value); }

  /** Field profile_name (char). */
  get profileName(): string { return this.getText(232, 64); }
  set profileName(value: string) { this.setText(232, 64, value); }

  /** Field container_name (char). */
  get containerName(): string { return this.getText(296, 64); }
  set containerName(value: string) { this.setText(296, 64, value); }
}

/** The struct CufStreamInfo. */
export class StreamInfo extends Struct {
  /** Size in bytes. */
  static readonly size: number = 168;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(168, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field index (uint32_t). */
  get index(): number { return this.getU32(4); }
  set index(value: number) { this.setU32(4, value); }

  /** Field kind (uint32_t). */
  get kind(): number { return this.getU32(8); }
  set kind(value: number) { this.setU32(8, value); }

  /** Field is_attached_picture (uint32_t). */
  get isAttachedPicture(): number { return this.getU32(12); }
  set isAttachedPicture(value: number) { this.setU32(12, value); }

  /** Field width (uint32_t). */
  get width(): number { return this.getU32(16); }
  set width(value: number) { this.setU32(16, value); }

  /** Field height (uint32_t). */
  get height(): number { return this.getU32(20); }
  set height(value: number) { this.setU32(20, value); }

  /** Field sample_rate_hz (uint32_t). */
  get sampleRateHz(): number { return this.getU32(24); }
  set sampleRateHz(value: number) { this.setU32(24, value); }

  /** Field channels (uint32_t). */
  get channels(): number { return this.getU32(28); }
  set channels(value: number) { this.setU32(28, value); }

  /** Field duration_us (int64_t). */
  get durationUs(): number { return this.getI64(32); }
  set durationUs(value: number) { this.setI64(32, value); }

  /** Field bit_rate_bps (int64_t). */
  get bitRateBps(): number { return this.getI64(40); }
  set bitRateBps(value: number) { this.setI64(40, value); }

  /** Field codec (char). */
  get codec(): string { return this.getText(48, 32); }
  set codec(value: string) { this.setText(48, 32, value); }

  /** Field language (char). */
  get language(): string { return this.getText(80, 16); }
  set language(value: string) { this.setText(80, 16, value); }

  /** Field title (char). */
  get title(): string { return this.getText(96, 64); }
  set title(value: string) { this.setText(96, 64, value); }

  /** 1: its packets are read. */
  get isRead(): number { return this.getU32(160); }
  set isRead(value: number) { this.setU32(160, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(164); }
  set reserved(value: number) { this.setU32(164, value); }
}

/** The struct CufPacketInfo. */
export class PacketInfo extends Struct {
  /** Size in bytes. */
  static readonly size: number = 120;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(120, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field flags (uint32_t). */
  get flags(): number { return this.getU32(4); }
  set flags(value: number) { this.setU32(4, value); }

  /** In time_base, if CUF_PACKET_HAS_PTS. */
  get pts(): number { return this.getI64(8); }
  set pts(value: number) { this.setI64(8, value); }

  /** Field dts (int64_t). */
  get dts(): number { return this.getI64(16); }
  set dts(value: number) { this.setI64(16, value); }

  /** Field duration (int64_t). */
  get duration(): number { return this.getI64(24); }
  set duration(value: number) { this.setI64(24, value); }

  /** Field timestamp_us (int64_t). */
  get timestampUs(): number { return this.getI64(32); }
  set timestampUs(value: number) { this.setI64(32, value); }

  /** Field duration_us (int64_t). */
  get durationUs(): number { return this.getI64(40); }
  set durationUs(value: number) { this.setI64(40, value); }

  /** In the file; -1 if unknown. */
  get positionBytes(): number { return this.getI64(48); }
  set positionBytes(value: number) { this.setI64(48, value); }

  /** Field time_base (CufRational). */
  get timeBase(): Rational { return new Rational(this.bytes, this.at + 56); }

  /** Into the buffer that goes with the records. */
  get dataOffset(): number { return this.getU32(64); }
  set dataOffset(value: number) { this.setU32(64, value); }

  /** Field data_size (uint32_t). */
  get dataSize(): number { return this.getU32(68); }
  set dataSize(value: number) { this.setU32(68, value); }

  /** Field extradata_offset (uint32_t). */
  get extradataOffset(): number { return this.getU32(72); }
  set extradataOffset(value: number) { this.setU32(72, value); }

  /** Not 0: new codec headers come into force with this packet. */
  get extradataSize(): number { return this.getU32(76); }
  set extradataSize(value: number) { this.setU32(76, value); }

  /** Field rotation (int32_t). */
  get rotation(): number { return this.getI32(80); }
  set rotation(value: number) { this.setI32(80, value); }

  /** Field coded_width (uint32_t). */
  get codedWidth(): number { return this.getU32(84); }
  set codedWidth(value: number) { this.setU32(84, value); }

  /** Field coded_height (uint32_t). */
  get codedHeight(): number { return this.getU32(88); }
  set codedHeight(value: number) { this.setU32(88, value); }

  /** Field codec_tag (uint32_t). */
  get codecTag(): number { return this.getU32(92); }
  set codecTag(value: number) { this.setU32(92, value); }

  /** Field bits_per_coded_sample (uint32_t). */
  get bitsPerCodedSample(): number { return this.getU32(96); }
  set bitsPerCodedSample(value: number) { this.setU32(96, value); }

  /** 1 + libav's number. */
  get pixelFormat(): number { return this.getU32(100); }
  set pixelFormat(value: number) { this.setU32(100, value); }

  /** In the container that it comes from. */
  get streamIndex(): number { return this.getU32(104); }
  set streamIndex(value: number) { this.setU32(104, value); }

  /** Audio samples that are not played. */
  get skippedAtBegin(): number { return this.getU32(108); }
  set skippedAtBegin(value: number) { this.setU32(108, value); }

  /** Field skipped_at_end (uint32_t). */
  get skippedAtEnd(): number { return this.getU32(112); }
  set skippedAtEnd(value: number) { this.setU32(112, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(116); }
  set reserved(value: number) { this.setU32(116, value); }
}

/** The struct CufDecoderDesc. */
export class DecoderDesc extends Struct {
  /** Size in bytes. */
  static readonly size: number = 112;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(112, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** A CufColorType. */
  get outputColorType(): number { return this.getU32(4); }
  set outputColorType(value: number) { this.setU32(4, value); }

  /** A CufOnError. */
  get onError(): number { return this.getU32(8); }
  set onError(value: number) { this.setU32(8, value); }

  /** 0 = the device's. */
  get threads(): number { return this.getU32(12); }
  set threads(value: number) { this.setU32(12, value); }

  /** H.273 code that replaces the stream's for RGB; 0 = the stream's. */
  get matrix(): number { return this.getU32(16); }
  set matrix(value: number) { this.setU32(16, value); }

  /** 0 = the stream's, 1 = limited, 2 = full. */
  get range(): number { return this.getU32(20); }
  set range(value: number) { this.setU32(20, value); }

  /** Hint for codecs that keep the size in the container. */
  get width(): number { return this.getU32(24); }
  set width(value: number) { this.setU32(24, value); }

  /** Field height (uint32_t). */
  get height(): number { return this.getU32(28); }
  set height(value: number) { this.setU32(28, value); }

  /** Field codec (char). */
  get codec(): string { return this.getText(32, 32); }
  set codec(value: string) { this.setText(32, 32, value); }

  /** Most memory of its pictures and frames; 0 = the device's. */
  get memoryBudgetBytes(): number { return this.getU64(64); }
  set memoryBudgetBytes(value: number) { this.setU64(64, value); }

  /** 1: frames have decode statistics. */
  get enableDecodeStats(): number { return this.getU32(72); }
  set enableDecodeStats(value: number) { this.setU32(72, value); }

  /** A CufLatency. */
  get latency(): number { return this.getU32(76); }
  set latency(value: number) { this.setU32(76, value); }

  /** Larger pictures are refused with CUF_UNSUPPORTED; 0 = any. */
  get maxWidth(): number { return this.getU32(80); }
  set maxWidth(value: number) { this.setU32(80, value); }

  /** Field max_height (uint32_t). */
  get maxHeight(): number { return this.getU32(84); }
  set maxHeight(value: number) { this.setU32(84, value); }

  /** 1: frames come with their SEI messages. */
  get enableSeiMessage(): number { return this.getU32(88); }
  set enableSeiMessage(value: number) { this.setU32(88, value); }

  /** 1: frames decoded by a GPU are given in host memory. */
  get isOnHost(): number { return this.getU32(92); }
  set isOnHost(value: number) { this.setU32(92, value); }

  /** CUstream on which frames are complete, for work put on it; 0 = none. */
  get cudaStream(): number { return this.getU64(96); }
  set cudaStream(value: number) { this.setU64(96, value); }

  /** A GPU's decoder scales native frames to this; 0 = as they are. */
  get outputWidth(): number { return this.getU32(104); }
  set outputWidth(value: number) { this.setU32(104, value); }

  /** Field output_height (uint32_t). */
  get outputHeight(): number { return this.getU32(108); }
  set outputHeight(value: number) { this.setU32(108, value); }
}

/** The struct CufDecoderInfo. */
export class DecoderInfo extends Struct {
  /** Size in bytes. */
  static readonly size: number = 656;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(656, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field backend (uint32_t). */
  get backend(): number { return this.getU32(4); }
  set backend(value: number) { this.setU32(4, value); }

  /** Field packets_decoded (uint64_t). */
  get packetsDecoded(): number { return this.getU64(8); }
  set packetsDecoded(value: number) { this.setU64(8, value); }

  /** Field frames_decoded (uint64_t). */
  get framesDecoded(): number { return this.getU64(16); }
  set framesDecoded(value: number) { this.setU64(16, value); }

  /** Field frames_corrupt (uint64_t). */
  get framesCorrupt(): number { return this.getU64(24); }
  set framesCorrupt(value: number) { this.setU64(24, value); }

  /** Field codec (char). */
  get codec(): string { return this.getText(32, 32); }
  set codec(value: string) { this.setText(32, 32, value); }

  /** Field implementation (char). */
  get implementation(): string { return this.getText(64, 64); }
  set implementation(value: string) { this.setText(64, 64, value); }

  /** Of its pictures and frames. */
  get memoryBytes(): number { return this.getU64(128); }
  set memoryBytes(value: number) { this.setU64(128, value); }

  /** A CufLatency, as asked for. */
  get latency(): number { return this.getU32(136); }
  set latency(value: number) { this.setU32(136, value); }

  /** What it can give on the stream that it decodes. */
  get effectiveLatency(): number { return this.getU32(140); }
  set effectiveLatency(value: number) { this.setU32(140, value); }

  /** Why it is not the GPU that decodes, or empty. */
  get fallbackReason(): string { return this.getText(144, 512); }
  set fallbackReason(value: string) { this.setText(144, 512, value); }
}

/** The struct CufPlane. */
export class Plane extends Struct {
  /** Size in bytes. */
  static readonly size: number = 24;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(24, false, bytes, at);
  }

  /** Field address (uint64_t). */
  get address(): number { return this.getU64(0); }
  set address(value: number) { this.setU64(0, value); }

  /** Field stride_bytes (int32_t). */
  get strideBytes(): number { return this.getI32(8); }
  set strideBytes(value: number) { this.setI32(8, value); }

  /** Field rows (uint32_t). */
  get rows(): number { return this.getU32(12); }
  set rows(value: number) { this.setU32(12, value); }

  /** Field row_bytes (uint32_t). */
  get rowBytes(): number { return this.getU32(16); }
  set rowBytes(value: number) { this.setU32(16, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(20); }
  set reserved(value: number) { this.setU32(20, value); }
}

/** The struct CufFrameInfo. */
export class FrameInfo extends Struct {
  /** Size in bytes. */
  static readonly size: number = 248;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(248, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field frame (uint32_t). */
  get frame(): number { return this.getU32(4); }
  set frame(value: number) { this.setU32(4, value); }

  /** Field pts (int64_t). */
  get pts(): number { return this.getI64(8); }
  set pts(value: number) { this.setI64(8, value); }

  /** Field timestamp_us (int64_t). */
  get timestampUs(): number { return this.getI64(16); }
  set timestampUs(value: number) { this.setI64(16, value); }

  /** Field duration_us (int64_t). */
  get durationUs(): number { return this.getI64(24); }
  set durationUs(value: number) { this.setI64(24, value); }

  /** Field time_base (CufRational). */
  get timeBase(): Rational { return new Rational(this.bytes, this.at + 32); }

  /** Field width (uint32_t). */
  get width(): number { return this.getU32(40); }
  set width(value: number) { this.setU32(40, value); }

  /** Field height (uint32_t). */
  get height(): number { return this.getU32(44); }
  set height(value: number) { this.setU32(44, value); }

  /** Field coded_width (uint32_t). */
  get codedWidth(): number { return this.getU32(48); }
  set codedWidth(value: number) { this.setU32(48, value); }

  /** Field coded_height (uint32_t). */
  get codedHeight(): number { return this.getU32(52); }
  set codedHeight(value: number) { this.setU32(52, value); }

  /** Field format (uint32_t). */
  get format(): number { return this.getU32(56); }
  set format(value: number) { this.setU32(56, value); }

  /** Field bit_depth (uint32_t). */
  get bitDepth(): number { return this.getU32(60); }
  set bitDepth(value: number) { this.setU32(60, value); }

  /** Field dtype (uint32_t). */
  get dtype(): number { return this.getU32(64); }
  set dtype(value: number) { this.setU32(64, value); }

  /** Where the memory is. */
  get backend(): number { return this.getU32(68); }
  set backend(value: number) { this.setU32(68, value); }

  /** Field color (CufColor). */
  get color(): Color { return new Color(this.bytes, this.at + 72); }

  /** Field rotation (int32_t). */
  get rotation(): number { return this.getI32(88); }
  set rotation(value: number) { this.setI32(88, value); }

  /** Field picture_type (uint32_t). */
  get pictureType(): number { return this.getU32(92); }
  set pictureType(value: number) { this.setU32(92, value); }

  /** Field flags (uint32_t). */
  get flags(): number { return this.getU32(96); }
  set flags(value: number) { this.setU32(96, value); }

  /** Field decode_status (uint32_t). */
  get decodeStatus(): number { return this.getU32(100); }
  set decodeStatus(value: number) { this.setU32(100, value); }

  /** Of one block that holds all planes; 0 if they lie apart. */
  get address(): number { return this.getU64(104); }
  set address(value: number) { this.setU64(104, value); }

  /** Field byte_length (uint64_t). */
  get byteLength(): number { return this.getU64(112); }
  set byteLength(value: number) { this.setU64(112, value); }

  /** Field plane_count (uint32_t). */
  get planeCount(): number { return this.getU32(120); }
  set planeCount(value: number) { this.setU32(120, value); }

  /** Ordinal of the GPU in whose memory the addresses are. */
  get gpu(): number { return this.getU32(124); }
  set gpu(value: number) { this.setU32(124, value); }

  /** In display order, of frames by random access; -1 for others. */
  get index(): number { return this.getI64(128); }
  set index(value: number) { this.setI64(128, value); }

  /** Field planes (CufPlane). */
  planesAt(index: number): Plane { return new Plane(this.bytes, this.element(136, 4, 24, index)); }

  /** Of cuf_frame_decode_stats; 0: there are none. */
  get decodeStatsBytes(): number { return this.getU32(232); }
  set decodeStatsBytes(value: number) { this.setU32(232, value); }

  /** Blocks in a row of them. */
  get decodeStatsColumns(): number { return this.getU32(236); }
  set decodeStatsColumns(value: number) { this.setU32(236, value); }

  /** Messages that cuf_frame_sei gives. */
  get seiCount(): number { return this.getU32(240); }
  set seiCount(value: number) { this.setU32(240, value); }

  /** Of their payloads. */
  get seiBytes(): number { return this.getU32(244); }
  set seiBytes(value: number) { this.setU32(244, value); }
}

/** One SEI message. The sequence parameter set tells how long the fields of H.264 picture timing (D.1.3) are, 0 of absent ones. */
export class SeiMessage extends Struct {
  /** Size in bytes. */
  static readonly size: number = 40;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(40, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field type (uint32_t). */
  get type(): number { return this.getU32(4); }
  set type(value: number) { this.setU32(4, value); }

  /** A CufSeiSyntax. */
  get syntax(): number { return this.getU32(8); }
  set syntax(value: number) { this.setU32(8, value); }

  /** Field flags (uint32_t). */
  get flags(): number { return this.getU32(12); }
  set flags(value: number) { this.setU32(12, value); }

  /** Of the payload in the buffer that goes with the records. */
  get dataOffset(): number { return this.getU32(16); }
  set dataOffset(value: number) { this.setU32(16, value); }

  /** Field data_size (uint32_t). */
  get dataSize(): number { return this.getU32(20); }
  set dataSize(value: number) { this.setU32(20, value); }

  /** Field cpb_removal_delay_bits (uint32_t). */
  get cpbRemovalDelayBits(): number { return this.getU32(24); }
  set cpbRemovalDelayBits(value: number) { this.setU32(24, value); }

  /** Field dpb_output_delay_bits (uint32_t). */
  get dpbOutputDelayBits(): number { return this.getU32(28); }
  set dpbOutputDelayBits(value: number) { this.setU32(28, value); }

  /** Field time_offset_bits (uint32_t). */
  get timeOffsetBits(): number { return this.getU32(32); }
  set timeOffsetBits(value: number) { this.setU32(32, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(36); }
  set reserved(value: number) { this.setU32(36, value); }
}

/** The struct CufSamplerDesc. */
export class SamplerDesc extends Struct {
  /** Size in bytes. */
  static readonly size: number = 88;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(88, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** A seekable source's handle; 0 = the path. */
  get source(): number { return this.getU32(4); }
  set source(value: number) { this.setU32(4, value); }

  /** As in CufDemuxerDesc. */
  get streamNumber(): number { return this.getI32(8); }
  set streamNumber(value: number) { this.setI32(8, value); }

  /** A CufColorType. */
  get outputColorType(): number { return this.getU32(12); }
  set outputColorType(value: number) { this.setU32(12, value); }

  /** A CufOnError. */
  get onError(): number { return this.getU32(16); }
  set onError(value: number) { this.setU32(16, value); }

  /** As in CufDecoderDesc. */
  get matrix(): number { return this.getU32(20); }
  set matrix(value: number) { this.setU32(20, value); }

  /** Field range (uint32_t). */
  get range(): number { return this.getU32(24); }
  set range(value: number) { this.setU32(24, value); }

  /** Most decoders at once; 0 = the GPU's, or the device's threads. */
  get engines(): number { return this.getU32(28); }
  set engines(value: number) { this.setU32(28, value); }

  /** Most decoders kept for the next file; 0 = 4, or the engines. */
  get decoderCacheSize(): number { return this.getU32(32); }
  set decoderCacheSize(value: number) { this.setU32(32, value); }

  /** Frames decoded ahead of cuf_sampler_next; 0 = by buffer_bytes. */
  get bufferFrames(): number { return this.getU32(36); }
  set bufferFrames(value: number) { this.setU32(36, value); }

  /** 0 = 320 MiB. */
  get bufferBytes(): number { return this.getU64(40); }
  set bufferBytes(value: number) { this.setU64(40, value); }

  /** 1: CUF_COMPLETION_PROGRESS come while it is being opened. */
  get wantsProgress(): number { return this.getU32(48); }
  set wantsProgress(value: number) { this.setU32(48, value); }

  /** 1: an index of what the container claims will do. */
  get isIndexApproximate(): number { return this.getU32(52); }
  set isIndexApproximate(value: number) { this.setU32(52, value); }

  /** As in CufDecoderDesc. */
  get enableDecodeStats(): number { return this.getU32(56); }
  set enableDecodeStats(value: number) { this.setU32(56, value); }

  /** 1: frames come with their SEI messages. */
  get enableSeiMessage(): number { return this.getU32(60); }
  set enableSeiMessage(value: number) { this.setU32(60, value); }

  /** As in CufDecoderDesc. */
  get maxWidth(): number { return this.getU32(64); }
  set maxWidth(value: number) { this.setU32(64, value); }

  /** Field max_height (uint32_t). */
  get maxHeight(): number { return this.getU32(68); }
  set maxHeight(value: number) { this.setU32(68, value); }

  /** As in CufDecoderDesc. */
  get cudaStream(): number { return this.getU64(72); }
  set cudaStream(value: number) { this.setU64(72, value); }

  /** Field is_on_host (uint32_t). */
  get isOnHost(): number { return this.getU32(80); }
  set isOnHost(value: number) { this.setU32(80, value); }

  /** A CufWarmUp. */
  get warmUp(): number { return this.getU32(84); }
  set warmUp(value: number) { this.setU32(84, value); }
}

/** The struct CufSamplerInfo. */
export class SamplerInfo extends Struct {
  /** Size in bytes. */
  static readonly size: number = 680;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(680, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field frame_count (uint32_t). */
  get frameCount(): number { return this.getU32(4); }
  set frameCount(value: number) { this.setU32(4, value); }

  /** Of the exact index; 0 until cuf_sampler_scan if that is approximate. */
  get packetCount(): number { return this.getU32(8); }
  set packetCount(value: number) { this.setU32(8, value); }

  /** Field key_count (uint32_t). */
  get keyCount(): number { return this.getU32(12); }
  set keyCount(value: number) { this.setU32(12, value); }

  /** From the first frame's time to the last one's end. */
  get durationUs(): number { return this.getI64(16); }
  set durationUs(value: number) { this.setI64(16, value); }

  /** Field start_time_us (int64_t). */
  get startTimeUs(): number { return this.getI64(24); }
  set startTimeUs(value: number) { this.setI64(24, value); }

  /** Field packets_decoded (uint64_t). */
  get packetsDecoded(): number { return this.getU64(32); }
  set packetsDecoded(value: number) { this.setU64(32, value); }

  /** Field packets_dropped (uint64_t). */
  get packetsDropped(): number { return this.getU64(40); }
  set packetsDropped(value: number) { this.setU64(40, value); }

  /** Field frames_decoded (uint64_t). */
  get framesDecoded(): number { return this.getU64(48); }
  set framesDecoded(value: number) { this.setU64(48, value); }

  /** Field gops_decoded (uint64_t). */
  get gopsDecoded(): number { return this.getU64(56); }
  set gopsDecoded(value: number) { this.setU64(56, value); }

  /** Field seeks (uint64_t). */
  get seeks(): number { return this.getU64(64); }
  set seeks(value: number) { this.setU64(64, value); }

  /** Field decoders_created (uint64_t). */
  get decodersCreated(): number { return this.getU64(72); }
  set decodersCreated(value: number) { this.setU64(72, value); }

  /** Field decoders_reused (uint64_t). */
  get decodersReused(): number { return this.getU64(80); }
  set decodersReused(value: number) { this.setU64(80, value); }

  /** Field bytes_read (uint64_t). */
  get bytesRead(): number { return this.getU64(88); }
  set bytesRead(value: number) { this.setU64(88, value); }

  /** Most frames held at once for cuf_sampler_next. */
  get framesAhead(): number { return this.getU32(96); }
  set framesAhead(value: number) { this.setU32(96, value); }

  /** Where it decodes; CUF_BACKEND_AUTO before it did. */
  get backend(): number { return this.getU32(100); }
  set backend(value: number) { this.setU32(100, value); }

  /** Field implementation (char). */
  get implementation(): string { return this.getText(104, 64); }
  set implementation(value: string) { this.setText(104, 64, value); }

  /** As in CufDecoderInfo. */
  get fallbackReason(): string { return this.getText(168, 512); }
  set fallbackReason(value: string) { this.setText(168, 512, value); }
}

/** One packet of the index, in decode order. */
export class IndexEntry extends Struct {
  /** Size in bytes. */
  static readonly size: number = 40;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(40, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** CUF_PACKET_KEY, CUF_PACKET_DISCARD (not shown), CUF_PACKET_HAS_PTS, _HAS_DTS. */
  get flags(): number { return this.getU32(4); }
  set flags(value: number) { this.setU32(4, value); }

  /** Field pts (int64_t). */
  get pts(): number { return this.getI64(8); }
  set pts(value: number) { this.setI64(8, value); }

  /** Field dts (int64_t). */
  get dts(): number { return this.getI64(16); }
  set dts(value: number) { this.setI64(16, value); }

  /** Its place in display order; -1 if it shows nothing. */
  get frame(): number { return this.getI64(24); }
  set frame(value: number) { this.setI64(24, value); }

  /** Field size_bytes (uint32_t). */
  get sizeBytes(): number { return this.getU32(32); }
  set sizeBytes(value: number) { this.setU32(32, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(36); }
  set reserved(value: number) { this.setU32(36, value); }
}

/** The struct CufFrameTime. */
export class FrameTime extends Struct {
  /** Size in bytes. */
  static readonly size: number = 32;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(32, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(4); }
  set reserved(value: number) { this.setU32(4, value); }

  /** Field pts (int64_t). */
  get pts(): number { return this.getI64(8); }
  set pts(value: number) { this.setI64(8, value); }

  /** Field timestamp_us (int64_t). */
  get timestampUs(): number { return this.getI64(16); }
  set timestampUs(value: number) { this.setI64(16, value); }

  /** Field duration_us (int64_t). */
  get durationUs(): number { return this.getI64(24); }
  set durationUs(value: number) { this.setI64(24, value); }
}

/** RGB tensor of a frame: value = (rgb / maximum - mean) / std for float types, the integer for the others. */
export class ConvertDesc extends Struct {
  /** Size in bytes. */
  static readonly size: number = 96;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(96, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** A CufLayout. */
  get layout(): number { return this.getU32(4); }
  set layout(value: number) { this.setU32(4, value); }

  /** A CufDtype. */
  get dtype(): number { return this.getU32(8); }
  set dtype(value: number) { this.setU32(8, value); }

  /** 3, or 4 (HWC only) with opaque alpha; 0 = 3. */
  get channels(): number { return this.getU32(12); }
  set channels(value: number) { this.setU32(12, value); }

  /** As in CufDecoderDesc. */
  get matrix(): number { return this.getU32(16); }
  set matrix(value: number) { this.setU32(16, value); }

  /** Field range (uint32_t). */
  get range(): number { return this.getU32(20); }
  set range(value: number) { this.setU32(20, value); }

  /** Field mean (double). */
  get mean(): number[] { return this.getF64Array(24, 3); }
  /** Sets all 3 numbers of mean. */
  setMean(values: readonly number[]): void { this.setF64Array(24, 3, values); }

  /** 0 = 1. */
  get std(): number[] { return this.getF64Array(48, 3); }
  /** Sets all 3 numbers of std. */
  setStd(values: readonly number[]): void { this.setF64Array(48, 3, values); }

  /** The part of the picture, in luma samples. */
  get cropX(): number { return this.getU32(72); }
  set cropX(value: number) { this.setU32(72, value); }

  /** Field crop_y (uint32_t). */
  get cropY(): number { return this.getU32(76); }
  set cropY(value: number) { this.setU32(76, value); }

  /** 0 = the whole picture. */
  get cropWidth(): number { return this.getU32(80); }
  set cropWidth(value: number) { this.setU32(80, value); }

  /** Field crop_height (uint32_t). */
  get cropHeight(): number { return this.getU32(84); }
  set cropHeight(value: number) { this.setU32(84, value); }

  /** What that is resized to, antialiased; 0 = its size. */
  get width(): number { return this.getU32(88); }
  set width(value: number) { this.setU32(88, value); }

  /** Field height (uint32_t). */
  get height(): number { return this.getU32(92); }
  set height(value: number) { this.setU32(92, value); }
}

/** The value of one parameter of an encoder; the rows of csrc/core/encoder_parameters.inc have the numbers. */
export class EncoderSetting extends Struct {
  /** Size in bytes. */
  static readonly size: number = 40;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(40, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field parameter (uint32_t). */
  get parameter(): number { return this.getU32(4); }
  set parameter(value: number) { this.setU32(4, value); }

  /** 1; 2 of a ratio; 1 or 3 of quantizers. */
  get valueCount(): number { return this.getU32(8); }
  set valueCount(value: number) { this.setU32(8, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(12); }
  set reserved(value: number) { this.setU32(12, value); }

  /** Whole numbers; of a choice: the number of its name. */
  get values(): number[] { return this.getF64Array(16, 3); }
  /** Sets all 3 numbers of values. */
  setValues(values: readonly number[]): void { this.setF64Array(16, 3, values); }
}

/** The struct CufEncoderDesc. */
export class EncoderDesc extends Struct {
  /** Size in bytes. */
  static readonly size: number = 56;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(56, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** A CufEncoderFormat. */
  get format(): number { return this.getU32(4); }
  set format(value: number) { this.setU32(4, value); }

  /** Field width (uint32_t). */
  get width(): number { return this.getU32(8); }
  set width(value: number) { this.setU32(8, value); }

  /** Field height (uint32_t). */
  get height(): number { return this.getU32(12); }
  set height(value: number) { this.setU32(12, value); }

  /** Most that it may use; 0 = the device's. */
  get threads(): number { return this.getU32(16); }
  set threads(value: number) { this.setU32(16, value); }

  /** Field has_color (uint32_t). */
  get hasColor(): number { return this.getU32(20); }
  set hasColor(value: number) { this.setU32(20, value); }

  /** Field color (CufColor). */
  get color(): Color { return new Color(this.bytes, this.at + 24); }

  /** Frames are complete for work put on this CUstream; 0 = as they say. */
  get cudaStream(): number { return this.getU64(40); }
  set cudaStream(value: number) { this.setU64(40, value); }

  /** Of pictures that wait; 0 = no bound but the device's. */
  get inputBudgetBytes(): number { return this.getU64(48); }
  set inputBudgetBytes(value: number) { this.setU64(48, value); }
}

/** Asks what a backend encodes. */
export class EncoderQuery extends Struct {
  /** Size in bytes. */
  static readonly size: number = 16;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(16, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field backend (uint32_t). */
  get backend(): number { return this.getU32(4); }
  set backend(value: number) { this.setU32(4, value); }

  /** Field ordinal (uint32_t). */
  get ordinal(): number { return this.getU32(8); }
  set ordinal(value: number) { this.setU32(8, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(12); }
  set reserved(value: number) { this.setU32(12, value); }
}

/** The struct CufEncoderSupport. */
export class EncoderSupport extends Struct {
  /** Size in bytes. */
  static readonly size: number = 616;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(616, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field is_supported (uint32_t). */
  get isSupported(): number { return this.getU32(4); }
  set isSupported(value: number) { this.setU32(4, value); }

  /** Field min_width (uint32_t). */
  get minWidth(): number { return this.getU32(8); }
  set minWidth(value: number) { this.setU32(8, value); }

  /** Field min_height (uint32_t). */
  get minHeight(): number { return this.getU32(12); }
  set minHeight(value: number) { this.setU32(12, value); }

  /** 0: not limited. */
  get maxWidth(): number { return this.getU32(16); }
  set maxWidth(value: number) { this.setU32(16, value); }

  /** Field max_height (uint32_t). */
  get maxHeight(): number { return this.getU32(20); }
  set maxHeight(value: number) { this.setU32(20, value); }

  /** Field max_b_frames (uint32_t). */
  get maxBFrames(): number { return this.getU32(24); }
  set maxBFrames(value: number) { this.setU32(24, value); }

  /** Bit n: it takes the CufEncoderFormat n for this codec. */
  get formatMask(): number { return this.getU32(28); }
  set formatMask(value: number) { this.setU32(28, value); }

  /** That cuf_answer_encoder_settings gives. */
  get settingCount(): number { return this.getU32(32); }
  set settingCount(value: number) { this.setU32(32, value); }

  /** That would do it. */
  get backend(): number { return this.getU32(36); }
  set backend(value: number) { this.setU32(36, value); }

  /** Field implementation (char). */
  get implementation(): string { return this.getText(40, 64); }
  set implementation(value: string) { this.setText(40, 64, value); }

  /** Field reason (char). */
  get reason(): string { return this.getText(104, 512); }
  set reason(value: string) { this.setText(104, 512, value); }
}

/** How a file is transcoded, whichever part of it. */
export class TranscoderDesc extends Struct {
  /** Size in bytes. */
  static readonly size: number = 72;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(72, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** A seekable source's handle; 0 = the path. */
  get source(): number { return this.getU32(4); }
  set source(value: number) { this.setU32(4, value); }

  /** As in CufDemuxerDesc. */
  get streamNumber(): number { return this.getI32(8); }
  set streamNumber(value: number) { this.setI32(8, value); }

  /** A CufOnError. */
  get onError(): number { return this.getU32(12); }
  set onError(value: number) { this.setU32(12, value); }

  /** Of the pictures that are encoded; 0 = the video's, or in proportion. */
  get width(): number { return this.getU32(16); }
  set width(value: number) { this.setU32(16, value); }

  /** Field height (uint32_t). */
  get height(): number { return this.getU32(20); }
  set height(value: number) { this.setU32(20, value); }

  /** 0: 4:2:0 of 8 bits, of 10 for HEVC and AV1 of deeper videos. */
  get hasFormat(): number { return this.getU32(24); }
  set hasFormat(value: number) { this.setU32(24, value); }

  /** A CufEncoderFormat of YUV. */
  get format(): number { return this.getU32(28); }
  set format(value: number) { this.setU32(28, value); }

  /** 0: the video's. */
  get hasColor(): number { return this.getU32(32); }
  set hasColor(value: number) { this.setU32(32, value); }

  /** Field color (CufColor). */
  get color(): Color { return new Color(this.bytes, this.at + 36); }

  /** Most of a decoder, and of an encoder; 0 = the device's. */
  get threads(): number { return this.getU32(52); }
  set threads(value: number) { this.setU32(52, value); }

  /** A CufAudioMode. */
  get audio(): number { return this.getU32(56); }
  set audio(value: number) { this.setU32(56, value); }

  /** Field wants_progress (uint32_t). */
  get wantsProgress(): number { return this.getU32(60); }
  set wantsProgress(value: number) { this.setU32(60, value); }

  /** As in CufDecoderDesc. */
  get cudaStream(): number { return this.getU64(64); }
  set cudaStream(value: number) { this.setU64(64, value); }
}

/** The struct CufTranscoderInfo. */
export class TranscoderInfo extends Struct {
  /** Size in bytes. */
  static readonly size: number = 120;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(120, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field frame_count (uint32_t). */
  get frameCount(): number { return this.getU32(4); }
  set frameCount(value: number) { this.setU32(4, value); }

  /** From the first frame's time to the last one's end. */
  get durationUs(): number { return this.getI64(8); }
  set durationUs(value: number) { this.setI64(8, value); }

  /** Of the pictures that are encoded. */
  get width(): number { return this.getU32(16); }
  set width(value: number) { this.setU32(16, value); }

  /** Field height (uint32_t). */
  get height(): number { return this.getU32(20); }
  set height(value: number) { this.setU32(20, value); }

  /** A CufEncoderFormat. */
  get format(): number { return this.getU32(24); }
  set format(value: number) { this.setU32(24, value); }

  /** That cuf_transcoder_settings gives. */
  get settingCount(): number { return this.getU32(28); }
  set settingCount(value: number) { this.setU32(28, value); }

  /** Most of a decoder, and of an encoder. */
  get threads(): number { return this.getU32(32); }
  set threads(value: number) { this.setU32(32, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(36); }
  set reserved(value: number) { this.setU32(36, value); }

  /** Written. */
  get segments(): number { return this.getU64(40); }
  set segments(value: number) { this.setU64(40, value); }

  /** Field frames (uint64_t). */
  get frames(): number { return this.getU64(48); }
  set frames(value: number) { this.setU64(48, value); }

  /** Field packets_decoded (uint64_t). */
  get packetsDecoded(): number { return this.getU64(56); }
  set packetsDecoded(value: number) { this.setU64(56, value); }

  /** Field gops_decoded (uint64_t). */
  get gopsDecoded(): number { return this.getU64(64); }
  set gopsDecoded(value: number) { this.setU64(64, value); }

  /** Field seeks (uint64_t). */
  get seeks(): number { return this.getU64(72); }
  set seeks(value: number) { this.setU64(72, value); }

  /** Field decoders_created (uint64_t). */
  get decodersCreated(): number { return this.getU64(80); }
  set decodersCreated(value: number) { this.setU64(80, value); }

  /** Field decoders_reused (uint64_t). */
  get decodersReused(): number { return this.getU64(88); }
  set decodersReused(value: number) { this.setU64(88, value); }

  /** Field encoders_created (uint64_t). */
  get encodersCreated(): number { return this.getU64(96); }
  set encodersCreated(value: number) { this.setU64(96, value); }

  /** Pictures that were copied from a GPU to the host or back. */
  get hostCopies(): number { return this.getU64(104); }
  set hostCopies(value: number) { this.setU64(104, value); }

  /** Field bytes_read (uint64_t). */
  get bytesRead(): number { return this.getU64(112); }
  set bytesRead(value: number) { this.setU64(112, value); }
}

/** Frames that follow one another in the order of display. */
export class FrameSpan extends Struct {
  /** Size in bytes. */
  static readonly size: number = 12;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(12, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field first (uint32_t). */
  get first(): number { return this.getU32(4); }
  set first(value: number) { this.setU32(4, value); }

  /** Field count (uint32_t). */
  get count(): number { return this.getU32(8); }
  set count(value: number) { this.setU32(8, value); }
}

/** A segment to be written. */
export class TranscodeDesc extends Struct {
  /** Size in bytes. */
  static readonly size: number = 32;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(32, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field first_frame (uint32_t). */
  get firstFrame(): number { return this.getU32(4); }
  set firstFrame(value: number) { this.setU32(4, value); }

  /** Field frame_count (uint32_t). */
  get frameCount(): number { return this.getU32(8); }
  set frameCount(value: number) { this.setU32(8, value); }

  /** Field is_appended (uint32_t). */
  get isAppended(): number { return this.getU32(12); }
  set isAppended(value: number) { this.setU32(12, value); }

  /** Those of a lane are done in order; below 64, 0 of what is appended. */
  get lane(): number { return this.getU32(16); }
  set lane(value: number) { this.setU32(16, value); }

  /** That work beside each other, and share the threads; 0 = 1. */
  get lanes(): number { return this.getU32(20); }
  set lanes(value: number) { this.setU32(20, value); }

  /** Field wants_progress (uint32_t). */
  get wantsProgress(): number { return this.getU32(24); }
  set wantsProgress(value: number) { this.setU32(24, value); }

  /** 1: the whole video, with its sound also behind the last frame. */
  get isWhole(): number { return this.getU32(28); }
  set isWhole(value: number) { this.setU32(28, value); }
}

/** The struct CufTranscodeResult. */
export class TranscodeResult extends Struct {
  /** Size in bytes. */
  static readonly size: number = 1480;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(1480, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field audio_tracks (uint32_t). */
  get audioTracks(): number { return this.getU32(4); }
  set audioTracks(value: number) { this.setU32(4, value); }

  /** Field frames (uint64_t). */
  get frames(): number { return this.getU64(8); }
  set frames(value: number) { this.setU64(8, value); }

  /** To damage. */
  get lostFrames(): number { return this.getU64(16); }
  set lostFrames(value: number) { this.setU64(16, value); }

  /** For it so far; a file's index comes when it is complete. */
  get bytesWritten(): number { return this.getU64(24); }
  set bytesWritten(value: number) { this.setU64(24, value); }

  /** Of the video in it. */
  get durationUs(): number { return this.getI64(32); }
  set durationUs(value: number) { this.setI64(32, value); }

  /** Field elapsed_us (int64_t). */
  get elapsedUs(): number { return this.getI64(40); }
  set elapsedUs(value: number) { this.setI64(40, value); }

  /** Field decoder_backend (uint32_t). */
  get decoderBackend(): number { return this.getU32(48); }
  set decoderBackend(value: number) { this.setU32(48, value); }

  /** Field encoder_backend (uint32_t). */
  get encoderBackend(): number { return this.getU32(52); }
  set encoderBackend(value: number) { this.setU32(52, value); }

  /** Field container (char). */
  get container(): string { return this.getText(56, 16); }
  set container(value: string) { this.setText(56, 16, value); }

  /** Field decoder (char). */
  get decoder(): string { return this.getText(72, 64); }
  set decoder(value: string) { this.setText(72, 64, value); }

  /** Field encoder (char). */
  get encoder(): string { return this.getText(136, 64); }
  set encoder(value: string) { this.setText(136, 64, value); }

  /** Streams that the container does not take, or empty. */
  get droppedAudio(): string { return this.getText(200, 256); }
  set droppedAudio(value: string) { this.setText(200, 256, value); }

  /** Field decoder_fallback (char). */
  get decoderFallback(): string { return this.getText(456, 512); }
  set decoderFallback(value: string) { this.setText(456, 512, value); }

  /** Field encoder_fallback (char). */
  get encoderFallback(): string { return this.getText(968, 512); }
  set encoderFallback(value: string) { this.setText(968, 512, value); }
}

/** The struct CufEncoderInfo. */
export class EncoderInfo extends Struct {
  /** Size in bytes. */
  static readonly size: number = 688;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(688, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field backend (uint32_t). */
  get backend(): number { return this.getU32(4); }
  set backend(value: number) { this.setU32(4, value); }

  /** Field width (uint32_t). */
  get width(): number { return this.getU32(8); }
  set width(value: number) { this.setU32(8, value); }

  /** Field height (uint32_t). */
  get height(): number { return this.getU32(12); }
  set height(value: number) { this.setU32(12, value); }

  /** Field format (uint32_t). */
  get format(): number { return this.getU32(16); }
  set format(value: number) { this.setU32(16, value); }

  /** Pictures that decode order runs ahead of display order at most. */
  get reorderDepth(): number { return this.getU32(20); }
  set reorderDepth(value: number) { this.setU32(20, value); }

  /** That cuf_encoder_settings gives. */
  get settingCount(): number { return this.getU32(24); }
  set settingCount(value: number) { this.setU32(24, value); }

  /** Field sequence_params_bytes (uint32_t). */
  get sequenceParamsBytes(): number { return this.getU32(28); }
  set sequenceParamsBytes(value: number) { this.setU32(28, value); }

  /** Taken. */
  get framesEncoded(): number { return this.getU64(32); }
  set framesEncoded(value: number) { this.setU64(32, value); }

  /** Given. */
  get chunks(): number { return this.getU64(40); }
  set chunks(value: number) { this.setU64(40, value); }

  /** Field chunk_bytes (uint64_t). */
  get chunkBytes(): number { return this.getU64(48); }
  set chunkBytes(value: number) { this.setU64(48, value); }

  /** Frames that were copied from a GPU to the host or back. */
  get hostCopies(): number { return this.getU64(56); }
  set hostCopies(value: number) { this.setU64(56, value); }

  /** In place. */
  get reconfigures(): number { return this.getU64(64); }
  set reconfigures(value: number) { this.setU64(64, value); }

  /** By an encoder made anew. */
  get reopens(): number { return this.getU64(72); }
  set reopens(value: number) { this.setU64(72, value); }

  /** Field codec (char). */
  get codec(): string { return this.getText(80, 32); }
  set codec(value: string) { this.setText(80, 32, value); }

  /** Field implementation (char). */
  get implementation(): string { return this.getText(112, 64); }
  set implementation(value: string) { this.setText(112, 64, value); }

  /** Why it is not the GPU that encodes, or empty. */
  get fallbackReason(): string { return this.getText(176, 512); }
  set fallbackReason(value: string) { this.setText(176, 512, value); }
}

/** What goes with a picture. The messages' payloads stand one after another in the buffer that goes with it. */
export class EncodeDesc extends Struct {
  /** Size in bytes. */
  static readonly size: number = 40;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(40, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** CufEncodeFlag bits. */
  get flags(): number { return this.getU32(4); }
  set flags(value: number) { this.setU32(4, value); }

  /** In time_base; absent: that of the frame, or counted on by fps. */
  get pts(): number { return this.getI64(8); }
  set pts(value: number) { this.setI64(8, value); }

  /** Field duration (int64_t). */
  get duration(): number { return this.getI64(16); }
  set duration(value: number) { this.setI64(16, value); }

  /** 0/0: the frame's, or microseconds. */
  get timeBase(): Rational { return new Rational(this.bytes, this.at + 24); }

  /** Field message_count (uint32_t). */
  get messageCount(): number { return this.getU32(32); }
  set messageCount(value: number) { this.setU32(32, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(36); }
  set reserved(value: number) { this.setU32(36, value); }
}

/** A message to insert: SEI by its type, a metadata OBU of AV1 by its metadata type. */
export class SideMessage extends Struct {
  /** Size in bytes. */
  static readonly size: number = 16;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(16, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Field type (uint32_t). */
  get type(): number { return this.getU32(4); }
  set type(value: number) { this.setU32(4, value); }

  /** Field data_offset (uint32_t). */
  get dataOffset(): number { return this.getU32(8); }
  set dataOffset(value: number) { this.setU32(8, value); }

  /** Field data_size (uint32_t). */
  get dataSize(): number { return this.getU32(12); }
  set dataSize(value: number) { this.setU32(12, value); }
}

/** The struct CufChunkInfo. */
export class ChunkInfo extends Struct {
  /** Size in bytes. */
  static readonly size: number = 72;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(72, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** CufChunkFlag bits. */
  get flags(): number { return this.getU32(4); }
  set flags(value: number) { this.setU32(4, value); }

  /** In time_base. */
  get pts(): number { return this.getI64(8); }
  set pts(value: number) { this.setI64(8, value); }

  /** Field dts (int64_t). */
  get dts(): number { return this.getI64(16); }
  set dts(value: number) { this.setI64(16, value); }

  /** Field duration (int64_t). */
  get duration(): number { return this.getI64(24); }
  set duration(value: number) { this.setI64(24, value); }

  /** Field timestamp_us (int64_t). */
  get timestampUs(): number { return this.getI64(32); }
  set timestampUs(value: number) { this.setI64(32, value); }

  /** Field duration_us (int64_t). */
  get durationUs(): number { return this.getI64(40); }
  set durationUs(value: number) { this.setI64(40, value); }

  /** Field time_base (CufRational). */
  get timeBase(): Rational { return new Rational(this.bytes, this.at + 48); }

  /** A CufPictureType. */
  get pictureType(): number { return this.getU32(56); }
  set pictureType(value: number) { this.setU32(56, value); }

  /** Into the buffer that goes with the records. */
  get dataOffset(): number { return this.getU32(60); }
  set dataOffset(value: number) { this.setU32(60, value); }

  /** Field data_size (uint32_t). */
  get dataSize(): number { return this.getU32(64); }
  set dataSize(value: number) { this.setU32(64, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(68); }
  set reserved(value: number) { this.setU32(68, value); }
}

/** Memory of the caller's in a GPU, to be encoded from. It may be filled again when the encoding of the frame completed, by work that is then put on `stream`, which must exist until that; with 0 on the encoder's cuda_stream, or, if that is 0, too, by anything. */
export class ImportDesc extends Struct {
  /** Size in bytes. */
  static readonly size: number = 128;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(128, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** A CufEncoderFormat. */
  get format(): number { return this.getU32(4); }
  set format(value: number) { this.setU32(4, value); }

  /** Field width (uint32_t). */
  get width(): number { return this.getU32(8); }
  set width(value: number) { this.setU32(8, value); }

  /** Field height (uint32_t). */
  get height(): number { return this.getU32(12); }
  set height(value: number) { this.setU32(12, value); }

  /** CUstream on which it is complete; 0 = it is complete. */
  get stream(): number { return this.getU64(16); }
  set stream(value: number) { this.setU64(16, value); }

  /** Field plane_count (uint32_t). */
  get planeCount(): number { return this.getU32(24); }
  set planeCount(value: number) { this.setU32(24, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(28); }
  set reserved(value: number) { this.setU32(28, value); }

  /** Field planes (CufPlane). */
  planesAt(index: number): Plane { return new Plane(this.bytes, this.element(32, 4, 24, index)); }
}

/** The struct CufDlpackDesc. */
export class DlpackDesc extends Struct {
  /** Size in bytes. */
  static readonly size: number = 24;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(24, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** 1 + index of one plane; 0 = the whole frame. */
  get plane(): number { return this.getI32(4); }
  set plane(value: number) { this.setI32(4, value); }

  /** A CufDlpackVersion. */
  get version(): number { return this.getU32(8); }
  set version(value: number) { this.setU32(8, value); }

  /** Field reserved (uint32_t). */
  get reserved(): number { return this.getU32(12); }
  set reserved(value: number) { this.setU32(12, value); }

  /** Of memory on a GPU: CUstream of the consumer, for which it is complete; 0 = none. */
  get stream(): number { return this.getU64(16); }
  set stream(value: number) { this.setU64(16, value); }
}

/** A DLPack array to be encoded from. */
export class DlpackImport extends Struct {
  /** Size in bytes. */
  static readonly size: number = 32;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(32, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** A CufDlpackVersion. */
  get version(): number { return this.getU32(4); }
  set version(value: number) { this.setU32(4, value); }

  /** A CufEncoderFormat that the array's shape and type must fit. */
  get format(): number { return this.getU32(8); }
  set format(value: number) { this.setU32(8, value); }

  /** 1: no stream fills memory on a GPU any more. */
  get isComplete(): number { return this.getU32(12); }
  set isComplete(value: number) { this.setU32(12, value); }

  /** Of the DLManagedTensor(Versioned). */
  get address(): number { return this.getU64(16); }
  set address(value: number) { this.setU64(16, value); }

  /** Of memory on a GPU: CUstream on which it is complete; 0 = 1, the legacy default stream. */
  get stream(): number { return this.getU64(24); }
  set stream(value: number) { this.setU64(24, value); }
}

/** The struct CufDlpack. */
export class Dlpack extends Struct {
  /** Size in bytes. */
  static readonly size: number = 16;

  /** Lays the struct over `bytes` from `at` on, or over new zeroed bytes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {
    super(16, true, bytes, at);
  }

  /** Field struct_size (uint32_t). */
  get structSize(): number { return this.getU32(0); }
  set structSize(value: number) { this.setU32(0, value); }

  /** Closing this handle frees the array, until cuf_dlpack_release. */
  get capsule(): number { return this.getU32(4); }
  set capsule(value: number) { this.setU32(4, value); }

  /** Of the struct with the deleter, which any thread may call, once. */
  get address(): number { return this.getU64(8); }
  set address(value: number) { this.setU64(8, value); }
}

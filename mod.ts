/**
 * Video at hardware speed for Deno and Bun: demux, decode to frames and tensors, encode.
 *
 * ```ts
 * import { requestDevice } from "@cuframe/cuframe";
 *
 * await using device = await requestDevice();
 * await using demuxer = await device.createDemuxer("in.mp4");
 * await using decoder = await device.createDecoder({ codec: demuxer.codec });
 * console.log(demuxer.codecString, demuxer.width, demuxer.height, demuxer.frameRate.value);
 *
 * for await (using frame of decoder.frames(demuxer)) {
 *   console.log(frame.timestamp, frame.format, frame.planes[0].data.length);
 * }
 * ```
 *
 * Random access by frame index:
 *
 * ```ts
 * import { requestDevice } from "@cuframe/cuframe";
 *
 * await using device = await requestDevice();
 * await using video = await device.createSimpleDecoder("in.mp4", { outputColorType: "rgb" });
 * using last = await video.at(-1);
 * for (using frame of await video.getBatchFramesByIndex([7, 3, 3, 90])) console.log(frame.index);
 * for await (using frame of video.slice(0, 100, 5)) console.log(frame.index, frame.timestamp);
 * console.log(last.index, video.length);
 * ```
 *
 * Encoding:
 *
 * ```ts
 * import { requestDevice } from "@cuframe/cuframe";
 *
 * await using device = await requestDevice();
 * await using video = await device.createSimpleDecoder("in.mp4");
 * const { width, height } = video.streamMetadata;
 * await using encoder = await device.createEncoder({ width, height, codec: "h264", bitrate: 4_000_000 });
 * for await (const { data, timestamp, type } of encoder.encodeAll(video.slice())) {
 *   console.log(type, timestamp, data.length);
 * }
 * ```
 *
 * Deno needs `--allow-ffi`, and `--allow-read` for files that are opened by path.
 *
 * @module
 */

export { CuframeAdapter, listAdapters, requestAdapter, requestDevice } from "./src/adapter.ts";
export type {
  AdapterDescriptor,
  AdapterInfo,
  AdapterLimits,
  DecoderQueryDescriptor,
  DecoderSupport,
  DeviceDescriptor,
} from "./src/adapter.ts";
export type { ColorOverride, ColorSpace } from "./src/color.ts";
export type { CudaArrayLike, CudaArrays, CudaArraySource } from "./src/cuda_array.ts";
export type { ParsedDecodeStats } from "./src/decode_stats.ts";
export type { DecodeFlag, DecodeFlags } from "./src/decode_flag.ts";
export { Decoder } from "./src/decoder.ts";
export type { DecoderStats } from "./src/decoder_work.ts";
export type { DecoderConfig } from "./src/decoder_config.ts";
export type { DecoderDescriptor } from "./src/decoder_options.ts";
export { Demuxer } from "./src/demuxer.ts";
export type { DemuxerDescriptor } from "./src/demuxer_open.ts";
export { Device } from "./src/device.ts";
export type { DeviceOptions } from "./src/device_options.ts";
export type { CudaArrayInterface } from "./src/device_memory.ts";
export type { DeviceLostInfo, DeviceStats, GpuMemoryStats } from "./src/device_stats.ts";
export type { GpuDescriptor } from "./src/gpu_options.ts";
export { DLPackCapsule } from "./src/dlpack.ts";
export type { DLPackDescriptor, DLPackDevice, FrameDLPackDescriptor } from "./src/dlpack.ts";
export type { DLPackImportDescriptor, DLPackSource } from "./src/dlpack_import.ts";
export type { EncodeOptions, SeiMessageInput } from "./src/encode_options.ts";
export { EncodedChunk } from "./src/encoded_chunk.ts";
export { Encoder } from "./src/encoder.ts";
export type { EncoderFormat, EncoderFormatName } from "./src/encoder_format.ts";
export type { EncoderInput, HostPicture } from "./src/encoder_input.ts";
export type { EncoderConfig, EncoderDescriptor } from "./src/encoder_options.ts";
export type {
  EncoderParameters,
  EncoderSlice,
  EncoderTimingInfo,
} from "./src/encoder_parameters.ts";
export type { ReconfigureParams, ReconfigureResult } from "./src/encoder_reconfigure.ts";
export type { EncodeAllOptions, EncoderInputs } from "./src/encoder_stream.ts";
export { encoderConfigFromStrings } from "./src/encoder_strings.ts";
export type { EncoderLimits, EncoderSupport } from "./src/encoder_support.ts";
export type { EncoderStats } from "./src/encoder_work.ts";
export {
  ClosedError,
  CorruptDataError,
  CuframeError,
  DeviceLostError,
  LibraryError,
  MediaIoError,
  OutOfMemoryError,
  UnsupportedError,
} from "./src/errors.ts";
export type { CuframeErrorOptions, ErrorCode } from "./src/errors.ts";
export type { Dtype, PixelFormat } from "./src/format.ts";
export { Frame } from "./src/frame.ts";
export type { FrameSummary } from "./src/frame_summary.ts";
export type { ImageDataLike } from "./src/image_data.ts";
export { setLogHandler, setLogLevel } from "./src/log.ts";
export type { LogLevel, LogRecord } from "./src/log.ts";
export { Muxer } from "./src/muxer.ts";
export type {
  CopyTracksOptions,
  EncodedTrackOptions,
  MuxerResult,
  MuxerStats,
} from "./src/muxer.ts";
export type { MuxerSink } from "./src/muxer_open.ts";
export type {
  ContainerName,
  MuxerDescriptor,
  TrackOptions,
  VideoTrackConfig,
} from "./src/muxer_options.ts";
export type { MuxerTrack } from "./src/muxer_track.ts";
export { TranscodeJob } from "./src/transcode_job.ts";
export type { TranscodeFinish, TranscodeResult } from "./src/transcode_job.ts";
export type {
  TranscodeOptions,
  TranscodeSegment,
  TranscodeSegmentsOptions,
} from "./src/transcode_options.ts";
export { Transcoder } from "./src/transcoder.ts";
export type { TranscoderStats } from "./src/transcoder_calls.ts";
export type { TranscodeFileOptions, TranscoderDescriptor } from "./src/transcoder_options.ts";
export { Packet } from "./src/packet.ts";
export type { PacketDescriptor } from "./src/packet.ts";
export { PictureProperties } from "./src/picture_properties.ts";
export type { Plane, PlaneLayout } from "./src/plane.ts";
export type { Rational } from "./src/rational.ts";
export type { SampleStats } from "./src/sampled_video.ts";
export type {
  SimpleDecoderDescriptor,
  ThreadedDecoderDescriptor,
  VideoSourceDescriptor,
} from "./src/sampler_options.ts";
export type { SeiMessage } from "./src/sei.ts";
export { SeiType } from "./src/sei_names.ts";
export type {
  Chromaticity,
  ContentLightLevel,
  MasteringDisplay,
  SeiAlternativeTransfer,
  SeiContentLightLevel,
  SeiMasteringDisplay,
  SeiParsed,
  SeiPictureTiming,
  SeiRegisteredUserData,
  SeiTimeCode,
  SeiUnregisteredUserData,
} from "./src/sei_parsed.ts";
export type { SeiTimestamp } from "./src/sei_time_code.ts";
export type { SampledDecoder } from "./src/sampled_decoder.ts";
export { SimpleDecoder } from "./src/simple_decoder.ts";
export type { Feeder, FileSource, SeekableSource, Source } from "./src/source_kind.ts";
export type {
  ChromaSubsampling,
  MediaStream,
  StreamMetadata,
  StreamType,
} from "./src/stream_metadata.ts";
export { Tensor } from "./src/tensor.ts";
export type { TensorData, TensorLayout, TensorSummary } from "./src/tensor.ts";
export type {
  BatchTensorDescriptor,
  CropRectangle,
  TensorDescriptor,
  TensorOptions,
  TensorSize,
} from "./src/tensor_descriptor.ts";
export { ThreadedDecoder } from "./src/threaded_decoder.ts";
export type { ScannedStreamMetadata, VideoMetadata } from "./src/video_metadata.ts";

/**
 * Video at hardware speed for Deno and Bun: demux and decode to frames and tensors.
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
export type { ParsedDecodeStats } from "./src/decode_stats.ts";
export type { DecodeFlag, DecodeFlags } from "./src/decode_flag.ts";
export { Decoder } from "./src/decoder.ts";
export type { DecoderStats } from "./src/decoder.ts";
export type { DecoderConfig } from "./src/decoder_config.ts";
export type { DecoderDescriptor } from "./src/decoder_options.ts";
export { Demuxer } from "./src/demuxer.ts";
export type { DemuxerDescriptor } from "./src/demuxer_open.ts";
export { Device } from "./src/device.ts";
export type { DeviceLostInfo, DeviceOptions, DeviceStats } from "./src/device.ts";
export { DLPackCapsule } from "./src/dlpack.ts";
export type { DLPackDescriptor, DLPackDevice, FrameDLPackDescriptor } from "./src/dlpack.ts";
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

/** The public API as the contract tests must import it: with every use recorded. */
import * as cuframe from "../../mod.ts";
import { MemberRecorder } from "./member_recorder.ts";

/** What was used so far. */
export const recorder = new MemberRecorder();

// Every export is taken over, also one that this file does not name yet.
const recorded = Object.fromEntries(
  Object.entries(cuframe).map(([name, value]) => [name, recorder.exported<unknown>(name, value)]),
) as unknown as typeof cuframe;

export const {
  ClosedError,
  CorruptDataError,
  CuframeAdapter,
  CuframeError,
  Decoder,
  Demuxer,
  Device,
  DeviceLostError,
  DLPackCapsule,
  EncodedChunk,
  Encoder,
  encoderConfigFromStrings,
  Frame,
  LibraryError,
  listAdapters,
  MediaIoError,
  Muxer,
  OutOfMemoryError,
  Packet,
  requestAdapter,
  requestDevice,
  SeiType,
  setLogHandler,
  setLogLevel,
  SimpleDecoder,
  Tensor,
  ThreadedDecoder,
  TranscodeJob,
  Transcoder,
  UnsupportedError,
} = recorded;

/** The type of the same name. */
export type ClosedError = cuframe.ClosedError;
/** The type of the same name. */
export type CorruptDataError = cuframe.CorruptDataError;
/** The type of the same name. */
export type CuframeAdapter = cuframe.CuframeAdapter;
/** The type of the same name. */
export type CuframeError = cuframe.CuframeError;
/** The type of the same name. */
export type Decoder = cuframe.Decoder;
/** The type of the same name. */
export type Demuxer = cuframe.Demuxer;
/** The type of the same name. */
export type Device = cuframe.Device;
/** The type of the same name. */
export type DeviceLostError = cuframe.DeviceLostError;
/** The type of the same name. */
export type DLPackCapsule = cuframe.DLPackCapsule;
/** The type of the same name. */
export type EncodedChunk = cuframe.EncodedChunk;
/** The type of the same name. */
export type Encoder = cuframe.Encoder;
/** The type of the same name. */
export type Frame = cuframe.Frame;
/** The type of the same name. */
export type LibraryError = cuframe.LibraryError;
/** The type of the same name. */
export type MediaIoError = cuframe.MediaIoError;
/** The type of the same name. */
export type Muxer = cuframe.Muxer;
/** The type of the same name. */
export type OutOfMemoryError = cuframe.OutOfMemoryError;
/** The type of the same name. */
export type Packet = cuframe.Packet;
/** The type of the same name. */
export type Tensor = cuframe.Tensor;
/** The type of the same name. */
export type UnsupportedError = cuframe.UnsupportedError;

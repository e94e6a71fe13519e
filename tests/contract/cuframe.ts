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
  Frame,
  LibraryError,
  listAdapters,
  MediaIoError,
  OutOfMemoryError,
  Packet,
  requestAdapter,
  requestDevice,
  Tensor,
  UnsupportedError,
} = recorded;

/**
 * Opens demuxers on any kind of source.
 *
 * @module
 */

import { Bitstream, DemuxerDesc, ErrorStruct } from "../ffi/abi.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { type Demuxer, makeDemuxer } from "./demuxer.ts";
import { checkDescriptor, instance, integer, oneOf, signal, text } from "./descriptor.ts";
import { native, run } from "./native_call.ts";
import type { Source } from "./source_kind.ts";
import { type OpenedSource, openSource } from "./source_open.ts";
import { readFacts } from "./stream_metadata.ts";

/** How a source is demuxed. */
export interface DemuxerDescriptor {
  /**
   * "self-contained" (default): Annex B or OBU packets with the headers repeated at key frames, so that
   * `createDecoder({ codec: demuxer.codec })` is enough. "container": packets as stored, for a
   * decoder made from `demuxer.decoderConfig`.
   */
  readonly bitstream?: "self-contained" | "container";
  /** Number of the wanted video stream in the container; default: the best one. */
  readonly streamIndex?: number;
  /**
   * What is read beside the video, for a muxer: "all" is audio and subtitles. Packets of all of them come in the
   * order of the file; `packet.type` and `packet.streamIndex` tell them apart, and decoders take the video's.
   */
  readonly streams?: "all" | readonly ("audio" | "subtitle")[];
  /** Stops the opening. */
  readonly signal?: AbortSignal;
  /** Name in warnings; default: the path or the kind of the source. */
  readonly label?: string;
}

const LARGEST_STREAM_INDEX = 2 ** 31 - 2;

function isStreams(value: unknown): boolean {
  return value === "all" ||
    (Array.isArray(value) && value.every((word) => word === "audio" || word === "subtitle"));
}

/** Checks the descriptor, opens the source and the container in it. */
export async function openDemuxer(
  device: { readonly handle: NativeHandle; readonly object: object; readonly stop: AbortSignal },
  source: Source,
  descriptor: DemuxerDescriptor = {},
): Promise<Demuxer> {
  checkDescriptor("createDemuxer()", descriptor, {
    bitstream: oneOf("self-contained", "container"),
    streamIndex: integer(0, LARGEST_STREAM_INDEX),
    streams: instance('"all" or an array of "audio" and "subtitle"', isStreams),
    signal: signal(),
    label: text(),
  });
  descriptor.signal?.throwIfAborted();
  const { label: given, signal: stop } = descriptor;
  const opened = await openSource(device, source, { label: given, signal: stop });
  const { feed, label } = opened;
  try {
    const handle = await openNative(device.handle, opened, descriptor);
    const facts = readFacts(handle.value, descriptor.bitstream === "container");
    return makeDemuxer({ handle, device: device.object, feed, facts, label });
  } catch (error) {
    feed?.close();
    throw feed?.explain(error) ?? error;
  }
}

async function openNative(
  device: NativeHandle,
  { path, feed, label }: OpenedSource,
  descriptor: DemuxerDescriptor,
): Promise<NativeHandle> {
  const desc = new DemuxerDesc();
  desc.source = feed?.handle ?? 0;
  desc.bitstream = descriptor.bitstream === "container"
    ? Bitstream.CONTAINER
    : Bitstream.SELF_CONTAINED;
  desc.streamNumber = (descriptor.streamIndex ?? -1) + 1;
  const { streams = [] } = descriptor;
  desc.readsAudio = streams === "all" || streams.includes("audio") ? 1 : 0;
  desc.readsSubtitles = streams === "all" || streams.includes("subtitle") ? 1 : 0;
  const error = new ErrorStruct();
  const { value } = await run(
    (ticket) =>
      native().cuf_demuxer_open(
        device.value,
        desc.bytes,
        path,
        path?.length ?? 0,
        ticket,
        error.bytes,
      ),
    { error, owner: device, signal: descriptor.signal, what: "Opening a demuxer" },
  );
  return new NativeHandle(value, label, "Demuxer", { warns: true });
}

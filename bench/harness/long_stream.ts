/**
 * Long streams of short clips: the clip's pictures again and again, as a file that a demuxer reads and as
 * packets for programs that do not demux.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { packetsOf, writePacketFile } from "./packet_file.ts";

/** A stream on disk. */
export interface LongStream {
  /** libav's name of the codec. */
  readonly codec: string;
  /** Annex B, or IVF of AV1. */
  readonly file: string;
  /** See packet_file.ts. */
  readonly packets: string;
  /** Pictures. */
  readonly frames: number;
}

const SUFFIX: Readonly<Record<string, string>> = { h264: "h264", hevc: "h265", av1: "ivf" };

/** Makes both in `folder`. */
export async function longStream(
  folder: string,
  clip: string,
  times: number,
  size: { readonly width: number; readonly height: number },
): Promise<LongStream> {
  mkdirSync(folder, { recursive: true });
  const { codec, packets } = await packetsOf(clip);
  const parts = codec === "av1" ? ivf(packets, times, size) : repeated(packets, times);
  const file = `${folder}/${basename(clip)}.${SUFFIX[codec]}`;
  writeFileSync(file, joined(parts));
  return {
    ...{ codec, file, frames: packets.length * times },
    packets: await writePacketFile(folder, clip, times),
  };
}

function repeated(packets: readonly Uint8Array[], times: number): Uint8Array[] {
  return Array.from({ length: times }, () => packets).flat();
}

function ivf(
  packets: readonly Uint8Array[],
  times: number,
  { width, height }: { readonly width: number; readonly height: number },
): Uint8Array[] {
  const parts = [record(32, (view) => {
    [..."DKIF"].forEach((letter, i) => view.setUint8(i, letter.charCodeAt(0)));
    view.setUint16(6, 32, true);
    [..."AV01"].forEach((letter, i) => view.setUint8(8 + i, letter.charCodeAt(0)));
    view.setUint16(12, width, true);
    view.setUint16(14, height, true);
    view.setUint32(16, 30, true);
    view.setUint32(20, 1, true);
    view.setUint32(24, packets.length * times, true);
  })];
  let time = 0n;
  for (const packet of repeated(packets, times)) {
    // A temporal delimiter begins each, which containers like mp4 leave out.
    const delimiter = packet[0] >> 3 === 2 ? [] : [new Uint8Array([0x12, 0])];
    const size = packet.length + 2 * delimiter.length;
    const head = record(12, (view) => {
      view.setUint32(0, size, true);
      view.setBigUint64(4, time++, true);
    });
    parts.push(head, ...delimiter, packet);
  }
  return parts;
}

function record(length: number, fill: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length);
  fill(new DataView(bytes.buffer));
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

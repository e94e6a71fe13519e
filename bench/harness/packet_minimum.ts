/**
 * Which packets a decoder must get for some frames, found without cuframe: from ffprobe's list of packets and
 * the NAL units at the places that it names.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { output } from "./workspace.ts";

interface ProbedPacket {
  readonly pts: number;
  readonly flags: string;
  readonly pos: string;
  readonly size: string;
}

const LENGTH_BYTES = 4;
const FIRST_SLICE_TYPE = 1;
const LAST_SLICE_TYPE = 5;

/** Whether no other picture refers to this one: nal_ref_idc of its slices, H.264 7.4.1. */
function isDisposable(packet: DataView): boolean {
  for (let at = 0; at < packet.byteLength;) {
    const header = packet.getUint8(at + LENGTH_BYTES);
    const type = header & 31;
    if (type >= FIRST_SLICE_TYPE && type <= LAST_SLICE_TYPE) return (header >> 5) === 0;
    at += LENGTH_BYTES + packet.getUint32(at);
  }
  throw new Error("A packet has no slice");
}

/**
 * Fewest packets of an H.264 mp4 of closed GOPs that give the frames of `indices`: of each GOP those up to the
 * last wanted frame in decode order, without unwanted pictures that no other refers to.
 */
export function fewestPackets(clip: string): (indices: readonly number[]) => number {
  const probe =
    "ffprobe -v error -select_streams v:0 -of json -show_entries packet=pts,flags,pos,size";
  const packets: ProbedPacket[] = JSON.parse(output([...probe.split(" "), clip])).packets;
  const { buffer } = new Uint8Array(readFileSync(clip));
  const disposable = packets.map(({ pos, size }) =>
    isDisposable(new DataView(buffer, Number(pos), Number(size)))
  );
  const places = packets.map((_, place) => place).sort((a, b) => packets[a].pts - packets[b].pts);
  return (indices) => {
    const wanted = new Set(indices.map((index) => places[index]));
    const needed = new Set<number>();
    for (let place of wanted) {
      needed.add(place);
      while (!packets[place].flags.startsWith("K")) {
        place--;
        if (!disposable[place]) needed.add(place);
      }
    }
    return needed.size;
  };
}

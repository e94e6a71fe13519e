/**
 * Writes a clip's packets for programs that do not demux: of each its size in 4 bytes, then its bytes, Annex B
 * or OBU with the headers that a decoder needs.
 *
 *     deno run -A bench/harness/packet_file.ts FOLDER CLIP...
 *
 * makes FOLDER/CLIP.CODEC.packets.
 *
 * @module
 */

import { createWriteStream, mkdirSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { requestDevice } from "../../mod.ts";

/** The packets of a clip, and what its codec is called. */
export async function packetsOf(
  path: string,
): Promise<{ readonly codec: string; readonly packets: readonly Uint8Array[] }> {
  using device = await requestDevice({ backend: "cpu" });
  using demuxer = await device.createDemuxer(path);
  const packets: Uint8Array[] = [];
  for await (const packet of demuxer) packets.push(packet.data.slice());
  return { codec: demuxer.codec, packets };
}

/** Writes the file; gives its path. */
export async function writePacketFile(folder: string, path: string, times = 1): Promise<string> {
  const { codec, packets } = await packetsOf(path);
  mkdirSync(folder, { recursive: true });
  const out = `${folder}/${basename(path)}.${codec}.packets`;
  const file = createWriteStream(out);
  for (let round = 0; round < times; round++) {
    for (const packet of packets) {
      const size = new Uint8Array(4);
      new DataView(size.buffer).setUint32(0, packet.length, true);
      file.write(size);
      file.write(packet);
    }
  }
  await new Promise<void>((resolve, reject) => file.end(resolve).on("error", reject));
  return out;
}

async function main(): Promise<void> {
  const [folder, ...clips] = process.argv.slice(2);
  for (const clip of clips) console.log(await writePacketFile(folder, clip));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

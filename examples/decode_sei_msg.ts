/**
 * Takes the SEI messages out of a video.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/decode_sei_msg.ts -i in.mp4 -v
 *   bun examples/decode_sei_msg.ts -i in.mp4 -s sei_message.bin -t sei_type_message.bin
 *
 * -i, --input          the video
 * -s, --sei-file       file for the messages, one after another; default sei_message.bin
 * -t, --sei-type-file  file for their types: for each frame with messages, what Python's pickle.load()
 *                      gives as [({"sei_type": 5, "sei_uncompressed": 0}, [bytes...]), ...]; default
 *                      sei_type_message.bin
 * -v, --verbose        print every message
 *
 * Messages whose sei_uncompressed is 1 are written as the C structs of NVIDIA's decoder (TIMECODE,
 * SEIMASTERINGDISPLAYINFO, ...), as its Python sample does; the others as they are in the stream.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Frame, requestDevice } from "../mod.ts";
import { pickle } from "./pickle.ts";
import { structureOf } from "./sei_structures.ts";

function readOptions() {
  const { values } = parseArgs({
    options: {
      input: { type: "string", short: "i" },
      "sei-file": { type: "string", short: "s", default: "sei_message.bin" },
      "sei-type-file": { type: "string", short: "t", default: "sei_type_message.bin" },
      verbose: { type: "boolean", short: "v", default: false },
    },
  });
  const { input, verbose, "sei-file": seiFile, "sei-type-file": seiTypeFile } = values;
  if (input === undefined) {
    throw new TypeError(
      "Usage: decode_sei_msg.ts -i INPUT [-s SEI_FILE] [-t SEI_TYPE_FILE] [-v]",
    );
  }
  return { input, seiFile, seiTypeFile, verbose };
}

/** A file to which bytes are added. */
class Output {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

function print({ timestamp, seiMessages }: Frame): void {
  for (const { type, name, payload, parsed, isMalformed } of seiMessages) {
    const size = `${payload.length} bytes${isMalformed ? ", malformed" : ""}`;
    console.error(`${timestamp} us: SEI type ${type} (${name}), ${size}`, parsed ?? "");
  }
}

async function main(): Promise<void> {
  const { input, seiFile, seiTypeFile, verbose } = readOptions();
  await using device = await requestDevice();
  await using demuxer = await device.createDemuxer(input);
  await using decoder = await device.createDecoder({
    codec: demuxer.codec,
    enableSeiMessage: true,
    outputColorType: "raw",
  });
  using messages = new Output(seiFile);
  using types = new Output(seiTypeFile);
  const counts: { [name: string]: number } = {};
  let frames = 0;
  for await (using frame of decoder.frames(demuxer)) {
    frames++;
    if (frame.seiMessages.length === 0) continue;
    if (verbose) print(frame);
    const list = frame.seiMessages.map((message) => {
      const bytes = structureOf(message);
      messages.write(bytes);
      counts[message.name] = (counts[message.name] ?? 0) + 1;
      const dict = { sei_type: message.type, sei_uncompressed: Number(message.uncompressed) };
      return { tuple: [{ dict }, [...bytes]] } as const;
    });
    types.write(pickle(list));
  }
  if (Object.keys(counts).length === 0) console.error("No SEI message found");
  console.log(JSON.stringify({ frames, messages: counts }));
}

await main();

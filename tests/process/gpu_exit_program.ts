/** Decodes on a GPU and ends with devices that nobody closed and decoders that are being freed. */
import process from "node:process";
import { requestDevice } from "../../mod.ts";

let frames = 0;
for (let i = 0; i < 2; i++) {
  const device = await requestDevice({ backend: "cuda" });
  using demuxer = await device.createDemuxer(process.argv.at(-1)!);
  using decoder = await device.createDecoder({ codec: demuxer.codec });
  for await (using _frame of decoder.frames(demuxer)) frames++;
}
console.log(`${frames} frames`);

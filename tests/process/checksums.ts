/** What a JS thread decodes of a file, in few bytes. */
import { createHash } from "node:crypto";
import { requestDevice } from "../../mod.ts";

/** The frames' checksums, of all planes together. */
export async function checksums(path: string): Promise<string[]> {
  await using device = await requestDevice();
  await using demuxer = await device.createDemuxer(path);
  await using decoder = await device.createDecoder({ codec: demuxer.codec });
  const sums: string[] = [];
  for await (using frame of decoder.frames(demuxer)) {
    sums.push(createHash("md5").update(frame.data).digest("hex"));
  }
  return sums;
}

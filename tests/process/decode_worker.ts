/** A Worker that decodes files, or packets that are posted to it; started by worker_program.ts. */
import { type Frame, Packet, requestDevice } from "../../mod.ts";
import { checksums } from "./checksums.ts";

/** What a Worker is asked to do. */
export type Task =
  /** Decode a file and post the checksums of its frames. */
  | { readonly kind: "file"; readonly path: string }
  /** Decode a file again and again and post after each time that it goes on. */
  | { readonly kind: "endless"; readonly path: string }
  /** Decode packets and post the bytes of their frames. */
  | { readonly kind: "packets"; readonly codec: string; readonly packets: readonly PostedPacket[] };

/** What of a packet is posted. */
export interface PostedPacket {
  readonly data: Uint8Array;
  readonly timestamp: number;
  readonly isKey: boolean;
}

async function decodePackets(
  codec: string,
  packets: readonly PostedPacket[],
): Promise<Uint8Array<ArrayBuffer>[]> {
  await using device = await requestDevice();
  await using decoder = await device.createDecoder({ codec });
  const frames: Frame[] = [];
  for (const packet of packets) frames.push(...await decoder.decode(new Packet(packet)));
  frames.push(...await decoder.flush());
  return await Promise.all(frames.map(async (decoded) => {
    using frame = decoded;
    const bytes = new Uint8Array(frame.byteLength);
    await frame.copyTo(bytes);
    return bytes;
  }));
}

async function work(task: Task): Promise<void> {
  if (task.kind === "file") return postMessage(await checksums(task.path));
  if (task.kind === "packets") {
    const frames = await decodePackets(task.codec, task.packets);
    const post: (message: unknown, options: { transfer: Transferable[] }) => void = postMessage;
    return post(frames, { transfer: frames.map((bytes) => bytes.buffer) });
  }
  for (;;) {
    await checksums(task.path);
    postMessage("again");
  }
}

const scope = globalThis as { onmessage?: (event: MessageEvent) => void };
scope.onmessage = ({ data }) => void work(data);

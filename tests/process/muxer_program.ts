/** Writes a file, or serves one, and ends in the way that its first argument names; started by muxer_test.ts. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { type Muxer, Packet, requestDevice } from "../../mod.ts";

const [, , mode, path, input] = process.argv;

interface Runtime {
  readonly Deno?: {
    serve(
      options: { port: number; onListen(): void },
      handler: () => Promise<Response>,
    ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> };
  };
  readonly Bun?: {
    serve(options: { port: number; fetch: () => Promise<Response> }): {
      readonly port: number;
      stop(): Promise<void>;
    };
  };
}

// What is left open stays reachable: a collection just before the end would tell of it.
const reachable: unknown[] = [];

async function begun(): Promise<Muxer> {
  const device = await requestDevice({ backend: "cpu" });
  const muxer = await device.createMuxer(path);
  reachable.push(device, muxer);
  muxer.addVideoTrack({ codec: "mjpeg", width: 64, height: 64 });
  for (let i = 0; i < 50; i++) {
    const data = new Uint8Array(20_000);
    await muxer.write(new Packet({ data, timestamp: i * 40_000, isKey: true }));
  }
  return muxer;
}

/** The clip as fragmented mp4, as a server would give it: it is written while it is sent. */
async function respond(): Promise<Response> {
  const device = await requestDevice({ backend: "cpu" });
  const demuxer = await device.createDemuxer(readFileSync(input), { streams: "all" });
  const muxer = await device.createMuxer({ readable: true });
  muxer.copyTracks(demuxer);
  void (async () => {
    for await (const packet of demuxer) await muxer.write(packet);
    await muxer.finish();
    device.close();
  })();
  return new Response(muxer.readable, { headers: { "content-type": "video/mp4" } });
}

async function serve(): Promise<void> {
  const { Deno: deno, Bun: bun } = globalThis as Runtime;
  const served = deno
    ? deno.serve({ port: 0, onListen: () => {} }, respond)
    : bun!.serve({ port: 0, fetch: respond });
  const port = "addr" in served ? served.addr.port : served.port;
  const response = await fetch(`http://127.0.0.1:${port}/`);
  const { writeFile } = await import("node:fs/promises");
  await writeFile(path, new Uint8Array(await response.arrayBuffer()));
  await ("addr" in served ? served.shutdown() : served.stop());
  console.log(response.headers.get("content-type"));
}

const modes: Readonly<Record<string, () => Promise<unknown>>> = {
  kill: async () => {
    await begun();
    process.kill(process.pid, "SIGKILL");
  },
  exit: async () => {
    await begun();
    process.exit(3);
  },
  close: async () => {
    (await begun()).close();
    process.exit(0);
  },
  leave: begun,
  throw: async () => {
    await begun();
    throw new Error("on purpose");
  },
  finish: async () => await (await begun()).finish(),
  wander: async () => {
    const muxer = await begun();
    process.chdir("/");
    await muxer.finish();
  },
  serve,
  permission: async () => {
    try {
      await begun();
    } catch (error) {
      console.log(String(error));
    }
  },
};

await modes[mode]();

/**
 * Answers http://localhost:8000/?start=10&end=25 with that segment of a video, as fragmented mp4 that is sent while
 * it is encoded: a page may play it with <video src>.
 *
 *   deno run --allow-ffi --allow-read --allow-net examples/serve_segment.ts -i in.mp4
 *   bun examples/serve_segment.ts -i in.mp4 -p 8080 -c config.json
 *
 * -i, --input   the video
 * -p, --port    where it listens; default 8000, 0 for any that is free
 * -c, --config  JSON with parameters of the encoder in the guide's spelling
 * -g, --gpu     number of the GPU; default: the first one, or the CPU if there is none
 *
 * It prints its address, and a line of JSON for each answer when that has ended.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { type Device, requestDevice, type Transcoder, type TranscoderDescriptor } from "../mod.ts";

/** What a server of HTTP is given. */
type Handler = (request: Request) => Promise<Response>;

const MOST_IDLE = 2;
/** A fragment is sent when the next key frame comes: those shall not be far from each other. */
const GOP = 30;

function readOptions() {
  const { values } = parseArgs({
    options: {
      input: { type: "string", short: "i" },
      port: { type: "string", short: "p", default: "8000" },
      config: { type: "string", short: "c" },
      gpu: { type: "string", short: "g" },
    },
  });
  const { input, port, config, gpu } = values;
  if (input === undefined) {
    throw new TypeError("Usage: serve_segment.ts -i INPUT [-p PORT] [-c JSON] [-g GPU]");
  }
  const json = config === undefined ? {} : JSON.parse(readFileSync(config, "utf8"));
  return {
    input,
    port: Number(port),
    config: { gop: GOP, ...json } as TranscoderDescriptor,
    gpu: gpu === undefined ? undefined : Number(gpu),
  };
}

/** Transcoders of one video: a transcoder does one segment after the other, and clients shall not wait in line. */
class TranscoderPool {
  readonly #open: () => Promise<Transcoder>;
  readonly #idle: Transcoder[] = [];

  constructor(open: () => Promise<Transcoder>) {
    this.#open = open;
  }

  async take(): Promise<Transcoder> {
    return this.#idle.pop() ?? await this.#open();
  }

  /** Its decoder and its encoder go on with the next segment. */
  giveBack(transcoder: Transcoder): void {
    if (this.#idle.length < MOST_IDLE) this.#idle.push(transcoder);
    else transcoder.close();
  }
}

/** The number that a parameter of an address says. */
function secondsOf(address: URL, name: string): number {
  const text = address.searchParams.get(name) ?? "";
  const value = text.trim() === "" ? NaN : Number(text);
  if (!Number.isNaN(value)) return value;
  throw new RangeError(`${name} must be a number of seconds, as in ?start=10&end=25`);
}

function refusal(status: number, sentence: string): Response {
  return new Response(`${sentence}\n`, { status });
}

/** A segment, as it is encoded; rejects with a RangeError if the video has none from `start` to `end`. */
async function segment(pool: TranscoderPool, request: Request): Promise<Response> {
  const address = new URL(request.url);
  const [start, end] = ["start", "end"].map((name) => secondsOf(address, name));
  const transcoder = await pool.take();
  // When the client goes away, the runtime cancels the body, and that stops the job.
  const job = transcoder.segmentedTranscode(start, end, { output: { readable: true } });
  const log = (what: object) => console.log(JSON.stringify({ start, end, ...what }));
  job.completion.then(
    ({ frames, bytes }) => log({ frames, bytes }),
    (error: Error) => log({ error: `${error.name}: ${error.message}` }),
  ).finally(() => pool.giveBack(transcoder));
  // What is refused at once has no body.
  if (job.readable === null) await job;
  return new Response(job.readable, { headers: { "content-type": "video/mp4" } });
}

/** Makes the handler of a video. */
function segmentHandler(pool: TranscoderPool): Handler {
  return async (request) => {
    if (request.method !== "GET") return refusal(405, "Segments are fetched with GET");
    try {
      return await segment(pool, request);
    } catch (error) {
      if (error instanceof RangeError) return refusal(400, error.message);
      throw error;
    }
  };
}

/** Serves in this runtime; gives the port. */
function serve(port: number, handler: Handler): number {
  if (process.versions.bun !== undefined) {
    const { Bun } = globalThis as unknown as {
      Bun: { serve(options: object): { readonly port: number } };
    };
    // Segments may take longer than Bun waits for the next bytes.
    return Bun.serve({ port, fetch: handler, idleTimeout: 0 }).port;
  }
  return Deno.serve({ port, onListen: () => {} }, handler).addr.port;
}

function open(device: Device, input: string, config: TranscoderDescriptor): Promise<Transcoder> {
  return device.createTranscoder(input, null, config);
}

const { input, port, config, gpu } = readOptions();
const device = await requestDevice({ gpu });
const pool = new TranscoderPool(() => open(device, input, config));
// What is wrong with the video shall be said at once.
pool.giveBack(await pool.take());
console.log(JSON.stringify({ address: `http://localhost:${serve(port, segmentHandler(pool))}/` }));

/** Transcodes into a file and ends in the way that its first argument names; started by transcoder_test.ts. */
import { readdirSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { requestDevice, type Transcoder } from "../../mod.ts";

const [, , mode, input, output] = process.argv;
const kMiddle = 0.2;

/** Tells what stands beside the output: a test sees that there was something to be left behind. */
function tell(): void {
  writeSync(1, readdirSync(dirname(output)).join());
}

/** Ends the process while the job that it takes part in is at work. */
const inTheMiddle = (end: () => void) => (part: number): void => {
  if (part < kMiddle) return;
  tell();
  end();
};

const kill = (): void => void process.kill(process.pid, "SIGKILL");

const modes: Readonly<Record<string, (transcoder: Transcoder) => Promise<unknown>>> = {
  kill: (transcoder) => transcoder.transcodeWithMux({ onProgress: inTheMiddle(kill) }).completion,
  exit: (transcoder) =>
    transcoder.transcodeWithMux({ onProgress: inTheMiddle(() => process.exit(3)) }).completion,
  "kill between segments": async (transcoder) => {
    await transcoder.segmentedTranscode(0, 0.2);
    tell();
    kill();
  },
  "kill within segments": (transcoder) =>
    transcoder.transcodeSegments([{ start: 0, end: 0.6, output }, {
      ...{ start: 0.6, end: 1.2, output: output.replace(".mp4", "2.mp4") },
    }], { concurrency: 2, onProgress: inTheMiddle(kill) }).completion,
  finish: async (transcoder) => {
    await transcoder.segmentedTranscode(0, 0.2);
    await transcoder.finish();
    tell();
  },
};

await using device = await requestDevice({ backend: "cpu" });
// Slow, so that what is at work is so when it is told of.
await using transcoder = await device.createTranscoder(input, output, { preset: "P6" });
await modes[mode](transcoder);

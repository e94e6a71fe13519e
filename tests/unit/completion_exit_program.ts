/**
 * Ends in the way that its argument names while native work is going on; started by
 * completion_exit_test.ts.
 *
 * @module
 */

import process from "node:process";
import { subscribe } from "../../ffi/completion.ts";
import { openDevice, openWithoutBytes, scan } from "./completion_work.ts";

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function startWorker(): Promise<Worker> {
  const url = new URL("./completion_exit_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  await new Promise((resolve) => worker.onmessage = resolve);
  return worker;
}

const modes: Readonly<Record<string, () => Promise<void>>> = {
  async natural() {
    await scan();
    subscribe(() => {});
    await openDevice();
    console.log("done");
  },
  async awaiting() {
    const work = openWithoutBytes(await openDevice());
    const before = process.cpuUsage();
    const ended = await Promise.race([work, wait(1000)]);
    const { user, system } = process.cpuUsage(before);
    console.log(ended === undefined && user + system < 500_000 ? "done" : "busy");
    process.exit(0);
  },
  async throws() {
    void openWithoutBytes(await openDevice());
    await wait(20);
    throw new Error("on purpose");
  },
  async exits() {
    void openWithoutBytes(await openDevice());
    await wait(20);
    process.exit(3);
  },
  async terminates() {
    // More than the 32 threads that Deno has for nonblocking calls: none may stay occupied.
    for (let round = 0; round < 9; round++) {
      const workers = await Promise.all(Array.from({ length: 4 }, startWorker));
      for (const worker of workers) worker.terminate();
    }
    await scan();
    console.log("done");
  },
};

await modes[process.argv[2]]();

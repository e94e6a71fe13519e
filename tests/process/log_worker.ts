/** Decodes the file that it is sent, with a log handler of its own; used by log_program.ts. */
import { requestDevice, setLogHandler } from "../../mod.ts";

let count = 0;
setLogHandler(() => count++);

self.onmessage = async ({ data: path }: MessageEvent<string>) => {
  const device = await requestDevice();
  const video = await device.createSimpleDecoder(path);
  (await video.at(0)).close();
  // Left open, and subscribed: the Worker is terminated.
  self.postMessage(count > 0);
};

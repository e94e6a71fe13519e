/** Exit status 0 if the GPU has NVENC. */
import process from "node:process";
import { gpu } from "./gpu_device.ts";

const support = await gpu?.encoderSupport({ codec: "h264", width: 640, height: 360 });
process.exitCode = support?.isSupported ? 0 : 1;

/**
 * A Worker that waits for native work until it is terminated.
 *
 * @module
 */

import { openDevice, openWithoutBytes } from "./completion_work.ts";

const work = openWithoutBytes(await openDevice());
postMessage("ready");
await work;

/**
 * Decodes one clip after another, in the two ways that are compared.
 *
 * @module
 */

import { requestDevice, type SimpleDecoder } from "../../mod.ts";

/** How a clip is opened. */
export interface ClipOptions {
  /** Most decoders of one clip; default: the device's threads. */
  readonly engines?: number;
  /** Where; default "auto". */
  readonly backend?: "auto" | "cpu" | "cuda";
}

/** What was done. */
export interface ClipCounts {
  /** Frames of all clips. */
  readonly frames: number;
  /** Decoders that were made for them. */
  readonly decodersCreated: number;
}

async function decodeAll(video: SimpleDecoder): Promise<number> {
  let frames = 0;
  for await (using _frame of video) frames++;
  return frames;
}

/**
 * Decodes each clip with new decoders. On a device of its own, since a device keeps the decoders of a
 * SimpleDecoder that is closed for the next one.
 */
export async function decodeAnew(
  paths: readonly string[],
  { backend, ...options }: ClipOptions = {},
): Promise<ClipCounts> {
  let frames = 0;
  let decodersCreated = 0;
  for (const path of paths) {
    await using device = await requestDevice({ backend });
    await using video = await device.createSimpleDecoder(path, options);
    frames += await decodeAll(video);
    decodersCreated += device.stats.decodersCreated;
  }
  return { frames, decodersCreated };
}

/** Puts each clip into the decoder of the one before. */
export async function decodeReusing(
  paths: readonly string[],
  { backend, ...options }: ClipOptions = {},
): Promise<ClipCounts> {
  let frames = 0;
  await using device = await requestDevice({ backend });
  await using video = await device.createSimpleDecoder(paths[0], options);
  for (const [i, path] of paths.entries()) {
    if (i > 0) await video.reconfigureDecoder(path);
    frames += await decodeAll(video);
  }
  return { frames, decodersCreated: video.stats.decodersCreated };
}

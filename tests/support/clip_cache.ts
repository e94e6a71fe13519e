/** Where test clips are kept: tests/.cache/clips, or the folder that CUFRAME_CLIPS names. */
import { join, resolve } from "node:path";
import process from "node:process";

/** The folder, as an absolute path. */
export const kClips: string = resolve(
  process.env.CUFRAME_CLIPS || join(import.meta.dirname!, "..", ".cache", "clips"),
);

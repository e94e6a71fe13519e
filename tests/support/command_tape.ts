/**
 * What ffmpeg and ffprobe answered, kept in the folder that CUFRAME_COMMAND_TAPE names, so that tests which
 * ask them also run where they are not installed. What the folder lacks is asked, and added to it.
 */
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { kClips } from "./clip_cache.ts";

/** What a command left behind. */
export interface Answer {
  /** All of its standard output. */
  readonly stdout: Uint8Array<ArrayBuffer>;
  /** All of its standard error. */
  readonly stderr: string;
}

type Ask = () => Promise<Answer>;

/** The folder, if one is named. */
export function tapeFolder(): string | undefined {
  return process.env.CUFRAME_COMMAND_TAPE || undefined;
}

/** The answer of a command, from the folder or by `ask`. Its last argument may name the file that it writes. */
export async function answered(
  folder: string,
  command: string,
  args: readonly string[],
  ask: Ask,
): Promise<Answer> {
  const entry = join(folder, keyOf(command, args));
  const written = args.at(-1) ?? "";
  const isFile = placeless(written) !== written && !args.slice(0, -1).includes(written) &&
    args.at(-2) !== "-i" && command === "ffmpeg";
  if (!existsSync(`${entry}.json`)) await record(entry, await ask(), isFile ? written : undefined);
  else if (isFile) await writeFile(written, await readFile(`${entry}.file`));
  const { stderr } = JSON.parse(await readFile(`${entry}.json`, "utf8"));
  return { stderr, stdout: new Uint8Array(await readFile(`${entry}.out`)) };
}

async function record(entry: string, answer: Answer, file: string | undefined): Promise<void> {
  await mkdir(join(entry, ".."), { recursive: true });
  const keep = async (suffix: string, content: Uint8Array | string): Promise<void> => {
    const part = `${entry}.${randomUUID()}`;
    await writeFile(part, content);
    await rename(part, entry + suffix);
  };
  await keep(".out", answer.stdout);
  if (file !== undefined && existsSync(file)) await keep(".file", await readFile(file));
  await keep(".json", JSON.stringify({ stderr: answer.stderr }));
}

function keyOf(command: string, args: readonly string[]): string {
  const words = [command, ...args.map(placeless)];
  return createHash("sha256").update(JSON.stringify(words)).digest("hex").slice(0, 24);
}

/** An argument without the places that differ from machine to machine and from run to run. */
function placeless(argument: string): string {
  const temporary = new RegExp(`${tmpdir()}/([a-z-]*-)[^/-]+/`, "g");
  return argument.replaceAll(temporary, "TEMPORARY/$1/").replaceAll(kClips, "CLIPS");
}

/** Commands as child processes. */
import { type ChildProcess, spawn } from "node:child_process";
import { type Answer, answered, tapeFolder } from "./command_tape.ts";

/** What a command left behind. */
export type CommandOutput = Answer;

function failure(command: string, args: readonly string[], code: unknown, stderr: string): Error {
  const said = stderr.trim().split("\n").slice(-20).join("\n");
  return new Error(`${command} ended with ${code}: ${command} ${args.join(" ")}\n${said}`);
}

async function feed(child: ChildProcess, input: Iterable<Uint8Array>): Promise<void> {
  const pipe = child.stdin!;
  let wake = (): void => {};
  let closed = false;
  // The exit status says why the command stopped reading; EPIPE would only hide it.
  pipe.on("error", () => {}).on("drain", () => wake()).on("close", () => {
    closed = true;
    wake();
  });
  for (const chunk of input) {
    if (closed) return;
    if (!pipe.write(chunk)) await new Promise<void>((resolve) => wake = resolve);
  }
  pipe.end();
}

/** Runs a command, or has its answer of before, and yields its output; throws with its stderr if it fails. */
export async function* stream(
  command: string,
  args: readonly string[],
  input?: Iterable<Uint8Array>,
  onStderr?: (text: string) => void,
): AsyncGenerator<Uint8Array> {
  const tape = tapeFolder();
  if (tape === undefined) {
    yield* run(command, args, input, onStderr);
    return;
  }
  const { stdout, stderr } = await answered(tape, command, args, async () => {
    const chunks: Uint8Array[] = [];
    let stderr = "";
    for await (const chunk of run(command, args, input, (text) => stderr = text)) {
      chunks.push(chunk);
    }
    return { stdout: joinBytes(chunks), stderr };
  });
  yield stdout;
  onStderr?.(stderr);
}

/** Runs a command and yields its output as it comes. */
async function* run(
  command: string,
  args: readonly string[],
  input?: Iterable<Uint8Array>,
  onStderr?: (text: string) => void,
): AsyncGenerator<Uint8Array> {
  const child = spawn(command, [...args], { stdio: [input ? "pipe" : "ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => stderr += text);
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on("error", (error) => reject(new Error(`Cannot run ${command}: ${error.message}`)));
    child.on("close", (code, signal) => resolve(code ?? signal ?? "no status"));
  });
  // Awaited only after the output has ended; an earlier rejection must not count as unhandled.
  ended.catch(() => {});
  let finished = false;
  try {
    const fed = input ? feed(child, input) : undefined;
    for await (const chunk of child.stdout!) yield chunk as Uint8Array;
    await fed;
    const code = await ended;
    finished = true;
    if (code !== 0) throw failure(command, args, code, stderr);
    onStderr?.(stderr);
  } finally {
    if (!finished) child.kill();
  }
}

/** Runs a command to its end. */
export async function runCommand(
  command: string,
  args: readonly string[],
  input?: Iterable<Uint8Array>,
): Promise<CommandOutput> {
  const chunks: Uint8Array[] = [];
  let stderr = "";
  for await (const chunk of stream(command, args, input, (text) => stderr = text)) {
    chunks.push(chunk);
  }
  return { stdout: joinBytes(chunks), stderr };
}

/** The chunks in one array. */
export function joinBytes(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}

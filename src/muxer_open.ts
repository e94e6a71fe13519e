/**
 * Opens muxers on any kind of sink.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { ErrorStruct } from "../ffi/abi.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { checkDescriptor, describe } from "./descriptor.ts";
import { UnsupportedError } from "./errors.ts";
import { makeMuxer, type Muxer } from "./muxer.ts";
import { checkMuxer, type MuxerDescriptor, nativeMuxer } from "./muxer_options.ts";
import { type ScriptSink, SinkDrain } from "./muxer_sink.ts";
import { native, run } from "./native_call.ts";
import { requireWrite } from "./permissions.ts";

/**
 * Where a muxer can write to: a file, by its path or `file:` URL; a WritableStream; `{ bytes: true }`, which
 * collects the file in memory for `finish()` to give; `{ readable: true }`, which makes `muxer.readable`.
 */
export type MuxerSink =
  | string
  | URL
  | WritableStream<Uint8Array>
  | { readonly bytes: true }
  | { readonly readable: true };

/** A sink, recognized. */
export type KnownSink = { readonly kind: "path"; readonly path: string } | ScriptSink;

const KINDS = "a path, a file: URL, a WritableStream, { bytes: true } or { readable: true }";

/** Checks the descriptor, and makes the file or the stream. */
export async function openMuxer(
  device: { readonly handle: NativeHandle; readonly object: object },
  sink: MuxerSink,
  descriptor: MuxerDescriptor = {},
): Promise<Muxer> {
  checkMuxer(descriptor);
  const known = recognizeSink("createMuxer()", sink);
  if (descriptor.keepPartial && known.kind !== "path") {
    throw new TypeError("createMuxer(): keepPartial is for files; a stream has what was written");
  }
  descriptor.signal?.throwIfAborted();
  const { label = known.kind === "path" ? known.path : known.kind } = descriptor;
  if (known.kind === "path") {
    await requireWrite(known.path);
    const handle = await openNative(device.handle, known.path, null, label, descriptor);
    return makeMuxer({ handle, device: device.object, drain: null, label });
  }
  const drain = new SinkDrain(device.handle.value, known, label);
  try {
    const container = descriptor.container ?? "mp4";
    const handle = await openNative(device.handle, null, drain, label, {
      ...descriptor,
      container,
    });
    return makeMuxer({ handle, device: device.object, drain, label });
  } catch (error) {
    drain.abort();
    throw error;
  }
}

/** What a sink is; `what` takes it. Throws TypeError for what is none. */
export function recognizeSink(what: string, sink: unknown): KnownSink {
  if (typeof sink === "string" || sink instanceof URL) {
    return { kind: "path", path: pathOf(what, sink) };
  }
  if (sink instanceof WritableStream) {
    if (sink.locked) throw new TypeError(`${what}: the WritableStream is locked`);
    return { kind: "writable", stream: sink };
  }
  const { bytes, readable } = (sink ?? {}) as { readonly [key: string]: unknown };
  if (typeof sink !== "object" || (bytes !== true) === (readable !== true)) {
    throw new TypeError(`${what} takes ${KINDS}, not ${describe(sink)}`);
  }
  const isTrue = (value: unknown) => value === true ? null : { wanted: "true" };
  checkDescriptor(
    `The sink of ${what}`,
    sink,
    bytes ? { bytes: isTrue } : { readable: isTrue },
  );
  return { kind: bytes ? "bytes" : "readable" };
}

function pathOf(what: string, sink: string | URL): string {
  const address = typeof sink === "string" ? sink : sink.href;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address)?.[1].toLowerCase();
  if (scheme === undefined && typeof sink === "string") {
    if (sink === "" || sink.includes("\0")) {
      throw new TypeError(`${what}: ${describe(sink)} is no path`);
    }
    return sink;
  }
  if (scheme === "file") return fileURLToPath(address);
  throw new UnsupportedError(
    `${what} writes no ${scheme ?? "such"} address; it takes ${KINDS}`,
  );
}

async function openNative(
  device: NativeHandle,
  path: string | null,
  drain: SinkDrain | null,
  label: string,
  descriptor: MuxerDescriptor,
): Promise<NativeHandle> {
  const { desc, metadata } = nativeMuxer(descriptor);
  desc.sink = drain?.handle ?? 0;
  const bytes = path === null ? null : new TextEncoder().encode(path);
  const error = new ErrorStruct();
  const { value } = await run(
    (ticket) =>
      native().cuf_muxer_open(
        device.value,
        desc.bytes,
        bytes,
        bytes?.length ?? 0,
        metadata,
        metadata.length,
        ticket,
        error.bytes,
      ),
    { error, owner: device, signal: descriptor.signal, what: "Making a muxer" },
  );
  const handle = new NativeHandle(value, label, "Muxer", { warns: true });
  if (!descriptor.signal?.aborted) return handle;
  handle.close();
  throw descriptor.signal.reason;
}

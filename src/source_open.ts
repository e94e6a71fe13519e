/**
 * Opens sources: a path that may be read, or a feed of what the script gives.
 *
 * @module
 */

import type { NativeHandle } from "../ffi/handle.ts";
import { UnsupportedError } from "./errors.ts";
import { requireRead } from "./permissions.ts";
import { SourceFeed } from "./source.ts";
import { recognize, type Source } from "./source_kind.ts";

/** A source as the library takes it: by path or by feed. */
export interface OpenedSource {
  /** Name in messages. */
  readonly label: string;
  /** The file's path in UTF-8; null if it is fed. */
  readonly path: Uint8Array | null;
  /** What feeds it; null for a file. */
  readonly feed: SourceFeed | null;
}

/**
 * Recognizes and opens a source; whoever fails to use it must close its feed.
 *
 * @throws {UnsupportedError} if `mustSeek` and it can be read in order only
 */
export async function openSource(
  device: { readonly handle: NativeHandle; readonly stop: AbortSignal },
  source: Source,
  options: {
    readonly label?: string;
    readonly mustSeek?: boolean;
    readonly signal?: AbortSignal;
  } = {},
): Promise<OpenedSource> {
  const { signal } = options;
  const stop = signal === undefined ? device.stop : AbortSignal.any([signal, device.stop]);
  const known = await recognize(source, stop);
  const label = options.label ?? known.name;
  if (known.kind === "path") {
    await requireRead(known.name);
    return { label, path: new TextEncoder().encode(known.name), feed: null };
  }
  if (known.kind === "chunks" && options.mustSeek) {
    known.close?.();
    const why = known.readsInOrder === undefined ? "" : `, since ${known.readsInOrder}`;
    throw new UnsupportedError(
      `${known.name} can be read in order only${why}, and random access must seek: pass a path, bytes, a Blob or ` +
        "{ size, read(offset, buffer) }, collect it by `await new Response(stream).blob()`, or decode it " +
        "in order with createDemuxer()",
    );
  }
  return { label, path: null, feed: new SourceFeed(device.handle.value, known, label) };
}

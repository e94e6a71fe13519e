/**
 * Owned native handles, closed once: by close() or, at the latest, by the garbage collector.
 *
 * @module
 */

import { library } from "./library.ts";

/** The object was closed before this use. */
export class ClosedHandle extends Error {
  /** The class's name. */
  override name = "ClosedHandle";
}

/** What is left to do when an owner was collected. */
interface Remains {
  readonly handle: number;
  readonly label: string;
  readonly kind: string;
  readonly warns: boolean;
}

const warnedLabels = new Set<string>();

const registry = new FinalizationRegistry<Remains>(({ handle, label, kind, warns }) => {
  library().symbols.cuf_handle_close(handle);
  if (!warns || warnedLabels.has(label)) return;
  warnedLabels.add(label);
  console.warn(
    `cuframe: a ${kind} of '${label}' was garbage-collected without close(); ` +
      "close it or declare it with `using`, or memory is held until the collector runs",
  );
});

/** A native object that this thread owns. Whoever gives out views must keep it alive with them. */
export class NativeHandle {
  readonly #label: string;
  readonly #kind: string;
  #handle: number;

  /** Takes over `handle`; `label` and `kind` name it in messages. */
  constructor(
    handle: number,
    label: string,
    kind: string,
    options: { readonly warns?: boolean } = {},
  ) {
    this.#handle = handle;
    this.#label = label;
    this.#kind = kind;
    registry.register(this, { handle, label, kind, warns: options.warns ?? false }, this);
  }

  /** The number to pass to the library; a ClosedHandle after close(). */
  get value(): number {
    if (this.#handle === 0) throw new ClosedHandle(`The ${this.#kind} '${this.#label}' is closed`);
    return this.#handle;
  }

  /** Whether close() was called. */
  get isClosed(): boolean {
    return this.#handle === 0;
  }

  /** Closes the native object; later calls do nothing. */
  close(): void {
    const handle = this.release();
    if (handle !== 0) library().symbols.cuf_handle_close(handle);
  }

  /** Gives the handle away, for a call that closes it in another way; 0 if it is closed. */
  release(): number {
    const handle = this.#handle;
    this.#handle = 0;
    registry.unregister(this);
    return handle;
  }
}

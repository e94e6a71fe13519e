/**
 * Native work for the tests of completion.ts.
 *
 * @module
 */

import { DemuxerDesc, DeviceDesc, SourceDesc } from "../../ffi/abi.ts";
import { type Outcome, queue, submit, subscribe } from "../../ffi/completion.ts";
import { check } from "../../ffi/native_error.ts";
import { library } from "../../ffi/library.ts";

/** Work that ends soon. */
export function scan(): Promise<Outcome> {
  return submit((ticket) => library().symbols.cuf_adapter_scan(queue(), ticket));
}

/** A new device's handle. */
export async function openDevice(): Promise<number> {
  const { cuf_device_create } = library().symbols;
  const desc = new DeviceDesc();
  return (await submit((ticket) => cuf_device_create(queue(), desc.bytes, ticket, null))).value;
}

/** Work that does not end by itself: a demuxer whose source gets no bytes. */
export function openWithoutBytes(device: number, signal?: AbortSignal): Promise<Outcome> {
  const { cuf_source_create, cuf_demuxer_open } = library().symbols;
  const source = new SourceDesc();
  source.eventTicket = subscribe(() => {}).ticket;
  const out = new Uint32Array(1);
  check(cuf_source_create(device, source.bytes, out, null), null, "The source");
  const desc = new DemuxerDesc();
  desc.source = out[0];
  return submit((ticket) => cuf_demuxer_open(device, desc.bytes, null, 0, ticket, null), {
    signal,
  });
}

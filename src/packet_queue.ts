/**
 * Packets that were read ahead of their consumer.
 *
 * @module
 */

import { PacketInfo } from "../ffi/abi.ts";
import type { NativeHandle } from "../ffi/handle.ts";
import type { DecoderConfig } from "./decoder_config.ts";
import { bytesOf } from "./descriptor.ts";
import { checked, native, opened, type Outcome, run } from "./native_call.ts";
import { DemuxedPacket, Packet } from "./packet.ts";
import type { DemuxerFacts, MediaStream } from "./stream_metadata.ts";

const BATCH_PACKETS = 64;
const BATCH_BYTES = 1 << 20;

interface Reading {
  readonly stop: AbortController;
  /** Packets; empty at the end of the stream; null if it was cancelled. */
  readonly packets: Promise<Packet[] | null>;
}

/** Reads batches of packets, the next one while the last is consumed. */
export class PacketQueue {
  readonly #handle: NativeHandle;
  readonly #config: DecoderConfig;
  readonly #streams: readonly MediaStream[];
  readonly #video: number;
  readonly #explain: (error: unknown) => unknown;
  #batch: Packet[] = [];
  #at = 0;
  #reading: Reading | null = null;
  #headers: Uint8Array | null;

  /** Reads from an open demuxer; `explain` turns a failure into what the consumer gets. */
  constructor(
    handle: NativeHandle,
    { decoderConfig: config, streams, metadata }: DemuxerFacts,
    explain: (error: unknown) => unknown,
  ) {
    this.#handle = handle;
    this.#config = config;
    this.#streams = streams;
    this.#video = metadata.streamIndex;
    // They go with the first packet, so that a decoder made with the codec's name alone gets them, too.
    this.#headers = config.description === undefined ? null : bytesOf(config.description);
    this.#explain = explain;
  }

  /** The next packet if it is there already. */
  shift(): Packet | null {
    return this.#at < this.#batch.length ? this.#batch[this.#at++] : null;
  }

  /** The next packet, null at the end or after pause(). One call at a time. */
  async next(): Promise<Packet | null> {
    const ready = this.shift();
    if (ready !== null) return ready;
    const { packets } = this.#reading ??= this.#read();
    try {
      this.#batch = await packets ?? [];
    } catch (error) {
      throw this.#explain(error);
    } finally {
      this.#reading = null;
    }
    this.#at = 0;
    if (this.#batch.length > 0) this.#reading = this.#read();
    return this.shift();
  }

  /** Stops reading ahead. Nothing is lost: the library keeps what a cancelled read had. */
  async pause(): Promise<void> {
    const reading = this.#reading;
    if (reading === null) return;
    reading.stop.abort();
    const packets = await reading.packets.catch(() => null);
    if (this.#reading !== reading) return; // next() took them
    this.#reading = null;
    if (packets !== null) this.#batch = [...this.#batch.slice(this.#at), ...packets];
    if (packets !== null) this.#at = 0;
  }

  /** Stops reading ahead and gives away what was read. */
  async drain(): Promise<Packet[]> {
    await this.pause();
    const rest = this.#batch.slice(this.#at);
    this.#batch = [];
    this.#at = 0;
    return rest;
  }

  #read(): Reading {
    const stop = new AbortController();
    const packets = run(
      (ticket) => native().cuf_demuxer_read(this.#handle.value, BATCH_PACKETS, BATCH_BYTES, ticket),
      { signal: stop.signal, owner: this.#handle, what: "Reading packets" },
    ).then((outcome) => this.#take(outcome), (error) => {
      if (stop.signal.aborted && !this.#handle.isClosed) return null;
      throw error;
    });
    // Whoever consumes it gets the failure; until then it is not unhandled.
    packets.catch(() => {});
    return { stop, packets };
  }

  /** Copies a batch out of the library, once, into memory that all its packets share. */
  #take(outcome: Outcome): Packet[] {
    const { value: count, extra: size, ticket } = outcome;
    // A read that close() interrupts completes with the packets that it had: that is no end.
    const handle = opened(this.#handle, "The demuxer");
    if (count === 0) return [];
    const records = new Uint8Array(PacketInfo.size * count);
    const data = new Uint8Array(size);
    checked(
      native().cuf_demuxer_take(handle, ticket, records, count, data, size),
      "Taking packets",
    );
    const packets: Packet[] = [];
    for (let i = 0; i < count; i++) {
      const info = new PacketInfo(records, i * PacketInfo.size);
      packets.push(new Packet(this.#packetOf(info, data)));
    }
    return packets;
  }

  #packetOf(info: PacketInfo, data: Uint8Array<ArrayBuffer>): DemuxedPacket {
    const { dataOffset, dataSize, extradataOffset, extradataSize } = info;
    const payload = data.subarray(dataOffset, dataOffset + dataSize);
    const { streamIndex } = info;
    if (streamIndex !== this.#video) {
      const { type } = this.#streams[streamIndex];
      return new DemuxedPacket(info, payload, null, null, type);
    }
    let config: DecoderConfig | null = null;
    if (extradataSize > 0) {
      // A copy: it lives as long as the stream, and should not keep the batch.
      this.#headers = data.slice(extradataOffset, extradataOffset + extradataSize);
      config = { ...this.#config, description: this.#headers };
    }
    return new DemuxedPacket(info, payload, this.#headers, config, "video");
  }
}

/**
 * Batches of decoded frames: by the library's own pipeline, or from packets of the script.
 *
 * @module
 */

import type { DemuxerPipeline } from "./demuxer.ts";
import { OutOfMemoryError } from "./errors.ts";
import type { Frame } from "./frame.ts";
import type { FrameBatches } from "./frame_iterator.ts";
import type { Outcome } from "./native_call.ts";
import type { Packet } from "./packet.ts";

/** Enough to make the cost of a batch small, little enough for a few of them in memory. */
const BATCH_FRAMES = 64;
const BATCH_BYTES = 16 << 20;
/** The first frames should not wait for a full batch. */
const FIRST_BATCH_FRAMES = 4;
/** One being filled while the other is fetched. */
const READS_IN_FLIGHT = 2;

/** What the batches need of a decoder. */
export interface BatchDecoder {
  /** Decodes one packet. */
  decode(packet: Packet): Promise<Frame[]>;
  /** Gives the frames held back. */
  flush(): Promise<Frame[]>;
  /** Starts to read and decode from a native demuxer. */
  read(demuxer: number, frames: number, bytes: number, stop: AbortSignal): Promise<Outcome>;
  /** Fetches the frames of a completed read. */
  take(outcome: Outcome): Frame[];
}

interface Reading {
  readonly stop: AbortController;
  readonly outcome: Promise<Outcome>;
}

/**
 * Reads and decodes ahead from a demuxer. It outlives an iterator that ended by an error, so that the next
 * one goes on where that one stopped.
 */
export class PipelineBatches {
  /** Whose packets are read. */
  readonly demuxer: DemuxerPipeline;
  /** The demuxer's seekCount when reading began. */
  readonly seekCount: number;
  readonly #decoder: BatchDecoder;
  #packets: Packet[] | null = null;
  #readings: Reading[] = [];
  #frames = FIRST_BATCH_FRAMES;
  #isEnded = false;

  /** Reads from `demuxer` with `decoder`. */
  constructor(decoder: BatchDecoder, demuxer: DemuxerPipeline) {
    this.#decoder = decoder;
    this.demuxer = demuxer;
    this.seekCount = demuxer.seekCount;
    // A seek behind packets that are read ahead would lose those that follow it.
    demuxer.beforeSeek = () => this.stop();
  }

  /** The next batch; null after the last. */
  async next(): Promise<Frame[] | null> {
    if (this.#isEnded) return null;
    // Packets that were read ahead for a loop over the demuxer come first.
    this.#packets ??= await this.demuxer.takePackets();
    const packet = this.#packets.shift();
    if (packet !== undefined) return await this.#decoder.decode(packet);
    const outcome = await this.#nextOutcome();
    const frames = this.#decoder.take(outcome);
    this.#isEnded = outcome.extra === 1;
    if (this.#isEnded) await this.stop();
    else this.#readAhead();
    return frames;
  }

  async #nextOutcome(): Promise<Outcome> {
    // What was asked for while the caller held the last batch may have had no room beside it.
    let ahead = this.#readings.length;
    for (;;) {
      this.#readAhead();
      try {
        return await this.#readings.shift()!.outcome;
      } catch (error) {
        if (ahead-- > 0 && error instanceof OutOfMemoryError) continue;
        throw this.demuxer.explain(error);
      }
    }
  }

  /** Cancels what runs ahead and closes its frames. */
  async stop(): Promise<void> {
    this.#isEnded = true;
    const readings = this.#readings.splice(0);
    for (const { stop } of readings) stop.abort();
    for (const { outcome } of readings) {
      // What failed has no frames; what a closed decoder had is gone with it.
      const frames = await outcome.then((done) => this.#decoder.take(done)).catch(() => []);
      for (const frame of frames) frame.close();
    }
  }

  #readAhead(): void {
    while (this.#readings.length < READS_IN_FLIGHT) {
      const stop = new AbortController();
      // A demuxer that was closed fails the read here; what was decoded before is given first.
      const outcome = Promise.try(() =>
        this.#decoder.read(this.demuxer.handle, this.#frames, BATCH_BYTES, stop.signal)
      );
      this.#frames = Math.min(this.#frames * 2, BATCH_FRAMES);
      // Whoever takes it gets the failure; until then it is not unhandled.
      outcome.catch(() => {});
      this.#readings.push({ stop, outcome });
    }
  }
}

/** Decodes packets that the script gives. */
export class PacketBatches implements FrameBatches {
  /** Never changes: packets of the script are not sought. */
  readonly version: number = 0;
  readonly #decoder: BatchDecoder;
  readonly #packets: AsyncIterator<Packet> | Iterator<Packet>;
  #isEnded = false;

  /** Decodes `packets` with `decoder`. */
  constructor(decoder: BatchDecoder, packets: AsyncIterable<Packet> | Iterable<Packet>) {
    this.#decoder = decoder;
    this.#packets = Symbol.asyncIterator in packets
      ? packets[Symbol.asyncIterator]()
      : packets[Symbol.iterator]();
  }

  /** The frames of the next packet; null after the last. */
  async next(): Promise<Frame[] | null> {
    if (this.#isEnded) return null;
    const { done, value } = await this.#packets.next();
    if (!done) return await this.#decoder.decode(value);
    this.#isEnded = true;
    return await this.#decoder.flush();
  }

  /** Tells the packets' iterator that no more are wanted. */
  async stop(): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    await this.#packets.return?.();
  }
}

/**
 * Encoders: frames in, chunks out.
 *
 * @module
 */

import { Backend, type EncoderInfo, ErrorStruct } from "../ffi/abi.ts";
import type { NativeHandle } from "../ffi/handle.ts";
import { stopOf } from "./descriptor.ts";
import type { EncodedChunk } from "./encoded_chunk.ts";
import { encodeMessage, type EncodeOptions } from "./encode_options.ts";
import {
  createNativeEncoder,
  readEncoderInfo,
  readSequenceParams,
  readSettings,
  startEncode,
  takeChunks,
} from "./encoder_calls.ts";
import { ENCODER_FORMATS, type EncoderFormat, PictureLayout } from "./encoder_format.ts";
import { type EncoderInput, type InputPlace, withInput } from "./encoder_input.ts";
import { type EncoderDescriptor, nativeEncoderDescriptor } from "./encoder_options.ts";
import type { EncoderParameters } from "./encoder_parameters.ts";
import {
  changesOf,
  type ReconfigureParams,
  reconfigureParams,
  type ReconfigureResult,
} from "./encoder_reconfigure.ts";
import { nativeSettings } from "./encoder_settings.ts";
import {
  checkInputs,
  type EncodeAllOptions,
  encodeInputs,
  type EncoderInputs,
  encodingStream,
} from "./encoder_stream.ts";
import type { EncoderStats } from "./encoder_work.ts";
import type { DecodingDevice } from "./gpu_options.ts";
import { native, opened, type Outcome, run, sharedError } from "./native_call.ts";

/** Makes an encoder on a device. */
export let createEncoder: (
  device: { readonly handle: NativeHandle; readonly decoding: DecodingDevice },
  descriptor: EncoderDescriptor,
) => Promise<Encoder>;

/** A muxer's way to the native encoder; throws ClosedError. */
export let nativeEncoder: (encoder: Encoder) => number;

/** The bytes of chunks that reconfigure() completes with where the encoder goes on. */
const IN_PLACE = -1;

/** Encodes pictures of one size and format. Made by `device.createEncoder()`. */
export class Encoder implements AsyncDisposable, Disposable {
  /** What the stream is encoded as: "h264", "hevc" or "av1". */
  readonly codec: string;
  /** Layout of the pictures that it takes. */
  readonly format: EncoderFormat;
  /** Name in warnings. */
  readonly label: string;
  readonly #handle: NativeHandle;
  readonly #place: InputPlace;
  #layout: PictureLayout;
  /** Calls of reconfigure() that began; those that are not done, and what they change. */
  #changes = 0;
  #waitingChanges = 0;
  readonly #asked = new Set<string>();

  static {
    nativeEncoder = (encoder) => opened(encoder.#handle, "The encoder");
    createEncoder = async (device, descriptor) => {
      const checked = nativeEncoderDescriptor(device.decoding, descriptor);
      const { signal, codec = "h264", label = `${codec} encoder`, useCpuInputBuffer } = descriptor;
      const handle = await createNativeEncoder(device.handle, checked, label, signal);
      const hasGpu = device.decoding.backend === "cuda";
      const place = { device: device.handle.value, hasGpu, useCpuInputBuffer };
      return new Encoder(handle, place, checked.layout, label);
    };
  }

  private constructor(
    handle: NativeHandle,
    place: InputPlace,
    layout: PictureLayout,
    label: string,
  ) {
    this.#handle = handle;
    this.#place = place;
    this.#layout = layout;
    this.label = label;
    const { codec, format } = this.#info();
    this.codec = codec;
    this.format = ENCODER_FORMATS[format];
  }

  /** Pixels in a row of the pictures that it takes. */
  get width(): number {
    return this.#layout.width;
  }

  /** Rows of the pictures that it takes. */
  get height(): number {
    return this.#layout.height;
  }

  /** Which encoder does the work: "nvenc", or libav's, such as "libx264". */
  get implementation(): string {
    return this.#info().implementation;
  }

  /** Where it encodes; on an "auto" device what the GPU does not encode goes over to the CPU. */
  get backend(): "cpu" | "cuda" {
    return this.#info().backend === Backend.CUDA ? "cuda" : "cpu";
  }

  /** Why it is not the GPU of an "auto" device that encodes; null if it is. */
  get fallbackReason(): string | null {
    return this.#info().fallbackReason || null;
  }

  /** Pictures by which decoding order runs ahead of display order at most: 0 without B pictures. */
  get reorderDepth(): number {
    return this.#info().reorderDepth;
  }

  /** The parameters in force: those that were given, and what follows from them or is the encoder's choice. */
  get settings(): EncoderParameters {
    return readSettings(opened(this.#handle, "The encoder"));
  }

  /** What it has done so far. */
  get stats(): EncoderStats {
    const { framesEncoded, chunks, chunkBytes, hostCopies, reconfigures, reopens } = this.#info();
    return { framesEncoded, chunks, chunkBytes, hostCopies, reconfigures, reopens };
  }

  /**
   * Encodes one picture and gives the chunks that are ready, in decode order: none, one or several. It
   * resolves when there is room for another picture. Calls may overlap; they are done in order. A Frame may
   * be closed, and bytes may be changed, as soon as the call returned. Memory of CUDA arrays may be filled
   * again as soon as it resolved, by work on their `stream`, which waits on the GPU until the memory was
   * read; where none is named, it resolves when that is done.
   *
   * @throws {RangeError} for another size than the encoder's
   * @throws {TypeError} for another format or type of samples
   * @throws {UnsupportedError} for messages that the codec or the encoder has no place for
   */
  async encode(input: EncoderInput, options?: EncodeOptions): Promise<EncodedChunk[]> {
    const handle = opened(this.#handle, "The encoder");
    const message = encodeMessage("encode()", options);
    const error = sharedError();
    const start = (ticket: number): number =>
      withInput(
        "encode()",
        input,
        this.#layout,
        this.#place,
        (given) => startEncode(handle, given, message, ticket, error),
      );
    return this.#take(await this.#run("encode()", options?.signal, error, start));
  }

  /** Gives the chunks that are held back. Pictures may follow; they begin with an IDR picture. */
  async endEncode(options: { readonly signal?: AbortSignal } = {}): Promise<EncodedChunk[]> {
    const stop = stopOf("endEncode()", options);
    const handle = opened(this.#handle, "The encoder");
    return this.#take(
      await this.#run(
        "endEncode()",
        stop,
        undefined,
        (ticket) => native().cuf_encoder_flush(handle, ticket),
      ),
    );
  }

  /**
   * Encodes all pictures in turn and gives the chunks as they come; ends with those that were held back. Frames
   * that come out of an iterator are closed when they were taken, those of an array stay the caller's (see
   * `closeFrames`). The next picture is asked for when there is room for it and the consumer took the chunks.
   *
   * Leaving the loop ends the iterator of the pictures; what the encoder holds back then comes with its next
   * chunks, or with endEncode(). An abort of `signal` is as leaving the loop, and rejects with its reason.
   */
  encodeAll(
    inputs: EncoderInputs,
    options: EncodeAllOptions = {},
  ): AsyncGenerator<EncodedChunk, void, void> {
    opened(this.#handle, "The encoder");
    checkInputs(inputs, options);
    return encodeInputs(this, inputs, options);
  }

  /**
   * A stream that takes pictures and gives chunks, for `pipeThrough()`. It closes the frames that are written,
   * and its end gives what is held back; the encoder stays open.
   */
  transform(): TransformStream<EncoderInput, EncodedChunk> {
    opened(this.#handle, "The encoder");
    return encodingStream(this);
  }

  /**
   * The stream's headers: SPS and PPS (HEVC: VPS, too) as Annex B; of AV1 the sequence header OBU. Empty while
   * the encoder does not know them, which some do from their first chunk on.
   */
  getSequenceParams(): Uint8Array<ArrayBuffer> {
    return readSequenceParams(opened(this.#handle, "The encoder"));
  }

  /** What reconfigure() can change, as it is. */
  getReconfigureParams(): ReconfigureParams {
    return reconfigureParams(this.settings, this);
  }

  /**
   * Goes on otherwise from the next picture on. Parameters that are as they were are left out, so that what
   * getReconfigureParams() gave may be given back with a change. Where the encoder cannot change in place it is
   * drained and made anew, and the result says so.
   *
   * @throws {UnsupportedError} for what no encoder can, by name and with the reason; nothing changes then
   */
  async reconfigure(params: ReconfigureParams): Promise<ReconfigureResult> {
    const handle = opened(this.#handle, "The encoder");
    const changes = changesOf(params, this.settings, this.#asked);
    const { width = this.width, height = this.height } = params;
    const { bytes, count } = nativeSettings(changes);
    const error = new ErrorStruct();
    const layout = new PictureLayout(this.format, width, height);
    let turn = 0;
    try {
      const outcome = await this.#run("reconfigure()", undefined, error, (ticket) => {
        const status = native().cuf_encoder_reconfigure(
          handle,
          bytes,
          count,
          width,
          height,
          ticket,
          error.bytes,
        );
        // Pictures of calls that follow at once have the new size.
        if (status >= 0) {
          this.#layout = layout;
          turn = ++this.#changes;
          this.#waitingChanges++;
          for (const name of changes.keys()) this.#asked.add(name);
        }
        return status;
      });
      return { isInPlace: outcome.extra === IN_PLACE, chunks: this.#take(outcome) };
    } catch (failure) {
      // Else another size was asked for since.
      if (turn > 0 && turn === this.#changes && !this.#handle.isClosed) {
        const info = this.#info();
        this.#layout = new PictureLayout(this.format, info.width, info.height);
      }
      throw failure;
    } finally {
      if (turn > 0 && --this.#waitingChanges === 0) this.#asked.clear();
    }
  }

  /** Closes the encoder. Chunks stay; what is still being encoded ends with a ClosedError. */
  close(): void {
    this.#handle.close();
  }

  /** Calls close(). */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Calls close(). */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #info(): EncoderInfo {
    return readEncoderInfo(opened(this.#handle, "The encoder"));
  }

  #run(
    what: string,
    signal: AbortSignal | undefined,
    error: ErrorStruct | undefined,
    start: (ticket: number) => number,
  ): Promise<Outcome> {
    return run(start, { owner: this.#handle, signal, what, error });
  }

  #take(outcome: Outcome): EncodedChunk[] {
    return takeChunks(opened(this.#handle, "The encoder"), outcome);
  }
}

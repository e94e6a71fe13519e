/**
 * Encoding of whole sequences of pictures.
 *
 * @module
 */

import { unlessAborted } from "./abort.ts";
import { checkDescriptor, describe, flag, isBytes, signal } from "./descriptor.ts";
import type { EncodedChunk } from "./encoded_chunk.ts";
import type { EncoderInput } from "./encoder_input.ts";
import { Frame } from "./frame.ts";
import { Tensor } from "./tensor.ts";

/** Pictures one after another. */
export type EncoderInputs = Iterable<EncoderInput> | AsyncIterable<EncoderInput>;

/** How pictures are encoded one after another. */
export interface EncodeAllOptions {
  /** Ends the loop: rejects with its reason. */
  readonly signal?: AbortSignal;
  /**
   * Whether each Frame and Tensor is closed as soon as the encoder has taken it. Default: false for an array,
   * whose frames the caller still has; true for any other iterable, such as `decoder.frames()`, whose frames
   * nobody else could close.
   */
  readonly closeFrames?: boolean;
}

/** What encodes. */
export interface PictureEncoder {
  /** Encodes one picture. */
  encode(input: EncoderInput, options: { readonly signal?: AbortSignal }): Promise<EncodedChunk[]>;
  /** Gives what is held back. */
  endEncode(options: { readonly signal?: AbortSignal }): Promise<EncodedChunk[]>;
}

/** Checks what encodeAll() is given. */
export function checkInputs(inputs: unknown, options: EncodeAllOptions): void {
  checkDescriptor("encodeAll()", options, { signal: signal(), closeFrames: flag() });
  const isIterable = typeof inputs === "object" && inputs !== null && !isBytes(inputs) &&
    (Symbol.asyncIterator in inputs || Symbol.iterator in inputs);
  if (!isIterable) {
    throw new TypeError(
      `encodeAll() takes frames or other pictures in turn, not ${describe(inputs)}`,
    );
  }
}

/** Encodes all pictures and gives the chunks as they come, those held back at the end. */
export async function* encodeInputs(
  encoder: PictureEncoder,
  inputs: EncoderInputs,
  options: EncodeAllOptions,
): AsyncGenerator<EncodedChunk, void, void> {
  const { signal: stop, closeFrames = !Array.isArray(inputs) } = options;
  const iterator = Symbol.asyncIterator in inputs
    ? inputs[Symbol.asyncIterator]()
    : inputs[Symbol.iterator]();
  let isEnded = false;
  try {
    for (;;) {
      const next = Promise.resolve(iterator.next());
      const { done, value } = await unlessAborted(next, stop, (late) => {
        if (!late.done && closeFrames) closePicture(late.value);
      });
      if (done) break;
      let chunks: EncodedChunk[];
      try {
        chunks = await encoder.encode(value, { signal: stop });
      } finally {
        if (closeFrames) closePicture(value);
      }
      yield* chunks;
    }
    isEnded = true;
    yield* await encoder.endEncode({ signal: stop });
  } finally {
    // A consumer that left, an abort or a failure: the source hears of it as from a loop.
    if (!isEnded) await leave(iterator, stop);
  }
}

async function leave(
  iterator: Iterator<EncoderInput> | AsyncIterator<EncoderInput>,
  stop: AbortSignal | undefined,
): Promise<void> {
  const left = Promise.resolve(iterator.return?.());
  // A generator answers only when the picture is there that it is asked for.
  if (stop?.aborted) left.catch(() => {});
  else await left;
}

/** A stream that encodes what is written, closes the frames, and ends with what was held back. */
export function encodingStream(
  encoder: PictureEncoder,
): TransformStream<EncoderInput, EncodedChunk> {
  return new TransformStream<EncoderInput, EncodedChunk>({
    transform: async (input, controller) => {
      try {
        for (const chunk of await encoder.encode(input, {})) controller.enqueue(chunk);
      } finally {
        closePicture(input);
      }
    },
    flush: async (controller) => {
      for (const chunk of await encoder.endEncode({})) controller.enqueue(chunk);
    },
  });
}

function closePicture(input: unknown): void {
  if (input instanceof Frame || input instanceof Tensor) input.close();
}

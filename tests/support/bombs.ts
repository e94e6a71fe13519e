/** First packets of streams whose headers claim pictures of any size, written by hand. */

/** Writes bits, the highest of a byte first. */
class BitWriter {
  readonly #bits: number[] = [];

  put(value: number, count: number): this {
    for (let i = count - 1; i >= 0; i--) this.#bits.push(Math.floor(value / 2 ** i) % 2);
    return this;
  }

  /** An unsigned Exp-Golomb code. */
  ue(value: number): this {
    const length = Math.floor(Math.log2(value + 1));
    return this.put(0, length).put(value + 1, length + 1);
  }

  /** The stop bit of H.264 and AV1. */
  end(): this {
    return this.put(1, 1);
  }

  bytes(): number[] {
    const { length } = this.#bits;
    return Array.from(
      { length: Math.ceil(length / 8) },
      (_, i) => this.#bits.slice(8 * i, 8 * i + 8).reduce((sum, bit, k) => sum | bit << (7 - k), 0),
    );
  }
}

/** NAL units with start codes and emulation prevention. */
function annexB(units: readonly number[][]): number[] {
  return units.flatMap((unit) => {
    const out = [0, 0, 0, 1];
    let zeros = 0;
    for (const byte of unit) {
      if (zeros >= 2 && byte <= 3) {
        out.push(3);
        zeros = 0;
      }
      out.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return out;
  });
}

/** Baseline, one IDR picture of which nothing but the header is there. */
export function h264Bomb(width: number, height: number): Uint8Array<ArrayBuffer> {
  const sps = new BitWriter().put(0x67, 8).put(66, 8).put(0xc0, 8).put(62, 8);
  // ids, frame_num of 4 bits, poc type 2, 16 reference frames, no gaps
  sps.ue(0).ue(0).ue(2).ue(16).put(0, 1).ue(width / 16 - 1).ue(height / 16 - 1);
  sps.put(1, 1).put(1, 1).put(0, 1).put(0, 1).end();
  const pps = new BitWriter().put(0x68, 8).ue(0).ue(0).put(0, 1).put(0, 1).ue(0).ue(0).ue(0);
  // no weights, QP and its offset 0, no deblocking control
  pps.put(0, 3).ue(0).ue(0).ue(0).put(0, 3).end();
  const slice = new BitWriter().put(0x65, 8).ue(0).ue(7).ue(0).put(0, 4).ue(0).put(0, 2).ue(0);
  // Macroblocks of one flat colour
  for (let i = 0; i < 64; i++) slice.ue(3).ue(0).ue(0).put(1, 1);
  return Uint8Array.from(annexB([sps.bytes(), pps.bytes(), slice.end().bytes()]));
}

/** A still picture with its reduced header; what should follow is zeros. */
export function av1Bomb(width: number, height: number): Uint8Array<ArrayBuffer> {
  const sequence = new BitWriter().put(0, 3).put(1, 1).put(1, 1).put(31, 5);
  sequence.put(15, 4).put(15, 4).put(width - 1, 16).put(height - 1, 16);
  // no tools; 8 bits 4:2:0, nothing said of colour; no film grain
  sequence.put(0, 6).put(0, 3).put(0, 1).put(0, 2).put(0, 1).put(0, 1).end();
  const obu = (type: number, bytes: number[]): number[] => [type << 3 | 2, bytes.length, ...bytes];
  return Uint8Array.from([
    ...obu(2, []),
    ...obu(1, sequence.bytes()),
    ...obu(6, Array<number>(100).fill(0)),
  ]);
}

/** A key frame; what should follow is zeros. */
export function vp9Bomb(width: number, height: number): Uint8Array<ArrayBuffer> {
  const frame = new BitWriter().put(2, 2).put(0, 2).put(0, 1).put(0, 1).put(1, 1).put(0, 1);
  frame.put(0x498342, 24).put(1, 3).put(0, 1).put(width - 1, 16).put(height - 1, 16);
  return Uint8Array.from([...frame.bytes(), ...Array<number>(200).fill(0)]);
}

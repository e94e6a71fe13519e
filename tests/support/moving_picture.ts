/** Raw pictures whose motion is known, for encoders to find. */

/** How the pictures move. */
export interface MovingPictureOptions {
  /** Luma width in pixels. */
  readonly width: number;
  /** Luma height in pixels. */
  readonly height: number;
  /** Frames to make. */
  readonly count: number;
  /** Pixels by which the camera moves to the right and down from frame to frame; default 0, 0. */
  readonly pan?: readonly [x: number, y: number];
  /** Columns at the left that are new noise in every frame; default 0. */
  readonly noiseColumns?: number;
}

const MULTIPLIER = 1664525;
const INCREMENT = 1013904223;

/** Noise that is the same in every run. */
function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, MULTIPLIER) + INCREMENT) >>> 0;
    return state >>> 24;
  };
}

/** Frames of yuv420p with grey chroma, cut out of a textured wall that is larger. */
export function* movingPicture(options: MovingPictureOptions): Generator<Uint8Array<ArrayBuffer>> {
  const { width, height, count, pan = [0, 0], noiseColumns = 0 } = options;
  const wallWidth = width + pan[0] * (count - 1);
  const wallHeight = height + pan[1] * (count - 1);
  const grain = noise(1);
  const wall = Uint8Array.from({ length: wallWidth * wallHeight }, (_, i) => {
    const [x, y] = [i % wallWidth, Math.floor(i / wallWidth)];
    const waves = Math.sin(x * x / 900 + y / 7) * Math.cos(y * y / 800 + x / 9);
    return 112 + 70 * waves + (grain() >> 3);
  });
  for (let n = 0; n < count; n++) {
    const frame = new Uint8Array(width * height + 2 * (width >> 1) * (height >> 1)).fill(128);
    const fresh = noise(n + 2);
    for (let y = 0; y < height; y++) {
      const from = (y + n * pan[1]) * wallWidth + n * pan[0];
      const row = frame.subarray(y * width, (y + 1) * width);
      row.set(wall.subarray(from, from + width));
      for (let x = 0; x < noiseColumns; x++) row[x] = fresh();
    }
    yield frame;
  }
}

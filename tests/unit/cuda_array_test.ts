/** CUDA array interface descriptors: where the planes of a picture lie, and what is refused. */
import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { type CudaArrayLike, cudaArraysOf, placesOf } from "../../src/cuda_array.ts";
import { type EncoderFormat, PictureLayout } from "../../src/encoder_format.ts";

function array(
  shape: readonly number[],
  typestr = "|u1",
  pointer: number | bigint = 4096,
  strides?: readonly number[],
): CudaArrayLike {
  return { shape, typestr, data: [pointer, false], strides, version: 3 };
}

function places(format: EncoderFormat, ...arrays: readonly CudaArrayLike[]): number[][] {
  return placesOf("encode()", new PictureLayout(format, 64, 48), arrays)
    .map(({ address, stride }) => [address, stride]);
}

test("one array is the whole picture", () => {
  const nv12 = [[4096, 64], [4096 + 48 * 64, 64]];
  assertEquals(places("nv12", array([72, 64])), nv12);
  assertEquals(places("nv12", array([72, 64, 1])), nv12);
  assertEquals(places("nv12", array([72 * 64])), nv12);
  assertEquals(places("nv12", array([72, 64], "|u1", 4096n, [256, 1])), [
    [4096, 256],
    [4096 + 48 * 256, 256],
  ]);
  assertEquals(places("p010", array([72, 64], "<u2")), [[4096, 128], [4096 + 48 * 128, 128]]);
  const y = 48 * 64;
  assertEquals(places("yuv444", array([3, 48, 64])), [[4096, 64], [4096 + y, 64], [
    4096 + 2 * y,
    64,
  ]]);
  assertEquals(places("yuv444", array([3, 48, 64], "|u1", 0, [8192, 128, 1])), [
    [0, 128],
    [8192, 128],
    [16384, 128],
  ]);
  assertEquals(places("iyuv", array([72, 64])), [
    [4096, 64],
    [4096 + y, 32],
    [4096 + y + y / 4, 32],
  ]);
  assertEquals(places("argb", array([48, 64, 4])), [[4096, 256]]);
  assertEquals(places("argb10", array([48, 64], "<u4")), [[4096, 256]]);
  assertEquals(places("rgb", array([48, 64, 3])), [[4096, 192]]);
});

test("one array for each plane, as the guide's AppFrame has them", () => {
  const luma = array([48, 64, 1], "|u1", 0x1000, [64, 1, 1]);
  const chroma = array([24, 32, 2], "|u1", 0x9000, [64, 2, 1]);
  assertEquals(places("nv12", luma, chroma), [[0x1000, 64], [0x9000, 64]]);
  assertEquals(places("nv12", luma, array([24, 64], "|u1", 0x9000)), [[0x1000, 64], [0x9000, 64]]);
  const half = array([24, 32], "|u1", 0x9000, [128, 1]);
  assertEquals(places("yv12", luma, half, half), [[0x1000, 64], [0x9000, 128], [0x9000, 128]]);
});

const kRefused: readonly [
  format: EncoderFormat,
  arrays: readonly CudaArrayLike[],
  kind: typeof TypeError | typeof RangeError,
  text: string,
][] = [
  ["nv12", [array([72, 64], "<u2")], TypeError, 'of typestr "|u1", not "<u2"'],
  ["p010", [array([72, 64], "|u1")], TypeError, 'of typestr "<u2", not "|u1"'],
  [
    "nv12",
    [array([72, 66])],
    RangeError,
    "uint8 [72, 64], 4608 bytes, or one array for each plane",
  ],
  ["nv12", [array([72, 64], "|u1", 1, [32, 1])], RangeError, "not [72, 64] with strides [32, 1]"],
  ["nv12", [array([72, 64], "|u1", 1, [128, 2])], RangeError, "rows without gaps inside"],
  ["nv12", [array([48, 64])], RangeError, "([48, 64], [24, 64])"],
  ["nv12", [array([48, 64]), array([24, 32])], RangeError, "not [48, 64], [24, 32]"],
  ["iyuv", [array([72, 64], "|u1", 1, [128, 1])], RangeError, "not [72, 64] with strides"],
  ["rgb", [array([3, 48, 64])], RangeError, "uint8 [48, 64, 3]"],
  ["nv12", [array([72, -64])], RangeError, "not [72, -64]"],
];

for (const [format, arrays, kind, text] of kRefused) {
  const shapes = arrays.map(({ shape, typestr, strides }) =>
    `${typestr} ${shape} ${strides ?? ""}`
  );
  test(`CUDA arrays ${shapes.join(" and ")} are no ${format} picture`, () => {
    assertThrows(() => places(format, ...arrays), kind, text);
  });
}

test("CUDA arrays are found in all forms, and nothing else is taken for one", () => {
  const one = array([72, 64]);
  const two = [array([48, 64]), array([24, 32, 2])];
  assertEquals(cudaArraysOf(one), [one]);
  assertEquals(cudaArraysOf(two), two);
  assertEquals(cudaArraysOf({ cudaArrayInterface: one }), [one]);
  assertEquals(cudaArraysOf({ __cuda_array_interface__: two }), two);
  assertEquals(
    cudaArraysOf({
      planes: two,
      cuda: function (this: { planes: unknown }) {
        return this.planes;
      },
    }),
    two,
  );
  for (const other of [null, 3, [], [one, null], { data: new Uint8Array(1) }, { shape: [1] }]) {
    assertEquals(cudaArraysOf(other), null);
  }
});

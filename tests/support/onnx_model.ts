/**
 * A small ONNX model, written in protobuf by hand: a ModelProto whose fields have the numbers of
 * onnx.proto.
 */

const kFloat = 1;
const kIrVersion = 8;
const kOpsetVersion = 13;

function varint(value: number): number[] {
  return value < 128 ? [value] : [value & 127 | 128, ...varint(value >> 7)];
}

function integer(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

function message(field: number, ...parts: readonly number[][]): number[] {
  const bytes = parts.flat();
  return [...varint(field << 3 | 2), ...varint(bytes.length), ...bytes];
}

function text(field: number, value: string): number[] {
  return message(field, [...new TextEncoder().encode(value)]);
}

/** A ValueInfoProto; a named dimension may have any length. */
function floats(field: number, name: string, dimensions: readonly (number | string)[]): number[] {
  const shape = dimensions.map((dimension) =>
    message(1, typeof dimension === "number" ? integer(1, dimension) : text(2, dimension))
  );
  const tensorType = message(1, integer(1, kFloat), message(2, ...shape));
  return message(field, text(1, name), message(2, tensorType));
}

/** means [N, 3, 1, 1] = GlobalAveragePool(pixels [N, 3, H, W]). */
export function averagePoolModel(): Uint8Array {
  const node = message(1, text(1, "pixels"), text(2, "means"), text(4, "GlobalAveragePool"));
  const input = floats(11, "pixels", ["N", 3, "H", "W"]);
  const output = floats(12, "means", ["N", 3, 1, 1]);
  return Uint8Array.from([
    ...integer(1, kIrVersion),
    ...message(7, node, text(2, "average"), input, output),
    ...message(8, integer(2, kOpsetVersion)),
  ]);
}

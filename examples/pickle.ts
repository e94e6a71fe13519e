/** Python's pickle format, protocol 3, as far as lists of SEI messages need it. */

/** What can be written: numbers are integers of at least 0; a tuple has two members. */
export type Pickled =
  | number
  | string
  | readonly Pickled[]
  | { readonly tuple: readonly [Pickled, Pickled] }
  | { readonly dict: { readonly [key: string]: Pickled } };

/** Writes one value, as Python's pickle.dump does. */
export function pickle(value: Pickled): Uint8Array {
  const bytes: number[] = [0x80, 3];
  write(value, bytes);
  bytes.push(code("."));
  return Uint8Array.from(bytes);
}

const code = (letter: string): number => letter.charCodeAt(0);

const littleEndian = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** i) % 256);

function write(value: Pickled, out: number[]): void {
  if (typeof value === "number") writeInteger(value, out);
  else if (typeof value === "string") {
    const text = new TextEncoder().encode(value);
    out.push(code("X"), ...littleEndian(text.length, 4), ...text);
  } else if ("tuple" in value) {
    for (const member of value.tuple) write(member, out);
    out.push(0x86);
  } else if ("dict" in value) {
    out.push(code("}"), code("("));
    for (const [key, member] of Object.entries(value.dict)) {
      write(key, out);
      write(member, out);
    }
    out.push(code("u"));
  } else {
    out.push(code("]"), code("("));
    for (const member of value as readonly Pickled[]) write(member, out);
    out.push(code("e"));
  }
}

function writeInteger(value: number, out: number[]): void {
  if (value < 256) out.push(code("K"), value);
  else if (value < 2 ** 31) out.push(code("J"), ...littleEndian(value, 4));
  else out.push(0x8a, 5, ...littleEndian(value, 5));
}

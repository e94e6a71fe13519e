/** The guide's files of segments: in each line a start and an end in seconds. */
import { readFileSync } from "node:fs";

/** A part of a video, in seconds. */
export interface FileSegment {
  /** Where it begins. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
}

/** A plain number; Number() alone takes an empty text, and "0x10", too. */
const NUMBER = /^\d+(\.\d*)?$|^\.\d+$/;

/**
 * Reads one. Spaces, tabs or a comma stand between the two numbers; empty lines, and what follows a "#", do not
 * count.
 *
 * @throws {SyntaxError} that names the line, if it is not two numbers
 * @throws {RangeError} if the first is not less than the second
 */
export function readSegments(path: string): FileSegment[] {
  const lines = readFileSync(path, "utf8").split(/\r?\n/);
  return lines.flatMap((line, i): FileSegment[] => {
    const text = line.replace(/#.*/, "").trim();
    if (text === "") return [];
    const where = `${path}, line ${i + 1}`;
    const words = text.split(/\s*,\s*|\s+/);
    if (words.length !== 2 || !words.every((word) => NUMBER.test(word))) {
      throw new SyntaxError(`${where}: "${text}" is not a start and an end in seconds`);
    }
    const [start, end] = words.map(Number);
    if (start >= end) throw new RangeError(`${where}: ${start} is not before ${end}`);
    return [{ start, end }];
  });
}

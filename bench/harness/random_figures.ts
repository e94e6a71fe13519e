/**
 * What bench/random_access.ts is judged by.
 *
 * @module
 */

import { UNIT } from "./contestants.ts";
import { median, round, type Sample } from "./measure.ts";
import { NAME, type Runtime, RUNTIMES } from "./random_contestants.ts";
import { printed, wallRatio } from "./rounds.ts";

/** A number that must not be larger than its limit. */
export interface LimitedFigure {
  /** What it tells. */
  readonly what: string;
  /** What was measured. */
  readonly value: number;
  /** The target. */
  readonly limit: number;
  /** Unit of both, with a space in front; "" for ratios and counts. */
  readonly unit: string;
}

/** All samples of all contestants that were run, by name. */
export type Runs = ReadonlyMap<string, readonly Sample[]>;

/** A contestant's samples against another's; none if one of them was not run. */
function ratio(runs: Runs, name: string, to: string, limit: number): LimitedFigure[] {
  const [own, other] = [runs.get(name), runs.get(to)];
  if (own === undefined || other === undefined) return [];
  const value = round(wallRatio(own, other));
  return [{ what: `${name}: time to that of \`${to}\``, value, limit, unit: "" }];
}

/** The largest of some number in a contestant's output; none if it was not run. */
function largest(
  runs: Runs,
  name: string,
  what: string,
  limit: number,
  valueOf: (values: Record<string, unknown>, round: number) => number,
): LimitedFigure[] {
  const values = runs.get(name)?.map((sample, i) => valueOf(printed(sample), i));
  if (values === undefined) return [];
  return [{ what: `${name}: ${what}`, value: round(Math.max(...values)), limit, unit: "" }];
}

function figuresIn(
  runtime: Runtime,
  runs: Runs,
  peers: readonly string[],
  fewestPackets: (round: number) => number,
): LimitedFigure[] {
  const random = NAME.random(runtime);
  const longGop = NAME.longGop(runtime);
  const reuse = NAME.reuse(runtime);
  const consumer = runs.get(NAME.consumer(runtime))?.map(printed);
  return [
    ...ratio(runs, random, UNIT, 0.45),
    ...peers.flatMap((peer) => ratio(runs, random, NAME.peer(peer), 0.25)),
    ...ratio(runs, NAME.batches(runtime), UNIT, 0.9),
    ...ratio(runs, NAME.threaded(runtime), UNIT, 0.9),
    ...ratio(runs, longGop, NAME.longGopSelect, 1),
    ...largest(
      runs,
      longGop,
      "packets decoded to the fewest possible",
      1,
      ({ packetsDecoded }, i) => Number(packetsDecoded) / fewestPackets(i),
    ),
    ...ratio(runs, reuse, NAME.anew(runtime), 1),
    ...largest(
      runs,
      reuse,
      "decoders made",
      1,
      ({ decodersCreated }) => Number(decodersCreated),
    ),
    ...consumer === undefined ? [] : [{
      what: `${NAME.consumer(runtime)}: whole time to that of the work`,
      value: round(median(consumer.map((run) => Number(run.totalMs) / Number(run.consumerMs)))),
      limit: 1.1,
      unit: "",
    }],
  ];
}

/** All figures for which there are samples. */
export function figuresOf(
  runs: Runs,
  peers: readonly string[],
  fewestPackets: (round: number) => number,
): LimitedFigure[] {
  return RUNTIMES.flatMap((runtime) => figuresIn(runtime, runs, peers, fewestPackets));
}

/** Of what a program printed that was started to see what many random frames leave behind. */
export function memoryFigures(runtime: Runtime, calls: number, sample: Sample): LimitedFigure[] {
  const { right, secondQuarter, lastQuarter, liveFrames } = printed(sample);
  if (right !== calls) throw new Error(`${right} of ${calls} frames are the right ones`);
  const what = `${calls} random calls of at(), ${runtime}`;
  const growth = (Number(lastQuarter) - Number(secondQuarter)) / 2 ** 20;
  return [
    { what: `${what}: growth of memory`, value: round(growth, 1), limit: 8, unit: " MB" },
    { what: `${what}: live frames after it`, value: Number(liveFrames), limit: 0, unit: "" },
  ];
}

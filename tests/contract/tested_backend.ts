/** The backend under test, what it decodes, and tests of promises that one backend makes alone. */
import { test } from "node:test";
import process from "node:process";
import type { DecoderQueryDescriptor } from "../../mod.ts";
import type { ClipTraits } from "../support/clips.ts";
import { allClips } from "../support/clips.ts";
import { type CuframeAdapter, requestAdapter } from "./cuframe.ts";

/** Where frames are decoded. */
export type BackendName = "cpu" | "cuda";

/** Which backend the suite runs on: CUFRAME_TEST_BACKEND, by default the CPU. */
export function contractBackend(): BackendName {
  const name = process.env.CUFRAME_TEST_BACKEND ?? "cpu";
  if (name === "cpu" || name === "cuda") return name;
  throw new RangeError(`CUFRAME_TEST_BACKEND is cpu or cuda, not ${name}`);
}

/** A test of what one backend promises and the other cannot, for the reason given. */
export function testOn(
  backend: BackendName,
  reason: string,
  name: string,
  work: () => Promise<void> | void,
): void {
  const skip = contractBackend() === backend ? false : `On ${backend} only: ${reason}`;
  test(name, { skip }, work);
}

/** Options of decoders whose frames must lie in host memory, where views of it are what is tested. */
export function hostFrames(): { readonly useDeviceMemory?: boolean } {
  return contractBackend() === "cuda" ? { useDeviceMemory: false } : {};
}

let gpu: Promise<CuframeAdapter> | undefined;
const answers = new Map<string, Promise<boolean>>();

/** What is decoded: a clip, its name, or what tells whether a GPU can. */
export type Decoded = string | ClipTraits | DecoderQueryDescriptor;

/** Where a device of the backend under test, or an "auto" one, decodes all of the clips. */
export async function backendOf(...clips: readonly Decoded[]): Promise<BackendName> {
  if (contractBackend() === "cpu") return "cpu";
  for (const clip of clips) {
    const traits = typeof clip === "string" ? traitsOf(clip) : clip;
    if ("making" in traits && isLosslessH264(traits)) return "cpu";
    const queries = "making" in traits ? queriesOf(traits) : [traits];
    for (const query of queries) if (!await gpuDecodes(query)) return "cpu";
  }
  return "cuda";
}

/** What NVDEC does not decode, although no capability tells of it: it is a profile. */
export function isLosslessH264({ codec, lossless }: ClipTraits): boolean {
  return codec === "h264" && lossless;
}

function traitsOf(name: string): ClipTraits {
  const traits = allClips().find((clip) => clip.name === name);
  if (traits === undefined) throw new RangeError(`There is no clip named ${name}`);
  return traits;
}

function gpuDecodes(query: DecoderQueryDescriptor): Promise<boolean> {
  const key = JSON.stringify(query);
  const ask = async (): Promise<boolean> => {
    gpu ??= requestAdapter({ backend: "cuda" });
    return (await (await gpu).decoderSupport(query)).isSupported;
  };
  const answer = answers.get(key) ?? ask();
  answers.set(key, answer);
  return answer;
}

/** What decoders of a clip are asked for: twice for clips that change on the way. */
export function queriesOf(clip: ClipTraits): DecoderQueryDescriptor[] {
  const { codec, width, height, pixelFormat, making, thenSize, thenPixelFormat } = clip;
  // What is coded, where libav gives another format.
  const coded = "rawFormat" in making && making.rawFormat !== undefined
    ? making.rawFormat
    : pixelFormat;
  const query = (format: string, size: readonly [number, number]): DecoderQueryDescriptor => ({
    ...{ codec, width: size[0], height: size[1] },
    chroma: format.startsWith("gray") ? "4:0:0" : kChroma[/4(?:20|22|44)/.exec(format)![0]],
    bitDepth: Number(/p(\d+)le$/.exec(format)?.[1] ?? 8),
  });
  const first = query(coded, [width, height]);
  if (thenSize === undefined && thenPixelFormat === undefined) return [first];
  return [first, query(thenPixelFormat ?? coded, thenSize ?? [width, height])];
}

const kChroma: Readonly<Record<string, DecoderQueryDescriptor["chroma"]>> = {
  ...{ "420": "4:2:0", "422": "4:2:2", "444": "4:4:4" },
};

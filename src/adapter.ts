/**
 * Adapters: what this machine has to work with.
 *
 * @module
 */

import {
  AdapterInfo as NativeAdapterInfo,
  Backend,
  ChromaFormat,
  DecoderQuery,
  DecoderSupport as NativeDecoderSupport,
  LibraryInfo,
} from "../ffi/abi.ts";
import { queue } from "../ffi/completion.ts";
import { library } from "../ffi/library.ts";
import { codecName } from "./codec_name.ts";
import { checkDescriptor, integer, oneOf, text } from "./descriptor.ts";
import { createDevice, type Device, type DeviceOptions } from "./device.ts";
import { UnsupportedError } from "./errors.ts";
import { formatName, type PixelFormat } from "./format.ts";
import { callWithError, checked, native, run } from "./native_call.ts";

/** Which adapter is wanted. */
export interface AdapterDescriptor {
  /** "auto" (default): the best that is usable; "cpu"; "cuda". */
  readonly backend?: "auto" | "cpu" | "cuda";
}

/** Which device is wanted. */
export interface DeviceDescriptor extends AdapterDescriptor, DeviceOptions {}

/** What an adapter is. */
export interface AdapterInfo {
  /** Name of the processor. */
  readonly name: string;
  /** Who makes the codecs: "libav" on the CPU. */
  readonly vendor: string;
  /** Versions of what does the work. */
  readonly driver: string;
  /** Whether it is a simulation for tests. */
  readonly isSimulated: boolean;
  /** Processors of the machine. */
  readonly processorCount: number;
  /** Bytes of memory. */
  readonly memoryBytes: number;
  /** Version of the native library. */
  readonly libraryVersion: string;
  /** Versions of the libav libraries. */
  readonly libavVersions: string;
  /** Licence of the libav libraries. */
  readonly libavLicense: string;
  /** Instruction set that pixel conversion uses, such as "AVX2". */
  readonly simdTarget: string;
}

/** Bounds of an adapter. */
export interface AdapterLimits {
  /** Most threads that a decoder may use. */
  readonly maxThreads: number;
  /** Decoding engines in hardware; 0 on the CPU. */
  readonly decodeEngines: number;
}

/** What is to be decoded. */
export interface DecoderQueryDescriptor {
  /** libav's name, an alias or a WebCodecs codec string. */
  readonly codec: string;
  /** Chroma sampling; default "4:2:0". */
  readonly chroma?: "4:0:0" | "4:2:0" | "4:2:2" | "4:4:4";
  /** Bits of a sample; default 8. */
  readonly bitDepth?: number;
  /** Width in pixels; default: any. */
  readonly width?: number;
  /** Height in pixels; default: any. */
  readonly height?: number;
}

/** Whether and how something can be decoded. */
export interface DecoderSupport {
  /** Whether it can. */
  readonly isSupported: boolean;
  /** Why not; empty if it can. */
  readonly reason: string;
  /** Which decoder would do it. */
  readonly implementation: string;
  /** Whether its decoders take `enableDecodeStats`. */
  readonly hasDecodeStats: boolean;
  /** Format of its "native" frames; "UNKNOWN" where it depends on the stream. */
  readonly nativeFormat: PixelFormat;
  /** Smallest width in pixels; 0 if there is no bound. */
  readonly minWidth: number;
  /** Smallest height in pixels; 0 if there is no bound. */
  readonly minHeight: number;
  /** Largest width in pixels; null if there is no bound. */
  readonly maxWidth: number | null;
  /** Largest height in pixels; null if there is no bound. */
  readonly maxHeight: number | null;
}

const MOST_THREADS = 256;
const LARGEST_SIDE = 1 << 20;
const BACKENDS = oneOf("auto", "cpu", "cuda");

/** Something that can decode: the processor. Made by `requestAdapter()` and `listAdapters()`. */
export class CuframeAdapter {
  /** Where it works. */
  readonly backend: "cpu" | "cuda";
  /** What it is. */
  readonly info: AdapterInfo;
  /**
   * What it can: "demux", "decode", "convert", and "zero-copy-views" unless Deno's --allow-ffi is
   * scoped to a path.
   */
  readonly features: ReadonlySet<string>;
  /** Its bounds. */
  readonly limits: AdapterLimits;
  readonly #code: number;
  readonly #ordinal: number;

  /** @ignore Adapters come from requestAdapter() and listAdapters(). */
  constructor(native: NativeAdapterInfo, about: LibraryInfo) {
    this.#code = native.backend;
    this.#ordinal = native.ordinal;
    this.backend = native.backend === Backend.CUDA ? "cuda" : "cpu";
    this.info = {
      name: native.name,
      vendor: native.vendor,
      driver: native.driver,
      isSimulated: native.isSimulated !== 0,
      processorCount: native.processorCount,
      memoryBytes: native.memoryBytes,
      libraryVersion: about.version,
      libavVersions: about.libavVersions,
      libavLicense: about.libavLicense,
      simdTarget: about.simdTarget,
    };
    const views = library().canView() ? ["zero-copy-views"] : [];
    this.features = new Set(["demux", "decode", "convert", ...views]);
    this.limits = { maxThreads: MOST_THREADS, decodeEngines: native.decodeEngines };
  }

  /** Tells whether a kind of video can be decoded here. */
  // deno-lint-ignore require-await -- on a GPU the driver must be asked
  async decoderSupport(descriptor: DecoderQueryDescriptor): Promise<DecoderSupport> {
    checkDescriptor("decoderSupport()", descriptor, {
      codec: text(),
      chroma: oneOf("4:0:0", "4:2:0", "4:2:2", "4:4:4"),
      bitDepth: integer(8, 16),
      width: integer(1, LARGEST_SIDE),
      height: integer(1, LARGEST_SIDE),
    }, ["codec"]);
    const query = new DecoderQuery();
    query.backend = this.#code;
    query.ordinal = this.#ordinal;
    query.codec = codecName(descriptor.codec);
    const chroma = (descriptor.chroma ?? "4:2:0").replaceAll(":", "");
    query.chromaFormat = ChromaFormat[chroma as "400" | "420" | "422" | "444"];
    query.bitDepth = descriptor.bitDepth ?? 8;
    query.width = descriptor.width ?? 0;
    query.height = descriptor.height ?? 0;
    const support = new NativeDecoderSupport();
    callWithError(
      (error) => native().cuf_adapter_decoder_support(query.bytes, support.bytes, error.bytes),
      "Asking for decoder support",
    );
    return {
      isSupported: support.isSupported !== 0,
      reason: support.reason,
      implementation: support.implementation,
      hasDecodeStats: support.hasDecodeStats !== 0,
      nativeFormat: formatName(support.nativeFormat),
      minWidth: support.minWidth,
      minHeight: support.minHeight,
      maxWidth: support.maxWidth || null,
      maxHeight: support.maxHeight || null,
    };
  }

  /** Makes a device on this adapter. */
  async requestDevice(options: DeviceOptions = {}): Promise<Device> {
    checkDescriptor("requestDevice()", options, deviceRules);
    return await createDevice({ backend: this.#code, ordinal: this.#ordinal }, options);
  }
}

const deviceRules = {
  threads: integer(1, MOST_THREADS),
  memoryBudgetBytes: integer(1),
  label: text(),
};

/** All adapters of this machine, the best one first. */
export async function listAdapters(): Promise<CuframeAdapter[]> {
  const { value: capacity } = await run(
    (ticket) => native().cuf_adapter_scan(queue(), ticket),
    { what: "Looking for adapters" },
  );
  const records = new Uint8Array(NativeAdapterInfo.size * capacity);
  const count = checked(native().cuf_adapter_list(records, capacity), "Listing the adapters");
  const about = new LibraryInfo();
  callWithError(
    (error) => native().cuf_library_info(about.bytes, error.bytes),
    "Reading the library's versions",
  );
  return Array.from(
    { length: count },
    (_, i) => new CuframeAdapter(new NativeAdapterInfo(records, i * NativeAdapterInfo.size), about),
  );
}

/**
 * The adapter of a backend.
 *
 * @throws {UnsupportedError} if this machine or this build has none
 */
export async function requestAdapter(descriptor: AdapterDescriptor = {}): Promise<CuframeAdapter> {
  checkDescriptor("requestAdapter()", descriptor, { backend: BACKENDS });
  const { backend = "auto" } = descriptor;
  const adapters = await listAdapters();
  const adapter = backend === "auto" ? adapters[0] : adapters.find((it) => it.backend === backend);
  if (adapter !== undefined) return adapter;
  throw new UnsupportedError(
    `There is no ${backend} adapter: this build has the CPU backend only; ask for "cpu" or "auto"`,
  );
}

/**
 * A device, on the best adapter unless a backend is named.
 *
 * @throws {UnsupportedError} if this machine or this build does not have the backend
 */
export async function requestDevice(descriptor: DeviceDescriptor = {}): Promise<Device> {
  checkDescriptor("requestDevice()", descriptor, { backend: BACKENDS, ...deviceRules });
  const { backend, ...options } = descriptor;
  const adapter = await requestAdapter({ backend });
  return await adapter.requestDevice(options);
}

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
  ErrorStruct,
  LibraryInfo,
} from "../ffi/abi.ts";
import { queue } from "../ffi/completion.ts";
import { library } from "../ffi/library.ts";
import { announceLibrary } from "../ffi/log.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { codecName } from "./codec_name.ts";
import { LARGEST_SIDE, MOST_THREADS } from "./decoder_options.ts";
import { checkDescriptor, integer, oneOf, text } from "./descriptor.ts";
import { createDevice, type Device } from "./device.ts";
import type { DeviceOptions } from "./device_options.ts";
import type { EncoderConfig } from "./encoder_options.ts";
import { type EncoderSupport, encoderSupport } from "./encoder_support.ts";
import { UnsupportedError } from "./errors.ts";
import { formatName, type PixelFormat } from "./format.ts";
import { cudaAddress } from "./gpu_options.ts";
import { callWithError, checked, native, run } from "./native_call.ts";

/** Which adapter is wanted. */
export interface AdapterDescriptor {
  /** "auto" (default): the best that is usable; "cpu"; "cuda". */
  readonly backend?: "auto" | "cpu" | "cuda";
  /** Number of the GPU, from 0, in the order of the driver; default 0. Only for "auto" and "cuda". */
  readonly gpu?: number;
}

/** Which device is wanted. */
export interface DeviceDescriptor extends AdapterDescriptor, DeviceOptions {}

/** What an adapter is. */
export interface AdapterInfo {
  /** Name of the processor or the GPU. */
  readonly name: string;
  /** Who makes the codecs: "libav" on the CPU, "NVIDIA". */
  readonly vendor: string;
  /** Versions of what does the work: libav's, or the newest CUDA that the driver supports. */
  readonly driver: string;
  /** Whether it is a simulation for tests. */
  readonly isSimulated: boolean;
  /** Processors of the machine. */
  readonly processorCount: number;
  /** Bytes of memory, of the machine or the GPU. */
  readonly memoryBytes: number;
  /** Compute capability of a GPU, such as "9.0"; null for the CPU. */
  readonly computeCapability: string | null;
  /** On the cpu adapter, why there is no cuda one beside it; null if there is one. */
  readonly cudaUnavailable: string | null;
  /** On a cuda adapter, why it has no encoder; null if it has. */
  readonly encoderUnavailable: string | null;
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
  /** Engines in hardware that decode it; 0 on the CPU. */
  readonly decodeEngines: number;
}

const BACKENDS = oneOf("auto", "cpu", "cuda");
const GPU_NUMBERS = integer(0, 2 ** 31 - 1);

/** Something that can decode and encode: the processor or a GPU. Made by `requestAdapter()` and `listAdapters()`. */
export class CuframeAdapter {
  /** Where it works. */
  readonly backend: "cpu" | "cuda";
  /** What it is. */
  readonly info: AdapterInfo;
  /** Number of the GPU; null for the CPU. */
  readonly gpu: number | null;
  /**
   * What it can: "demux", "decode", "convert", "encode" where it has encoders, "device-memory" on a GPU, and "zero-copy-views" of host
   * memory unless Deno's --allow-ffi is scoped to a path.
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
    const isGpu = native.backend === Backend.CUDA;
    this.backend = isGpu ? "cuda" : "cpu";
    this.gpu = isGpu ? native.ordinal : null;
    this.info = {
      name: native.name,
      vendor: native.vendor,
      driver: native.driver,
      isSimulated: native.isSimulated !== 0,
      processorCount: native.processorCount,
      memoryBytes: native.memoryBytes,
      computeCapability: isGpu ? `${native.computeMajor}.${native.computeMinor}` : null,
      cudaUnavailable: native.cudaAbsence || null,
      encoderUnavailable: native.encoderAbsence || null,
      libraryVersion: about.version,
      libavVersions: about.libavVersions,
      libavLicense: about.libavLicense,
      simdTarget: about.simdTarget,
    };
    const views = library().canView() ? ["zero-copy-views"] : [];
    const memory = isGpu ? ["device-memory"] : [];
    const encoding = native.encoderAbsence === "" ? ["encode"] : [];
    this.features = new Set(["demux", "decode", "convert", ...encoding, ...memory, ...views]);
    this.limits = { maxThreads: MOST_THREADS, decodeEngines: native.decodeEngines };
  }

  /** Tells whether a kind of video can be decoded here. */
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
    const support = await ask(query);
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
      decodeEngines: support.decodeEngines,
    };
  }

  /**
   * Tells whether pictures can be encoded here, and what they would be encoded with. `{ width, height }` and
   * every parameter of `createEncoder()` are taken.
   */
  async encoderSupport(config: EncoderConfig): Promise<EncoderSupport> {
    return await encoderSupport({ backend: this.#code, ordinal: this.#ordinal }, config);
  }

  /** Makes a device on this adapter. */
  async requestDevice(options: DeviceOptions = {}): Promise<Device> {
    checkDescriptor("requestDevice()", options, deviceRules);
    return await createDevice({ backend: this.#code, ordinal: this.#ordinal }, options);
  }
}

async function ask(query: DecoderQuery): Promise<NativeDecoderSupport> {
  const error = new ErrorStruct();
  const { value } = await run(
    (ticket) => native().cuf_adapter_query(queue(), query.bytes, ticket, error.bytes),
    { error, what: "Asking for decoder support" },
  );
  const answer = new NativeHandle(value, "decoder support", "answer");
  const support = new NativeDecoderSupport();
  try {
    const status = native().cuf_answer_decoder_support(value, support.bytes);
    checked(status, "Asking for decoder support");
  } finally {
    answer.close();
  }
  return support;
}

const deviceRules = {
  cudaContext: cudaAddress,
  threads: integer(1, MOST_THREADS),
  memoryBudgetBytes: integer(1),
  label: text(),
};

/** All adapters of this machine, the best one first. */
export async function listAdapters(): Promise<CuframeAdapter[]> {
  announceLibrary();
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
  checkDescriptor("requestAdapter()", descriptor, { backend: BACKENDS, gpu: GPU_NUMBERS });
  const { backend = "auto", gpu } = descriptor;
  const adapters = await listAdapters();
  const isWanted = (it: CuframeAdapter): boolean =>
    (backend === "auto" || it.backend === backend) && (gpu === undefined || it.gpu === gpu);
  const adapter = adapters.find(isWanted);
  if (adapter !== undefined) return adapter;
  if (backend === "cpu") throw new UnsupportedError("The cpu backend has no gpu; leave gpu out");
  const reason = adapters.at(-1)?.info.cudaUnavailable ??
    `this machine has GPUs 0 to ${adapters.length - 2}`;
  const wanted = gpu === undefined ? "cuda adapter" : `GPU ${gpu}`;
  throw new UnsupportedError(`There is no ${wanted}: ${reason}; ask for backend "cpu" or "auto"`);
}

/**
 * A device, on the best adapter unless a backend is named.
 *
 * @throws {UnsupportedError} if this machine or this build does not have the backend
 */
export async function requestDevice(descriptor: DeviceDescriptor = {}): Promise<Device> {
  checkDescriptor("requestDevice()", descriptor, {
    backend: BACKENDS,
    gpu: GPU_NUMBERS,
    ...deviceRules,
  });
  const { backend = "auto", gpu, ...options } = descriptor;
  const adapter = await requestAdapter({ backend, gpu });
  if (backend !== "auto") return await adapter.requestDevice(options);
  return await createDevice({ backend: Backend.AUTO, ordinal: adapter.gpu ?? 0 }, options);
}

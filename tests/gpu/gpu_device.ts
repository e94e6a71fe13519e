/** The GPU that is checked, and the CPU backend beside it. */
import process from "node:process";
import { type CuframeAdapter, type Device, listAdapters, requestDevice } from "../../mod.ts";

/** CUFRAME_REQUIRE=cuda: without a usable GPU the checks fail; otherwise they are skipped. */
const isRequired = process.env.CUFRAME_REQUIRE === "cuda";

const adapters = await listAdapters();
const found = adapters.find(({ backend }) => backend === "cuda");
if (found === undefined && isRequired) {
  throw new Error(`CUFRAME_REQUIRE=cuda: ${adapters.at(-1)?.info.cudaUnavailable}`);
}

/** The GPU's adapter, where there is one. */
export const gpu: CuframeAdapter | undefined = found;
/** Options of tests that need a GPU. */
export const onGpu: { readonly skip: string | false; readonly timeout: number } = {
  skip: found === undefined ? `No GPU: ${adapters.at(-1)?.info.cudaUnavailable}` : false,
  timeout: 300_000,
};
/** Whether the GPU is the simulated one of the tests. */
export const isSimulated: boolean = found?.info.isSimulated ?? false;

/** A device on the GPU. */
export function gpuDevice(): Promise<Device> {
  return requestDevice({ backend: "cuda" });
}

/** A device on the CPU. */
export function cpuDevice(): Promise<Device> {
  return requestDevice({ backend: "cpu" });
}

/**
 * The runtime's own permissions: native code opens files behind Deno's back, so it must ask first.
 *
 * @module
 */

import { MediaIoError } from "./errors.ts";

interface DenoPermissions {
  request(
    wanted: { name: "read" | "write"; path: string } | { name: "net"; host: string },
  ): Promise<{ state: string }>;
}

/** Bun has none. */
function permissions(): DenoPermissions | undefined {
  const { Deno: runtime } = globalThis as { readonly Deno?: { permissions?: DenoPermissions } };
  return runtime?.permissions;
}

/** Throws MediaIoError unless the script may read the file. */
export async function requireRead(path: string): Promise<void> {
  const { state } = await permissions()?.request({ name: "read", path }) ?? { state: "granted" };
  if (state !== "granted") {
    throw new MediaIoError(
      `Reading ${JSON.stringify(path)} is not permitted; run Deno again with --allow-read=${path}`,
    );
  }
}

/** Throws MediaIoError unless the script may write the file. */
export async function requireWrite(path: string): Promise<void> {
  const { state } = await permissions()?.request({ name: "write", path }) ?? { state: "granted" };
  if (state !== "granted") {
    throw new MediaIoError(
      `Writing ${JSON.stringify(path)} is not permitted; run Deno again with --allow-write=${path}`,
    );
  }
}

/** Throws MediaIoError unless the script may connect to the address's host; `name` is the address in messages. */
export async function requireNet(address: URL, name: string): Promise<void> {
  const port = address.port || (address.protocol === "https:" ? "443" : "80");
  const host = `${address.hostname}:${port}`;
  const { state } = await permissions()?.request({ name: "net", host }) ?? { state: "granted" };
  if (state !== "granted") {
    throw new MediaIoError(
      `Reading ${name} is not permitted; run Deno again with --allow-net=${host}`,
    );
  }
}

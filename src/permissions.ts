/**
 * The runtime's own permissions: native code opens files behind Deno's back, so it must ask first.
 *
 * @module
 */

import { MediaIoError } from "./errors.ts";

interface DenoPermissions {
  request(wanted: { name: string; path: string }): Promise<{ state: string }>;
}

/** Throws MediaIoError unless the script may read the file. Bun has no permissions. */
export async function requireRead(path: string): Promise<void> {
  const { Deno: runtime } = globalThis as { readonly Deno?: { permissions?: DenoPermissions } };
  const permissions = runtime?.permissions;
  if (permissions === undefined) return;
  const { state } = await permissions.request({ name: "read", path });
  if (state !== "granted") {
    throw new MediaIoError(
      `Reading ${JSON.stringify(path)} is not permitted; run Deno again with --allow-read=${path}`,
    );
  }
}

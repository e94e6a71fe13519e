import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DemuxerDesc, DeviceDesc, ErrorStruct, Status } from "../../ffi/abi.ts";
import { queue, submit } from "../../ffi/completion.ts";
import { NativeError } from "../../ffi/native_error.ts";
import { ClosedHandle, NativeHandle } from "../../ffi/handle.ts";
import { library } from "../../ffi/library.ts";
import { openDevice, openWithoutBytes, scan } from "./completion_work.ts";

const { symbols } = library();
const makeDevice = async (): Promise<NativeHandle> =>
  new NativeHandle(await openDevice(), "test", "device");

test("many pieces of work complete, each with its own ticket", async () => {
  const scans = Array.from({ length: 200 }, scan);
  const outcomes = await Promise.all(scans);
  assertEquals(new Set(outcomes.map(({ ticket }) => ticket)).size, 200);
  assert(outcomes.every(({ value }) => value >= 1));
});

test("the error of failed work names its file", async () => {
  const device = await makeDevice();
  const path = new TextEncoder().encode("/nowhere/missing.mp4");
  const desc = new DemuxerDesc();
  const opening = submit((ticket) =>
    symbols.cuf_demuxer_open(device.value, desc.bytes, path, path.length, ticket, null)
  );
  const error = await assertRejects(() => opening, NativeError, "/nowhere/missing.mp4");
  assertEquals(error.status, Status.IO);
  device.close();
});

test("a call that is refused at once rejects with its own error", async () => {
  const desc = new DeviceDesc();
  desc.threads = 100000;
  const error = new ErrorStruct();
  const creating = submit(
    (ticket) => symbols.cuf_device_create(queue(), desc.bytes, ticket, error.bytes),
    { error },
  );
  const refused = await assertRejects(() => creating, NativeError, "threads");
  assertEquals(refused.status, Status.INVALID_ARGUMENT);
});

test("an abort ends work that waits for bytes", async () => {
  const device = await makeDevice();
  const controller = new AbortController();
  const opening = openWithoutBytes(device.value, controller.signal);
  setTimeout(() => controller.abort(new Error("changed my mind")), 30);
  await assertRejects(() => opening, Error, "changed my mind");
  device.close();
});

test("closing a device ends the work that it was doing", async () => {
  const device = await makeDevice();
  const opening = openWithoutBytes(device.value);
  setTimeout(() => device.close(), 30);
  const error = await assertRejects(() => opening, NativeError);
  assertEquals(error.status, Status.ABORTED);
});

test("a handle closes once and refuses use afterwards", async () => {
  const device = await makeDevice();
  const number = device.value;
  device.close();
  device.close();
  assert(device.isClosed);
  assertThrows(() => device.value, ClosedHandle, "The device 'test' is closed");
  assertEquals(symbols.cuf_handle_close(number), Status.INVALID_HANDLE);
});

test("a released handle is not closed", async () => {
  const device = await makeDevice();
  const number = device.release();
  device.close();
  assertEquals(symbols.cuf_handle_close(number), Status.OK);
});

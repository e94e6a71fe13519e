/** Errors as a script catches them. */
import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { test } from "node:test";
import { clip } from "../support/clips.ts";
import {
  ClosedError,
  CorruptDataError,
  CuframeError,
  DeviceLostError,
  LibraryError,
  MediaIoError,
  OutOfMemoryError,
  UnsupportedError,
} from "./cuframe.ts";
import { withDevice } from "./contract_device.ts";

test("every error has its name, its code, a cause and a native code", () => {
  const classes = [
    [UnsupportedError, "unsupported", "UnsupportedError"],
    [CorruptDataError, "corrupt-data", "CorruptDataError"],
    [OutOfMemoryError, "out-of-memory", "OutOfMemoryError"],
    [DeviceLostError, "device-lost", "DeviceLostError"],
    [ClosedError, "closed", "ClosedError"],
    [MediaIoError, "io", "MediaIoError"],
  ] as const;
  const cause = new Error("Inner");
  for (const [Type, code, name] of classes) {
    const error = new Type("Something failed", { cause, nativeCode: -5 });
    assertInstanceOf(error, CuframeError);
    assertInstanceOf(error, Error);
    assertEquals([error.name, error.code, error.nativeCode], [name, code, -5]);
    assert(error.cause === cause, "The cause is lost");
    assertEquals(`${error}`, `${name}: Something failed`);
    const bare = new Type("Again");
    assertEquals([bare.nativeCode, bare.cause], [0, undefined]);
  }
  const base = new CuframeError("It was stopped", { code: "unsupported" });
  assertEquals([base.name, base.code, base.nativeCode], ["CuframeError", "unsupported", 0]);
  assertEquals(new CuframeError("Hm").code, "internal");
  assertEquals(new CorruptDataError("Hm").timestamp, null);
  assertEquals(new CorruptDataError("Hm", { timestamp: -40_000 }).timestamp, -40_000);
});

test("an error of the loader is not one of media", () => {
  const error = new LibraryError("There is no library");
  assertInstanceOf(error, Error);
  assertEquals([error.name, error.message], ["LibraryError", "There is no library"]);
});

test("messages begin with a capital letter, name the subject and have no full stop", async () => {
  const { path } = await clip("text.mp4");
  await withDevice(async (device) => {
    const failures: readonly (() => Promise<unknown>)[] = [
      () => device.createDemuxer(path),
      () => device.createDemuxer("no-such-file.mp4"),
      () => device.createDemuxer(""),
      () => device.createDemuxer(new Uint8Array(0)),
      () => device.createDecoder({ codec: "no-such-codec" }),
      () => device.createDecoder({ codec: "h264", threads: 0 }),
    ];
    for (const fail of failures) {
      const { message } = await assertRejects(fail, Error);
      assertMatch(message, /^(\/|"|[A-Z]|[a-z.-]+\.mp4|[A-Za-z]+\(\))/);
      assert(!/[.\n]$/.test(message), message);
      assert(message.length > 15 && message.length < 500, message);
    }
  });
});

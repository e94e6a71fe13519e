/** What is wrong with what muxers are given. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { MuxerDescriptor, MuxerSink } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { withDevice } from "./contract_device.ts";
import { ClosedError, Packet } from "./cuframe.ts";

test("descriptors are checked", async () => {
  await withDevice(async (device) => {
    const open = (sink: unknown, descriptor?: unknown) => () =>
      device.createMuxer(sink as MuxerSink, descriptor as MuxerDescriptor);
    const wrong: readonly [unknown, unknown?][] = [
      [undefined],
      [null],
      [7],
      [""],
      ["a\0.mp4"],
      [{}],
      [{ bytes: 1 }],
      [{ bytes: true, readable: true }],
      [{ bytes: true, more: 1 }],
      [new Uint8Array(1)],
      ["a.mp4", { faststart: true }],
      ["a.mp4", { container: "flv" }],
      ["a.mp4", { fastStart: 1 }],
      ["a.mp4", { metadata: { title: 1 } }],
      ["a.mp4", { metadata: { "": "a" } }],
      ["a.mp4", { fragmented: true, fastStart: true }],
      ["a.mkv", { fragmented: true }],
      ["a.mp4", null],
    ];
    for (const [sink, descriptor] of wrong) await assertRejects(open(sink, descriptor), TypeError);
    const stop = AbortSignal.abort(new Error("enough"));
    await assertRejects(open("a.mp4", { signal: stop }), Error, "enough");
  });
});

test("tracks are checked", async () => {
  await withDevice(async (device) => {
    await using demuxer = await device.createDemuxer((await clip("h264_aac.mp4")).path);
    await using muxer = await device.createMuxer({ bytes: true });
    const config = { codec: "h264", width: 176, height: 144 };
    const wrong: readonly (() => unknown)[] = [
      () => muxer.addVideoTrack(undefined as never),
      () => muxer.addVideoTrack({ codec: "h264" } as never),
      () => muxer.addVideoTrack({ ...config, codec: "nonsense" }),
      () => muxer.addVideoTrack({ ...config, codec: "mov_text" }),
      () => muxer.addVideoTrack(config, { rotation: 45 }),
      () => muxer.addVideoTrack(config, { language: "a long language" }),
      () => muxer.addVideoTrack(config, { frameRate: 0 }),
      () => muxer.addVideoTrack(config, { from: muxer as never }),
      () => muxer.addVideoTrack(config, { masteringDisplay: {} as never }),
      () => muxer.addVideoTrack(config, { colour: 1 } as never),
      () => muxer.copyTrack(muxer as never),
      () => muxer.copyTrack(demuxer, 1),
      () => muxer.copyTracks(demuxer, { only: ["data" as never] }),
    ];
    for (const add of wrong) assertThrows(add, TypeError);
    assertThrows(() => muxer.addVideoTrack({ ...config, width: 0 }), RangeError);
    assertThrows(() => muxer.copyTrack(demuxer, 9), RangeError);
    await assertRejects(() => muxer.finish(), TypeError, "no track");
  });
});

test("packets are checked, and what is right is written", async () => {
  await withDevice(async (device) => {
    await using demuxer = await device.createDemuxer((await clip("h264_b_pyramid.mp4")).path);
    await using muxer = await device.createMuxer({ bytes: true });
    const first = (await demuxer.read())!;
    await assertRejects(() => muxer.write(first), TypeError, "no tracks");
    await assertRejects(() => muxer.write({} as never), TypeError, "Packets");
    const track = muxer.copyTrack(demuxer);
    await using other = await device.createMuxer({ bytes: true });
    await assertRejects(() => other.write(first, track), TypeError, "no track");
    await muxer.write(first);
    await assertRejects(() => muxer.write(first), TypeError, "dts");
    const untimed = new Packet({ data: first.data, pts: null });
    await assertRejects(() => muxer.write(untimed, track), TypeError, "no time");
    const early = new Packet({ data: first.data, pts: 5, dts: 9_000_000, timestamp: 5 });
    await assertRejects(() => muxer.write(early, track), TypeError, "before it is decoded");
    assertThrows(() => muxer.copyTrack(demuxer), TypeError, "before the first packet");
    await muxer.write((await demuxer.read())!);
    assertEquals((await muxer.finish()).packets, 2);
    await assertRejects(() => muxer.write(first), ClosedError);
  });
});

test("a track without packets and headers cannot be finished", async () => {
  await withDevice(async (device) => {
    await using muxer = await device.createMuxer({ bytes: true });
    muxer.addVideoTrack({ codec: "h264", width: 176, height: 144 });
    await assertRejects(() => muxer.finish(), TypeError, "got no packet");
    await using delta = await device.createMuxer({ bytes: true });
    delta.addVideoTrack({ codec: "h264", width: 176, height: 144 });
    const packet = new Packet({ data: new Uint8Array([0, 0, 0, 1, 65, 1, 2, 3]), timestamp: 0 });
    await assertRejects(() => delta.write(packet), TypeError, "headers");
  });
});

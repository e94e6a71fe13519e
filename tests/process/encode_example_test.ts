/** The examples of encoding, with the permissions that they document. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { clip } from "../support/clips.ts";
import { ffprobeFrames, ffprobeStreams, joinBytes } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { decodedPictures, expectedPictures, psnr, rawPictures } from "../support/raw_pictures.ts";
import { traceHeaders } from "../support/trace_headers.ts";
import { documentedPermissions, type Ending, LIMIT, runProgram } from "./child.ts";

async function run(name: string, args: readonly string[]): Promise<Ending> {
  const permissions = documentedPermissions(name);
  assert(permissions.includes("--allow-ffi"));
  return await runProgram(`../../examples/${name}`, { args, permissions });
}

test("encode.ts encodes raw frames by the guide's JSON", LIMIT, async () => {
  await inFolder(async (folder) => {
    const [input, output, config] = ["in.yuv", "out.hevc", "config.json"].map((it) =>
      join(folder, it)
    );
    const raw = await rawPictures("nv12", { source: "test" });
    writeFileSync(input, joinBytes(raw.pictures));
    writeFileSync(
      config,
      JSON.stringify({
        preset: "P3",
        rc: "vbr",
        bitrate: "2M",
        maxbitrate: "3M",
        gop: "5",
        bf: "0",
      }),
    );
    const size = `${raw.width}x${raw.height}`;
    const args = [
      "-i",
      input,
      "-s",
      size,
      "-f",
      "NV12",
      "-c",
      "hevc",
      "--config",
      config,
      "-o",
      output,
    ];
    const { code, stdout, stderr } = await run("encode.ts", args);
    assertEquals(code, 0, stderr);
    const { frames, chunks, bytes, codec, hostCopies } = JSON.parse(stdout);
    assertEquals([frames, chunks, codec, hostCopies], [10, 10, "hevc", 0]);
    assertEquals(readFileSync(output).length, bytes);
    const shown = await ffprobeFrames(output);
    assertEquals(shown.map(({ keyFrame }) => keyFrame).indexOf(true, 1), 5);
    assert(psnr(await decodedPictures(output, "nv12"), await expectedPictures(raw), 8) > 35);
  });
});

test("encode.ts encodes a video again, and says what is wrong", LIMIT, async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await inFolder(async (folder) => {
    const output = join(folder, "out.h264");
    const { code, stdout, stderr } = await run("encode.ts", ["-i", path, "-n", "12", "-o", output]);
    assertEquals(code, 0, stderr);
    assertEquals(JSON.parse(stdout).frames, 12);
    const [{ width, height }] = await ffprobeStreams(output);
    assertEquals([(await ffprobeFrames(output)).length, width, height], [12, 176, 144]);
    const config = join(folder, "config.json");
    writeFileSync(config, '{"bframes": "3"}');
    const wrong = await run("encode.ts", ["-i", path, "-o", output, "--config", config]);
    assertEquals(wrong.code, 1);
    assertStringIncludes(wrong.stderr, 'encoderConfigFromStrings() has no key "bframes"');
  });
});

test("encode_reconfigure.ts changes the bit rate of the stream", LIMIT, async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await inFolder(async (folder) => {
    const output = join(folder, "out.h264");
    const args = ["-i", path, "-o", output, "-b", "2000000", "-b", "60000", "-e", "15"];
    const { code, stdout, stderr } = await run("encode_reconfigure.ts", args);
    assertEquals(code, 0, stderr);
    const { frames, parts, reconfigures, reopens } = JSON.parse(stdout);
    assertEquals([reconfigures + reopens, parts.length], [
      parts.length - 1,
      Math.ceil(frames / 15),
    ]);
    assertEquals(parts.slice(0, 2).map((part: { bitrate: number }) => part.bitrate), [
      2_000_000,
      60_000,
    ]);
    assert(parts[0].bytes > 2 * parts[1].bytes, stdout);
    assertEquals((await ffprobeFrames(output)).length, frames);
  });
});

test("encode_sei_msg.ts inserts messages that are read back", LIMIT, async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await inFolder(async (folder) => {
    for (
      const [codec, ending, type] of [["h264", "h264", 5], ["hevc", "hevc", 5], [
        "av1",
        "obu",
        6,
      ]] as const
    ) {
      const output = join(folder, `out.${ending}`);
      const args = ["-i", path, "-c", codec, "-o", output, "-t", "seen"];
      const { code, stdout, stderr } = await run("encode_sei_msg.ts", args);
      assertEquals(code, 0, stderr);
      const { frames, messages, withMessages } = JSON.parse(stdout);
      assertEquals([messages, withMessages], [3 * frames, frames], codec);
      // FFmpeg cannot read metadata of the caller's own.
      if (codec === "av1") continue;
      const { packets } = await traceHeaders(output);
      const own = packets.flatMap((packet) => packet.messages).filter((it) => it.type === type);
      const texts = own.filter(({ payload }) =>
        new TextDecoder("latin1").decode(payload).endsWith("seen")
      );
      assertEquals(texts.length, frames, codec);
    }
  });
});

for (const mode of ["thread", "process"]) {
  test(
    `decode_perf.ts and encode_perf.ts run several workers, each in a ${mode}`,
    LIMIT,
    async () => {
      const { path } = await clip("h264_b_pyramid.mp4");
      const decoded = await run("decode_perf.ts", ["-i", path, "-n", "2", "-m", mode]);
      assertEquals(decoded.code, 0, decoded.stderr);
      const one = JSON.parse(decoded.stdout);
      assertEquals([one.workers, one.mode, one.frames % 2], [2, mode, 0]);
      assert(one.frames > 20 && one.fps > 0 && one.seconds > 0);
      const args = ["-n", "2", "-m", mode, "-s", "176x144", "-f", "20", "-c", "h264"];
      const encoded = await run("encode_perf.ts", args);
      assertEquals(encoded.code, 0, encoded.stderr);
      const two = JSON.parse(encoded.stdout);
      assertEquals([two.workers, two.mode, two.frames, two.codec], [2, mode, 40, "h264"]);
      assert(two.fps > 0);
    },
  );
}

test("decode_perf.ts says what it takes", LIMIT, async () => {
  const { code, stderr } = await run("decode_perf.ts", ["-i", "x", "-m", "fibre"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "-m takes thread or process");
});

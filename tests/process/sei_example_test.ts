/** The files of decode_sei_msg.ts are those of NVIDIA's sample: Python reads them as that does. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { clip } from "../support/clips.ts";
import { runCommand } from "../support/ffmpeg.ts";
import { h264Time, hevcHdr, hevcTime, mpeg2Time } from "../support/sei_recipes.ts";
import { LIMIT, runProgram } from "./child.ts";

const kPermissions = ["--allow-ffi", "--allow-read", "--allow-write"];
const kReader = join(import.meta.dirname!, "..", "support", "read_sei_pickle.py");

interface Read {
  readonly frames: number;
  readonly isSame: boolean;
  readonly first: { readonly [type: string]: unknown };
}

/** Runs the example on a video, and Python on its files. */
async function read(path: string, codec: string): Promise<Read & { readonly stderr: string }> {
  const folder = mkdtempSync(join(tmpdir(), "cuframe-"));
  try {
    const [sei, types] = [join(folder, "sei_message.bin"), join(folder, "sei_type_message.bin")];
    const args = ["-i", path, "-s", sei, "-t", types, "-v"];
    const program = "../../examples/decode_sei_msg.ts";
    const { code, stdout, stderr } = await runProgram(program, { args, permissions: kPermissions });
    assertEquals(code, 0, stderr);
    const { messages } = JSON.parse(stdout);
    const python = await runCommand("python3", [kReader, sei, types, codec]);
    const result = JSON.parse(new TextDecoder().decode(python.stdout));
    assertEquals(result.isSame, true);
    assertEquals(Object.keys(messages).length, Object.keys(result.first).length);
    return { ...result, stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const time = {
  ...{ time_offset_value: 0, n_frames: 0, clock_timestamp_flag: 1, units_field_based_flag: 0 },
  ...{ counting_type: 0, full_timestamp_flag: 1, discontinuity_flag: 0, cnt_dropped_flag: 0 },
  ...{ seconds_value: 30, minutes_value: 20, hours_value: 10, seconds_flag: 0, minutes_flag: 0 },
  ...{ hours_flag: 0, time_offset_length: 0, reserved: 0 },
};
const none = Object.fromEntries(Object.keys(time).map((key) => [key, 0]));

test("decode_sei_msg.ts writes structures and types that Python reads", LIMIT, async () => {
  const hdr = await read(await hevcHdr(), "hevc");
  assertEquals(hdr.frames, 25);
  assertEquals(hdr.first[137], {
    ...{ x: [13250, 7500, 34000], y: [34500, 3000, 16000], white_x: 15635, white_y: 16450 },
    ...{ max: 10000000, min: 1 },
  });
  assertEquals([hdr.first[144], hdr.first[147]], [{ max: 1000, average: 400, reserved: 0 }, {
    preferred: 18,
  }]);
  assertStringIncludes(hdr.stderr, "SEI type 137 (mastering_display_colour_volume), 24 bytes");

  const hevc = await read(await hevcTime(), "hevc");
  const hevcSet = { ...time, time_offset_value: 2 ** 32 - 5, time_offset_length: 5 };
  assertEquals(hevc.first[136], { time_code_set: [hevcSet, none, none], num_clock_ts: 1 });
  const h264 = await read(await h264Time(), "h264");
  const h264Set = { ...time, time_offset_value: 5, time_offset_length: 24 };
  assertEquals(h264.first[1], { time_code_set: [h264Set, none, none], num_clock_ts: 1 });

  const mpeg2 = await read(await mpeg2Time(), "mpeg2");
  assertEquals(mpeg2.frames, 3);
  assertEquals(mpeg2.first[136], {
    ...{ drop_frame_flag: 0, hours: 1, minutes: 2, marker_bit: 1, seconds: 3, pictures: 4 },
  });
});

test("decode_sei_msg.ts says that there are no messages", LIMIT, async () => {
  const { frames, stderr } = await read((await clip("vp9.webm")).path, "vp9");
  assertEquals([frames, stderr.trim()], [0, "No SEI message found"]);
});

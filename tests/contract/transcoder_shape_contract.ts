/** Transcoders: pictures of another size, depth and chroma format, and what their streams say. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { test } from "node:test";
import type { TranscoderDescriptor } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { ffmpeg, ffprobeFrames, ffprobeStreams } from "../support/ffmpeg.ts";
import { runCommand } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { contractBackend, withDevice } from "./contract_device.ts";
import { shownOf } from "./transcoded_file.ts";

const kGood: TranscoderDescriptor = { rc: "constqp", constQp: 10, preset: "P2" };

interface Shape {
  readonly name: string;
  readonly config: TranscoderDescriptor;
  readonly wanted: { readonly [field: string]: string | number };
}

const kShapes: readonly Shape[] = [
  { name: "h264_1080p.mp4", config: { width: 480 }, wanted: { width: 480, height: 270 } },
  { name: "h264_b_pyramid.mp4", config: { height: 288 }, wanted: { width: 352, height: 288 } },
  {
    name: "h264_b_pyramid.mp4",
    config: { width: 200, height: 100 },
    wanted: { width: 200, height: 100, sample_aspect_ratio: "11:18", display_aspect_ratio: "11:9" },
  },
  { name: "h264_10bit.mp4", config: {}, wanted: { codec_name: "h264", pix_fmt: "yuv420p" } },
  { name: "hevc_10bit.mp4", config: { width: 160, height: 120 }, wanted: { pix_fmt: "yuv420p" } },
  {
    name: "hevc_10bit.mp4",
    config: { codec: "hevc" },
    wanted: { codec_name: "hevc", pix_fmt: "yuv420p10le" },
  },
  {
    name: "h264_b_pyramid.mp4",
    config: { codec: "hevc", format: "p010" },
    wanted: { codec_name: "hevc", pix_fmt: "yuv420p10le" },
  },
  { name: "hevc_10bit.mp4", config: {}, wanted: { codec_name: "h264", pix_fmt: "yuv420p" } },
  { name: "h264_422.mp4", config: {}, wanted: { pix_fmt: "yuv420p" } },
  { name: "h264_444.mp4", config: { width: 160, height: 120 }, wanted: { pix_fmt: "yuv420p" } },
  { name: "h264_gray.mp4", config: {}, wanted: { pix_fmt: "yuv420p" } },
  { name: "vp9_odd.webm", config: {}, wanted: { width: 320, height: 240 } },
  {
    name: "h264_full_709.mp4",
    config: { width: 150, height: 96 },
    wanted: { color_range: "pc", color_space: "bt709" },
  },
  {
    name: "hevc_bt2020.mp4",
    config: { codec: "hevc" },
    wanted: {
      pix_fmt: "yuv420p10le",
      color_space: "bt2020nc",
      color_transfer: "smpte2084",
      color_primaries: "bt2020",
    },
  },
  {
    name: "h264_limited_601.mp4",
    config: { fps: 50 },
    wanted: { color_range: "tv", color_space: "smpte170m" },
  },
];

for (const { name, config, wanted } of kShapes) {
  test(`${name} becomes ${JSON.stringify(wanted)} by ${JSON.stringify(config)}`, async () => {
    const source = await clip(name);
    await withDevice((device) =>
      inFolder(async (folder) => {
        const output = join(folder, "out.mp4");
        await using transcoder = await device.createTranscoder(source.path, output, {
          ...kGood,
          ...config,
        });
        const { frames } = await transcoder.transcodeWithMux();
        assertEquals(frames, source.numbers.length);
        const [stream] = await ffprobeStreams(output, "v:0");
        for (const [field, value] of Object.entries(wanted)) {
          assertEquals(stream[field], value, field);
        }
        assertEquals([stream.width, stream.height], [transcoder.width, transcoder.height]);
        assertEquals((await shownOf(output)).numbers, source.numbers);
        // NVDEC's own scaler makes another picture than the ffmpeg command's.
        const isOwnScaler = contractBackend() === "cuda" && "width" in config;
        const found = await likeness(output, source.path, transcoder, name.includes("odd"));
        assert(found > (isOwnScaler ? 20 : 38), `it looks like its source: ${found} dB`);
      }), { clips: [name] });
  });
}

/** Decibels between the luma of a file and that of its source, which the ffmpeg command scales. */
async function likeness(
  path: string,
  source: string,
  { width, height }: { readonly width: number; readonly height: number },
  isCrop: boolean,
): Promise<number> {
  const format = "format=yuv420p";
  const scale = isCrop ? `crop=${width}:${height}:0:0` : `scale=${width}:${height}:flags=bilinear`;
  const graph = `[1:v]${scale},setsar=1,settb=1/25,setpts=N,${format}[a];` +
    `[0:v]setsar=1,settb=1/25,setpts=N,${format}[b];[b][a]psnr`;
  const args = [
    "-v",
    "info",
    "-nostdin",
    "-noautorotate",
    "-i",
    path,
    "-noautorotate",
    "-i",
    source,
  ];
  const { stderr } = await runCommand("ffmpeg", [...args, "-lavfi", graph, "-f", "null", "-"]);
  const text = typeof stderr === "string" ? stderr : new TextDecoder().decode(stderr);
  return Number(/PSNR y:([\d.]+|inf)/.exec(text)![1].replace("inf", "99"));
}

test("rotation is kept, and the guide's JSON is taken", async () => {
  const { path } = await clip("h264_rotated.mp4");
  await withDevice((device) =>
    inFolder(async (folder) => {
      const output = join(folder, "out.mp4");
      const json = JSON.parse(
        '{"codec": "h264", "preset": "P2", "tuning_info": "high_quality", "bitrate": "2M", ' +
          '"maxbitrate": "3000000", "rc": "vbr", "gop": "15", "bf": "2", "fps": 25, "aq": 1}',
      );
      await using transcoder = await device.createTranscoder(path, output, json);
      const { settings } = transcoder;
      const { bitrate, maxBitrate, gop, bf, aq } = settings;
      assertEquals([bitrate, maxBitrate, gop, bf, aq], [2_000_000, 3_000_000, 15, 2, true]);
      await transcoder.transcodeWithMux();
      const [stream] = await ffprobeStreams(output, "v:0");
      const [side] = stream.side_data_list as { rotation?: number }[];
      const [before] = (await ffprobeStreams(path, "v:0"))[0].side_data_list as {
        rotation?: number;
      }[];
      assertEquals(side.rotation, before.rotation);
    }), { clips: ["h264_rotated.mp4"] });
});

test("a variable frame rate, whose average has large terms, is no obstacle", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const source = join(folder, "variable.mp4");
      const times = "settb=1/10000000,setpts=N*333667+mod(N*N*12345\\,77777),format=yuv420p";
      const input = ["-f", "lavfi", "-i", "testsrc=s=192x144:r=30:d=0.9", "-vf", times];
      const clock = ["-enc_time_base", "1/10000000", "-video_track_timescale", "10000000"];
      const encoded = ["-vsync", "passthrough", "-c:v", "libx264", "-bf", "0", source];
      await runCommand("ffmpeg", ["-v", "error", "-nostdin", ...input, ...clock, ...encoded]);
      const output = join(folder, "out.mp4");
      await using transcoder = await device.createTranscoder(source, output, kGood);
      assertEquals(transcoder.settings.fps, { num: 67_500_000, den: 2_257_939 });
      await transcoder.transcodeWithMux();
      const seconds = async (path: string) => {
        const [{ time_base: base }] = await ffprobeStreams(path, "v:0");
        const [num, den] = String(base).split("/").map(Number);
        return (await ffprobeFrames(path)).map(({ pts }) => Math.round(pts! * num / den * 1e5));
      };
      assertEquals(await seconds(output), await seconds(source));
    })
  );
});

test("HDR metadata in SEI messages is kept, also of a segment within a group of pictures", async () => {
  const { path } = await clip("hevc_bt2020.mp4");
  await withDevice((device) =>
    inFolder(async (folder) => {
      const source = join(folder, "hdr.mp4");
      const display = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)";
      const hdr = `log-level=error:keyint=20:master-display=${display}:max-cll=1000,400:` +
        "hdr10=1:repeat-headers=1:colorprim=9:transfer=16:colormatrix=9";
      const args = ["-v", "error", "-nostdin", "-i", path, "-c:v", "libx265", "-x265-params", hdr];
      await runCommand("ffmpeg", [...args, source]);
      await using transcoder = await device.createTranscoder(source, null, {
        ...kGood,
        codec: "hevc",
      });
      for (const start of [0, 0.4]) {
        const output = join(folder, `${start}.mp4`);
        await transcoder.segmentedTranscode(start, start + 0.2, { output });
        const [{ record }] = await ffprobeFrames(output);
        const sides = record.side_data_list as { readonly [key: string]: unknown }[];
        const mastering = sides.find(({ max_luminance }) => max_luminance !== undefined);
        const light = sides.find(({ max_content }) => max_content !== undefined);
        assertEquals([mastering?.max_luminance, mastering?.red_x], [
          "10000000/10000",
          "34000/50000",
        ]);
        assertEquals([light?.max_content, light?.max_average], [1000, 400]);
      }
    }), { clips: ["hevc_bt2020.mp4"] });
});

test("on a GPU, pictures are made smaller, flatter and deeper without the host", {
  skip: contractBackend() === "cpu" ? "On cuda only: the CPU's pictures are on the host" : false,
}, async () => {
  const made = [
    ["h264_b_pyramid.mp4", { width: 160 }],
    ["hevc_10bit.mp4", {}],
    ["hevc_10bit.mp4", { height: 120 }],
    ["h264_b_pyramid.mp4", { codec: "hevc", format: "p010" }],
  ] as const;
  for (const [name, config] of made) {
    const { path } = await clip(name);
    await withDevice(async (device) => {
      await using transcoder = await device.createTranscoder(path, { bytes: true }, config);
      const { decoderBackend, encoderBackend } = await transcoder.transcodeWithMux();
      assertEquals([decoderBackend, encoderBackend], ["cuda", "cuda"]);
      assertEquals(transcoder.stats.hostCopies, 0, name);
    }, { clips: [name] });
  }
});

test("RGB becomes YUV of limited range, and the stream says by which matrix", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const source = join(folder, "rgb.mov");
      const pictures = ["-f", "lavfi", "-i", "testsrc2=size=176x144:rate=25:duration=0.2"];
      await ffmpeg([...pictures, "-c:v", "png", "-pix_fmt", "rgb24", source]);
      const output = join(folder, "out.mp4");
      await using transcoder = await device.createTranscoder(source, output, kGood);
      await transcoder.transcodeWithMux();
      const [stream] = await ffprobeStreams(output, "v:0");
      const { pix_fmt, color_range, color_space } = stream;
      assertEquals([pix_fmt, color_range, color_space], ["yuv420p", "tv", "smpte170m"]);
      const found = await likeness(output, source, transcoder, false);
      assert(found > 38, `it looks like its source: ${found} dB`);
    }), { clips: ["ffv1.mkv"] });
});

test("a track says nothing of the encoder that its source was made by", async () => {
  const { path } = await clip("h264.mkv");
  const [{ tags }] = await ffprobeStreams(path, "v:0");
  assert(JSON.stringify(tags).includes("x264"));
  await withDevice((device) =>
    inFolder(async (folder) => {
      for (const ending of ["mkv", "mp4"]) {
        const output = join(folder, `out.${ending}`);
        const config = { ...kGood, codec: "hevc" } as const;
        await using transcoder = await device.createTranscoder(path, output, config);
        await transcoder.transcodeWithMux();
        const [{ tags }] = await ffprobeStreams(output, "v:0");
        assert(!JSON.stringify(tags ?? {}).includes("x264"), JSON.stringify(tags));
      }
    }), { clips: ["h264.mkv"] });
});

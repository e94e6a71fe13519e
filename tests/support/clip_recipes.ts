/** The table of test clips. 176 x 144 unless a size matters: the least that every NVDEC takes. */
import {
  av1,
  bytes,
  copied,
  cut,
  encoded,
  h264,
  hevc,
  joined,
  kB,
  kFrames,
  kIpp,
  other,
  pixels,
  range,
  tagged,
  text,
  vpx,
} from "./clip_builders.ts";
import type { ClipTraits } from "./clip_traits.ts";

const kVfr = {
  vfr: true,
  frameRate: "",
  args: ["-vf", "settb=1/1000,setpts=N*40+mod(N*N*7\\,31)", "-enc_time_base", "1/1000"],
};
const kMillisecondTrack = ["-video_track_timescale", "1000"];
const kNegative = [
  ...["-avoid_negative_ts", "disabled", "-output_ts_offset", "-1"],
  ...["-muxdelay", "0", "-muxpreload", "0"],
];
const kSine = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=1.8"];
const kAac = ["-map", "0:v", "-map", "1:a", "-c:a", "aac", "-b:a", "64k"];
const kTopFirst = ["-vf", "setfield=tff"];
const kClosed = ["-bf", "2", "-sc_threshold", "1000000000", "-flags"];
const kClosedB = [...kClosed, "+cgop"];
const kFragments = ["-movflags", "+frag_keyframe+empty_moov+default_base_moof"];
const kAltRef = {
  ...{ hiddenFrames: true, twoPass: true },
  args: ["-auto-alt-ref", "1", "-lag-in-frames", "16"],
};
const kPlaylist = `#EXTM3U
#EXT-X-TARGETDURATION:10
#EXTINF:10,
/etc/passwd
#EXT-X-ENDLIST
`;
const kConcat = "ffconcat version 1.0\nfile /etc/passwd\n";
const small = { width: 160, height: 160, start: kFrames };
const kOdd = { width: 321, height: 241 };
const later = { start: kFrames };

const kAomRealtime = ["-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime"];
// Large enough for several threads.
const kWide = { width: 640, height: 360, frames: 20 };

const pyramid = h264("h264_b_pyramid.mp4");
const rawH264 = h264("h264.h264", {}, kIpp);
const rawH264Small = h264("h264_small.h264", small, kIpp);
const rawH264Deep = h264("h264_deep.h264", pixels("yuv420p10le", later), kIpp);
const tsFirst = h264("h264_ipp.ts", {}, kIpp);
const tsSecond = h264("h264_ipp_small.ts", { ...small, args: ["-output_ts_offset", "1.8"] }, kIpp);
const rawHevc = hevc("hevc.h265");
const rawHevcSmall = hevc("hevc_small.h265", small);
const rawHevcDeep = hevc("hevc_deep.h265", pixels("yuv420p10le", later));
const hevcOpenGop = hevc("hevc_open_gop.mp4", { openGop: true }, "open-gop=1");
const slicedIpp = h264("h264_slices.mp4", {}, `${kIpp}:slices=4`);
const slicedB = h264("h264_b_slices.mp4", { args: ["-crf", "6"] }, `${kB}:slices=4`);
const mkv = h264("h264.mkv");
const ts = h264("h264.ts");
const mjpeg = other("mjpeg", "mjpeg.avi", pixels("yuvj420p", { fullRange: true }));

const kH264: readonly ClipTraits[] = [
  pyramid,
  h264("h264_open_gop.mp4", { openGop: true }, `${kB}:open-gop=1`),
  h264("h264_one_gop.mp4", { frames: 90, keyInterval: 90 }, `${kB}:keyint=300`),
  h264("h264_ntsc.mp4", { frameRate: "30000/1001" }),
  h264("h264_lossless.mp4", { lossless: true }, `${kIpp}:qp=0`),
  h264("h264_64x64.mp4", { width: 64, height: 64 }),
  h264("h264_66x50.mp4", { width: 66, height: 50 }),
  // Crop units of 4:2:0 are two pixels: H.264 and HEVC have odd sizes only in 4:4:4.
  h264("h264_odd.mp4", pixels("yuv444p", kOdd)),
  h264("h264_1080p.mp4", { width: 1920, height: 1080, frames: 30 }),
  h264("h264_vfr.mp4", { ...kVfr, args: [...kVfr.args, ...kMillisecondTrack] }),
  h264("h264_vfr.mkv", kVfr),
  h264("h264_negative.mp4", {
    ...{ negativePts: true, editList: true, numbers: range(25, kFrames), args: kNegative },
  }),
  h264("h264_negative.ts", { negativePts: true, args: kNegative }),
  copied("h264_edit_list.mp4", [pyramid], [], {
    ...{ negativePts: true, editList: true, numbers: range(20, kFrames), frames: 30 },
  }, ["-ss", "0.8"]),
  copied("h264_rotated.mp4", [pyramid], [], { rotation: 90 }),
  h264("h264_mbaff.mp4", { interlaced: true, args: kTopFirst }, `${kB}:interlaced=1`),
  h264("h264_10bit.mp4", pixels("yuv420p10le")),
  h264("h264_422.mp4", pixels("yuv422p")),
  h264("h264_422_10bit.mp4", pixels("yuv422p10le")),
  h264("h264_444.mp4", pixels("yuv444p")),
  h264("h264_444_10bit.mp4", pixels("yuv444p10le")),
  // libav gives 4:0:0 H.264 as 4:2:0 with grey chroma, but 4:0:0 HEVC as gray.
  h264("h264_gray.mp4", { rawFormat: "gray" }),
  h264("h264_full_709.mp4", pixels("yuvj420p", tagged("bt709", true))),
  h264("h264_full_601.mp4", pixels("yuvj420p", tagged("smpte170m", true))),
  h264("h264_limited_709.mp4", tagged("bt709", false)),
  h264("h264_limited_601.mp4", tagged("smpte170m", false)),
  h264("h264_fragmented.mp4", { args: kFragments }),
  h264("h264_faststart.mp4", { args: ["-movflags", "+faststart"] }),
  mkv,
  h264("h264_no_cues.mkv", { args: ["-live", "1"] }),
  ts,
  h264("h264_aac.mp4", { audio: true, more: kSine, args: kAac }),
  h264("h264_late_video.mp4", {
    ...{ audio: true, more: kSine, args: [...kAac, "-vf", "setpts=PTS+12"] },
  }),
  rawH264,
  rawH264Small,
  rawH264Deep,
  h264("h264_ipp_wide.mp4", kWide, kIpp),
  h264("h264_intra_wide.mkv", { ...kWide, keyInterval: 1 }, `${kIpp}:keyint=1`),
  tsFirst,
  tsSecond,
  slicedIpp,
  slicedB,
];

const kHevc: readonly ClipTraits[] = [
  hevc("hevc.mp4"),
  hevcOpenGop,
  copied("hevc_leading_cut.ts", [hevcOpenGop], [], { frames: 32, numbers: range(15, kFrames) }, [
    "-ss",
    "0.8",
  ]),
  hevc("hevc_10bit.mp4", pixels("yuv420p10le")),
  hevc("hevc_12bit.mp4", pixels("yuv420p12le")),
  hevc("hevc_422_10bit.mp4", pixels("yuv422p10le")),
  hevc("hevc_444.mp4", pixels("yuv444p")),
  hevc("hevc_444_12bit.mp4", pixels("yuv444p12le")),
  hevc("hevc_gray.mp4", pixels("gray")),
  hevc("hevc_bt2020.mp4", pixels("yuv420p10le", tagged("bt2020nc", false, "smpte2084", "bt2020"))),
  hevc(
    "hevc_full_10bit.mp4",
    pixels("yuv420p10le", tagged("bt2020nc", true, "bt2020-10", "bt2020")),
  ),
  hevc("hevc.ts"),
  rawHevc,
  rawHevcSmall,
  rawHevcDeep,
  hevc("hevc_b_wide.mp4", kWide),
  hevc("hevc_ipp_wide.mp4", { ...kWide, hasB: false }, "open-gop=0:bframes=0"),
  hevc(
    "hevc_intra_wide.mkv",
    { ...kWide, hasB: false, keyInterval: 1 },
    "open-gop=0:bframes=0:keyint=1",
  ),
];

const kOtherCodecs: readonly ClipTraits[] = [
  av1("av1.mp4"),
  av1("av1_10bit.mp4", pixels("yuv420p10le")),
  encoded("av1_odd.mp4", kAomRealtime, {
    ...{ ...kOdd, codec: "av1", args: ["-b:v", "800k", "-g", "15", "-threads", "2"] },
  }),
  av1("av1.webm"),
  encoded("av1_ipp_wide.mp4", kAomRealtime, {
    ...{ ...kWide, codec: "av1", args: ["-b:v", "1500k", "-g", "15", "-lag-in-frames", "0"] },
  }),
  encoded("av1_intra_wide.mkv", kAomRealtime, {
    ...{ ...kWide, codec: "av1", args: ["-b:v", "8000k", "-g", "1", "-lag-in-frames", "0"] },
  }),
  av1("av1_wide.mp4", kWide),
  av1("av1.obu"),
  av1("av1.ivf"),
  vpx("vp8", "vp8.webm"),
  vpx("vp8", "vp8_alt_ref.webm", kAltRef),
  vpx("vp8", "vp8.ivf"),
  vpx("vp9", "vp9.webm"),
  vpx("vp9", "vp9_alt_ref.webm", kAltRef),
  vpx("vp9", "vp9_odd.webm", kOdd),
  vpx("vp9", "vp9_444.webm", pixels("yuv444p")),
  vpx("vp9", "vp9_10bit.webm", pixels("yuv420p10le")),
  vpx("vp9", "vp9_12bit.mp4", pixels("yuv420p12le")),
  vpx("vp9", "vp9.ivf"),
  other("mpeg1video", "mpeg1.mpg", { hasB: true, args: kClosedB }),
  other("mpeg2video", "mpeg2.ts", { hasB: true, openGop: true, args: ["-bf", "2"] }),
  other("mpeg2video", "mpeg2_422.ts", pixels("yuv422p")),
  other("mpeg2video", "mpeg2_interlaced.ts", {
    ...{
      interlaced: true,
      hasB: true,
      openGop: true,
      args: ["-bf", "2", "-flags", "+ildct+ilme", ...kTopFirst],
    },
  }),
  other("mpeg2video", "mpeg2_odd.ts", kOdd),
  other("mpeg4", "mpeg4.avi", { hasB: true, args: kClosedB }),
  other("mpeg4", "mpeg4_asp.mp4", { hasB: true, args: [...kClosed, "+cgop+mv4+qpel"] }),
  mjpeg,
  other("mjpeg", "mjpeg_odd.avi", pixels("yuvj420p", { ...kOdd, fullRange: true })),
  other("mjpeg", "mjpeg_422.mov", pixels("yuvj422p", { fullRange: true })),
  other("wmv2", "wmv2.asf"),
  other("wmv2", "wmv2.avi"),
  other("ffv1", "ffv1.mkv", { lossless: true }),
  other("ffv1", "ffv1_odd.mkv", { ...kOdd, lossless: true }),
  other("ffv1", "ffv1_422_10bit.mkv", pixels("yuv422p10le", { lossless: true })),
  other("prores_ks", "prores.mov", pixels("yuv422p10le", { codec: "prores" })),
];

const kComposed: readonly ClipTraits[] = [
  copied("two_videos.mkv", [mkv, tsSecond], ["-map", "0:v", "-map", "1:v"], {
    secondStream: kFrames,
  }),
  joined("h264_size_change.h264", [rawH264, rawH264Small], { thenSize: [160, 160] }),
  joined("h264_depth_change.h264", [rawH264, rawH264Deep], { thenPixelFormat: "yuv420p10le" }),
  joined("hevc_size_change.h265", [rawHevc, rawHevcSmall], { thenSize: [160, 160] }),
  joined("hevc_depth_change.h265", [rawHevc, rawHevcDeep], { thenPixelFormat: "yuv420p10le" }),
  joined("h264_size_change.ts", [tsFirst, tsSecond], { thenSize: [160, 160] }),
];

const kBroken: readonly ClipTraits[] = [
  bytes(
    { kind: "damage", from: [slicedIpp.name], slices: [[5, 1], [20, 2], [40, 0]] },
    slicedIpp,
    "h264_damaged.mp4",
    { state: "damaged", damaged: [5, 20, 40] },
  ),
  bytes(
    { kind: "damage", from: [slicedB.name], slices: [[3, 1], [9, 2]] },
    slicedB,
    "h264_b_damaged.mp4",
    { state: "damaged", damaged: [1, 12] },
  ),
  cut("h264_truncated.mp4", pyramid, 0.7, { state: "unreadable", numbers: [] }),
  cut("h264_faststart_truncated.mp4", h264("h264_faststart.mp4"), 0.7, { state: "truncated" }),
  cut("h264_truncated.mkv", mkv, 0.7, { state: "truncated" }),
  cut("h264_truncated.ts", ts, 0.7, { state: "truncated" }),
  copied("audio_only.m4a", [h264("h264_aac.mp4")], ["-map", "0:a"], {
    ...{
      state: "unreadable",
      codec: "",
      audio: true,
      hasB: false,
      frames: 0,
      numbers: [],
      width: 0,
      height: 0,
    },
  }),
  copied("image.jpg", [mjpeg], ["-frames:v", "1"], {
    state: "unreadable",
    frames: 1,
    numbers: [0],
  }),
  text("empty.mp4", ""),
  text("text.mp4", "This is a text file, whatever its name says.\n".repeat(40)),
  text("playlist.m3u8", kPlaylist),
  text("playlist.mp4", kPlaylist),
  text("concat.ffconcat", kConcat),
  text("concat.mp4", kConcat),
];

/** Every clip that tests can ask for, by its name. */
export const kRecipes: ReadonlyMap<string, ClipTraits> = new Map(
  [...kH264, ...kHevc, ...kOtherCodecs, ...kComposed, ...kBroken].map((clip) => [clip.name, clip]),
);

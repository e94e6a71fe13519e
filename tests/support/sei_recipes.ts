/** Streams of encoders and filters with SEI messages, and some with messages put in. */
import { readFile, writeFile } from "node:fs/promises";
import { clip } from "./clips.ts";
import { ffmpeg } from "./ffmpeg.ts";
import { encodedSei, once, picturesOf, writePictures } from "./sei_clips.ts";
import {
  bitsOf,
  bytesOfBits,
  kH264,
  kHevc,
  metadataObu,
  type NalCodec,
  seiUnit,
  userData,
  withMetadata,
  withSei,
} from "./sei_streams.ts";

const kPictureTiming = 1;
const kTimeCode = 136;

const kDisplay = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)";
const kAv1Display = "G(0.265,0.69)B(0.15,0.06)R(0.68,0.32)WP(0.3127,0.329)L(1000.0,0.0001)";
const kHrd = "keyint=10:vbv-maxrate=500:vbv-bufsize=500";
const kB = "bframes=3:b-pyramid=normal";

const x265 = (name: string, more: string): Promise<string> => {
  const settings = `log-level=error:${kHrd}:hrd=1:hash=1:pools=2:frame-threads=1:${more}`;
  const encoder = ["-c:v", "libx265", "-x265-params", settings, "-tag:v", "hvc1"];
  return encodedSei(name, ["-pix_fmt", "yuv420p10le", ...encoder]);
};
const x264 = (name: string, more: string): Promise<string> =>
  encodedSei(name, ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-x264-params", `${kB}:${more}`]);
const kHdr = `master-display=${kDisplay}:max-cll=1000,400:atc-sei=18`;

/** HEVC with HDR messages in every group. */
export const hevcHdr = () => x265("hdr265.mp4", `${kHdr}:repeat-headers=1`);
/** HEVC with HDR messages in its codec headers. */
export const hevcHeaders = () => x265("headers265.mp4", kHdr);
/** H.264 with HDR messages, buffering periods and picture timing. */
export const h264Hdr = () =>
  x264("hdr264.mp4", `nal-hrd=vbr:${kHrd}:mastering-display=${kDisplay}:cll=1000,400`);
/** AV1 with HDR metadata. */
export const av1Hdr = (name: string) => () =>
  encodedSei(name, [
    ...["-pix_fmt", "yuv420p10le", "-c:v", "libsvtav1", "-preset", "10", "-g", "10"],
    ...["-svtav1-params", `lp=2:mastering-display=${kAv1Display}:content-light=1000,400`],
  ]);
/** MPEG-2 with time codes from 01:02:03:04 on. */
export const mpeg2Time = () =>
  encodedSei("time.ts", [
    ...["-pix_fmt", "yuv420p", "-c:v", "mpeg2video", "-g", "10", "-bf", "2"],
    ...["-timecode", "01:02:03:04"],
  ]);
/** H.264 with the user data of a bitstream filter. */
export const h264String = async () => {
  const path = await h264Hdr();
  const text = "086f3693-b7b3-4f2c-9653-21492feee5b8+hello";
  const filter = ["-c", "copy", "-bsf:v", `h264_metadata=sei_user_data=${text}`];
  return await once("string.mp4", (out) => ffmpeg(["-i", path, ...filter, out]));
};

/** A time code of 25 frames in a second from 10:20:30:00 on. */
const clock = (frame: number, frameBits: number): string =>
  `00000 1 0 0 ${bitsOf(frame % 25, frameBits)} ${bitsOf(30 + Math.floor(frame / 25), 6)}` +
  `${bitsOf(20, 6)} ${bitsOf(10, 5)}`;

/** HEVC whose pictures have time codes, H.264 by picture timing; other messages stand beside them. */
async function timed(name: string, source: string, codec: NalCodec): Promise<string> {
  const { units, numbers } = await picturesOf(source, codec);
  const isH264 = codec === kH264;
  const message = (number: number) => ({
    type: isH264 ? kPictureTiming : kTimeCode,
    payload: isH264
      ? bytesOfBits(`0000 1 00 0 ${clock(number, 8)} 000000000000000000000101 1`)
      : bytesOfBits(`01 1 0 ${clock(number, 9)} 00101 11011 1`),
  });
  const isOwn = (unit: Uint8Array) => codec.typeOf(unit) === 6 && unit[1] === 1;
  const pictures = units.map((picture, i) => {
    const messages = [userData("before"), message(numbers[i]), userData("behind")];
    const own = picture.filter((unit) => !isH264 || !isOwn(unit));
    return withSei(own, codec, [seiUnit(codec.seiHeader, messages)]);
  });
  return await writePictures(name, { units: pictures, numbers }, codec);
}
/** H.264 with time codes in its picture timing. */
export const h264Time = async () =>
  await timed("time264.mp4", await x264("struct264.mp4", "pic-struct=1"), kH264);
/** HEVC with time codes. */
export const hevcTime = async () =>
  await timed("time265.mp4", (await clip("hevc.mp4")).path, kHevc);

/** AV1 of 45 frames with a T.35 message and a time code on each unit. */
export const av1Dynamic = () =>
  once("dynamic.ivf", async (out) => {
    const ivf = await readFile((await clip("av1.ivf")).path);
    await writeFile(
      out,
      withMetadata(ivf, (unit) => {
        const data = Uint8Array.of(0xb5, 0, 0x3c, 0, 1, 4, unit, 0, 0x80, 0x80);
        const time = bytesOfBits(`${clock(unit, 9)} 00011 101 1`);
        return new Uint8Array([...metadataObu(4, data), ...metadataObu(5, time)]);
      }),
    );
  });

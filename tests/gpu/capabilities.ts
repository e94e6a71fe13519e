/** Prints what the adapters are and what the GPU decodes; writes it as capabilities.json. */
import process from "node:process";
import { type DecoderSupport, listAdapters } from "../../mod.ts";
import { keepFindings } from "./findings.ts";

const kCodecs = [
  ...["h264", "hevc", "av1", "vp8", "vp9", "mpeg1video", "mpeg2video", "mpeg4", "vc1", "mjpeg"],
];
const kChromas = ["4:0:0", "4:2:0", "4:2:2", "4:4:4"] as const;
const kDepths = [8, 10, 12];

const adapters = await listAdapters();
const gpu = adapters.find(({ backend }) => backend === "cuda");
const table: (Partial<DecoderSupport> & { what: string })[] = [];
for (const codec of gpu === undefined ? [] : kCodecs) {
  for (const chroma of kChromas) {
    for (const bitDepth of kDepths) {
      const support = await gpu!.decoderSupport({ codec, chroma, bitDepth });
      table.push({ what: `${codec} ${chroma} ${bitDepth} bits`, ...support });
    }
  }
}
const about = adapters.map(({ backend, gpu, info, limits, features }) => ({
  ...{ backend, gpu, info, limits, features: [...features] },
}));
keepFindings("capabilities", { adapters: about, table });
for (const { backend, info, limits } of about) {
  console.log(`${backend}: ${info.name}, driver ${info.driver}, ${limits.decodeEngines} engines`);
}
for (const { what, isSupported, ...rest } of table) {
  if (!isSupported) continue;
  const { minWidth, minHeight, maxWidth, maxHeight, decodeEngines, hasDecodeStats } = rest;
  console.log(
    `${what}: ${minWidth}x${minHeight} to ${maxWidth}x${maxHeight}, ${decodeEngines} engines` +
      `, native ${rest.nativeFormat}${hasDecodeStats ? ", statistics" : ""}`,
  );
}
if (gpu === undefined) {
  console.log(`No GPU: ${adapters.at(-1)?.info.cudaUnavailable}`);
  process.exitCode = 1;
}

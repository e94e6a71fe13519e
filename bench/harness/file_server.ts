/**
 * Gives files to the benchmark of remote sources, as a web server does that takes range requests. It prints
 * its port and runs until it is ended.
 * Usage: file_server.ts FILE...
 *
 * @module
 */

import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";

const files = process.argv.slice(2);
const server = createServer((request, response) => {
  const path = files[Number(request.url?.slice(1))];
  if (path === undefined) return void response.writeHead(404).end();
  const { size } = statSync(path);
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const start = Number(asked?.[1] ?? 0);
  const end = asked?.[2] ? Math.min(Number(asked[2]), size - 1) : size - 1;
  response.writeHead(asked === null ? 200 : 206, {
    "content-length": end - start + 1,
    ...(asked === null ? {} : { "content-range": `bytes ${start}-${end}/${size}` }),
  });
  const stream = createReadStream(path, { start, end, highWaterMark: 1 << 18 });
  response.on("close", () => stream.destroy());
  stream.pipe(response);
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));

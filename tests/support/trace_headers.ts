/** SEI messages and AV1 metadata as ffmpeg's trace_headers filter logs them: every field with its bits. */
import { runCommand } from "./ffmpeg.ts";
import { bytesOfBits } from "./sei_streams.ts";

/** A message in the log. */
export interface TracedSei {
  readonly type: number;
  readonly payload: Uint8Array;
  /** Values by the names of the fields, [0] and so on behind those of arrays. */
  readonly fields: ReadonlyMap<string, number>;
}

/** A packet in the log. */
export interface TracedPacket {
  /** In units of the stream; undefined if it has none. */
  readonly pts: number | undefined;
  readonly isKey: boolean;
  readonly messages: TracedSei[];
}

/** What the log tells of a file. */
export interface Trace {
  /** Messages in the codec headers. */
  readonly headers: TracedSei[];
  readonly packets: TracedPacket[];
}

const kField = /^(\d+) +([^ ]+) +([01]*) = (-?\d+)/;
const kPacket = /^Packet: \d+ bytes(, key frame)?(?:, pts (-?\d+))?/;
const kGroupFields = ["time_code", "closed_gop", "broken_link"];
const kTimeCode = 136;

/** Reads units field by field. */
class SeiLog {
  #unit: "sei" | "metadata" | "other" = "other";
  #type: number | undefined;
  #size: number | undefined;
  #sum = 0;
  #bits = "";
  #fields = new Map<string, number>();
  #into: TracedSei[];

  constructor(into: TracedSei[]) {
    this.#into = into;
  }

  /** A packet begins. */
  target(into: TracedSei[]): void {
    this.endUnit();
    this.#into = into;
  }

  /** A unit ends. */
  endUnit(): void {
    if (this.#unit === "metadata" && this.#type !== undefined) this.#add();
    this.#unit = "other";
    this.#type = this.#size = undefined;
    this.#sum = 0;
    this.#bits = "";
  }

  field(name: string, bits: string, value: number): void {
    if (name === "forbidden_zero_bit" || name === "obu_forbidden_bit") this.endUnit();
    else if (name === "nal_unit_type") this.#unit = isSei(bits, value) ? "sei" : "other";
    else if (name === "obu_type") this.#unit = value === 5 ? "metadata" : "other";
    else if (kGroupFields.includes(name)) this.#group(name, bits);
    else if (this.#unit === "sei") this.#seiField(name, bits, value);
    else if (this.#unit === "metadata") this.#metadataField(name, bits, value);
  }

  #seiField(name: string, bits: string, value: number): void {
    if (this.#size === undefined) {
      const isNumber = /^ff_byte$|^last_payload_(type|size)_byte$/.test(name);
      if (isNumber) this.#sum += value;
      if (name === "last_payload_type_byte") {
        this.#type = this.#sum;
        this.#sum = 0;
      } else if (name === "last_payload_size_byte") {
        this.#size = this.#sum;
        this.#sum = 0;
        this.#endMessage();
      }
      return;
    }
    this.#bits += bits;
    this.#fields.set(name, value);
    this.#endMessage();
  }

  #endMessage(): void {
    if (this.#bits.length < 8 * this.#size!) return;
    this.#add();
    this.#type = this.#size = undefined;
  }

  #metadataField(name: string, bits: string, value: number): void {
    if (name === "metadata_type") this.#type = value;
    else if (this.#type === undefined || name === "trailing_zero_bit") return;
    else if (name !== "trailing_one_bit") {
      this.#bits += bits;
      this.#fields.set(name, value);
    } else if (this.#bits.length % 8 !== 0) this.#bits += "1";
  }

  #group(name: string, bits: string): void {
    this.#type = kTimeCode;
    this.#bits += bits;
    if (name === kGroupFields.at(-1)) this.#add();
  }

  #add(): void {
    const payload = bytesOfBits(this.#bits);
    this.#into.push({ type: this.#type!, payload, fields: this.#fields });
    this.#bits = "";
    this.#fields = new Map();
  }
}

function isSei(bits: string, value: number): boolean {
  return bits.length === 5 ? value === 6 : value === 39 || value === 40;
}

/** What the filter says of a file's video. */
export async function traceHeaders(path: string): Promise<Trace> {
  const args = ["-hide_banner", "-nostats", "-nostdin", "-i", path, "-map", "0:v:0", "-c", "copy"];
  const { stderr } = await runCommand("ffmpeg", [
    ...args,
    ...["-copyts", "-bsf:v", "trace_headers", "-f", "null", "-"],
  ]);
  const trace: Trace = { headers: [], packets: [] };
  const log = new SeiLog(trace.headers);
  for (const line of stderr.split("\n")) {
    const text = /^\[trace_headers @ \w+\] (.*)$/.exec(line)?.[1];
    if (text === undefined) continue;
    const packet = kPacket.exec(text);
    const field = kField.exec(text);
    if (packet !== null) {
      const messages: TracedSei[] = [];
      const pts = packet[2] === undefined ? undefined : Number(packet[2]);
      trace.packets.push({ pts, isKey: packet[1] !== undefined, messages });
      log.target(messages);
    } else if (field !== null) log.field(field[2], field[3], Number(field[4]));
  }
  log.endUnit();
  return trace;
}

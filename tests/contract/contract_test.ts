/**
 * The contract suite: what each public object promises, on any backend. CUFRAME_TEST_BACKEND names
 * another than "cpu".
 */
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { recorder } from "./cuframe.ts";
import { MemberRecorder } from "./member_recorder.ts";
import "./device_contract.ts";
import "./playback_contract.ts";
import "./packet_contract.ts";
import "./metadata_contract.ts";
import "./seek_contract.ts";
import "./source_contract.ts";
import "./source_fault_contract.ts";
import "./source_close_contract.ts";
import "./refusal_contract.ts";
import "./decoder_contract.ts";
import "./concurrency_contract.ts";
import "./loop_contract.ts";
import "./damage_contract.ts";
import "./stream_change_contract.ts";
import "./latency_contract.ts";
import "./decode_flag_contract.ts";
import "./reconfigure_contract.ts";
import "./size_limit_contract.ts";
import "./frame_contract.ts";
import "./frame_memory_contract.ts";
import "./decode_stats_contract.ts";
import "./color_type_contract.ts";
import "./tensor_contract.ts";
import "./dlpack_contract.ts";
import "./simple_decoder_contract.ts";
import "./simple_decoder_work_contract.ts";
import "./simple_decoder_refusal_contract.ts";
import "./threaded_decoder_contract.ts";
import "./batch_tensor_contract.ts";
import "./index_contract.ts";
import "./approximate_index_contract.ts";
import "./errors_contract.ts";

test("the recorder names every member that was not used from outside", async () => {
  class Part {
    readonly size: number = 1;
    get weight(): number {
      return 2;
    }
  }
  class Whole {
    static make(): Whole {
      return new Whole();
    }
    part(): Promise<Part[]> {
      this.inner();
      return Promise.resolve([new Part()]);
    }
    inner(): void {}
  }
  const members = new MemberRecorder();
  const Recorded = members.exported("Whole", Whole);
  const all = ["Whole.inner()", "Whole.make()", "Whole.part()", "new Whole"];
  assertEquals(members.unused(), all);
  const [part] = await Recorded.make().part();
  assertEquals(members.unused(), ["Part.size", "Part.weight", "Whole.inner()"]);
  assertEquals(part.size + part.weight, 3);
  assertEquals(members.unused(), ["Whole.inner()"]);
});

test("every member that mod.ts exports is used by a contract test", () => {
  assert(recorder.size > 100, `Only ${recorder.size} members were found`);
  assertEquals(recorder.unused(), []);
});

/**
 * The contract suite: what each public object promises, on any backend. CUFRAME_TEST_BACKEND names
 * another than "cpu".
 */
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { simulatedDriver } from "../support/simulated_driver.ts";
import { assertNoDriverProblems, contractBackend, testOn, until } from "./contract_device.ts";
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
import "./remote_source_contract.ts";
import "./remote_fault_contract.ts";
import "./remote_stop_contract.ts";
import "./remote_abort_contract.ts";
import "./remote_pace_contract.ts";
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
import "./device_memory_contract.ts";
import "./device_sharing_contract.ts";
import "./device_fault_contract.ts";
import "./gpu_device_contract.ts";
import "./decode_stats_contract.ts";
import "./memory_budget_contract.ts";
import "./memory_bomb_contract.ts";
import "./log_contract.ts";
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
import "./sei_contract.ts";
import "./sei_reference_contract.ts";
import "./sei_fault_contract.ts";
import "./encoder_format_contract.ts";
import "./encoder_memory_contract.ts";
import "./encoder_time_contract.ts";
import "./encoder_parameter_contract.ts";
import "./encoder_sei_contract.ts";
import "./encoder_reconfigure_contract.ts";
import "./encoder_life_contract.ts";
import "./encoder_loop_contract.ts";
import "./encoder_scenario_contract.ts";
import "./encoder_refusal_contract.ts";
import "./encoder_limit_contract.ts";
import "./muxer_contract.ts";
import "./muxer_track_contract.ts";
import "./muxer_sink_contract.ts";
import "./muxer_fault_contract.ts";
import "./muxer_refusal_contract.ts";
import "./muxer_stream_contract.ts";
import "./muxer_chapter_contract.ts";
import "./transcoder_contract.ts";
import "./transcoder_file_contract.ts";
import "./transcoder_failure_contract.ts";
import "./transcoder_audio_contract.ts";
import "./transcoder_shape_contract.ts";
import "./transcoder_sink_contract.ts";
import "./transcoder_stop_contract.ts";
import "./transcoder_work_contract.ts";
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

const kObjects = [
  ...["contexts", "context_pushes", "streams", "events", "modules", "allocations", "pools"],
  ...["host_allocations", "decoders", "parsers", "locks", "mapped"],
];

/** What the simulated driver still holds for this process. */
function driverObjects(): string[] {
  const driver = simulatedDriver()!;
  return kObjects.filter((name) => driver.count(name) > 0).map((name) =>
    `${driver.count(name)} ${name}`
  );
}

const noDriver = contractBackend() === "cpu" || simulatedDriver() === null;
test("all that was asked of the simulated driver was given back", {
  skip: noDriver ? "No other driver counts" : false,
}, async () => {
  await until(() => driverObjects().length === 0, () => `no ${driverObjects().join(", ")}`);
  assertNoDriverProblems();
});

const whole = "some of the suite does not run on others";
testOn("cpu", whole, "every member that mod.ts exports is used by a contract test", () => {
  assert(recorder.size > 100, `Only ${recorder.size} members were found`);
  assertEquals(recorder.unused(), []);
});

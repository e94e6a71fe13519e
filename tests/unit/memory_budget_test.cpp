#include "core/memory_budget.h"

#include <doctest/doctest.h>

#include <optional>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/frame_memory.h"

using namespace cuf;

namespace {

std::string refusal_of(MemoryBudget& budget, uint64_t bytes) {
  try {
    budget.reserve(bytes);
  } catch (const Error& error) {
    CHECK(error.status == Status::out_of_memory);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("what is charged to a decoder is charged to its device, and given back to both") {
  const auto device = MemoryBudget::of_device(100);
  const auto decoder = MemoryBudget::of_decoder(60, device);
  {
    const MemoryBudget::Charge first = decoder->reserve(50);
    CHECK(refusal_of(*decoder, 20) ==
          "20 bytes for a picture are not left of the decoder's memoryBudgetBytes, which is 60, 50 "
          "in use; close frames and decoders that are no longer needed, or set createDecoder({ "
          "memoryBudgetBytes }) higher");
    const MemoryBudget::Charge other = device->reserve(45);
    CHECK(refusal_of(*decoder, 8).find("the device's memoryBudgetBytes, which is 100, 95 in use") !=
          std::string::npos);
    CHECK(decoder->used() == 50);
    CHECK(device->used() == 95);
  }
  CHECK(decoder->used() == 0);
  CHECK(device->used() == 0);
  CHECK(refusal_of(*decoder, 61) ==
        "61 bytes for a picture are more than the decoder's memoryBudgetBytes, which is 60; set "
        "createDecoder({ memoryBudgetBytes }) higher");
  CHECK(refusal_of(*device, UINT64_MAX) != "");
  CHECK(decoder->most() == 60);
}

TEST_CASE("many threads never exceed a budget, and nothing of it is lost") {
  const auto budget = MemoryBudget::of_device(1000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5000; ++i) {
        try {
          const auto charge = budget->reserve(static_cast<uint64_t>(100 + t * 70));
          if (budget->used() > 1000) std::abort();
        } catch (const Error&) {
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(budget->used() == 0);
}

TEST_CASE("memory that is kept for reuse makes way for what is needed") {
  const auto budget = MemoryBudget::of_device(5 * 4096);
  const auto memory = std::make_shared<FrameMemory>(budget);
  budget->reclaim_from(memory);
  { const auto block = memory->allocate(3 * 4096); }
  CHECK(memory->pooled_bytes() == 3 * 4096);
  CHECK(budget->used() == 3 * 4096);
  {
    const auto again = memory->allocate(3 * 4096 - 1);
    CHECK(memory->pooled_bytes() == 0);
    CHECK_THROWS_AS(memory->allocate(3 * 4096), Error);
  }
  const auto larger = memory->allocate(4 * 4096);
  CHECK(memory->pooled_bytes() == 0);
  CHECK(budget->used() == 4 * 4096);
}

TEST_CASE("blocks of a decoder's memory count towards its budget as long as they live") {
  const auto device = MemoryBudget::of_device(1 << 20);
  const auto decoder = MemoryBudget::of_decoder(3 * 4096, device);
  const auto shared = std::make_shared<FrameMemory>(device);
  BudgetedMemory memory(shared, decoder);
  std::optional<Memory::Block> block = memory.allocate(2 * 4096);
  CHECK(decoder->used() == 2 * 4096);
  CHECK(device->used() == 2 * 4096);
  CHECK_THROWS_AS(memory.allocate(2 * 4096), Error);
  block.reset();
  CHECK(decoder->used() == 0);
  CHECK(device->used() == 2 * 4096);  // pooled
}

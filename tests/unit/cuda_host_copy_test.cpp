// Pictures that are copied from the simulated GPU's memory to the host.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/tensor_batch.h"
#include "cuda_converter.h"

using namespace cuf;
using namespace cuda_clips;

namespace {

// Whole pages, as memory is counted.
uint64_t pages(uint64_t bytes) {
  return FrameMemory::block_bytes(bytes);
}

}  // namespace

TEST_CASE("Copies on the host are packed, and keep all that is known of the picture") {
  const Setting slow("stream_delay_us", "500");
  const Setting statistics("decode_stats", "1");
  {
    const auto gpu = open_gpu();
    const auto demuxer = clips::open(b_frames(), true);
    DecoderOptions options = options_for(*demuxer);
    options.wants_sei = true;
    options.exports_stats = true;
    const auto decoder = gpu->create_decoder(options);
    std::vector<Picture> pictures = first_pictures(*demuxer, *decoder, 2);
    const std::vector<Picture> cpu = pictures_on_cpu(b_frames(), 2);
    const auto memory = host_memory();
    Picture& picture = pictures[0];
    REQUIRE(picture.sei != nullptr);
    REQUIRE(picture.decode_stats != nullptr);
    picture.index = 42;
    picture.rotation = 90;
    picture.decode_status = DecodeStatus::concealed;
    for (const bool is_tensor : {false, true}) {
      const Picture on_gpu = is_tensor ? convert_to_tensor(picture, kModelInput, *memory) : picture;
      const Picture copy = on_gpu.converter->to_host(on_gpu, *memory);
      CHECK(copy.device == nullptr);
      CHECK(copy.converter == nullptr);
      CHECK(copy.block_bytes == on_gpu.block_bytes);
      CHECK(reinterpret_cast<uintptr_t>(copy.block) % 64 == 0);
      CHECK(copy.index == 42);
      CHECK(copy.rotation == 90);
      CHECK(copy.decode_status == DecodeStatus::concealed);
      CHECK(copy.decode_stats == picture.decode_stats);
      CHECK(copy.sei == picture.sei);
      CHECK(copy.pts == picture.pts);
      CHECK(copy.is_key == picture.is_key);
      CHECK(copy.color.matrix == on_gpu.color.matrix);
      CHECK(copy.format == on_gpu.format);
      CHECK(copy.dtype == on_gpu.dtype);
      const uint8_t* next = copy.block;
      REQUIRE(copy.plane_count == on_gpu.plane_count);
      for (uint32_t i = 0; i < copy.plane_count; ++i) {
        CHECK(copy.planes[i].data == next);
        CHECK(copy.planes[i].stride == static_cast<ptrdiff_t>(copy.planes[i].row_bytes));
        CHECK(copy.planes[i].rows == on_gpu.planes[i].rows);
        next += size_t{copy.planes[i].row_bytes} * copy.planes[i].rows;
      }
      CHECK(next == copy.block + copy.block_bytes);
      CHECK(bytes_of(copy) == (is_tensor ? tensor_on_cpu(cpu[0], kModelInput)
                                         : bytes_of(convert_output(cpu[0], {}, *memory))));
    }
  }
  check_nothing_left();
}

TEST_CASE("Rows with gaps between them are packed, too") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    const Picture picture = pictures_on_gpu(*gpu, b_frames(), 1)[0];
    const std::string whole = bytes_of(picture);
    const auto memory = host_memory();
    Picture part = picture;
    part.width = part.planes[0].row_bytes = part.planes[1].row_bytes = 100;
    const Picture copy = picture.converter->to_host(part, *memory);
    std::string wanted;
    for (uint32_t row = 0; row < 384; ++row) wanted += whole.substr(size_t{352} * row, 100);
    CHECK(copy.planes[1].data == copy.block + 100 * 256);
    CHECK(bytes_of(copy) == wanted);
  }
  check_nothing_left();
}

TEST_CASE("A batch is copied as one tensor") {
  const Setting setting("stream_delay_us", "300");
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, b_frames(), 3);
    const auto memory = host_memory();
    const TensorShape shape = twins.shape(kModelInput);
    TensorBatch batch(shape, {2, 0, 1}, *memory);
    pixels::ResizeScratch scratch;
    for (uint32_t i = 0; i < 3; ++i) batch.put(i, twins.on_gpu[i], scratch);
    const Picture on_gpu = batch.finish();
    const Picture copy = on_gpu.converter->to_host(on_gpu, *memory);
    CHECK(copy.frames == 3);
    CHECK(copy.plane_count == 1);
    CHECK(copy.planes[0].rows == 3);
    CHECK(copy.planes[0].row_bytes == shape.byte_length());
    const std::vector<std::string> tensors = twins.tensors_on_cpu(kModelInput);
    CHECK(bytes_of(copy) == tensors[2] + tensors[0] + tensors[1]);
  }
  check_nothing_left();
}

TEST_CASE("Copies are charged to the caller's budget, and lie in page-locked memory") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    const Picture picture = pictures_on_gpu(*gpu, b_frames(), 1)[0];
    const uint64_t bytes = pages(picture.block_bytes);
    const auto device = MemoryBudget::of_device(2 * bytes);
    const auto decoder = MemoryBudget::of_decoder(bytes, device);
    const auto memory = std::make_shared<FrameMemory>(device);
    BudgetedMemory budgeted(memory, decoder);
    const auto locked = [] { return cufsim_count("host_allocations"); };
    {
      const Picture first = picture.converter->to_host(picture, budgeted);
      CHECK(device->used() == bytes);
      CHECK(decoder->used() == bytes);
      CHECK(locked() == 1);
      const Error own = clips::error_of([&] { picture.converter->to_host(picture, budgeted); });
      CHECK(own.status == Status::out_of_memory);
      CHECK(clips::contains(own.what(), "createDecoder"));
      CHECK(device->used() == bytes);
      const Picture second = picture.converter->to_host(picture, *memory);
      CHECK(device->used() == 2 * bytes);
      CHECK(decoder->used() == bytes);
      const Error all = clips::error_of([&] { picture.converter->to_host(picture, *memory); });
      CHECK(all.status == Status::out_of_memory);
      CHECK(clips::contains(all.what(), "requestDevice"));
      CHECK(locked() == 2);
      CHECK(bytes_of(first) == bytes_of(picture));
      CHECK(bytes_of(second) == bytes_of(picture));
    }
    CHECK(device->used() == 0);
    CHECK(decoder->used() == 0);
    CHECK(memory->pooled_bytes() == 0);
    CHECK(gpu->memory_stats().pinned_kept_bytes == 2 * bytes);
    // What is kept is used again.
    const Picture third = picture.converter->to_host(picture, budgeted);
    CHECK(locked() == 2);
    CHECK(bytes_of(third) == bytes_of(picture));
  }
  check_nothing_left();
}

TEST_CASE("What FrameMemory keeps gives way to what is charged") {
  const auto budget = MemoryBudget::of_device(8192);
  const auto memory = std::make_shared<FrameMemory>(budget);
  budget->reclaim_from(memory);
  memory->allocate(8192);
  CHECK(memory->pooled_bytes() == 8192);
  const auto charge = memory->charge(5000);
  CHECK(charge != nullptr);
  CHECK(budget->used() == 8192);
  CHECK(memory->pooled_bytes() == 0);
  CHECK_THROWS_AS(memory->charge(1), Error);
}

TEST_CASE("The host waits for its copy alone") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    const Picture picture = pictures_on_gpu(*gpu, b_frames(), 1)[0];
    const auto memory = host_memory();
    picture.converter->to_host(picture, *memory);
    cufsim_reset();
    for (int round = 0; round < 10; ++round) picture.converter->to_host(picture, *memory);
    CHECK(cufsim_calls("cuEventSynchronize") == 10);
    for (const char* name : {"cuStreamSynchronize", "cuCtxSynchronize", "cuMemHostAlloc",
                             "cuEventCreate", "cuStreamCreate", "cuMemAllocFromPoolAsync"}) {
      CHECK_MESSAGE(cufsim_calls(name) == 0, std::string(name));
    }
  }
  check_nothing_left();
}

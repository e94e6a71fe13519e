#include "cuda/nvdec/statistics.h"

#include <vector>

namespace cuf::cuda {
namespace {

// The layout of API 13.1, by use: see DecodeRecordWriter, whose bytes are these.
constexpr size_t kHeaderBytes = DecodeRecordWriter::kHeaderBytes;
constexpr size_t kBlockBytes = DecodeRecordWriter::kBlockBytes;
constexpr uint8_t kIsValid = 1;
constexpr uint8_t kHasSecondList = 2;
constexpr size_t kCountOffset = 4;

uint32_t blocks(uint32_t size) {
  return (size + DecodeRecordWriter::kBlockSize - 1) / DecodeRecordWriter::kBlockSize;
}

uint32_t little_endian(const uint8_t* bytes, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i) value |= uint32_t{bytes[i]} << 8 * i;
  return value;
}

struct Raster {
  uint32_t columns = 0;
  uint32_t rows = 0;
};

// The driver tells the number of blocks only: of the picture, or of the largest that the decoder
// was made for.
Raster raster_of(const VideoDecoderConfig& config, uint32_t count) {
  const Raster coded = {blocks(config.coded_width), blocks(config.coded_height)};
  const Raster largest = {blocks(config.max_width), blocks(config.max_height)};
  if (uint64_t{coded.columns} * coded.rows == count) return coded;
  if (uint64_t{largest.columns} * largest.rows == count) return largest;
  return {};
}

MotionVector vector_at(const uint8_t* bytes) {
  return {.x = static_cast<int16_t>(little_endian(bytes, 2)),
          .y = static_cast<int16_t>(little_endian(bytes + 2, 2))};
}

BlockType type_of(uint8_t bits) {
  const uint8_t type = bits >> 1 & 7;
  return type <= static_cast<uint8_t>(BlockType::pcm) ? static_cast<BlockType>(type)
                                                      : BlockType::unknown;
}

void fill_record(const std::vector<uint8_t>& raw, const Raster& largest,
                 DecodeRecordWriter& writer) {
  const bool has_second = raw[0] & kHasSecondList;
  for (uint32_t row = 0; row < writer.rows(); ++row) {
    for (uint32_t column = 0; column < writer.columns(); ++column) {
      const size_t index = size_t{row} * largest.columns + column;
      const uint8_t* block = raw.data() + kHeaderBytes + kBlockBytes * index;
      writer.set_qp(column, row, block[0]);
      writer.set_type(column, row, type_of(block[1]));
      writer.set_vector(column, row, 0, vector_at(block + 4));
      if (has_second) writer.set_vector(column, row, 1, vector_at(block + 8));
    }
  }
}

void copy_to_host(const Context& context, CUdeviceptr from, uint8_t* to, size_t size,
                  CUstream stream) {
  check(context.cuda().cuMemcpyDtoHAsync(to, from, size, stream), "Could not copy statistics");
  check(context.cuda().cuStreamSynchronize(stream), "Could not copy statistics");
}

}  // namespace

std::shared_ptr<const DecodeRecord> read_statistics(const Context& context,
                                                    const MappedPicture& mapped,
                                                    const VideoDecoderConfig& config,
                                                    CUstream stream) {
  if (mapped.statistics() == 0) return nullptr;
  std::vector<uint8_t> raw(kHeaderBytes);
  copy_to_host(context, mapped.statistics(), raw.data(), kHeaderBytes, stream);
  const Raster raster = raster_of(config, little_endian(raw.data() + kCountOffset, 4));
  if (!(raw[0] & kIsValid) || raster.columns == 0) return nullptr;
  raw.resize(kHeaderBytes + kBlockBytes * raster.columns * raster.rows);
  copy_to_host(context, mapped.statistics() + kHeaderBytes, raw.data() + kHeaderBytes,
               raw.size() - kHeaderBytes, stream);
  return std::make_shared<DecodeRecord>(blocks(config.coded_width), blocks(config.coded_height),
                                        [raw = std::move(raw), raster](DecodeRecordWriter& writer) {
                                          fill_record(raw, raster, writer);
                                        });
}

}  // namespace cuf::cuda

// Packets of any shape into units of one coded picture each.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "cuvid/header_writer.h"
#include "cuvid/libav.h"

namespace cufsim {

/** The bytes of one picture, with what stands before it. */
struct Unit {
  Bytes data;
  std::optional<int64_t> timestamp;
};

class UnitSplitter {
 public:
  explicit UnitSplitter(cudaVideoCodec codec);
  ~UnitSplitter();

  /** `whole`: the client says that the packet ends with a picture. */
  std::vector<Unit> feed(const unsigned char* data, size_t size, std::optional<int64_t> timestamp,
                         bool whole);
  /** What waits for its end. */
  std::vector<Unit> finish();
  /** Forgets what waits. */
  void clear();

 private:
  struct Streaming;
  void add(std::vector<Unit>& units, Unit unit) const;
  bool has_start_codes() const;

  cudaVideoCodec codec_;
  std::unique_ptr<Streaming> streaming_;
  Bytes headers_;
};

}  // namespace cufsim

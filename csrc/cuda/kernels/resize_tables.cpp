#include "cuda/kernels/resize_tables.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace cuf::cuda {

using pixels::DeviceAxis;
using pixels::ResizeAxis;

DeviceAxis ResizeTables::on_device(const ResizeAxis& axis) {
  const auto found = std::find_if(tables_.begin(), tables_.end(), [&](const Table& table) {
    return table.input == axis.input && table.axis.outputs == axis.output;
  });
  if (found != tables_.end()) {
    tables_.splice(tables_.begin(), tables_, found);
  } else {
    tables_.push_front(make(axis));
    if (tables_.size() > kKept) tables_.pop_back();
  }
  return tables_.front().axis;
}

ResizeTables::Table ResizeTables::make(const ResizeAxis& axis) const {
  const auto outputs = static_cast<size_t>(axis.output);
  const auto stride = static_cast<size_t>(axis.stride);
  const auto taps = static_cast<size_t>(*std::max_element(axis.count.begin(), axis.count.end()));
  std::vector<int16_t> weights(taps * outputs);
  for (size_t i = 0; i < outputs; ++i) {
    for (size_t k = 0; k < taps; ++k) weights[k * outputs + i] = axis.weights[i * stride + k];
  }
  const size_t entry_bytes = outputs * sizeof(int32_t);
  const size_t weight_bytes = weights.size() * sizeof(weights[0]);
  std::vector<uint8_t> bytes(2 * entry_bytes + weight_bytes);
  std::memcpy(bytes.data(), axis.first.data(), entry_bytes);
  std::memcpy(bytes.data() + entry_bytes, axis.count.data(), entry_bytes);
  std::memcpy(bytes.data() + 2 * entry_bytes, weights.data(), weight_bytes);

  StreamMemory memory(driver_, stream_, bytes.size());
  driver_.upload(memory.address(), bytes.data(), bytes.size(), stream_);
  const DeviceAxis on_device{.first = memory.address(),
                             .count = memory.address() + entry_bytes,
                             .weights = memory.address() + 2 * entry_bytes,
                             .outputs = axis.output,
                             .fraction_bits = axis.fraction_bits};
  return {axis.input, on_device, std::move(memory)};
}

}  // namespace cuf::cuda

#include "cuda/device.h"

#include <cstring>

#include "cuda/driver.h"
#include "cuda/settings.h"

namespace cufsim {

namespace {

constexpr GpuModel kModels[] = {
    {"h100", "NVIDIA H100 80GB HBM3", 9, 0, 81079, 7, 132, 1980000, 0},
    {"l4", "NVIDIA L4", 8, 9, 22491, 4, 58, 2040000, 64},
    {"b200", "NVIDIA B200", 10, 0, 182642, 7, 148, 1965000, 0},
    {"none", "NVIDIA A100-PCIE without video", 8, 0, 40326, 0, 108, 1410000, 0},
};

/** Attributes of an H100 with driver 580.159, read there; those of the model are patched. */
const std::map<int, int>& h100_attributes() {
  static const std::map<int, int> attributes = {
      {1, 1024},     {2, 1024},      {3, 1024},    {4, 64},      {5, 2147483647},  {6, 65535},
      {7, 65535},    {8, 49152},     {9, 65536},   {10, 32},     {11, 2147483647}, {12, 65536},
      {13, 1980000}, {14, 512},      {15, 1},      {16, 132},    {17, 0},          {18, 0},
      {19, 1},       {20, 0},        {21, 131072}, {22, 131072}, {23, 65536},      {24, 16384},
      {25, 16384},   {26, 16384},    {27, 32768},  {28, 32768},  {29, 2048},       {30, 512},
      {31, 1},       {32, 1},        {33, 0},      {34, 6},      {35, 0},          {36, 2619000},
      {37, 5120},    {38, 52428800}, {39, 2048},   {40, 3},      {41, 1},          {42, 32768},
      {43, 2048},    {44, 1},        {45, 32768},  {46, 32768},  {47, 8192},       {48, 8192},
      {49, 32768},   {50, 0},        {51, 32},     {75, 9},      {76, 0},          {78, 1},
      {79, 1},       {80, 1},        {81, 233472}, {82, 65536},  {83, 1},          {84, 0},
      {85, 0},       {86, 0},        {87, 2},      {88, 0},      {89, 1},          {90, 1},
      {91, 1},       {95, 1},        {96, 1},      {97, 232448}, {99, 1},          {100, 0},
      {101, 0},      {102, 1},       {106, 32},    {107, 1},     {111, 1024},      {115, 1},
      {119, 9},
  };
  return attributes;
}

}  // namespace

const GpuModel* find_gpu_model(const std::string& id) {
  for (const GpuModel& model : kModels) {
    if (id == model.id) return &model;
  }
  return nullptr;
}

Device::Device(int ordinal, const GpuModel& model, const Settings& settings)
    : ordinal(ordinal),
      model(model),
      memory_bytes(
          static_cast<uint64_t>(settings.number("memory_mb", static_cast<int64_t>(model.memory_mb)))
          << 20),
      nvdecs(static_cast<int>(settings.number("nvdecs", model.nvdecs))),
      engine_sessions(static_cast<size_t>(nvdecs)),
      has_pools_(settings.number("pools", 1) != 0) {}

bool Device::attribute(int attribute, int& value) const {
  const auto found = h100_attributes().find(attribute);
  if (found == h100_attributes().end()) return false;
  value = found->second;
  switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_CLOCK_RATE:
      value = model.clock_khz;
      break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
      value = model.multiprocessors;
      break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
      value = model.compute_major;
      break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
      value = model.compute_minor;
      break;
    case CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID:
      value = 6 + ordinal;
      break;
    case CU_DEVICE_ATTRIBUTE_MULTI_GPU_BOARD_GROUP_ID:
      value = ordinal;
      break;
    case 115:  // CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED
      value = has_pools_ ? 1 : 0;
      break;
    default:
      break;
  }
  return true;
}

bool Device::reserve(uint64_t bytes) {
  if (bytes > memory_bytes - used_bytes) return false;
  used_bytes += bytes;
  driver().journal.add("device_bytes", static_cast<int64_t>(bytes));
  return true;
}

void Device::give_back(uint64_t bytes) {
  used_bytes -= bytes;
  driver().journal.add("device_bytes", -static_cast<int64_t>(bytes));
}

}  // namespace cufsim

// Where tests run the CUDA kernels: on this machine without any driver, or by the driver API of a
// libcuda, simulated or real.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cuda/kernels/kernel_driver.h"

namespace cuf::testing {

class KernelDevice : public cuda::KernelDriver {
 public:
  // Waits for all work before.
  virtual void download(void* to, uint64_t from, size_t bytes) = 0;

  // What went wrong, one sentence each: the first access of a kernel outside of all memory, ...
  const std::vector<std::string>& problems() const { return problems_; }
  size_t allocations() const { return allocations_; }  // alive
  size_t modules() const { return modules_; }          // alive
  size_t uploads() const { return uploads_; }
  size_t launches() const { return launches_; }

 protected:
  std::vector<std::string> problems_;
  size_t allocations_ = 0;
  size_t modules_ = 0;
  size_t uploads_ = 0;
  size_t launches_ = 0;
};

// Device memory is the host's; an access that is not inside one allocation ends the kernel. For
// comparing many conversions quickly: the simulated driver checks more.
std::unique_ptr<KernelDevice> host_kernel_device();

// By the first GPU of that libcuda; throws std::runtime_error where there is none.
std::unique_ptr<KernelDevice> driver_kernel_device(const std::string& library);

}  // namespace cuf::testing

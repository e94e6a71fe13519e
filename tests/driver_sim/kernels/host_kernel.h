// A .cu source as C++ for this machine: what nvcc knows by itself, and pointers into device memory
// that check every access as the hardware does, and more.
//
// A kernel source that both compilers take uses `DevicePointer<T>` for each pointer into device
// memory (for nvcc an alias of T*, see device_code.h) and ends with CUFSIM_KERNEL(name) under
// `#ifndef __CUDACC__`. Nothing here stands for shared memory or barriers: kernels of cuframe use
// neither, and a source that does fails to compile instead of giving another result.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "cufsim.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __restrict__ __restrict

namespace cufsim {

struct Index3 {
  unsigned x = 0;
  unsigned y = 0;
  unsigned z = 0;
};

/** The thread of the grid that this host thread stands for. */
struct KernelThread {
  Index3 thread;
  Index3 block;
  Index3 block_size;
  Index3 grid_size;
};

extern __attribute__((visibility("default"))) constinit thread_local KernelThread kernel_thread;

/**
 * Where the bytes of a device address lie. Ends the kernel with an error as the hardware would:
 * outside every allocation, or not aligned.
 */
__attribute__((visibility("default"))) void* access_device(uint64_t address, size_t size,
                                                           size_t alignment, bool writes);

/** One element in device memory. */
template <class T>
class DeviceReference {
 public:
  explicit DeviceReference(uint64_t address) : address_(address) {}
  operator T() const {
    T value;
    std::memcpy(&value, access_device(address_, sizeof(T), alignof(T), false), sizeof(T));
    return value;
  }
  const DeviceReference& operator=(const T& value) const {
    std::memcpy(access_device(address_, sizeof(T), alignof(T), true), &value, sizeof(T));
    return *this;
  }
  const DeviceReference& operator=(const DeviceReference& other) const {
    return *this = static_cast<T>(other);
  }
  const DeviceReference& operator+=(const T& value) const {
    return *this = static_cast<T>(static_cast<T>(*this) + value);
  }

 private:
  uint64_t address_;
};

/** A pointer into device memory, as large as one, so parameter blocks have nvcc's layout. */
template <class T>
class DevicePointer {
 public:
  DevicePointer() = default;
  explicit DevicePointer(uint64_t address) : address_(address) {}
  template <class U>
  requires std::is_same_v<T, const U> DevicePointer(const DevicePointer<U>& other)
      : address_(other.address()) {}

  auto operator[](ptrdiff_t index) const {
    const uint64_t at = address_ + static_cast<uint64_t>(index) * sizeof(T);
    if constexpr (std::is_const_v<T>) {
      return static_cast<std::remove_const_t<T>>(DeviceReference<std::remove_const_t<T>>(at));
    } else {
      return DeviceReference<T>(at);
    }
  }
  auto operator*() const { return (*this)[0]; }
  DevicePointer operator+(ptrdiff_t count) const {
    return DevicePointer(address_ + static_cast<uint64_t>(count) * sizeof(T));
  }
  DevicePointer operator-(ptrdiff_t count) const { return *this + -count; }
  DevicePointer& operator+=(ptrdiff_t count) { return *this = *this + count; }
  explicit operator bool() const { return address_ != 0; }
  uint64_t address() const { return address_; }

 private:
  uint64_t address_ = 0;
};
static_assert(sizeof(DevicePointer<int>) == 8 && std::is_trivially_copyable_v<DevicePointer<int>>);

template <class To, class From>
DevicePointer<To> device_cast(DevicePointer<From> pointer) {
  return DevicePointer<To>(pointer.address());
}

template <class... Parameters>
struct HostKernel {
  template <void (*Kernel)(Parameters...)>
  static void run(void* const* parameters) {
    run_with<Kernel>(parameters, std::index_sequence_for<Parameters...>());
  }
  template <void (*Kernel)(Parameters...), size_t... Index>
  static void run_with(void* const* parameters, std::index_sequence<Index...>) {
    Kernel(*static_cast<std::remove_cvref_t<Parameters>*>(parameters[Index])...);
  }
};

/** Registers when the library that holds it is loaded. */
struct KernelRegistration {
  template <class... Parameters>
  KernelRegistration(const char* name, void (*)(Parameters...), void (*run)(void* const*)) {
    static constexpr size_t sizes[] = {sizeof(std::remove_cvref_t<Parameters>)..., 0};
    cufsim_register_kernel(name, run, sizes, sizeof...(Parameters));
  }
};

template <class... Parameters>
HostKernel<Parameters...> host_kernel_of(void (*)(Parameters...));

}  // namespace cufsim

using cufsim::device_cast;
using cufsim::DevicePointer;

#define threadIdx (::cufsim::kernel_thread.thread)
#define blockIdx (::cufsim::kernel_thread.block)
#define blockDim (::cufsim::kernel_thread.block_size)
#define gridDim (::cufsim::kernel_thread.grid_size)

/** Makes the kernel of that name known to the simulated driver. */
#define CUFSIM_KERNEL(name)                                             \
  static const ::cufsim::KernelRegistration cufsim_registration_##name( \
      #name, &name, &decltype(::cufsim::host_kernel_of(&name))::template run<&name>)

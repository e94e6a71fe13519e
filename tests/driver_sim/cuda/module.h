// Modules, their functions, and the kernels of this machine that stand in for PTX.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cuda/context.h"

namespace cufsim {

/** An entry point as its PTX declares it. */
struct PtxEntry {
  std::string name;
  std::vector<size_t> parameter_sizes;
};

/** What a PTX text says of itself. */
struct PtxText {
  /** Ten times the version. */
  int version = 0;
  /** 75 of sm_75. */
  int target = 0;
  std::vector<PtxEntry> entries;
};

/** False if the text is not PTX. */
bool read_ptx(const std::string& text, PtxText& ptx);

struct HostKernelSpec {
  /** Stays valid for ever. */
  const char* name = "";
  void (*run)(void* const* parameters) = nullptr;
  std::vector<size_t> sizes;
};

/** The kernel registered under that name; false if there is none. */
bool find_host_kernel(const std::string& name, HostKernelSpec& kernel);

struct Module {
  std::weak_ptr<Context> context;
  PtxText ptx;
};

struct Function {
  std::weak_ptr<Context> context;
  std::weak_ptr<Module> module;
  HostKernelSpec kernel;
};

}  // namespace cufsim

#include "cuda/driver.h"

#include <dlfcn.h>

#include <memory>
#include <mutex>
#include <utility>

#include "core/error.h"
#include "cuda/errors.h"

namespace cuf::cuda {
namespace {

// One of the libraries. What cannot be found is noted, not thrown.
class Library {
 public:
  // RTLD_LOCAL: its symbols must not stand in for those of a libcuda that the program links.
  explicit Library(const char* name) : name_(name), handle_(dlopen(name, RTLD_NOW | RTLD_LOCAL)) {
    if (!handle_) {
      const char* text = dlerror();
      error_ = text ? text : "it could not be opened";
    }
  }

  bool is_open() const { return handle_ != nullptr; }
  const char* name() const { return name_; }
  const std::string& error() const { return error_; }
  const std::string& missing() const { return missing_; }

  template <class Function>
  void find(Function*& function, const char* symbol) {
    find_optional(function, symbol);
    if (!function && missing_.empty()) missing_ = symbol;
  }

  template <class Function>
  void find_optional(Function*& function, const char* symbol) {
    if (handle_) function = reinterpret_cast<Function*>(dlsym(handle_, symbol));
  }

  // Does not say that the file is broken where it is not there.
  bool is_absent() const { return error_.find("No such file") != std::string::npos; }

 private:
  const char* name_;
  void* handle_;
  std::string error_;
  std::string missing_;
};

std::string too_old(int version, const std::string& missing) {
  std::string text = "The NVIDIA driver is too old: it supports CUDA " +
                     driver_version_text(version) + ", and CUDA " +
                     driver_version_text(kOldestDriver) + " (driver 530) or newer is needed";
  if (!missing.empty()) text += "; it lacks " + missing;
  return text;
}

std::string could_not_open(const Library& library) {
  if (library.is_absent()) {
    return std::string("No NVIDIA driver is installed: ") + library.name() + " was not found";
  }
  return std::string("The NVIDIA driver could not be opened: ") + library.error();
}

// Containers get the parts of the driver that their capabilities name; libcuda is "compute".
std::string no_video_library(const Library& library) {
  return std::string("The NVIDIA driver is here without its video part: ") + library.name() +
         (library.is_absent() ? " was not found"
                              : " could not be opened (" + library.error() + ")") +
         "; in a container set NVIDIA_DRIVER_CAPABILITIES=video,compute,utility, else install the "
         "driver's decode library";
}

std::string cannot_start(CUresult result) {
  constexpr CUresult kNoDevice = static_cast<CUresult>(100);
  const std::string name = result_name(result);
  if (result == kNoDevice) {
    return "The NVIDIA driver finds no GPU (" + name +
           "); in a container pass one through, and look whether CUDA_VISIBLE_DEVICES hides it";
  }
  return "The NVIDIA driver could not be started: " + name + " (" +
         std::to_string(static_cast<int>(result)) + ")";
}

void find_cuda(Library& library, CudaFunctions& functions) {
#define CUF_FIND(member, type, name) library.find(functions.member, name);
#define CUF_FIND_OPTIONAL(member, type, name) library.find_optional(functions.member, name);
  CUF_CUDA_FUNCTIONS(CUF_FIND)
  CUF_CUDA_POOL_FUNCTIONS(CUF_FIND_OPTIONAL)
#undef CUF_FIND_OPTIONAL
}

void find_cuvid(Library& library, CuvidFunctions& functions) {
  CUF_CUVID_FUNCTIONS(CUF_FIND)
}

void find_nvenc(Library& library, NvencFunctions& functions) {
  CUF_NVENC_FUNCTIONS(CUF_FIND)
#undef CUF_FIND
}

void open_encoder(const char* name, Driver& driver) {
  Library library(name);
  if (library.is_open()) find_nvenc(library, driver.nvenc);
  if (library.is_open() && library.missing().empty()) return;
  driver.nvenc = {};
  driver.no_encoder = library.is_open()
                          ? std::string(name) + " of the NVIDIA driver lacks " + library.missing()
                          : no_video_library(library);
}

// The reason why it cannot be used, or nothing.
std::string start(Library& library, Driver& driver) {
  const CudaFunctions& cuda = driver.cuda;
  // This works before cuInit, and old drivers lack functions.
  CUresult result = CUDA_SUCCESS;
  if (cuda.cuDriverGetVersion) result = cuda.cuDriverGetVersion(&driver.version);
  if (result != CUDA_SUCCESS) return cannot_start(result);
  if (driver.version < kOldestDriver || !library.missing().empty()) {
    return too_old(driver.version, library.missing());
  }
  result = cuda.cuInit(0);
  if (result == CUDA_SUCCESS) result = cuda.cuDeviceGetCount(&driver.gpu_count);
  if (result == CUDA_SUCCESS && driver.gpu_count == 0) result = static_cast<CUresult>(100);
  return result == CUDA_SUCCESS ? "" : cannot_start(result);
}

DriverOrReason no(std::string reason) {
  return {.driver = nullptr, .reason = std::move(reason)};
}

}  // namespace

DriverOrReason open_driver(const DriverLibraries& names) {
  auto driver = std::make_unique<Driver>();
  Library cuda(names.cuda);
  if (!cuda.is_open()) return no(could_not_open(cuda));
  find_cuda(cuda, driver->cuda);
  const std::string failure = start(cuda, *driver);
  if (!failure.empty()) return no(failure);
  void (*simulated)() = nullptr;
  cuda.find_optional(simulated, "cufsim_version");
  driver->is_simulated = simulated != nullptr;

  Library cuvid(names.cuvid);
  if (!cuvid.is_open()) return no(no_video_library(cuvid));
  find_cuvid(cuvid, driver->cuvid);
  if (!cuvid.missing().empty()) return no(too_old(driver->version, cuvid.missing()));
  open_encoder(names.nvenc, *driver);
  return {.driver = driver.release(), .reason = {}};
}

DriverOrReason installed_driver() {
  static std::mutex& mutex = *new std::mutex;
  static const Driver* found = nullptr;
  std::lock_guard lock(mutex);
  if (found) return {.driver = found, .reason = {}};
  DriverOrReason opened = open_driver({});
  found = opened.driver;
  return opened;
}

const Driver& require_driver() {
  const DriverOrReason found = installed_driver();
  if (!found.driver) throw Error(Status::unsupported, found.reason);
  return *found.driver;
}

std::string driver_version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

}  // namespace cuf::cuda

#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "cuda/driver.h"
#include "cuda/errors.h"

namespace cuf::cuda {

// A CUDA context, kept alive by everything that lives in it.
class Context {
 public:
  // The one that the CUDA runtime of the process uses, too. Throws Error(unsupported) for a GPU
  // that is not there.
  static std::shared_ptr<const Context> primary(const Driver& driver, int gpu);
  // The caller's, who must keep it until the last frame of it is closed. Throws
  // Error(invalid_argument) for what is no context.
  static std::shared_ptr<const Context> borrowed(const Driver& driver, CUcontext context);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Driver& driver() const { return driver_; }
  const CudaFunctions& cuda() const { return driver_.cuda; }
  const CuvidFunctions& cuvid() const { return driver_.cuvid; }
  CUcontext handle() const { return handle_; }
  int gpu() const { return gpu_; }
  // As cuvidGetDecoderCaps(), which the driver is asked once for each kind of stream: every start
  // of a decoder wants to know. Needs the context.
  CUresult decoder_caps(CUVIDDECODECAPS& caps) const;

 private:
  Context(const Driver& driver, CUcontext handle, int gpu, bool is_primary)
      : driver_(driver), handle_(handle), gpu_(gpu), is_primary_(is_primary) {}

  const Driver& driver_;
  const CUcontext handle_;
  const int gpu_;
  const bool is_primary_;
  mutable std::mutex caps_mutex_;
  mutable std::vector<CUVIDDECODECAPS> known_caps_;  // answers of the driver
};

// A thread's stay in the driver. A process that ends while one frees a decoder, say, hangs in the
// driver's own end (seen on an H200: both join the decoder's thread, and one is woken), so exit()
// waits for all to leave, and lets nobody in. Runtimes that end without exit's handlers, as Bun
// does, do not run the driver's either.
class DriverUse {
 public:
  // throws: Error(aborted) on the thread that ends the process; others wait there for ever.
  explicit DriverUse(bool throws);
  ~DriverUse();
  DriverUse(const DriverUse&) = delete;
  DriverUse& operator=(const DriverUse&) = delete;

  bool is_allowed() const { return is_allowed_; }
  // From the first call on exit() does so. The driver must be loaded: its own handlers come later
  // then.
  static void end_with_process();

 private:
  bool is_allowed_ = false;
};

// Decoders and streams are made and freed one after another in the whole process. The driver does
// not do it faster at once, and threads that make decoders, free others and destroy streams at the
// same time wait for each other's locks in it for ever (seen on an H200, driver 580: stacks of
// cuvidCreateDecoder, cuvidDestroyDecoder and cuStreamDestroy).
class SessionLock {
 public:
  SessionLock() : lock_(mutex()) {}

 private:
  static std::mutex& mutex();

  const std::lock_guard<std::mutex> lock_;
};

// The context is current on this thread from here to the end of the scope; what was current before
// is then current again.
class ContextScope {
 public:
  explicit ContextScope(const Context& context) : context_(context), use_(true) {
    const CUresult result = context_.cuda().cuCtxPushCurrent(context_.handle());
    if (result != CUDA_SUCCESS) throw cannot_enter(result);
    is_entered_ = true;
  }
  // For destructors: a context that cannot be entered is gone, and with it what was in it. The
  // first failure may be the driver's word on work that was put on a stream before.
  ContextScope(const Context& context, std::nothrow_t) noexcept : context_(context), use_(false) {
    for (int attempt = 0; attempt < 2 && !is_entered_ && use_.is_allowed(); ++attempt) {
      is_entered_ = context_.cuda().cuCtxPushCurrent(context_.handle()) == CUDA_SUCCESS;
    }
  }
  ~ContextScope() {
    CUcontext popped = nullptr;
    if (is_entered_) context_.cuda().cuCtxPopCurrent(&popped);
  }
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

  explicit operator bool() const { return is_entered_; }

 private:
  static Error cannot_enter(CUresult result);

  const Context& context_;
  const DriverUse use_;
  bool is_entered_ = false;
};

}  // namespace cuf::cuda

/*
 * Control of the simulated driver, for tests: exported by the simulated libcuda.so.1 only, so that
 * `dlsym(libcuda, "cufsim_version")` also tells a client that no GPU stands behind the driver.
 *
 * Settings come from the environment (CUFSIM_ and the name in capitals) when the driver is first
 * used, and from cufsim_set(). Plain C with integers and strings: tests in TypeScript call it too.
 *
 *   gpu               name of the table of GPUs in cuvid/capabilities.cpp and cuda/gpu_models.cpp:
 *                     "h100" (default), "l4", "b200", "none" (as h100, NVDEC refuses everything)
 *   gpus              number of GPUs, default 1; 0 makes cuInit fail with CUDA_ERROR_NO_DEVICE
 *   memory_mb         device memory of each GPU, default what the model has
 *   driver_version    as cuDriverGetVersion gives it, default 13000
 *   ptx_version       newest PTX taken, times ten, default 90
 *   pools             0: no stream-ordered memory
 *   stream_delay_us   every operation on a stream starts this much later
 *   nvdecs            decode engines of each GPU, default what the model has
 *   picture_us        least time of one picture on an engine
 *   create_us         time of cuvidCreateDecoder
 *   decode_stats      1: decode statistics of H.264 as drivers >= 590 have them, default 0
 *   encode_sessions   0 (default, as on an H100): no NVENC; nothing else yet
 *   lose_after        the device is lost at that driver call, counted from 1
 *   fail              faults as FUNCTION:N:CODE, separated by commas; see cufsim_fail()
 *   decode_status     faults as PICTURE:STATUS, separated by commas; see cufsim_decode_status()
 *   report            file that gets cufsim_report() whenever no context is left, and at exit
 *   log               1: problems also go to stderr
 *   abort             1: the first problem aborts the process
 */
#ifndef CUFSIM_H
#define CUFSIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CUFSIM_API __attribute__((visibility("default")))

/** 1. That the symbol exists says that this is no real driver. */
CUFSIM_API uint32_t cufsim_version(void);

/**
 * Forgets calls, sums, problems and faults and reads the environment again. Counters of what is
 * alive stay true. If no context is alive the GPUs are made anew, as the settings say.
 */
CUFSIM_API void cufsim_reset(void);

/** Changes a number of the list above; 0 if there is none of that name. */
CUFSIM_API int32_t cufsim_set(const char* name, int64_t value);

/** Chooses the model of all GPUs: before cuInit, or before cufsim_reset(). */
CUFSIM_API int32_t cufsim_set_gpu(const char* model);

/**
 * The nth call from now of `function` ("cuMemAlloc", without _v2; "*": of any) fails with `code`.
 * Functions that release something release it and still return the code, as drivers do.
 */
CUFSIM_API void cufsim_fail(const char* function, uint64_t nth, int32_t code);

/** Whether a fault of cufsim_fail() has not happened yet. */
CUFSIM_API int32_t cufsim_fault_pending(void);

/** From now on every call that concerns the GPU fails with `code`, and no operation runs. */
CUFSIM_API void cufsim_lose_device(int32_t gpu, int32_t code);

/** The nth picture from now (in decoding order, over all decoders) ends with that status. */
CUFSIM_API void cufsim_decode_status(uint64_t nth, int32_t status);

/** Nothing on any stream starts until cufsim_resume(): what is not waited for is visibly not done.
 */
CUFSIM_API void cufsim_pause(void);
CUFSIM_API void cufsim_resume(void);

/** Operations on all streams that have not ended. */
CUFSIM_API uint64_t cufsim_queued(void);

/** Calls of `function` since the start or cufsim_reset(); "*": of all. */
CUFSIM_API uint64_t cufsim_calls(const char* function);

/**
 * A counter by name: contexts, streams, events, modules, allocations, host_allocations, pools,
 * decoders, parsers, locks, mapped (all alive now), device_bytes, pictures_decoded,
 * pictures_parsed, parser_us, decoder_us (processor time), decoders_created,
 * decoders_reconfigured, kernels, copies, context_pushes (on the stacks of all threads), problems,
 * or the name of a kind of problem as in cuda/journal.cpp.
 */
CUFSIM_API uint64_t cufsim_count(const char* name);

/** Text of problem `index`; returns its length, 0 past the end. */
CUFSIM_API size_t cufsim_problem(uint32_t index, char* text, size_t size);

/** Everything as JSON; returns the length, which may be more than `size`. */
CUFSIM_API size_t cufsim_report(char* text, size_t size);

/**
 * A kernel compiled for this machine, which runs when a module whose PTX has an entry of that name
 * is launched. `run` is called once for each thread of the grid with its copied parameters.
 */
CUFSIM_API void cufsim_register_kernel(const char* name, void (*run)(void* const* parameters),
                                       const size_t* sizes, uint32_t count);

#ifdef __cplusplus
}
#endif
#endif

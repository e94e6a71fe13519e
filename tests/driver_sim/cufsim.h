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
 *   destroy_us        time of cuvidDestroyDecoder
 *   reconfigure_us    time of cuvidReconfigureDecoder
 *   decode_stats      1: decode statistics of H.264 as drivers >= 590 have them, default 0
 *   late_display      1: what waits of an old sequence is shown behind the announcement of the new
 *                     one, as on an H100; default 0
 *   encode_sessions   sessions of NVENC at once; 0: no NVENC. Default what the model has: "l4" has
 *                     NVENC, the others have none
 *   encode_limit_status   what opening one session more says: default 10 (OUT_OF_MEMORY); 21 is
 *                     INCOMPATIBLE_CLIENT_KEY
 *   encode_codecs     sum of 1 (H.264), 2 (HEVC) and 4 (AV1): what NVENC offers, default 7
 *   encode_api        newest API of NVENC, times ten: 111, 121, 122 or 130 (default)
 *   encode_caps       capabilities of NVENC as CAP:VALUE, separated by commas, by their numbers
 *                     in NV_ENC_CAPS; see cufsim_set_encode_cap()
 *   encode_us         least time that NVENC takes for a picture
 *   encode_stall_ms   how long a lock waits for pictures that the encoder in software holds back
 *                     before it is made to start anew (see README), default 100
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
 * The nth call from now of `function` ("cuMemAlloc", without _v2; "nvEncEncodePicture"; "*": of
 * any) fails with `code`, which is an NVENCSTATUS for functions of NVENC. Functions that release
 * something release it and still return the code, as drivers do. What tells of work that faulted
 * (700, 719 and the like) breaks the context that is current, as there.
 */
CUFSIM_API void cufsim_fail(const char* function, uint64_t nth, int32_t code);

/** Calls of this thread are not counted and no faults of cufsim_fail() and lose_after, until 0. */
CUFSIM_API void cufsim_spare_thread(int32_t spared);

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
 * decoders, parsers, locks, mapped (all alive now), device_bytes, engines_busy (with a picture,
 * also while paused), pictures_decoded, pictures_parsed, parser_us, decoder_us (processor time),
 * decoders_created, decoders_reconfigured, kernels, copies, context_pushes (on the stacks of all
 * threads); of NVENC, alive: encoders, input_buffers, bitstream_buffers, bitstreams_locked,
 * registrations, encode_mapped, and summed up: encoders_created, encoders_reconfigured,
 * encoder_restarts, pictures_encoded, encoded_bytes, encode_host_copies (pictures from input
 * buffers); problems, or the name of a kind of problem as in cuda/journal.cpp.
 */
CUFSIM_API uint64_t cufsim_count(const char* name);

/** Gives a capability of NVENC, by its number in NV_ENC_CAPS, another value for every codec. */
CUFSIM_API int32_t cufsim_set_encode_cap(int32_t cap, int32_t value);

/**
 * Bytes that a client of NVENC passed, as they were: "initialize", "config", "reconfigure",
 * "picture" and "register" are the structs of the client's API (see their version word), whether
 * they were then taken or refused; "messages" are those of a picture, each as its type and size (32
 * bits) and its payload. `back` 0 is the last one, 1 the one before, up to 63. Returns the size,
 * which may be more than `size`; 0 if there is none.
 */
CUFSIM_API size_t cufsim_encode_record(const char* what, uint32_t back, void* bytes, size_t size);

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

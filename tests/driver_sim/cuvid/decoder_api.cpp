// The decoder functions of libnvcuvid.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include "cuda/entry.h"
#include "cuvid/context_lock.h"
#include "cuvid/decoder.h"
#include "cuvid/stats.h"

using namespace cufsim;

namespace {

/** Ends sessions of a context that is destroyed; the client should have done so. */
size_t end_decoders_of(const ContextPtr& context) {
  std::vector<DecoderPtr> left;
  for (const auto& [handle, decoder] : decoders().alive()) {
    if (decoder->context.lock() == context) left.push_back(decoder);
  }
  for (const DecoderPtr& decoder : left) {
    driver().journal.add("mapped", -static_cast<int64_t>(decoder->mapped()));
    decoder->close();
    decoders().remove(decoder->handle);
    driver().journal.add("decoders", -1);
  }
  return left.size();
}

/** Calls of cuvidDestroyDecoder() that have not ended. */
std::atomic<int> destroying = 0;

/** A process that ends meanwhile never does (seen on an H200). */
struct AtExit {
  ~AtExit() {
    if (destroying > 0) {
      for (;;) pause();
    }
  }
};

const AtExit at_exit;

/** Lets a call take the time of a setting, beside others. */
void spend(Entry& entry, const char* setting) {
  const int64_t cost = entry.sim.settings.number(setting, 0);
  if (cost == 0) return;
  entry.lock.unlock();
  std::this_thread::sleep_for(std::chrono::microseconds(cost));
  entry.lock.lock();
}

/** The context in which a session of that lock works on this thread; null if none is current. */
ContextPtr working_context(Entry& entry, CUvideoctxlock lock_handle) {
  const auto lock = lock_handle == nullptr ? nullptr : context_locks().find(lock_handle);
  return lock != nullptr ? lock->context : entry.context;
}

/** Runs `body` with the decoder of a handle, in its own context. */
template <class Body>
CUresult with_decoder(const char* function, unsigned needs, CUvideodecoder handle, Body&& body) {
  return call(function, kInit | needs, [&](Entry& entry) -> CUresult {
    const DecoderPtr decoder = decoders().find(handle);
    if (decoder == nullptr) {
      if (decoders().was(handle)) {
        entry.sim.journal.problem(Problem::kUseAfterDestroy,
                                  std::string(function) + " of a destroyed decoder");
      }
      return kInvalidHandle;
    }
    const ContextPtr context = working_context(entry, decoder->lock_handle);
    const ContextPtr own = decoder->context.lock();
    if (context != own) {
      if (context != nullptr) {
        entry.sim.journal.problem(Problem::kWrongContext,
                                  std::string(function) + " in another context than the decoder's");
      }
      if ((needs & kRelease) == 0) return kInvalidContext;
    }
    const bool broken = own != nullptr && own->broken() != CUDA_SUCCESS;
    if (broken && (needs & kRelease) == 0) return own->broken();
    const CUresult code = body(entry, decoder);
    return broken ? own->broken() : code;
  });
}

}  // namespace

CUFSIM_EXPORT CUresult cuvidCreateDecoder(CUvideodecoder* out, CUVIDDECODECREATEINFO* info) {
  return call("cuvidCreateDecoder", kInit, [&](Entry& entry) -> CUresult {
    if (out == nullptr || info == nullptr) return kInvalidValue;
    const ContextPtr context = working_context(entry, info->vidLock);
    if (context == nullptr) return kInvalidContext;
    if (context->broken() != CUDA_SUCCESS) return context->broken();
    const CUresult refused = check_creation(*context->device, *info);
    if (refused != CUDA_SUCCESS) return refused;
    spend(entry, "create_us");
    const auto decoder = std::make_shared<Decoder>(context, *info);
    const CUresult code = decoder->open();
    if (code != CUDA_SUCCESS) return code;
    entry.sim.end_decoders_of = &end_decoders_of;
    decoder->handle = decoders().add(decoder);
    entry.sim.journal.add("decoders");
    entry.sim.journal.add("decoders_created");
    *out = reinterpret_cast<CUvideodecoder>(decoder->handle);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuvidDestroyDecoder(CUvideodecoder handle) {
  ++destroying;
  const CUresult code = with_decoder(
      "cuvidDestroyDecoder", kRelease, handle, [](Entry& entry, const DecoderPtr& decoder) {
        if (decoder->mapped() > 0) {
          entry.sim.journal.problem(
              Problem::kDestroyedWithLiveObjects,
              "a decoder with " + std::to_string(decoder->mapped()) + " pictures mapped");
          entry.sim.journal.add("mapped", -static_cast<int64_t>(decoder->mapped()));
        }
        decoders().remove(decoder->handle);
        // Reads of mapped pictures that are under way would read freed memory.
        const ContextPtr context = decoder->context.lock();
        if (context != nullptr) context->synchronize(entry.lock, false);
        decoder->close();
        entry.sim.changed.notify_all();
        spend(entry, "destroy_us");
        entry.sim.journal.add("decoders", -1);
        return CUDA_SUCCESS;
      });
  --destroying;
  return code;
}

CUFSIM_EXPORT CUresult cuvidDecodePicture(CUvideodecoder handle, CUVIDPICPARAMS* picture) {
  return with_decoder("cuvidDecodePicture", kNothing, handle,
                      [&](Entry& entry, const DecoderPtr& decoder) -> CUresult {
                        if (picture == nullptr) return kInvalidValue;
                        return decoder->decode(entry.lock, *picture);
                      });
}

CUFSIM_EXPORT CUresult cuvidGetDecodeStatus(CUvideodecoder handle, int index,
                                            CUVIDGETDECODESTATUS* status) {
  return with_decoder("cuvidGetDecodeStatus", kNothing, handle,
                      [&](Entry&, const DecoderPtr& decoder) -> CUresult {
                        if (status == nullptr) return kInvalidValue;
                        return decoder->status(index, *status);
                      });
}

CUFSIM_EXPORT CUresult cuvidReconfigureDecoder(CUvideodecoder handle,
                                               CUVIDRECONFIGUREDECODERINFO* info) {
  return with_decoder("cuvidReconfigureDecoder", kNothing, handle,
                      [&](Entry& entry, const DecoderPtr& decoder) -> CUresult {
                        if (info == nullptr) return kInvalidValue;
                        spend(entry, "reconfigure_us");
                        return decoder->reconfigure(*info);
                      });
}

CUFSIM_EXPORT CUresult cuvidMapVideoFrame64(CUvideodecoder handle, int index,
                                            unsigned long long* address, unsigned* pitch,
                                            CUVIDPROCPARAMS* parameters) {
  return with_decoder("cuvidMapVideoFrame", kNothing, handle,
                      [&](Entry& entry, const DecoderPtr& decoder) -> CUresult {
                        if (address == nullptr || pitch == nullptr || parameters == nullptr)
                          return kInvalidValue;
                        // The default stream is that of the decoder's context, which a lock may
                        // stand for.
                        const ContextPtr current = entry.context;
                        entry.context = decoder->context.lock();
                        StreamPtr stream = stream_of(entry, parameters->output_stream);
                        // JPEG is written on the default stream, whatever was asked for (seen on
                        // an H200).
                        if (stream != nullptr && decoder->is_jpeg()) {
                          stream = stream_of(entry, nullptr);
                        }
                        entry.context = current;
                        if (stream == nullptr) return kInvalidHandle;
                        return decoder->map(entry.lock, index, *parameters, stream, address, pitch);
                      });
}

CUFSIM_EXPORT CUresult cuvidUnmapVideoFrame64(CUvideodecoder handle, unsigned long long address) {
  return with_decoder("cuvidUnmapVideoFrame", kRelease, handle,
                      [&](Entry&, const DecoderPtr& decoder) { return decoder->unmap(address); });
}

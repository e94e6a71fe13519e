// The parser functions of libnvcuvid.
#include "cuda/entry.h"
#include "cuvid/parser.h"

using namespace cufsim;

namespace {

Handles<Parser>& parsers() {
  static auto* const table = new Handles<Parser>(driver().memory);
  return *table;
}

bool is_known(cudaVideoCodec codec) {
  return codec >= cudaVideoCodec_MPEG1 && codec < cudaVideoCodec_NumCodecs &&
         codec != cudaVideoCodec_H264_SVC && codec != cudaVideoCodec_H264_MVC;
}

}  // namespace

CUFSIM_EXPORT CUresult cuvidCreateVideoParser(CUvideoparser* out, CUVIDPARSERPARAMS* parameters) {
  return call("cuvidCreateVideoParser", kNothing, [&](Entry& entry) -> CUresult {
    if (out == nullptr || parameters == nullptr) return kInvalidValue;
    if (!is_known(parameters->CodecType)) return result(300);
    // A driver does not look at these.
    if (parameters->uReserved != 0) return kInvalidValue;
    for (const unsigned reserved : parameters->uReserved1) {
      if (reserved != 0) return kInvalidValue;
    }
    for (const void* reserved : parameters->pvReserved2) {
      if (reserved != nullptr) return kInvalidValue;
    }
    const auto parser = std::make_shared<Parser>(*parameters);
    parser->handle = parsers().add(parser);
    entry.sim.journal.add("parsers");
    *out = reinterpret_cast<CUvideoparser>(parser->handle);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuvidParseVideoData(CUvideoparser handle, CUVIDSOURCEDATAPACKET* packet) {
  return call("cuvidParseVideoData", kNothing, [&](Entry& entry) -> CUresult {
    const auto parser = parsers().find(handle);
    if (parser == nullptr) {
      if (parsers().was(handle)) {
        entry.sim.journal.problem(Problem::kUseAfterDestroy, "a destroyed parser");
      }
      return kInvalidHandle;
    }
    if (packet == nullptr || (packet->payload == nullptr && packet->payload_size > 0)) {
      return kInvalidValue;
    }
    // Callbacks call the driver.
    entry.lock.unlock();
    parser->parse(*packet);
    entry.lock.lock();
    // Success whatever callbacks answered: a client that wants to know must remember it itself.
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuvidDestroyVideoParser(CUvideoparser handle) {
  return call("cuvidDestroyVideoParser", kRelease, [&](Entry& entry) -> CUresult {
    const auto parser = parsers().find(handle);
    if (parser == nullptr) {
      if (parsers().was(handle)) entry.sim.journal.problem(Problem::kReleasedTwice, "a parser");
      return kInvalidHandle;
    }
    parsers().remove(parser->handle);
    entry.sim.journal.add("parsers", -1);
    return CUDA_SUCCESS;
  });
}

#include "cuda/nvdec/parser.h"

#include <utility>

namespace cuf::cuda {
namespace {

ParserEvents& events_of(void* user) {
  return *static_cast<ParserEvents*>(user);
}

int CUDAAPI on_sequence(void* user, CUVIDEOFORMAT* format) {
  return events_of(user).on_sequence(*format);
}

int CUDAAPI on_decode(void* user, CUVIDPICPARAMS* picture) {
  return events_of(user).on_decode(*picture);
}

int CUDAAPI on_display(void* user, CUVIDPARSERDISPINFO* picture) {
  // Null is the word of CUVID_PKT_NOTIFY_EOS, which is not asked for.
  return picture ? events_of(user).on_display(*picture) : 1;
}

// Until the sequence callback says how many there are.
constexpr unsigned kFirstSurfaces = 1;

}  // namespace

Parser::Parser(std::shared_ptr<const Context> context, const Options& options, ParserEvents& events)
    : context_(std::move(context)) {
  CUVIDPARSERPARAMS parameters{};
  parameters.CodecType = options.codec;
  parameters.ulMaxNumDecodeSurfaces = kFirstSurfaces;
  parameters.ulMaxDisplayDelay = options.display_delay;
  // Damaged pictures are decoded, and their status says so.
  parameters.ulErrorThreshold = 100;
  parameters.pUserData = &events;
  parameters.pfnSequenceCallback = on_sequence;
  parameters.pfnDecodePicture = on_decode;
  parameters.pfnDisplayPicture = options.shows_nothing ? nullptr : on_display;
  check(context_->cuvid().cuvidCreateVideoParser(&handle_, &parameters),
        "Could not create NVIDIA's video parser");
}

Parser::~Parser() {
  const ContextScope scope(*context_, std::nothrow);
  context_->cuvid().cuvidDestroyVideoParser(handle_);
}

CUresult Parser::parse(std::span<const uint8_t> payload, uint32_t flags, int64_t timestamp) {
  CUVIDSOURCEDATAPACKET packet{};
  packet.flags = flags | CUVID_PKT_TIMESTAMP;
  packet.payload = payload.data();
  packet.payload_size = payload.size();
  packet.timestamp = timestamp;
  return context_->cuvid().cuvidParseVideoData(handle_, &packet);
}

CUresult Parser::parse_end() {
  CUVIDSOURCEDATAPACKET packet{};
  packet.flags = CUVID_PKT_ENDOFSTREAM;
  return context_->cuvid().cuvidParseVideoData(handle_, &packet);
}

}  // namespace cuf::cuda

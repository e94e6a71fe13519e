#include <string>
#include <utility>

#include "abi/boundary.h"
#include "abi/encoder_desc.h"
#include "abi/installed_gpus.h"
#include "core/completion_queue.h"
#include "core/encoder_choice.h"
#include "core/encoder_input.h"
#include "core/executor.h"
#include "core/registry.h"
#include "libav/backend.h"

using namespace cuf;
using namespace cuf::abi;

namespace {

class EncoderAnswer : public Object {
 public:
  static constexpr ObjectKind kKind = ObjectKind::encoder_answer;

  EncoderAnswer(const CufEncoderSupport& support, const EncoderSettings& settings)
      : Object(kKind), support(support), settings(settings) {}
  void close() noexcept override {}

  const CufEncoderSupport support;
  const EncoderSettings settings;
};

struct EncoderQuestion {
  uint32_t backend = CUF_BACKEND_AUTO;
  uint32_t ordinal = 0;
  EncoderFormat format = EncoderFormat::nv12;
  EncoderOptions options;  // settings complete
};

EncoderQuestion question_of(const CufEncoderQuery& query, const EncodeSession::Options& asked) {
  require(query.backend <= CUF_BACKEND_CUDA, "Unknown backend; auto, cpu and cuda exist");
  EncoderQuestion question{
      .backend = query.backend, .ordinal = query.ordinal, .format = asked.format, .options = {}};
  require_encoder_size(asked.format, asked.width, asked.height);
  question.options.width = asked.width;
  question.options.height = asked.height;
  question.options.threads = asked.threads;
  question.options.settings = asked.settings;
  question.options.native_options = asked.native_options;
  complete_encoder_settings(question.options.settings, asked.width, asked.height);
  question.options.color = encoder_color(asked.format, asked.settings, asked.height, asked.color);
  return question;
}

std::shared_ptr<EncoderAnswer> answer_of(const EncoderSupport& found, Backend backend) {
  CufEncoderSupport support{};
  support.is_supported = found.is_supported;
  support.min_width = found.min_width;
  support.min_height = found.min_height;
  support.max_width = found.max_width;
  support.max_height = found.max_height;
  support.max_b_frames = found.max_b_frames;
  for (uint32_t i = 0; i < static_cast<uint32_t>(EncoderFormat::count); ++i) {
    if (takes(found.formats, static_cast<EncoderFormat>(i))) support.format_mask |= 1u << i;
  }
  support.backend = static_cast<uint32_t>(backend);
  support.setting_count = count_settings(found.settings);
  put_text(support.implementation, found.implementation);
  put_text(support.reason, found.reason);
  return std::make_shared<EncoderAnswer>(support, found.settings);
}

EncoderSupport ask_gpu(EncoderQuestion& question) {
  const auto gpu = cuda::open_gpu({.gpu = require_gpu(question.ordinal).gpu});
  return ask_encoder(*gpu, question.options, question.format);
}

// As a device of that backend would choose: `auto` takes the CPU for what the GPU cannot encode.
std::shared_ptr<EncoderAnswer> answer_to(EncoderQuestion question) {
  const bool is_automatic = question.backend == CUF_BACKEND_AUTO;
  const bool has_gpu = !is_automatic || !installed_gpus().gpus.empty();
  if (question.backend != CUF_BACKEND_CPU && has_gpu) {
    const EncoderSupport support = ask_gpu(question);
    if (support.is_supported || !is_automatic) return answer_of(support, Backend::cuda);
  }
  return answer_of(ask_encoder(libav::backend(), question.options, question.format), Backend::cpu);
}

}  // namespace

extern "C" {

int32_t cuf_adapter_query_encoder(uint32_t queue, const CufEncoderQuery* query,
                                  const CufEncoderDesc* desc, const CufEncoderSetting* settings,
                                  uint32_t setting_count, const uint8_t* native,
                                  uint32_t native_length, uint32_t ticket, CufError* error) {
  return guarded(error, [&] {
    EncodeSession::Options asked =
        encode_options_of(read_struct(desc), settings_of(settings, setting_count), 1);
    asked.native_options = native_options_of(native, native_length);
    const EncoderQuestion question = question_of(read_struct(query), asked);
    auto work = object_of<CompletionQueue>(queue)->open_ticket(ticket);
    run_on_pool([question, queue, work] {
      work->attempt([&] { work->complete(Registry::instance().add(answer_to(question), queue)); });
    });
    return CUF_OK;
  });
}

int32_t cuf_answer_encoder_support(uint32_t answer, CufEncoderSupport* out) {
  return guarded(nullptr, [&] {
    write_struct(out, object_of<EncoderAnswer>(answer)->support);
    return CUF_OK;
  });
}

int32_t cuf_answer_encoder_settings(uint32_t answer, CufEncoderSetting* out, uint32_t capacity) {
  return guarded(nullptr, [&] {
    return put_settings(object_of<EncoderAnswer>(answer)->settings, out, capacity);
  });
}

}  // extern "C"

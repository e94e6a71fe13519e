#include "abi/encoder_desc.h"

#include <array>
#include <cmath>
#include <string>
#include <string_view>

namespace cuf::abi {
namespace {

// Doubles hold more than settings need, but not every int64_t.
constexpr double kMostExact = 9007199254740992.0;

int64_t whole_number(double value) {
  require(std::trunc(value) == value && std::abs(value) < kMostExact,
          "A setting's value is no whole number");
  return static_cast<int64_t>(value);
}

std::string_view text_before_nul(std::string_view& bytes) {
  const size_t end = bytes.find('\0');
  require(end != std::string_view::npos, "A native option does not end in NUL");
  const std::string_view text = bytes.substr(0, end);
  bytes.remove_prefix(end + 1);
  return text;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> native_options_of(const uint8_t* native,
                                                                   uint32_t length) {
  require_buffer(native, length);
  std::string_view bytes(reinterpret_cast<const char*>(native), length);
  std::vector<std::pair<std::string, std::string>> options;
  while (!bytes.empty()) {
    const std::string_view name = text_before_nul(bytes);
    require(!name.empty(), "A native option has no name");
    options.emplace_back(name, text_before_nul(bytes));
  }
  return options;
}

EncoderSettings settings_of(const CufEncoderSetting* settings, uint32_t count) {
  require_buffer(settings, count);
  require(count <= kEncoderParameterCount, "There are more settings than parameters");
  EncoderSettings result;
  for (uint32_t i = 0; i < count; ++i) {
    require(settings[i].struct_size == sizeof(CufEncoderSetting),
            "A setting's struct_size is not that of this library");
    require(settings[i].value_count <= 3, "A setting has at most three values");
    std::array<int64_t, 3> numbers{};
    for (uint32_t k = 0; k < settings[i].value_count; ++k) {
      numbers[k] = whole_number(settings[i].values[k]);
    }
    const auto parameter = static_cast<EncoderParameter>(settings[i].parameter);
    result.set(parameter, std::span(numbers).first(settings[i].value_count));
  }
  return result;
}

uint32_t count_settings(const EncoderSettings& settings) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < kEncoderParameterCount; ++i) {
    count += settings.has(static_cast<EncoderParameter>(i));
  }
  return count;
}

int32_t put_settings(const EncoderSettings& settings, CufEncoderSetting* out, uint32_t capacity) {
  require_buffer(out, capacity);
  uint32_t count = 0;
  for (uint32_t i = 0; i < kEncoderParameterCount; ++i) {
    const auto& value = settings.value(static_cast<EncoderParameter>(i));
    if (value.count == 0) continue;
    if (count < capacity) {
      CufEncoderSetting setting{};
      setting.struct_size = sizeof(setting);
      setting.parameter = i;
      setting.value_count = value.count;
      for (uint32_t k = 0; k < value.count; ++k) {
        setting.values[k] = static_cast<double>(value.numbers[k]);
      }
      out[count] = setting;
    }
    ++count;
  }
  return static_cast<int32_t>(count);
}

EncoderFormat encoder_format_of(uint32_t number) {
  return checked_enum<EncoderFormat>(number, CUF_ENCODER_FORMAT_RGBP, "Unknown encoder format");
}

EncodeSession::Options encode_options_of(const CufEncoderDesc& desc, EncoderSettings settings,
                                         uint32_t device_threads) {
  EncodeSession::Options options;
  options.format = encoder_format_of(desc.format);
  options.width = desc.width;
  options.height = desc.height;
  options.settings = settings;
  options.threads = desc.threads == 0 ? device_threads : std::min(desc.threads, device_threads);
  require(desc.has_color <= 1, "has_color is 0 or 1");
  require(desc.color.full_range <= 1, "full_range is 0 or 1");
  require(std::max({desc.color.primaries, desc.color.transfer, desc.color.matrix}) <= 255,
          "Code points of H.273 go up to 255");
  if (desc.has_color) {
    options.color = Color{.primaries = desc.color.primaries,
                          .transfer = desc.color.transfer,
                          .matrix = desc.color.matrix,
                          .full_range = desc.color.full_range != 0};
  }
  options.cuda_stream = desc.cuda_stream;
  options.input_budget = desc.input_budget_bytes;
  return options;
}

}  // namespace cuf::abi

#include "core/encoder_choice.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "core/log.h"

namespace cuf {
namespace {

// Numbers of profiles.
constexpr int64_t kHigh444 = 6;
constexpr int64_t kMain444 = 9;

// Whether RGB is encoded with all of its chroma.
bool keeps_chroma(const EncoderSettings& settings) {
  const int64_t profile = settings.number_or(EncoderParameter::profile, 0);
  return profile == kHigh444 || profile == kMain444 ||
         settings.choice_or(EncoderParameter::tuning_info, EncoderTuning::high_quality) ==
             EncoderTuning::lossless;
}

// What pictures of a format can be made on the way, best first.
std::vector<Format> arrangements_of(EncoderFormat format, const EncoderSettings& settings) {
  const Format own = arrangement_of(format);
  if (own == Format::nv12) return {own, Format::i420};
  if (own == Format::i420) return {own, Format::nv12};
  if (!is_rgb(family_of(format))) return {own};
  const bool is_deep = family_of(format) == SampleFamily::rgb_10;
  std::vector<Format> all = {is_deep ? Format::p010 : Format::nv12,
                             is_deep ? Format::yuv444_16 : Format::yuv444};
  if (keeps_chroma(settings)) std::swap(all[0], all[1]);
  // No encoder takes these as they are.
  if (own != Format::rgb && own != Format::rgbp) all.insert(all.begin(), own);
  return all;
}

// Being asked first would cost as much as the encoder, and most formats are taken as they are.
std::unique_ptr<Encoder> create_on(EncoderPort& port, EncoderOptions& options,
                                   EncoderFormat format) {
  options.format = arrangements_of(format, options.settings).front();
  try {
    return port.create_encoder(options);
  } catch (const Error& error) {
    if (error.status != Status::unsupported) throw;
    const Format first = options.format;
    const EncoderSupport support = ask_encoder(port, options, format);
    if (options.format == first) throw;
    if (!support.is_supported) throw Error(Status::unsupported, support.reason);
  }
  return port.create_encoder(options);
}

ChosenEncoder open_on(EncoderPort& port, EncoderOptions& options, EncoderFormat format) {
  ChosenEncoder chosen;
  chosen.encoder = create_on(port, options, format);
  chosen.format = options.format;
  log(LogLevel::debug, "encoder", "Made a ", chosen.encoder->implementation(), " encoder for ",
      codec_name(options.settings.codec()), ", at most ", options.threads, " threads");
  return chosen;
}

template <class Predicate>
std::string names_where(Predicate is_meant, std::string_view between) {
  std::string names;
  for (uint32_t i = 0; i < static_cast<uint32_t>(EncoderFormat::count); ++i) {
    const auto format = static_cast<EncoderFormat>(i);
    if (!is_meant(format)) continue;
    if (!names.empty()) names += between;
    for (const char letter : encoder_format_name(format)) {
      names += static_cast<char>(std::tolower(letter));
    }
  }
  return names;
}

}  // namespace

EncoderSupport ask_encoder(EncoderPort& port, EncoderOptions& options, EncoderFormat format) {
  const std::vector<Format> usable = arrangements_of(format, options.settings);
  options.format = usable.front();
  EncoderSupport support = port.encoder_support(options);
  if (support.is_supported) return support;
  for (const Format other : usable) {
    if (std::ranges::find(support.formats, other) == support.formats.end()) continue;
    if (other == options.format) break;
    options.format = other;
    return port.encoder_support(options);
  }
  return support;
}

bool takes(const std::vector<Format>& formats, EncoderFormat format) {
  return std::ranges::any_of(arrangements_of(format, {}), [&](Format usable) {
    return std::ranges::find(formats, usable) != formats.end();
  });
}

std::string taken_formats(const std::vector<Format>& formats) {
  return names_where([&](EncoderFormat format) { return takes(formats, format); }, ", ");
}

std::string formats_arranged_as(Format layout) {
  return names_where([&](EncoderFormat format) { return arrangement_of(format) == layout; },
                     " or ");
}

ChosenEncoder open_encoder(const Device& device, EncoderOptions options, EncoderFormat format) {
  if (!device.gpu.port) return open_on(device.backend, options, format);
  try {
    return open_on(*device.gpu.port, options, format);
  } catch (const Error& error) {
    if (error.status != Status::unsupported || !device.gpu.falls_back) throw;
    log(LogLevel::info, "encoder", "The CPU encodes: ", error.what());
    ChosenEncoder chosen = open_on(device.backend, options, format);
    chosen.fallback_reason = error.what();
    return chosen;
  }
}

}  // namespace cuf

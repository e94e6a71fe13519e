#pragma once

#include <string>
#include <utility>
#include <vector>

#include "abi/boundary.h"
#include "core/device.h"
#include "core/encode_session.h"

namespace cuf::abi {

EncoderSettings settings_of(const CufEncoderSetting* settings, uint32_t count);
// Writes those that are set; returns how many there are.
int32_t put_settings(const EncoderSettings& settings, CufEncoderSetting* out, uint32_t capacity);
uint32_t count_settings(const EncoderSettings& settings);

EncodeSession::Options encode_options_of(const CufEncoderDesc& desc, EncoderSettings settings,
                                         uint32_t device_threads);

EncoderFormat encoder_format_of(uint32_t number);

// Names and values that end in NUL.
std::vector<std::pair<std::string, std::string>> native_options_of(const uint8_t* native,
                                                                   uint32_t length);

}  // namespace cuf::abi

#pragma once

#include <memory>
#include <vector>

#include "core/frame.h"
#include "core/picture_convert.h"
#include "cuframe.h"

namespace cuf::abi {

CufFrameInfo frame_info_of(const Picture& picture, uint32_t handle);

// Registers a handle for the picture, owned by the queue: a frame outlives its decoder and its
// device.
uint32_t add_frame(const std::shared_ptr<Device>& device, std::shared_ptr<const Picture> picture);

TensorOptions tensor_options_of(const CufConvertDesc& desc);

// Hands pictures over as frames; returns their number.
int32_t take_frames(const std::shared_ptr<Device>& device,
                    std::vector<std::shared_ptr<const Picture>> pictures, CufFrameInfo* out,
                    uint32_t capacity);

}  // namespace cuf::abi

#include "core/picture_limits.h"

#include <string>

namespace cuf {
namespace {

std::string side(uint32_t most) {
  return most == 0 ? "any" : std::to_string(most);
}

}  // namespace

bool is_too_large(const DecoderOptions& options, uint32_t width, uint32_t height) {
  return (options.max_width != 0 && width > options.max_width) ||
         (options.max_height != 0 && height > options.max_height);
}

Error too_large(const DecoderOptions& options, uint32_t width, uint32_t height) {
  return Error(Status::unsupported, "The " + options.codec + " stream is " + std::to_string(width) +
                                        " x " + std::to_string(height) +
                                        ", larger than maxWidth x maxHeight, which are " +
                                        side(options.max_width) + " x " + side(options.max_height) +
                                        "; make a decoder with larger ones, or leave them out");
}

void require_size(const DecoderOptions& options, uint32_t width, uint32_t height) {
  if (is_too_large(options, width, height)) throw too_large(options, width, height);
}

}  // namespace cuf

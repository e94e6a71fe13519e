#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "cuda/context.h"

namespace cuf::cuda {

// What the parser finds, told on the thread that parses, in the order in which it must be done. The
// return values are cuvid's: 0 stops the parser.
class ParserEvents {
 public:
  virtual int on_sequence(CUVIDEOFORMAT& format) noexcept = 0;  // n > 1: so many surfaces
  virtual int on_decode(CUVIDPICPARAMS& picture) noexcept = 0;
  virtual int on_display(CUVIDPARSERDISPINFO& picture) noexcept = 0;

 protected:
  ~ParserEvents() = default;
};

// NVIDIA's parser of bare streams. Calls need the context.
class Parser {
 public:
  struct Options {
    cudaVideoCodec codec;
    uint32_t display_delay;  // pictures that are held back so that decoding them is not waited for
    bool shows_nothing;      // on_display is never called
  };
  Parser(std::shared_ptr<const Context> context, const Options& options, ParserEvents& events);
  ~Parser();
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // flags are those of CUvideopacketflags; the timestamp comes back as it is.
  CUresult parse(std::span<const uint8_t> payload, uint32_t flags, int64_t timestamp);
  CUresult parse_end();

 private:
  const std::shared_ptr<const Context> context_;
  CUvideoparser handle_ = nullptr;
};

}  // namespace cuf::cuda

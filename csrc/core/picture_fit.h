#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/ports.h"
#include "core/transcode_options.h"

namespace cuf {

// Makes decoded pictures those that an encoder takes: another size, chroma format and depth. One
// thread at a time.
class PictureFitter {
 public:
  PictureFitter(TranscodeShape shape, bool is_planar);
  ~PictureFitter();
  PictureFitter(const PictureFitter&) = delete;
  PictureFitter& operator=(const PictureFitter&) = delete;

  // The picture itself where nothing is to be done. A GPU's picture stays there, unless nothing of
  // that GPU makes what is wanted of it; is_copied tells that it was copied to the host.
  struct Fitted {
    Picture picture;
    bool is_copied = false;
  };
  Fitted fitted(const Picture& picture, Memory& memory);

 private:
  struct Tables;

  bool fits(const Picture& picture) const;
  Picture through_rgb(const Picture& picture, Memory& memory) const;
  std::optional<Picture> on_gpu(const Picture& picture, Memory& memory) const;
  Picture on_host(const Picture& picture, Memory& memory);
  void make_tables(const Picture& picture);

  const TranscodeShape shape_;
  const Format arrangement_;
  std::unique_ptr<Tables> tables_;  // for pictures like the last one
};

}  // namespace cuf

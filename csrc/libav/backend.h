#pragma once

#include "core/ports.h"

namespace cuf::libav {

// Containers and CPU decoders by libav. Made at the first call and never destroyed: Deno runs
// static destructors while other threads still decode.
BackendPort& backend();

}  // namespace cuf::libav

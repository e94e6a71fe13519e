#pragma once

#include <cstdint>

#include "cuda/backend.h"

namespace cuf::abi {

// Looked for until they are found: what a GPU can do is asked in a context, which takes long to
// make, but a driver that failed once may work at the next try.
const cuda::Adapters& installed_gpus();
// What was found last; looks for them only the first time.
const cuda::Adapters& known_gpus();
// Throws Error(unsupported), with what there is.
const cuda::Adapter& require_gpu(uint32_t ordinal);

}  // namespace cuf::abi

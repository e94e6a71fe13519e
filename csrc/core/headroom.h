#pragma once

#include <cstddef>

namespace cuf {

// Throws Error(out_of_memory) unless the process could still take so many bytes. libav's decoders
// do not survive running out of memory in the midst of a packet, so it is asked before. Costs
// nothing where the system sets no limit (ulimit -v, or strict overcommit).
void require_headroom(size_t bytes);

}  // namespace cuf

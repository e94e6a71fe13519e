#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include "core/packet_index.h"
#include "core/ports.h"

namespace cuf {

enum class IndexMode : uint32_t {
  exact,        // what the file really has
  approximate,  // a pass over the packets is spared: even times by the container's frame rate
  packets,      // exact, by a pass even where tables would do
};

enum class IndexOrigin : uint32_t { tables, packets, estimate };

struct IndexOptions {
  IndexMode mode = IndexMode::exact;
  // Called with the part that is done, 0 to 1, never falling.
  std::function<void(double)> on_progress;
  const std::atomic<bool>* is_aborted = nullptr;  // becomes true: building throws Error(aborted)
};

struct BuiltIndex {
  PacketIndex index;
  IndexOrigin origin = IndexOrigin::packets;
  uint64_t bytes_read = 0;  // by this call
  // Why the file could not be read to its end; the index holds what is in front of it.
  std::optional<Error> damage;
};

// The index of demuxer.video(). The demuxer must have been opened just now, with the bitstream as
// the container has it (keeps_container_bitstream), or sizes would be those of another bitstream;
// afterwards it stands somewhere. An estimate has one GOP, and packets with neither size nor
// position, which are not those of the file: frames must be looked for by their time.
// Throws Error(corrupt_data) if there is not one packet, Error(aborted), Error(io).
BuiltIndex build_index(Demuxer& demuxer, const IndexOptions& options = {});

}  // namespace cuf

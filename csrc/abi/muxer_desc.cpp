#include "abi/muxer_desc.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/registry.h"

namespace cuf::abi {
namespace {

constexpr uint32_t kLongestPath = 65536;
constexpr uint32_t kMostMetadata = 1 << 20;

std::vector<std::pair<std::string, std::string>> metadata_of(const uint8_t* data, uint32_t length) {
  std::vector<std::pair<std::string, std::string>> metadata;
  require(length <= kMostMetadata, "The metadata is longer than 1 MiB");
  const auto* at = reinterpret_cast<const char*>(data);
  const char* const end = at + length;
  const auto next = [&] {
    const char* stop = std::find(at, end, '\0');
    require(stop != end, "A text of the metadata has no end");
    std::string text(at, stop);
    at = stop + 1;
    return text;
  };
  while (at != end) {
    std::string name = next();
    require(!name.empty() && at != end, "The metadata is not pairs of a name and a value");
    metadata.emplace_back(std::move(name), next());
  }
  return metadata;
}

}  // namespace

MuxSession::Options mux_options_of(const CufMuxerDesc& desc, const uint8_t* path,
                                   uint32_t path_length, const uint8_t* metadata,
                                   uint32_t metadata_length) {
  require_buffer(path, path_length);
  require_buffer(metadata, metadata_length);
  require((desc.sink == 0) == (path_length != 0), "A muxer needs a path or a sink, one of both");
  require(path_length <= kLongestPath, "The path is longer than 65536 bytes");
  for (const uint32_t flag :
       {desc.is_fragmented, desc.has_fast_start, desc.overwrites, desc.keeps_partial}) {
    require(flag <= 1, "The flags of a muxer are 0 or 1");
  }
  MuxSession::Options options;
  if (path_length > 0) {
    options.muxer.path.assign(reinterpret_cast<const char*>(path), path_length);
  }
  require(options.muxer.path.find('\0') == std::string::npos, "The path holds a NUL byte");
  if (desc.sink != 0) options.sink = object_of<Sink>(desc.sink);
  options.muxer.container = get_text(desc.container, "container");
  options.muxer.is_fragmented = desc.is_fragmented != 0;
  options.muxer.has_fast_start = desc.has_fast_start != 0;
  options.muxer.overwrites = desc.overwrites != 0;
  options.keeps_partial = desc.keeps_partial != 0;
  require(!options.keeps_partial || !options.sink, "Only a file keeps what there is");
  options.muxer.metadata = metadata_of(metadata, metadata_length);
  return options;
}

}  // namespace cuf::abi

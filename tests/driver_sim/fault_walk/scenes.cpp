#include "scenes.h"

#include <algorithm>
#include <cstring>

namespace fault_walk {
namespace {

constexpr uint32_t kMostFrames = 64;
constexpr uint32_t kMostBytes = 1 << 30;
constexpr uint64_t kLegacyStream = 1;  // as DLPack numbers it
constexpr uint32_t kPresetRow = 1;     // of csrc/core/encoder_parameters.inc
constexpr uint32_t kBitrateRow = 4;

// The head of a DLManagedTensorVersioned.
struct ManagedTensor {
  uint32_t major;
  uint32_t minor;
  void* context;
  void (*deleter)(ManagedTensor* self);
};

const uint8_t* bytes_of(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

CufConvertDesc tensor_desc(uint32_t side) {
  auto desc = sized<CufConvertDesc>();
  desc.layout = CUF_LAYOUT_CHW;
  desc.dtype = CUF_DTYPE_FLOAT32;
  desc.width = side;
  desc.height = side;
  return desc;
}

// Frames of a completed ticket, each under its time.
template <typename Take>
void keep_frames(Caller& caller, const std::string& name, const CufCompletion& done, Take&& take) {
  std::vector<CufFrameInfo> frames(static_cast<size_t>(done.value), sized<CufFrameInfo>());
  const int32_t count = take(frames.data(), static_cast<uint32_t>(frames.size()));
  if (count != done.value) return complain(name + ": the frames were not handed over");
  for (const CufFrameInfo& frame : frames) {
    caller.keep(name + " at " + std::to_string(frame.pts), frame);
  }
}

uint32_t open_demuxer(Caller& caller, const std::string& clip) {
  auto error = sized<CufError>();
  auto desc = sized<CufDemuxerDesc>();
  const uint32_t ticket = caller.ticket();
  const int32_t begun = cuf_demuxer_open(caller.device(), &desc, bytes_of(clip),
                                         static_cast<uint32_t>(clip.size()), ticket, &error);
  return caller.made("opening a demuxer", ticket, begun, error);
}

uint32_t open_decoder(Caller& caller, uint32_t demuxer, const Settings& settings) {
  auto info = sized<CufDemuxerInfo>();
  if (cuf_demuxer_info(demuxer, &info) != CUF_OK) complain("a demuxer without a description");
  auto error = sized<CufError>();
  auto desc = sized<CufDecoderDesc>();
  std::memcpy(desc.codec, info.codec, sizeof(desc.codec));
  desc.is_on_host = settings.is_on_host;
  const uint32_t ticket = caller.ticket();
  const int32_t begun = cuf_decoder_create(caller.device(), &desc, nullptr, 0, ticket, &error);
  return caller.made("making a decoder", ticket, begun, error);
}

// All frames; what is damaged is passed over.
void read_all(Caller& caller, uint32_t decoder, uint32_t demuxer) {
  const auto error = sized<CufError>();
  for (uint32_t reads = 0; reads < kMostFrames; ++reads) {
    const uint32_t ticket = caller.ticket();
    const int32_t begun = cuf_decoder_read(decoder, demuxer, 5, kMostBytes, ticket);
    const auto done = caller.wait("decoding", ticket, begun, error);
    if (!done && caller.failures().back().status != CUF_CORRUPT_DATA) return;
    if (!done) continue;
    keep_frames(caller, "frame", *done, [&](CufFrameInfo* out, uint32_t capacity) {
      return cuf_decoder_take(decoder, ticket, out, capacity);
    });
    if (done->extra == 1) return;
  }
  complain("decoding does not end");
}

void convert(Caller& caller, const CufFrameInfo& frame, uint32_t side) {
  auto error = sized<CufError>();
  const CufConvertDesc desc = tensor_desc(side);
  const uint32_t ticket = caller.ticket();
  const int32_t begun = cuf_frame_convert(frame.frame, &desc, ticket, &error);
  caller.keep_made("tensor " + std::to_string(side) + " at " + std::to_string(frame.pts), ticket,
                   begun, error);
}

void download(Caller& caller, const CufFrameInfo& frame) {
  const uint32_t ticket = caller.ticket();
  const int32_t begun = cuf_frame_download(frame.frame, ticket);
  caller.keep_made("copy at " + std::to_string(frame.pts), ticket, begun, sized<CufError>());
}

// Two arrays: one that a consumer deletes, one that nobody takes.
void share(Caller& caller, const CufFrameInfo& frame) {
  for (const bool is_taken : {true, false}) {
    auto error = sized<CufError>();
    auto desc = sized<CufDlpackDesc>();
    if (frame.backend == CUF_BACKEND_CUDA) desc.stream = kLegacyStream;
    auto array = sized<CufDlpack>();
    const int32_t status = cuf_frame_to_dlpack(frame.frame, &desc, &array, &error);
    if (!caller.did("sharing a frame", status, error)) continue;
    if (!is_taken) {
      cuf_handle_close(array.capsule);
      continue;
    }
    if (cuf_dlpack_release(array.capsule) != CUF_OK) complain("a capsule cannot be released");
    auto* tensor = reinterpret_cast<ManagedTensor*>(array.address);
    tensor->deleter(tensor);
  }
}

uint32_t open_sampler(Caller& caller, const Settings& settings) {
  const std::string& clip = settings.clip;
  auto error = sized<CufError>();
  auto desc = sized<CufSamplerDesc>();
  desc.engines = 3;
  desc.is_on_host = settings.is_on_host;
  const uint32_t ticket = caller.ticket();
  const int32_t begun = cuf_sampler_open(caller.device(), &desc, bytes_of(clip),
                                         static_cast<uint32_t>(clip.size()), ticket, &error);
  return caller.made("opening a sampler", ticket, begun, error);
}

void read_frames(Caller& caller, uint32_t sampler, const std::vector<uint32_t>& wanted) {
  auto error = sized<CufError>();
  const uint32_t ticket = caller.ticket();
  const int32_t begun = cuf_sampler_read(sampler, wanted.data(),
                                         static_cast<uint32_t>(wanted.size()), ticket, &error);
  const auto done = caller.wait("reading frames", ticket, begun, error);
  if (!done) return;
  keep_frames(caller, "frame", *done, [&](CufFrameInfo* out, uint32_t capacity) {
    return cuf_sampler_take(sampler, ticket, out, capacity);
  });
}

void read_tensor(Caller& caller, uint32_t sampler, const std::vector<uint32_t>& wanted) {
  auto error = sized<CufError>();
  const CufConvertDesc desc = tensor_desc(40);
  const uint32_t ticket = caller.ticket();
  const int32_t begun = cuf_sampler_read_tensor(
      sampler, wanted.data(), static_cast<uint32_t>(wanted.size()), &desc, ticket, &error);
  caller.keep_made("batch", ticket, begun, error);
}

// The rest of the frames behind a failure is asked for, too.
void read_in_order(Caller& caller, uint32_t sampler, uint32_t count) {
  auto error = sized<CufError>();
  if (!caller.did("starting", cuf_sampler_start(sampler, 0, count, 1, &error), error)) return;
  for (uint32_t reads = 0; reads < kMostFrames; ++reads) {
    const uint32_t ticket = caller.ticket();
    const int32_t begun = cuf_sampler_next(sampler, 5, ticket);
    const auto done = caller.wait("reading in order", ticket, begun, error);
    if (!done && caller.failures().back().status != CUF_CORRUPT_DATA) return;
    if (done && done->value == 0) return;
    if (!done) continue;
    keep_frames(caller, "frame", *done, [&](CufFrameInfo* out, uint32_t capacity) {
      return cuf_sampler_take(sampler, ticket, out, capacity);
    });
  }
  complain("reading in order does not end");
}

constexpr uint32_t kEncodedWidth = 160;
constexpr uint32_t kEncodedHeight = 64;

CufEncoderSetting setting(uint32_t row, double value) {
  auto out = sized<CufEncoderSetting>();
  out.parameter = row;
  out.value_count = 1;
  out.values[0] = value;
  return out;
}

uint32_t open_encoder(Caller& caller) {
  auto error = sized<CufError>();
  auto desc = sized<CufEncoderDesc>();
  desc.format = CUF_ENCODER_FORMAT_NV12;
  desc.width = kEncodedWidth;
  desc.height = kEncodedHeight;
  const CufEncoderSetting settings[] = {setting(kPresetRow, 0), setting(kBitrateRow, 500000)};
  const uint32_t ticket = caller.ticket();
  const int32_t begun = cuf_encoder_create(caller.device(), &desc, settings, std::size(settings),
                                           nullptr, 0, ticket, &error);
  return caller.made("opening an encoder", ticket, begun, error);
}

// A picture that was lost leaves the others another stream: chunks are compared up to there.
void keep_chunks(Caller& caller, uint32_t encoder, uint32_t ticket, const CufCompletion& done) {
  std::vector<CufChunkInfo> chunks(static_cast<size_t>(done.value), sized<CufChunkInfo>());
  Bytes data(static_cast<size_t>(std::max<int64_t>(done.extra, 0)));
  const int32_t count =
      cuf_encoder_take(encoder, ticket, chunks.data(), static_cast<uint32_t>(chunks.size()),
                       data.data(), static_cast<uint32_t>(data.size()));
  if (count != done.value) return complain("the chunks were not handed over");
  if (!caller.failures().empty()) return;
  for (const CufChunkInfo& chunk : chunks) {
    const auto begin = data.begin() + chunk.data_offset;
    caller.note("chunk at " + std::to_string(chunk.pts), Bytes(begin, begin + chunk.data_size));
  }
}

void encode_picture(Caller& caller, uint32_t encoder, uint32_t number) {
  Bytes picture(size_t{kEncodedWidth} * kEncodedHeight * 3 / 2);
  for (size_t i = 0; i < picture.size(); ++i) {
    picture[i] = static_cast<uint8_t>(i % kEncodedWidth + i / kEncodedWidth + 4 * number);
  }
  auto error = sized<CufError>();
  auto desc = sized<CufEncodeDesc>();
  desc.pts = number * 40000;
  const uint32_t ticket = caller.ticket();
  const int32_t begun =
      cuf_encoder_encode_bytes(encoder, picture.data(), static_cast<uint32_t>(picture.size()), 0,
                               &desc, nullptr, nullptr, 0, ticket, &error);
  const auto done = caller.wait("encoding", ticket, begun, error);
  if (done) keep_chunks(caller, encoder, ticket, *done);
}

void flush_encoder(Caller& caller, uint32_t encoder) {
  const uint32_t ticket = caller.ticket();
  const int32_t begun = cuf_encoder_flush(encoder, ticket);
  const auto done = caller.wait("flushing an encoder", ticket, begun, sized<CufError>());
  if (done) keep_chunks(caller, encoder, ticket, *done);
}

void change_bitrate(Caller& caller, uint32_t encoder) {
  auto error = sized<CufError>();
  const CufEncoderSetting change = setting(kBitrateRow, 300000);
  const uint32_t ticket = caller.ticket();
  const int32_t begun = cuf_encoder_reconfigure(encoder, &change, 1, 0, 0, ticket, &error);
  const auto done = caller.wait("reconfiguring an encoder", ticket, begun, error);
  if (done && done->extra >= 0) keep_chunks(caller, encoder, ticket, *done);
}

}  // namespace

void encode(Caller& caller, const Settings& settings) {
  caller.request_device(settings.backend);
  if (caller.device() == 0) return;
  const uint32_t encoder = open_encoder(caller);
  if (encoder == 0) return;
  uint32_t number = 0;
  for (; number < 5; ++number) encode_picture(caller, encoder, number);
  change_bitrate(caller, encoder);
  for (; number < 7; ++number) encode_picture(caller, encoder, number);
  flush_encoder(caller, encoder);
  for (; number < 9; ++number) encode_picture(caller, encoder, number);
  flush_encoder(caller, encoder);
}

void look(Caller& caller, const Settings&) {
  const uint32_t ticket = caller.ticket();
  const int32_t begun = cuf_adapter_scan(caller.queue(), ticket);
  const auto done = caller.wait("looking for adapters", ticket, begun, sized<CufError>());
  if (!done) return;
  std::vector<CufAdapterInfo> adapters(static_cast<size_t>(done->value), sized<CufAdapterInfo>());
  const int32_t count = cuf_adapter_list(adapters.data(), static_cast<uint32_t>(adapters.size()));
  if (count < 1) return complain("there are no adapters");
  const auto& first = adapters.front();
  if (first.backend == CUF_BACKEND_CUDA) caller.note("gpu", {1});
  if (first.backend == CUF_BACKEND_CPU && first.cuda_absence[0] == 0) {
    complain("the GPU is missing without a reason");
  }
}

void decode(Caller& caller, const Settings& settings) {
  caller.request_device(settings.backend);
  if (caller.device() == 0) return;
  const uint32_t demuxer = open_demuxer(caller, settings.clip);
  const uint32_t decoder = demuxer == 0 ? 0 : open_decoder(caller, demuxer, settings);
  if (decoder == 0) return;
  read_all(caller, decoder, demuxer);
  const std::vector<CufFrameInfo> frames = caller.frames();
  if (frames.size() > 0) share(caller, frames[0]);
  if (frames.size() > 1) convert(caller, frames[1], 64);
  if (frames.size() > 2) convert(caller, frames[2], 24);
  if (frames.size() > 3) download(caller, frames[3]);
}

void sample(Caller& caller, const Settings& settings) {
  caller.request_device(settings.backend);
  if (caller.device() == 0) return;
  const uint32_t sampler = open_sampler(caller, settings);
  if (sampler == 0) return;
  auto info = sized<CufSamplerInfo>();
  if (cuf_sampler_info(sampler, &info) != CUF_OK) complain("a sampler without a description");
  const uint32_t last = info.frame_count - 1;
  read_frames(caller, sampler, {last, 1, last / 2, last / 2});
  read_tensor(caller, sampler, {0, last / 2 + 1, last - 1, 0});
  read_in_order(caller, sampler, info.frame_count);
}

}  // namespace fault_walk

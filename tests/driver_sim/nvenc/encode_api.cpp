// Pictures in, bitstreams out.
#include <algorithm>
#include <cstring>

#include "nvenc/entry.h"
#include "nvenc/functions.h"

namespace cufsim {

namespace {

NV_ENC_PIC_TYPE picture_type(CodedType type) {
  switch (type) {
    case CodedType::kIdr:
      return NV_ENC_PIC_TYPE_IDR;
    case CodedType::kI:
      return NV_ENC_PIC_TYPE_I;
    case CodedType::kP:
      return NV_ENC_PIC_TYPE_P;
    default:
      return NV_ENC_PIC_TYPE_B;
  }
}

/** The part of NV_ENC_PIC_PARAMS that is the codec's own. */
Struct codec_struct(EncodeCodec codec) {
  return codec == EncodeCodec::kH264   ? Struct::kPictureH264
         : codec == EncodeCodec::kHevc ? Struct::kPictureHevc
                                       : Struct::kPictureAv1;
}

/** Copies of the messages that a picture brings, for NV_ENC_SEI_PAYLOAD arrays. */
NVENCSTATUS take_messages(const NV_ENC_SEI_PAYLOAD* array, uint32_t count, EncodeJob& job) {
  if (count > 0 && array == nullptr) return NV_ENC_ERR_INVALID_PTR;
  Bytes kept;
  for (uint32_t i = 0; i < count; i++) {
    if (array[i].payload == nullptr || array[i].payloadSize == 0) return NV_ENC_ERR_INVALID_PARAM;
    Message message;
    message.type = array[i].payloadType;
    message.payload.assign(array[i].payload, array[i].payload + array[i].payloadSize);
    const uint32_t head[] = {message.type, array[i].payloadSize};
    const auto* bytes = reinterpret_cast<const unsigned char*>(head);
    kept.insert(kept.end(), bytes, bytes + sizeof head);
    kept.insert(kept.end(), message.payload.begin(), message.payload.end());
    job.messages.push_back(std::move(message));
  }
  record("messages", kept.data(), kept.size());
  return NV_ENC_SUCCESS;
}

NVENCSTATUS take_codec_part(const EncodeSession& session, const NV_ENC_PIC_PARAMS& wanted,
                            EncodeJob& job) {
  const NV_ENC_CODEC_PIC_PARAMS& part = wanted.codecPicParams;
  switch (session.parameters().codec) {
    case EncodeCodec::kH264:
      return take_messages(part.h264PicParams.seiPayloadArray,
                           part.h264PicParams.seiPayloadArrayCnt, job);
    case EncodeCodec::kHevc:
      return take_messages(part.hevcPicParams.seiPayloadArray,
                           part.hevcPicParams.seiPayloadArrayCnt, job);
    default:
      return take_messages(part.av1PicParams.obuPayloadArray, part.av1PicParams.obuPayloadArrayCnt,
                           job);
  }
}

/** Why the parameters of a picture are refused; null: they are not. */
const char* reason_against(const EncodeSession& session, const NV_ENC_PIC_PARAMS& wanted) {
  constexpr uint32_t kKnownFlags = NV_ENC_PIC_FLAG_FORCEINTRA | NV_ENC_PIC_FLAG_FORCEIDR |
                                   NV_ENC_PIC_FLAG_OUTPUT_SPSPPS | NV_ENC_PIC_FLAG_EOS;
  const NV_ENC_INITIALIZE_PARAMS& initialize = session.parameters().initialize;
  if ((wanted.encodePicFlags & ~kKnownFlags) != 0) return "encodePicFlags: unknown flags";
  if (wanted.completionEvent != nullptr) return "completionEvent in synchronous mode";
  if ((wanted.encodePicFlags & NV_ENC_PIC_FLAG_EOS) != 0) return nullptr;
  // It may be more, and for device memory FFmpeg says nothing: real drivers take that.
  const bool said = wanted.inputWidth != 0 || wanted.inputHeight != 0;
  if (said && (wanted.inputWidth < initialize.encodeWidth ||
               wanted.inputHeight < initialize.encodeHeight)) {
    return "inputWidth and inputHeight are below those of the encoder";
  }
  if (wanted.pictureStruct != NV_ENC_PIC_STRUCT_FRAME) return "pictureStruct is not a frame";
  if (wanted.inputBuffer == nullptr) return "inputBuffer is null";
  if (wanted.outputBitstream == nullptr) return "outputBitstream is null";
  return nullptr;
}

/** Whether an input can become what the encoder makes. */
const char* reason_against_format(const EncodeSession& session, NV_ENC_BUFFER_FORMAT format,
                                  NV_ENC_BUFFER_FORMAT said) {
  const EncodeParameters& parameters = session.parameters();
  const auto& formats = input_formats(parameters.codec);
  if (format != said) return "bufferFmt is not the buffer's";
  if (std::find(formats.begin(), formats.end(), format) == formats.end()) {
    return "bufferFmt is none of the codec's";
  }
  const InputLayout layout = layout_of(format, 2);
  const bool full = chroma_format(parameters) == 3;
  if (full && !layout.full_chroma) return "chromaFormatIDC 3 with 4:2:0 input";
  if (!full && layout.full_chroma && !layout.packed) return "4:4:4 input without chromaFormatIDC 3";
  if (layout.wide && !layout.packed && output_depth(parameters) == 8) {
    return "input of 10 bits for a stream of 8";
  }
  const int said_depth = input_depth(parameters);
  if (said_depth != 0 && (said_depth == 10) != layout.wide) {
    return "the input's depth is not what the configuration says";
  }
  return nullptr;
}

const char* reason_against_size(const EncodeSession& session, const NV_ENC_PIC_PARAMS& wanted,
                                uint32_t width, uint32_t height, uint32_t pitch) {
  const NV_ENC_INITIALIZE_PARAMS& initialize = session.parameters().initialize;
  if (width < initialize.encodeWidth || height < initialize.encodeHeight) {
    return "the input is smaller than the picture";
  }
  if (wanted.inputWidth > width || wanted.inputHeight > height) {
    return "inputWidth and inputHeight are above the buffer's";
  }
  // A client that does not know it may give the width; NVIDIA's samples give nothing.
  const bool unknown = wanted.inputPitch == 0 || wanted.inputPitch == wanted.inputWidth;
  return unknown || wanted.inputPitch == pitch ? nullptr : "inputPitch is not the buffer's";
}

/** Reads registered memory: in the order of the input stream, or as it is now. */
void read_mapped(Entry& entry, EncodeSession& session, const Registration& source,
                 const JobPtr& job) {
  const uint64_t rows = input_size(source.format, source.pitch, source.height) / source.pitch;
  const uint64_t row = used_bytes(source.format, source.pitch, source.width);
  job->bytes.resize(rows * source.pitch);
  const unsigned char* from = entry.sim.memory.bytes(source.address);
  // Held, since a session that ends does not wait for its streams.
  const auto copy = [job, from, rows, row, pitch = uint64_t{source.pitch}]() -> CUresult {
    std::memcpy(job->bytes.data(), from, (rows - 1) * pitch + row);
    return CUDA_SUCCESS;
  };
  Work work{.what = "picture that NVENC reads"};
  const uint64_t begin = source.address - source.allocation->address;
  work.accesses.push_back({source.allocation, {begin, row, source.pitch, rows}, false});
  if (session.input_stream != nullptr) {
    work.run = copy;
    job->read = session.input_stream->enqueue(std::move(work));
    return;
  }
#ifdef __SANITIZE_THREAD__
  // What the client did not wait for is Order's to report, not a race of this program.
  work.run = copy;
#else
  copy();
#endif
  job->read = session.own_stream->enqueue(std::move(work));
}

NVENCSTATUS take_input(Entry& entry, const SessionPtr& session, const NV_ENC_PIC_PARAMS& wanted,
                       const JobPtr& job) {
  const auto mapping = mappings().find(wanted.inputBuffer);
  const auto buffer = input_buffers().find(wanted.inputBuffer);
  const auto refuse = [&](const char* why) {
    return session->refuse(NV_ENC_ERR_INVALID_PARAM, why);
  };
  if (mapping != nullptr && mapping->session.lock() == session) {
    const Registration& source = *mapping->registration;
    const char* reason = reason_against_format(*session, source.format, wanted.bufferFmt);
    if (reason == nullptr) {
      reason = reason_against_size(*session, wanted, source.width, source.height, source.pitch);
    }
    if (reason != nullptr) return refuse(reason);
    if (entry.sim.memory.find(source.address) != source.allocation) {
      entry.sim.journal.problem(Problem::kUseAfterFree, "a picture in memory that was freed");
      return refuse("the registered memory was freed");
    }
    job->mapping = mapping->handle;
    job->pitch = source.pitch;
    job->rows = source.height;
    job->format = source.format;
    read_mapped(entry, *session, source, job);
    return NV_ENC_SUCCESS;
  }
  if (registrations().find(wanted.inputBuffer) != nullptr) {
    return session->refuse(NV_ENC_ERR_RESOURCE_NOT_MAPPED, "the resource is not mapped");
  }
  if (buffer == nullptr || buffer->session.lock() != session) {
    object_of(entry, input_buffers(), wanted.inputBuffer, session, "an input");
    return refuse("inputBuffer is none of this session");
  }
  if (buffer->is_locked) return refuse("the input buffer is still locked");
  const char* reason = reason_against_format(*session, buffer->format, wanted.bufferFmt);
  if (reason == nullptr) {
    reason = reason_against_size(*session, wanted, buffer->width, buffer->height, buffer->pitch);
  }
  if (reason != nullptr) return refuse(reason);
  job->bytes = buffer->data;
  job->pitch = buffer->pitch;
  job->rows = buffer->height;
  job->format = buffer->format;
  entry.sim.journal.add("encode_host_copies");
  return NV_ENC_SUCCESS;
}

NVENCSTATUS encode_frame(Entry& entry, const SessionPtr& session, const NV_ENC_PIC_PARAMS& wanted) {
  const auto output =
      object_of(entry, bitstream_buffers(), wanted.outputBitstream, session, "a bitstream buffer");
  if (output == nullptr) return NV_ENC_ERR_INVALID_PARAM;
  if (output->is_locked || output->job != nullptr) {
    entry.sim.journal.problem(Problem::kOrder, "a bitstream buffer that is still in use");
    return session->refuse(NV_ENC_ERR_INVALID_PARAM, "outputBitstream is still in use");
  }
  const auto job = std::make_shared<EncodeJob>();
  job->timestamp = wanted.inputTimeStamp;
  job->duration = wanted.inputDuration;
  job->frame_index = wanted.frameIdx;
  job->forces_idr = (wanted.encodePicFlags & NV_ENC_PIC_FLAG_FORCEIDR) != 0;
  job->forces_intra = (wanted.encodePicFlags & NV_ENC_PIC_FLAG_FORCEINTRA) != 0;
  job->wants_headers = (wanted.encodePicFlags & NV_ENC_PIC_FLAG_OUTPUT_SPSPPS) != 0;
  NVENCSTATUS status = take_codec_part(*session, wanted, *job);
  if (status != NV_ENC_SUCCESS) return session->refuse(status, "a message of no size or place");
  status = take_input(entry, session, wanted, job);
  return status == NV_ENC_SUCCESS ? session->encode(job, output) : status;
}

NVENCSTATUS NVENCAPI encode_picture(void* encoder, NV_ENC_PIC_PARAMS* picture) {
  return with_encoder("nvEncEncodePicture", kNothing, encoder,
                      [&](Entry& entry, const SessionPtr& session) {
                        const Api api = session->api;
                        const NVENCSTATUS status = check_struct(picture, Struct::kPicture, api);
                        if (status != NV_ENC_SUCCESS) return session->refuse(status, "picture");
                        const size_t size = size_of(Struct::kPicture, api);
                        record("picture", picture, size);
                        const auto wanted = copy_struct<NV_ENC_PIC_PARAMS>(picture, size);
                        const char* reason = reason_against(*session, wanted);
                        if (reason == nullptr &&
                            !reserved_are_zero(&wanted.codecPicParams,
                                               codec_struct(session->parameters().codec), api)) {
                          reason = "codecPicParams: reserved fields are not zero";
                        }
                        if (reason != nullptr)
                          return session->refuse(NV_ENC_ERR_INVALID_PARAM, reason);
                        if ((wanted.encodePicFlags & NV_ENC_PIC_FLAG_EOS) != 0)
                          return session->flush();
                        return encode_frame(entry, session, wanted);
                      });
}

/** What a lock says, at the places that all versions of the struct share. */
void fill_lock(const EncodeSession& session, BitstreamBuffer& buffer, NV_ENC_LOCK_BITSTREAM& lock) {
  constexpr uint32_t kEncoded = 2;
  lock.frameIdx = buffer.coded->frame_index;
  lock.hwEncodeStatus = kEncoded;
  lock.numSlices = count_slices(session.parameters().codec, buffer.data);
  lock.bitstreamSizeInBytes = static_cast<uint32_t>(buffer.data.size());
  lock.outputTimeStamp = buffer.coded->timestamp;
  lock.outputDuration = buffer.coded->duration;
  lock.bitstreamBufferPtr = buffer.data.data();
  lock.pictureType = picture_type(buffer.type);
  lock.pictureStruct = NV_ENC_PIC_STRUCT_FRAME;
  lock.frameAvgQP = static_cast<uint32_t>(std::max(buffer.qp, 0));
  lock.frameSatd = 0;
  lock.ltrFrameIdx = 0;
  lock.ltrFrameBitmap = 0;
  lock.temporalId = 0;
}

NVENCSTATUS NVENCAPI lock_bitstream(void* encoder, NV_ENC_LOCK_BITSTREAM* wanted) {
  return with_encoder(
      "nvEncLockBitstream", kNothing, encoder, [&](Entry& entry, const SessionPtr& session) {
        NVENCSTATUS status = check_struct(wanted, Struct::kLockBitstream, session->api);
        if (status != NV_ENC_SUCCESS) return session->refuse(status, "lock of a bitstream");
        const auto buffer = object_of(entry, bitstream_buffers(), wanted->outputBitstream, session,
                                      "a bitstream buffer");
        if (buffer == nullptr) return NV_ENC_ERR_INVALID_PARAM;
        if (buffer->is_locked) {
          return session->refuse(NV_ENC_ERR_INVALID_CALL, "the bitstream buffer is locked already");
        }
        if (buffer->job == nullptr) {
          return session->refuse(NV_ENC_ERR_INVALID_PARAM, "nothing is encoded into the buffer");
        }
        status = session->lock(entry.lock, buffer, wanted->doNotWait == 0);
        if (status != NV_ENC_SUCCESS) return status;
        entry.sim.journal.add("bitstreams_locked");
        fill_lock(*session, *buffer, *wanted);
        return NV_ENC_SUCCESS;
      });
}

NVENCSTATUS NVENCAPI unlock_bitstream(void* encoder, NV_ENC_OUTPUT_PTR handle) {
  return with_session(
      "nvEncUnlockBitstream", kRelease, encoder, [&](Entry& entry, const SessionPtr& session) {
        const auto buffer =
            object_of(entry, bitstream_buffers(), handle, session, "a bitstream buffer");
        if (buffer == nullptr) return NV_ENC_ERR_INVALID_PARAM;
        if (!buffer->is_locked) {
          return session->refuse(NV_ENC_ERR_INVALID_CALL, "the bitstream buffer is not locked");
        }
        session->unlock(*buffer);
        entry.sim.journal.add("bitstreams_locked", -1);
        return NV_ENC_SUCCESS;
      });
}

NVENCSTATUS NVENCAPI encode_stats(void* encoder, NV_ENC_STAT* stats) {
  return with_encoder(
      "nvEncGetEncodeStats", kNothing, encoder, [&](Entry& entry, const SessionPtr& session) {
        const NVENCSTATUS status = check_struct(stats, Struct::kStat, session->api);
        if (status != NV_ENC_SUCCESS) return session->refuse(status, "statistics");
        const auto buffer = object_of(entry, bitstream_buffers(), stats->outputBitStream, session,
                                      "a bitstream buffer");
        if (buffer == nullptr || buffer->coded == nullptr) return NV_ENC_ERR_INVALID_PARAM;
        stats->bitStreamSize = static_cast<uint32_t>(buffer->data.size());
        stats->picType = picture_type(buffer->type);
        stats->lastValidByteOffset = stats->bitStreamSize;
        stats->picIdx = buffer->coded->frame_index;
        stats->frameAvgQP = static_cast<uint32_t>(std::max(buffer->qp, 0));
        return NV_ENC_SUCCESS;
      });
}

/** The next picture is coded without any reference, which is more than what is asked for. */
NVENCSTATUS NVENCAPI invalidate_references(void* encoder, uint64_t) {
  return with_encoder(
      "nvEncInvalidateRefFrames", kNothing, encoder, [](Entry&, const SessionPtr& session) {
        const EncodeCodec codec = session->parameters().codec;
        if (capability(codec, NV_ENC_CAPS_SUPPORT_REF_PIC_INVALIDATION) == 0) {
          return session->refuse(NV_ENC_ERR_UNSUPPORTED_PARAM, "references cannot be invalidated");
        }
        session->intra_wanted = true;
        return NV_ENC_SUCCESS;
      });
}

}  // namespace

void set_encode_functions(NV_ENCODE_API_FUNCTION_LIST& functions) {
  functions.nvEncEncodePicture = &encode_picture;
  functions.nvEncLockBitstream = &lock_bitstream;
  functions.nvEncUnlockBitstream = &unlock_bitstream;
  functions.nvEncGetEncodeStats = &encode_stats;
  functions.nvEncInvalidateRefFrames = &invalidate_references;
}

}  // namespace cufsim

#include "libav/errors.h"

#include <cerrno>
#include <system_error>

#include "libav/compat.h"

namespace cuf::libav {
namespace {

Status status_of(int code) {
  switch (code) {
    case AVERROR_INVALIDDATA:
    case AVERROR_EOF:
    case AVERROR_BUG:
    case AVERROR_BUG2:
    case AVERROR_UNKNOWN:
    case AVERROR_EXTERNAL:
    case AVERROR(EINVAL):
    case AVERROR(ERANGE):
      return Status::corrupt_data;
    case AVERROR(ENOMEM):
    case AVERROR(EAGAIN):  // threads
      return Status::out_of_memory;
    case AVERROR_EXIT:
      return Status::aborted;
    case AVERROR_PATCHWELCOME:
    case AVERROR(ENOSYS):
    case AVERROR_DECODER_NOT_FOUND:
    case AVERROR_DEMUXER_NOT_FOUND:
    case AVERROR_PROTOCOL_NOT_FOUND:
    case AVERROR_BSF_NOT_FOUND:
      return Status::unsupported;
    default:
      return Status::io;
  }
}

}  // namespace

std::string error_text(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof(text));
  return text;
}

Error make_error(int code, const std::string& what, int64_t timestamp_us) {
  Status status = status_of(code);
  if (status == Status::corrupt_data) status = status_of_damage();
  return Error(status, what + ": " + error_text(code), code, timestamp_us);
}

Error out_of_memory(const std::string& what) {
  return Error(Status::out_of_memory, "No memory for " + what, AVERROR(ENOMEM));
}

Error system_error(int error_number, const std::string& what) {
  return Error(Status::io, what + ": " + std::generic_category().message(error_number),
               error_number);
}

}  // namespace cuf::libav

#include <algorithm>
#include <string>
#include <utility>

#include "cuda/nvdec/nvdec_decoder.h"

// What the parser's callbacks do with pictures.
namespace cuf::cuda {

int NvdecDecoder::on_decode(CUVIDPICPARAMS& parameters) noexcept {
  ++calls_;
  if (!sequence_ || !decoder_) return 1;
  try {
    has_begun_ = true;
    const auto index = static_cast<size_t>(parameters.CurrPicIdx);
    if (index >= decoded_.size()) return 1;
    const bool is_second = parameters.field_pic_flag && parameters.second_field;
    if (!is_second) lose_shown(parameters.CurrPicIdx);
    origins_.decode(parameters.CurrPicIdx, is_second);
    refuse_lossless(parameters);
    if (!sequence_) return 1;
    decode(parameters, decoded_[index]);
    if (gives_in_decode_order()) show_in_decode_order(parameters);
    return 1;
  } catch (const Error& error) {
    return note_failure(error);
  } catch (...) {
    return note_failure(Error(Status::out_of_memory, "No memory to decode"));
  }
}

void NvdecDecoder::decode(CUVIDPICPARAMS& parameters, Decoded& decoded) {
  const bool is_second = parameters.field_pic_flag && parameters.second_field;
  if (!is_second) {
    decoded = {.coded = coded_picture(codec_, parameters)};
    if (decoded.coded.color) sequence_->color = *decoded.coded.color;
    // H.264 is entered at other pictures than IDR, too.
    const bool is_entry = is_parsing_key_ && decoded.coded.type == PictureType::i;
    // The parser itself leaves out what leads an HEVC stream's first picture.
    const bool is_open = codec_ == cudaVideoCodec_H264 && !decoded.coded.is_key;
    references_.decode(parameters.CurrPicIdx, decoded.coded.is_key || is_entry, is_open);
  }
  if (is_mpeg2(codec_)) {
    // nvcuvid counts them by the width that is displayed, without the last one that is not whole.
    const auto columns = static_cast<int>(decoder_->config().coded_width / kMacroblock);
    parameters.PicWidthInMbs = std::max(parameters.PicWidthInMbs, columns);
  }
  const CUresult result = decoder_->decode(parameters);
  if (result == CUDA_SUCCESS) return;
  if (is_reference(codec_, parameters)) references_.note_lost();
  const Error error = make_error(result, "NVDEC failed on a picture of " + options_.codec);
  if (error.status == Status::device_lost || error.status == Status::out_of_memory) throw error;
  decoded.failure = error.native_code;
}

void NvdecDecoder::show_unpaired() {
  const CUVIDPARSERDISPINFO shown = *std::exchange(unpaired_, std::nullopt);
  show(shown);
}

void NvdecDecoder::show_in_decode_order(const CUVIDPICPARAMS& parameters) {
  const bool is_second = parameters.field_pic_flag && parameters.second_field;
  if (unpaired_ && !is_second) show_unpaired();
  CUVIDPARSERDISPINFO shown{};
  shown.picture_index = parameters.CurrPicIdx;
  shown.progressive_frame = !parameters.field_pic_flag;
  shown.top_field_first = parameters.field_pic_flag && !parameters.bottom_field_flag;
  if (is_second) {
    if (!unpaired_) return;
    shown = *std::exchange(unpaired_, std::nullopt);
    shown.repeat_first_field = 0;
  } else if (parameters.field_pic_flag) {
    shown.repeat_first_field = -1;
    unpaired_ = shown;
    return;
  }
  show(shown);
}

int NvdecDecoder::on_display(CUVIDPARSERDISPINFO& shown) noexcept {
  ++calls_;
  try {
    if (saved_.contains(shown.picture_index)) {
      show_saved(shown);
    } else {
      show(shown);
    }
    return 1;
  } catch (const Error& error) {
    return note_failure(error);
  } catch (...) {
    return note_failure(Error(Status::out_of_memory, "No memory for a decoded picture"));
  }
}

// To be called once for each picture that is shown, in that order.
std::optional<NvdecDecoder::Shown> NvdecDecoder::if_wanted(const CUVIDPARSERDISPINFO& shown,
                                                           const Decoded& decoded) {
  const bool leads_entry = references_.leads_entry(shown.picture_index);
  const bool lacks_references = references_.show(shown.picture_index);
  const PacketLog::Entry entry = log_.take(origins_.show(shown.picture_index));
  if (!entry.is_wanted || leads_entry) return std::nullopt;
  return Shown{shown, decoded, entry, lacks_references};
}

void NvdecDecoder::show(const CUVIDPARSERDISPINFO& shown) {
  const auto index = static_cast<size_t>(shown.picture_index);
  if (!sequence_ || !decoder_ || index >= decoded_.size()) return;
  const std::optional<Shown> wanted = if_wanted(shown, decoded_[index]);
  if (!wanted) return;
  shown_.push_back(*wanted);
  try {
    give_shown();
  } catch (const Error& error) {
    if (error.status != Status::out_of_memory) throw;
    shortage_ = error;
  }
}

// nvcuvid announces a new sequence before it shows the last pictures of the old one (seen on an
// H100), whose surfaces go with their decoder: they are copied now, and given when they are shown.
void NvdecDecoder::save_waiting() {
  if (!sequence_ || !decoder_) return;
  for (const int index : origins_.waiting()) {
    const Decoded& decoded = decoded_[static_cast<size_t>(index)];
    CUVIDPARSERDISPINFO info{};
    info.picture_index = index;
    info.progressive_frame = 1;
    Saved saved{.decoded = decoded, .copied = {}};
    if (decoded.failure == 0) saved.copied = copy(info);
    saved_.insert_or_assign(index, std::move(saved));
  }
}

void NvdecDecoder::show_saved(const CUVIDPARSERDISPINFO& shown) {
  auto saved = std::move(saved_.extract(shown.picture_index).mapped());
  const std::optional<Shown> wanted = if_wanted(shown, saved.decoded);
  if (wanted) hand_out(*wanted, std::move(saved.copied));
}

// NVDEC decodes it as if it had transforms.
void NvdecDecoder::refuse_lossless(const CUVIDPICPARAMS& parameters) {
  if (codec_ != cudaVideoCodec_H264) return;
  if (!parameters.CodecSpecific.h264.qpprime_y_zero_transform_bypass_flag) return;
  refusal_ = Error(Status::unsupported,
                   "NVDEC does not decode lossless H.264 (profile High 4:4:4 Predictive); backend "
                   "\"cpu\" or \"auto\" decodes it");
  sequence_.reset();
}

// Throws Error(out_of_memory) where there is no room; the pictures stay on their surfaces, which
// nothing is decoded into before the next packet.
void NvdecDecoder::give_shown() {
  try {
    for (; !shown_.empty(); shown_.pop_front()) {
      const Shown& one = shown_.front();
      hand_out(one, one.decoded.failure == 0 ? copy(one.info) : CopiedPicture());
    }
  } catch (const Error& error) {
    if (error.status != Status::out_of_memory) shown_.clear();
    throw;
  }
}

// The surface is needed, or goes with its decoder.
void NvdecDecoder::lose_shown(std::optional<int> index) {
  std::erase_if(shown_, [&](const Shown& one) {
    if (index && one.info.picture_index != *index) return false;
    outputs_.put(Error(shortage_->status, shortage_->what(), shortage_->native_code,
                       one.entry.timestamp_us()));
    return true;
  });
}

CopiedPicture NvdecDecoder::copy(const CUVIDPARSERDISPINFO& info) {
  CopiedPicture copied =
      copy_shown(*gpu_, *decoder_, sequence_->part, info, decoder_.stream(), options_);
  copied.picture.color = sequence_->color;
  return copied;
}

void NvdecDecoder::hand_out(const Shown& one, CopiedPicture copied) {
  const bool raises = options_.on_error == OnError::raise;
  if (const int32_t failure = one.decoded.failure) {
    if (!raises) return;
    const std::string what = "NVDEC refused a picture of " + options_.codec;
    return outputs_.put(damaged(what, one.entry, failure));
  }
  Picture& picture = copied.picture;
  describe(picture, one.decoded, one.entry, one.info);
  if (one.lacks_references) picture.decode_status = DecodeStatus::corrupt;
  if (picture.decode_status == DecodeStatus::ok || !raises) {
    return outputs_.put(std::move(picture), std::move(copied.copied));
  }
  if (copied.copied) copied.copied->wait();
  outputs_.put(damaged("A picture of " + options_.codec + " is damaged", one.entry));
}

void NvdecDecoder::describe(Picture& picture, const Decoded& decoded, const PacketLog::Entry& entry,
                            const CUVIDPARSERDISPINFO& shown) {
  picture.pts = entry.pts;
  picture.duration = entry.duration;
  picture.time_base = entry.time_base;
  picture.rotation = entry.rotation;
  picture.picture_type = decoded.coded.type;
  picture.is_key = decoded.coded.is_key || entry.is_key;
  picture.is_interlaced = !shown.progressive_frame;
  picture.is_top_field_first = picture.is_interlaced && shown.top_field_first;
  if (sei_) picture.sei = sei_->take(entry.number);
}

}  // namespace cuf::cuda

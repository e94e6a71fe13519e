#include "cuda/nvdec/lost_references.h"

namespace cuf::cuda {

void LostReferences::decode(int index, bool is_key) {
  if (key_ == index) key_.reset();  // never shown
  Decoded& decoded = decoded_[static_cast<size_t>(index)];
  decoded.may_lead = key_.has_value();
  if (is_lost_ && is_key) {
    is_lost_ = false;
    key_ = index;
  }
  decoded.is_without = is_lost_;
}

bool LostReferences::show(int index) {
  if (key_ == index) key_.reset();
  const Decoded& decoded = decoded_[static_cast<size_t>(index)];
  return decoded.is_without || (decoded.may_lead && key_);
}

}  // namespace cuf::cuda

#include "cuda/nvdec/lost_references.h"

namespace cuf::cuda {

void LostReferences::decode(int index, bool is_key, bool is_open) {
  if (key_ == index) key_.reset();  // never shown
  if (entry_ == index) entry_.reset();
  Decoded& decoded = decoded_[static_cast<size_t>(index)];
  decoded.may_lead = key_.has_value();
  decoded.may_lead_entry = entry_.has_value();
  if (!has_begun_ && is_open) entry_ = index;
  has_begun_ = true;
  if (is_lost_ && is_key) {
    is_lost_ = false;
    key_ = index;
  }
  decoded.is_without = is_lost_;
}

bool LostReferences::show(int index) {
  if (key_ == index) key_.reset();
  if (entry_ == index) entry_.reset();
  const Decoded& decoded = decoded_[static_cast<size_t>(index)];
  return decoded.is_without || (decoded.may_lead && key_);
}

bool LostReferences::leads_entry(int index) const {
  return decoded_[static_cast<size_t>(index)].may_lead_entry && entry_;
}

}  // namespace cuf::cuda

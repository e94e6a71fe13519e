#pragma once

#include <array>
#include <optional>

namespace cuf::cuda {

// Which pictures were decoded without pictures that they refer to: what comes behind a lost one up
// to the next key picture, and what is shown in front of that. Pictures by their index.
class LostReferences {
 public:
  static constexpr int kMost = 32;

  void note_lost() { is_lost_ = true; }
  // Of each picture, in the order of decoding. is_open: pictures that follow and are shown in front
  // of it may refer to pictures in front of it.
  void decode(int index, bool is_key, bool is_open);
  // Of each picture that is shown, in that order: whether it lacks references.
  bool show(int index);
  // Before show(): whether decoding began behind what the picture refers to. NVDEC makes such a one
  // of what it has, and calls it a success (seen on an H200).
  bool leads_entry(int index) const;

 private:
  struct Decoded {
    bool is_without = false;
    bool may_lead = false;  // behind the key picture in decoding, perhaps in front of it when shown
    bool may_lead_entry = false;
  };
  std::array<Decoded, kMost> decoded_{};
  bool is_lost_ = false;
  std::optional<int> key_;  // that ended it, until it is shown
  bool has_begun_ = false;
  std::optional<int> entry_;  // the first picture, where it is open, until it is shown
};

}  // namespace cuf::cuda

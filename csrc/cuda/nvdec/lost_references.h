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
  // Of each picture, in the order of decoding.
  void decode(int index, bool is_key);
  // Of each picture that is shown, in that order: whether it lacks references.
  bool show(int index);

 private:
  struct Decoded {
    bool is_without = false;
    bool may_lead = false;  // behind the key picture in decoding, perhaps in front of it when shown
  };
  std::array<Decoded, kMost> decoded_{};
  bool is_lost_ = false;
  std::optional<int> key_;  // that ended it, until it is shown
};

}  // namespace cuf::cuda

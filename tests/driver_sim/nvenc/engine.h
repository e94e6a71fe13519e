// What a session's worker does: the part of NVENC that is hardware.
#pragma once
#include "nvenc/session.h"

namespace cufsim {

class SessionEngine {
 public:
  /** All are called under the driver's mutex. Encodes a group of pictures, given in their order. */
  static void encode(const SessionPtr& session, std::vector<JobPtr> group);
  /** Codes what is held back; the next picture begins a new stream. */
  static void drain(const SessionPtr& session);
  /** Waits until an encoder of these settings is there; false if there is none. */
  static bool open(const SessionPtr& session, Lock& lock, const StreamSettings& settings);
  /** Waits until the encoder has taken up the settings; false if it cannot. */
  static bool change(const SessionPtr& session, Lock& lock, const StreamSettings& settings);

 private:
  static void post(const SessionPtr& session, std::function<void()> work);
  static bool post_and_wait(const SessionPtr& session, Lock& lock, std::function<bool()> work);
  static bool open_now(EncodeSession& session);
  static void encode_now(EncodeSession& session, const EncodeJob& job);
  static bool wait_for_input(EncodeSession& session, const EncodeJob& job);
  static void give_out(EncodeSession& session, const std::vector<OutputPicture>& coded, bool good);
};

}  // namespace cufsim

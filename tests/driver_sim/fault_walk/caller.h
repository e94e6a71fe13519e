#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cuframe.h"

namespace fault_walk {

using Bytes = std::vector<uint8_t>;

struct Failure {
  std::string step;
  int32_t status = 0;
  int32_t native_code = 0;
  std::string message;
};

// A script as the C ABI sees it: waits for tickets, notes failures, keeps what its frames hold by
// name, and closes what it has.
class Caller {
 public:
  Caller();

  uint32_t queue() const { return queue_; }
  uint32_t ticket() { return ++last_ticket_; }
  void request_device(uint32_t backend);
  uint32_t device() const { return device_; }  // 0: there is none

  // Whether a call succeeded; notes it if not.
  bool did(const std::string& step, int32_t status, const CufError& error);
  // The completion of a ticket, if it succeeded. `begun` is what the call that took it said.
  std::optional<CufCompletion> wait(const std::string& step, uint32_t ticket, int32_t begun,
                                    const CufError& error);
  // The handle that a ticket completes with, which is closed at the end; 0: there is none.
  uint32_t made(const std::string& step, uint32_t ticket, int32_t begun, const CufError& error);
  // Frames that were handed over. The latest come last.
  void keep(const std::string& name, const CufFrameInfo& frame);
  // The frame that a ticket completes with.
  void keep_made(const std::string& name, uint32_t ticket, int32_t begun, const CufError& error);
  const std::vector<CufFrameInfo>& frames() const { return frames_; }
  void note(const std::string& name, Bytes bytes) { results_[name] = std::move(bytes); }

  // Reads what the frames hold and closes everything.
  void end();

  const std::vector<Failure>& failures() const { return failures_; }
  const std::map<std::string, Bytes>& results() const { return results_; }
  bool has(const std::string& name) const;  // a frame of that name was handed over

 private:
  void read(const std::string& name, const CufFrameInfo& frame);
  void close(uint32_t handle);

  uint32_t queue_ = 0;
  uint32_t device_ = 0;
  uint32_t last_ticket_ = 1;  // which is the device's own
  std::vector<uint32_t> objects_;
  std::vector<std::string> names_;  // of the frames
  std::vector<CufFrameInfo> frames_;
  std::vector<Failure> failures_;
  std::map<std::string, Bytes> results_;
};

// A struct of the ABI with its size set.
template <typename Struct>
Struct sized() {
  Struct value{};
  value.struct_size = sizeof(value);
  return value;
}

// What is being walked, for messages.
void set_place(const std::string& place);
// Says what is wrong, and where.
void complain(const std::string& what);
uint32_t complaints();

// Waits for what comes true by itself soon; false: it did not.
bool comes_true(const std::function<bool()>& condition);

}  // namespace fault_walk

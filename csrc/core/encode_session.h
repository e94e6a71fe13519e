#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/decode_times.h"
#include "core/device.h"
#include "core/encoder_choice.h"
#include "core/encoder_format.h"
#include "core/executor.h"
#include "core/input_times.h"
#include "core/ports.h"
#include "core/ticket_results.h"

namespace cuf {

// An encoder as a script holds it: pictures in, in the order of display, chunks out in decode
// order. All work is done in order on the library's threads.
class EncodeSession : public Object, public std::enable_shared_from_this<EncodeSession> {
 public:
  static constexpr ObjectKind kKind = ObjectKind::encoder;

  struct Options {
    EncoderFormat format = EncoderFormat::nv12;
    uint32_t width = 0;
    uint32_t height = 0;
    EncoderSettings settings;    // what was said
    std::optional<Color> color;  // nothing: encoder_color()
    std::vector<std::pair<std::string, std::string>> native_options;
    uint32_t threads = 1;
    uint64_t cuda_stream = 0;   // what it does before encode() is done before a frame is read
    uint64_t input_budget = 0;  // of pictures that wait; 0 = the device's
  };
  // What goes with a picture. A time that is not given is the frame's.
  struct Request {
    GivenTime time = {};
    bool forces_idr = false;
    bool forces_intra = false;
    bool wants_headers = false;
    std::vector<SideMessage> messages = {};
  };
  struct Chunk {
    EncodedPicture picture;
    PictureTime time;
    int64_t dts = 0;
  };
  struct State {
    Backend backend = Backend::cpu;
    std::string implementation;
    std::string fallback_reason;
    uint32_t width = 0;
    uint32_t height = 0;
    EncoderSettings settings;
    Color color;  // that the stream says it has
    std::vector<uint8_t> sequence_params;
    uint32_t reorder_depth = 0;
    uint64_t frames_encoded = 0;
    uint64_t chunks = 0;
    uint64_t chunk_bytes = 0;
    uint64_t host_copies = 0;
    uint64_t reconfigures = 0;
    uint64_t reopens = 0;
  };

  // Throws Error(invalid_argument) for settings and sizes that are wrong in themselves.
  EncodeSession(std::shared_ptr<Device> device, Options options);
  // Makes its encoder on the pool; the ticket completes with the handle.
  static void open(std::shared_ptr<EncodeSession> session, std::shared_ptr<Ticket> ticket);
  void close() noexcept override;

  // Each completes with the number of chunks to be taken, and their bytes as its second number.
  // encode() throws at once for a picture that the encoder does not take, encode_bytes() for a
  // length that is not its picture's.
  void encode(std::shared_ptr<const Picture> picture, Request request,
              std::shared_ptr<Ticket> ticket);
  void encode_bytes(std::span<const uint8_t> bytes, uint32_t stride, Request request,
                    std::shared_ptr<Ticket> ticket);
  // Gives what is held back. The next picture begins with an IDR.
  void flush(std::shared_ptr<Ticket> ticket);
  // Goes on with other settings (those that change) and another size (0: as it is). Completes with
  // 0 and -1 in place; where an encoder was made anew, as flush() does. Throws at once for what
  // never changes.
  void reconfigure(const EncoderSettings& changes, uint32_t width, uint32_t height,
                   std::shared_ptr<Ticket> ticket);
  std::vector<Chunk> take(uint32_t ticket) { return results_.take(ticket); }

  const std::shared_ptr<Device>& device() const { return device_; }
  EncoderFormat format() const { return options_.format; }
  State state() const;
  // What a muxer must know of its chunks.
  TrackDescription track() const;

 private:
  // A picture that waits for its turn.
  struct Waiting {
    std::shared_ptr<const Picture> picture;
    Request request;
    MemoryBudget::Charge charge;
  };
  struct Size {
    uint32_t width = 0;
    uint32_t height = 0;

    bool operator==(const Size&) const = default;
  };

  void post(std::shared_ptr<Ticket> ticket, std::function<void(Ticket&)> work);
  void post_picture(std::shared_ptr<Waiting> waiting, std::shared_ptr<Ticket> ticket);
  Color color_of(const EncoderSettings& settings, Size size) const;
  EncoderOptions encoder_options(const EncoderSettings& settings, Size size) const;
  void send_and_let_go(Waiting waiting);
  void send(const Waiting& waiting);
  Picture prepared(const Picture& picture);
  void receive_all();
  void drain();
  void keep(EncodedPicture picture);
  void deliver(Ticket& ticket);
  EncoderSettings merged(const EncoderSettings& changes) const;
  void reconfigure_now(const EncoderSettings& changes, Size size, uint64_t turn, Ticket& ticket);
  bool apply(const EncoderSettings& settings, Size size);
  void make_anew(const EncoderSettings& settings, Size size);
  void note_state();
  void note_refill(const DeviceMemoryInfo& memory) const;

  const std::shared_ptr<Device> device_;
  const Options options_;
  const std::shared_ptr<MemoryBudget> budget_;
  const std::shared_ptr<Memory> memory_;
  const std::shared_ptr<Strand> strand_ = std::make_shared<Strand>();
  std::atomic<bool> is_closed_ = false;

  std::mutex calls_mutex_;
  Size asked_size_;         // of the pictures that come next, when what waits is done
  uint64_t last_turn_ = 0;  // of reconfigure()

  mutable std::mutex state_mutex_;
  State state_;
  EncoderSettings said_;  // at first and since, before anything was completed

  // Only the strand touches these.
  EncoderSettings complete_;
  Size size_;
  std::unique_ptr<Encoder> encoder_;  // null: made when a picture comes
  Format sent_format_ = Format::unknown;
  bool has_sent_ = false;       // since the encoder was made or drained
  bool knows_headers_ = false;  // the state has those of the encoder
  uint64_t next_number_ = 0;
  InputTimes input_times_;
  DecodeTimes decode_times_;
  std::map<uint64_t, PictureTime> times_;  // of pictures in the encoder, by number
  std::vector<Chunk> ready_;

  TicketResults<Chunk> results_;
};

}  // namespace cuf

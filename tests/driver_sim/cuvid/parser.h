// A parser session: which picture is decoded into which surface, and when it is shown.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "cuda/driver.h"
#include "cuvid/picture_order.h"
#include "cuvid/units.h"

namespace cufsim {

/** Not under the driver's mutex: a client uses a parser from one thread at a time. */
class Parser {
 public:
  explicit Parser(const CUVIDPARSERPARAMS& parameters);

  /** Calls back on this thread. */
  void parse(const CUVIDSOURCEDATAPACKET& packet);

  uint64_t handle = 0;

 private:
  struct Picture {
    uint64_t mark = 0;
    int index = 0;
    std::optional<int64_t> timestamp;
    /** Other pictures, or a later showing, need it. */
    bool held = true;
    /** Will be in the queue when the picture that is about to be decoded has been. */
    bool promised = false;
    /** In the queue of what is to be shown: more than once if it is shown again. */
    int waiting = 0;
    /** The client refused it. */
    bool refused = false;
    uint64_t shown_at = 0;
  };
  struct Queued {
    uint64_t mark;
    Shown how;
    std::optional<int64_t> timestamp;
  };

  void take(const Unit& unit);
  void hold_lone_picture(std::vector<Unit>& units, bool has_payload);
  void enqueue(const std::vector<Shown>& shown, const std::optional<int64_t>& timestamp);
  void promise(const std::vector<Shown>& shown);
  void show_while(size_t more_than);
  void show_first();
  bool announce();
  int take_index();
  void note_drops();
  bool sorts_timestamps() const {
    const cudaVideoCodec codec = parameters_.CodecType;
    return codec != cudaVideoCodec_VP8 && codec != cudaVideoCodec_VP9 &&
           codec != cudaVideoCodec_AV1;
  }
  void decode(const Ordered& ordered, int index);
  void decode_second_field(const Ordered& ordered);
  void tell_messages(const std::vector<SeiMessage>& messages, int index);
  int64_t timestamp_of(const Queued& queued);

  CUVIDPARSERPARAMS parameters_;
  UnitSplitter splitter_;
  /** Behind an end of the stream, until a second packet comes. */
  std::vector<Unit> held_back_;
  /** Payloads since the end; nothing is held back behind the second or without an end. */
  std::optional<unsigned> packets_since_end_;
  std::set<uint64_t> dropped_;
  std::unique_ptr<PictureOrder> order_;
  std::map<uint64_t, Picture> pictures_;
  std::deque<Queued> queue_;
  /** Given with pictures, and not given out. */
  std::multiset<int64_t> timestamps_;
  CUVIDEOFORMATEX format_ = {};
  bool announced_ = false;
  bool stopped_ = false;
  /** What was decoded before is no reference any more. */
  bool restarts_ = true;
  unsigned surfaces_ = 0;
  unsigned next_index_ = 0;
  uint64_t shown_count_ = 0;
  std::optional<int64_t> last_timestamp_;
};

}  // namespace cufsim

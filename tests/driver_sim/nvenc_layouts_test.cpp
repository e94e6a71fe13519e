// The structs of the APIs that ffnvcodec's headers do not have: by their words and offsets, as the
// SDKs of those versions lay them out.
#include <doctest/doctest.h>

#include <cstring>

#include "encode_client.h"

using namespace cufsim_test;

namespace {

/** Version words' revisions and sizes of what differs. */
struct Layout {
  uint32_t major;
  uint32_t minor;
  uint32_t config;
  uint32_t initialize;
  uint32_t preset;
  uint32_t picture;
  uint32_t lock;
  bool lock_high;
  uint32_t input;
  uint32_t reconfigure;
  size_t initialize_size;
  size_t picture_size;
  size_t lock_size;
  size_t reconfigure_size;
  /** A byte that this API reserves in NV_ENC_PIC_PARAMS, and that another one does not. */
  size_t picture_reserved;
};

constexpr Layout kLayouts[] = {
    {11, 1, 7, 5, 4, 4, 1, false, 1, 1, 1808, 3344, 1544, 1824, 1656},
    {12, 1, 8, 6, 4, 6, 1, true, 1, 1, 1808, 3360, 1552, 1824, 1672},
    {12, 2, 9, 7, 5, 7, 2, true, 2, 2, 1800, 3360, 1544, 1816, 1664},
    {13, 0, 9, 7, 5, 7, 2, true, 2, 2, 1800, 3360, 1544, 1816, 1664},
};

/** A struct of some size between bytes that nobody may touch. */
class Raw {
 public:
  explicit Raw(size_t size, uint32_t word) : size_(size), bytes_(size + kGuard, 0) {
    std::fill(bytes_.begin() + static_cast<std::ptrdiff_t>(size), bytes_.end(), 0xee);
    put(0, word);
  }
  template <class T>
  void put(size_t offset, const T& value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
  }
  template <class T>
  T get(size_t offset) const {
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  template <class T>
  T* as() {
    return reinterpret_cast<T*>(bytes_.data());
  }
  unsigned char* at(size_t offset) { return bytes_.data() + offset; }
  bool is_whole() const {
    for (size_t i = size_; i < bytes_.size(); i++) {
      if (bytes_[i] != 0xee) return false;
    }
    return true;
  }

 private:
  static constexpr size_t kGuard = 64;
  size_t size_;
  Bytes bytes_;
};

/** A client of one of those APIs, that encodes pictures from an input buffer. */
class OldClient {
 public:
  explicit OldClient(const Layout& layout) : layout_(layout) {
    api_.version = word(2);
    REQUIRE(NvEncodeAPICreateInstance(&api_) == NV_ENC_SUCCESS);
    Raw open(1552, word(1));
    open.put(4, uint32_t{NV_ENC_DEVICE_TYPE_CUDA});
    open.put(8, gpu_.context);
    open.put(24, layout.major | layout.minor << 24);
    REQUIRE(api_.nvEncOpenEncodeSessionEx(open.as<NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS>(),
                                          &encoder_) == NV_ENC_SUCCESS);
    Raw preset(5128, word(layout.preset, true));
    preset.put(8, word(layout.config, true));
    REQUIRE(api_.nvEncGetEncodePresetConfigEx(encoder_, NV_ENC_CODEC_H264_GUID,
                                              NV_ENC_PRESET_P1_GUID, NV_ENC_TUNING_INFO_LOW_LATENCY,
                                              preset.as<NV_ENC_PRESET_CONFIG>()) == NV_ENC_SUCCESS);
    CHECK(preset.is_whole());
    std::memcpy(config_.at(0), preset.at(8), 3584);
    fill_initialize();
  }
  ~OldClient() {
    if (bitstream_ != nullptr) api_.nvEncDestroyBitstreamBuffer(encoder_, bitstream_);
    if (input_ != nullptr) api_.nvEncDestroyInputBuffer(encoder_, input_);
    api_.nvEncDestroyEncoder(encoder_);
  }

  NVENCSTATUS initialize() {
    return api_.nvEncInitializeEncoder(encoder_, initialize_.as<NV_ENC_INITIALIZE_PARAMS>());
  }

  void make_buffers() {
    Raw input(776, word(layout_.input));
    input.put(4, uint32_t{320});
    input.put(8, uint32_t{240});
    input.put(16, uint32_t{NV_ENC_BUFFER_FORMAT_NV12});
    REQUIRE(api_.nvEncCreateInputBuffer(encoder_, input.as<NV_ENC_CREATE_INPUT_BUFFER>()) ==
            NV_ENC_SUCCESS);
    input_ = input.get<void*>(24);
    Raw output(776, word(1));
    REQUIRE(api_.nvEncCreateBitstreamBuffer(
                encoder_, output.as<NV_ENC_CREATE_BITSTREAM_BUFFER>()) == NV_ENC_SUCCESS);
    bitstream_ = output.get<void*>(16);
    Raw lock(1544, word(1));
    lock.put(8, input_);
    REQUIRE(api_.nvEncLockInputBuffer(encoder_, lock.as<NV_ENC_LOCK_INPUT_BUFFER>()) ==
            NV_ENC_SUCCESS);
    std::memset(lock.get<void*>(16), 128, lock.get<uint32_t>(24) * 240 * 3 / 2);
    REQUIRE(api_.nvEncUnlockInputBuffer(encoder_, input_) == NV_ENC_SUCCESS);
  }

  NVENCSTATUS encode(size_t broken = 0) {
    Raw picture(layout_.picture_size, word(layout_.picture, true));
    picture.put(4, uint32_t{320});
    picture.put(8, uint32_t{240});
    picture.put(24, uint64_t{7777});
    picture.put(40, input_);
    picture.put(48, bitstream_);
    picture.put(64, uint32_t{NV_ENC_BUFFER_FORMAT_NV12});
    picture.put(68, uint32_t{NV_ENC_PIC_STRUCT_FRAME});
    if (broken > 0) picture.put(broken, uint32_t{1});
    const NVENCSTATUS status = api_.nvEncEncodePicture(encoder_, picture.as<NV_ENC_PIC_PARAMS>());
    CHECK(picture.is_whole());
    return status;
  }

  void take() {
    Raw lock(layout_.lock_size, word(layout_.lock, layout_.lock_high));
    lock.put(8, bitstream_);
    REQUIRE(api_.nvEncLockBitstream(encoder_, lock.as<NV_ENC_LOCK_BITSTREAM>()) == NV_ENC_SUCCESS);
    CHECK(lock.is_whole());
    CHECK(lock.get<uint32_t>(36) > 0);
    CHECK(lock.get<uint64_t>(40) == 7777);
    CHECK(lock.get<uint32_t>(64) == NV_ENC_PIC_TYPE_IDR);
    CHECK(lock.get<void*>(56) != nullptr);
    CHECK(api_.nvEncUnlockBitstream(encoder_, bitstream_) == NV_ENC_SUCCESS);
  }

  NVENCSTATUS reconfigure(uint32_t flags) {
    Raw wanted(layout_.reconfigure_size, word(layout_.reconfigure, true));
    std::memcpy(wanted.at(8), initialize_.at(0), layout_.initialize_size);
    wanted.put(8 + layout_.initialize_size, flags);
    return api_.nvEncReconfigureEncoder(encoder_, wanted.as<NV_ENC_RECONFIGURE_PARAMS>());
  }

  uint32_t word(uint32_t revision, bool high = false) const {
    return version_word(layout_.major, layout_.minor, revision, high);
  }

  Raw& config() { return config_; }
  Raw& initialize_params() { return initialize_; }

 private:
  void fill_initialize() {
    initialize_.put(0, word(layout_.initialize, true));
    initialize_.put(4, NV_ENC_CODEC_H264_GUID);
    initialize_.put(20, NV_ENC_PRESET_P1_GUID);
    initialize_.put(36, uint32_t{320});
    initialize_.put(40, uint32_t{240});
    initialize_.put(52, uint32_t{25});
    initialize_.put(56, uint32_t{1});
    initialize_.put(64, uint32_t{1});
    initialize_.put(88, static_cast<void*>(config_.at(0)));
    initialize_.put(136, uint32_t{NV_ENC_TUNING_INFO_LOW_LATENCY});
  }

  Layout layout_;
  Gpu gpu_{"l4"};
  NV_ENCODE_API_FUNCTION_LIST api_ = {};
  void* encoder_ = nullptr;
  void* input_ = nullptr;
  void* bitstream_ = nullptr;
  Raw config_{3584, 0};
  Raw initialize_{layout_.initialize_size, 0};
};

}  // namespace

TEST_CASE("clients of each API encode with structs of its sizes, and nothing behind is touched") {
  for (const Layout& layout : kLayouts) {
    CAPTURE(layout.major);
    CAPTURE(layout.minor);
    OldClient client(layout);
    REQUIRE(client.initialize() == NV_ENC_SUCCESS);
    client.make_buffers();
    CHECK(client.encode() == NV_ENC_SUCCESS);
    client.take();
    CHECK(cufsim_encode_record("initialize", 0, nullptr, 0) == layout.initialize_size);
    CHECK(cufsim_encode_record("picture", 0, nullptr, 0) == layout.picture_size);
    CHECK(client.encode(layout.picture_reserved) == NV_ENC_ERR_INVALID_PARAM);
    // The flags stand where the API's own struct ends.
    CHECK(client.reconfigure(1) == NV_ENC_ERR_INVALID_PARAM);
    CHECK(client.reconfigure(2) == NV_ENC_SUCCESS);
    CHECK(cufsim_encode_record("reconfigure", 0, nullptr, 0) == layout.reconfigure_size);
    CHECK(client.reconfigure(4) == NV_ENC_ERR_INVALID_PARAM);
    CHECK(client.encode() == NV_ENC_SUCCESS);
    client.take();
    CHECK_MESSAGE(cufsim_count("problems") == 0, problem_texts());
  }
}

TEST_CASE("words of one API in a session of another are refused") {
  for (const Layout& layout : kLayouts) {
    OldClient client(layout);
    const uint32_t own = client.initialize_params().get<uint32_t>(0);
    // The minor version is 3, which there is of no API.
    client.initialize_params().put(0, (own & ~0x0f000000u) | 3u << 24);
    CHECK(client.initialize() == NV_ENC_ERR_INVALID_VERSION);
    for (const Layout& other : kLayouts) {
      if (&other == &layout) continue;
      client.initialize_params().put(
          0, version_word(other.major, other.minor, other.initialize, true));
      CHECK(client.initialize() == NV_ENC_ERR_INVALID_VERSION);
    }
    client.initialize_params().put(0, own);
    CHECK(client.initialize() == NV_ENC_SUCCESS);
  }
}

TEST_CASE("bit depths are fields of their own since API 12.2") {
  // H.264 in 10 bits is beyond Ada; the word lies in what older APIs reserve.
  for (const Layout& layout : kLayouts) {
    CAPTURE(layout.major);
    OldClient client(layout);
    constexpr size_t kOutputDepth = 168 + 212;
    client.config().put(kOutputDepth, uint32_t{10});
    const bool has_field = layout.config >= 9;
    CHECK(client.initialize() ==
          (has_field ? NV_ENC_ERR_UNSUPPORTED_PARAM : NV_ENC_ERR_INVALID_PARAM));
  }
}

// What the driver does when it decodes.
#include <algorithm>
#include <atomic>
#include <map>
#include <numeric>

#include "driver_client.h"

namespace gpu_facts {
namespace {

constexpr uint64_t kShort = 2'000'000;  // about a millisecond, longer than a picture takes
constexpr int kManyDecoders = 8;

const char* word(bool is_true) {
  return is_true ? "true" : "false";
}

std::vector<uint64_t> decoded(const Clip& clip, const std::function<void(Session&)>& prepare) {
  Session session(clip.codec);
  prepare(session);
  session.feed(clip);
  return session.sums();
}

size_t differing(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  size_t count = std::max(a.size(), b.size()) - std::min(a.size(), b.size());
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) count += a[i] != b[i];
  return count;
}

// The type of the first slice of an Annex B access unit of HEVC.
int hevc_slice_type(const uint8_t* bytes, size_t size) {
  for (size_t at = 0; at + 3 < size; ++at) {
    if (bytes[at] == 0 && bytes[at + 1] == 0 && bytes[at + 2] == 1) {
      const int type = (bytes[at + 3] >> 1) & 63;
      if (type < 32) return type;
    }
  }
  return -1;
}

double spread(std::vector<double>& times, double* least, double* most) {
  std::sort(times.begin(), times.end());
  *least = times.front();
  *most = times.back();
  return times[times.size() / 2];
}

size_t free_memory() {
  using Info = int(size_t*, size_t*);
  size_t free = 0, total = 0;
  require(driver_function<Info>("cuMemGetInfo_v2")(&free, &total), "cuMemGetInfo");
  return free;
}

}  // namespace

void check_unmap(const Clip& clip) {
  const auto waiting = decoded(clip, [](Session& it) { it.waits_for_copies = true; });
  for (const int outputs : {1, 2}) {
    for (int round = 0; round < 3; ++round) {
      const auto ordered = decoded(clip, [&](Session& it) {
        it.output_surfaces = outputs;
        it.spin_cycles = kShort;
      });
      const size_t bad = differing(waiting, ordered);
      std::printf(
          "unmap without waiting is ordered (%s, %d output surfaces): %s, %zu of %zu pictures "
          "differ%s\n",
          clip.name.c_str(), outputs, word(bad == 0), bad, waiting.size(),
          spin_kernel() ? "" : ", without a slow kernel");
    }
  }
}

void check_map(const Clip& clip) {
  Session session(clip.codec);
  std::map<int, int> before, after;
  std::vector<double> times;
  session.on_display = [&](CUVIDPARSERDISPINFO& shown) {
    CUVIDGETDECODESTATUS status = {};
    cuvid->cuvidGetDecodeStatus(session.decoder, shown.picture_index, &status);
    before[status.decodeStatus]++;
    CUVIDPROCPARAMS how = session.how(shown);
    CUdeviceptr surface = 0;
    unsigned pitch = 0;
    const double begin = seconds();
    require(cuvid->cuvidMapVideoFrame(session.decoder, shown.picture_index, &surface, &pitch, &how),
            "map");
    times.push_back(seconds() - begin);
    cuvid->cuvidGetDecodeStatus(session.decoder, shown.picture_index, &status);
    after[status.decodeStatus]++;
    require(cuvid->cuvidUnmapVideoFrame(session.decoder, surface), "unmap");
    if (times.size() == 1) std::printf("pitch of %lu: %u\n", session.info.ulTargetWidth, pitch);
    return 1;
  };
  session.feed(clip);
  double least, most;
  const double middle = spread(times, &least, &most);
  std::printf("map returns when the picture is decoded: %s, status before", word(after[1] == 0));
  for (const auto& [status, count] : before) std::printf(" %d x %d", status, count);
  std::printf(", after");
  for (const auto& [status, count] : after) std::printf(" %d x %d", status, count);
  std::printf("; map took %.2f, %.2f, %.2f ms\n", least * 1e3, middle * 1e3, most * 1e3);
}

void check_status(const std::vector<Clip>& clips) {
  for (const Clip& clip : clips) {
    Session session(clip.codec);
    std::map<std::string, int> results;
    session.on_display = [&](CUVIDPARSERDISPINFO& shown) {
      session.copy_out(shown);
      CUVIDGETDECODESTATUS status = {};
      const int result = cuvid->cuvidGetDecodeStatus(session.decoder, shown.picture_index, &status);
      results[name_of(result) + " status " + std::to_string(status.decodeStatus)]++;
      return 1;
    };
    try {
      session.feed(clip);
    } catch (const std::string& failure) {
      results[failure]++;
    }
    std::printf("cuvidGetDecodeStatus of %s:", clip.name.c_str());
    for (const auto& [result, count] : results) std::printf(" %d x %s;", count, result.c_str());
    std::printf("\n");
  }
}

// What is told of damaged pictures, and when.
void check_damage(const Clip& clip) {
  Session session(clip.codec);
  std::string told;
  const auto status_of = [&](int index) {
    CUVIDGETDECODESTATUS status = {};
    const int result = cuvid->cuvidGetDecodeStatus(session.decoder, index, &status);
    return result == 0 ? std::to_string(status.decodeStatus) : name_of(result);
  };
  session.on_display = [&](CUVIDPARSERDISPINFO& shown) {
    told += " " + status_of(shown.picture_index) + "/";
    session.copy_out(shown);
    told += status_of(shown.picture_index) + "/";
    require(cuda->cuStreamSynchronize(session.stream), "cuStreamSynchronize");
    told += status_of(shown.picture_index);
    return 1;
  };
  session.feed(clip);
  std::printf("status before map, after it, when copied (%s):%s\n", clip.name.c_str(),
              told.c_str());
}

// Whether pictures are the same each time, by several threads at once.
void check_repeats(const Clip& clip) {
  constexpr int kRounds = 12;
  const auto wanted = decoded(clip, [](Session& it) {
    it.waits_for_copies = true;
    it.waits_for_status = true;
  });
  for (const bool waits : {false, true}) {
    std::atomic<size_t> bad = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < kManyDecoders; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < kRounds; ++round) {
          bad +=
              differing(wanted, decoded(clip, [&](Session& it) { it.waits_for_status = waits; }));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::printf("%d decoders at once give the same pictures (%s%s): %s, %zu of %zu differ\n",
                kManyDecoders, clip.name.c_str(), waits ? ", maps wait for the status" : "",
                word(bad == 0), bad.load(), wanted.size() * kRounds * kManyDecoders);
  }
}

void check_limits(const Clip& clip) {
  Session session(clip.codec);
  session.output_surfaces = 1;
  int second = -1, foreign = -1, failed = -1, stopped = -1;
  session.on_display = [&](CUVIDPARSERDISPINFO& shown) {
    if (second >= 0) return 1;
    CUVIDPROCPARAMS how = session.how(shown);
    CUdeviceptr surface = 0, other = 0;
    unsigned pitch = 0;
    require(cuvid->cuvidMapVideoFrame(session.decoder, shown.picture_index, &surface, &pitch, &how),
            "map");
    second = cuvid->cuvidMapVideoFrame(session.decoder, shown.picture_index, &other, &pitch, &how);
    foreign = cuvid->cuvidUnmapVideoFrame(session.decoder, surface + 4096);
    require(cuvid->cuvidUnmapVideoFrame(session.decoder, surface), "unmap");
    return 1;
  };
  session.feed(clip);
  std::printf("one more map than ulNumOutputSurfaces fails: %s, %s\n", word(second != 0),
              name_of(second).c_str());
  std::printf("unmap of a foreign address fails: %s, %s\n", word(foreign != 0),
              name_of(foreign).c_str());
  Session refusing(clip.codec);
  refusing.on_picture = [&](CUVIDPICPARAMS&) { return 0; };
  const Scope scope;
  for (const auto& packet : clip.packets) {
    failed = refusing.parse(packet, 0);
    if (refusing.pictures > 0) break;
  }
  stopped = refusing.parse(clip.packets.back(), 1);
  std::printf("parse succeeds although a callback gave 0: %s, %s, and the next packet %s\n",
              word(failed == 0), name_of(failed).c_str(), name_of(stopped).c_str());
  CUVIDDECODECREATEINFO info = session.info;
  CUvideodecoder none = nullptr;
  info.ulNumDecodeSurfaces = 33;
  int result = cuvid->cuvidCreateDecoder(&none, &info);
  std::printf("33 decode surfaces are refused: %s, %s\n", word(result != 0),
              name_of(result).c_str());
  if (result == 0) cuvid->cuvidDestroyDecoder(none);
  info = session.info;
  info.ulWidth = info.ulMaxWidth = 16384;
  result = cuvid->cuvidCreateDecoder(&none, &info);
  std::printf("16384 pixels of H.264 are refused: %s, %s\n", word(result != 0),
              name_of(result).c_str());
  if (result == 0) cuvid->cuvidDestroyDecoder(none);
}

void check_callbacks(const std::vector<Clip>& clips) {
  for (const Clip& clip : clips) {
    Session session(clip.codec);
    std::map<std::string, int> references;
    int most_per_packet = 0, before = 0, surfaces = 0, late = 0, packet = 0;
    int64_t last = -1;
    bool is_ordered = true;
    session.on_sequence = [&](CUVIDEOFORMAT& format) {
      surfaces = format.min_num_decode_surfaces;
      return session.create(format);
    };
    session.on_picture = [&](CUVIDPICPARAMS& picture) {
      const int type = clip.codec == cudaVideoCodec_HEVC
                           ? hevc_slice_type(picture.pBitstreamData, picture.nBitstreamDataLen)
                           : -1;
      references[(type < 0 ? "" : "type " + std::to_string(type) + " ") + "ref " +
                 std::to_string(picture.ref_pic_flag) + " intra " +
                 std::to_string(picture.intra_pic_flag)]++;
      return session.decode(picture);
    };
    session.on_display = [&](CUVIDPARSERDISPINFO& shown) {
      is_ordered &= shown.timestamp >= last;
      last = shown.timestamp;
      late = std::max(late, packet - static_cast<int>(shown.timestamp));
      session.copy_out(shown);
      return 1;
    };
    const Scope scope;
    for (const auto& bytes : clip.packets) {
      session.parse(bytes, packet);
      most_per_packet = std::max(most_per_packet, session.pictures - before);
      before = session.pictures;
      ++packet;
    }
    session.flush();
    std::printf(
        "%s: %zu packets, %d sequences, %d decoded (at most %d a packet), %d shown, surfaces %d, "
        "display %d packets late, times %s;",
        clip.name.c_str(), clip.packets.size(), session.sequences, session.pictures,
        most_per_packet, session.shown_pictures, surfaces, late,
        is_ordered ? "rising" : "not rising");
    for (const auto& [text, count] : references) std::printf(" %d x %s;", count, text.c_str());
    std::printf(" %s\n", session.error.c_str());
  }
}

void check_reconfigure(const Clip& large, const Clip& small) {
  const auto fresh = decoded(small, [](Session&) {});
  Session session(large.codec);
  session.feed(large);
  Session second(small.codec);
  std::swap(second.decoder, session.decoder);
  second.info = session.info;
  double took = 0;
  int beyond = -1;
  second.on_sequence = [&](CUVIDEOFORMAT& format) {
    CUVIDRECONFIGUREDECODERINFO next = {};
    next.ulWidth = format.coded_width;
    next.ulHeight = format.coded_height;
    next.ulTargetWidth = second.info.ulTargetWidth =
        format.display_area.right - format.display_area.left;
    next.ulTargetHeight = second.info.ulTargetHeight =
        format.display_area.bottom - format.display_area.top;
    next.ulNumDecodeSurfaces = std::min<unsigned long>(second.info.ulNumDecodeSurfaces,
                                                       format.min_num_decode_surfaces + 4);
    next.display_area.right = next.ulTargetWidth;
    next.display_area.bottom = next.ulTargetHeight;
    CUVIDRECONFIGUREDECODERINFO large_one = next;
    large_one.ulWidth = 4096;
    large_one.ulHeight = 4096;
    beyond = cuvid->cuvidReconfigureDecoder(second.decoder, &large_one);
    const double begin = seconds();
    require(cuvid->cuvidReconfigureDecoder(second.decoder, &next), "cuvidReconfigureDecoder");
    took = seconds() - begin;
    return static_cast<int>(next.ulNumDecodeSurfaces);
  };
  second.feed(small);
  const size_t bad = differing(fresh, second.sums());
  std::printf("reconfigure within the maxima works: %s, %zu of %zu pictures differ, %.2f ms\n",
              word(bad == 0), bad, fresh.size(), took * 1e3);
  std::printf("reconfigure beyond the maxima is refused: %s, %s\n", word(beyond != 0),
              name_of(beyond).c_str());
}

// What makes a parser that goes on after a flush show the only picture that comes then.
void check_lone_picture(const Clip& clip) {
  using Packet = std::vector<uint8_t>;
  const bool is_h264 = clip.codec == cudaVideoCodec_H264;
  const Packet& key = clip.packets.front();
  const Packet delimiter =
      is_h264 ? Packet{0, 0, 0, 1, 9, 0xf0} : Packet{0, 0, 0, 1, 0x46, 1, 0x50};
  size_t slice = 0;
  for (size_t at = 0; at + 3 < key.size() && slice == 0; ++at) {
    const int type = is_h264 ? key[at + 3] & 31 : key[at + 3] >> 1 & 63;
    const bool is_start = key[at] == 0 && key[at + 1] == 0 && key[at + 2] == 1;
    if (is_start && (is_h264 ? type == 5 : type < 32)) slice = at;
  }
  const auto middle = key.begin() + static_cast<ptrdiff_t>(slice);
  const std::pair<const char*, std::vector<Packet>> ways[] = {
      {"alone", {key}},
      {"behind a delimiter", {delimiter, key}},
      {"before a delimiter", {key, delimiter}},
      {"behind its headers", {{key.begin(), middle}, {middle, key.end()}}},
      {"before another", {key, clip.packets[1]}},
  };
  for (const auto& [name, packets] : ways) {
    Session session(clip.codec);
    session.on_sequence = [](auto&) { return 8; };
    session.on_picture = [](auto&) { return 1; };
    session.on_display = [](auto&) { return 1; };
    for (int i = 0; i < 3; ++i) session.parse(clip.packets[static_cast<size_t>(i)], i);
    session.flush();
    const int decoded = session.pictures, shown = session.shown_pictures;
    for (const Packet& packet : packets) session.parse(packet, 10);
    session.flush();
    std::printf("after a flush a picture of %s %s: %d decoded, %d shown\n", clip.name.c_str(), name,
                session.pictures - decoded, session.shown_pictures - shown);
  }
}

// What the parser says of a stream's size and colours, if it says anything.
void check_announcement(const Clip& clip) {
  Session session(clip.codec);
  CUVIDEOFORMAT format = {};
  CUVIDPICPARAMS picture = {};
  session.on_sequence = [&](auto& told) {
    format = told;
    return 8;
  };
  session.on_picture = [&](auto& told) {
    picture = told;
    return 1;
  };
  session.on_display = [](auto&) { return 1; };
  session.feed(clip);
  const auto& signal = format.video_signal_description;
  std::printf(
      "%s: %d announcements, coded %ux%u, shown to %d,%d, %d x %d macroblocks, full range %d, "
      "colours %d %d %d\n",
      clip.name.c_str(), session.sequences, format.coded_width, format.coded_height,
      format.display_area.right, format.display_area.bottom, picture.PicWidthInMbs,
      picture.FrameHeightInMbs, signal.video_full_range_flag, signal.color_primaries,
      signal.transfer_characteristics, signal.matrix_coefficients);
}

// What each start of a decoder costs, and whether that of one thread holds up the others.
void check_starts(const Clip& clip) {
  constexpr int kRounds = 20;
  constexpr int kThreads = 7;
  const auto ask = [&] {
    CUVIDDECODECAPS caps = {};
    caps.eCodecType = clip.codec;
    caps.eChromaFormat = cudaVideoChromaFormat_420;
    cuvid->cuvidGetDecoderCaps(&caps);
  };
  const auto parse = [&](bool flushes) {
    Session session(clip.codec);
    session.on_sequence = [](auto&) { return 4; };
    session.on_picture = [](auto&) { return 1; };
    session.on_display = [](auto&) { return 1; };
    if (flushes) session.parse(clip.packets.front(), 0), session.flush();
  };
  const std::pair<const char*, std::function<void()>> works[] = {
      {"asking for capabilities", ask},
      {"a parser and a stream", [&] { parse(false); }},
      {"the same with a packet and a flush", [&] { parse(true); }},
  };
  for (const auto& [name, work] : works) {
    const auto rounds = [&] {
      const Scope scope;
      const double begin = seconds();
      for (int i = 0; i < kRounds; ++i) work();
      return (seconds() - begin) / kRounds;
    };
    const double alone = rounds();
    const double begin = seconds();
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back(rounds);
    for (auto& thread : threads) thread.join();
    const double together = (seconds() - begin) / kRounds;
    std::printf("%s takes %.2f ms, by %d threads at once %.2f ms\n", name, alone * 1e3, kThreads,
                together * 1e3);
  }
}

void check_times(const Clip& large) {
  Session session(large.codec);
  session.feed(large);
  const Scope scope;
  CUVIDDECODECREATEINFO info = session.info;
  std::vector<double> created, destroyed;
  std::vector<CUvideodecoder> decoders(kManyDecoders);
  for (auto& decoder : decoders) {
    const double begin = seconds();
    require(cuvid->cuvidCreateDecoder(&decoder, &info), "cuvidCreateDecoder");
    created.push_back(seconds() - begin);
  }
  for (const auto decoder : decoders) {
    const double begin = seconds();
    require(cuvid->cuvidDestroyDecoder(decoder), "cuvidDestroyDecoder");
    destroyed.push_back(seconds() - begin);
  }
  const double sum = std::accumulate(created.begin(), created.end(), 0.0);
  double least, most, end_least, end_most;
  const double middle = spread(created, &least, &most),
               end = spread(destroyed, &end_least, &end_most);
  std::printf(
      "creating a 1080p decoder takes %.1f, %.1f, %.1f ms; destroying %.1f, %.1f, %.1f ms\n",
      least * 1e3, middle * 1e3, most * 1e3, end_least * 1e3, end * 1e3, end_most * 1e3);
  const double begin = seconds();
  std::vector<std::thread> threads;
  for (auto& decoder : decoders) {
    threads.emplace_back([&decoder, info]() mutable {
      const Scope own;
      if (cuvid->cuvidCreateDecoder(&decoder, &info) != 0) decoder = nullptr;
    });
  }
  for (auto& thread : threads) thread.join();
  const double parallel = seconds() - begin;
  std::printf("creating %d at once is faster than one by one: %s, %.1f against %.1f ms\n",
              kManyDecoders, word(parallel < 0.8 * sum), parallel * 1e3, sum * 1e3);
  for (const auto decoder : decoders) {
    if (decoder) cuvid->cuvidDestroyDecoder(decoder);
  }
}

void check_decoder_memory(const Clip& large) {
  Session session(large.codec);
  session.feed(large);
  const Scope scope;
  const size_t at_first = free_memory();
  for (const unsigned long surfaces : {8, 20}) {
    CUVIDDECODECREATEINFO info = session.info;
    info.ulNumDecodeSurfaces = surfaces;
    CUvideodecoder decoder = nullptr;
    const size_t before = free_memory();
    require(cuvid->cuvidCreateDecoder(&decoder, &info), "cuvidCreateDecoder");
    std::printf("a 1080p decoder with %lu surfaces takes %.1f MiB\n", surfaces,
                (before - free_memory()) / 1048576.0);
    require(cuvid->cuvidDestroyDecoder(decoder), "cuvidDestroyDecoder");
  }
  std::printf("destroying gives all memory back: %s, %.1f MiB are missing\n",
              word(at_first <= free_memory()),
              (static_cast<double>(at_first) - static_cast<double>(free_memory())) / 1048576.0);
}

}  // namespace gpu_facts

#include "nvenc/engine.h"

#include <chrono>
#include <thread>

namespace cufsim {

void SessionEngine::post(const SessionPtr& session, std::function<void()> work) {
  session->pending_++;
  session->worker_->post([session, work = std::move(work)] {
    work();
    const Lock lock(driver().mutex);
    session->pending_--;
    driver().changed.notify_all();
  });
}

bool SessionEngine::post_and_wait(const SessionPtr& session, Lock& lock,
                                  std::function<bool()> work) {
  struct Outcome {
    bool over = false;
    bool good = false;
  };
  const auto outcome = std::make_shared<Outcome>();
  post(session, [outcome, work = std::move(work)] {
    const bool good = work();
    const Lock inner(driver().mutex);
    outcome->good = good;
    outcome->over = true;
  });
  driver().changed.wait(lock, [&] { return outcome->over; });
  return outcome->good;
}

bool SessionEngine::open_now(EncodeSession& session) {
  session.backend_ = open_backend(session.settings_);
  Bytes headers;
  if (session.backend_ != nullptr) headers = session.backend_->headers();
  const Lock lock(driver().mutex);
  session.headers = std::move(headers);
  session.headers_given_ = false;
  return session.backend_ != nullptr;
}

bool SessionEngine::open(const SessionPtr& session, Lock& lock, const StreamSettings& settings) {
  return post_and_wait(session, lock, [session, settings] {
    session->settings_ = settings;
    return open_now(*session);
  });
}

bool SessionEngine::change(const SessionPtr& session, Lock& lock, const StreamSettings& settings) {
  return post_and_wait(session, lock, [session, settings] {
    if (session->backend_ == nullptr || !session->backend_->change_rate(settings)) return false;
    session->settings_ = settings;
    return true;
  });
}

bool SessionEngine::wait_for_input(EncodeSession& session, const EncodeJob& job) {
  Driver& sim = driver();
  Lock lock(sim.mutex);
  sim.changed.wait(lock, [&] {
    const bool ends = session.is_closed || session.device.lost != CUDA_SUCCESS;
    return ends || (!sim.paused && job.read.reached());
  });
  return !session.is_closed && session.device.lost == CUDA_SUCCESS;
}

void SessionEngine::give_out(EncodeSession& session, const std::vector<OutputPicture>& coded,
                             bool good) {
  const Lock lock(driver().mutex);
  for (const OutputPicture& picture : coded) session.deliver(picture);
  if (!good) session.failed_ = true;
  driver().changed.notify_all();
}

void SessionEngine::encode_now(EncodeSession& session, const EncodeJob& job) {
  if (!wait_for_input(session, job)) return;
  const auto start = std::chrono::steady_clock::now();
  int64_t least_us = 0;
  {
    const Lock lock(driver().mutex);
    least_us = driver().settings.number("encode_us", 0);
  }
  if (session.backend_ == nullptr && !open_now(session)) {
    give_out(session, {}, false);
    return;
  }
  const StreamSettings& settings = session.settings_;
  const Target target{settings.depth, settings.full_chroma, settings.signal.full_range != 0,
                      settings.signal.matrix};
  const auto planes =
      std::make_shared<Planes>(unpack({job.bytes.data(), job.pitch, job.rows, job.format},
                                      settings.width, settings.height, target));
  std::vector<OutputPicture> coded;
  const bool good = session.backend_->put({planes, job.number, job.type}, coded);
  std::this_thread::sleep_until(start + std::chrono::microseconds(least_us));
  give_out(session, coded, good);
}

void SessionEngine::encode(const SessionPtr& session, std::vector<JobPtr> group) {
  post(session, [session, group = std::move(group)] {
    for (const JobPtr& job : group) encode_now(*session, *job);
  });
}

void SessionEngine::drain(const SessionPtr& session) {
  post(session, [session] {
    std::vector<OutputPicture> coded;
    if (session->backend_ != nullptr) session->backend_->drain(coded);
    session->backend_ = nullptr;
    give_out(*session, coded, true);
  });
}

}  // namespace cufsim

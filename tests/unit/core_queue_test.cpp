#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "core/completion_queue.h"
#include "core/executor.h"

using namespace cuf;

namespace {

std::atomic<int> wakes = 0;
void count_wake() {
  ++wakes;
}

std::vector<Completion> drain(CompletionQueue& queue) {
  std::vector<Completion> all;
  Completion records[8];
  while (const size_t count = queue.poll(records)) all.insert(all.end(), records, records + count);
  return all;
}

}  // namespace

TEST_CASE("signals coalesce: one for each time the queue was found empty") {
  auto queue = std::make_shared<CompletionQueue>();
  wakes = 0;
  queue->set_wake(count_wake);
  queue->open_ticket(1)->complete(10);
  CHECK(wakes == 0);  // not armed yet
  CHECK(drain(*queue).size() == 1);
  queue->open_ticket(2)->complete();
  queue->open_ticket(3)->complete();
  CHECK(wakes == 1);
  CHECK(drain(*queue).size() == 2);
  queue->close();
  queue->open_ticket(4)->complete();
  CHECK(wakes == 1);
}

TEST_CASE("progress comes before the outcome and does not end the work") {
  auto queue = std::make_shared<CompletionQueue>();
  auto ticket = queue->open_ticket(7);
  ticket->report(0.25);
  ticket->report(1);
  ticket->complete(5);
  const auto records = drain(*queue);
  REQUIRE(records.size() == 3);
  CHECK(records[0].kind == CompletionKind::progress);
  CHECK(records[0].value == 250'000);
  CHECK(records[1].value == 1'000'000);
  CHECK(records[2].kind == CompletionKind::done);
  CHECK(records[2].value == 5);
}

TEST_CASE("a ticket completes once; a dropped one completes as aborted") {
  auto queue = std::make_shared<CompletionQueue>();
  auto ticket = queue->open_ticket(7);
  ticket->complete(5, 6);
  ticket->fail(Error(Status::io, "late"));
  ticket.reset();
  queue->open_ticket(8).reset();
  const auto records = drain(*queue);
  REQUIRE(records.size() == 2);
  CHECK(records[0].ticket == 7);
  CHECK(records[0].value == 5);
  CHECK(records[0].extra == 6);
  CHECK(records[1].ticket == 8);
  CHECK(records[1].status == Status::aborted);
  Error error(Status::internal, "");
  CHECK(queue->take_error(8, error));
  CHECK(error.status == Status::aborted);
  CHECK_FALSE(queue->take_error(8, error));
}

TEST_CASE("cancel runs the action once, also when it was set late") {
  auto queue = std::make_shared<CompletionQueue>();
  auto ticket = queue->open_ticket(9);
  int calls = 0;
  queue->cancel(9);
  queue->cancel(9);
  ticket->on_cancel([&] { ++calls; });
  CHECK(calls == 1);
  CHECK(ticket->is_cancelled());
}

TEST_CASE("wait returns for a completion, for wake and for close") {
  auto queue = std::make_shared<CompletionQueue>();
  for (const int way : {0, 1, 2}) {
    CHECK(drain(*queue).empty());
    std::thread waiter([&] { queue->wait(); });
    if (way == 0) queue->open_ticket(20)->complete();
    if (way == 1) queue->wake();
    if (way == 2) queue->close();
    waiter.join();
    drain(*queue);
  }
}

TEST_CASE("many producers: every completion arrives exactly once") {
  auto queue = std::make_shared<CompletionQueue>();
  constexpr uint32_t kTickets = 4000;
  for (uint32_t id = 1; id <= kTickets; ++id) {
    run_on_pool([ticket = queue->open_ticket(id)] { ticket->complete(ticket->id()); });
  }
  std::set<uint32_t> seen;
  Completion records[64];
  while (seen.size() < kTickets) {
    const size_t count = queue->poll(records);
    for (size_t i = 0; i < count; ++i) CHECK(seen.insert(records[i].ticket).second);
    if (count == 0) queue->wait();
  }
  CHECK(seen.size() == kTickets);
}

TEST_CASE("a strand keeps its order while the pool runs others") {
  auto strand = std::make_shared<Strand>();
  auto queue = std::make_shared<CompletionQueue>();
  std::vector<int> order;  // only the strand writes it, and the last job publishes it
  for (int i = 0; i < 1000; ++i) strand->post([&order, i] { order.push_back(i); });
  strand->post([ticket = queue->open_ticket(1)] { ticket->complete(); });
  Completion record[1];
  while (queue->poll(record) == 0) queue->wait();
  REQUIRE(order.size() == 1000);
  for (int i = 0; i < 1000; ++i) CHECK(order[static_cast<size_t>(i)] == i);
}

TEST_CASE("blocked jobs do not keep others from running") {
  constexpr int kBlocked = 40;
  auto queue = std::make_shared<CompletionQueue>();
  std::atomic<bool> release = false;
  std::atomic<int> ended = 0;
  for (int i = 0; i < kBlocked; ++i) {
    run_on_pool([&] {
      release.wait(false);
      ++ended;
    });
  }
  run_on_pool([ticket = queue->open_ticket(1)] { ticket->complete(); });
  Completion record[1];
  while (queue->poll(record) == 0) queue->wait();
  CHECK(record[0].ticket == 1);
  release = true;
  release.notify_all();
  // All of them, also those that begin only now: they use what lies on this stack.
  while (ended < kBlocked) std::this_thread::yield();
}

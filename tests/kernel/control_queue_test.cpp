#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/kernel/assert.h"
#include "sim/kernel/control_queue.h"
#include "sim/kernel/random.h"

using namespace coalmine;
using namespace coalmine::literals;

namespace {

std::string play_all(ControlQueue& queue, std::string& played) {
  while (!queue.empty()) queue.pop()();
  return played;
}

}  // namespace

TEST_CASE("control events come by time, equal times in scheduling order", "[kernel][queue]") {
  ControlQueue queue;
  std::string played;
  const auto write = [&played](char c) { return [&played, c] { played += c; }; };
  queue.push(kTimeZero + 2s, write('c'));
  queue.push(kTimeZero + 1s, write('a'));
  queue.push(kTimeZero + 2s, write('d'));
  queue.push(kTimeZero + 1s, write('b'));
  queue.push(kTimeZero - 1s, write('0'));
  CHECK(queue.next_time() == kTimeZero - 1s);
  CHECK(play_all(queue, played) == "0abcd");
  CHECK(queue.next_time() == kNever);
}

TEST_CASE("the end of an instant comes after its ordinary events, also those scheduled later",
          "[kernel][queue]") {
  ControlQueue queue;
  std::string played;
  const auto write = [&played](char c) { return [&played, c] { played += c; }; };
  queue.push(kTimeZero + 1s, write('y'), ControlQueue::Place::kEndOfInstant);
  queue.push(kTimeZero + 1s, write('z'), ControlQueue::Place::kEndOfInstant);
  queue.push(kTimeZero + 2s, write('!'));
  queue.push(kTimeZero + 1s, write('a'));
  CHECK(play_all(queue, played) == "ayz!");
}

TEST_CASE("a cancelled event leaves the queue at once and its id stays dead", "[kernel][queue]") {
  ControlQueue queue;
  const auto owned = std::make_shared<int>(1);
  const auto id = queue.push(kTimeZero, [owned] {});
  CHECK(id != 0);
  CHECK(owned.use_count() == 2);
  CHECK(queue.cancel(id));
  CHECK(owned.use_count() == 1);
  CHECK(queue.empty());
  CHECK_FALSE(queue.cancel(id));

  const auto reuses_the_slot = queue.push(kTimeZero, [] {});
  CHECK(reuses_the_slot != id);
  CHECK_FALSE(queue.cancel(id));
  CHECK(queue.size() == 1);
  CHECK_FALSE(queue.cancel(0));
  CHECK_FALSE(queue.cancel(~ControlQueue::EventId{0}));
}

TEST_CASE("an event cannot be cancelled once it has been popped", "[kernel][queue]") {
  ControlQueue queue;
  const auto id = queue.push(kTimeZero, [] {});
  queue.pop();
  CHECK_FALSE(queue.cancel(id));
  CHECK_THROWS_AS(queue.pop(), InternalError);
}

TEST_CASE("an action that schedules and cancels while it dies finds a whole queue",
          "[kernel][queue]") {
  ControlQueue queue;
  const auto other = queue.push(kTimeZero + 5s, [] {});
  struct Dying {
    ControlQueue& queue;
    ControlQueue::EventId other;
    ~Dying() {
      queue.cancel(other);
      queue.push(kTimeZero + 9s, [] {});
    }
  };
  const auto id = queue.push(kTimeZero, [dying = std::make_shared<Dying>(Dying{queue, other})] {});
  // The temporary Dying above has already cancelled and pushed once.
  CHECK(queue.size() == 2);
  queue.cancel(id);
  CHECK(queue.size() == 2);
  CHECK(queue.next_time() == kTimeZero + 9s);
  queue.clear();
  CHECK(queue.empty());
}

TEST_CASE("against an ordered map, any mix of push, pop and cancel gives the same order",
          "[kernel][queue]") {
  // 20 000 operations on times 0..49 ns, so ties abound; the oracle is a map keyed by the full
  // order.
  const RandomKey key{12345};
  ControlQueue queue;
  std::map<std::tuple<std::int64_t, int, int>, ControlQueue::EventId> oracle;
  std::vector<std::int64_t> played;
  std::vector<std::int64_t> expected;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = draw_bits(key, static_cast<std::uint64_t>(i));
    const auto kind = bits % 10;
    if (kind < 5 || oracle.empty()) {
      const auto time = static_cast<std::int64_t>(bits >> 32) % 50;
      const bool late = (bits >> 20) % 4 == 0;
      const auto place = late ? ControlQueue::Place::kEndOfInstant : ControlQueue::Place::kOrdinary;
      const auto id = queue.push(
          Time(Duration(time)), [&played, i] { played.push_back(i); }, place);
      oracle.emplace(std::tuple(time, late ? 1 : 0, i), id);
    } else if (kind < 8) {
      expected.push_back(std::get<2>(oracle.begin()->first));
      oracle.erase(oracle.begin());
      queue.pop()();
    } else {
      auto victim = oracle.begin();
      std::advance(victim, static_cast<std::ptrdiff_t>((bits >> 32) % oracle.size()));
      REQUIRE(queue.cancel(victim->second));
      oracle.erase(victim);
    }
    REQUIRE(queue.size() == oracle.size());
  }
  CHECK(played == expected);
}

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sim/kernel/assert.h"
#include "sim/kernel/random.h"
#include "sim/kernel/simulation.h"

using namespace coalmine;
using namespace coalmine::literals;

namespace {

/// A tier with one event each 7 s; writes "t" and the second for each.
class TickingTier : public DataTier {
 public:
  explicit TickingTier(std::vector<std::string>& log) : log_(log) {}
  void run_until(Time t) override {
    horizons.push_back(t);
    for (; next_ <= t; next_ += 7s) log_.push_back(label("t", next_));
  }
  static std::string label(std::string what, Time t) {
    return what.append(std::to_string(t.time_since_epoch() / 1s));
  }

  std::vector<Time> horizons;

 private:
  std::vector<std::string>& log_;
  Time next_ = kTimeZero;
};

/// A run whose control events branch at random; returns everything it did.
std::vector<std::string> play_random_run(const std::vector<Time>& pieces) {
  std::vector<std::string> log;
  TickingTier tier(log);
  Simulation simulation;
  simulation.attach(&tier);
  struct Branching {
    Simulation& simulation;
    std::vector<std::string>& log;
    std::uint64_t drawn = 0;
    void play(std::uint64_t id) {
      log.push_back(TickingTier::label("c", simulation.now()) + "#" + std::to_string(id));
      for (int child = 0; child < 2; ++child) {
        const std::uint64_t bits = draw_bits(RandomKey{99}, ++drawn);
        if (drawn > 400) return;
        simulation.after(Duration(1s) * static_cast<std::int64_t>(bits % 5),
                         [this, bits] { play(bits % 1000); });
      }
    }
  } branching{simulation, log};
  simulation.at(kTimeZero, [&branching] { branching.play(0); });
  for (const Time piece : pieces) simulation.advance_to(piece);
  log.push_back(std::to_string(simulation.events_played()));
  return log;
}

}  // namespace

TEST_CASE("time stands at the event while it plays and at the end afterwards",
          "[kernel][simulation]") {
  Simulation simulation(kTimeZero - 10s);
  CHECK(simulation.now() == kTimeZero - 10s);
  std::vector<Time> seen;
  simulation.at(kTimeZero, [&] { seen.push_back(simulation.now()); });
  simulation.after(3s, [&] { seen.push_back(simulation.now()); });
  simulation.advance_to(kTimeZero + 1min);
  CHECK(seen == std::vector<Time>{kTimeZero - 7s, kTimeZero});
  CHECK(simulation.now() == kTimeZero + 1min);
  CHECK(simulation.events_played() == 2);
  CHECK(simulation.events_waiting() == 0);
}

TEST_CASE("an event at the very end of a piece belongs to it", "[kernel][simulation]") {
  Simulation simulation;
  int played = 0;
  simulation.at(kTimeZero + 5s, [&played] { ++played; });
  simulation.at(kTimeZero + 5s + 1ns, [&played] { ++played; });
  simulation.advance_to(kTimeZero + 5s);
  CHECK(played == 1);
}

TEST_CASE("an event scheduled for now goes after those already there", "[kernel][simulation]") {
  Simulation simulation;
  std::string order;
  simulation.at(kTimeZero, [&] {
    order += 'a';
    simulation.after(0s, [&order] { order += 'c'; });
  });
  simulation.at(kTimeZero, [&order] { order += 'b'; });
  simulation.advance_to(kTimeZero);
  CHECK(order == "abc");
}

TEST_CASE("an event at the end of the instant waits for all that the instant causes",
          "[kernel][simulation]") {
  Simulation simulation;
  std::string order;
  simulation.at_end_of_instant(kTimeZero, [&] {
    order += 'y';
    simulation.after(0s, [&order] { order += 'c'; });
  });
  simulation.at_end_of_instant(kTimeZero, [&order] { order += 'z'; });
  simulation.at(kTimeZero, [&] {
    order += 'a';
    simulation.after(0s, [&order] { order += 'b'; });
  });
  simulation.advance_to(kTimeZero);
  CHECK(order == "abycz");
}

TEST_CASE("a cancelled event does not play, not even from within its own instant",
          "[kernel][simulation]") {
  Simulation simulation;
  std::string order;
  Simulation::EventId second = 0;
  simulation.at(kTimeZero + 1s, [&] {
    order += 'a';
    simulation.cancel(second);
  });
  second = simulation.at(kTimeZero + 1s, [&order] { order += 'b'; });
  const auto third = simulation.at(kTimeZero + 2s, [&order] { order += 'c'; });
  simulation.advance_to(kTimeZero + 3s);
  simulation.cancel(third);  // has played: no effect
  CHECK(order == "ac");
}

TEST_CASE("the data tier plays up to each control instant before it, and to the end",
          "[kernel][simulation]") {
  std::vector<std::string> log;
  TickingTier tier(log);
  Simulation simulation;
  simulation.attach(&tier);
  simulation.at(kTimeZero + 14s, [&log] { log.push_back("control14"); });
  simulation.at(kTimeZero + 15s, [&log] { log.push_back("control15"); });
  simulation.advance_to(kTimeZero + 22s);
  CHECK(log == std::vector<std::string>{"t0", "t7", "t14", "control14", "control15", "t21"});
  CHECK(std::is_sorted(tier.horizons.begin(), tier.horizons.end()));
  CHECK(tier.horizons.back() == kTimeZero + 22s);
}

TEST_CASE("what a control event adds to the data tier plays before the next one of that instant",
          "[kernel][simulation]") {
  struct Inbox : DataTier {
    std::string& log;
    int waiting = 0;
    explicit Inbox(std::string& l) : log(l) {}
    void run_until(Time) override {
      for (; waiting > 0; --waiting) log += 'd';
    }
  };
  std::string log;
  Inbox tier(log);
  Simulation simulation;
  simulation.attach(&tier);
  simulation.at(kTimeZero + 1s, [&] {
    log += 'a';
    tier.waiting = 2;
  });
  simulation.at(kTimeZero + 1s, [&log] { log += 'b'; });
  simulation.advance_to(kTimeZero + 1s);
  CHECK(log == "addb");
}

TEST_CASE("a data tier that stops for a control event of its own is called again after it",
          "[kernel][simulation]") {
  struct Stopping : DataTier {
    Simulation& simulation;
    std::vector<std::string>& log;
    Time reached = kTimeZero;
    bool stopped = false;
    Stopping(Simulation& s, std::vector<std::string>& l) : simulation(s), log(l) {}
    void run_until(Time t) override {
      if (!stopped && t >= kTimeZero + 3s) {
        stopped = true;
        reached = kTimeZero + 3s;
        simulation.at(reached, [this] { log.push_back("reaction"); });
        return;
      }
      CHECK(t >= reached);
      reached = t;
      log.push_back(TickingTier::label("tier", t));
    }
  };
  std::vector<std::string> log;
  Simulation simulation;
  Stopping tier(simulation, log);
  simulation.attach(&tier);
  simulation.at(kTimeZero + 10s, [&log] { log.push_back("control"); });
  simulation.advance_to(kTimeZero + 10s);
  CHECK(log == std::vector<std::string>{"tier3", "reaction", "tier10", "control", "tier10"});
}

TEST_CASE("playing in pieces gives the same run as playing at once", "[kernel][simulation]") {
  const Time end = kTimeZero + 100s;
  const auto at_once = play_random_run({end});
  REQUIRE(at_once.size() > 100);
  std::vector<Time> every_second;
  for (Time t = kTimeZero; t <= end; t += 1s) every_second.push_back(t);
  CHECK(play_random_run(every_second) == at_once);
  std::vector<Time> odd;
  for (Time t = kTimeZero; t < end; t += 2718281828ns) odd.push_back(t);
  odd.push_back(end);
  odd.push_back(end);
  CHECK(play_random_run(odd) == at_once);
}

TEST_CASE("an exception leaves advance_to and the run can go on", "[kernel][simulation]") {
  Simulation simulation;
  int played = 0;
  simulation.at(kTimeZero + 1s, [] { throw std::runtime_error("boom"); });
  simulation.at(kTimeZero + 1s, [&played] { ++played; });
  CHECK_THROWS_WITH(simulation.advance_to(kTimeZero + 2s), "boom");
  CHECK(simulation.now() == kTimeZero + 1s);
  CHECK(played == 0);
  simulation.advance_to(kTimeZero + 2s);
  CHECK(played == 1);
}

TEST_CASE("our own mistakes with time are caught", "[kernel][simulation]") {
  Simulation simulation;
  simulation.advance_to(kTimeZero + 5s);
  CHECK_THROWS_AS(simulation.advance_to(kTimeZero + 4s), InternalError);
  CHECK_THROWS_AS(simulation.at(kTimeZero + 4s, [] {}), InternalError);
  CHECK_THROWS_AS(simulation.at_end_of_instant(kTimeZero + 4s, [] {}), InternalError);
  CHECK_THROWS_AS(simulation.after(-1ns, [] {}), InternalError);
  simulation.after(1s, [&simulation] { simulation.advance_to(kTimeZero + 1h); });
  CHECK_THROWS_AS(simulation.advance_to(kTimeZero + 1min), InternalError);
  simulation.after(kForever, [] {});  // ends at kNever instead of overflowing
  simulation.advance_to(kTimeZero + 1min);
  CHECK(simulation.events_waiting() == 1);
}

TEST_CASE("after() from within the data tier is refused, for there now() lags behind",
          "[kernel][simulation]") {
  struct Wrong : DataTier {
    Simulation& simulation;
    explicit Wrong(Simulation& s) : simulation(s) {}
    void run_until(Time) override {
      simulation.after(1s, [] {});
    }
  };
  Simulation simulation;
  Wrong tier(simulation);
  simulation.attach(&tier);
  CHECK_THROWS_AS(simulation.advance_to(kTimeZero + 1s), InternalError);
  simulation.attach(nullptr);
  simulation.after(1s, [] {});
  simulation.advance_to(kTimeZero + 1s);
  CHECK(simulation.events_played() == 1);
}

TEST_CASE("many simulations live side by side without touching each other",
          "[kernel][simulation]") {
  constexpr int kRuns = 100;
  std::vector<std::unique_ptr<Simulation>> runs;
  std::vector<int> ticks(kRuns, 0);
  for (int r = 0; r < kRuns; ++r) {
    runs.push_back(std::make_unique<Simulation>());
    for (int i = 0; i <= r; ++i) {
      runs.back()->at(kTimeZero + 1s * i, [&ticks, r] { ++ticks[static_cast<std::size_t>(r)]; });
    }
  }
  for (int second = 0; second < kRuns; ++second) {
    for (auto& run : runs) run->advance_to(kTimeZero + 1s * second);
  }
  for (int r = 0; r < kRuns; ++r) CHECK(ticks[static_cast<std::size_t>(r)] == r + 1);
}

#include <catch2/catch.hpp>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sim/kernel/task.h"
#include "tests/kernel/task_fixtures.h"

using namespace coalmine;
using namespace coalmine::test;

namespace {

Task<void> race(Simulation& simulation, Log& log, std::vector<Task<void>> tasks) {
  const std::size_t first = co_await any_of(std::move(tasks));
  log.push_back(stamp(simulation, "won by " + std::to_string(first)));
}

}  // namespace

TEST_CASE("the first of any_of wins and the losers leave nothing behind", "[kernel][task]") {
  // Losers wait in every way there is: asleep, at a condition with a deadline, inside a nested
  // race.
  Simulation simulation;
  Condition condition(simulation);
  Log log;
  const bool flag = false;
  auto nested = race(simulation,
                     log,
                     task_list(sleep_with_last_words(simulation, log, 50s, "nested sleeper dies"),
                               wait_and_say(simulation, condition, flag, log, "x", kNever)));
  simulation.tasks().spawn(
      race(simulation,
           log,
           task_list(sleep_with_last_words(simulation, log, 9s, "sleeper dies"),
                     say_after(simulation, log, 3s, "fast"),
                     wait_and_say(simulation, condition, flag, log, "y", kTimeZero + 1min),
                     std::move(nested))));
  simulation.advance_to(kTimeZero + 2s);
  CHECK(simulation.events_waiting() == 4);  // three sleepers and a deadline
  CHECK(condition.waiting() == 2);
  simulation.advance_to(kTimeZero + 3s);
  CHECK(log == Log{"3 fast", "sleeper dies", "nested sleeper dies", "3 won by 1"});
  CHECK(simulation.events_waiting() == 0);
  CHECK(condition.waiting() == 0);
  CHECK(simulation.tasks().size() == 0);
  condition.notify();
  CHECK(simulation.events_waiting() == 0);
}

TEST_CASE("a loser that was already notified is not woken any more", "[kernel][task]") {
  Simulation simulation;
  Condition condition(simulation);
  Log log;
  bool flag = false;
  simulation.tasks().spawn(
      race(simulation,
           log,
           task_list(wait_and_say(simulation, condition, flag, log, "a", kNever),
                     wait_and_say(simulation, condition, flag, log, "b", kNever))));
  simulation.at(kTimeZero + 1s, [&] {
    flag = true;
    condition.notify();  // puts a wake-up for both into the queue
  });
  simulation.advance_to(kTimeZero + 2s);
  CHECK(log == Log{"1 a held", "1 won by 0"});
  CHECK(simulation.events_waiting() == 0);
}

TEST_CASE("a racer that needs no wait wins, and those behind it never start", "[kernel][task]") {
  Simulation simulation;
  Log log;
  simulation.tasks().spawn(race(simulation,
                                log,
                                task_list(sleep_with_last_words(simulation, log, 1s, "dies"),
                                          nothing(),
                                          sleep_with_last_words(simulation, log, 1s, "unborn"))));
  simulation.advance_to(kTimeZero);
  CHECK(log == Log{"dies", "0 won by 1"});
  CHECK(simulation.events_waiting() == 0);
}

TEST_CASE("at equal times the race goes to the one that fell asleep first", "[kernel][task]") {
  Simulation simulation;
  Log log;
  simulation.tasks().spawn(
      race(simulation,
           log,
           task_list(say_after(simulation, log, 2s, "a"), say_after(simulation, log, 2s, "b"))));
  simulation.advance_to(kTimeZero + 2s);
  CHECK(log == Log{"2 a", "2 won by 0"});
}

TEST_CASE("an exception passes through any_of and all_of and ends the others", "[kernel][task]") {
  struct Body {
    static Task<void> run(Simulation& simulation, Log& log, bool all, Duration thrown_after) {
      auto tasks = task_list(sleep_with_last_words(simulation, log, 9s, "ended"),
                             throw_after(simulation, thrown_after, "boom"));
      try {
        if (all) {
          co_await all_of(std::move(tasks));
        } else {
          co_await any_of(std::move(tasks));
        }
      } catch (const std::runtime_error& e) {
        log.push_back(stamp(simulation, e.what()));
      }
    }
  };
  for (const bool all : {false, true}) {
    Simulation simulation;
    Log log;
    simulation.tasks().spawn(Body::run(simulation, log, all, 2s));
    simulation.advance_to(kTimeZero + 3s);
    CHECK(log == Log{"ended", "2 boom"});
    CHECK(simulation.events_waiting() == 0);
  }
}

TEST_CASE("all_of lasts as long as its longest, and an empty one no time", "[kernel][task]") {
  struct Body {
    static Task<void> run(Simulation& simulation, Log& log) {
      co_await all_of({});
      log.push_back(stamp(simulation, "none"));
      co_await all_of(task_list(nothing(), nothing()));
      log.push_back(stamp(simulation, "at once"));
      co_await all_of(task_list(say_after(simulation, log, 3s, "slow"),
                                nothing(),
                                say_after(simulation, log, 1s, "quick")));
      log.push_back(stamp(simulation, "all"));
    }
  };
  Simulation simulation;
  Log log;
  simulation.tasks().spawn(Body::run(simulation, log));
  simulation.advance_to(kTimeZero + 5s);
  CHECK(log == Log{"0 none", "0 at once", "1 quick", "3 slow", "3 all"});
}

TEST_CASE("within gives the result in time, or nothing and an ended task", "[kernel][task]") {
  struct Body {
    static Task<void> run(Simulation& simulation, Log& log) {
      const std::optional<int> quick =
          co_await within(simulation, 5s, value_after(simulation, 1s, 7));
      log.push_back(stamp(simulation, quick ? std::to_string(*quick) : "nothing"));
      const std::optional<int> slow =
          co_await within(simulation, 5s, value_after(simulation, 10s, 7));
      log.push_back(stamp(simulation, slow ? std::to_string(*slow) : "nothing"));
      const bool done =
          co_await within(simulation, 2s, sleep_with_last_words(simulation, log, 3s, "ended"));
      log.push_back(stamp(simulation, done ? "done" : "late"));
      try {
        co_await within(simulation, 2s, throw_after(simulation, 1s, "boom"));
      } catch (const std::runtime_error& e) {
        log.push_back(stamp(simulation, e.what()));
      }
    }
  };
  Simulation simulation;
  Log log;
  simulation.tasks().spawn(Body::run(simulation, log));
  simulation.advance_to(kTimeZero + 1min);
  CHECK(log == Log{"1 7", "6 nothing", "ended", "8 late", "9 boom"});
  CHECK(simulation.events_waiting() == 0);
}

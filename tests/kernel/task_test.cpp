#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "sim/kernel/assert.h"
#include "sim/kernel/task.h"
#include "tests/kernel/task_fixtures.h"

using namespace coalmine;
using namespace coalmine::test;

// ------------------------------------------------------------------------------ tasks and sleeping

TEST_CASE("a task does nothing until its scope plays it", "[kernel][task]") {
  Simulation simulation;
  Log log;
  auto task = say_after(simulation, log, 0s, "hello");
  CHECK(simulation.events_waiting() == 0);
  simulation.tasks().spawn(std::move(task));
  CHECK_FALSE(task.valid());
  CHECK(simulation.tasks().size() == 1);
  CHECK(log.empty());
  simulation.advance_to(kTimeZero);
  CHECK(log == Log{"0 hello"});
  CHECK(simulation.tasks().size() == 0);
}

TEST_CASE("sleepers wake at their time, at equal times in the order they fell asleep",
          "[kernel][task]") {
  Simulation simulation;
  Log log;
  simulation.tasks().spawn(say_after(simulation, log, 5s, "a"));
  simulation.tasks().spawn(say_after(simulation, log, 2s, "b"));
  simulation.tasks().spawn(say_after(simulation, log, 5s, "c"));
  simulation.tasks().spawn(say_after(simulation, log, kForever, "never"));
  simulation.advance_to(kTimeZero + 5s);
  CHECK(log == Log{"2 b", "5 a", "5 c"});
  CHECK(simulation.events_waiting() == 1);
}

TEST_CASE("sleeping until a time that has passed goes on at the same instant", "[kernel][task]") {
  struct Body {
    static Task<void> run(Simulation& simulation, Log& log) {
      co_await sleep_until(simulation, kTimeZero + 3s);
      log.push_back(stamp(simulation, "first"));
      co_await sleep_until(simulation, kTimeZero + 1s);
      log.push_back(stamp(simulation, "second"));
    }
  };
  Simulation simulation;
  Log log;
  simulation.tasks().spawn(Body::run(simulation, log));
  simulation.advance_to(kTimeZero + 4s);
  CHECK(log == Log{"3 first", "3 second"});
}

TEST_CASE("an awaited task gives its value and passes its exception on", "[kernel][task]") {
  struct Body {
    static Task<std::unique_ptr<int>> box(int value) { co_return std::make_unique<int>(value); }
    static Task<int> sum(Simulation& simulation) {
      const int a = co_await value_after(simulation, 1s, 40);
      const auto b = co_await box(2);
      co_return a + *b;
    }
    static Task<void> run(Simulation& simulation, Log& log) {
      const int total = co_await sum(simulation);
      log.push_back(stamp(simulation, std::to_string(total)));
      try {
        co_await throw_after(simulation, 1s, "boom");
      } catch (const std::runtime_error& e) {
        log.push_back(stamp(simulation, e.what()));
      }
      co_await sleep_for(simulation, 1s);
      log.push_back(stamp(simulation, "went on"));
    }
  };
  Simulation simulation;
  Log log;
  simulation.tasks().spawn(Body::run(simulation, log));
  simulation.advance_to(kTimeZero + 10s);
  CHECK(log == Log{"1 42", "2 boom", "3 went on"});
}

TEST_CASE("an exception nobody catches leaves advance_to and its task is gone", "[kernel][task]") {
  struct Body {
    static Task<void> outer(Simulation& simulation, Log& log) {
      const LastWords last(log, "unwound");
      co_await throw_after(simulation, 1s, "boom");
    }
  };
  Simulation simulation;
  Log log;
  simulation.tasks().spawn(Body::outer(simulation, log));
  simulation.tasks().spawn(say_after(simulation, log, 2s, "the other"));
  CHECK_THROWS_WITH(simulation.advance_to(kTimeZero + 3s), "boom");
  CHECK(simulation.now() == kTimeZero + 1s);
  CHECK(log == Log{"unwound"});
  CHECK(simulation.tasks().size() == 1);
  simulation.advance_to(kTimeZero + 3s);
  CHECK(log == Log{"unwound", "2 the other"});
}

TEST_CASE("a hundred thousand awaited tasks need no deep stack, waiting or not", "[kernel][task]") {
  struct Body {
    static Task<void> run(Simulation& simulation, int& count) {
      for (int i = 0; i < 100'000; ++i) {
        co_await nothing();
        if (i % 10 == 0) co_await value_after(simulation, 1ns, i);
        ++count;
      }
    }
  };
  Simulation simulation;
  int count = 0;
  simulation.tasks().spawn(Body::run(simulation, count));
  simulation.advance_to(kTimeZero + 1s);
  CHECK(count == 100'000);
}

TEST_CASE("awaiting in a condition works, or is refused where the compiler gets its frame wrong",
          "[kernel][task]") {
  // g++ 12 puts the condition's value before the header of a frame without other variables;
  // resumed, such a coroutine would jump anywhere.
  struct Body {
    static Task<bool> yes(Simulation& simulation) {
      co_await sleep_for(simulation, 1s);
      co_return true;
    }
    static Task<int> bare(Simulation& simulation) {
      if (co_await yes(simulation)) co_return 1;
      co_return 2;
    }
    static Task<int> with_variable(Simulation& simulation) {
      const bool held = co_await yes(simulation);
      if (held) co_return 1;
      co_return 2;
    }
    static Task<void> store(Task<int> task, int& result) { result = co_await std::move(task); }
  };
  Simulation simulation;
  int result = 0;
  simulation.tasks().spawn(Body::store(Body::with_variable(simulation), result));
  simulation.advance_to(kTimeZero + 1s);
  CHECK(result == 1);
  result = 0;
  try {
    simulation.tasks().spawn(Body::store(Body::bare(simulation), result));
  } catch (const InternalError&) {
    result = 1;
  }
  simulation.advance_to(kTimeZero + 2s);
  CHECK(result == 1);
}

TEST_CASE("awaiting a task that was moved away is our mistake", "[kernel][task]") {
  struct Body {
    static Task<void> run(Task<void> empty) { co_await std::move(empty); }
  };
  Simulation simulation;
  simulation.tasks().spawn(Body::run(Task<void>()));
  CHECK_THROWS_AS(simulation.advance_to(kTimeZero), InternalError);
  CHECK_THROWS_AS(simulation.tasks().spawn(Task<void>()), InternalError);
}

// -------------------------------------------------------------------------------------- conditions

TEST_CASE("a predicate that already holds needs no notification", "[kernel][task]") {
  Simulation simulation;
  Condition condition(simulation);
  Log log;
  const bool flag = true;
  simulation.tasks().spawn(wait_and_say(simulation, condition, flag, log, "a", kNever));
  simulation.advance_to(kTimeZero);
  CHECK(log == Log{"0 a held"});
  CHECK(condition.waiting() == 0);
}

TEST_CASE("waiters wake in the order they came, at the instant of the notification",
          "[kernel][task]") {
  Simulation simulation;
  Condition condition(simulation);
  Log log;
  bool flag = false;
  simulation.tasks().spawn(wait_and_say(simulation, condition, flag, log, "a", kNever));
  simulation.tasks().spawn(wait_and_say(simulation, condition, flag, log, "b", kNever));
  simulation.at(kTimeZero + 2s, [&] { condition.notify(); });  // nothing has changed
  simulation.at(kTimeZero + 3s, [&] {
    flag = true;
    condition.notify();
    condition.notify();
    log.push_back("notified");
  });
  simulation.advance_to(kTimeZero + 2s);
  CHECK(log.empty());
  CHECK(condition.waiting() == 2);
  simulation.advance_to(kTimeZero + 4s);
  CHECK(log == Log{"notified", "3 a held", "3 b held"});
  CHECK(condition.waiting() == 0);
  CHECK(simulation.events_waiting() == 0);
}

TEST_CASE("a wait ends false at its deadline, and a wait that held takes its deadline away",
          "[kernel][task]") {
  Simulation simulation;
  Condition condition(simulation);
  Log log;
  bool flag = false;
  simulation.tasks().spawn(wait_and_say(simulation, condition, flag, log, "a", kTimeZero + 3s));
  simulation.tasks().spawn(wait_and_say(simulation, condition, flag, log, "b", kTimeZero + 9s));
  simulation.tasks().spawn(wait_and_say(simulation, condition, flag, log, "past", kTimeZero - 1s));
  simulation.at(kTimeZero + 5s, [&] {
    flag = true;
    condition.notify();
  });
  simulation.advance_to(kTimeZero + 6s);
  CHECK(log == Log{"0 past late", "3 a late", "5 b held"});
  CHECK(simulation.events_waiting() == 0);
}

TEST_CASE("what becomes true at the deadline itself still holds", "[kernel][task]") {
  // Also when the change comes without a notification: the predicate is looked at a last time.
  Simulation simulation;
  Condition condition(simulation);
  Log log;
  bool flag = false;
  simulation.at(kTimeZero + 3s, [&flag] { flag = true; });
  simulation.tasks().spawn(wait_and_say(simulation, condition, flag, log, "a", kTimeZero + 3s));
  simulation.advance_to(kTimeZero + 4s);
  CHECK(log == Log{"3 a held"});
}

TEST_CASE("a predicate that throws throws in the coroutine that waits", "[kernel][task]") {
  struct Body {
    static Task<void> run(Simulation& simulation, Condition& condition, Log& log) {
      int looks = 0;
      try {
        co_await wait_until(simulation, condition, [&looks]() -> bool {
          if (++looks == 2) throw std::runtime_error("looked twice");
          return false;
        });
      } catch (const std::runtime_error& e) {
        log.push_back(e.what());
      }
    }
  };
  Simulation simulation;
  Condition condition(simulation);
  Log log;
  simulation.tasks().spawn(Body::run(simulation, condition, log));
  simulation.at(kTimeZero + 1s, [&condition] { condition.notify(); });
  simulation.advance_to(kTimeZero + 2s);
  CHECK(log == Log{"looked twice"});
  CHECK(condition.waiting() == 0);
}

TEST_CASE("a condition may die before its waiters, even with a notification on its way",
          "[kernel][task]") {
  Simulation simulation;
  Log log;
  bool flag = false;
  {
    Condition condition(simulation);
    simulation.tasks().spawn(wait_and_say(simulation, condition, flag, log, "a", kTimeZero + 5s));
    simulation.advance_to(kTimeZero + 1s);
    condition.notify();
  }
  simulation.advance_to(kTimeZero + 6s);
  CHECK(log == Log{"5 a late"});
}

// ------------------------------------------------------------------------------------------- scope

namespace {

Task<void> nest(Simulation& simulation, Condition& condition, Log& log, int depth) {
  const LastWords last(log, "level " + std::to_string(depth));
  if (depth == 0) {
    co_await wait_until(
        simulation, condition, [] { return false; }, simulation.now() + 1h);
  } else if (depth == 2) {
    // Named first: the awaited call's vector would otherwise die in the middle of the expression.
    auto both = task_list(nest(simulation, condition, log, depth - 1),
                          sleep_with_last_words(simulation, log, 1h, "beside"));
    co_await all_of(std::move(both));
  } else {
    co_await nest(simulation, condition, log, depth - 1);
  }
}

}  // namespace

TEST_CASE("a scope that ends in the middle unwinds nested tasks from the inside",
          "[kernel][task]") {
  Simulation simulation;
  Condition condition(simulation);
  Log log;
  {
    TaskScope scope(simulation);
    scope.spawn(nest(simulation, condition, log, 3));
    scope.spawn(sleep_with_last_words(simulation, log, 1h, "youngest"));
    simulation.advance_to(kTimeZero + 1s);
    CHECK(scope.size() == 2);
    CHECK(condition.waiting() == 1);
    CHECK(log.empty());
  }
  CHECK(log == Log{"youngest", "level 0", "level 1", "beside", "level 2", "level 3"});
  CHECK(condition.waiting() == 0);
  CHECK(simulation.events_waiting() == 0);
}

TEST_CASE("a task cancelled before its start has never run", "[kernel][task]") {
  Simulation simulation;
  Log log;
  TaskScope scope(simulation);
  scope.spawn(say_after(simulation, log, 0s, "hello"));
  scope.cancel_all();
  CHECK(scope.size() == 0);
  CHECK(simulation.events_waiting() == 0);
  simulation.advance_to(kTimeZero + 1s);
  CHECK(log.empty());
}

TEST_CASE("a simulation destroyed in mid-run ends its tasks while the world still stands",
          "[kernel][task]") {
  Log log;
  {
    Simulation simulation;
    Condition condition(simulation);
    simulation.tasks().spawn(nest(simulation, condition, log, 1));
    simulation.tasks().spawn(throw_after(simulation, 1h, "never"));
    simulation.advance_to(kTimeZero + 1s);
  }
  CHECK(log == Log{"level 0", "level 1"});
}

TEST_CASE("a task may spawn others and cancel another scope", "[kernel][task]") {
  struct Body {
    static Task<void> run(Simulation& simulation, TaskScope& others, Log& log) {
      others.spawn(sleep_with_last_words(simulation, log, 1h, "a ends"));
      others.spawn(say_after(simulation, log, 2s, "b"));
      co_await sleep_for(simulation, 3s);
      others.cancel_all();
      log.push_back(stamp(simulation, "cancelled"));
      simulation.tasks().spawn(say_after(simulation, log, 1s, "c"));
    }
  };
  Simulation simulation;
  Log log;
  TaskScope others(simulation);
  simulation.tasks().spawn(Body::run(simulation, others, log));
  simulation.advance_to(kTimeZero + 10s);
  CHECK(log == Log{"2 b", "a ends", "3 cancelled", "4 c"});
  CHECK(simulation.tasks().size() == 0);
}

TEST_CASE("tasks give the same run in pieces and at once", "[kernel][task]") {
  struct Body {
    static Task<void> producer(Simulation& simulation, Condition& changed, int& stock) {
      for (int i = 0; i < 20; ++i) {
        co_await sleep_for(simulation, 700ms);
        ++stock;
        changed.notify();
      }
    }
    static Task<void> consumer(
        Simulation& simulation, Condition& changed, int& stock, Log& log, std::string name) {
      for (;;) {
        const bool got = co_await wait_until(
            simulation, changed, [&stock] { return stock > 0; }, simulation.now() + 1s);
        if (got) --stock;
        log.push_back(stamp(simulation, name + (got ? " took" : " gave up")));
        co_await sleep_for(simulation, 300ms);
      }
    }
    static Log play(Duration piece) {
      Simulation simulation;
      Condition changed(simulation);
      int stock = 0;
      Log log;
      simulation.tasks().spawn(producer(simulation, changed, stock));
      simulation.tasks().spawn(consumer(simulation, changed, stock, log, "a"));
      simulation.tasks().spawn(consumer(simulation, changed, stock, log, "b"));
      for (Time t = kTimeZero + piece; t <= kTimeZero + 20s; t += piece) simulation.advance_to(t);
      log.push_back(std::to_string(simulation.events_played()));
      simulation.tasks().cancel_all();
      return log;
    }
  };
  const Log at_once = Body::play(20s);
  CHECK(at_once.size() > 30);
  CHECK(Body::play(100ms) == at_once);
  CHECK(Body::play(1s) == at_once);
}

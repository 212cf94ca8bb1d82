#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sim/kernel/action_log.h"
#include "sim/kernel/assert.h"
#include "sim/kernel/random.h"
#include "sim/kernel/task.h"

using namespace coalmine;
using namespace coalmine::literals;

namespace {

ActionLog log_of(const std::vector<TimedAction>& actions) {
  ActionLog log;
  for (const TimedAction& action : actions) log.append(action);
  return log;
}

Time at(std::int64_t ns) {
  return Time(Duration(ns));
}

/// A little world that a person can push: `add n` adds n now and again one second later.
struct World {
  Simulation simulation;
  std::vector<std::string> history;
  int level = 0;

  World() { simulation.tasks().spawn(tick(*this)); }
  void note(const std::string& what) {
    history.push_back(std::to_string(simulation.now().time_since_epoch().count()) + " " + what +
                      " " + std::to_string(level));
  }
  static Task<void> tick(World& world) {
    for (;;) {
      world.note("tick");
      co_await sleep_for(world.simulation, 1s);
    }
  }
  static Task<void> echo(World& world, int n) {
    world.level += n;
    world.note("add");
    co_await sleep_for(world.simulation, 1s);
    world.level += n;
    world.note("echo");
  }
  ActionHandler handler() {
    return [this](const TimedAction& action) {
      note(action.verb);
      simulation.tasks().spawn(echo(*this, std::stoi(action.arguments.at(0))));
    };
  }
};

}  // namespace

TEST_CASE("an action log is written one action per line", "[kernel][action-log]") {
  const ActionLog log =
      log_of({{at(-1'500'000'000), "open", {}},
              {kTimeZero + 5min, "scale", {"checkout", "12"}},
              {kTimeZero + 312500ms, "annotate", {"looks bad to me", ""}},
              {kTimeZero + 312500ms + 1ns, "route", {"v2=5%", "#1", "a\"b\\c\n"}}});
  CHECK(log.to_text() ==
        "-1.5s open\n"
        "300s scale checkout 12\n"
        "312.5s annotate \"looks bad to me\" \"\"\n"
        "312.500000001s route v2=5% \"#1\" \"a\\\"b\\\\c\\n\"\n");
  CHECK(ActionLog::from_text(log.to_text()) == log);
}

TEST_CASE("any action log reads back as it was written", "[kernel][action-log]") {
  // 2 000 actions at random times with random bytes (all 256 values) in random words, and the
  // extremes of time.
  ActionLog log;
  log.append({Time::min(), "first", {}});
  std::uint64_t drawn = 0;
  const auto bits = [&drawn] { return draw_bits(RandomKey{5}, drawn++); };
  const auto word = [&bits](std::size_t least) {
    std::string text(least + bits() % 6, ' ');
    for (char& c : text) c = static_cast<char>(static_cast<unsigned char>(bits()));
    return text;
  };
  std::int64_t time = -1'000'000'000'000;
  for (int i = 0; i < 2000; ++i) {
    time += static_cast<std::int64_t>(bits() % (i % 3 == 0 ? 5 : 3'000'000'000));
    TimedAction action{at(time), word(1), {}};
    for (std::uint64_t n = bits() % 4; n > 0; --n) action.arguments.push_back(word(0));
    log.append(action);
  }
  log.append({kNever, "last", {}});
  CHECK(ActionLog::from_text(log.to_text()) == log);
}

TEST_CASE("a log written by hand may have comments, blank lines and odd spacing",
          "[kernel][action-log]") {
  const ActionLog log = ActionLog::from_text(
      "# my flight\r\n"
      "\n"
      "  5s   scale\tcheckout 3  \r\n"
      "   # later\n"
      "5.000s \"pro\\x6dote\"");
  CHECK(log ==
        log_of({{kTimeZero + 5s, "scale", {"checkout", "3"}}, {kTimeZero + 5s, "promote", {}}}));
  CHECK(ActionLog::from_text("").actions().empty());
}

TEST_CASE("every error in a log names its line, its column and what was expected",
          "[kernel][action-log]") {
  struct Case {
    std::string text;
    std::size_t line;
    std::size_t column;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"scale checkout", 1, 1, "a line begins with the time in seconds, as in 12.5s"},
      {"5 scale", 1, 2, "the time ends with s, as in 12.5s"},
      {"5sx", 1, 3, "a blank separates time and verb"},
      {"5.s go", 1, 3, "digits follow the decimal point"},
      {"0.1234567891s go", 1, 13, "a time has at most nine decimals"},
      {"9223372037s go", 1, 12, "the time is out of range"},
      {"99999999999999999999999s go", 1, 12, "the time is out of range"},
      {"5s", 1, 3, "a verb follows the time"},
      {"5s \"\"", 1, 6, "a verb follows the time"},
      {"1s go\n\n0.5s go", 3, 5, "the time lies before that of the action above"},
      {"1s go\n2s say \"hello", 2, 14, "the closing quote is missing"},
      {"1s say \"a\"b", 1, 11, "a blank separates words"},
      {"1s say a\"b", 1, 9, "a word with this character is quoted"},
      {"1s say \"\\q\"", 1, 10, "the escapes are \\\" \\\\ \\n \\r \\t and \\xHH"},
      {"1s say \"\\x4g\"", 1, 12, "two digits 0-9 a-f follow \\x"},
      {"1s say \"a\tb\"", 1, 10, "control characters are escaped"}};
  for (const Case& c : cases) {
    INFO(c.text);
    try {
      ActionLog::from_text(c.text);
      FAIL("accepted");
    } catch (const ActionLogError& e) {
      CHECK(e.line() == c.line);
      CHECK(e.column() == c.column);
      CHECK(std::string(e.what()) == "line " + std::to_string(c.line) + ", column " +
                                         std::to_string(c.column) + ": " + c.message);
    }
  }
}

TEST_CASE("actions are logged in the order of time and with a verb", "[kernel][action-log]") {
  ActionLog log = log_of({{kTimeZero + 5s, "go", {}}});
  CHECK_THROWS_AS(log.append({kTimeZero + 4s, "go", {}}), InternalError);
  CHECK_THROWS_AS(log.append({kTimeZero + 6s, "", {}}), InternalError);
}

TEST_CASE("a replay gives the run that the live actions made, however time was cut",
          "[kernel][action-log]") {
  // The live player stops on the world's own ticks (5 s), between them, and twice at one instant:
  // once acting twice before going on, once going on with no time in between.
  World live;
  ActionLog log;
  const auto act = [&](const std::string& n) {
    perform(log, live.simulation, "push", {n}, live.handler());
  };
  act("1");
  live.simulation.advance_to(kTimeZero + 5s);
  act("10");
  act("100");
  live.simulation.advance_to(kTimeZero + 5s + 300ms);
  act("1000");
  live.simulation.advance_to(kTimeZero + 5s + 300ms);
  act("10000");
  live.simulation.advance_to(kTimeZero + 6s);
  act("5");
  live.simulation.advance_to(kTimeZero + 6s);
  live.simulation.advance_to(kTimeZero + 20s);
  REQUIRE(log.actions().size() == 6);
  REQUIRE(live.level == 2 * 11116);

  const ActionLog read_back = ActionLog::from_text(log.to_text());
  for (const Duration piece : {Duration(20s), Duration(100ms), Duration(1s)}) {
    World again;
    replay(read_back, again.simulation, again.handler());
    for (Time t = kTimeZero; t < kTimeZero + 20s;) again.simulation.advance_to(t += piece);
    CHECK(again.history == live.history);
    CHECK(again.simulation.events_played() == live.simulation.events_played());
  }
}

TEST_CASE("a person can take over after a replay", "[kernel][action-log]") {
  World live;
  ActionLog log;
  perform(log, live.simulation, "push", {"1"}, live.handler());
  live.simulation.advance_to(kTimeZero + 3s);

  World resumed;
  replay(log, resumed.simulation, resumed.handler());
  resumed.simulation.advance_to(kTimeZero + 3s);
  ActionLog longer = log;
  for (World* world : {&live, &resumed}) {
    ActionLog& own = world == &live ? log : longer;
    perform(own, world->simulation, "push", {"7"}, world->handler());
    world->simulation.advance_to(kTimeZero + 9s);
  }
  CHECK(longer == log);
  CHECK(resumed.history == live.history);
}

TEST_CASE("a log that begins before the run is our mistake", "[kernel][action-log]") {
  Simulation simulation(kTimeZero + 10s);
  const ActionLog log = log_of({{kTimeZero + 9s, "go", {}}});
  CHECK_THROWS_AS(replay(log, simulation, [](const TimedAction&) {}), InternalError);
}

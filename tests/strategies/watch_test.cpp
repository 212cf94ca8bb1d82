// Watching without metrics: checks whose results the test makes up, in simulated time.
#include "strategies/watch.h"

#include <catch2/catch.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "tests/experiment/short_release.h"

using namespace coalmine;
using namespace coalmine::literals;
using namespace coalmine::test;

namespace {

constexpr auto kPassed = CheckOutcome::passed;
constexpr auto kFailed = CheckOutcome::failed;
constexpr auto kUnsure = CheckOutcome::inconclusive;

/// A watch from the start of the run, a check a minute.
struct Scene {
  Scene(std::vector<CheckOutcome> results, Duration not_before)
      : tally(2, 2), results_(std::move(results)), not_before_(not_before) {
    stage.world.simulation.tasks().spawn(play(*this));
    stage.advance_to(9min);
  }

  static Task<void> play(Scene& s) {
    co_await sleep_until(s.stage.world.simulation, kTimeZero);
    WatchSettings how{"weight 5 %", 1min, kTimeZero + s.not_before_};
    s.seen = co_await watch(s.stage.op, std::move(how), s.tally, [&s] { return s.look(); });
    s.over_at = s.stage.op.now() - kTimeZero;
  }
  CheckResult look() { return {results_.at(looks++), "as told", {}}; }
  std::vector<std::string> told() const {
    std::vector<std::string> reasons;
    for (const Event& e : stage.world.log())
      if (e.reason.rfind("Check", 0) == 0) reasons.push_back(e.reason);
    return reasons;
  }

  Stage stage{short_scenario()};
  CheckTally tally;
  std::size_t looks = 0;
  std::optional<Watched> seen;
  std::optional<Duration> over_at;

 private:
  std::vector<CheckOutcome> results_;
  Duration not_before_;
};

}  // namespace

TEST_CASE("a watch ends with the first passed check when nothing asks for more",
          "[strategies][watch]") {
  const Scene s({kFailed, kUnsure, kPassed}, 0s);
  REQUIRE(s.over_at == 3min);
  CHECK(s.seen->next == NextMove::proceed);
  CHECK(s.seen->last.message == "as told");
  CHECK(s.told() == std::vector<std::string>{"CheckFailed", "CheckInconclusive"});
}

TEST_CASE("a watch goes on after a check that passed too early", "[strategies][watch]") {
  const Scene s({kPassed, kPassed, kPassed, kPassed}, 150s);
  REQUIRE(s.over_at == 3min);
  CHECK(s.looks == 3);
  CHECK(s.told() == std::vector<std::string>{"CheckPassed", "CheckPassed"});
}

TEST_CASE("a watch does not end with its time but with a check that passed after it",
          "[strategies][watch]") {
  const Scene s({kPassed, kFailed, kUnsure, kPassed}, 2min);
  REQUIRE(s.over_at == 4min);
  CHECK(s.seen->next == NextMove::proceed);
}

TEST_CASE("a watch ends at once when the tally is full, whatever its time", "[strategies][watch]") {
  const Scene bad({kFailed, kPassed, kFailed}, 8min);
  REQUIRE(bad.over_at == 3min);
  CHECK(bad.seen->next == NextMove::roll_back);
  const Scene unsure({kUnsure, kUnsure}, 8min);
  REQUIRE(unsure.over_at == 2min);
  CHECK(unsure.seen->next == NextMove::give_up);
}

/// Short releases on a small service, and the inside of one: what the tests of this room play.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/experiment/operator.h"
#include "sim/experiment/release.h"
#include "sim/scenario/world.h"
#include "tests/experiment/played_run.h"

namespace coalmine::test {

/// 10 min, 60 requests/s from 3000 users, 4 pods of 8 workers (so that nobody ever queues), release
/// at 2 min, of which the bad one fails 30 % of its requests; a good day has no errors. The human
/// on call answers within a minute. Strategies: recreate, rolling, canary ([25%, 50%], 45 s each),
/// blue-green, shadow (1 min of mirroring), manual (mirrors, then 30 %, promotes after 3 min).
std::shared_ptr<const Scenario> short_scenario(std::vector<std::string> overrides = {});

/// A world and an Operator in it, to be looked into while it plays. No release unless asked for.
class Stage {
  std::shared_ptr<const Scenario> scenario_;  // first: the world refers to it

 public:
  explicit Stage(std::shared_ptr<const Scenario> scenario,
                 std::string_view release = "bad",
                 std::uint64_t seed = 7);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  void play_strategy(std::string_view name);  ///< from release.at on
  void advance_to(Duration since_start);
  void advance_to_end();

  const Scenario& scenario() const { return *scenario_; }
  World world;
  Operator op;
  ReleaseProgress progress;
};

}  // namespace coalmine::test

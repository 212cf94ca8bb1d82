/// A short release on a small service, changed by overrides: what the behavioural tests play.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/experiment/played_run.h"

namespace coalmine::test {

/// 12 min, 80 requests/s, 4 pods, release at 2 min; the bad one fails 20 % of its requests. Nobody
/// is on call. Strategies: recreate, rolling, canary ([25%, 50%], 1 min each),
/// blue-green (3 min of bake, 2 min keeping the old), shadow (3 min of mirroring, then 1 min and
/// 1 min), each checking every minute.
std::shared_ptr<const Scenario> small_scenario(std::vector<std::string> overrides = {});

/// Plays one strategy of it, named as in the scenario, with its control.
RunResult play_small(const std::string& strategy,
                     const std::string& release,
                     std::vector<std::string> overrides = {},
                     std::uint64_t seed = 7);

}  // namespace coalmine::test

/// What an A/B test is told: the table of its keys is the reference, this its target.
#pragma once

#include <optional>
#include <string>

#include "sim/analysis/proportions.h"
#include "sim/kernel/settings.h"
#include "sim/kernel/time.h"
#include "sim/scenario/scenario.h"
#include "strategies/check_plan.h"

namespace coalmine {

/// What the arms are compared by.
enum class Metric {
  conversion,  ///< share of the users who convert
};

/// Which version is in charge after a test that shows no difference.
enum class WhenEqual { keep_old, promote };

/// The users of arm B are those whose requests carry it.
struct ArmHeader {
  std::string name;
  std::string value;
};

/// A is the old version, B the new one.
struct AbTestPlan {
  double split = 0.5;               ///< B's share of the users, (0, 1)
  std::optional<ArmHeader> header;  ///< empty: by a hash of salt and user
  Metric metric = Metric::conversion;
  std::optional<double> baseline;      ///< A's conversion, (0, 1); empty: measured in the test
  double minimum_relative_effect = 0;  ///< smallest difference worth finding / baseline, (0, 1)
  double significance = 0;             ///< (0, 0.5)
  double power = 0;                    ///< [0.5, 1)
  Alternative alternative = Alternative::two_sided;  ///< greater: that B is
  double srm_significance = 0;  ///< sample-ratio mismatch below this p-value, (0, 0.5)
  WhenEqual when_equal = WhenEqual::keep_old;
  bool peek = false;         ///< test at every interval, uncorrected
  Duration interval{};       ///< between looks, and the window of the guardrail checks
  Duration initial_delay{};  ///< after the split, before anybody is counted
  Duration ready_within{};   ///< limit of every wait for pods
  CheckPlan guardrails;      ///< errors and latency, held against arm A
};

Section<AbTestPlan> ab_test_table();

/// What the plan asks of the rest of the scenario: that anybody converts, and carries the header,
/// and that there are as many users as the sample needs.
void check_ab_test(const AbTestPlan& plan,
                   const Scenario& scenario,
                   const SectionView& at,
                   Diagnostics& problems);

}  // namespace coalmine

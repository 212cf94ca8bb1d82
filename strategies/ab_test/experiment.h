/// The statistics of a running A/B test as pure functions: how many users it needs, and what the
/// users counted so far say.
///
/// Law of one look, in this order:
///   1. an arm has fewer users than planned: too early (with `peek`: go on, and stop at 3 only if
///      there is a difference);
///   2. the arms' sizes do not fit the split (chi-square, p < srm_significance): mismatch, whatever
///      the conversions say;
///   3. conversions differ (compare_proportions, p < significance): the arm with more of them wins;
///   4. else no difference.
/// The unit is the user, not the request: one user's requests are not independent of each other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/telemetry/metric_reader.h"
#include "strategies/ab_test/plan.h"

namespace coalmine {

/// Users and conversions of both arms at one scrape.
struct Arms {
  Proportion a;
  Proportion b;
  std::vector<Evidence> evidence{};  ///< users of A, of B, conversions of A, of B
};
/// An arm nobody has been counted in yet (or that cannot be read) has no users.
Arms read_arms(const MetricReader& metrics, const MetricTarget& a, const MetricTarget& b);

struct PlannedSample {
  double baseline = 0;        ///< A's expected conversion, (0, 1)
  double alternative = 0;     ///< B's, should it differ by the minimum effect
  std::uint64_t users_a = 0;  ///< needed
  std::uint64_t users_b = 0;
};
/// The sample the plan needs. Without plan.baseline it is measured as the rate of both arms
/// together, so that planning does not peek at their difference (an internal pilot; Friede and
/// Kieser 2004): empty until 100 users converted and 100 did not, which leaves an error of 10 %.
std::optional<PlannedSample> plan_sample(const AbTestPlan& plan, const Arms& arms);
std::string describe(const AbTestPlan& plan, const PlannedSample& sample);

/// How much of the sample is there: of the arm that lags, 1 when complete.
double progress(const PlannedSample& sample, const Arms& arms);

enum class Finding { too_early, mismatch, b_wins, a_wins, no_difference };

struct Look {
  Finding finding = Finding::too_early;
  std::string message;             ///< with all the numbers; empty: nothing was tested
  std::vector<Evidence> evidence;  ///< the counts it rests on
};
/// `since`: how long users have been counted.
Look look_at(const AbTestPlan& plan, const PlannedSample& sample, const Arms& arms, Duration since);

}  // namespace coalmine

#include "strategies/canary/plan.h"

#include <algorithm>
#include <cmath>

namespace coalmine {
namespace {

void check_steps(const CanaryPlan& plan, const SectionView& at, Diagnostics& problems) {
  if (plan.steps.empty())
    problems.error(at.position("steps"), "steps is empty: a canary needs at least one step");
  for (std::size_t i = 1; i < plan.steps.size(); ++i) {
    if (plan.steps[i] > plan.steps[i - 1]) continue;
    problems.error(at.position("steps"),
                   "steps must rise: " + format_ratio(plan.steps[i]) + " follows " +
                       format_ratio(plan.steps[i - 1]));
    return;
  }
}

void add_checks(Section<CanaryPlan>& table) {
  table
      .field("compareWith",
             &CanaryPlan::compare_with,
             kind::choice<CompareWith>({{"baseline", CompareWith::baseline},
                                        {"stable", CompareWith::stable},
                                        {"none", CompareWith::none}}),
             {.default_text = "baseline",
              .help = "baseline: fresh old pods at the same share; stable: the pods of before"})
      .field("maxErrorRatio",
             &CanaryPlan::max_error_ratio,
             kind::ratio(),
             {.default_text = "1%",
              .min = "0%",
              .max = "100%",
              .help = "failed requests of the new version that pass in any case"})
      .field("errorTolerance",
             &CanaryPlan::error_tolerance,
             kind::number(),
             {.default_text = "1.5",
              .min = "1",
              .max = "1000",
              .help = "more pass up to this many times the error ratio of compareWith"})
      .field(
          "maxP99",
          &CanaryPlan::max_p99,
          {.above = "0s", .max = "1h", .help = "limit of the new version's p99; none by default"})
      .field("latencyTolerance",
             &CanaryPlan::latency_tolerance,
             kind::number(),
             {.default_text = "1.5",
              .min = "1",
              .max = "1000",
              .help = "p99 passes up to this many times that of compareWith"})
      .field("failureLimit",
             &CanaryPlan::failure_limit,
             {.default_text = "2",
              .min = "1",
              .max = "1000",
              .help = "failed checks, not in a row, at which to roll back"})
      .field("minSamples",
             &CanaryPlan::min_samples,
             {.default_text = "50",
              .min = "1",
              .max = "1000000000",
              .help = "requests in a window; with fewer the check is inconclusive"})
      .field("inconclusiveLimit",
             &CanaryPlan::inconclusive_limit,
             {.default_text = "4",
              .min = "1",
              .max = "1000",
              .help = "inconclusive checks, not in a row, at which to give up"});
}

}  // namespace

Section<CanaryPlan> canary_table() {
  Section<CanaryPlan> table("canary",
                            "Raises the new version's traffic in steps while checks pass.");
  table
      .field("steps",
             &CanaryPlan::steps,
             kind::list_of(kind::ratio()),
             {.default_text = "[5%, 25%, 50%]",
              .above = "0%",
              .below = "100%",
              .help = "shares of the requests on the way to all of them"})
      .field("interval",
             &CanaryPlan::interval,
             {.default_text = "2m",
              .min = "1s",
              .max = "24h",
              .help = "time between checks, and the window each looks back over"})
      .field("initialDelay",
             &CanaryPlan::initial_delay,
             {.default_text = "30s",
              .min = "0s",
              .max = "24h",
              .help = "after each change of traffic, before measuring begins"})
      .field(
          "by",
          &CanaryPlan::by,
          kind::choice<ShareBy>({{"weights", ShareBy::weights}, {"replicas", ShareBy::replicas}}),
          {.default_text = "weights",
           .help = "shares by the proxy's weights, or by counts of pods alone"})
      .field("readyWithin",
             &CanaryPlan::ready_within,
             {.default_text = "5m",
              .min = "1s",
              .max = "24h",
              .help = "give up when pods are not available by then"});
  add_checks(table);
  table.check(check_steps);
  return table;
}

int pods_for(double share, int replicas) {
  // The hair keeps 7 % of 100, which is 7.000000000000001 in binary, at 7.
  const double pods = std::ceil(share * static_cast<double>(replicas) - 1e-9);
  return std::max(1, static_cast<int>(pods));
}

double baseline_share(double share) {
  return std::min(share, 1 - share);
}

}  // namespace coalmine

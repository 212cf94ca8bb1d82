#include "strategies/canary/plan.h"

#include <algorithm>

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
              .help = "give up when pods are not available by then"})
      .field("compareWith",
             &CanaryPlan::compare_with,
             kind::choice<CompareWith>({{"baseline", CompareWith::baseline},
                                        {"stable", CompareWith::stable},
                                        {"none", CompareWith::none}}),
             {.default_text = "baseline",
              .help = "baseline: fresh old pods at the same share; stable: the pods of before"})
      .include(&CanaryPlan::checks, check_table())
      .field("perSegment",
             &CanaryPlan::per_segment,
             {.default_text = "false",
              .help = "checks each of traffic.segments, and those in none, by themselves as well"})
      .check(check_steps);
  return table;
}

void check_canary(const CanaryPlan& plan,
                  const Scenario& scenario,
                  const SectionView& at,
                  Diagnostics& problems) {
  check_interval(plan.interval, scenario, at, problems);
  if (plan.per_segment && scenario.traffic.segments.empty())
    problems.warning(at.position("perSegment"),
                     "perSegment changes nothing: the users have no segments",
                     "traffic.segments is empty");
}

double baseline_share(double share) {
  return std::min(share, 1 - share);
}

}  // namespace coalmine

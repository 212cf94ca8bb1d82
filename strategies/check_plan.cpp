#include "strategies/check_plan.h"

namespace coalmine {

Section<CheckPlan> check_table() {
  Section<CheckPlan> table("checks", "What a new version must hold while it is watched.");
  table
      .field("maxErrorRatio",
             &CheckPlan::max_error_ratio,
             kind::ratio(),
             {.default_text = "1%",
              .min = "0%",
              .max = "100%",
              .help = "failed requests of the new version that pass in any case"})
      .field("errorTolerance",
             &CheckPlan::error_tolerance,
             kind::number(),
             {.default_text = "1.5",
              .min = "1",
              .max = "1000",
              .help = "more pass up to this many times the error ratio it is compared with"})
      .field(
          "maxP99",
          &CheckPlan::max_p99,
          {.above = "0s", .max = "1h", .help = "limit of the new version's p99; none by default"})
      .field("latencyTolerance",
             &CheckPlan::latency_tolerance,
             kind::number(),
             {.default_text = "1.5",
              .min = "1",
              .max = "1000",
              .help = "p99 passes up to this many times the one it is compared with"})
      .field("failureLimit",
             &CheckPlan::failure_limit,
             {.default_text = "2",
              .min = "1",
              .max = "1000",
              .help = "failed checks, not in a row, at which to roll back"})
      .field("minSamples",
             &CheckPlan::min_samples,
             {.default_text = "50",
              .min = "1",
              .max = "1000000000",
              .help = "requests in a window; with fewer the check is inconclusive"})
      .field("inconclusiveLimit",
             &CheckPlan::inconclusive_limit,
             {.default_text = "4",
              .min = "1",
              .max = "1000",
              .help = "inconclusive checks, not in a row, at which to give up"});
  return table;
}

}  // namespace coalmine

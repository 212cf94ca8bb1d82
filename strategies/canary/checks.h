/// The canary's judgement as pure functions: one measurement, and the count of how they went.
///
/// Law of one check, in this order:
///   1. the new version has no data or fewer than min_samples requests: inconclusive;
///   2. its error ratio e is above both max_error_ratio and error_tolerance x the reference's error
///      ratio (where the reference has min_samples requests): failed;
///   3. its p99 is above max_p99, or above latency_tolerance x the reference's p99: failed;
///   4. something that a rule needs cannot be measured: inconclusive;
///   5. else passed.
/// Known bad goes before unknown: a reference that is silent never excuses errors.
#pragma once

#include <optional>
#include <string>

#include "sim/telemetry/metric_reader.h"
#include "strategies/canary/plan.h"

namespace coalmine {

enum class CheckOutcome { passed, failed, inconclusive };

struct CheckResult {
  CheckOutcome outcome = CheckOutcome::inconclusive;
  std::string message;  ///< "error ratio 0.4 % of 1 130 requests in 2 min, limit 1 %; p99 ..."
  Evidence evidence;    ///< of the rule that decided; of the error ratio when all passed
};

/// One check over the last plan.interval. `reference` is empty for CompareWith::none.
CheckResult check_canary(const CanaryPlan& plan,
                         const MetricReader& metrics,
                         const MetricTarget& canary,
                         const std::optional<MetricTarget>& reference);

/// What follows from a check.
enum class NextMove {
  step_up,    ///< passed
  stay,       ///< look again after another interval
  roll_back,  ///< failure_limit reached
  give_up,    ///< inconclusive_limit reached
};

/// Counts over the whole release; nothing resets them.
class CheckTally {
 public:
  CheckTally(int failure_limit, int inconclusive_limit)
      : failure_limit_(failure_limit), inconclusive_limit_(inconclusive_limit) {}

  NextMove after(CheckOutcome outcome);
  int failures() const { return failures_; }
  int inconclusive() const { return inconclusive_; }

 private:
  int failure_limit_;
  int inconclusive_limit_;
  int failures_ = 0;
  int inconclusive_ = 0;
};

}  // namespace coalmine

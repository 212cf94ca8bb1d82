/// The judgement of a new version as pure functions: one measurement held against another, and the
/// count of how the checks went. Shared by every strategy that measures.
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
#include <vector>

#include "sim/telemetry/metric_reader.h"
#include "strategies/check_plan.h"

namespace coalmine {

/// The readings that the rules use, of one side.
struct Measurement {
  Reading errors;  ///< error ratio
  Reading p99;     ///< seconds
};

/// Looks back over `window` from now.
Measurement measure(const MetricReader& metrics, const MetricTarget& target, Duration window);

/// Whether both readings of a side can be compared with.
bool enough(const Measurement& side, const CheckPlan& plan);

enum class CheckOutcome { passed, failed, inconclusive };

struct CheckResult {
  CheckOutcome outcome = CheckOutcome::inconclusive;
  std::string message;  ///< "error ratio 0.4 % of 1 130 requests in 2 min, limit 1 %; p99 ..."
  /// Of the rule that decided first; when all passed, of every rule. With it the reference that
  /// made the limit, if it was measured at the same time.
  std::vector<Evidence> evidence;
};

/// One check. Without a reference only the fixed limits hold.
CheckResult check(const CheckPlan& plan,
                  const Measurement& now,
                  const std::optional<Measurement>& reference);

/// The check of one segment of the users by the same law.
struct SegmentCheck {
  std::string segment;
  CheckResult result;
};

/// What the check of all requests and those of segments come to together: failed where any failed,
/// and then of the first of them, all requests before the segments. A segment that cannot be judged
/// is passed over.
CheckResult with_segments(CheckResult whole, const std::vector<SegmentCheck>& segments);

/// What follows from a check.
enum class NextMove {
  proceed,    ///< passed
  stay,       ///< look again after another interval
  roll_back,  ///< failure_limit reached
  give_up,    ///< inconclusive_limit reached
};

/// Counts of checks; nothing resets them.
class CheckTally {
 public:
  CheckTally(int failure_limit, int inconclusive_limit)
      : failure_limit_(failure_limit), inconclusive_limit_(inconclusive_limit) {}
  explicit CheckTally(const CheckPlan& plan)
      : CheckTally(plan.failure_limit, plan.inconclusive_limit) {}

  NextMove after(CheckOutcome outcome);
  int failures() const { return failures_; }
  int inconclusive() const { return inconclusive_; }
  int failure_limit() const { return failure_limit_; }
  int inconclusive_limit() const { return inconclusive_limit_; }

 private:
  int failure_limit_;
  int inconclusive_limit_;
  int failures_ = 0;
  int inconclusive_ = 0;
};

}  // namespace coalmine

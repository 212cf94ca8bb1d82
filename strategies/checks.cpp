#include "strategies/checks.h"

#include <algorithm>

#include "strategies/wording.h"

namespace coalmine {
namespace {

bool enough(const Reading& reading, const CheckPlan& plan) {
  return reading.value && reading.samples >= plan.min_samples;
}

std::string behind(const Reading& reading) {
  return say_count(reading.samples) + " requests in " + say_duration(reading.window);
}

/// The most that passes, and the reading of the reference that it was made of, if any.
struct Limit {
  double value = 0;
  const Reading* made_of = nullptr;
};

/// Evidence can be asked again at the instant of the decision: not a reference from before.
void add_evidence(std::vector<Evidence>& all, const Reading& reading, const Limit& limit) {
  all.push_back(reading.against(limit.value));
  if (limit.made_of != nullptr && limit.made_of->at == reading.at)
    all.push_back(limit.made_of->against(std::nullopt));
}

/// The greatest error ratio that passes.
Limit error_limit(const CheckPlan& plan, const std::optional<Measurement>& reference) {
  if (!reference || !enough(reference->errors, plan)) return {plan.max_error_ratio};
  const double relative = std::min(1.0, plan.error_tolerance * *reference->errors.value);
  if (relative <= plan.max_error_ratio) return {plan.max_error_ratio};
  return {relative, &reference->errors};
}

/// The greatest p99 in seconds that passes; empty: no rule can be applied.
std::optional<Limit> latency_limit(const CheckPlan& plan,
                                   const std::optional<Measurement>& reference) {
  std::optional<Limit> limit;
  if (plan.max_p99) limit = {to_seconds(*plan.max_p99)};
  if (reference && enough(reference->p99, plan)) {
    const double relative = plan.latency_tolerance * *reference->p99.value;
    if (!limit || relative < limit->value) limit = {relative, &reference->p99};
  }
  return limit;
}

CheckResult inconclusive(std::string message, const Reading& reading) {
  return {CheckOutcome::inconclusive, std::move(message), {reading.against(std::nullopt)}};
}

}  // namespace

Measurement measure(const MetricReader& metrics, const MetricTarget& target, Duration window) {
  return {metrics.error_ratio(target, window), metrics.latency_quantile(target, 0.99, window)};
}

bool enough(const Measurement& side, const CheckPlan& plan) {
  return enough(side.errors, plan) && enough(side.p99, plan);
}

CheckResult check(const CheckPlan& plan,
                  const Measurement& now,
                  const std::optional<Measurement>& reference) {
  if (!now.errors.value)
    return inconclusive("no data in " + say_duration(now.errors.window), now.errors);
  if (!enough(now.errors, plan))
    return inconclusive("only " + behind(now.errors) + ", needs " + say_count(plan.min_samples),
                        now.errors);

  const Limit most_errors = error_limit(plan, reference);
  std::string message = "error ratio " + say_percent(*now.errors.value) + " of " +
                        behind(now.errors) + ", limit " + say_percent(most_errors.value);
  std::vector<Evidence> evidence;
  add_evidence(evidence, now.errors, most_errors);
  if (*now.errors.value > most_errors.value) return {CheckOutcome::failed, message, evidence};

  const std::optional<Limit> slowest = latency_limit(plan, reference);
  if (slowest && now.p99.value) {
    message += "; p99 " + say_latency(*now.p99.value) + ", limit " + say_latency(slowest->value);
    std::vector<Evidence> of_latency;
    add_evidence(of_latency, now.p99, *slowest);
    if (*now.p99.value > slowest->value) return {CheckOutcome::failed, message, of_latency};
    evidence.insert(evidence.end(), of_latency.begin(), of_latency.end());
  }
  if (slowest && !now.p99.value)
    return inconclusive(message + "; no latency was measured", now.p99);
  if (reference && !enough(reference->errors, plan))
    return inconclusive(
        message + "; too few requests to compare with: " + behind(reference->errors),
        reference->errors);
  if (reference && !enough(reference->p99, plan))
    return inconclusive(message + "; no latency to compare with", reference->p99);
  return {CheckOutcome::passed, message, evidence};
}

CheckResult with_segments(CheckResult whole, const std::vector<SegmentCheck>& segments) {
  if (whole.outcome == CheckOutcome::failed) return whole;
  for (const SegmentCheck& one : segments) {
    if (one.result.outcome != CheckOutcome::failed) continue;
    whole = one.result;
    whole.message = "segment " + one.segment + ": " + whole.message;
    return whole;
  }
  return whole;
}

NextMove CheckTally::after(CheckOutcome outcome) {
  switch (outcome) {
    case CheckOutcome::passed:
      return NextMove::proceed;
    case CheckOutcome::failed:
      return ++failures_ >= failure_limit_ ? NextMove::roll_back : NextMove::stay;
    case CheckOutcome::inconclusive:
      return ++inconclusive_ >= inconclusive_limit_ ? NextMove::give_up : NextMove::stay;
  }
  return NextMove::give_up;
}

}  // namespace coalmine

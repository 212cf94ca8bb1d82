/// What is measured, by name (docs/models/outcomes.md says what each means). Every run and every
/// row of a comparison has all of these, empty where one does not apply; besides them there is
/// error_budget_consumed_N for each objective N.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

namespace coalmine {

enum class OutcomeKind {
  value,
  time,       ///< may not come: censored at the end of the run
  yes_or_no,  ///< 1 or 0
};

struct OutcomeName {
  std::string_view name;
  OutcomeKind kind = OutcomeKind::value;
};

inline constexpr OutcomeName kOutcomeNames[] = {
    {"requests"},
    {"failed_requests"},
    {"excess_failed_requests"},
    {"availability"},
    {"latency_p50"},
    {"latency_p90"},
    {"latency_p99"},
    {"latency_p50_old"},
    {"latency_p90_old"},
    {"latency_p99_old"},
    {"latency_p50_new"},
    {"latency_p90_new"},
    {"latency_p99_new"},
    {"worst_minute_p99"},
    {"error_budget_consumed"},
    {"excess_error_budget_consumed"},
    {"users_affected"},
    {"excess_users_affected"},
    {"users_exposed"},
    {"exposure_duration"},
    {"time_to_detect", OutcomeKind::time},
    {"detected_fraction", OutcomeKind::yes_or_no},
    {"detected_before_harm", OutcomeKind::yes_or_no},
    {"time_to_alert", OutcomeKind::time},
    {"time_to_restore", OutcomeKind::time},
    {"rollout_duration", OutcomeKind::time},
    {"peak_pods"},
    {"extra_pod_seconds"},
};

/// A name not listed (error_budget_consumed_N) is a value.
inline OutcomeKind kind_of(std::string_view outcome) {
  const auto* const found = std::find_if(std::begin(kOutcomeNames),
                                         std::end(kOutcomeNames),
                                         [&](const OutcomeName& o) { return o.name == outcome; });
  return found == std::end(kOutcomeNames) ? OutcomeKind::value : found->kind;
}

}  // namespace coalmine

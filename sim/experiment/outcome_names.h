/// What is measured, by name (docs/models/outcomes.md says what each means). Every run and every
/// row of a comparison has all of these, empty where one does not apply; besides them there is
/// error_budget_consumed_N for each objective N.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

namespace coalmine {

struct OutcomeName {
  std::string_view name;
  bool may_not_come = false;  ///< a time, censored at the end of the run if it has not come by then
  bool yes_or_no = false;     ///< 1 or 0: its mean is a share of the replications
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
    {"time_to_detect", true},
    {.name = "detected_fraction", .yes_or_no = true},
    {.name = "detected_before_harm", .yes_or_no = true},
    {"time_to_alert", true},
    {"time_to_restore", true},
    {"rollout_duration", true},
    {"peak_pods"},
    {"extra_pod_seconds"},
};

namespace detail {

inline const OutcomeName* find_outcome(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kOutcomeNames),
                                         std::end(kOutcomeNames),
                                         [&](const OutcomeName& o) { return o.name == name; });
  return found == std::end(kOutcomeNames) ? nullptr : found;
}

}  // namespace detail

inline bool may_not_come(std::string_view outcome) {
  const OutcomeName* const found = detail::find_outcome(outcome);
  return found != nullptr && found->may_not_come;
}

inline bool yes_or_no(std::string_view outcome) {
  const OutcomeName* const found = detail::find_outcome(outcome);
  return found != nullptr && found->yes_or_no;
}

}  // namespace coalmine

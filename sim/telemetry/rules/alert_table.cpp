#include "sim/telemetry/rules/alert_table.h"

#include <algorithm>
#include <utility>

namespace coalmine::rules {
namespace {

/// What an evaluation without it makes of an alert; false: it is forgotten.
bool miss(Alert& alert, Timestamp at, Millis keep_firing_for) {
  switch (alert.state) {
    case AlertState::pending:
      return false;
    case AlertState::inactive:
      return at - *alert.resolved_at <= kResolvedRetention;
    case AlertState::firing:
      break;
  }
  if (keep_firing_for > Millis(0)) {
    if (!alert.keep_firing_since) alert.keep_firing_since = at;
    if (at - *alert.keep_firing_since < keep_firing_for) return true;
  }
  alert.state = AlertState::inactive;
  alert.resolved_at = at;
  return true;
}

}  // namespace

std::string_view name_of(AlertState state) {
  switch (state) {
    case AlertState::inactive:
      return "inactive";
    case AlertState::pending:
      return "pending";
    case AlertState::firing:
      return "firing";
  }
  return {};
}

void AlertTable::update(Candidates&& candidates,
                        Timestamp at,
                        Millis hold,
                        Millis keep_firing_for) {
  for (auto it = alerts_.begin(); it != alerts_.end();) {
    const bool kept = candidates.contains(it->first) || miss(it->second, at, keep_firing_for);
    it = kept ? std::next(it) : alerts_.erase(it);
  }
  for (auto& [labels, candidate] : candidates) {
    Alert& alert = alerts_[labels];
    const bool known = !alert.labels.empty() && alert.state != AlertState::inactive;
    if (!known) {
      alert = Alert{};
      alert.labels = labels;
      alert.active_at = at;
    }
    alert.element = std::move(candidate.element);
    alert.annotations = std::move(candidate.annotations);
    alert.value = candidate.value;
    alert.keep_firing_since.reset();
    if (alert.state == AlertState::pending && at - alert.active_at >= hold) {
      alert.state = AlertState::firing;
      alert.fired_at = at;
    }
  }
}

bool AlertTable::needs_sending(const Alert& alert, Timestamp at, Millis resend_delay) {
  if (alert.state == AlertState::pending) return false;
  if (!alert.last_sent_at) return true;
  if (alert.resolved_at && *alert.resolved_at > *alert.last_sent_at) return true;
  return *alert.last_sent_at + resend_delay < at;
}

std::size_t AlertTable::active() const {
  return static_cast<std::size_t>(
      std::count_if(alerts_.begin(), alerts_.end(), [](const auto& entry) {
        return entry.second.state != AlertState::inactive;
      }));
}

bool AlertTable::firing() const {
  return std::any_of(alerts_.begin(), alerts_.end(), [](const auto& entry) {
    return entry.second.state == AlertState::firing;
  });
}

}  // namespace coalmine::rules

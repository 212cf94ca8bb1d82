/// The alerts of one rule and how they come and go (specs/prometheus.md section 12). At an
/// evaluation at T, in this order:
///
///     in the result, not known or inactive   a new alert: active since T, pending
///     in the result, known                   value and annotations are renewed
///     not in the result, pending             forgotten
///     not in the result, firing              fires on until keep_firing_for has passed since the
///                                            first evaluation without it; then inactive, resolved
///                                            at T, and forgotten 15 minutes later
///     pending, T - active since >= for       firing (with `for: 0` in the evaluation that made it)
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/telemetry/labels.h"
#include "sim/telemetry/sample.h"

namespace coalmine::rules {

enum class AlertState : std::uint8_t { inactive, pending, firing };
std::string_view name_of(AlertState state);

inline constexpr Millis kResolvedRetention = std::chrono::minutes(15);

struct Alert {
  Labels labels;                   ///< its identity, `alertname` among them
  std::vector<Label> annotations;  ///< by name
  Labels element;                  ///< of the result that it stands for
  double value = 0;                ///< of the last result
  AlertState state = AlertState::pending;
  Timestamp active_at{};
  std::optional<Timestamp> fired_at{};
  std::optional<Timestamp> resolved_at{};
  std::optional<Timestamp> keep_firing_since{};
  std::optional<Timestamp> last_sent_at{};
};

/// One element of a rule's result, made into what would be an alert.
struct AlertCandidate {
  std::vector<Label> annotations;
  Labels element;
  double value = 0;
};

class AlertTable {
 public:
  /// Candidates by identity.
  using Candidates = std::map<Labels, AlertCandidate>;

  void update(Candidates&& candidates, Timestamp at, Millis hold, Millis keep_firing_for);

  /// Whether Alertmanager is told of an alert at this evaluation: a firing one when it begins and
  /// whenever more than the delay has passed since, a resolved one likewise.
  static bool needs_sending(const Alert& alert, Timestamp at, Millis resend_delay);

  /// By labels.
  std::map<Labels, Alert>& alerts() { return alerts_; }
  const std::map<Labels, Alert>& alerts() const { return alerts_; }
  /// Pending and firing ones.
  std::size_t active() const;
  bool firing() const;
  void clear() { alerts_.clear(); }

 private:
  std::map<Labels, Alert> alerts_;
};

}  // namespace coalmine::rules

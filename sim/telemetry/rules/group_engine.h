/// Evaluates one group of rules at one instant after another (specs/prometheus.md section 12;
/// Prometheus 2.42 rules/manager.go, rules/alerting.go).
///
/// What a rule makes is appended to the store under the instant of the evaluation, before the next
/// rule of the group is evaluated. A series that a rule made the last time and does not make now
/// ends with a staleness marker. A rule that fails (many-to-many matching, two results with one
/// identity, more results than the group's limit) writes nothing at all, its alerts stay as they
/// are, and the rules after it go on; only a limit that is passed makes an alerting rule forget its
/// alerts.
///
/// Alerts show as ALERTS{alertname, alertstate, ...} 1 and ALERTS_FOR_STATE, the second in which
/// they became active.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/kernel/event_log.h"
#include "sim/telemetry/rules/alert_table.h"
#include "sim/telemetry/rules/rule_group.h"
#include "sim/telemetry/series_store.h"

namespace coalmine::rules {

/// What Alertmanager is told once. That an alert still fires is told again and again, and only
/// counted here.
struct Notification {
  enum class Kind : std::uint8_t { pending, firing, resolved };
  Kind kind{};
  const AlertingRule& rule;
  const Alert& alert;
  Evidence evidence{};  ///< of a firing alert
};

class GroupEngine {
 public:
  struct Settings {
    Labels external_labels{};
    std::string external_url{};
    Millis resend_delay = std::chrono::minutes(1);
  };
  using Notify = std::function<void(const Notification&)>;

  /// How a rule fares.
  struct Health {
    std::string error{};         ///< of the last evaluation; empty: it went well
    std::uint64_t failures = 0;  ///< evaluations that failed
    std::uint64_t refused = 0;   ///< samples that the store would not take
  };

  explicit GroupEngine(RuleGroup group);
  GroupEngine(RuleGroup group, Settings settings);

  /// Asks `store` and writes into it. `at` must be later than the time before.
  void evaluate(SeriesStore& store, Timestamp at, const Notify& notify = {});

  const RuleGroup& group() const { return group_; }
  /// By the place of a rule in the group; a recording rule's table stays empty.
  const AlertTable& alerts(std::size_t rule) const { return states_[rule].alerts; }
  const Health& health(std::size_t rule) const { return states_[rule].health; }
  /// Alerts sent to Alertmanager, repetitions among them.
  std::uint64_t sent() const { return sent_; }

 private:
  struct Sample {
    Labels labels;
    double value = 0;
  };
  struct RuleState {
    AlertTable alerts;
    Health health;
    std::vector<Labels> written;  ///< series of the last evaluation that went well, sorted
  };
  struct Moment;

  std::vector<Sample> record(const RecordingRule& rule, const Moment& moment) const;
  std::vector<Sample> alert(const AlertingRule& rule, RuleState& state, const Moment& moment);
  AlertTable::Candidates candidates(const AlertingRule& rule, const Moment& moment) const;
  void forget(const AlertingRule& rule, AlertTable& table, const Moment& moment);
  static void tell_pending(const AlertingRule& rule, const AlertTable& table, const Moment& moment);
  void send(const AlertingRule& rule, AlertTable& table, const Moment& moment);
  void write(RuleState& state, const std::vector<Sample>& samples, const Moment& moment);

  RuleGroup group_;
  Settings settings_;
  std::vector<RuleState> states_;
  std::uint64_t sent_ = 0;
};

}  // namespace coalmine::rules

#include "sim/telemetry/rules/group_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "sim/telemetry/rules/alert_evidence.h"

namespace coalmine::rules {

struct GroupEngine::Moment {
  SeriesStore& store;
  const Notify& notify;
  Timestamp now{};   ///< by which alerts age
  Timestamp data{};  ///< at which expressions are evaluated and results are written
};

namespace {

/// A rule's evaluation has failed.
class RuleError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::vector<promql::Series> elements_of(const promql::Query& expr,
                                        const SeriesSource& source,
                                        Timestamp at) {
  promql::Value value = expr.instant(source, at);
  switch (value.type) {
    case promql::ValueType::vector:
      return std::move(value.series);
    case promql::ValueType::scalar:
      return {{{}, {value.scalar}}};
    default:
      throw RuleError("rule result is not a vector or scalar");
  }
}

double value_of(const promql::Series& element) {
  return element.points.front().value;
}

void require_within(int limit, std::size_t count, std::string_view what) {
  if (limit > 0 && count > static_cast<std::size_t>(limit))
    throw RuleError(fmt::format("exceeded limit of {} with {} {}", limit, count, what));
}

Labels alerts_labels(const Alert& alert) {
  Labels labels = alert.labels;
  labels.set(kMetricName, "ALERTS");
  labels.set("alertstate", name_of(alert.state));
  return labels;
}

Labels for_state_labels(const Alert& alert) {
  Labels labels = alert.labels;
  labels.set(kMetricName, "ALERTS_FOR_STATE");
  return labels;
}

}  // namespace

GroupEngine::GroupEngine(RuleGroup group) : GroupEngine(std::move(group), Settings()) {}

GroupEngine::GroupEngine(RuleGroup group, Settings settings)
    : group_(std::move(group)), settings_(std::move(settings)), states_(group_.rules.size()) {}

void GroupEngine::evaluate(SeriesStore& store, Timestamp at, const Notify& notify) {
  const Moment moment{store, notify, at, at - group_.query_offset};
  for (std::size_t i = 0; i < states_.size(); ++i) {
    RuleState& state = states_[i];
    state.health.error.clear();
    try {
      const auto* alerting = std::get_if<AlertingRule>(&group_.rules[i]);
      const std::vector<Sample> samples =
          alerting != nullptr ? alert(*alerting, state, moment)
                              : record(std::get<RecordingRule>(group_.rules[i]), moment);
      write(state, samples, moment);
    } catch (const RuleError& problem) {
      state.health.error = problem.what();
    } catch (const promql::EvaluationError& problem) {
      state.health.error = problem.what();
    }
    if (!state.health.error.empty()) ++state.health.failures;
  }
}

std::vector<GroupEngine::Sample> GroupEngine::record(const RecordingRule& rule,
                                                     const Moment& moment) const {
  std::vector<Sample> samples;
  std::set<Labels> seen;
  for (promql::Series& element : elements_of(rule.expr, moment.store, moment.data)) {
    element.labels.set(kMetricName, rule.record);
    for (const Label& label : rule.labels) element.labels.set(label.name, label.value);
    if (!seen.insert(element.labels).second)
      throw RuleError("vector contains metrics with the same labelset after applying rule labels");
    samples.push_back({std::move(element.labels), value_of(element)});
  }
  require_within(group_.limit, samples.size(), "series");
  return samples;
}

AlertTable::Candidates GroupEngine::candidates(const AlertingRule& rule,
                                               const Moment& moment) const {
  AlertTable::Candidates found;
  for (promql::Series& element : elements_of(rule.expr, moment.store, moment.data)) {
    const TemplateData data{
        element.labels, value_of(element), settings_.external_labels, settings_.external_url};
    Labels identity = element.labels.without_metric_name();
    for (const TemplatedLabel& label : rule.labels)
      identity.set(label.name, label.value.expand(data));
    identity.set("alertname", rule.alert);
    AlertCandidate candidate;
    for (const TemplatedLabel& annotation : rule.annotations)
      candidate.annotations.push_back({annotation.name, annotation.value.expand(data)});
    candidate.value = value_of(element);
    candidate.element = std::move(element.labels);
    if (!found.emplace(std::move(identity), std::move(candidate)).second)
      throw RuleError("vector contains metrics with the same labelset after applying alert labels");
  }
  return found;
}

std::vector<GroupEngine::Sample> GroupEngine::alert(const AlertingRule& rule,
                                                    RuleState& state,
                                                    const Moment& moment) {
  state.alerts.update(candidates(rule, moment), moment.now, rule.hold, rule.keep_firing_for);
  try {
    require_within(group_.limit, state.alerts.active(), "alerts");
  } catch (const RuleError&) {
    forget(rule, state.alerts, moment);
    throw;
  }
  tell_pending(rule, state.alerts, moment);
  send(rule, state.alerts, moment);
  std::vector<Sample> samples;
  for (const auto& [labels, alert] : state.alerts.alerts()) {
    if (alert.state == AlertState::inactive) continue;
    const auto since = std::chrono::floor<std::chrono::seconds>(alert.active_at);
    samples.push_back({alerts_labels(alert), 1});
    samples.push_back(
        {for_state_labels(alert), static_cast<double>(since.time_since_epoch().count())});
  }
  return samples;
}

// Prometheus says nothing more of them; Alertmanager takes them for resolved some minutes later.
void GroupEngine::forget(const AlertingRule& rule, AlertTable& table, const Moment& moment) {
  for (auto& [labels, alert] : table.alerts()) {
    if (alert.state != AlertState::firing) continue;
    alert.state = AlertState::inactive;
    alert.resolved_at = moment.now;
    if (moment.notify && alert.last_sent_at)
      moment.notify({Notification::Kind::resolved, rule, alert});
  }
  table.clear();
}

void GroupEngine::tell_pending(const AlertingRule& rule,
                               const AlertTable& table,
                               const Moment& moment) {
  if (!moment.notify) return;
  for (const auto& [labels, alert] : table.alerts())
    if (alert.state == AlertState::pending && alert.active_at == moment.now)
      moment.notify({Notification::Kind::pending, rule, alert});
}

void GroupEngine::send(const AlertingRule& rule, AlertTable& table, const Moment& moment) {
  for (auto& [labels, alert] : table.alerts()) {
    if (!AlertTable::needs_sending(alert, moment.now, settings_.resend_delay)) continue;
    ++sent_;
    const bool begins = !alert.last_sent_at;
    const bool ends = alert.resolved_at == moment.now;
    alert.last_sent_at = moment.now;
    if (!moment.notify) continue;
    if (ends) moment.notify({Notification::Kind::resolved, rule, alert});
    if (begins && !ends)
      moment.notify(
          {Notification::Kind::firing,
           rule,
           alert,
           alert_evidence(rule.expr, moment.store, moment.data, alert.element, alert.value)});
  }
}

void GroupEngine::write(RuleState& state,
                        const std::vector<Sample>& samples,
                        const Moment& moment) {
  std::vector<Labels> written;
  for (const Sample& sample : samples) {
    if (moment.store.append(sample.labels, moment.data, sample.value))
      written.push_back(sample.labels);
    else
      ++state.health.refused;
  }
  std::sort(written.begin(), written.end());
  std::vector<Labels> ended;
  std::set_difference(state.written.begin(),
                      state.written.end(),
                      written.begin(),
                      written.end(),
                      std::back_inserter(ended));
  for (const Labels& labels : ended) moment.store.append(labels, moment.data, kStaleMarker);
  state.written = std::move(written);
}

}  // namespace coalmine::rules

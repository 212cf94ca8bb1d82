/// Rules of a Prometheus rule file, as data: what is recorded, what is alerted on
/// (specs/prometheus.md section 12).
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/kernel/diagnostics.h"
#include "sim/telemetry/labels.h"
#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/rules/template.h"
#include "sim/telemetry/sample.h"

namespace coalmine::rules {

/// Writes the value of an expression as series of a new name.
struct RecordingRule {
  std::string record;  ///< the metric
  promql::Query expr;
  std::vector<Label> labels{};  ///< put over those of the result; an empty value takes one away
  Position at{};
};

struct TemplatedLabel {
  std::string name;
  Template value;
};

/// Raises one alert for each element of an expression, whatever its value.
struct AlertingRule {
  std::string alert;
  promql::Query expr;
  Millis hold{};                         ///< `for`: how long it pends before it fires
  Millis keep_firing_for{};              ///< how long it fires on without a result
  std::vector<TemplatedLabel> labels{};  ///< put over those of the result, by name
  std::vector<TemplatedLabel> annotations{};
  Position at{};
};

using Rule = std::variant<RecordingRule, AlertingRule>;

/// Rules that are evaluated together: in their order, at one instant, each seeing what those before
/// it have recorded.
struct RuleGroup {
  std::string name;
  std::optional<Millis> interval{};  ///< none: the server's evaluation interval
  int limit = 0;                     ///< series or alerts a rule may make; 0: any number
  Millis query_offset{};             ///< how far back the expressions are evaluated
  std::vector<Rule> rules{};
  Position at{};
};

/// The recorded metric or the alert's name.
inline const std::string& name_of(const Rule& rule) {
  const auto* recording = std::get_if<RecordingRule>(&rule);
  return recording != nullptr ? recording->record : std::get<AlertingRule>(rule).alert;
}

inline const promql::Query& expr_of(const Rule& rule) {
  return std::visit([](const auto& any) -> const promql::Query& { return any.expr; }, rule);
}

}  // namespace coalmine::rules

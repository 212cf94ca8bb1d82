#include "sim/telemetry/rules/burn_rate_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "sim/kernel/assert.h"
#include "sim/telemetry/go_number.h"
#include "sim/telemetry/go_quote.h"

namespace coalmine::rules {
namespace {

/// In one unit: 30d, where Prometheus would write 4w2d.
std::string window_text(Duration window) {
  constexpr std::pair<Duration, std::string_view> kUnits[] = {{std::chrono::days(1), "d"},
                                                              {std::chrono::hours(1), "h"},
                                                              {std::chrono::minutes(1), "m"},
                                                              {std::chrono::seconds(1), "s"}};
  for (const auto& [unit, name] : kUnits)
    if (window % unit == Duration(0)) return fmt::format("{}{}", window / unit, name);
  return fmt::format("{}ms", window / Duration(Millis(1)));
}

std::string recorded_name(Duration window) {
  return "objective:bad_requests:ratio_" + window_text(window);
}

class Maker {
 public:
  Maker(const BurnRateObjective& objective, const BurnRateRules& settings)
      : objective_(objective), settings_(settings) {
    CM_ASSERT(objective.objective.target > 0 && objective.objective.target < 1);
  }

  std::vector<Rule> recordings() const {
    std::set<Duration> windows;
    for (const BurnRateRow& row : settings_.rows)
      windows.insert({row.short_window, row.long_window});
    std::vector<Rule> rules;
    rules.reserve(windows.size());
    for (const Duration window : windows)
      rules.emplace_back(RecordingRule{recorded_name(window),
                                       parse(objective_.bad_ratio(window)),
                                       {{"objective", objective_.objective.name}}});
    return rules;
  }

  AlertingRule alert() const {
    std::string expr;
    for (const BurnRateRow& row : settings_.rows) {
      if (!expr.empty()) expr += "\nor\n";
      expr += row_text(row);
    }
    AlertingRule rule{settings_.alert, parse(expr)};
    std::vector<Label> labels = settings_.labels;
    labels.push_back({"objective", objective_.objective.name});
    for (const Label& label : Labels(std::move(labels)))
      rule.labels.push_back({label.name, fixed(label.value)});
    rule.annotations.push_back({"description", fixed(description())});
    rule.annotations.push_back(
        {"summary",
         fixed(fmt::format("{{{{ $value | humanizePercentage }}}} of requests are bad: the {} "
                           "budget burns too fast",
                           objective_.objective.name))});
    return rule;
  }

 private:
  promql::Query parse(const std::string& text) const {
    return promql::Query::parse(text, settings_.promql);
  }
  static Template fixed(const std::string& text) {
    std::vector<TemplateFinding> findings;
    return Template::parse(text, findings);
  }

  std::string ratio(Duration window) const {
    if (!settings_.record) return "(" + objective_.bad_ratio(window) + ")";
    return fmt::format(
        "{}{{objective={}}}", recorded_name(window), go_quote(objective_.objective.name));
  }

  double burn_rate(const BurnRateRow& row) const {
    return burn_rate_threshold(row, objective_.objective.window);
  }

  std::string row_text(const BurnRateRow& row) const {
    const std::string limit = fmt::format("{} * (1 - {})",
                                          go_number_plain(burn_rate(row)),
                                          go_number_plain(objective_.objective.target));
    return fmt::format("(\n  {} > {}\nand\n  {} > {}\n)",
                       ratio(row.long_window),
                       limit,
                       ratio(row.short_window),
                       limit);
  }

  std::string description() const {
    const AlertObjective& objective = objective_.objective;
    std::string text = fmt::format(
        "{:.6g} % of requests over {} are to be good{}. It pages when that budget is "
        "spent ",
        objective.target * 100,
        window_text(objective.window),
        objective.kind == AlertObjective::Kind::latency
            ? ", answered within " + window_text(objective.latency)
            : "");
    for (std::size_t i = 0; i < settings_.rows.size(); ++i) {
      const BurnRateRow& row = settings_.rows[i];
      text += fmt::format("{}{:.4g} times too fast over {} and {}",
                          i == 0 ? "" : ", or ",
                          burn_rate(row),
                          window_text(row.long_window),
                          window_text(row.short_window));
    }
    return text + ".";
  }

  const BurnRateObjective& objective_;
  const BurnRateRules& settings_;
};

}  // namespace

RuleGroup burn_rate_rules(std::span<const BurnRateObjective> objectives,
                          const BurnRateRules& settings) {
  CM_ASSERT(!settings.rows.empty());
  RuleGroup group;
  group.name = settings.group;
  for (const BurnRateObjective& objective : objectives) {
    const Maker maker(objective, settings);
    if (settings.record)
      for (Rule& rule : maker.recordings()) group.rules.push_back(std::move(rule));
    group.rules.emplace_back(maker.alert());
  }
  return group;
}

}  // namespace coalmine::rules

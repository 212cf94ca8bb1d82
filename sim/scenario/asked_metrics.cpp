#include "sim/scenario/asked_metrics.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/place_in_scalar.h"
#include "sim/scenario/cross_checks.h"
#include "sim/telemetry/dialects/registry.h"
#include "sim/telemetry/promql/duration.h"
#include "sim/telemetry/promql/query.h"

namespace coalmine {
namespace {

using Names = std::set<std::string, std::less<>>;

/// The names of a family's series.
void add_series_names(const MetricFamily& family, Names& names) {
  const bool histogram = family.type == "histogram";
  const bool summary = family.type == "summary";
  if (!histogram) names.insert(family.name);
  if (!histogram && !summary) return;
  // A library that knows a timer as a summary can be told to have buckets.
  for (const char* suffix : {"_bucket", "_sum", "_count"}) names.insert(family.name + suffix);
}

/// Not inside a longer name.
std::size_t place_of_word(const std::string& text, const std::string& word) {
  const auto belongs = [&](std::size_t at) {
    return at < text.size() &&
           (is_metric_name(std::string(1, text[at])) || (text[at] >= '0' && text[at] <= '9'));
  };
  std::size_t at = text.find(word);
  while (at != std::string::npos && ((at > 0 && belongs(at - 1)) || belongs(at + word.size())))
    at = text.find(word, at + 1);
  return at;
}

Names names_of(const std::vector<MetricFamily>& families) {
  Names names;
  for (const MetricFamily& family : families) add_series_names(family, names);
  return names;
}

/// What a scenario shows, and what it could.
class ShownMetrics {
 public:
  explicit ShownMetrics(const ScenarioDraft& draft) {
    add(names_of(scrape_families()));
    add(names_of(istio_dialect().families()));
    add(names_of(application_dialect().families()));
    std::set<std::string> listed(draft.service.settings.metrics.begin(),
                                 draft.service.settings.metrics.end());
    for (const ServiceDraft& other : draft.services)
      listed.insert(other.settings.metrics.begin(), other.settings.metrics.end());
    for (const DialectType& type : dialect_types()) {
      if (type.make == nullptr) continue;
      const Names names = names_of(type.make({})->families());
      if (listed.contains(type.name)) add(names);
      for (const std::string& name : names) would_show_.try_emplace(name, type.name);
    }
    for (const rules::RuleGroup& group : draft.scenario.alerts)
      for (const rules::Rule& rule : group.rules)
        if (const auto* recording = std::get_if<rules::RecordingRule>(&rule))
          shown_.insert(recording->record);
    shown_.insert({"ALERTS", "ALERTS_FOR_STATE"});
  }

  bool shows(std::string_view name) const { return shown_.contains(name); }

  std::string hint(const std::string& name) const {
    const auto dialect = would_show_.find(name);
    if (dialect != would_show_.end())
      return "a service with metrics: [" + dialect->second + "] would";
    std::vector<std::string> known(shown_.begin(), shown_.end());
    for (const auto& [other, ignored] : would_show_) known.push_back(other);
    return did_you_mean(name, known);
  }

 private:
  void add(const Names& names) { shown_.insert(names.begin(), names.end()); }

  Names shown_;
  std::map<std::string, std::string, std::less<>> would_show_;  ///< the first dialect that has it
};

class AskedMetrics {
 public:
  AskedMetrics(const ScenarioDraft& draft, Diagnostics& diagnostics)
      : draft_(draft), diagnostics_(diagnostics), shown_(draft) {}

  void check_strategy(const StrategyChoice& choice, const Value& settings) {
    const Value* written = settings.find("queries");
    if (written == nullptr) return;
    for (std::size_t i = 0; i < choice.queries.size() && i < written->items.size(); ++i)
      if (const Value* query = written->items[i].find("query"))
        check_text(choice.queries[i], *query);
  }

  /// Their groups are those of the scenario, one after the other.
  void check_rules(std::span<const Value* const> rule_files) {
    auto group = draft_.scenario.alerts.begin();
    for (const Value* file : rule_files) {
      const Value* spec = file->find("spec");  // of a manifest
      const Value* groups = (spec != nullptr ? spec : file)->find("groups");
      for (std::size_t g = 0; groups != nullptr && g < groups->items.size(); ++g, ++group)
        check_group(*group, groups->items[g].find("rules"));
    }
  }

 private:
  void check_group(const rules::RuleGroup& group, const Value* written) {
    for (std::size_t r = 0; r < group.rules.size(); ++r)
      if (const Value* expr = written->items[r].find("expr"))
        check_names(rules::expr_of(group.rules[r]), *expr);
  }

  void check_text(const std::string& text, const Value& written) {
    try {
      check_names(promql::Query::parse(text, draft_.scenario.telemetry.promql()), written);
    } catch (const promql::ParseError& e) {
      diagnostics_.error(
          written.at, "the Prometheus of telemetry.prometheus does not take this: " + e.message());
    }
  }

  void check_names(const promql::Query& query, const Value& written) {
    const Duration retention = draft_.scenario.telemetry.retention;
    if (query.reach() > retention)
      diagnostics_.warning(written.at,
                           "looks " + promql::duration_text(query.reach()) +
                               " back, and samples are kept for " +
                               promql::duration_text(retention) + " (telemetry.retention)");
    Names told;
    for (const auto matchers : query.selectors())
      for (const Matcher& m : matchers) {
        if (m.name() != kMetricName || m.op() != MatchOp::equal || shown_.shows(m.value()))
          continue;
        // Not one that is made of a placeholder.
        const std::size_t offset = place_of_word(written.text, m.value());
        if (offset == std::string::npos || !told.insert(m.value()).second) continue;
        diagnostics_.warning(place_in_scalar(written, offset),
                             "nothing here shows " + m.value(),
                             shown_.hint(m.value()));
      }
  }

  const ScenarioDraft& draft_;
  Diagnostics& diagnostics_;
  ShownMetrics shown_;
};

}  // namespace

void check_asked_metrics(const ScenarioDraft& draft,
                         const Value& scenario,
                         std::span<const Value* const> rule_files,
                         Diagnostics& diagnostics) {
  const Value* strategies = scenario.find("strategies");
  if (rule_files.empty() && strategies == nullptr) return;
  AskedMetrics asked(draft, diagnostics);
  asked.check_rules(rule_files);
  const auto& choices = draft.scenario.strategies;
  if (strategies == nullptr) return;
  for (std::size_t i = 0; i < choices.size() && i < strategies->items.size(); ++i)
    asked.check_strategy(choices[i], settings_of_element(*strategies, i));
}

}  // namespace coalmine

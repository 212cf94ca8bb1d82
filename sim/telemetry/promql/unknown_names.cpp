#include "sim/telemetry/promql/unknown_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "sim/kernel/diagnostics.h"
#include "sim/telemetry/go_number.h"
#include "sim/telemetry/go_quote.h"
#include "sim/telemetry/promql/ast.h"
#include "sim/telemetry/promql/functions.h"

namespace coalmine::promql {
namespace {

using Names = std::set<std::string, std::less<>>;

std::string meant(const std::string& word, const Names& known) {
  const std::vector<std::string> candidates(known.begin(), known.end());
  return did_you_mean(word, candidates);
}

/// Bounds are written as `1` or as `1.0`.
std::string same_number(const std::string& word, const Names& known) {
  const std::optional<double> number = parse_go_number(word);
  if (!number) return {};
  for (const std::string& other : known)
    if (parse_go_number(other) == number) return "did you mean " + other + "?";
  return {};
}

void add_names(const StoredSeries& series, Names& names) {
  for (const Label& label : *series.labels) names.insert(label.name);
}

const Matcher* matcher_of_name(const VectorSelector& selector) {
  const auto found =
      std::find_if(selector.matchers.begin(), selector.matchers.end(), [](const Matcher& m) {
        return m.name() == kMetricName && m.op() == MatchOp::equal && !m.value().empty();
      });
  return found == selector.matchers.end() ? nullptr : &*found;
}

std::vector<StoredSeries> called(const Matcher* name, const SeriesSource& source) {
  return name != nullptr ? source.select(std::span(name, 1)) : source.select({});
}

/// What a label is in these series; empty where it is missing.
Names values_of(const std::string& label, const std::vector<StoredSeries>& series) {
  Names values;
  for (const StoredSeries& one : series) values.emplace(one.labels->get(label));
  return values;
}

std::optional<UnknownName> unknown_in(const Node& node,
                                      const VectorSelector& selector,
                                      const SeriesSource& source) {
  const Matcher* name = matcher_of_name(selector);
  const std::vector<StoredSeries> series = called(name, source);
  const std::string whose = name != nullptr ? "no series of " + name->value() : "no series";
  if (series.empty()) {
    if (name == nullptr) return std::nullopt;
    Names names;
    for (const StoredSeries& one : source.select({})) names.emplace(one.labels->metric_name());
    return UnknownName{
        node.begin, "no series is called " + name->value(), meant(name->value(), names)};
  }
  for (const Matcher& matcher : selector.matchers) {
    if (&matcher == name || matcher.matches(std::string_view())) continue;
    Names values = values_of(matcher.name(), series);
    values.erase("");
    if (values.empty()) {
      Names names;
      for (const StoredSeries& one : series) add_names(one, names);
      return UnknownName{node.begin,
                         fmt::format("{} has a label {}", whose, matcher.name()),
                         meant(matcher.name(), names)};
    }
    if (std::any_of(
            values.begin(), values.end(), [&](const std::string& v) { return matcher.matches(v); }))
      continue;
    constexpr std::size_t kShown = 5;
    std::string hint = same_number(matcher.value(), values);
    if (hint.empty()) hint = meant(matcher.value(), values);
    if (hint.empty()) {
      std::vector<std::string> shown;
      for (const std::string& value : values) {
        shown.push_back(shown.size() < kShown ? go_quote(value) : "...");
        if (shown.size() > kShown) break;
      }
      hint = fmt::format("{} is {}", matcher.name(), join(shown));
    }
    return UnknownName{node.begin, fmt::format("{} has {}", whose, matcher.text()), hint};
  }
  return std::nullopt;
}

const VectorSelector* selector_of(const Node& node) {
  if (const auto* matrix = std::get_if<MatrixSelector>(&node.is)) return &matrix->selector;
  return std::get_if<VectorSelector>(&node.is);
}

bool makes_labels(const Node& node) {
  bool makes = false;
  walk(node, [&](const Node& below) {
    const auto* call = std::get_if<Call>(&below.is);
    const auto* aggregation = std::get_if<Aggregation>(&below.is);
    makes = makes ||
            (call != nullptr && (call->function->special == Special::label_replace ||
                                 call->function->special == Special::label_join)) ||
            (aggregation != nullptr && aggregation->op == AggregateOp::count_values);
  });
  return makes;
}

/// The labels of everything that is selected below; none at all where nothing is.
Names labels_below(const Node& node, const SeriesSource& source) {
  Names names;
  walk(node, [&](const Node& below) {
    if (const VectorSelector* selector = selector_of(below))
      for (const StoredSeries& series : source.select(selector->matchers)) add_names(series, names);
  });
  return names;
}

void look_up(const std::vector<std::string>& labels,
             std::string_view keyword,
             std::size_t offset,
             const Names& known,
             std::vector<UnknownName>& found) {
  if (known.empty()) return;
  for (const std::string& label : labels)
    if (!known.contains(label))
      found.push_back(
          {offset,
           fmt::format("no series that is grouped here has a label {} ({})", label, keyword),
           meant(label, known)});
}

}  // namespace

std::vector<UnknownName> unknown_in_selectors(const Query& query, const SeriesSource& source) {
  std::vector<UnknownName> found;
  walk(query.root(), [&](const Node& node) {
    const VectorSelector* selector = selector_of(node);
    if (selector == nullptr) return;
    if (auto unknown = unknown_in(node, *selector, source)) found.push_back(std::move(*unknown));
  });
  return found;
}

std::vector<UnknownName> unknown_metrics(const Query& query, const SeriesSource& source) {
  std::vector<UnknownName> found;
  walk(query.root(), [&](const Node& node) {
    const VectorSelector* selector = selector_of(node);
    const Matcher* name = selector != nullptr ? matcher_of_name(*selector) : nullptr;
    if (name == nullptr || !called(name, source).empty()) return;
    if (auto unknown = unknown_in(node, *selector, source)) found.push_back(std::move(*unknown));
  });
  return found;
}

std::vector<UnknownName> unknown_in_groupings(const Query& query, const SeriesSource& source) {
  std::vector<UnknownName> found;
  walk(query.root(), [&](const Node& node) {
    if (makes_labels(node)) return;
    if (const auto* aggregation = std::get_if<Aggregation>(&node.is)) {
      if (!aggregation->without)
        look_up(aggregation->grouping, "by", node.begin, labels_below(node, source), found);
    } else if (const auto* binary = std::get_if<Binary>(&node.is)) {
      if (binary->matching.on)
        look_up(
            binary->matching.labels, "on", binary->op_offset, labels_below(node, source), found);
    }
  });
  return found;
}

}  // namespace coalmine::promql

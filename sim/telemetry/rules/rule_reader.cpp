#include "sim/telemetry/rules/rule_reader.h"
#include "sim/kernel/place_in_scalar.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "sim/kernel/settings.h"
#include "sim/telemetry/go_quote.h"
#include "sim/telemetry/promql/duration.h"

namespace coalmine::rules {
namespace {

/// A key's value as it was written: rules are checked key by key, as promtool does.
using Written = const Value*;

Reader<Written> as_written() {
  ValueType type;
  type.kind = ValueKind::text;
  return {
      type,
      [](const Value& value, const std::string&, const FieldOptions&, Diagnostics&, Written& out) {
        out = &value;
        return true;
      }};
}

struct RuleKeys {
  Written record = nullptr;
  Written alert = nullptr;
  Written expr = nullptr;
  Written hold = nullptr;
  Written keep_firing_for = nullptr;
  Written labels = nullptr;
  Written annotations = nullptr;
};

struct GroupKeys {
  Written name = nullptr;
  Written interval = nullptr;
  Written limit = nullptr;
  Written query_offset = nullptr;
  Written labels = nullptr;
  Written rules = nullptr;
  Written partial_response = nullptr;
};

Section<RuleKeys> rule_table() {
  Section<RuleKeys> table("a rule", "Records a metric or raises an alert.");
  table.field("record", &RuleKeys::record, as_written(), {.help = "the metric to record"})
      .field("alert", &RuleKeys::alert, as_written(), {.help = "the name of the alert"})
      .field("expr", &RuleKeys::expr, as_written(), {.help = "PromQL"})
      .field("for", &RuleKeys::hold, as_written(), {.help = "how long an alert pends"})
      .field("keep_firing_for",
             &RuleKeys::keep_firing_for,
             as_written(),
             {.help = "how long an alert fires on without a result"})
      .field("labels", &RuleKeys::labels, as_written(), {.help = "put over those of the result"})
      .field("annotations", &RuleKeys::annotations, as_written(), {.help = "texts of an alert"});
  return table;
}

Section<GroupKeys> group_table(PromDialect dialect, bool is_manifest) {
  Section<GroupKeys> table("a rule group", "Rules that are evaluated together, in order.");
  table.field("name", &GroupKeys::name, as_written(), {.help = "unique in the file"})
      .field("interval", &GroupKeys::interval, as_written(), {.help = "between evaluations"})
      .field("limit", &GroupKeys::limit, as_written(), {.help = "results a rule may have"})
      .field("rules", &GroupKeys::rules, as_written(), {.help = "in the order of evaluation"});
  if (dialect != PromDialect::v2)
    table.field("query_offset",
                &GroupKeys::query_offset,
                as_written(),
                {.help = "how far back expressions are evaluated"});
  if (dialect == PromDialect::v3)
    table.field("labels", &GroupKeys::labels, as_written(), {.help = "of every rule of the group"});
  if (is_manifest)
    table.field("partial_response_strategy",
                &GroupKeys::partial_response,
                as_written(),
                {.help = "for Thanos; no effect here"});
  return table;
}

class RuleReader {
 public:
  RuleReader(const promql::Options& options, bool is_manifest, Diagnostics& diagnostics)
      : options_(options),
        diagnostics_(diagnostics),
        rule_table_(rule_table()),
        group_table_(group_table(options.dialect, is_manifest)) {}

  std::vector<RuleGroup> groups(const Value& list) {
    std::vector<RuleGroup> read;
    if (list.is_null()) return read;
    if (!list.is_list()) {
      diagnostics_.error(list.at, "groups must be a list, found " + list.describe());
      return read;
    }
    for (const Value& item : list.items)
      if (auto made = group(item)) read.push_back(std::move(*made));
    warn_of_duplicates(read);
    return read;
  }

 private:
  std::optional<RuleGroup> group(const Value& node) {
    GroupKeys keys;
    group_table_.load(keys, node, diagnostics_);
    if (!node.is_map()) return std::nullopt;
    RuleGroup group;
    group.at = node.at;
    group.name = text(keys.name, "name").value_or("");
    if (group.name.empty()) {
      error(keys.name, node, "a rule group needs a name");
    } else if (!names_.insert(group.name).second) {
      error(keys.name, node, "the group " + go_quote(group.name) + " is given twice");
    }
    const Millis interval = duration(keys.interval, "interval");
    if (interval > Millis(0)) group.interval = interval;
    group.limit = whole_number(keys.limit, "limit");
    group.query_offset = duration(keys.query_offset, "query_offset");
    std::vector<Named> shared = named(keys.labels, "labels");
    check_label_names(shared);
    if (keys.rules == nullptr || keys.rules->is_null()) return group;
    if (!keys.rules->is_list()) {
      diagnostics_.error(keys.rules->at, "rules must be a list, found " + keys.rules->describe());
      return group;
    }
    for (const Value& item : keys.rules->items)
      if (auto made = rule(item, shared)) group.rules.push_back(std::move(*made));
    return group;
  }

  /// One entry of labels or annotations.
  struct Named {
    std::string name;
    std::string text;
    Position name_at;
    const Value* value;
  };

  std::optional<Rule> rule(const Value& node, const std::vector<Named>& shared) {
    RuleKeys keys;
    rule_table_.load(keys, node, diagnostics_);
    if (!node.is_map()) return std::nullopt;
    const std::string record = text(keys.record, "record").value_or("");
    const std::string alert = text(keys.alert, "alert").value_or("");
    if (!record.empty() && !alert.empty())
      diagnostics_.error(keys.alert->at, "a rule has either record or alert, not both");
    if (record.empty() && alert.empty())
      diagnostics_.error(node.at, "a rule needs record or alert");
    const auto expr = expression(keys.expr, node);
    std::vector<Named> labels = named(keys.labels, "labels");
    check_label_names(labels);
    for (const Named& label : shared)
      if (std::none_of(labels.begin(), labels.end(), [&](const Named& own) {
            return own.name == label.name;
          }))
        labels.push_back(label);
    sort_by_name(labels);
    if (!record.empty()) return recording(keys, record, expr, labels, node);
    return alerting(keys, alert, expr, labels, node);
  }

  std::optional<Rule> recording(const RuleKeys& keys,
                                const std::string& record,
                                const std::optional<promql::Query>& expr,
                                const std::vector<Named>& labels,
                                const Value& node) {
    if (!is_metric_name(record))
      diagnostics_.error(keys.record->at,
                         go_quote(record) + " is not a metric name",
                         {},
                         "letters, digits, _ and :, no digit first");
    refuse_in_recording(keys.hold, "for");
    refuse_in_recording(keys.keep_firing_for, "keep_firing_for");
    refuse_in_recording(keys.annotations, "annotations");
    for (const Named& label : labels)
      if (label.text.find("{{") != std::string::npos)
        diagnostics_.warning(label.value->at,
                             "labels of a recording rule are no templates: this stays as it is");
    if (!expr) return std::nullopt;
    RecordingRule rule{record, *expr};
    rule.at = node.at;
    for (const Named& label : labels) rule.labels.push_back({label.name, label.text});
    return rule;
  }

  /// Nothing, and no time at all, are no mistake.
  void refuse_in_recording(Written value, std::string_view key) {
    if (value == nullptr || value->is_null() || (value->is_map() && value->entries.empty())) return;
    const promql::ReadDuration read = promql::parse_duration(value->text);
    if (value->is_scalar() && read.error.empty() && read.value == Millis(0)) return;
    diagnostics_.error(value->at, fmt::format("{} has no place in a recording rule", key));
  }

  std::optional<Rule> alerting(const RuleKeys& keys,
                               const std::string& alert,
                               const std::optional<promql::Query>& expr,
                               const std::vector<Named>& labels,
                               const Value& node) {
    AlertingRule rule{alert, expr.value_or(promql::Query())};
    rule.at = node.at;
    rule.hold = duration(keys.hold, "for");
    rule.keep_firing_for = duration(keys.keep_firing_for, "keep_firing_for");
    for (const Named& label : labels) {
      if (label.name == "alertname" || label.name == "alertstate")
        diagnostics_.warning(label.name_at,
                             label.name + " is set by Prometheus: this value is not seen");
      rule.labels.push_back({label.name, templated(label)});
    }
    std::vector<Named> annotations = named(keys.annotations, "annotations");
    sort_by_name(annotations);
    for (const Named& annotation : annotations) {
      if (!is_label_name(annotation.name))
        diagnostics_.error(annotation.name_at,
                           go_quote(annotation.name) + " is not the name of an annotation",
                           {},
                           "letters, digits and _, no digit first");
      rule.annotations.push_back({annotation.name, templated(annotation)});
    }
    if (!expr || alert.empty()) return std::nullopt;
    return rule;
  }

  Template templated(const Named& named) {
    std::vector<TemplateFinding> findings;
    Template made = Template::parse(named.text, findings);
    for (const TemplateFinding& finding : findings) {
      const Position at = place_in_scalar(*named.value, finding.offset);
      const std::string message = fmt::format("template of {}: {}", named.name, finding.message);
      if (finding.is_error)
        diagnostics_.error(at, message);
      else
        diagnostics_.warning(at, message, "stays in the text as it is");
    }
    return made;
  }

  std::optional<promql::Query> expression(Written value, const Value& rule) {
    const std::optional<std::string> written = text(value, "expr");
    if (!written) return std::nullopt;
    if (written->empty()) {
      error(value, rule, "a rule needs expr");
      return std::nullopt;
    }
    try {
      promql::Query query = promql::Query::parse(*written, options_);
      if (query.type() != promql::ValueType::vector && query.type() != promql::ValueType::scalar)
        diagnostics_.warning(
            value->at,
            fmt::format("expr is a {}: every evaluation will fail", name_of(query.type())),
            "a rule wants a vector or a scalar");
      return query;
    } catch (const promql::ParseError& problem) {
      diagnostics_.error(place_in_scalar(*value, problem.offset()),
                         "expr: " + problem.message(),
                         fmt::format("{}:{} of the expression", problem.line(), problem.column()));
      return std::nullopt;
    }
  }

  void check_label_names(const std::vector<Named>& labels) {
    for (const Named& label : labels)
      if (!is_label_name(label.name) || label.name == kMetricName)
        diagnostics_.error(label.name_at,
                           go_quote(label.name) + " is not the name of a label",
                           label.name == kMetricName ? "the metric's name is not a label here" : "",
                           "letters, digits and _, no digit first");
  }

  /// The text of a scalar; empty where nothing is written, none after an error.
  std::optional<std::string> text(Written value, const std::string& key) {
    if (value == nullptr || value->is_null()) return "";
    if (value->is_scalar()) return value->text;
    diagnostics_.error(value->at, key + ": expected a text, found " + value->describe());
    return std::nullopt;
  }

  Millis duration(Written value, const std::string& key) {
    const auto written = text(value, key);
    if (value == nullptr || value->is_null() || !written) return {};
    const promql::ReadDuration read = promql::parse_duration(*written);
    if (!read.error.empty())
      diagnostics_.error(
          value->at, key + ": " + read.error, {}, "durations look like 1h30m or 90s");
    return read.value;
  }

  int whole_number(Written value, const std::string& key) {
    if (value == nullptr || value->is_null()) return 0;
    int number = 0;
    if (value->is_scalar() && !value->quoted) {
      const char* end = value->text.data() + value->text.size();
      const auto read = std::from_chars(value->text.data(), end, number);
      if (read.ec == std::errc() && read.ptr == end) return number;
    }
    diagnostics_.error(value->at, key + ": expected a whole number, found " + value->describe());
    return 0;
  }

  std::vector<Named> named(Written value, const std::string& key) {
    std::vector<Named> found;
    if (value == nullptr || value->is_null()) return found;
    if (!value->is_map()) {
      diagnostics_.error(value->at, key + ": expected a map, found " + value->describe());
      return found;
    }
    for (const ValueEntry& entry : value->entries)
      if (auto written = text(&entry.value, key + "." + entry.key))
        found.push_back({entry.key, *written, entry.key_at, &entry.value});
    return found;
  }

  static void sort_by_name(std::vector<Named>& list) {
    std::sort(
        list.begin(), list.end(), [](const Named& a, const Named& b) { return a.name < b.name; });
  }

  /// At the value, or at what lacks it.
  void error(Written value, const Value& owner, const std::string& message) {
    diagnostics_.error(value == nullptr || value->is_null() ? owner.at : value->at, message);
  }

  void warn_of_duplicates(const std::vector<RuleGroup>& groups) {
    std::map<std::pair<std::string, std::vector<Label>>, int> lines;
    for (const RuleGroup& group : groups) {
      for (const Rule& rule : group.rules) {
        std::vector<Label> labels;
        Position at;
        if (const auto* recording = std::get_if<RecordingRule>(&rule)) {
          labels = recording->labels;
          at = recording->at;
        } else {
          const auto& alerting = std::get<AlertingRule>(rule);
          at = alerting.at;
          for (const TemplatedLabel& label : alerting.labels)
            labels.push_back({label.name, label.value.text()});
        }
        const auto [first, fresh] = lines.emplace(std::pair(name_of(rule), labels), at.line);
        if (!fresh)
          diagnostics_.warning(at,
                               "a second rule writes " + name_of(rule) + " with the same labels",
                               "first on line " + std::to_string(first->second));
      }
    }
  }

  const promql::Options& options_;
  Diagnostics& diagnostics_;
  Section<RuleKeys> rule_table_;
  Section<GroupKeys> group_table_;
  std::set<std::string> names_;
};

struct FileKeys {
  Written groups = nullptr;
};

struct ManifestKeys {
  Written api_version = nullptr;
  Written kind = nullptr;
  Written metadata = nullptr;
  Written spec = nullptr;
  Written status = nullptr;
};

const Value* groups_of_manifest(const Value& document, Diagnostics& diagnostics) {
  Section<ManifestKeys> table("a PrometheusRule", "A manifest of rule groups.");
  table.field("apiVersion", &ManifestKeys::api_version, as_written(), {})
      .field("kind", &ManifestKeys::kind, as_written(), {})
      .field("metadata", &ManifestKeys::metadata, as_written(), {})
      .field("spec", &ManifestKeys::spec, as_written(), {})
      .field("status", &ManifestKeys::status, as_written(), {});
  ManifestKeys manifest;
  table.load(manifest, document, diagnostics);
  if (manifest.spec == nullptr) {
    diagnostics.error(document.at, "a PrometheusRule needs spec");
    return nullptr;
  }
  FileKeys spec;
  Section<FileKeys>("spec", "Rule groups.")
      .field("groups", &FileKeys::groups, as_written(), {.help = "rule groups"})
      .load(spec, *manifest.spec, diagnostics);
  return spec.groups;
}

bool is_manifest(const Value& document) {
  const Value* kind = document.find("kind");
  return kind != nullptr && kind->is_scalar() && kind->text == "PrometheusRule";
}

}  // namespace

std::vector<RuleGroup> read_rules(const Value& document,
                                  const promql::Options& options,
                                  Diagnostics& diagnostics) {
  const bool manifest = is_manifest(document);
  FileKeys file;
  if (manifest) {
    file.groups = groups_of_manifest(document, diagnostics);
  } else {
    Section<FileKeys>("a rule file", "Rule groups.")
        .field("groups", &FileKeys::groups, as_written(), {.help = "rule groups"})
        .load(file, document, diagnostics);
  }
  if (file.groups == nullptr) return {};
  return RuleReader(options, manifest, diagnostics).groups(*file.groups);
}

}  // namespace coalmine::rules

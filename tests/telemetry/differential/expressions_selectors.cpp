// Selectors, ranges and subqueries.
#include <fmt/format.h>

#include "tests/telemetry/differential/expressions.h"

namespace coalmine::promql {
namespace {

bool is_safe_in_regex(std::string_view text) {
  return text.find_first_of("\\\"'`\n<&. +") == std::string_view::npos;
}

}  // namespace

const Metric& Expressions::metric(const Context& context) {
  return context.metric != nullptr ? *context.metric : dice_.pick(metrics());
}

std::vector<std::string> Expressions::some_labels(const Metric& metric) {
  std::vector<std::string> labels;
  for (const LabelPool& label : metric.labels)
    if (dice_.chance(60)) labels.push_back(label.name);
  return labels;
}

std::string Expressions::matcher(const LabelPool& label) {
  const std::string& value = dice_.chance(93) ? dice_.pick(label.values) : "elsewhere";
  std::string pattern;
  switch (dice_.below(5)) {
    case 0:
      pattern = ".*";
      break;
    case 1:
      pattern = ".+";
      break;
    case 2:
      pattern = is_safe_in_regex(value) ? value + "|.*2.*" : ".*b.*";
      break;
    case 3:
      pattern = is_safe_in_regex(value) && !value.empty() ? value.substr(0, 1) + ".*" : "[a-z/].*";
      break;
    default:
      pattern = is_safe_in_regex(value) ? value : "";
      break;
  }
  const std::size_t roll = dice_.below(100);
  const std::string op = roll < 45 ? "=" : roll < 65 ? "!=" : roll < 85 ? "=~" : "!~";
  draws_.count("matcher " + op);
  return label.name + op + writer_.string(op.back() == '~' ? pattern : value);
}

std::string Expressions::selector_text(const Metric& metric) {
  std::vector<std::string> matchers;
  for (const LabelPool& label : metric.labels)
    if (dice_.chance(25)) matchers.push_back(matcher(label));
  std::string text = metric.name;
  if (dice_.chance(6)) {
    draws_.count("selector by __name__");
    text.clear();
    const bool regex = dice_.chance(50);
    const std::string name =
        regex ? dice_.pick({"requests_total|errors_total", "load|mode", "latency_.*", ".*_length"})
              : metric.name;
    matchers.insert(matchers.begin(), (regex ? "__name__=~" : "__name__=") + writer_.string(name));
  }
  if (matchers.empty()) return dice_.chance(5) ? text + "{}" : text;
  text += "{";
  for (std::size_t i = 0; i < matchers.size(); ++i) text += (i == 0 ? "" : ", ") + matchers[i];
  return text + (dice_.chance(5) ? ",}" : "}");
}

std::string Expressions::displacement(const Context& context) {
  static const std::vector<std::string> kPast{
      "30s", "1m", "5m", "15s", "1m30s", "500ms", "10m", "1h", "7s"};
  std::string offset;
  if (dice_.chance(22)) {
    const bool negative = dice_.chance(30);
    draws_.count(negative ? "offset, negative" : "offset");
    offset = " " + writer_.keyword("offset") + (negative ? " -" : " ") + dice_.pick(kPast);
  }
  const bool may = context.pinning == Pinning::any ||
                   (context.pinning == Pinning::not_with_offset && offset.empty());
  if (!may || !dice_.chance(14)) return offset;
  std::string at;
  if (dice_.chance(50)) {
    draws_.count("@ number");
    const std::int64_t ms =
        dice_.between((from_ - std::chrono::minutes(2)).time_since_epoch().count(),
                      (to_ + std::chrono::minutes(6)).time_since_epoch().count());
    at = fmt::format(" @ {}.{:03}", ms / 1000, ms % 1000);
  } else {
    const bool start = dice_.chance(50);
    draws_.count(start ? "@ start()" : "@ end()");
    at = start ? " @ start()" : " @ end()";
  }
  if (!offset.empty()) draws_.count("@ and offset");
  return dice_.chance(50) ? offset + at : at + offset;
}

Expression Expressions::selector(const Context& context) {
  std::string text = selector_text(metric(context));
  text += displacement(context);
  return {.text = text};
}

Expression Expressions::matrix(const Context& context) {
  static const std::vector<std::string> kRanges{
      "1m", "1m", "2m", "5m", "5m", "30s", "15s", "45s", "1m30s", "10m", "20s500ms", "1h", "1ms"};
  if (context.depth > 0 && !context.plain && context.subqueries < 2 && dice_.chance(28))
    return subquery(context);
  draws_.count("range");
  std::string text = selector_text(metric(context));
  text += "[" + dice_.pick(kRanges) + "]";
  text += displacement(context);
  return {.text = text};
}

Expression Expressions::subquery(const Context& context) {
  static const std::vector<std::string> kWindows{
      "5m:1m", "2m:15s", "5m:30s", "1m:7s", "90s:10s", "5m30s:45s", "45s:45s", "10m:2m", "1m:1m"};
  Context inner = context.deeper();
  ++inner.subqueries;
  inner.pinning = Pinning::any;
  const bool default_step = dice_.chance(20);
  draws_.count(default_step ? "subquery without a step" : "subquery");
  const Expression of = vector(inner);
  // Pinned inside and outside, a range inside looks at the wrong instant in queries of several
  // steps.
  Context outside = context;
  if (of.text.find('@') != std::string::npos) outside.pinning = Pinning::none;
  const std::string moved = displacement(outside);
  if (!moved.empty()) draws_.count("subquery, displaced");
  Expression made{.text = writer_.subquery_base(of)};
  std::string window = default_step ? dice_.pick({"3m:", "5m:", "10m:"}) : dice_.pick(kWindows);
  // One without a step in it has an answer all the same if that does not depend on the step: one
  // that lies outside of it.
  if (dice_.chance(10) && of.text.find('@') == std::string::npos) window = "30s:1m";
  made.text += "[" + window + "]" + moved;
  take_flags(made, of);
  made.ordered = made.ordered_in_steps = of.ordered_in_steps;
  return made;
}

}  // namespace coalmine::promql

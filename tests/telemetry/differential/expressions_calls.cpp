// Calls of functions.
#include <fmt/format.h>

#include <algorithm>

#include "tests/telemetry/differential/expressions.h"

namespace coalmine::promql {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_date(const Function& function) {
  return function.element != nullptr && function.variadic == 1 && function.arguments.size() == 1;
}

/// The last bit of an element is no more than the last bit of the result.
bool is_tame(const Function& function) {
  return is_one_of(function.name,
                   {"abs",
                    "absent",
                    "absent_over_time",
                    "count_over_time",
                    "label_join",
                    "label_replace",
                    "last_over_time",
                    "max_over_time",
                    "min_over_time",
                    "present_over_time",
                    "timestamp"});
}

bool is_of_buckets(const Function& function) {
  return is_one_of(function.name, {"histogram_fraction", "histogram_quantile"});
}

bool has_one_element(const Function& function) {
  return is_one_of(function.name, {"absent", "absent_over_time", "vector"});
}

}  // namespace

bool is_rounded_anyhow(const Function& function) {
  return is_one_of(function.name,
                   {"acos",
                    "acosh",
                    "asin",
                    "asinh",
                    "atan",
                    "atanh",
                    "cos",
                    "cosh",
                    "exp",
                    "ln",
                    "log10",
                    "log2",
                    "sin",
                    "sinh",
                    "tan",
                    "tanh"});
}

Expression Expressions::random_call(const Context& context) {
  const std::span<const Function> all = all_functions();
  while (true) {
    const Function& function = all[dice_.below(all.size())];
    if (function.returns != ValueType::vector) continue;
    if (context.exact && is_rounded_anyhow(function)) continue;
    return call(function, context);
  }
}

Expression Expressions::call(const Function& function, const Context& context) {
  draws_.count(fmt::format("function {}", function.name));
  Expression made{.text = std::string(function.name) + "(" + writer_.gap()};
  made.rounded_anyhow = is_rounded_anyhow(function);
  bool first = true;
  bool range = false;
  for (const Expression& argument : arguments(function, context)) {
    if (!first) made.text += "," + std::string(dice_.chance(80) ? " " : "");
    first = false;
    made.text += argument.text;
    take_flags(made, argument);
    range = range || (function.range != nullptr && argument.ordered_in_steps);
  }
  made.text += writer_.gap() + ")";
  made.ordered_in_steps = range && made.ordered;
  if (has_one_element(function)) made.ordered = made.ordered_in_steps = true;
  if (is_of_buckets(function)) made.ordered = false;
  made.by_value = is_one_of(function.name, {"sort", "sort_desc"});
  if (made.by_value) made.ordered = false;
  return made;
}

std::vector<Expression> Expressions::arguments(const Function& function, const Context& context) {
  if (is_one_of(function.name, {"label_replace", "label_join"}))
    return arguments_of_labels(function, context);
  std::vector<Expression> made;
  std::size_t count = function.arguments.size();
  if (function.variadic == 1 && dice_.chance(is_date(function) ? 15 : 40)) --count;
  Context inner = is_tame(function) ? context.deeper() : context.deeper_exact();
  // timestamp(x @ 1 offset 5m) forgets the offset, though it loads the samples for it.
  if (function.name == "timestamp") inner.pinning = Pinning::not_with_offset;
  Context range = inner;
  // Until 2.50 a pinned range went astray here (prometheus/prometheus issue 11708).
  if (is_one_of(function.name, {"predict_linear", "quantile_over_time"}))
    range.pinning = Pinning::none;
  for (std::size_t i = 0; i < count; ++i) {
    switch (function.arguments[i]) {
      case ValueType::matrix:
        made.push_back(matrix(range));
        break;
      case ValueType::vector:
        made.push_back(is_of_buckets(function) ? buckets(inner)
                       : is_date(function)     ? dates(inner)
                                               : vector(inner));
        break;
      default:
        made.push_back(scalar_argument(function, inner));
        break;
    }
  }
  return made;
}

Expression Expressions::scalar_argument(const Function& function, const Context& context) {
  static const std::vector<std::string> kQuantiles{
      "0", "0.1", "0.5", "0.9", "0.95", "0.99", "1", "-0.1", "1.1", "NaN"};
  static const std::vector<std::string> kSeconds{"0", "60", "3600", "-300", "0.5", "Inf"};
  static const std::vector<std::string> kLimits{"-1", "0", "1", "2.5", "100", "1e6", "NaN", "-Inf"};
  static const std::vector<std::string> kSteps{"1", "0.5", "5", "0.1", "100", "0.003", "-2", "0"};
  Context exact = context;
  exact.exact = true;
  if (dice_.chance(12)) return scalar(exact);
  if (is_one_of(function.name, {"histogram_quantile", "quantile_over_time"}))
    return scalar_literal(kQuantiles);
  if (function.name == "predict_linear") return scalar_literal(kSeconds);
  if (function.name == "round") return scalar_literal(kSteps);
  if (function.name == "vector") return scalar(context);
  return scalar_literal(kLimits);
}

std::vector<Expression> Expressions::arguments_of_labels(const Function& function,
                                                         const Context& context) {
  static const std::vector<std::string> kTargets{
      "made", "made", "made", "region", "job", "instance", "__name__", "2nd", ""};
  static const std::vector<std::string> kOrigins{
      "job", "instance", "region", "code", "__name__", "le", "path", "nothing"};
  static const std::vector<std::string> kPatterns{"(.*)",
                                                  "(.+)",
                                                  "([a-z]+)-?(.*)",
                                                  "(?P<host>[^:]+):(\\d+)",
                                                  "api|web",
                                                  "",
                                                  ".*",
                                                  "([0-9])..",
                                                  "(?i)API",
                                                  "("};
  static const std::vector<std::string> kReplacements{
      "$1", "$1", "x-$1", "${1}x", "$1x", "$host", "${host}/$2", "$$1", "", "fixed", "$0", "$9"};
  std::vector<Expression> made{vector(context.deeper())};
  const auto add = [&](const std::string& text) { made.push_back({.text = writer_.string(text)}); };
  add(dice_.pick(kTargets));
  if (function.name == "label_replace") {
    add(dice_.pick(kReplacements));
    add(dice_.pick(kOrigins));
    add(dice_.pick(kPatterns));
  } else {
    add(dice_.pick({"-", "", ", "}));
    for (std::size_t i = dice_.below(4); i > 0; --i)
      add(dice_.chance(96) ? dice_.pick(kOrigins) : "a-b");
  }
  return made;
}

/// For histogram_quantile: mostly what belongs there.
Expression Expressions::buckets(const Context& context) {
  const std::vector<Metric>& all = metrics();
  const auto named = [&](std::string_view name) -> const Metric& {
    return *std::find_if(all.begin(), all.end(), [&](const Metric& m) { return m.name == name; });
  };
  const Context inner = context.of(named(dice_.chance(75) ? "latency_bucket" : "odd_bucket"));
  if (dice_.chance(15)) return selector(inner);
  if (dice_.chance(40)) return call(*find_function(dice_.pick({"rate", "increase"})), inner);
  if (dice_.chance(8)) return vector(context);
  draws_.count("aggregation sum");
  draws_.count("by");
  draws_.count("grouping in front");
  Context shallow = inner;
  shallow.depth = 0;
  const Expression rates = call(*find_function("rate"), shallow);
  Expression made{.text = "sum by (le" + std::string(dice_.pick({"", ", job", ", path"})) + ") ("};
  made.text += rates.text + ")";
  take_flags(made, rates);
  made.ordered_in_steps = false;
  return made;
}

Expression Expressions::dates(const Context& context) {
  const std::vector<Metric>& all = metrics();
  if (dice_.chance(20)) return vector(context);
  if (dice_.chance(15)) return call(*find_function("vector"), context);
  const auto clock = std::find_if(
      all.begin(), all.end(), [](const Metric& m) { return m.kind == MetricKind::clock; });
  return selector(context.of(*clock));
}

}  // namespace coalmine::promql

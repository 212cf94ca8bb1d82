#include "sim/telemetry/promql/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "sim/kernel/diagnostics.h"
#include "sim/telemetry/promql/element_functions.h"
#include "sim/telemetry/promql/range_functions.h"

namespace coalmine::promql {
namespace {

constexpr ValueType kScalar = ValueType::scalar;
constexpr ValueType kVector = ValueType::vector;
constexpr ValueType kMatrix = ValueType::matrix;
constexpr ValueType kString = ValueType::string;

template <double (*F)(double)>
double plain(double value, std::span<const double> /*arguments*/) {
  return F(value);
}

Function over_range(std::string_view name, RangeFunction function) {
  return {.name = name, .arguments = {kMatrix}, .range = function};
}

Function of_element(std::string_view name, ElementFunction function) {
  return {.name = name, .arguments = {kVector}, .element = function};
}

/// Without an argument: of the instant of evaluation.
Function of_date(std::string_view name, ElementFunction function) {
  return {.name = name, .arguments = {kVector}, .variadic = 1, .element = function};
}

std::vector<Function> functions_of_ranges() {
  using namespace range;
  return {
      over_range("avg_over_time", avg_over_time),
      over_range("changes", changes),
      over_range("count_over_time", count_over_time),
      over_range("delta", delta),
      over_range("deriv", deriv),
      over_range("idelta", idelta),
      over_range("increase", increase),
      over_range("irate", irate),
      {.name = "last_over_time",
       .arguments = {kMatrix},
       .range = last_over_time,
       .keeps_name = true},
      over_range("max_over_time", max_over_time),
      over_range("min_over_time", min_over_time),
      {.name = "predict_linear", .arguments = {kMatrix, kScalar}, .range = predict_linear},
      over_range("present_over_time", present_over_time),
      {.name = "quantile_over_time", .arguments = {kScalar, kMatrix}, .range = quantile_over_time},
      over_range("rate", rate),
      over_range("resets", resets),
      over_range("stddev_over_time", stddev_over_time),
      over_range("stdvar_over_time", stdvar_over_time),
      over_range("sum_over_time", sum_over_time),
  };
}

std::vector<Function> functions_of_elements() {
  using namespace element;
  return {
      of_element("abs", plain<std::abs>),
      of_element("acos", plain<std::acos>),
      of_element("acosh", plain<std::acosh>),
      of_element("asin", plain<std::asin>),
      of_element("asinh", plain<std::asinh>),
      of_element("atan", plain<std::atan>),
      of_element("atanh", plain<std::atanh>),
      of_element("ceil", plain<std::ceil>),
      {.name = "clamp_max", .arguments = {kVector, kScalar}, .element = clamp_max},
      {.name = "clamp_min", .arguments = {kVector, kScalar}, .element = clamp_min},
      of_element("cos", plain<std::cos>),
      of_element("cosh", cosh),
      of_date("day_of_month", day_of_month),
      of_date("day_of_week", day_of_week),
      of_date("day_of_year", day_of_year),
      of_date("days_in_month", days_in_month),
      of_element("deg", deg),
      of_element("exp", plain<std::exp>),
      of_element("floor", plain<std::floor>),
      of_date("hour", hour),
      of_element("ln", plain<std::log>),
      of_element("log10", plain<std::log10>),
      of_element("log2", plain<std::log2>),
      of_date("minute", minute),
      of_date("month", month),
      of_element("rad", rad),
      {.name = "round", .arguments = {kVector, kScalar}, .variadic = 1, .element = round},
      of_element("sgn", sgn),
      of_element("sin", plain<std::sin>),
      of_element("sinh", sinh),
      of_element("sqrt", plain<std::sqrt>),
      of_element("tan", plain<std::tan>),
      of_element("tanh", plain<std::tanh>),
      of_date("year", year),
  };
}

std::vector<Function> special_functions() {
  const auto special = [](std::string_view name,
                          Special what,
                          std::vector<ValueType> arguments,
                          ValueType returns = kVector,
                          int variadic = 0) {
    return Function{.name = name,
                    .arguments = std::move(arguments),
                    .variadic = variadic,
                    .returns = returns,
                    .special = what};
  };
  return {
      special("absent", Special::absent, {kVector}),
      special("absent_over_time", Special::absent_over_time, {kMatrix}),
      special("clamp", Special::clamp, {kVector, kScalar, kScalar}),
      special("histogram_fraction", Special::histogram_fraction, {kScalar, kScalar, kVector}),
      special("histogram_quantile", Special::histogram_quantile, {kScalar, kVector}),
      special("label_join", Special::label_join, {kVector, kString, kString, kString}, kVector, -1),
      special(
          "label_replace", Special::label_replace, {kVector, kString, kString, kString, kString}),
      special("pi", Special::pi, {}, kScalar),
      special("scalar", Special::scalar, {kVector}, kScalar),
      special("sort", Special::sort, {kVector}),
      special("sort_desc", Special::sort_desc, {kVector}),
      special("time", Special::time, {}, kScalar),
      special("timestamp", Special::timestamp, {kVector}),
      special("vector", Special::vector, {kScalar}),
  };
}

const std::vector<Function>& table() {
  static const std::vector<Function> functions = [] {
    std::vector<Function> all = functions_of_ranges();
    for (auto&& some : {functions_of_elements(), special_functions()})
      all.insert(all.end(), some.begin(), some.end());
    std::sort(all.begin(), all.end(), [](const Function& a, const Function& b) {
      return a.name < b.name;
    });
    return all;
  }();
  return functions;
}

/// Native histograms, experiments, and what 3.x took away or added.
constexpr std::string_view kElsewhere[] = {
    "double_exponential_smoothing",
    "first_over_time",
    "histogram_avg",
    "histogram_count",
    "histogram_quantiles",
    "histogram_stddev",
    "histogram_stdvar",
    "histogram_sum",
    "holt_winters",
    "info",
    "limit_ratio",
    "limitk",
    "mad_over_time",
    "sort_by_label",
    "sort_by_label_desc",
    "ts_of_first_over_time",
    "ts_of_last_over_time",
    "ts_of_max_over_time",
    "ts_of_min_over_time",
};

}  // namespace

std::span<const Function> all_functions() {
  return table();
}

const Function* find_function(std::string_view name) {
  const std::span<const Function> all = table();
  const auto found =
      std::lower_bound(all.begin(), all.end(), name, [](const Function& f, std::string_view n) {
        return f.name < n;
      });
  return found != all.end() && found->name == name ? &*found : nullptr;
}

std::string unknown_function(std::string_view name) {
  if (std::find(std::begin(kElsewhere), std::end(kElsewhere), name) != std::end(kElsewhere))
    return fmt::format("function `{}` is not supported", name);
  std::vector<std::string> names;
  for (const Function& function : table()) names.emplace_back(function.name);
  std::string message = fmt::format("unknown function with name \"{}\"", name);
  if (const auto near = nearest_name(name, names))
    message += fmt::format(", did you mean \"{}\"?", *near);
  return message;
}

}  // namespace coalmine::promql

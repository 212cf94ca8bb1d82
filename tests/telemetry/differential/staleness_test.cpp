// Staleness markers against `promtool test rules`: no other way leads them into a real Prometheus.
//
// It compares floats exactly and has series in no order, so the questions here are such that order
// does not matter.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <iostream>
#include <sstream>

#include "sim/telemetry/go_number.h"
#include "tests/telemetry/differential/dice.h"
#include "tests/telemetry/differential/prometheus_server.h"
#include "tests/telemetry/promql/asking.h"

namespace coalmine::promql {
namespace {

constexpr int kSamples = 90;
constexpr Millis kStep = std::chrono::seconds(10);
constexpr std::size_t kQuestions = 600;

// R is a range, S a step, D an offset; x counts, y goes up and down.
const std::vector<std::string> kForms{
    "x",
    "x{i='1'}",
    "x offset D",
    "-y",
    "timestamp(x)",
    "timestamp(x offset D)",
    "count(x)",
    "sum(y)",
    "max by (j) (x)",
    "group without (i) (y)",
    "quantile(0.5, y)",
    "count_values by (j) ('v', y)",
    "absent(x{i='1'})",
    "absent(y{i='2', j='a'} offset D)",
    "absent_over_time(x{i='1'}[R])",
    "vector(scalar(x{i='2', j='b'})) >= 0",
    "rate(x[R])",
    "increase(x[R] offset D)",
    "irate(x[R])",
    "delta(y[R])",
    "idelta(y[R])",
    "changes(y[R])",
    "resets(x[R])",
    "deriv(y[R])",
    "predict_linear(y[R], 60)",
    "avg_over_time(y[R])",
    "sum_over_time(y[R])",
    "min_over_time(y[R])",
    "max_over_time(y[R])",
    "count_over_time(x[R])",
    "last_over_time(x[R])",
    "present_over_time(x[R] offset D)",
    "stddev_over_time(y[R])",
    "quantile_over_time(0.3, y[R])",
    "x - x offset D",
    "x / y",
    "x + on(i, j) y",
    "x or y",
    "x and y",
    "y unless x",
    "x > y",
    "x == bool y",
    "max_over_time(x[R:S])",
    "count_over_time(y[R:S] offset D)",
    "sum_over_time(rate(x[R])[R:S])",
    "present_over_time((x > 3)[R:S])",
    "absent_over_time(x{i='1'}[R:S])",
    "label_replace(x, 'k', '$1', 'i', '(.)')",
};

std::string random_question(Dice& dice) {
  static const std::vector<std::string> kRanges{"10s", "20s", "30s", "45s", "1m", "2m", "5m"};
  static const std::vector<std::string> kSteps{"10s", "15s", "30s", "7s"};
  static const std::vector<std::string> kOffsets{"10s", "35s", "1m", "5m", "-20s"};
  std::string text;
  for (const char c : dice.pick(kForms)) {
    if (c == 'R')
      text += dice.pick(kRanges);
    else if (c == 'S')
      text += dice.pick(kSteps);
    else if (c == 'D')
      text += dice.pick(kOffsets);
    else
      text += c;
  }
  return text;
}

/// `x{i="1"} 0 3 _ stale 7`: runs of samples, of nothing and of markers.
std::string random_line(Dice& dice, const std::string& name, bool counter) {
  std::string line = name;
  std::int64_t value = dice.between(0, 50);
  for (int i = 0; i < kSamples;) {
    const auto run = static_cast<int>(dice.between(1, dice.chance(10) ? 40 : 6));
    const std::size_t what = dice.below(10);
    for (int k = 0; k < run && i < kSamples; ++k, ++i) {
      value = counter ? (dice.chance(4) ? 0 : value + dice.between(0, 9)) : dice.between(-5, 20);
      if (what < 6)
        line += fmt::format(" {}", value);
      else
        line += what < 7 || k > 0 ? " _" : " stale";
    }
  }
  return line;
}

struct Case {
  std::string query;
  std::int64_t at_seconds = 0;
  Value answer;
};

std::string yaml_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

std::string yaml_number(double value) {
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  return go_number(value);
}

std::string yaml_case(const Case& one) {
  std::string out = fmt::format("      - expr: {}\n        eval_time: {}s\n        exp_samples: [",
                                yaml_quoted(one.query),
                                one.at_seconds);
  for (const Series& series : one.answer.series)
    out += fmt::format("\n          {{labels: {}, value: {}}},",
                       yaml_quoted(series.labels.text()),
                       yaml_number(series.points.front().value));
  return out + "]\n";
}

std::string yaml_of(const std::string& lines, const std::vector<Case>& cases) {
  std::string out = "evaluation_interval: 1s\ntests:\n  - interval: 10s\n    input_series:\n";
  std::istringstream input(lines);
  for (std::string line; std::getline(input, line);) {
    const std::size_t gap = line.find(' ');
    out += fmt::format("      - series: {}\n        values: {}\n",
                       yaml_quoted(line.substr(0, gap)),
                       yaml_quoted(line.substr(gap + 1)));
  }
  out += "    promql_expr_test:\n";
  for (const Case& one : cases) out += yaml_case(one);
  // So that all samples are there, whatever the last instant asked about.
  return out +
         fmt::format("      - {{expr: vector(1), eval_time: {}s, exp_samples: [{{value: 1}}]}}\n",
                     10 * kSamples + 400);
}

bool has_nan(const Value& value) {
  for (const Series& series : value.series)
    if (std::isnan(series.points.front().value)) return true;
  return false;
}

std::size_t markers_in(const std::string& lines) {
  std::size_t count = 0;
  for (std::size_t at = lines.find("stale"); at != std::string::npos;
       at = lines.find("stale", at + 1))
    ++count;
  return count;
}

}  // namespace

TEST_CASE("series that end and begin again are what promtool says they are",
          "[telemetry][promql]") {
  if (!PrometheusServer::installed()) return;
  Dice dice(1);
  std::string lines;
  for (const char* labels :
       {"{i=\"1\",j=\"a\"}", "{i=\"2\",j=\"a\"}", "{i=\"2\",j=\"b\"}", "{i=\"3\"}"}) {
    lines += random_line(dice, "x" + std::string(labels), true) + "\n";
    lines += random_line(dice, "y" + std::string(labels), false) + "\n";
  }
  const SeriesStore table = series(lines, kStep);
  std::vector<Case> cases;
  std::size_t samples = 0;
  while (cases.size() < kQuestions) {
    Case one{random_question(dice), dice.between(0, 10 * kSamples + 360), {}};
    one.answer = Query::parse(one.query, kVersion2)
                     .instant(table, seconds_in(static_cast<double>(one.at_seconds)));
    if (has_nan(one.answer)) continue;  // promtool finds no NaN equal to another
    samples += one.answer.series.size();
    cases.push_back(std::move(one));
  }
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "test.yml").string();
  std::ofstream(file) << yaml_of(lines, cases);
  const int code = run_command("promtool test rules " + file + " >" + file + ".said 2>&1");
  if (code != 0) std::cout << std::ifstream(file + ".said").rdbuf() << '\n';
  std::cout << fmt::format("series with {} staleness markers, questions: {}, values: {}\n",
                           markers_in(lines),
                           cases.size(),
                           samples);
  CHECK(code == 0);
  CHECK(samples > kQuestions);
}

}  // namespace coalmine::promql

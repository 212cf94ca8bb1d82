// Our PromQL against the real one: the same series, the same questions, the same answers.
#include <fmt/core.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>

#include "sim/telemetry/exposition/writer.h"
#include "tests/telemetry/differential/comparison.h"
#include "tests/telemetry/differential/expressions.h"
#include "tests/telemetry/differential/prometheus_server.h"
#include "tests/telemetry/differential/random_series.h"

namespace coalmine::promql {
namespace {

constexpr std::size_t kExpressions = 600;  // of each seed
constexpr std::size_t kDamaged = 100;
constexpr std::size_t kLeastDrawn = 8;

/// Set to more, these test longer: COALMINE_DIFFERENTIAL_SEEDS=50 ./differential_test
std::size_t seeds() {
  const char* set = std::getenv("COALMINE_DIFFERENTIAL_SEEDS");
  return set == nullptr ? 10 : std::strtoul(set, nullptr, 10);
}

/// Within the scrapes or a little outside, on the grid of the scrapes or off it.
Timestamp some_instant(Dice& dice, const RandomSeries& series) {
  const Timestamp from = series.from - std::chrono::minutes(1);
  const std::int64_t length = (series.to + std::chrono::minutes(7) - from).count();
  const Millis at(dice.between(0, length));
  return from + (dice.chance(50) ? at / 15'000 * 15'000 : at);
}

Question over_steps(Dice& dice, const RandomSeries& series, const Expression& expression) {
  static const std::vector<Millis> kSteps{Millis(15'000),
                                          Millis(30'000),
                                          Millis(7'000),
                                          Millis(60'000),
                                          Millis(12'345),
                                          Millis(300'000)};
  Question question{expression, some_instant(dice, series), {}, dice.pick(kSteps)};
  const auto steps = static_cast<std::int64_t>(expression.one_step ? 0 : dice.below(16));
  question.to = question.from + steps * question.step;
  if (!expression.one_step) question.to += Millis(dice.between(0, 5'000));
  return question;
}

void print(const std::string& line) {
  std::cout << line << '\n';
}

void print_disagreements(const Tally& tally) {
  constexpr std::size_t kMost = 40;
  for (std::size_t i = 0; i < std::min(kMost, tally.disagreements.size()); ++i)
    print(tally.disagreements[i]);
}

void print_summary(const std::string& version, const Draws& draws, const Tally& tally) {
  std::size_t functions = 0;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const auto& [part, count] : draws.counts()) {
    if (part.starts_with("function ")) ++functions;
    least = std::min(least, count);
  }
  print("compared with Prometheus " + version);
  print(fmt::format("functions: {}, parts of the language: {}, each drawn at least {} times",
                    functions,
                    draws.counts().size(),
                    least));
  print(fmt::format("questions: {}, answers: {}, with elements: {}, values: {}",
                    tally.questions,
                    tally.answers,
                    tally.with_elements,
                    tally.values));
  print(fmt::format(
      "defined to the last bit: {}, byte for byte the same: {}", tally.exact, tally.same_bytes));
  print(fmt::format("refused by both: {}; with words defined: {}, in the same words: {}",
                    tally.errors,
                    tally.worded,
                    tally.same_words));
  for (const auto& [kind, count] : tally.error_kinds) print(fmt::format("  {}: {}", kind, count));
  print(fmt::format("disagreements: {}", tally.disagreements.size()));
}

TEST_CASE("random questions about random series have the answers that Prometheus gives",
          "[telemetry][promql]") {
  if (!PrometheusServer::installed()) return;
  exposition::Page page;
  std::vector<RandomSeries> series;
  for (std::size_t seed = 1; seed <= seeds(); ++seed) series.push_back(random_series(seed, page));
  PrometheusServer server(exposition::write_openmetrics(page));
  Draws draws;
  Tally tally;
  for (std::size_t seed = 1; seed <= series.size(); ++seed) {
    const RandomSeries& of = series[seed - 1];
    Comparison comparison(server.http(), of.table);
    Expressions expressions(seed, of.from, of.to, draws);
    Dice dice(seed);
    for (std::size_t i = 0; i < kExpressions; ++i) {
      const Expression expression = expressions.next();
      for (int instant = 0; instant < 2; ++instant)
        comparison.ask({expression, some_instant(dice, of), {}, {}}, tally);
      comparison.ask(over_steps(dice, of, expression), tally);
    }
  }
  print_disagreements(tally);
  print(fmt::format("seeds: {}, expressions: {}", series.size(), series.size() * kExpressions));
  print_summary(server.version(), draws, tally);
  CHECK(tally.disagreements.empty());
  for (const auto& [part, count] : draws.counts()) {
    INFO(part);
    CHECK(count >= kLeastDrawn);
  }
  // Neither nothing but silence nor nothing but smooth answers.
  CHECK(2 * tally.with_elements > tally.answers);
  CHECK(50 * tally.errors > tally.questions);
}

TEST_CASE("damaged queries are refused where Prometheus refuses them", "[telemetry][promql]") {
  if (!PrometheusServer::installed()) return;
  exposition::Page page;
  const RandomSeries series = random_series(1, page);
  PrometheusServer server(exposition::write_openmetrics(page));
  Draws draws;
  Tally tally;
  Comparison comparison(server.http(), series.table);
  for (std::size_t seed = 1; seed <= seeds(); ++seed) {
    Expressions expressions(1000 + seed, series.from, series.to, draws);
    for (std::size_t i = 0; i < kDamaged; ++i) comparison.parse(expressions.damaged(), tally);
  }
  print_disagreements(tally);
  print(fmt::format("damaged queries: {}, refused by both: {}, in the same words: {}",
                    tally.questions,
                    tally.errors,
                    tally.same_words));
  print(fmt::format("disagreements: {}", tally.disagreements.size()));
  CHECK(tally.disagreements.empty());
  CHECK(2 * tally.errors > tally.questions);
}

}  // namespace
}  // namespace coalmine::promql

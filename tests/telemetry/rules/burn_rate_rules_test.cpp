#include "sim/telemetry/rules/burn_rate_rules.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "sim/telemetry/promql/duration.h"
#include "sim/telemetry/rules/rule_yaml.h"
#include "tests/telemetry/promql/asking.h"
#include "tests/telemetry/rules/playing.h"

namespace coalmine::rules {
namespace {

using namespace std::chrono_literals;

std::string ratio(Duration window) {
  const std::string w = promql::duration_text(std::chrono::duration_cast<Millis>(window));
  return fmt::format("sum(rate(bad[{}])) / sum(rate(all[{}]))", w, w);
}

BurnRateObjective availability(double target) {
  BurnRateObjective made;
  made.objective.name = "availability";
  made.objective.target = target;
  made.bad_ratio = ratio;
  return made;
}

RuleGroup made_from(const BurnRateObjective& objective, const BurnRateRules& settings = {}) {
  return burn_rate_rules(std::span(&objective, 1), settings);
}

/// Plays the group every `interval` seconds: what it tells.
std::vector<std::string> told(
    RuleGroup group, std::string_view series, Millis step, double until, double interval) {
  Play play("groups: []", series, step);
  play.engines.emplace_back(std::move(group));
  play.until(until, interval);
  return play.told;
}

}  // namespace

// specs/statistics.md section 3.3.

TEST_CASE("an objective becomes a rule file to take home") {
  const RuleGroup group = made_from(availability(0.999));
  CHECK(to_yaml(std::span(&group, 1)) == R"(groups:
- name: error-budgets
  rules:
  - alert: ErrorBudgetBurn
    expr: |-
      (
        (sum(rate(bad[1h])) / sum(rate(all[1h]))) > 14.4 * (1 - 0.999)
      and
        (sum(rate(bad[5m])) / sum(rate(all[5m]))) > 14.4 * (1 - 0.999)
      )
      or
      (
        (sum(rate(bad[6h])) / sum(rate(all[6h]))) > 6 * (1 - 0.999)
      and
        (sum(rate(bad[30m])) / sum(rate(all[30m]))) > 6 * (1 - 0.999)
      )
    labels:
      objective: availability
      severity: page
    annotations:
      description: "99.9 % of requests over 30d are to be good. It pages when that budget is spent 14.4 times too fast over 1h and 5m, or 6 times too fast over 6h and 30m."
      summary: "{{ $value | humanizePercentage }} of requests are bad: the availability budget burns too fast"
)");
}

TEST_CASE("ratios can be recorded first, each window once") {
  BurnRateRules settings;
  settings.record = true;
  settings.rows = {kPageRows[0], {1h, 30min, 0.03}};
  const RuleGroup group = made_from(availability(0.999), settings);
  REQUIRE(group.rules.size() == 4);
  CHECK(name_of(group.rules[0]) == "objective:bad_requests:ratio_5m");
  CHECK(name_of(group.rules[2]) == "objective:bad_requests:ratio_1h");
  CHECK(
      expr_of(group.rules[3])
          .text()
          .find(
              "objective:bad_requests:ratio_1h{objective=\"availability\"} > 14.4 * (1 - 0.999)") !=
      std::string::npos);
  // A total outage after an hour of none; 14.4 h * 0.001 = 51.84 s.
  const std::string series = "bad 0x3600 1+1x600\nall 0+1x4300";
  CHECK(
      told(group, series, 1s, 3700, 1) ==
      std::vector<std::string>{
          R"(3652 firing {alertname="ErrorBudgetBurn", objective="availability", severity="page"})"});
}

TEST_CASE("a total outage fires after 51.84 s") {
  // One request a second; bad from the scrape at 3601 s on, so that the ratio over the last hour is
  // n / 3600 at 3600 + n: above 0.0144 at n = 52. The row of 6 h would go by the hour there is.
  BurnRateRules settings;
  settings.rows = {kPageRows[0]};
  const auto said = told(
      made_from(availability(0.999), settings), "bad 0x3600 1+1x600\nall 0+1x4300", 1s, 3800, 1);
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("3652 firing") == 0);
}

TEST_CASE("the slow row: 10 % errors against 99.5 % fire after 108 min and end 21 min after them") {
  // h = 0.03: 6 h * 0.3 and 30 min * 0.7. A request every 6 s, one minute's worth a scrape.
  BurnRateRules settings;
  settings.rows = {kPageRows[1]};
  const auto said = told(made_from(availability(0.995), settings),
                         "bad 0x360 1+1x119 120x600\nall 0+10x1100",
                         1min,
                         700 * 60,
                         60);
  REQUIRE(said.size() == 2);
  // More than 0.03 wants one minute more than 108 of 360, and 0.7 of 30 min is reached exactly.
  CHECK(said[0].find(std::to_string((360 + 109) * 60) + " firing") == 0);
  CHECK(said[1].find(std::to_string((360 + 120 + 21) * 60) + " resolved") == 0);
}

TEST_CASE("the floor of the burn rate is 1") {
  BurnRateObjective short_one = availability(0.99);
  short_one.objective.window = 24h;
  CHECK(expr_of(made_from(short_one).rules[0]).text().find("> 1 * (1 - 0.99)") !=
        std::string::npos);
}

TEST_CASE("evidence is the long window of the row that fired") {
  Play play("groups: []", "bad 0x3600 1+1x600\nall 0+1x4300", 1s);
  BurnRateRules settings;
  settings.rows = {kPageRows[0]};
  play.engines.emplace_back(made_from(availability(0.999), settings));
  play.until(3660, 1);
  REQUIRE(play.evidence.size() == 1);
  CHECK(play.evidence[0].window == 1h);
  CHECK(play.evidence[0].limit.value() == Approx(0.0144));
  CHECK(play.evidence[0].value.value() == Approx(52.0 / 3600));
  CHECK(play.evidence[0].samples == Approx(3600));
  CHECK(play.evidence[0].query == "sum(rate(bad[1h])) / sum(rate(all[1h]))");
}

}  // namespace coalmine::rules

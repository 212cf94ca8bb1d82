#include "sim/telemetry/rules/alert_table.h"

#include <catch2/catch.hpp>
#include <string>

namespace coalmine::rules {
namespace {

using namespace std::chrono_literals;

/// One letter an evaluation, 30 s apart: of `results`, x where the alert is in the result; of the
/// answer, P pending, F firing, i inactive but remembered, . unknown.
std::string states(std::string_view results, Millis hold, Millis keep_firing_for = 0s) {
  AlertTable table;
  const Labels identity{{"alertname", "A"}};
  std::string out;
  for (std::size_t i = 0; i < results.size(); ++i) {
    AlertTable::Candidates found;
    if (results[i] == 'x') found.emplace(identity, AlertCandidate{});
    table.update(std::move(found), Timestamp(30s * i), hold, keep_firing_for);
    const auto alert = table.alerts().find(identity);
    out += alert == table.alerts().end()                ? '.'
           : alert->second.state == AlertState::pending ? 'P'
           : alert->second.state == AlertState::firing  ? 'F'
                                                        : 'i';
  }
  return out;
}

const Alert& only(const AlertTable& table) {
  REQUIRE(table.alerts().size() == 1);
  return table.alerts().begin()->second;
}

AlertTable::Candidates one(double value) {
  AlertTable::Candidates found;
  found.emplace(Labels{{"alertname", "A"}},
                AlertCandidate{{{"v", std::to_string(value)}}, {}, value});
  return found;
}

}  // namespace

// specs/prometheus.md section 12.

TEST_CASE("an alert without for fires in the evaluation that finds it") {
  CHECK(states(".xx.x", 0s) == ".FFiF");
}

TEST_CASE("an alert pends until for has passed since it became active") {
  CHECK(states("xxxx..", 1min) == "PPFFii");
  CHECK(states("xxx", 30s) == "PFF");
  CHECK(states("xxxx", 31s) == "PPFF");  // for is rounded up to the grid
}

TEST_CASE("a pending alert that is missed once begins anew") {
  CHECK(states("xx.xxx.", 1min) == "PP.PPFi");
}

TEST_CASE("keep_firing_for bridges gaps, counted from the first evaluation without a result") {
  CHECK(states("x.......", 0s, 1min) == "FFFiiiii");
  CHECK(states("x.x...", 0s, 1min) == "FFFFFi");
  CHECK(states("xx..x...", 30s, 31s) == "PFFFFFFi");
  // It does nothing for a pending alert.
  CHECK(states("x.x", 1min, 5min) == "P.P");
}

TEST_CASE("a resolved alert is remembered for 15 minutes, and comes back as a new one") {
  // Resolved at 30 s; 930 s is 15 minutes later, 960 s more.
  const std::string results = "x" + std::string(33, '.');
  const std::string expected = "F" + std::string(31, 'i') + "..";
  CHECK(states(results, 0s) == expected);
  CHECK(states("xxx.xxx", 1min) == "PPFiPPF");
}

TEST_CASE("value and annotations are renewed, the times are not") {
  AlertTable table;
  table.update(one(1), Timestamp(0s), 1min, 0s);
  table.update(one(2), Timestamp(60s), 1min, 0s);
  table.update(one(3), Timestamp(120s), 1min, 0s);
  CHECK(only(table).value == 3);
  CHECK(only(table).annotations.front().value == std::to_string(3.0));
  CHECK(only(table).active_at == Timestamp(0s));
  CHECK(only(table).fired_at == Timestamp(60s));
  table.update({}, Timestamp(180s), 1min, 0s);
  CHECK(only(table).resolved_at == Timestamp(180s));
  CHECK(only(table).value == 3);
  CHECK(table.active() == 0);
  table.update(one(4), Timestamp(240s), 1min, 0s);
  CHECK(only(table).active_at == Timestamp(240s));
  CHECK_FALSE(only(table).fired_at);
  CHECK_FALSE(only(table).resolved_at);
}

TEST_CASE("a firing alert is sent again when more than the delay has passed") {
  Alert alert;
  CHECK_FALSE(AlertTable::needs_sending(alert, Timestamp(0s), 1min));  // pending
  alert.state = AlertState::firing;
  CHECK(AlertTable::needs_sending(alert, Timestamp(0s), 1min));
  alert.last_sent_at = Timestamp(0s);
  CHECK_FALSE(AlertTable::needs_sending(alert, Timestamp(60s), 1min));  // not yet more than it
  CHECK(AlertTable::needs_sending(alert, Timestamp(61s), 1min));
  alert.state = AlertState::inactive;
  alert.resolved_at = Timestamp(30s);
  CHECK(AlertTable::needs_sending(alert, Timestamp(30s), 1min));
}

}  // namespace coalmine::rules

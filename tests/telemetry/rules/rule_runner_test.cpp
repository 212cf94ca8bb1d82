#include "sim/telemetry/rules/rule_runner.h"

#include <catch2/catch.hpp>

#include "tests/telemetry/promql/asking.h"
#include "tests/telemetry/rules/playing.h"

namespace coalmine::rules {
namespace {

using namespace std::chrono_literals;

struct Watch {
  Watch(std::string_view yaml, std::string_view series, RuleRunner::Settings settings = {})
      : table(promql::series(series, 15s)),
        runner(
            sim,
            table,
            groups_in(yaml),
            std::move(settings),
            [this](Event e) { events.push_back(std::move(e)); },
            [this](const Page& page) { called.push_back(page.time); }) {}

  std::string log() const {
    std::string text;
    for (const Event& event : events)
      text += std::to_string(static_cast<int>(to_seconds(event.time))) + " " + event.object + " " +
              event.reason + ": " + event.message + "\n";
    return text;
  }

  Simulation sim;
  SeriesStore table;
  std::vector<Event> events;
  std::vector<Time> called;
  RuleRunner runner;
};

RuleRunner::Settings every(Duration interval) {
  RuleRunner::Settings settings;
  settings.evaluation_interval = interval;
  return settings;
}

}  // namespace

TEST_CASE("an alert that fires is a page until it is resolved") {
  Watch watch(R"(
groups:
- name: g
  rules:
  - alert: High
    expr: m > 1
    for: 1m
    labels: {severity: page, objective: latency}
    annotations: {summary: "m is {{ $value }}"}
)",
              "m 0 0 2x9 0x40",
              every(30s));
  watch.runner.start(Time(0s));
  watch.sim.advance_to(Time(90s));
  CHECK(watch.runner.firing());
  watch.sim.advance_to(Time(10min));
  // High from 30 s to 165 s: pends at 30, fires at 90, gone at 180.
  CHECK_FALSE(watch.runner.firing());
  CHECK(watch.called == std::vector<Time>{Time(90s)});
  REQUIRE(watch.runner.pages().size() == 1);
  const Page& page = watch.runner.pages()[0];
  CHECK(page.objective == "latency");
  CHECK(page.time == Time(90s));
  CHECK(page.resolved == Time(180s));
  CHECK(page.evidence.query == "m");
  CHECK(page.evidence.value == 2);
  CHECK(page.evidence.limit == 1);
  CHECK(watch.log() ==
        "30 alert/latency AlertPending: latency fires if this lasts 1m\n"
        "90 alert/latency Paged: m is 2\n"
        "180 alert/latency Resolved: latency fires no more\n");
  CHECK(watch.events[1].evidence.size() == 1);
}

TEST_CASE("alerts of lesser severity wake nobody") {
  Watch watch(R"(
groups:
- name: g
  rules:
  - {alert: Ticket, expr: m > 1, labels: {severity: warning}}
  - {alert: Page, expr: m > 2}
)",
              "m{i=\"a\"} 2 2 2 0x40",
              every(30s));
  watch.runner.start(Time(0s));
  watch.sim.advance_to(Time(5min));
  CHECK(watch.runner.pages().empty());
  CHECK(watch.log() ==
        "0 alert/Ticket{i=\"a\"} AlertFiring: {alertname=\"Ticket\", i=\"a\", "
        "severity=\"warning\"} fires "
        "with "
        "the value 2\n"
        "60 alert/Ticket{i=\"a\"} AlertResolved: Ticket fires no more\n");
}

TEST_CASE("each alert is a page of its own, and firing lasts until the last is resolved") {
  Watch watch("groups: [{name: g, rules: [{alert: High, expr: m > 1}]}]",
              "m{i=\"a\"} 2 2 2 2 0x40\nm{i=\"b\"} 0 0 2 2 2 2 2 2 0x30",
              every(30s));
  watch.runner.start(Time(0s));
  watch.sim.advance_to(Time(60s));
  CHECK(watch.runner.pages().size() == 2);
  CHECK(watch.runner.pages()[0].resolved == Time(60s));
  CHECK(watch.runner.firing());
  watch.sim.advance_to(Time(5min));
  CHECK(watch.runner.pages()[1].resolved == Time(120s));
  CHECK_FALSE(watch.runner.firing());
}

TEST_CASE("groups keep to their own intervals and phases") {
  const std::string yaml = R"(
groups:
- {name: a, interval: 20s, rules: [{record: a, expr: time()}]}
- {name: b, rules: [{record: b, expr: time()}]}
)";
  Watch pinned(yaml, "");
  pinned.runner.start(Time(5s));
  pinned.sim.advance_to(Time(130s));
  CHECK(promql::ask("a[3m]", pinned.table, 130) == "a 20@20 40@40 60@60 80@80 100@100 120@120");
  CHECK(promql::ask("b[3m]", pinned.table, 130) == "b 60@60 120@120");

  RuleRunner::Settings settings;
  settings.phase_key = make_key(1, 0, "telemetry/rules");
  Watch drawn(yaml, "", settings);
  Watch again(yaml, "", settings);
  for (Watch* watch : {&drawn, &again}) {
    watch->runner.start(Time(0s));
    watch->sim.advance_to(Time(130s));
  }
  CHECK(promql::ask("{__name__=~\"a|b\"}[3m]", drawn.table, 130) ==
        promql::ask("{__name__=~\"a|b\"}[3m]", again.table, 130));
  CHECK(promql::ask("b[3m]", drawn.table, 130) != promql::ask("b[3m]", pinned.table, 130));
  CHECK(promql::ask("(max_over_time(b[3m]) - min_over_time(b[3m])) % 60", drawn.table, 130) ==
        "{} 0");
}

TEST_CASE("a rule that begins to fail is told of once") {
  Watch watch("groups: [{name: g, rules: [{record: r, expr: m / on (job) n}]}]",
              "m 1x40\nn{i=\"a\"} 1x40\nn{i=\"b\"} _ _ 1x10",
              every(30s));
  watch.runner.start(Time(0s));
  watch.sim.advance_to(Time(2min));
  REQUIRE(watch.events.size() == 1);
  CHECK(watch.events[0].time == Time(30s));
  CHECK(watch.events[0].object == "rule/r");
  CHECK(watch.events[0].reason == "RuleFailing");
  CHECK(watch.runner.group(0).health(0).failures == 4);
}

}  // namespace coalmine::rules

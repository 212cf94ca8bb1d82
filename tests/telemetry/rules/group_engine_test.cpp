#include "sim/telemetry/rules/group_engine.h"

#include <catch2/catch.hpp>

#include "sim/telemetry/series_store.h"
#include "tests/telemetry/promql/asking.h"
#include "tests/telemetry/rules/playing.h"

namespace coalmine::rules {

using namespace std::chrono_literals;

// specs/prometheus.md section 12.

TEST_CASE("the verified timeline: an error ratio pends at 3m and fires at 4m") {
  // 40 requests a minute; the first error is counted by the scrape at 2m30s.
  Play play(R"(
groups:
- name: g
  rules:
  - alert: Errors
    expr: sum(rate(errors[1m])) / sum(rate(requests[1m])) > 0.05
    for: 1m
)",
            "errors 0x9 1+1x30\nrequests 0+10x40",
            15s,
            PromDialect::v2);
  play.until(300, 30);
  CHECK(play.ask("sum(rate(errors[1m])) / sum(rate(requests[1m]))", 150) == "{} 0.025");
  CHECK(play.ask("ALERTS", 150) == "");
  const std::string pending = R"(ALERTS{alertname="Errors", alertstate="pending"} 1)";
  CHECK(play.ask("ALERTS", 180) == pending);
  CHECK(play.ask("ALERTS", 210) == pending);
  CHECK(play.ask("ALERTS", 240) == R"(ALERTS{alertname="Errors", alertstate="firing"} 1)");
  CHECK(play.ask("ALERTS_FOR_STATE", 240) == R"(ALERTS_FOR_STATE{alertname="Errors"} 180)");
  CHECK(play.told == std::vector<std::string>{R"(180 pending {alertname="Errors"})",
                                              R"(240 firing {alertname="Errors"})"});
}

TEST_CASE("a rule sees what rules before it recorded at the same instant, not what comes after") {
  Play play(R"(
groups:
- name: g
  rules:
  - {record: early, expr: late + 1}
  - {record: late, expr: time()}
  - {record: sees, expr: late * 2, labels: {from: late, gone: ""}}
)",
            "");
  play.at(30);
  CHECK(play.ask("early", 30) == "");
  CHECK(play.ask("sees", 30) == R"(sees{from="late"} 60)");
  play.at(60);
  CHECK(play.ask("early", 60) == "early 31");
  CHECK(play.ask("sees", 60) == R"(sees{from="late"} 120)");
}

TEST_CASE("recorded series take the rule's name and labels over their own") {
  Play play(R"(
groups:
- name: g
  rules:
  - record: r
    expr: m * 2
    labels: {job: rule, i: ""}
)",
            R"(m{job="a",i="1",z="2"} 3x5)");
  play.at(30);
  CHECK(play.ask("r", 30) == R"(r{job="rule", z="2"} 6)");
}

TEST_CASE("a series that is not made again ends at that evaluation") {
  Play play(R"(
groups:
- name: g
  rules:
  - {record: high, expr: m > 1}
  - {alert: High, expr: high, for: 1m}
)",
            "m{i=\"a\"} 2 2 2 2 2 2 0x20\nm{i=\"b\"} 2x26");
  play.until(150, 30);
  CHECK(play.ask("high", 60) == "high{i=\"a\"} 2\nhigh{i=\"b\"} 2");
  // Last made at 60 s; without its end the lookback would show it for five minutes.
  CHECK(play.ask("high", 89) == "high{i=\"a\"} 2\nhigh{i=\"b\"} 2");
  CHECK(play.ask("high", 90) == "high{i=\"b\"} 2");
  // States that are left end too, and so does the alert's start.
  CHECK(play.ask("ALERTS{alertstate=\"pending\"}", 59) ==
        "ALERTS{alertname=\"High\", alertstate=\"pending\", i=\"a\"} 1\n"
        "ALERTS{alertname=\"High\", alertstate=\"pending\", i=\"b\"} 1");
  CHECK(play.ask("ALERTS{alertstate=\"pending\"}", 60) == "");
  CHECK(play.ask("ALERTS", 90) == "ALERTS{alertname=\"High\", alertstate=\"firing\", i=\"b\"} 1");
  CHECK(play.ask("ALERTS_FOR_STATE", 90) == "ALERTS_FOR_STATE{alertname=\"High\", i=\"b\"} 0");
}

TEST_CASE("any value that is left alerts, zero and NaN too") {
  Play play(R"(
groups:
- name: g
  rules:
  - {alert: Zero, expr: m == 0}
  - {alert: Same, expr: n}
  - {alert: Greater, expr: n > 0.5}
  - {alert: Number, expr: "0"}
)",
            "m 0x5\nn NaN NaN NaN");
  play.at(30);
  CHECK(play.told == std::vector<std::string>{R"(30 firing {alertname="Zero"})",
                                              R"(30 firing {alertname="Same"})",
                                              R"(30 firing {alertname="Number"})"});
}

TEST_CASE("labels and annotations of an alert are filled in from its element") {
  Play play(R"(
groups:
- name: g
  rules:
  - alert: High
    expr: m > 1
    labels: {who: "{{ $labels.i }}-{{ $value }}", i: "", from: "{{ $labels.__name__ }}", empty: ""}
    annotations: {text: "{{ $labels.i }} is {{ $value }}"}
)",
            R"(m{i="a",job="x"} 2 3 3)");
  play.at(0);
  CHECK(play.told ==
        std::vector<std::string>{R"(0 firing {alertname="High", from="m", job="x", who="a-2"})"});
  const Alert& alert = play.engines[0].alerts(0).alerts().begin()->second;
  CHECK(alert.annotations == std::vector<Label>{{"text", "a is 2"}});
}

TEST_CASE("two results with one identity fail the rule and leave its alerts alone") {
  Play play(R"(
groups:
- name: g
  rules:
  - {alert: High, expr: m > 1, labels: {i: ""}}
  - {record: r, expr: m > 1, labels: {i: x}}
  - {record: fine, expr: "1"}
)",
            "m{i=\"a\"} 2x9\nm{i=\"b\"} 0 0 2 2 0 0");
  play.at(0);
  CHECK(play.engines[0].health(0).error == "");
  play.at(30);
  CHECK(play.engines[0].health(0).error ==
        "vector contains metrics with the same labelset after applying alert labels");
  CHECK(play.engines[0].health(1).error ==
        "vector contains metrics with the same labelset after applying rule labels");
  CHECK(play.engines[0].health(2).error == "");
  CHECK(play.engines[0].alerts(0).firing());
  CHECK(play.ask("r", 45) == R"(r{i="x"} 2)");  // no end was written
  play.at(60);
  CHECK(play.engines[0].health(0).error == "");
  CHECK(play.engines[0].health(0).failures == 1);
  CHECK(play.told.size() == 1);
}

TEST_CASE("more results than the limit fail a rule, and make it forget its alerts") {
  Play play(R"(
groups:
- name: g
  limit: 1
  rules:
  - {alert: High, expr: m > 1}
  - {record: r, expr: m > 1}
)",
            "m{i=\"a\"} 2x9\nm{i=\"b\"} 0 0 2 2 0 0");
  play.at(0);
  play.at(30);
  CHECK(play.engines[0].health(0).error == "exceeded limit of 1 with 2 alerts");
  CHECK(play.engines[0].health(1).error == "exceeded limit of 1 with 2 series");
  CHECK(play.engines[0].alerts(0).alerts().empty());
  CHECK(play.told == std::vector<std::string>{R"(0 firing {alertname="High", i="a"})",
                                              R"(30 resolved {alertname="High", i="a"})"});
}

TEST_CASE("errors of the query are errors of the rule; matrices and texts are no results") {
  Play play(R"(
groups:
- name: g
  rules:
  - {record: a, expr: m / on (job) m}
  - {record: b, expr: "m[1m]"}
  - {record: c, expr: "'text'"}
  - {record: d, expr: "2"}
)",
            "m{i=\"a\"} 2x9\nm{i=\"b\"} 2x9");
  play.at(30);
  CHECK(play.engines[0].health(0).error.find("many-to-many matching not allowed") !=
        std::string::npos);
  CHECK(play.engines[0].health(1).error == "rule result is not a vector or scalar");
  CHECK(play.engines[0].health(2).error == "rule result is not a vector or scalar");
  CHECK(play.ask("d", 30) == "d 2");
}

TEST_CASE("an alert is told of once when it fires and once when it is resolved, sent more often") {
  Play play(R"(
groups:
- name: g
  rules:
  - {alert: High, expr: m > 1}
)",
            "m 2x8 0x100");
  play.until(600, 30);
  // In the result up to 120 s.
  CHECK(play.told == std::vector<std::string>{R"(0 firing {alertname="High"})",
                                              R"(150 resolved {alertname="High"})"});
  // Firing at 0 and 90 s; resolved at 150, 240, 330, 420, 510, 600.
  CHECK(play.engines[0].sent() == 8);
}

TEST_CASE("with an offset, data and results are those of an earlier instant, alerts age as ever") {
  Play play(R"(
groups:
- name: g
  query_offset: 1m
  rules:
  - {record: r, expr: time()}
  - {alert: High, expr: m > 1, for: 30s}
)",
            "m 2x40");
  play.until(120, 30);
  CHECK(play.ask("timestamp(r)", 120) == "{} 60");
  CHECK(play.ask("r", 120) == "r 60");
  CHECK(play.told == std::vector<std::string>{R"(60 pending {alertname="High"})",
                                              R"(90 firing {alertname="High"})"});
}

TEST_CASE("evidence is the measurement that crossed its bound, with window and observations") {
  // 2 errors in 10 requests every 15 s: 0.2, above 0.1 from the first two samples on.
  Play play(R"(
groups:
- name: g
  rules:
  - alert: A
    expr: |
      (sum(rate(errors[1m])) / sum(rate(requests[1m])) > 0.5 and vector(1) > 0)
      or
      (sum(rate(errors[5m])) / sum(rate(requests[5m])) > 2 * 0.05 and errors > 1)
  - {alert: B, expr: 3 < errors}
  - {alert: C, expr: up == bool 0}
)",
            "errors 0+2x40\nrequests 0+10x40\nup 1x40");
  play.at(300);
  REQUIRE(play.evidence.size() == 3);
  const Evidence& ratio = play.evidence[0];
  CHECK(ratio.query == "sum(rate(errors[5m])) / sum(rate(requests[5m]))");
  CHECK(ratio.window == 5min);
  CHECK(ratio.value.value() == Approx(0.2));
  CHECK(ratio.limit == 0.1);
  CHECK(ratio.samples == Approx(200));

  CHECK(play.evidence[1].query == "errors");
  CHECK(play.evidence[1].value == 40);
  CHECK(play.evidence[1].limit == 3);
  CHECK(play.evidence[1].samples == 0);

  CHECK(play.evidence[2].query == "up == bool 0");
  CHECK(play.evidence[2].value == 0);
  CHECK_FALSE(play.evidence[2].limit);
}

TEST_CASE("rules read from the store of a run and write into it") {
  SeriesStore store;
  const SeriesId m = store.series({{"__name__", "m"}, {"i", "a"}});
  GroupEngine engine(groups_in(R"(
groups:
- name: g
  rules:
  - {record: r, expr: m * 2}
  - {alert: High, expr: r > 2}
)")[0]);
  for (int i = 0; i < 6; ++i) {
    const Timestamp at(15s * i);
    store.append(m, at, i < 3 ? 2 : 1);
    engine.evaluate(store, at);
  }
  CHECK(promql::ask("r", store, 30) == "r{i=\"a\"} 4");
  CHECK(promql::ask("ALERTS", store, 30) ==
        "ALERTS{alertname=\"High\", alertstate=\"firing\", i=\"a\"} 1");
  CHECK(promql::ask("ALERTS", store, 45) == "");
}

}  // namespace coalmine::rules

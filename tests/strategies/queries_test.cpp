// Questions in PromQL that users bring along, and rules of their own.
#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <string>

#include "sim/experiment/recorder.h"
#include "sim/experiment/run.h"
#include "sim/scenario/load.h"
#include "strategies/placeholders.h"
#include "strategies/registry.h"
#include "tests/experiment/played_run.h"

using namespace coalmine;
using namespace coalmine::test;
using Catch::Contains;

namespace {

constexpr const char* kHead = R"(apiVersion: coalmine/v1alpha1
kind: Scenario
duration: 10m
service: {name: shop, replicas: 4}
traffic: {rate: 60/s, users: 3000}
onCall: {respond: 30s}
release: {version: v2, at: 2m, faults: [{errorRate: {p: 5%}}]}
)";

LoadResult load(const std::string& rest) {
  return load_scenario_text("s.yaml", kHead + rest, ".", all_strategies(), {});
}

constexpr const char* kCanary =
    "strategies: [canary: {steps: [50%], interval: 1m, maxErrorRatio: 50%, queries: [";

/// A canary that would let 5 % of errors pass, with one query besides.
LoadResult canary_with(const std::string& query) {
  return load(kCanary + query + "]}]\n");
}

RunResult play_canary(const std::string& query) {
  return play(spec_of(canary_with(query).value(), "canary"));
}

std::string complaint(const LoadResult& loaded) {
  return loaded.diagnostics.text();
}

constexpr const char* kErrors =
    "sum(rate(istio_requests_total{reporter='destination',destination_workload='{{ target }}',"
    "response_code=~'5..'}[{{ interval }}]))";

}  // namespace

TEST_CASE("a query beyond its limit fails the check and is the evidence", "[strategies][queries]") {
  const RunResult run =
      play_canary(std::string("{name: errors, query: \"") + kErrors + "\", max: 0.5}");
  CHECK(run.verdict == Verdict::rolled_back);
  bool told = false;
  for (const Event& e : run.events) {
    if (e.reason != "Stopped") continue;
    told = true;
    CHECK_THAT(e.message, Contains("errors ") && Contains("limit 0.5"));
    REQUIRE(e.evidence);
    CHECK_THAT(e.evidence->query,
               Contains("destination_workload='shop-canary'") && Contains("[1m]"));
    CHECK(e.evidence->limit == 0.5);
    CHECK(e.evidence->value.value() > 0.5);
  }
  CHECK(told);
}

TEST_CASE("a query within its limits lets the release through", "[strategies][queries]") {
  CHECK(play_canary(std::string("{name: errors, query: \"") + kErrors + "\", max: 30}").verdict ==
        Verdict::promoted);
  CHECK(play_canary(std::string("{name: errors, query: \"") + kErrors + "\", min: 30}").verdict ==
        Verdict::rolled_back);
}

TEST_CASE("a query without an answer is inconclusive", "[strategies][queries]") {
  for (const char* query : {"nobody_counts_this", "istio_requests_total", "vector(0) / 0"}) {
    INFO(query);
    const RunResult run = play_canary(std::string("{name: q, query: ") + query + ", max: 1}");
    CHECK(run.verdict == Verdict::aborted);
  }
}

TEST_CASE("a query is read with the scenario", "[strategies][queries]") {
  CHECK_THAT(complaint(canary_with("{name: q, query: 'rates(x[1m])', max: 1}")),
             Contains("unknown function") && Contains("s.yaml:8:"));
  // Where it is wrong, behind a placeholder that is longer than what stands for it.
  const std::string query =
      "{name: q, query: 'x{a=\"{{ target }}\"} + sum_over_time(x[{{ interval }}]) + rat(z)', max: "
      "1}";
  const std::size_t column = (kCanary + query).find("rat(z)") + 1;
  CHECK_THAT(complaint(canary_with(query)),
             Contains("s.yaml:8:" + std::to_string(column) + ": error: no PromQL"));
  CHECK_THAT(complaint(canary_with("{name: q, query: 'x[{{ intervall }}]', max: 1}")),
             Contains("{{ intervall }} is no placeholder") && Contains("interval"));
  CHECK_THAT(complaint(canary_with("{name: q, query: 'x[1m]', max: 1}")), Contains("range vector"));
  CHECK_THAT(complaint(canary_with("{name: q, query: x}")), Contains("needs a limit"));
  CHECK_THAT(complaint(canary_with("{name: q, query: x, max: 1}, {name: q, query: y, max: 1}")),
             Contains("two queries are called q"));
  CHECK_THAT(complaint(canary_with("{name: q, query: x, min: 2, max: 1}")), Contains("above max"));
}

TEST_CASE("placeholders are filled in, blanks or not, and others left alone",
          "[strategies][queries]") {
  CHECK(fill_in("a{{x}}b{{  x }}c{{ y }}", {{"x", "1"}}).text == "a1b1c{{ y }}");
  CHECK(fill_in("{{", {{"x", "1"}}).text == "{{");
  CHECK(fill_in("{{}} {{ }}", {{"x", "1"}}).text == "{{}} {{ }}");
}

TEST_CASE("what was filled in is known to come from its placeholder", "[strategies][queries]") {
  const FilledIn filled = fill_in("a{{ x }}bc{{ y }}d", {{"x", "one"}});
  REQUIRE(filled.text == "aonebc{{ y }}d");
  const std::size_t origins[] = {0, 1, 1, 1, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
  for (std::size_t i = 0; i < filled.text.size(); ++i) CHECK(filled.origin(i) == origins[i]);
  CHECK(FilledIn{}.origin(0) == 0);
}

TEST_CASE("the namespace of a query is the scenario's", "[strategies][queries]") {
  const LoadResult loaded = load(
      "metadata: {namespace: prod}\n"
      "strategies: [canary: {steps: [50%], interval: 1m, maxErrorRatio: 50%, queries: [{name: all, "
      "query: \"sum(rate(istio_requests_total{destination_workload_namespace='{{ namespace }}'}"
      "[{{ interval }}]))\", min: 1}]}]\n");
  CHECK(play(spec_of(loaded.value(), "canary")).verdict == Verdict::promoted);
}

TEST_CASE("a recorded run decides as one that nobody records, whatever its queries are about",
          "[strategies][queries]") {
  for (const char* query : {"count(up)", "sum(scrape_samples_scraped)", "sum(workers)"}) {
    INFO(query);
    const auto scenario =
        canary_with(std::string("{name: q, query: '") + query + "', max: 1000000}").value();
    const RunResult unseen = play(spec_of(scenario, "canary"));
    CHECK(unseen.verdict == Verdict::promoted);
    CHECK(record(spec_of(scenario, "canary")).result.fingerprint == unseen.fingerprint);
  }
}

TEST_CASE("a query that looks far back sees the steady past that far", "[strategies][queries]") {
  // 60 requests/s for a day, by the router and by the pods.
  for (const char* reporter : {"source", "destination"}) {
    INFO(reporter);
    const std::string rate =
        std::string("sum(rate(istio_requests_total{reporter=\"") + reporter + "\"}[1d]))";
    CHECK(play_canary("{name: q, query: '" + rate + "', min: 55, max: 65}").verdict ==
          Verdict::promoted);
  }
}

TEST_CASE("two objectives of one kind page each for itself", "[strategies][queries][rules]") {
  // Limits of 0.1 % and 0.11 % over an hour: passed one soon after the other.
  const RunResult run = play(spec_of(load(R"(objectives:
  - {availability: 99.9%, window: 1d}
  - {availability: 99.89%, window: 1d}
strategies: [rolling: {}]
)")
                                         .value(),
                                     "rolling"));
  std::set<std::string> paged;
  for (const Event& e : run.events)
    if (e.reason == "Paged" && e.object != "on-call") CHECK(paged.insert(e.object).second);
  CHECK(paged == std::set<std::string>{"alert/availability", "alert/availability-99.89%"});
}

TEST_CASE("a rule of the scenario pages the human, recorded series and all",
          "[strategies][queries][rules]") {
  const std::string rules = R"(alerts:
  groups:
    - name: shop
      interval: 30s
      rules:
        - record: shop:errors:rate1m
          expr: sum(rate(istio_requests_total{reporter="source",response_code=~"5.."}[1m]))
        - alert: ShopErrors
          expr: shop:errors:rate1m > 1
          for: 30s
          labels: {severity: page}
strategies: [rolling: {}]
)";
  const RunResult paged = play(spec_of(load(rules).value(), "rolling"));
  CHECK(paged.verdict == Verdict::rolled_back);
  CHECK(paged.stopped_by == kOnCall);
  std::string quiet = rules;
  quiet.replace(quiet.find("severity: page"), 14, "severity: info");
  const RunResult told = play(spec_of(load(quiet).value(), "rolling"));
  CHECK(count_events(told, "AlertFiring") >= 1);
  const auto when = [](const RunResult& run, const char* reason) {
    for (const Event& e : run.events)
      if (e.reason == reason && e.object == "alert/ShopErrors") return e.time;
    return kNever;
  };
  CHECK(when(told, "AlertFiring") == when(paged, "Paged"));
}

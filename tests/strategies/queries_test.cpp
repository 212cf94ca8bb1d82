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
    REQUIRE_FALSE(e.evidence.empty());
    CHECK_THAT(e.evidence[0].query,
               Contains("destination_workload='shop-canary'") && Contains("[1m]"));
    CHECK(e.evidence[0].limit == 0.5);
    CHECK(e.evidence[0].value.value() > 0.5);
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
  CHECK_THAT(complaint(canary_with("{name: q, query: 'x{a=\"{{ target\"}', max: 1}")),
             Contains("error: a placeholder is not closed with }}\n"));
  CHECK_THAT(complaint(canary_with("{name: q, query: 'x[1m]', max: 1}")), Contains("range vector"));
  CHECK_THAT(complaint(canary_with("{name: q, query: x}")), Contains("needs a limit"));
  CHECK_THAT(complaint(canary_with("{name: q, query: x, max: 1}, {name: q, query: y, max: 1}")),
             Contains("two queries are called q"));
  CHECK_THAT(complaint(canary_with("{name: q, query: x, min: 2, max: 1}")), Contains("above max"));
}

TEST_CASE("a metric that nothing shows is warned of, with whoever would show it",
          "[strategies][queries]") {
  CHECK_THAT(complaint(canary_with("{name: q, query: 'sum(istio_request_total)', max: 1}")),
             Contains("warning: nothing here shows istio_request_total\n") &&
                 Contains("did you mean istio_requests_total?"));
  const std::string nginx =
      "{name: q, query: 'up + 2 * nginx_ingress_controller_requests', max: 1}";
  CHECK_THAT(complaint(canary_with(nginx)),
             Contains("s.yaml:8:" + std::to_string((kCanary + nginx).find("nginx_i") + 1) +
                      ": warning: nothing here shows nginx_ingress_controller_requests\n") &&
                 Contains("a service with metrics: [nginx-ingress] would"));
  const std::string longer = "{name: q, query: 'sum(reload_total) + sum(load_total)', max: 1}";
  CHECK_THAT(complaint(canary_with(longer)),
             Contains("s.yaml:8:" + std::to_string((kCanary + longer).find("(load_") + 2) +
                      ": warning: nothing here shows load_total\n"));
  CHECK_THAT(
      complaint(load("alerts: {groups: [{name: g, rules: [{alert: A, expr: 'upp == 0'}]}]}\n")),
      Contains("nothing here shows upp\n") && Contains("did you mean up?"));
  // Buckets, what every scrape adds, what rules record, what a placeholder makes up.
  CHECK(complaint(load(R"(alerts: {groups: [{name: g, rules: [
  {record: a:b, expr: 'sum(up)'}, {record: c, expr: 'count(ALERTS) + a:b'},
  {record: d, expr: 'sum(rate(istio_request_duration_milliseconds_bucket[1m]))'}]}]}
strategies: [canary: {queries: [{name: q, query: '{{ target }}:load + c', max: 1}]}]
)"))
            .empty());
}

TEST_CASE("a window that is too short for two scrapes is warned of", "[strategies][queries]") {
  const auto warnings = [](const std::string& strategies) {
    return complaint(load("telemetry: {scrapeInterval: 40s}\nstrategies: [" + strategies + "]\n"));
  };
  CHECK(warnings("canary: {interval: 80s}").empty());
  CHECK(warnings("rolling: {}").empty());
  CHECK_THAT(warnings("canary: {interval: 79s}"),
             Contains("s.yaml:9:33: warning: an interval of 1m19s may hold fewer than two scrapes, "
                      "and a rate needs two\n") &&
                 Contains("telemetry.scrapeInterval is 40s"));
  CHECK_THAT(warnings("blueGreen: {}"), Contains("an interval of 1m may hold"));
  CHECK_THAT(warnings("shadow: {interval: 1m}"), Contains("an interval of 1m may hold"));
}

TEST_CASE("samples are kept as long as the scenario says", "[strategies][queries]") {
  // Asked for 3 h back when 4 h are over, an hour or at most three are there.
  const std::string question =
      "strategies: [canary: {steps: [50%], interval: 1m, maxErrorRatio: 50%, initialDelay: 1h, "
      "queries: [{name: q, query: 'count_over_time(max(workers)[5h:1m])', min: 1, max: ";
  const auto scenario = [&](const char* telemetry, const char* most) {
    LoadResult loaded = load_scenario_text(
        "s.yaml",
        kHead + std::string(telemetry) + question + most + "}]}]\n",
        ".",
        all_strategies(),
        {{"duration=6h", "release.at=4h1m", "traffic.rate=4/s", "onCall=none"}, false});
    return loaded;
  };
  const char* const kept = "telemetry: {retention: 1h, scrapeInterval: 20s}\n";
  const char* const all = "telemetry: {scrapeInterval: 20s}\n";
  CHECK_THAT(complaint(scenario(kept, "185")),
             Contains("warning: looks 5h5m back, and samples are kept for 1h"));
  CHECK(play(spec_of(scenario(kept, "185").value(), "canary")).verdict == Verdict::promoted);
  CHECK(play(spec_of(scenario(all, "185").value(), "canary")).verdict == Verdict::rolled_back);
}

TEST_CASE("queries and rules follow the Prometheus of the scenario", "[strategies][queries]") {
  // Five minutes hold 21 scrapes, 15 s apart, where both edges count and one is met, else 20.
  const std::string in_range =
      "telemetry: {prometheus: 2, scrapeInterval: 15s}\n"
      "alerts: {groups: [{name: g, interval: 15s, rules: [{record: n, expr: "
      "'count_over_time(vector(1)[5m:])'}]}]}\n";
  const auto strategy = [](const std::string& query, const std::string& limits) {
    return kCanary + ("{name: q, query: '" + query + "', " + limits + "}]}]\n");
  };
  const auto verdict = [](const std::string& text) {
    return play(spec_of(load(text).value(), "canary")).verdict;
  };
  // A subquery without a step takes the evaluation interval: 30 s unless it is set.
  const std::string steps = strategy("count_over_time(vector(1)[5m:])", "min: 10, max: 11");
  CHECK(verdict(steps) == Verdict::promoted);
  CHECK(verdict("telemetry: {evaluationInterval: 1m}\n" + steps) == Verdict::rolled_back);
  CHECK(verdict(in_range + strategy("max(n)", "min: 10, max: 11")) == Verdict::promoted);
  // 1 is written 1 or 1.0.
  const std::string bound =
      strategy("count(istio_request_duration_milliseconds_bucket{le=\"1\"})", "min: 1, max: 99");
  CHECK(verdict("telemetry: {prometheus: 2.51}\n" + bound) == Verdict::promoted);
  CHECK(verdict(bound) == Verdict::aborted);
  CHECK_THAT(complaint(load("telemetry: {prometheus: 2}\n" + strategy("up[60]", "min: 1"))),
             Contains("error: "));
  CHECK_THAT(
      complaint(load("telemetry: {prometheus: 2}\n" + strategy("sum_over_time(up[60])", "min: 1"))),
      Contains("the Prometheus of telemetry.prometheus does not take this: "));
}

TEST_CASE("placeholders are filled in, blanks or not, and others left alone",
          "[strategies][queries]") {
  CHECK(fill_in("a{{x}}b{{  x }}c{{ y }}", {{"x", "1"}}).text == "a1b1c{{ y }}");
  CHECK(fill_in("{{", {{"x", "1"}}).text == "{{");
  CHECK(fill_in("{{}} {{ }}", {{"x", "1"}}).text == "{{}} {{ }}");
}

TEST_CASE("words of Flagger, Argo and Grafana are filled in, and arguments",
          "[strategies][queries]") {
  CHECK(fill_in("rate(x[$__rate_interval]) $__other", {{"$__rate_interval", "1m"}}).text ==
        "rate(x[1m]) $__other");
  CHECK(play_canary("{name: q, max: 0.5, args: {service-name: shop-canary, code: 5..}, query: "
                    "\"sum(rate(istio_requests_total{destination_workload='{{args.service-name}}',"
                    "response_code=~'{{ variables.code }}'}[$__rate_interval]))\"}")
            .verdict == Verdict::rolled_back);
  CHECK_THAT(complaint(canary_with("{name: q, max: 1, query: 'x{a=\"{{ args.b }}\"}'}")),
             Contains("{{ args.b }} is no placeholder") && Contains("what args names"));
}

TEST_CASE("queries alone decide where the built-in checks are left out", "[strategies][queries]") {
  // 1 % of errors would be too many for those.
  const auto canary = [](const std::string& more) {
    return load("strategies: [canary: {steps: [50%], interval: 1m" + more + "}]\n");
  };
  const std::string query =
      ", queries: [{name: rate, query: 'sum(rate(istio_requests_total[1m]))', min: 1}]";
  CHECK(play(spec_of(canary(query).value(), "canary")).verdict == Verdict::rolled_back);
  CHECK(play(spec_of(canary(query + ", builtIn: false").value(), "canary")).verdict ==
        Verdict::promoted);
  CHECK_THAT(complaint(canary(", builtIn: false")), Contains("nothing is left to check"));
  // A check that fails quotes the queries as well.
  const RunResult run = play(spec_of(canary(query).value(), "canary"));
  for (const Event& e : run.events)
    if (e.reason == "CheckFailed")
      CHECK(e.evidence.back().query == "sum(rate(istio_requests_total[1m]))");
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

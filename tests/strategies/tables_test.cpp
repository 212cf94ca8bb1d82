// The settings of each strategy as a scenario gives them: defaults, and what is refused.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "sim/scenario/load.h"
#include "strategies/blue_green/blue_green.h"
#include "strategies/canary/plan.h"
#include "strategies/recreate/recreate.h"
#include "strategies/registry.h"
#include "strategies/rolling/rolling.h"
#include "strategies/shadow/shadow.h"
#include "tests/strategies/loaded_plan.h"

using namespace coalmine;
using namespace coalmine::literals;
using namespace coalmine::test;
using Catch::Contains;

TEST_CASE("the registry knows the strategies by their keys", "[strategies][registry]") {
  const StrategyCatalogue catalogue = all_strategies();
  for (const auto& [key, output_name] : {std::pair{"recreate", "recreate"},
                                         {"rolling", "rolling"},
                                         {"blueGreen", "blue-green"},
                                         {"canary", "canary"},
                                         {"shadow", "shadow"},
                                         {"abTest", "ab-test"},
                                         {"manual", "manual"}}) {
    INFO(key);
    const StrategyKind* kind = catalogue.find(key);
    REQUIRE(kind != nullptr);
    CHECK(kind->output_name == output_name);
    CHECK_FALSE(kind->help.empty());
  }
  CHECK(catalogue.find("blue-green") == nullptr);
}

TEST_CASE("an entry without a name is called by its type", "[strategies][registry]") {
  const StrategyCatalogue catalogue = all_strategies();
  Diagnostics diagnostics;
  const auto plain = catalogue.find("canary")->load(parse_flow("{}", {}, diagnostics), diagnostics);
  const auto named =
      catalogue.find("canary")->load(parse_flow("{name: timid}", {}, diagnostics), diagnostics);
  REQUIRE_FALSE(diagnostics.has_errors());
  REQUIRE(plain);
  REQUIRE(named);
  CHECK(plain->name == "canary");
  CHECK(named->name == "timid");
  CHECK(named->strategy != nullptr);
}

TEST_CASE("every key of every strategy has a help line", "[strategies][registry]") {
  const StrategyCatalogue catalogue = all_strategies();
  for (const StrategyKind& kind : catalogue.all()) {
    for (const Field& field : kind.table->fields()) {
      INFO(kind.key << "." << field.key);
      CHECK_FALSE(field.options.help.empty());
    }
  }
}

TEST_CASE("a canary has the documented defaults", "[strategies][canary]") {
  const auto loaded = load(canary_table(), "{}");
  INFO(loaded.problems);
  REQUIRE(loaded.good);
  const CanaryPlan& plan = loaded.plan;
  CHECK(plan.steps == std::vector<double>{0.05, 0.25, 0.5});
  CHECK(plan.interval == 2min);
  CHECK(plan.initial_delay == 30s);
  CHECK(plan.compare_with == CompareWith::baseline);
  CHECK(plan.checks.max_error_ratio == 0.01);
  CHECK(plan.checks.error_tolerance == 1.5);
  CHECK_FALSE(plan.checks.max_p99.has_value());
  CHECK(plan.checks.latency_tolerance == 1.5);
  CHECK(plan.checks.failure_limit == 2);
  CHECK(plan.checks.min_samples == 50);
  CHECK(plan.checks.inconclusive_limit == 4);
  CHECK(plan.by == ShareBy::weights);
  CHECK(plan.ready_within == 5min);
}

TEST_CASE("a canary reads all its keys", "[strategies][canary]") {
  const auto loaded = load(canary_table(),
                           "{steps: [1%, 99%], interval: 1m, initialDelay: 0s, compareWith: none, "
                           "maxErrorRatio: 2%, errorTolerance: 2, maxP99: 400ms, "
                           "latencyTolerance: 3, failureLimit: 1, minSamples: 7, "
                           "inconclusiveLimit: 9, by: replicas, readyWithin: 90s}");
  INFO(loaded.problems);
  REQUIRE(loaded.good);
  const CanaryPlan& plan = loaded.plan;
  CHECK(plan.steps == std::vector<double>{0.01, 0.99});
  CHECK(plan.initial_delay == 0s);
  CHECK(plan.compare_with == CompareWith::none);
  CHECK(plan.checks.max_p99 == Duration(400ms));
  CHECK(plan.checks.inconclusive_limit == 9);
  CHECK(plan.by == ShareBy::replicas);
  CHECK(plan.ready_within == 90s);
}

TEST_CASE("impossible canaries are refused in words", "[strategies][canary]") {
  struct Case {
    const char* text;
    const char* problem;
  };
  const Case cases[] = {
      {"{steps: []}", "steps is empty"},
      {"{steps: [25%, 5%]}", "steps must rise: 5% follows 25%"},
      {"{steps: [25%, 25%]}", "steps must rise"},
      {"{steps: [100%]}", "steps[0]"},
      {"{steps: [0%]}", "steps[0]"},
      {"{interval: 0s}", "interval"},
      {"{interval: 5}", "interval"},
      {"{failureLimit: 0}", "failureLimit"},
      {"{maxErrorRatio: 101%}", "maxErrorRatio"},
      {"{latencyTolerance: 0.9}", "latencyTolerance"},
      {"{latencyTolerance: nan}", "latencyTolerance"},
      {"{compareWith: yesterday}", "compareWith"},
      {"{stepz: [5%]}", "did you mean steps?"},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    const auto loaded = load(canary_table(), c.text);
    CHECK_FALSE(loaded.good);
    CHECK_THAT(loaded.problems, Contains(c.problem));
  }
}

TEST_CASE("checks by segment of users without segments are warned of", "[strategies][canary]") {
  const auto problems = [](const std::string& canary, const std::string& traffic) {
    const std::string text =
        "apiVersion: coalmine/v1alpha1\nkind: Scenario\nservice: {name: shop}\n"
        "traffic: {" +
        traffic + "}\nstrategies: [{canary: {" + canary + "}}]\n";
    const LoadResult loaded = load_scenario_text("test.yaml", text, ".", all_strategies(), {});
    CHECK(loaded.scenario);
    return loaded.diagnostics.text();
  };
  const std::string segments = "segments: [{name: a, share: 50%}]";
  CHECK(problems("perSegment: true", segments).empty());
  CHECK(problems("perSegment: false", "").empty());
  CHECK_THAT(problems("perSegment: true", ""),
             Contains("test.yaml:5:36: warning: perSegment changes nothing: the users have no "
                      "segments"));
}

TEST_CASE("a scenario that names no strategies is given every one that needs no settings",
          "[strategies][registry]") {
  const std::string text = "apiVersion: coalmine/v1alpha1\nkind: Scenario\nservice: {name: shop}\n";
  const auto scenario = load_scenario_text("test.yaml", text, ".", all_strategies(), {}).value();
  std::vector<std::string> given;
  for (const StrategyChoice& choice : scenario->strategies) given.push_back(choice.type);
  CHECK(given == std::vector<std::string>{"recreate", "rolling", "blueGreen", "canary", "shadow"});
}

TEST_CASE("a rolling update without keys leaves the manifest's limits", "[strategies][rolling]") {
  const auto loaded = load(rolling_table(), "{}");
  INFO(loaded.problems);
  REQUIRE(loaded.good);
  CHECK_FALSE(loaded.plan.max_surge.has_value());
  CHECK_FALSE(loaded.plan.max_unavailable.has_value());
  CHECK(loaded.plan.timeout == 30min);
}

TEST_CASE("a rolling update takes counts and percents", "[strategies][rolling]") {
  const auto loaded = load(rolling_table(), "{maxSurge: 150%, maxUnavailable: 0, timeout: 5m}");
  INFO(loaded.problems);
  REQUIRE(loaded.good);
  CHECK(loaded.plan.max_surge == IntOrPercent{150, true});
  CHECK(loaded.plan.max_unavailable == IntOrPercent{0, false});
  CHECK(loaded.plan.timeout == 5min);
}

TEST_CASE("a rolling update that could never move is refused as the API does",
          "[strategies][rolling]") {
  const auto stuck = load(rolling_table(), "{maxSurge: 0, maxUnavailable: 0%}");
  CHECK_FALSE(stuck.good);
  CHECK_THAT(stuck.problems, Contains("maxUnavailable may not be 0 when maxSurge is 0"));
  const auto above = load(rolling_table(), "{maxUnavailable: 101%}");
  CHECK_FALSE(above.good);
  CHECK_THAT(above.problems, Contains("must not be greater than 100%"));
}

TEST_CASE("recreate has one key, its time limit", "[strategies][recreate]") {
  CHECK(load(recreate_table(), "{}").plan.timeout == 10min);
  CHECK(load(recreate_table(), "{timeout: 90s}").plan.timeout == 90s);
  CHECK_FALSE(load(recreate_table(), "{timeout: 0s}").good);
  CHECK_FALSE(load(recreate_table(), "{maxSurge: 1}").good);
}

TEST_CASE("blue-green has the documented defaults", "[strategies][blue-green]") {
  const auto loaded = load(blue_green_table(), "{}");
  INFO(loaded.problems);
  REQUIRE(loaded.good);
  CHECK(loaded.plan.preview_for == 0s);
  const CutOverPlan& plan = loaded.plan.cut_over;
  CHECK(plan.bake == 5min);
  CHECK(plan.keep_old == 10min);
  CHECK(plan.interval == 1min);
  CHECK(plan.initial_delay == 30s);
  CHECK(plan.ready_within == 5min);
  CHECK(plan.compare);
}

TEST_CASE("blue-green, shadow and canary have their checks from one table",
          "[strategies][checks]") {
  const auto same = [](const CheckPlan& a, const CheckPlan& b) {
    return a.max_error_ratio == b.max_error_ratio && a.error_tolerance == b.error_tolerance &&
           a.max_p99 == b.max_p99 && a.latency_tolerance == b.latency_tolerance &&
           a.failure_limit == b.failure_limit && a.min_samples == b.min_samples &&
           a.inconclusive_limit == b.inconclusive_limit;
  };
  for (const char* keys :
       {"{}",
        "{maxErrorRatio: 3%, errorTolerance: 2, maxP99: 1s, latencyTolerance: 4, "
        "failureLimit: 5, minSamples: 6, inconclusiveLimit: 7}"}) {
    const CheckPlan canary = load(canary_table(), keys).plan.checks;
    CHECK(same(canary, load(blue_green_table(), keys).plan.cut_over.checks));
    CHECK(same(canary, load(shadow_table(), keys).plan.cut_over.checks));
  }
  CHECK(load(shadow_table(), "{failureLimit: 5}").plan.cut_over.checks.failure_limit == 5);
}

TEST_CASE("a shadow mirrors everything for ten minutes by default", "[strategies][shadow]") {
  const auto loaded = load(shadow_table(), "{}");
  INFO(loaded.problems);
  REQUIRE(loaded.good);
  CHECK(loaded.plan.mirror == 1);
  CHECK(loaded.plan.mirror_for == 10min);
  CHECK(loaded.plan.cut_over.bake == 5min);
}

TEST_CASE("impossible shadows and blue-greens are refused", "[strategies]") {
  CHECK_FALSE(load(shadow_table(), "{mirror: 0%}").good);
  CHECK_FALSE(load(shadow_table(), "{mirror: 101%}").good);
  CHECK_FALSE(load(shadow_table(), "{for: -1s}").good);
  CHECK_FALSE(load(blue_green_table(), "{bake: 5}").good);
  CHECK_FALSE(load(blue_green_table(), "{interval: 0s}").good);
  CHECK_FALSE(load(blue_green_table(), "{compareWith: baseline}").good);
  CHECK_THAT(load(blue_green_table(), "{keepold: 1m}").problems, Contains("did you mean keepOld?"));
}

// The law of an A/B test without an engine: its settings, the sample it plans, and what it makes of
// counts.
#include <catch2/catch.hpp>
#include <string>

#include "sim/scenario/load.h"
#include "strategies/ab_test/experiment.h"
#include "strategies/registry.h"
#include "tests/strategies/loaded_plan.h"

using namespace coalmine;
using namespace coalmine::literals;
using namespace coalmine::test;
using Catch::Contains;

namespace {

Loaded<AbTestPlan> load_plan(const std::string& text) {
  return load(ab_test_table(), text);
}

AbTestPlan plan(const std::string& text = "{baseline: 5%}") {
  const Loaded<AbTestPlan> loaded = load_plan(text);
  INFO(loaded.problems);
  REQUIRE(loaded.good);
  return loaded.plan;
}

Arms arms(Proportion a, Proportion b) {
  Arms counted{a, b, {}};
  for (const char* query : {"users", "more users", "conversions", "more conversions"})
    counted.evidence.push_back({query, {}, 0, 1, {}, {}});
  return counted;
}

Look look(const AbTestPlan& how, const Arms& counted) {
  return look_at(how, plan_sample(how, counted).value(), counted, 5min);
}

/// Diagnostics of a scenario with this strategy and traffic.
std::string problems_with(const std::string& strategy, const std::string& traffic) {
  const std::string text =
      "apiVersion: coalmine/v1alpha1\nkind: Scenario\nservice: {name: shop, replicas: 4}\n"
      "traffic: {rate: 50/s, " +
      traffic + "}\nstrategies: [{abTest: " + strategy + "}]\n";
  return load_scenario_text("test.yaml", text, ".", all_strategies(), {}).diagnostics.text();
}

}  // namespace

// ---- settings

TEST_CASE("an A/B test has the documented defaults", "[strategies][ab-test]") {
  const AbTestPlan defaults = plan("{}");
  CHECK(defaults.split == 0.5);
  CHECK_FALSE(defaults.header.has_value());
  CHECK(defaults.metric == Metric::conversion);
  CHECK_FALSE(defaults.baseline.has_value());
  CHECK(defaults.minimum_relative_effect == 0.2);
  CHECK(defaults.significance == 0.05);
  CHECK(defaults.power == 0.8);
  CHECK(defaults.alternative == Alternative::two_sided);
  CHECK(defaults.srm_significance == 0.0005);
  CHECK(defaults.when_equal == WhenEqual::keep_old);
  CHECK_FALSE(defaults.peek);
  CHECK(defaults.interval == 2min);
  CHECK(defaults.initial_delay == 30s);
  CHECK(defaults.ready_within == 5min);
  CHECK(defaults.guardrails.failure_limit == 2);
}

TEST_CASE("an A/B test reads all its keys", "[strategies][ab-test]") {
  const AbTestPlan all = plan(
      "{split: 10%, header: {name: x-arm, value: b}, metric: conversion, baseline: 3%, "
      "minimumRelativeEffect: 5%, significance: 1%, power: 90%, alternative: greater, "
      "srmSignificance: 1%, whenEqual: keepOld, peek: true, interval: 1m, initialDelay: 0s, "
      "readyWithin: 90s, maxErrorRatio: 2%, failureLimit: 3}");
  CHECK(all.split == 0.1);
  CHECK(all.header->name == "x-arm");
  CHECK(all.header->value == "b");
  CHECK(all.baseline == 0.03);
  CHECK(all.minimum_relative_effect == 0.05);
  CHECK(all.significance == 0.01);
  CHECK(all.power == 0.9);
  CHECK(all.alternative == Alternative::greater);
  CHECK(all.srm_significance == 0.01);
  CHECK(all.peek);
  CHECK(all.interval == 1min);
  CHECK(all.ready_within == 90s);
  CHECK(all.guardrails.max_error_ratio == 0.02);
  CHECK(all.guardrails.failure_limit == 3);
  CHECK(plan("{whenEqual: promote}").when_equal == WhenEqual::promote);
}

TEST_CASE("impossible A/B tests are refused in words", "[strategies][ab-test]") {
  struct Case {
    const char* text;
    const char* problem;
  };
  const Case cases[] = {
      {"{split: 0%}", "split"},
      {"{split: 100%}", "split"},
      {"{baseline: 0%}", "baseline"},
      {"{minimumRelativeEffect: 0%}", "minimumRelativeEffect"},
      {"{minimumRelativeEffect: 100%}", "minimumRelativeEffect"},
      {"{significance: 50%}", "significance"},
      {"{power: 49%}", "power"},
      {"{power: 100%}", "power"},
      {"{metric: revenue}", "metric"},
      {"{header: {value: b}}", "name"},
      {"{alternative: less}", "alternative"},
      {"{whenEqual: promote, alternative: greater}", "whenEqual: promote needs alternative"},
      {"{minimumRelativEffect: 5%}", "did you mean minimumRelativeEffect?"},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    const Loaded<AbTestPlan> loaded = load_plan(c.text);
    CHECK_FALSE(loaded.good);
    CHECK_THAT(loaded.problems, Contains(c.problem));
  }
}

TEST_CASE("an A/B test that the rest of the scenario makes pointless is named with its place",
          "[strategies][ab-test]") {
  CHECK(problems_with("{}", "conversion: 5%").empty());
  CHECK_THAT(problems_with("{}", "users: 100000"),
             Contains("test.yaml:5:") && Contains("nobody converts") &&
                 Contains("traffic.conversion is 0%"));
  const std::string beta =
      "conversion: 5%, segments: [{name: beta, share: 50%, headers: {x-arm: b}}]";
  CHECK(problems_with("{header: {name: x-arm, value: b}}", beta).empty());
  CHECK_THAT(problems_with("{header: {name: x-arm, value: c}}", beta),
             Contains("error") && Contains("no segment of the users carries x-arm: c"));
  CHECK_THAT(problems_with("{header: {name: x-arn}}", beta), Contains("did you mean x-arm?"));
  // 8 158 in each arm.
  CHECK_THAT(problems_with("{}", "conversion: 5%, users: 16000"),
             Contains("warning") && Contains("the sample will never be complete") &&
                 Contains("8 158 users in A") && Contains("traffic.users is 16000"));
}

TEST_CASE("a scenario that names no strategies is not given an A/B test", "[strategies][ab-test]") {
  const auto scenario = load_scenario_text("test.yaml",
                                           "apiVersion: coalmine/v1alpha1\nkind: Scenario\n"
                                           "service: {name: shop}\n",
                                           ".",
                                           all_strategies(),
                                           {})
                            .value();
  CHECK_FALSE(scenario->strategies.empty());
  for (const StrategyChoice& choice : scenario->strategies) CHECK(choice.type != "abTest");
}

// ---- the planned sample: required_sample() of the baseline and the baseline raised by the effect

TEST_CASE("the planned sample is that of power.prop.test", "[strategies][ab-test]") {
  // 0.02 against 0.03: 3825.15 in each arm.
  const auto equal = plan_sample(plan("{baseline: 2%, minimumRelativeEffect: 50%}"), {});
  REQUIRE(equal.has_value());
  CHECK(equal->alternative == Approx(0.03));
  CHECK(equal->users_a == 3826);
  CHECK(equal->users_b == 3826);
}

TEST_CASE("an unequal split plans unequal arms, more users in all", "[strategies][ab-test]") {
  const AbTestPlan few = plan("{baseline: 2%, minimumRelativeEffect: 50%, split: 5%}");
  const auto sample = plan_sample(few, {});
  REQUIRE(sample.has_value());
  CHECK(static_cast<double>(sample->users_a) / static_cast<double>(sample->users_b) ==
        Approx(19).epsilon(0.001));
  CHECK(sample->users_b < 3826);
  CHECK(sample->users_a + sample->users_b > 2 * 3826);
}

TEST_CASE("significance, power and sides change the sample as they should",
          "[strategies][ab-test]") {
  const auto users = [](const std::string& text) {
    return plan_sample(plan(text), {}).value().users_a;
  };
  const std::uint64_t usual = users("{baseline: 5%}");
  CHECK(users("{baseline: 5%, significance: 1%}") > usual);
  CHECK(users("{baseline: 5%, power: 90%}") > usual);
  CHECK(users("{baseline: 5%, minimumRelativeEffect: 10%}") > 3 * usual);
  CHECK(users("{baseline: 5%, alternative: greater}") < usual);
  // No room above 90 %: planned for the same difference below.
  const auto high = plan_sample(plan("{baseline: 90%}"), {});
  CHECK(high->alternative == Approx(0.72));
}

TEST_CASE("a baseline is measured on both arms together, once enough users converted",
          "[strategies][ab-test]") {
  const AbTestPlan how = plan("{}");
  CHECK_FALSE(plan_sample(how, {}).has_value());
  CHECK_FALSE(plan_sample(how, arms({40, 1000}, {59, 1000})).has_value());
  CHECK_FALSE(plan_sample(how, arms({950, 1000}, {951, 1000})).has_value());
  const auto sample = plan_sample(how, arms({40, 1000}, {60, 1000}));
  REQUIRE(sample.has_value());
  CHECK(sample->baseline == 0.05);
  CHECK(sample->users_a == 8158);
  // A baseline that is given is not measured.
  CHECK(plan_sample(plan("{baseline: 2%}"), arms({400, 1000}, {600, 1000}))->baseline == 0.02);
}

// ---- looks. Baseline 5 %, effect 20 %: 8 158 users in each arm.

TEST_CASE("nothing is tested before the planned sample is there", "[strategies][ab-test]") {
  const Look early = look(plan(), arms({100, 8157}, {900, 20000}));
  CHECK(early.finding == Finding::too_early);
  CHECK(early.message.empty());
}

TEST_CASE("the arm that converts more wins, with all numbers told", "[strategies][ab-test]") {
  const Look b = look(plan(), arms({400, 8200}, {500, 8200}));
  CHECK(b.finding == Finding::b_wins);
  CHECK(b.message ==
        "A 400 of 8 200 users (4.88 %), B 500 of 8 200 users (6.1 %); B - A 1.22 points (95 % "
        "interval 0.52 to 1.92), z 3.43, p 0.0006; planned 8 158 + 8 158 users");
  REQUIRE(b.evidence.size() == 4);
  CHECK(b.evidence[2].query == "conversions");
  CHECK(b.evidence[2].window == 5min);
  CHECK(look(plan(), arms({500, 8200}, {400, 8200})).finding == Finding::a_wins);
}

TEST_CASE("a difference within chance is none", "[strategies][ab-test]") {
  // z 1.96 lies between 58 and 59 conversions more.
  CHECK(look(plan(), arms({410, 8200}, {450, 8200})).finding == Finding::no_difference);
  CHECK(look(plan(), arms({410, 8200}, {468, 8200})).finding == Finding::b_wins);
}

TEST_CASE("a test for better alone never finds B worse, and finds it better sooner",
          "[strategies][ab-test]") {
  const AbTestPlan greater = plan("{baseline: 5%, alternative: greater}");
  CHECK(look(greater, arms({600, 8200}, {300, 8200})).finding == Finding::no_difference);
  // z = 1.77
  const Arms somewhat = arms({410, 8200}, {462, 8200});
  CHECK(look(plan(), somewhat).finding == Finding::no_difference);
  CHECK(look(greater, somewhat).finding == Finding::b_wins);
}

TEST_CASE("arms that do not fit the split are not compared, whatever they say",
          "[strategies][ab-test]") {
  const Look broken = look(plan(), arms({400, 9000}, {900, 8400}));
  CHECK(broken.finding == Finding::mismatch);
  CHECK_THAT(broken.message,
             Contains("9 000 users in A and 8 400 in B") &&
                 Contains("48.3 % instead of 50 % (chi-square 20.7, p below 0.0001)"));
  REQUIRE(broken.evidence.size() == 2);  // the users alone
  CHECK(broken.evidence[1].query == "more users");
  // A quarter in B is what this split asks for.
  const AbTestPlan quarter = plan("{baseline: 20%, split: 25%}");
  CHECK(look(quarter, arms({900, 4500}, {400, 1500})).finding == Finding::b_wins);
  // p = 0.0047 is no alarm.
  CHECK(look(plan(), arms({500, 10200}, {490, 9800})).finding == Finding::no_difference);
}

TEST_CASE("few conversions are tested exactly", "[strategies][ab-test]") {
  const Look few =
      look(plan("{baseline: 40%, minimumRelativeEffect: 99%}"), arms({0, 30}, {7, 30}));
  CHECK(few.finding == Finding::b_wins);
  CHECK_THAT(few.message, Contains("Fisher's exact p 0.01"));
}

TEST_CASE("peeking tests at every look and stops at the first difference",
          "[strategies][ab-test]") {
  const AbTestPlan how = plan("{baseline: 5%, peek: true}");
  const Look lucky = look(how, arms({20, 500}, {40, 500}));
  CHECK(lucky.finding == Finding::b_wins);
  CHECK_THAT(lucky.message, Contains("peeked at 6.13 % of them"));
  const Look nothing = look(how, arms({25, 500}, {26, 500}));
  CHECK(nothing.finding == Finding::too_early);
  CHECK_THAT(nothing.message, Contains("z 0.14"));
  CHECK(look(how, {}).message.empty());
  CHECK(look(how, arms({410, 8200}, {411, 8200})).finding == Finding::no_difference);
}

// The log of a manual release as a scenario gives it: what each verb needs, and in which order.
#include <catch2/catch.hpp>
#include <string>

#include "sim/scenario/load.h"
#include "strategies/manual/plan.h"
#include "strategies/registry.h"
#include "tests/strategies/loaded_plan.h"

using namespace coalmine;
using namespace coalmine::literals;
using namespace coalmine::test;
using Catch::Contains;

namespace {

Loaded<ManualPlan> load_actions(const std::string& actions) {
  return load(manual_table(), "{actions: [" + actions + "]}");
}

/// Diagnostics of a scenario with this log (line 6), released 5 min before its end.
std::string problems_with(const std::string& actions) {
  const std::string text =
      "apiVersion: coalmine/v1alpha1\nkind: Scenario\nduration: 10m\n"
      "service: {name: shop, replicas: 4}\n"
      "traffic: {segments: [{name: staff, share: 5%, headers: {x-tester: beta}}]}\n"
      "strategies: [{manual: {actions: [{at: 0s, do: deployNew}, " +
      actions + "]}}]\n";
  const LoadResult loaded = load_scenario_text("test.yaml", text, ".", all_strategies(), {});
  CHECK(loaded.scenario);
  return loaded.diagnostics.text();
}

}  // namespace

TEST_CASE("a log of actions is read in its order with what goes with each verb",
          "[strategies][manual]") {
  const auto loaded = load_actions(
      "{at: 0s, do: deployNew}, {at: 10s, do: waitReady}, {at: 20s, do: scale, replicas: 5}, "
      "{at: 25s, do: scale, of: old, replicas: 2}, {at: 30s, do: mirror, share: 50%}, "
      "{at: 1m, do: routeMatching, header: x-tester}, {at: 2m, do: route, share: 10%}, "
      "{at: 4m, do: promote}, {at: 9m, do: rollBack}");
  INFO(loaded.problems);
  REQUIRE(loaded.good);
  const auto& actions = loaded.plan.actions;
  REQUIRE(actions.size() == 9);
  CHECK(actions[0].verb == ManualVerb::deploy_new);
  CHECK_FALSE(actions[0].replicas.has_value());
  CHECK(actions[2].replicas == 5);
  CHECK(actions[3].of == WhichVersion::old_one);
  CHECK(actions[4].share == 0.5);
  CHECK(actions[5].header == "x-tester");
  CHECK_FALSE(actions[5].value.has_value());
  CHECK(actions[8].at == 9min);
  CHECK(loaded.plan.ready_within == 5min);
}

TEST_CASE("actions at one time are in the order of the log", "[strategies][manual]") {
  CHECK(load_actions("{at: 0s, do: deployNew}, {at: 0s, do: route, share: 1%}").good);
}

TEST_CASE("impossible logs are refused in words, at their place", "[strategies][manual]") {
  struct Case {
    const char* actions;
    const char* problem;
  };
  const Case cases[] = {
      {"{at: 1m, do: deployNw}", "did you mean deployNew?"},
      {"{at: 1m, do: fly}", "fly is not one of deployNew, waitReady, scale, route"},
      {"{do: deployNew}", "action needs the key at"},
      {"{at: 1m}", "action needs the key do"},
      {"{at: -1s, do: deployNew}", "at"},
      {"{at: 1m, do: deployNew, share: 10%}", "deployNew does not take the key share"},
      {"{at: 1m, do: route, share: 10%}",
       "actions[0]: route needs a Deployment of the new version"},
      {"{at: 1m, do: waitReady}", "deployNew comes first"},
      {"{at: 1m, do: scale, replicas: 2}", "deployNew comes first"},
      {"{at: 1m, do: promote}", "deployNew comes first"},
      {"{at: 0s, do: deployNew}, {at: 1m, do: route}", "route needs the key share"},
      {"{at: 0s, do: deployNew}, {at: 1m, do: scale}", "scale needs the key replicas"},
      {"{at: 0s, do: deployNew}, {at: 1m, do: routeMatching}",
       "routeMatching needs the key header"},
      {"{at: 0s, do: deployNew}, {at: 1m, do: route, share: 101%}", "out of range"},
      {"{at: 0s, do: deployNew}, {at: 1m, do: promote, share: 5%}", "it takes none"},
      {"{at: 0s, do: deployNew}, {at: 1m, do: scale, repliccas: 2}", "did you mean replicas?"},
      {"{at: 2m, do: deployNew}, {at: 1m, do: promote}",
       "actions[1]: at: 1m lies before the action above, at 2m"},
      {"{at: 0s, do: deployNew}, {at: 1m, do: deployNew}", "the new version is deployed already"},
      {"{at: 0s, do: deployNew}, {at: 1m, do: rollBack}, {at: 2m, do: promote}",
       "actions[2]: nothing can follow rollBack"},
      {"{at: 0s, do: deployNew}, {at: 1m, do: promote}, {at: 2m, do: route, share: 5%}",
       "actions[2]: only rollBack can follow promote"},
      {"", "actions is empty"},
  };
  for (const Case& c : cases) {
    INFO(c.actions);
    const auto loaded = load_actions(c.actions);
    CHECK_FALSE(loaded.good);
    CHECK_THAT(loaded.problems, Contains(c.problem));
  }
  CHECK_THAT(load(manual_table(), "{}").problems, Contains("manual needs the key actions"));
}

TEST_CASE("all mistakes of a log are reported at once", "[strategies][manual]") {
  const auto loaded = load_actions("{at: 2m, do: route, share: 1%}, {at: 1m, do: promote}");
  CHECK_THAT(loaded.problems, Contains("actions[0]") && Contains("actions[1]"));
}

TEST_CASE("an action after the end of the run is warned of", "[strategies][manual]") {
  CHECK(problems_with("{at: 299s, do: promote}").empty());
  CHECK_THAT(problems_with("{at: 5m, do: promote}"),
             Contains("test.yaml:6:64: warning: actions[1]: at: the run is over by then\n") &&
                 Contains("it ends 5m after the release begins"));
  // One warning for all that come too late.
  const std::string two = problems_with("{at: 6m, do: promote}, {at: 7m, do: rollBack}");
  CHECK_THAT(two, Contains("the run is over by then, as it is for those that follow"));
  CHECK(two.find("warning") == two.rfind("warning"));
}

TEST_CASE("routing by a header that nobody sends is warned of, with the nearest one",
          "[strategies][manual]") {
  const auto routed = [](const std::string& keys) {
    return problems_with("{at: 1m, do: routeMatching, " + keys + "}");
  };
  CHECK(routed("header: x-tester").empty());
  CHECK(routed("header: x-tester, value: beta").empty());
  CHECK_THAT(routed("header: x-testr"),
             Contains("test.yaml:6:95: warning: actions[1]: header: no segment of the users "
                      "carries x-testr\n") &&
                 Contains("did you mean x-tester?"));
  CHECK_THAT(routed("header: x-tester, value: bta"),
             Contains("carries x-tester: bta\n") && Contains("did you mean beta?"));
  CHECK_THAT(routed("header: cookie"), Contains("traffic.segments[].headers says who"));
}

TEST_CASE("an action is told in the words of the scenario", "[strategies][manual]") {
  const auto told = [](const std::string& action) {
    return say(load_actions("{at: 0s, do: deployNew}, " + action).plan.actions.back());
  };
  CHECK(told("{at: 1m, do: route, share: 12.5%}") == "route share: 12.5%");
  CHECK(told("{at: 1m, do: scale, of: old, replicas: 0}") == "scale replicas: 0 of: old");
  CHECK(told("{at: 1m, do: routeMatching, header: x, value: y}") ==
        "routeMatching header: x value: y");
}

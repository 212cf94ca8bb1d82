#include "strategies/registry.h"

#include <utility>

#include "strategies/ab_test/ab_test.h"
#include "strategies/blue_green/blue_green.h"
#include "strategies/canary/canary.h"
#include "strategies/manual/manual.h"
#include "strategies/recreate/recreate.h"
#include "strategies/rolling/rolling.h"
#include "strategies/shadow/shadow.h"

namespace coalmine {
namespace {

/// The kind of strategy S, which is made of the plan that `table` loads and `check` holds against
/// the rest of the scenario.
template <class S, class Plan>
StrategyKind kind_of(const char* key,
                     const char* output_name,
                     const Section<Plan>& table,
                     StrategyCheck<Plan> check = {}) {
  return strategy_kind<Plan>(
      key,
      output_name,
      table.help(),
      table,
      [](const Plan& plan) { return std::make_shared<const S>(plan); },
      std::move(check));
}

template <class Plan>
void check_cut_over(const Plan& plan,
                    const Scenario& scenario,
                    const SectionView& at,
                    Diagnostics& problems) {
  check_interval(plan.cut_over.interval, scenario, at, problems);
}

}  // namespace

StrategyCatalogue all_strategies() {
  StrategyCatalogue catalogue;
  catalogue.add(kind_of<Recreate>("recreate", "recreate", recreate_table()));
  catalogue.add(kind_of<Rolling>("rolling", "rolling", rolling_table()));
  catalogue.add(kind_of<BlueGreen, BlueGreenPlan>(
      "blueGreen", "blue-green", blue_green_table(), check_cut_over<BlueGreenPlan>));
  catalogue.add(kind_of<Canary, CanaryPlan>("canary", "canary", canary_table(), check_canary));
  catalogue.add(
      kind_of<Shadow, ShadowPlan>("shadow", "shadow", shadow_table(), check_cut_over<ShadowPlan>));
  catalogue.add(kind_of<AbTest, AbTestPlan>("abTest", "ab-test", ab_test_table(), check_ab_test));
  catalogue.add(kind_of<Manual, ManualPlan>("manual", "manual", manual_table(), check_manual));
  return catalogue;
}

}  // namespace coalmine

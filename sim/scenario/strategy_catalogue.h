/// The strategies a scenario may name: key, settings table, and how a strategy is made of its
/// settings. The engine never sees the strategies themselves; strategies/registry fills a catalogue
/// and hands it to the loader, the schema and the reference.
///
///     catalogue.add(strategy_kind<CanaryPlan>(
///         "canary", "canary", "Raises the new version's traffic in steps while checks pass.",
///         canary_table(),  // Section<CanaryPlan>
///         [](const CanaryPlan& plan) { return std::make_shared<const Canary>(plan); }));
///
/// A type whose settings ask something of the rest of the scenario gives a check as a last
/// argument, which runs when everything was read without mistakes.
///
/// Every type also gets the key `name`, by which output and `--set strategies[NAME].key` tell two
/// entries of one type apart.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/kernel/settings.h"
#include "sim/scenario/scenario.h"

namespace coalmine {

struct StrategyKind {
  std::string key;          ///< in the scenario: "blueGreen"
  std::string output_name;  ///< in output: "blue-green"
  std::string help;         ///< one sentence
  std::shared_ptr<const AnySection> table;
  /// Empty after mistakes, which are in the diagnostics.
  std::function<std::optional<StrategyChoice>(const Value& settings, Diagnostics&)> load;
};

template <class Config>
using StrategyCheck =
    std::function<void(const Config&, const Scenario&, const SectionView&, Diagnostics&)>;

template <class Config, class Make>
StrategyKind strategy_kind(std::string key,
                           std::string output_name,
                           std::string help,
                           const Section<Config>& settings,
                           Make make,
                           StrategyCheck<Config> check = {}) {
  struct Named {
    std::string name;
    Config config{};
  };
  auto table = std::make_shared<Section<Named>>(key, help);
  table->field("name", &Named::name, {.help = "what output calls this entry"});
  table->include(&Named::config, settings);
  const auto load = [table, key, output_name, make = std::function(std::move(make)), check](
                        const Value& node, Diagnostics& diagnostics) {
    std::optional<StrategyChoice> choice;
    Named named;
    if (!table->load(named, node, diagnostics)) return choice;
    const auto strategy = make(named.config);
    choice = StrategyChoice{key,
                            output_name,
                            named.name.empty() ? output_name : named.name,
                            strategy,
                            strategy->queries()};
    if (check)
      choice->check = [check, config = named.config](
                          const Scenario& scenario, const SectionView& at, Diagnostics& problems) {
        check(config, scenario, at, problems);
      };
    return choice;
  };
  return {std::move(key), std::move(output_name), std::move(help), table, load};
}

class StrategyCatalogue {
 public:
  void add(StrategyKind type);  ///< keys are unique
  const StrategyKind* find(std::string_view key) const;
  const std::vector<StrategyKind>& all() const { return types_; }

 private:
  std::vector<StrategyKind> types_;
};

}  // namespace coalmine

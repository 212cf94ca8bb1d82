/// A small catalogue of strategies and helpers to load scenarios from text.
#pragma once

#include <filesystem>
#include <string>

#include "sim/experiment/strategy.h"
#include "sim/scenario/load.h"

namespace coalmine::test {

struct StepPlan {
  std::vector<double> steps;
  Duration interval{};
  int failure_limit = 0;
};

class NoStrategy : public Strategy {
 public:
  Task<Verdict> roll_out(Operator&) const override { co_return Verdict::held; }
};

class StepStrategy : public NoStrategy {
 public:
  explicit StepStrategy(StepPlan wanted) : plan(std::move(wanted)) {}
  StepPlan plan;
};

struct NoSettings {};

inline StrategyCatalogue catalogue() {
  Section<StepPlan> steps("canary", "Steps.");
  steps
      .field("steps",
             &StepPlan::steps,
             kind::list_of(kind::ratio()),
             {.default_text = "[5%, 25%, 50%]", .above = "0", .max = "100%"})
      .field("interval", &StepPlan::interval, {.default_text = "2m", .min = "1s", .max = "24h"})
      .field(
          "failureLimit", &StepPlan::failure_limit, {.default_text = "2", .min = "0", .max = "99"});
  StrategyCatalogue result;
  result.add(strategy_kind<NoSettings>(
      "recreate",
      "recreate",
      "All at once.",
      Section<NoSettings>("recreate", "All at once."),
      [](const NoSettings&) { return std::make_shared<const NoStrategy>(); }));
  result.add(
      strategy_kind<StepPlan>("canary", "canary-out", "Steps.", steps, [](const StepPlan& plan) {
        return std::make_shared<const StepStrategy>(plan);
      }));
  return result;
}

inline LoadResult load(const std::string& text,
                       std::vector<std::string> overrides = {},
                       bool strict = false,
                       const std::filesystem::path& folder = ".") {
  return load_scenario_text("s.yaml", text, folder, catalogue(), {std::move(overrides), strict});
}

inline const std::string kHead = "apiVersion: coalmine/v1alpha1\nkind: Scenario\n";
inline const std::string kSmall = kHead + "service: {name: checkout}\n";

inline std::filesystem::path shared_folder() {
  return std::filesystem::path(COALMINE_SOURCE_DIR) / ".." / "shared";
}

/// "line:column: message" of every mistake, one a line.
inline std::string brief(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& d : diagnostics.sorted())
    out += std::to_string(d.line) + ":" + std::to_string(d.column) + ": " + d.message + "\n";
  return out;
}

}  // namespace coalmine::test

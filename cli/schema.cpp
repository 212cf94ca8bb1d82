#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/options.h"
#include "sim/scenario/reference.h"
#include "sim/scenario/schema.h"
#include "strategies/registry.h"

namespace coalmine::cli {

Command add_schema(CLI::App& app) {
  auto common = std::make_shared<CommonOptions>();
  auto reference = std::make_shared<bool>(false);
  CLI::App& command = *app.add_subcommand("schema", "JSON Schema of the scenario, for editors");
  command.add_flag("--reference", *reference, "the reference page (Markdown) instead");
  command.add_option("--out", common->out, "write to this file");
  return [common, reference] {
    const StrategyCatalogue strategies = all_strategies();
    deliver(*common, *reference ? scenario_reference(strategies) : scenario_schema(strategies));
    return kDone;
  };
}

}  // namespace coalmine::cli

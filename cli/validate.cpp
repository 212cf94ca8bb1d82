#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"
#include "sim/scenario/load.h"
#include "strategies/registry.h"

namespace coalmine::cli {
namespace {

struct ValidateOptions {
  std::vector<std::string> files;
  std::vector<std::string> set;
  bool strict = false;
};

int validate(const ValidateOptions& options) {
  const StrategyCatalogue strategies = all_strategies();
  LoadOptions how;
  how.overrides = options.set;
  how.strict = options.strict;
  std::size_t errors = 0;
  for (const std::string& file : options.files) {
    const Diagnostics found = validate_file(file, strategies, how);
    complain(found.text());
    errors += found.errors();
    const std::size_t warnings = found.sorted().size() - found.errors();
    if (found.has_errors())
      print(fmt::format("{}: {} error{}\n", file, found.errors(), found.errors() == 1 ? "" : "s"));
    else if (warnings > 0)
      print(fmt::format("{}: ok, {} warning{}\n", file, warnings, warnings == 1 ? "" : "s"));
    else
      print(fmt::format("{}: ok\n", file));
  }
  return errors == 0 ? kDone : kBadInput;
}

}  // namespace

Command add_validate(CLI::App& app) {
  auto options = std::make_shared<ValidateOptions>();
  CLI::App& command =
      *app.add_subcommand("validate", "check scenarios and bare manifests, all errors at once");
  command.add_option("FILE", options->files, "scenarios or manifests")->required();
  command.add_option("--set", options->set, "PATH=VALUE: change a key first (repeatable)")
      ->allow_extra_args(false);
  command.add_flag("--strict", options->strict, "treat warnings as errors");
  return [options] { return validate(*options); };
}

}  // namespace coalmine::cli

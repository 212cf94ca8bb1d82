#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"
#include "sim/experiment/recording_file.h"
#include "sim/scenario/load.h"
#include "strategies/registry.h"

namespace coalmine::cli {
namespace {

struct ValidateOptions {
  std::vector<std::string> files;
  std::vector<std::string> set;
  bool strict = false;
};

/// What was found in a file: its text, and how many of it are errors and warnings.
struct Findings {
  std::string text;
  std::size_t errors = 0;
  std::size_t warnings = 0;
};

/// Reads it to its last byte; the first thing that is wrong is the only one.
Findings validate_recording(const std::string& file) {
  try {
    RecordingFile(file).read_all();
    return {};
  } catch (const InvalidInput& e) {
    return {e.what(), e.diagnostics().size(), 0};
  }
}

int validate(const ValidateOptions& options) {
  const StrategyCatalogue strategies = all_strategies();
  LoadOptions how;
  how.overrides = options.set;
  how.strict = options.strict;
  const auto look_at = [&](const std::string& file) -> Findings {
    if (is_recording(file)) return validate_recording(file);
    const Diagnostics found = validate_file(file, strategies, how);
    return {found.text(), found.errors(), found.sorted().size() - found.errors()};
  };
  std::size_t errors = 0;
  for (const std::string& file : options.files) {
    const Findings found = look_at(file);
    complain(found.text);
    errors += found.errors;
    if (found.errors > 0)
      print(fmt::format("{}: {} error{}\n", file, found.errors, found.errors == 1 ? "" : "s"));
    else if (found.warnings > 0)
      print(fmt::format(
          "{}: ok, {} warning{}\n", file, found.warnings, found.warnings == 1 ? "" : "s"));
    else
      print(fmt::format("{}: ok\n", file));
  }
  return errors == 0 ? kDone : kBadInput;
}

}  // namespace

Command add_validate(CLI::App& app) {
  auto options = std::make_shared<ValidateOptions>();
  CLI::App& command = *app.add_subcommand(
      "validate", "check scenarios, bare manifests and recordings, all errors at once");
  command.add_option("FILE", options->files, "scenarios, manifests or recordings")->required();
  command.add_option("--set", options->set, "PATH=VALUE: change a key first (repeatable)")
      ->allow_extra_args(false);
  command.add_flag("--strict", options->strict, "treat warnings as errors");
  return [options] { return validate(*options); };
}

}  // namespace coalmine::cli

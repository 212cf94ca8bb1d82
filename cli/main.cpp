/// The `coalmine` command: picks the subcommand and turns failures into messages and exit codes.

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"
#include "sim/kernel/assert.h"
#include "sim/kernel/diagnostics.h"
#include "version.h"

int main(int argc, char** argv) {
  using namespace coalmine;
  CLI::App app(
      "coalmine: if this release goes bad, who gets hurt, for how long, and would the rollout "
      "notice?");
  app.name("coalmine");
  app.set_version_flag("--version", fmt::format("coalmine {}", kVersion));
  app.require_subcommand(1);
  std::vector<std::pair<std::string, cli::Command>> commands;
  commands.emplace_back("run", cli::add_run(app));
  commands.emplace_back("compare", cli::add_compare(app));
  commands.emplace_back("validate", cli::add_validate(app));
  commands.emplace_back("schema", cli::add_schema(app));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? cli::kDone : cli::kBadInput;
  }
  try {
    for (const auto& [name, command] : commands)
      if (app.got_subcommand(name)) return command();
  } catch (const InvalidInput& e) {
    fmt::print(stderr, "{}", e.what());
    return cli::kBadInput;
  } catch (const InternalError& e) {
    fmt::print(stderr, "coalmine: {}\nThis is a mistake of ours: please report it.\n", e.what());
    return 70;
  } catch (const std::exception& e) {
    fmt::print(stderr, "coalmine: {}\n", e.what());
    return cli::kBadInput;
  }
  return cli::kBadInput;
}

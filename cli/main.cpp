/// The `coalmine` command: picks the subcommand and turns failures into messages and exit codes.

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"
#include "sim/kernel/assert.h"
#include "sim/kernel/diagnostics.h"
#include "version.h"

namespace coalmine::cli {
namespace {

using Commands = std::vector<std::pair<std::string, Command>>;

/// Of a first word that names no command CLI11 says only that one is required.
bool names_unknown_command(const Commands& commands, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  const std::string word = argv[1];
  std::vector<std::string> known;
  for (const auto& [name, command] : commands) known.push_back(name);
  if (std::find(known.begin(), known.end(), word) != known.end()) return false;
  const std::string meant = did_you_mean(word, known);
  complain(fmt::format("coalmine: {} is not a command; {}\n  known: {}\n",
                       word,
                       meant.empty() ? "see coalmine --help" : meant,
                       join(known)));
  return true;
}

int run_command(CLI::App& app, const Commands& commands, int argc, char** argv) {
  if (names_unknown_command(commands, argc, argv)) return kBadInput;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kDone : kBadInput;
  }
  try {
    for (const auto& [name, command] : commands)
      if (app.got_subcommand(name)) return command();
  } catch (const InvalidInput& e) {
    complain(e.what());
  } catch (const NotWritten& e) {
    complain(fmt::format("coalmine: {}\n", e.what()));
    return kNotWritten;
  } catch (const InternalError& e) {
    complain(fmt::format("coalmine: {}\nThis is a mistake of ours: please report it.\n", e.what()));
    return kInternalError;
  } catch (const std::bad_alloc&) {
    complain("coalmine: there is not enough memory to play this; try fewer threads (-j)\n");
  } catch (const std::exception& e) {
    complain(fmt::format("coalmine: {}\n", e.what()));
  }
  return kBadInput;
}

}  // namespace
}  // namespace coalmine::cli

int main(int argc, char** argv) {
  using namespace coalmine;
  CLI::App app(
      "coalmine: if this release goes bad, who gets hurt, for how long, and would the rollout "
      "notice?");
  app.name("coalmine");
  app.set_version_flag("--version", fmt::format("coalmine {}", kVersion));
  app.require_subcommand(1);
  cli::Commands commands;
  commands.emplace_back("run", cli::add_run(app));
  commands.emplace_back("compare", cli::add_compare(app));
  commands.emplace_back("validate", cli::add_validate(app));
  commands.emplace_back("schema", cli::add_schema(app));
  commands.emplace_back("query", cli::add_query(app));
  commands.emplace_back("export", cli::add_export(app));
  const int code = cli::run_command(app, commands, argc, argv);
  // Whatever was printed must have arrived: a full disk is noticed here at the latest.
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  cli::complain(fmt::format("coalmine: standard output could not be written: {}\n",
                            std::generic_category().message(errno)));
  return cli::kNotWritten;
}

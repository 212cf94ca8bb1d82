#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>
#include <memory>

#include "cli/commands.h"
#include "cli/format_run.h"
#include "cli/options.h"
#include "sim/experiment/run.h"
#include "sim/kernel/diagnostics.h"

namespace coalmine::cli {
namespace {

struct RunOptions {
  CommonOptions common;
  std::string strategy;
  std::string release;  ///< empty: bad, if there is a fault
  bool on_call = true;
  std::uint32_t replication = 0;
};

std::size_t find_strategy(const Scenario& scenario, const std::string& wanted) {
  std::string known;
  for (std::size_t i = 0; i < scenario.strategies.size(); ++i) {
    const StrategyChoice& s = scenario.strategies[i];
    if (s.name == wanted || s.type == wanted) return i;
    known += (i > 0 ? ", " : "") + s.name;
  }
  refuse(scenario.file,
         fmt::format("no strategy is called '{}'; the scenario has: {}", wanted, known));
}

void check_release(const Scenario& scenario, const std::string& wanted) {
  std::vector<std::string> known = scenario.release_names();
  if (!scenario.release.mix.empty()) known.emplace_back("mix");
  if (std::find(known.begin(), known.end(), wanted) != known.end()) return;
  refuse(scenario.file,
         fmt::format("no release is called '{}'; the scenario has: {}", wanted, join(known)));
}

int run(const RunOptions& options) {
  const auto scenario = load(options.common);
  RunSpec spec;
  spec.scenario = scenario;
  if (options.strategy != "control") {
    if (options.strategy.empty() && scenario->strategies.empty())
      refuse(scenario->file, "the scenario has no strategies to run");
    spec.strategy = options.strategy.empty() ? 0 : find_strategy(*scenario, options.strategy);
  }
  const bool faulty = !scenario->release_faults("bad").empty();
  spec.release = !options.release.empty() ? options.release : faulty ? "bad" : "good";
  check_release(*scenario, spec.release);
  spec.on_call = options.on_call;
  spec.seed = options.common.seed.value_or(scenario->seed);
  spec.replication = options.replication;
  check_writable(options.common);
  const RunResult result = play(spec, interruption());
  if (result.interrupted) {
    complain("coalmine: interrupted; nothing was finished\n");
    return kInterrupted;
  }
  deliver(options.common, format_run(result, *scenario, spec, options.common.chosen_format()));
  return kDone;
}

}  // namespace

Command add_run(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  CLI::App& command = *app.add_subcommand("run", "play one release once and print its timeline");
  add_common(command, options->common);
  command.add_option("--strategy",
                     options->strategy,
                     "which of the scenario's strategies, by name (default: the first); 'control': "
                     "no release");
  command.add_option("--release",
                     options->release,
                     "bad: with its faults (default, if it has any); good: without; errors, slow, "
                     "crash or a variant of the scenario; mix: one of its mix");
  command.add_flag("!--no-on-call", options->on_call, "leave out the human on call");
  only_whole_numbers(
      *command.add_option("--replication", options->replication, "which replication (default 0)"),
      0,
      std::numeric_limits<std::uint32_t>::max());
  return [options] { return run(*options); };
}

}  // namespace coalmine::cli

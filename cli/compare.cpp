#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/format_compare.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "sim/experiment/compare.h"
#include "sim/experiment/recording_file.h"

namespace coalmine::cli {
namespace {

struct CompareArguments {
  CommonOptions common;
  std::size_t replications = 20;
  int threads = 0;
};

int run(const CompareArguments& arguments) {
  const auto scenario = load(arguments.common);
  if (scenario->strategies.empty())
    refuse(scenario->file, "the scenario has no strategies to compare");
  if (is_recording_name(arguments.common.out))
    refuse(arguments.common.out, "a recording holds one run: coalmine run writes it");
  check_writable(arguments.common);
  Progress progress;
  CompareOptions options;
  options.replications = arguments.replications;
  options.threads = arguments.threads;
  options.stop = interruption();
  if (on_terminal())
    options.progress = [&progress](std::size_t done, std::size_t total) {
      progress.show(done, total);
    };
  const CompareResult result =
      compare(scenario, arguments.common.seed.value_or(scenario->seed), options);
  progress.clear();
  if (result.replications == 0) {
    complain("coalmine: interrupted; no replication was finished\n");
    return kInterrupted;
  }
  deliver(arguments.common, format_compare(result, *scenario, arguments.common.chosen_format()));
  if (!result.interrupted) return kDone;
  complain(fmt::format(
      "coalmine: interrupted; the result stands on the {} replications that were finished\n",
      result.replications));
  return kInterrupted;
}

}  // namespace

Command add_compare(CLI::App& app) {
  auto arguments = std::make_shared<CompareArguments>();
  CLI::App& command =
      *app.add_subcommand("compare", "play strategies side by side on the same worlds");
  add_common(command, arguments->common);
  only_whole_numbers(*command.add_option(
                         "-n,--replications", arguments->replications, "replications (default 20)"),
                     1,
                     1'000'000);
  only_whole_numbers(
      *command.add_option("-j,--threads", arguments->threads, "threads (default: one per core)"),
      1,
      1024);
  return [arguments] { return run(*arguments); };
}

}  // namespace coalmine::cli

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>
#include <memory>

#include "cli/commands.h"
#include "cli/format_run.h"
#include "cli/options.h"
#include "sim/experiment/recorder.h"
#include "sim/experiment/recording_file.h"
#include "sim/experiment/run.h"
#include "sim/kernel/diagnostics.h"

namespace coalmine::cli {
namespace {

struct RunOptions {
  CommonOptions common;
  std::string strategy;
  std::string release;  ///< empty: bad, if there is a fault
  bool on_call = true;
  std::optional<std::uint32_t> replication;
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
  if (wanted == "bad" && scenario.release_faults("bad").empty())
    refuse(scenario.file, "there is no bad release: release.faults is empty");
  std::vector<std::string> known = scenario.release_names();
  if (!scenario.release.mix.empty()) known.emplace_back("mix");
  if (std::find(known.begin(), known.end(), wanted) != known.end()) return;
  refuse(scenario.file,
         fmt::format("no release is called '{}'; the scenario has: {}", wanted, join(known)));
}

/// What was played is done.
void refuse_changes(const RunOptions& options) {
  const std::pair<const char*, bool> changes[] = {
      {"--strategy", !options.strategy.empty()},
      {"--release", !options.release.empty()},
      {"--no-on-call", !options.on_call},
      {"--replication", options.replication.has_value()},
      {"--seed", options.common.seed.has_value()},
      {"--set", !options.common.set.empty()},
      {"--strict", options.common.strict},
  };
  for (const auto& [name, given] : changes)
    if (given)
      refuse(options.common.file,
             fmt::format("{} has no effect on a recording: it shows what was played; play the "
                         "scenario again instead",
                         name));
}

int show(const RunOptions& options) {
  refuse_changes(options);
  if (is_recording_name(options.common.out))
    refuse(options.common.out, "this would be a copy of the recording: copy the file instead");
  check_writable(options.common);
  RecordingFile file(options.common.file);
  file.check();
  deliver(options.common, format_run(file.result(), options.common.chosen_format()));
  return kDone;
}

/// Nothing is played if the file cannot be written.
RunResult play_and_record(const RunSpec& spec, const std::string& out) {
  std::optional<RecordingWriter> writer;
  try {
    writer.emplace(out);
  } catch (const RecordingNotWritten& e) {
    refuse(out, "cannot be written: " + e.why());
  }
  Recording recording = record(spec, interruption());
  try {
    if (!recording.result.interrupted) {
      writer->write(recording);
      writer->finish();
    }
  } catch (const RecordingNotWritten& e) {
    throw NotWritten(e.what());
  }
  return std::move(recording.result);
}

int run(const RunOptions& options) {
  if (is_recording(options.common.file)) return show(options);
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
  spec.replication = options.replication.value_or(0);
  check_writable(options.common);
  const bool recorded = is_recording_name(options.common.out);
  const RunResult result =
      recorded ? play_and_record(spec, options.common.out) : play(spec, interruption());
  if (result.interrupted) {
    complain("coalmine: interrupted; nothing was finished\n");
    return kInterrupted;
  }
  const std::string text = format_run(result, options.common.chosen_format());
  if (recorded)
    print(text);
  else
    deliver(options.common, text);
  return kDone;
}

}  // namespace

Command add_run(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  CLI::App& command = *app.add_subcommand(
      "run", "play one release once and print its timeline, or show a recording again");
  add_common(command, options->common);
  command.get_option("FILE")->description("the scenario, or a recording (.cmrun)");
  command.get_option("--out")->description(
      "write to this file; with the name X.cmrun, the recording of the run");
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

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/instants.h"
#include "cli/options.h"
#include "cli/series_file.h"
#include "sim/experiment/recording_file.h"
#include "sim/scenario/scenario_rules.h"
#include "sim/telemetry/dialects/registry.h"
#include "sim/telemetry/exposition/history.h"
#include "sim/telemetry/exposition/writer.h"
#include "sim/telemetry/rules/rule_yaml.h"

namespace coalmine::cli {
namespace {

struct ExportOptions {
  CommonOptions common;  ///< of it: file and out
  std::string format = "openmetrics";
  std::string at;         ///< empty: the end
  std::string from, to;   ///< empty: all
  std::string time_zero;  ///< empty: kTimeZero
};

/// What 00:00 of a run is in an export, unless said otherwise: 2023-11-15T00:00:00Z. A midnight
/// well after 1970: Prometheus takes no samples from before, and the steps of its subqueries are
/// aligned to the epoch as ours are to the start of the run.
constexpr const char* kTimeZero = "1700006400";

/// The rules of a scenario, to take home.
int export_rules(const ExportOptions& options) {
  for (const std::string* option : {&options.at, &options.from, &options.to, &options.time_zero})
    if (!option->empty())
      refuse("--format", "rules hold for all time: no --at, --from, --to or --time-zero");
  if (is_recording(options.common.file))
    refuse(options.common.file, "rules are made from a scenario, and this is a recording");
  deliver(options.common, rules::to_yaml(scenario_rules(*load(options.common))));
  return kDone;
}

int export_run(const ExportOptions& options) {
  if (is_recording_name(options.common.out))
    refuse(options.common.out, "a recording holds one run: coalmine run writes it");
  check_writable(options.common);
  if (options.format == "rules") return export_rules(options);
  if (!options.common.set.empty())
    refuse("--set", "is for rules; what was recorded cannot be changed");
  const SeriesFile file = open_series(options.common.file);
  const auto known = known_families();
  if (options.format == "prometheus") {
    if (!options.time_zero.empty())
      refuse("--time-zero", "is for openmetrics; a page of one instant tells no times");
    if (!options.from.empty() || !options.to.empty())
      refuse("--from, --to", "are for openmetrics; a page of one instant takes --at");
    Timestamp at = file.newest.value_or(Timestamp{});
    if (!options.at.empty()) {
      const Parsed<Timestamp> parsed = file.parse_time(options.at);
      if (!parsed) refuse("--at", parsed.problem);
      at = *parsed.value;
    }
    deliver(options.common, exposition::write_text(exposition::page_at(*file.series, known, at)));
    return kDone;
  }
  if (!options.at.empty())
    refuse("--at", "is for the format prometheus; openmetrics is the whole run");
  const auto instant = [&](const char* option, const std::string& text, Timestamp otherwise) {
    if (text.empty()) return otherwise;
    const Parsed<Timestamp> parsed = file.parse_time(text);
    if (!parsed) refuse(option, parsed.problem);
    return *parsed.value;
  };
  const Timestamp from = instant("--from", options.from, Timestamp::min());
  const Timestamp to = instant("--to", options.to, Timestamp::max());
  if (from > to) refuse("--from", "is after --to");
  Millis shift{0};
  if (file.is_run) {
    const Parsed<Timestamp> zero =
        parse_unix_time(options.time_zero.empty() ? kTimeZero : options.time_zero);
    if (!zero) refuse("--time-zero", zero.problem);
    shift = zero.value->time_since_epoch();
    if (shift % std::chrono::minutes(1) != Millis{})
      complain(
          "--time-zero: warning: no whole minute, so that a server aligns the steps of "
          "subqueries to other instants than a query of the recording\n");
    const Timestamp first = std::max(from, file.oldest.value_or(Timestamp{}));
    if (first + shift < Timestamp{})
      refuse(
          "--time-zero",
          fmt::format("the first sample, at {}, would lie before 1970", file.format_time(first)));
  } else if (!options.time_zero.empty()) {
    refuse("--time-zero", "is for recordings; this file has times of its own");
  }
  deliver(
      options.common,
      exposition::write_openmetrics(exposition::page_of_all(*file.series, known, shift, from, to)));
  return kDone;
}

}  // namespace

Command add_export(CLI::App& app) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App& command =
      *app.add_subcommand("export", "write what was scraped in a run as a page of metrics");
  command
      .add_option("FILE", options->common.file, "the recording (.cmrun); for rules the scenario")
      ->required();
  command
      .add_option(
          "--format",
          options->format,
          "openmetrics: all samples with their times (default); prometheus: what there was "
          "at one instant, as a scrape shows it; rules: the page made from the objectives and the "
          "scenario's alerts, as a Prometheus rule file")
      ->check(CLI::IsMember({"openmetrics", "prometheus", "rules"}));
  command.add_option(
      "--at", options->at, "prometheus: the instant, as 12m30s of the run (default: the end)");
  command.add_option("--from",
                     options->from,
                     "openmetrics: the first instant, as -10m or 5m (default: of the oldest "
                     "sample, in the past that the run begins with)");
  command.add_option("--to", options->to, "openmetrics: the last instant (default: the end)");
  command.add_option("--time-zero",
                     options->time_zero,
                     "openmetrics: what time the run begins, in seconds since 1970 or as a date "
                     "(default: 2023-11-15T00:00:00Z)");
  command
      .add_option(
          "--set", options->common.set, "rules: PATH=VALUE, change a key first (repeatable)")
      ->allow_extra_args(false);
  command.add_option("--out", options->common.out, "write to this file");
  return [options] { return export_run(*options); };
}

}  // namespace coalmine::cli

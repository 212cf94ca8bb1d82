#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/format_query.h"
#include "cli/instants.h"
#include "cli/options.h"
#include "cli/series_file.h"
#include "sim/experiment/recording_file.h"
#include "sim/kernel/diagnostics.h"
#include "sim/telemetry/go_number.h"
#include "sim/telemetry/go_quote.h"
#include "sim/telemetry/promql/http_api.h"
#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/promql/unknown_names.h"

namespace coalmine::cli {
namespace {

struct QueryOptions {
  CommonOptions common;  ///< of it: file, format and out
  std::string expression;
  std::string at, from, to, step;  ///< empty: not given
  std::string prometheus;          ///< empty: the recording's, or 3

  bool json() const { return common.chosen_format() == Format::json; }
  bool over_time() const { return !from.empty() || !to.empty() || !step.empty(); }
};

/// The question cannot be answered: what people are told, and what machines.
struct Unanswered {
  std::string for_people;
  std::string api;
};

Position in_query(const QueryOptions& options, std::size_t offset) {
  const promql::TextPlace place = promql::place_in_query(options.expression, offset);
  return {SourceText::make("EXPR", options.expression), place.line, place.column, 1};
}

Unanswered bad_query(const QueryOptions& options,
                     std::size_t offset,
                     const std::string& for_people,
                     const std::string& api) {
  Diagnostics found;
  found.error(in_query(options, offset), for_people);
  return {found.text(), api};
}

Unanswered bad_option(const std::string& option,
                      const std::string& for_people,
                      const std::string& api) {
  Diagnostics found;
  found.error({SourceText::make(option, ""), 0, 0, 1}, for_people);
  return {found.text(), api};
}

std::optional<PromDialect> asked_dialect(const QueryOptions& options) {
  if (options.prometheus.empty()) return std::nullopt;
  return options.prometheus == "2"      ? PromDialect::v2
         : options.prometheus == "2.51" ? PromDialect::v2_51
                                        : PromDialect::v3;
}

/// The instant that an option names, or else one of the file's.
Timestamp instant(const SeriesFile& file,
                  const std::string& option,
                  const std::string& text,
                  std::optional<Timestamp> otherwise) {
  if (text.empty()) return otherwise.value_or(Timestamp{});
  const Parsed<Timestamp> time = file.parse_time(text);
  if (time) return *time.value;
  const std::string why = "cannot parse " + go_quote(text) + " to a valid timestamp";
  throw bad_option(option,
                   time.problem,
                   option == "--at"
                       ? promql::api_bad_parameter("time", "Invalid time value for 'time': " + why)
                       : promql::api_bad_parameter(option == "--from" ? "start" : "end", why));
}

Millis step_of(const QueryOptions& options) {
  const std::string unreadable = "cannot parse " + go_quote(options.step) + " to a valid duration";
  if (options.step.empty())
    throw bad_option("--step",
                     "is missing: with --from or --to it takes a step, as in --step 15s",
                     promql::api_bad_parameter("step", unreadable));
  const Parsed<Millis> step = parse_step(options.step);
  if (step) return *step.value;
  const std::optional<double> seconds = parse_go_number(options.step);
  throw bad_option(
      "--step",
      step.problem,
      promql::api_bad_parameter("step",
                                !seconds || std::isnan(*seconds) ? unreadable
                                : *seconds > 1 ? unreadable + ". It overflows int64"
                                               : std::string(promql::kStepNotPositive)));
}

struct Times {
  Timestamp from{}, to{};
  Millis step{0};  ///< 0: one instant, `to`
};

Times times_of(const QueryOptions& options, const SeriesFile& file) {
  Times times;
  if (!options.over_time()) {
    times.to = instant(file, "--at", options.at, file.newest);
    return times;
  }
  if (!options.at.empty())
    refuse("--at", "one instant, or --from, --to and --step for many: not both");
  times.from = instant(file, "--from", options.from, file.oldest);
  times.to = instant(file, "--to", options.to, file.newest);
  if (times.from > times.to)
    throw bad_option(
        "--from",
        fmt::format(
            "{} is after --to, {}", file.format_time(times.from), file.format_time(times.to)),
        promql::api_bad_parameter("end", promql::kEndBeforeStart));
  times.step = step_of(options);
  const std::int64_t steps = (times.to - times.from) / times.step;
  if (steps > promql::kMostSteps)
    throw bad_option(
        "--step",
        fmt::format("from {} to {} it would take {} steps of {}; at most {} are allowed",
                    file.format_time(times.from),
                    file.format_time(times.to),
                    steps,
                    options.step,
                    promql::kMostSteps),
        promql::api_error(promql::ApiError::bad_data, promql::kTooManySteps));
  return times;
}

/// Warns of names that nothing has: an empty answer may come of them, and groups that are none.
void tell_unknown_names(const QueryOptions& options,
                        const promql::Query& query,
                        const promql::Value& value,
                        const SeriesSource& source) {
  std::vector<promql::UnknownName> unknown = promql::unknown_in_groupings(query, source);
  const bool nothing = value.series.empty() && value.type != promql::ValueType::string;
  for (promql::UnknownName& name : nothing ? promql::unknown_in_selectors(query, source)
                                           : promql::unknown_metrics(query, source))
    unknown.push_back(std::move(name));
  Diagnostics found;
  for (const promql::UnknownName& name : unknown)
    found.warning(in_query(options, name.offset), name.message, name.hint);
  complain(found.text());
}

promql::Query parsed(const QueryOptions& options, promql::Endpoint endpoint, promql::Options how) {
  how.dialect = asked_dialect(options).value_or(how.dialect);
  try {
    return promql::Query::parse(options.expression, how);
  } catch (const promql::ParseError& e) {
    throw bad_query(
        options, e.offset(), e.message(), promql::api_bad_query(e.what(), endpoint, how.dialect));
  }
}

void require_value_at_each_step(const QueryOptions& options, const promql::Query& query) {
  const promql::ValueType type = query.type();
  if (type == promql::ValueType::scalar || type == promql::ValueType::vector) return;
  const std::string found(promql::name_of(type));
  throw bad_query(
      options,
      0,
      fmt::format(
          "a {} has no value at each step; a query over time is a scalar or an instant vector",
          found),
      promql::api_bad_query(fmt::format("invalid expression type \"{}\" for range query, must be "
                                        "Scalar or instant Vector",
                                        found),
                            promql::Endpoint::query_range,
                            query.options().dialect));
}

promql::Value evaluated(const QueryOptions& options,
                        const promql::Query& query,
                        const SeriesFile& file,
                        const Times& times) {
  using promql::ApiError;
  try {
    return times.step.count() != 0 ? query.range(*file.series, times.from, times.to, times.step)
                                   : query.instant(*file.series, times.to);
  } catch (const promql::EvaluationError& e) {
    const bool too_long = dynamic_cast<const promql::TimedOut*>(&e) != nullptr;
    throw bad_query(
        options,
        e.offset().value_or(0),
        e.what(),
        promql::api_error(too_long ? ApiError::timeout : ApiError::execution, e.what()));
  }
}

std::string text_of(const QueryOptions& options,
                    const promql::Value& value,
                    const SeriesFile& file,
                    const Times& times) {
  const bool nothing =
      (value.type == promql::ValueType::vector || value.type == promql::ValueType::matrix) &&
      value.series.empty();
  switch (options.common.chosen_format()) {
    case Format::json:
      return promql::api_answer(value) + "\n";
    case Format::csv:
      return query_csv(value, file);
    case Format::table:
      break;
  }
  if (!nothing) return query_table(value, file);
  if (times.step.count() == 0) return fmt::format("no series at {}\n", file.format_time(times.to));
  return fmt::format(
      "no series from {} to {}\n", file.format_time(times.from), file.format_time(times.to));
}

int query(const QueryOptions& options) {
  if (is_recording_name(options.common.out))
    refuse(options.common.out, "a recording holds one run: coalmine run writes it");
  check_writable(options.common);
  const SeriesFile file =
      open_series(options.common.file, asked_dialect(options).value_or(PromDialect::v3));
  try {
    // The order in which a server looks at its parameters.
    const Times times = times_of(options, file);
    const bool over_time = times.step.count() != 0;
    const promql::Query query = parsed(
        options, over_time ? promql::Endpoint::query_range : promql::Endpoint::query, file.promql);
    if (over_time) require_value_at_each_step(options, query);
    const promql::Value value = evaluated(options, query, file, times);
    tell_unknown_names(options, query, value, *file.series);
    deliver(options.common, text_of(options, value, file, times));
    return kDone;
  } catch (const Unanswered& problem) {
    complain(problem.for_people);
    if (options.json()) deliver(options.common, problem.api + "\n");
    return kBadInput;
  }
}

}  // namespace

Command add_query(CLI::App& app) {
  auto options = std::make_shared<QueryOptions>();
  CLI::App& command = *app.add_subcommand(
      "query",
      "ask a recording or a page of metrics (OpenMetrics or Prometheus text) a question in PromQL");
  command.add_option("FILE", options->common.file, "the recording (.cmrun) or the page")
      ->required();
  command.add_option("EXPR", options->expression, "the question, in PromQL")->required();
  command.add_option("--at",
                     options->at,
                     "the instant: of a recording seconds of the run or 7m30s; of a page seconds "
                     "since 1970, or a date as in 2023-11-14T22:14:05Z (default: of the newest "
                     "sample)");
  command.add_option(
      "--from", options->from, "many instants: the first (default: of the oldest sample)");
  command.add_option(
      "--to", options->to, "many instants: none after this (default: of the newest sample)");
  command.add_option(
      "--step", options->step, "many instants: from one to the next, in seconds or as 15s, 1m30s");
  command.add_option("--format", options->common.format, "table, json (as the HTTP API) or csv")
      ->check(CLI::IsMember({"table", "json", "csv"}));
  command
      .add_option("--prometheus",
                  options->prometheus,
                  "whose rules: 2 (to 2.50), 2.51 (to 2.55) or 3 (default: the recorded run's; of "
                  "a page 3)")
      ->check(CLI::IsMember({"2", "2.51", "3"}));
  command.add_option("--out", options->common.out, "write to this file");
  return [options] { return query(*options); };
}

}  // namespace coalmine::cli

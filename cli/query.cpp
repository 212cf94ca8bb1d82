#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/format_query.h"
#include "cli/instants.h"
#include "cli/options.h"
#include "cli/series_file.h"
#include "sim/experiment/recording_file.h"
#include "sim/kernel/diagnostics.h"
#include "sim/telemetry/promql/http_api.h"
#include "sim/telemetry/promql/query.h"

namespace coalmine::cli {
namespace {

constexpr std::int64_t kMostSteps = 11'000;

struct QueryOptions {
  CommonOptions common;  ///< of it: file, format and out
  std::string expression;
  std::string at, from, to, step;  ///< empty: not given
  std::string prometheus = "3";

  bool json() const { return common.chosen_format() == Format::json; }
  bool over_time() const { return !from.empty() || !to.empty() || !step.empty(); }
};

/// The query cannot be answered: told to people, and with JSON to machines as well.
int fail(const QueryOptions& options, const std::string& for_people, const std::string& answer) {
  complain(for_people);
  if (options.json()) deliver(options.common, answer + "\n");
  return kBadInput;
}

std::string query_error(const QueryOptions& options, int line, int column, const std::string& why) {
  Diagnostics found;
  found.error({SourceText::make("EXPR", options.expression), line, column, 1}, why);
  return found.text();
}

promql::Options dialect_of(const QueryOptions& options) {
  promql::Options how;
  how.dialect = options.prometheus == "2"      ? PromDialect::v2
                : options.prometheus == "2.51" ? PromDialect::v2_51
                                               : PromDialect::v3;
  return how;
}

/// The instant that an option names, or else one of the file's.
Timestamp instant(const SeriesFile& file,
                  const std::string& option,
                  const std::string& text,
                  std::optional<Timestamp> otherwise) {
  if (text.empty()) return otherwise.value_or(Timestamp{});
  const Parsed<Timestamp> time = file.parse_time(text);
  if (!time) refuse(option, time.problem);
  return *time.value;
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
  if (options.step.empty())
    refuse("--step", "is missing: with --from or --to it takes a step, as in --step 15s");
  const Parsed<Millis> step = parse_step(options.step);
  if (!step) refuse("--step", step.problem);
  times.step = *step.value;
  times.from = instant(file, "--from", options.from, file.oldest);
  times.to = instant(file, "--to", options.to, file.newest);
  if (times.from > times.to)
    refuse("--from",
           fmt::format(
               "{} is after --to, {}", file.format_time(times.from), file.format_time(times.to)));
  const std::int64_t steps = (times.to - times.from) / times.step;
  if (steps > kMostSteps)
    refuse("--step",
           fmt::format("from {} to {} it would take {} steps of {}; at most {} are allowed",
                       file.format_time(times.from),
                       file.format_time(times.to),
                       steps,
                       options.step,
                       kMostSteps));
  return times;
}

std::set<std::string> metric_names(const SeriesSource& source) {
  std::set<std::string> names;
  for (const StoredSeries& series : source.select({})) names.emplace(series.labels->metric_name());
  return names;
}

/// An empty answer may come of a name that nothing has.
void tell_unknown_names(const promql::Query& query, const SeriesSource& source) {
  const std::set<std::string> names = metric_names(source);
  const std::vector<std::string> known(names.begin(), names.end());
  std::set<std::string> told;
  for (const auto matchers : query.selectors())
    for (const Matcher& m : matchers) {
      if (m.name() != kMetricName || m.op() != MatchOp::equal) continue;
      if (names.count(m.value()) != 0 || !told.insert(m.value()).second) continue;
      const std::string meant = did_you_mean(m.value(), known);
      complain(fmt::format(
          "coalmine: no series is called {}{}\n", m.value(), meant.empty() ? "" : "; " + meant));
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
  std::optional<promql::Query> query;
  try {
    query = promql::Query::parse(options.expression, dialect_of(options));
  } catch (const promql::ParseError& e) {
    return fail(
        options, query_error(options, e.line(), e.column(), e.message()), promql::api_error(e));
  }
  const SeriesFile file = open_series(options.common.file);
  const Times times = times_of(options, file);
  const bool over_time = times.step.count() != 0;
  const promql::ValueType type = query->type();
  if (over_time && type != promql::ValueType::scalar && type != promql::ValueType::vector) {
    const std::string found(promql::name_of(type));
    return fail(
        options,
        query_error(options,
                    1,
                    1,
                    fmt::format("a {} has no value at each step; a query over time is a scalar or "
                                "an instant vector",
                                found)),
        promql::api_error(promql::ApiError::bad_data,
                          fmt::format("invalid expression type \"{}\" for range query, must be "
                                      "Scalar or instant Vector",
                                      found)));
  }
  promql::Value value;
  try {
    value = over_time ? query->range(*file.series, times.from, times.to, times.step)
                      : query->instant(*file.series, times.to);
  } catch (const promql::EvaluationError& e) {
    const bool too_long = dynamic_cast<const promql::TimedOut*>(&e) != nullptr;
    return fail(options,
                query_error(options, 0, 0, e.what()),
                promql::api_error(
                    too_long ? promql::ApiError::timeout : promql::ApiError::execution, e.what()));
  }
  const std::string text = text_of(options, value, file, times);
  if (value.series.empty()) tell_unknown_names(*query, *file.series);
  deliver(options.common, text);
  return kDone;
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
                  "whose rules: 2 (to 2.50), 2.51 (to 2.55) or 3 (default)")
      ->check(CLI::IsMember({"2", "2.51", "3"}));
  command.add_option("--out", options->common.out, "write to this file");
  return [options] { return query(*options); };
}

}  // namespace coalmine::cli

#include "strategies/check_plan.h"

#include "sim/kernel/place_in_scalar.h"
#include "sim/telemetry/promql/duration.h"
#include "sim/telemetry/promql/query.h"
#include "strategies/placeholders.h"

namespace coalmine {
namespace {

FilledIn with_anything(const QueryCheck& check) {
  return fill_in(check.query,
                 placeholders(check, {"target", "stable", "service", "namespace", "1m"}));
}

/// A query must be PromQL whatever its placeholders will be.
void check_query(const QueryCheck& check, const SectionView& at, Diagnostics& problems) {
  if (!check.min && !check.max)
    problems.error(at.node.at, "a query needs a limit", {}, "known limits: min, max");
  if (check.min && check.max && *check.min > *check.max)
    problems.error(at.position("min"), "min is above max");
  const Value& written = *at.node.find("query");
  const FilledIn filled = with_anything(check);
  const std::string& text = filled.text;
  if (const std::size_t open = text.find("{{"); open != std::string::npos) {
    const std::size_t close = text.find_first_of("}\n", open);
    const bool closed = close != std::string::npos && text.substr(close, 2) == "}}";
    problems.error(
        place_in_scalar(written, filled.origin(open)),
        closed ? text.substr(open, close + 2 - open) + " is no placeholder that is known here"
               : "a placeholder is not closed with }}",
        {},
        "known placeholders: target, stable, service, namespace, interval, and what "
        "args names");
    return;
  }
  try {
    const promql::Query query = promql::Query::parse(text);
    if (query.type() != promql::ValueType::scalar && query.type() != promql::ValueType::vector)
      problems.error(written.at,
                     "the query is a " + std::string(promql::name_of(query.type())) +
                         "; a check needs one number");
  } catch (const promql::ParseError& e) {
    problems.error(place_in_scalar(written, filled.origin(e.offset())),
                   "no PromQL: " + e.message());
  }
}

void check_built_in(const CheckPlan& plan, const SectionView& at, Diagnostics& problems) {
  if (!plan.built_in && plan.queries.empty())
    problems.error(at.position("builtIn"), "nothing is left to check: there are no queries");
}

/// The timeline tells them apart by their names.
void check_names(const CheckPlan& plan, const SectionView& at, Diagnostics& problems) {
  for (std::size_t i = 0; i < plan.queries.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (plan.queries[i].name == plan.queries[k].name)
        problems.error(at.node.find("queries")->items[i].at,
                       "two queries are called " + plan.queries[i].name);
}

Section<QueryCheck> query_table() {
  Section<QueryCheck> table("queries", "A question in PromQL that the new version must answer.");
  table.field("name", &QueryCheck::name, {.help = "what the timeline calls it", .required = true})
      .field("query",
             &QueryCheck::query,
             {.help = "PromQL; {{ target }}, {{ stable }}, {{ service }}, {{ namespace }} and "
                      "{{ interval }} are filled in",
              .required = true})
      .field("args",
             &QueryCheck::args,
             kind::map_of(kind::text()),
             {.default_text = "{}", .help = "values of further placeholders, by name"})
      .field("min", &QueryCheck::min, kind::number(), {.help = "a smaller value fails the check"})
      .field("max", &QueryCheck::max, kind::number(), {.help = "a larger value fails the check"})
      .check(check_query);
  return table;
}

}  // namespace

std::map<std::string, std::string> placeholders(const QueryCheck& check,
                                                const QuerySubjects& subjects) {
  std::map<std::string, std::string> values;
  for (const auto& [name, text] : check.args)
    for (const char* prefix : {"", "args.", "variables."}) values[prefix + name] = text;
  values["target"] = subjects.target;
  values["stable"] = subjects.stable;
  for (const char* name : {"service", "ingress", "route"}) values[name] = subjects.service;
  values["namespace"] = subjects.name_space;
  for (const char* name : {"interval", "$__interval", "$__rate_interval", "$__range"})
    values[name] = subjects.interval;
  return values;
}

std::vector<std::string> query_texts(const CheckPlan& plan) {
  std::vector<std::string> texts;
  for (const QueryCheck& check : plan.queries) texts.push_back(with_anything(check).text);
  return texts;
}

void check_interval(Duration interval,
                    const Scenario& scenario,
                    const SectionView& at,
                    Diagnostics& problems) {
  const Duration scrapes = scenario.telemetry.scrape_interval;
  if (interval >= 2 * scrapes) return;
  problems.warning(at.position("interval"),
                   "an interval of " + promql::duration_text(interval) +
                       " may hold fewer than two scrapes, and a rate needs two",
                   "telemetry.scrapeInterval is " + promql::duration_text(scrapes));
}

Section<CheckPlan> check_table() {
  Section<CheckPlan> table("checks", "What a new version must hold while it is watched.");
  table
      .field("maxErrorRatio",
             &CheckPlan::max_error_ratio,
             kind::ratio(),
             {.default_text = "1%",
              .min = "0%",
              .max = "100%",
              .help = "failed requests of the new version that pass in any case"})
      .field("errorTolerance",
             &CheckPlan::error_tolerance,
             kind::number(),
             {.default_text = "1.5",
              .min = "1",
              .max = "1000",
              .help = "more pass up to this many times the error ratio it is compared with"})
      .field(
          "maxP99",
          &CheckPlan::max_p99,
          {.above = "0s", .max = "1h", .help = "limit of the new version's p99; none by default"})
      .field("latencyTolerance",
             &CheckPlan::latency_tolerance,
             kind::number(),
             {.default_text = "1.5",
              .min = "1",
              .max = "1000",
              .help = "p99 passes up to this many times the one it is compared with"})
      .field("failureLimit",
             &CheckPlan::failure_limit,
             {.default_text = "2",
              .min = "1",
              .max = "1000",
              .help = "failed checks, not in a row, at which to roll back"})
      .field("minSamples",
             &CheckPlan::min_samples,
             {.default_text = "50",
              .min = "1",
              .max = "1000000000",
              .help = "requests in a window; with fewer the check is inconclusive"})
      .field("inconclusiveLimit",
             &CheckPlan::inconclusive_limit,
             {.default_text = "4",
              .min = "1",
              .max = "1000",
              .help = "inconclusive checks, not in a row, at which to give up"})
      .field("queries",
             &CheckPlan::queries,
             kind::list_of(kind::section(query_table())),
             {.help = "questions in PromQL that are checked besides, each with its limits"})
      .field(
          "builtIn",
          &CheckPlan::built_in,
          kind::flag(),
          {.default_text = "true", .help = "false: queries alone decide, not errors and latency"})
      .check(check_names)
      .check(check_built_in);
  return table;
}

}  // namespace coalmine

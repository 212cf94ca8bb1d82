/// What a new version must hold while it is watched: the keys that every strategy which measures
/// has in common. checks.h says how they are applied.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/kernel/settings.h"
#include "sim/kernel/time.h"
#include "sim/scenario/scenario.h"

namespace coalmine {

/// A question of the user's, with limits for its answer (query_checks.h).
struct QueryCheck {
  std::string name;
  std::string query;  ///< PromQL with placeholders
  std::optional<double> min, max;
  std::map<std::string, std::string> args;  ///< further placeholders
};

/// What fills the placeholders of a query. Flagger's, Argo's and Grafana's words for the same mean
/// the same; an argument is {{ args.NAME }}, {{ variables.NAME }} or {{ NAME }}.
struct QuerySubjects {
  std::string target;  ///< the Deployment of the new version
  std::string stable;  ///< of the old one
  std::string service;
  std::string name_space;
  std::string interval;  ///< between checks, as PromQL writes it
};
std::map<std::string, std::string> placeholders(const QueryCheck& check,
                                                const QuerySubjects& subjects);

struct CheckPlan {
  double max_error_ratio = 0;       ///< always allowed, [0, 1]
  double error_tolerance = 1;       ///< ... or this many times the reference's ratio
  std::optional<Duration> max_p99;  ///< absolute limit of the p99 latency
  double latency_tolerance = 1;     ///< p99 allowed relative to the reference's
  int failure_limit = 1;            ///< failed checks, not in a row, at which to roll back
  int min_samples = 1;              ///< requests a measurement needs to count
  int inconclusive_limit = 1;       ///< inconclusive checks, not in a row, at which to give up
  std::vector<QueryCheck> queries;  ///< checked besides
  bool built_in = true;             ///< false: the queries alone decide
};

/// The PromQL of its queries with something in the place of every placeholder.
std::vector<std::string> query_texts(const CheckPlan& plan);

/// To be included by the tables of the plans: Section::include.
Section<CheckPlan> check_table();

/// Warns of a window that is too short for rates: they need two scrapes.
void check_interval(Duration interval,
                    const Scenario& scenario,
                    const SectionView& at,
                    Diagnostics& problems);

}  // namespace coalmine

#include "tests/telemetry/rules/playing.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "sim/scenario/yaml_reader.h"
#include "sim/telemetry/go_number.h"
#include "sim/telemetry/rules/rule_reader.h"
#include "tests/telemetry/promql/asking.h"

namespace coalmine::rules {
namespace {

std::vector<RuleGroup> read(std::string_view yaml, PromDialect dialect, Diagnostics& problems) {
  std::vector<RuleGroup> groups;
  for (const Value& document : read_yaml("rules.yaml", yaml, problems))
    for (RuleGroup& group : read_rules(document, {.dialect = dialect}, problems))
      groups.push_back(std::move(group));
  return groups;
}

}  // namespace

std::vector<RuleGroup> groups_in(std::string_view yaml, PromDialect dialect) {
  Diagnostics problems;
  std::vector<RuleGroup> groups = read(yaml, dialect, problems);
  INFO(problems.text());
  REQUIRE_FALSE(problems.has_errors());
  return groups;
}

std::string complaints(std::string_view yaml, PromDialect dialect) {
  Diagnostics problems;
  read(yaml, dialect, problems);
  return problems.text();
}

Play::Play(std::string_view yaml, std::string_view series, Millis step, PromDialect spoken)
    : dialect(spoken), table(promql::series(series, step)) {
  for (RuleGroup& group : groups_in(yaml, dialect)) engines.emplace_back(std::move(group));
}

namespace {

const char* name_of(Notification::Kind kind) {
  switch (kind) {
    case Notification::Kind::pending:
      return "pending";
    case Notification::Kind::firing:
      return "firing";
    case Notification::Kind::resolved:
      break;
  }
  return "resolved";
}

}  // namespace

void Play::at(double seconds) {
  for (GroupEngine& engine : engines)
    engine.evaluate(table, promql::seconds_in(seconds), [&](const Notification& n) {
      told.push_back(fmt::format(
          "{} {} {}", go_number_plain(seconds), name_of(n.kind), n.alert.labels.text()));
      if (n.kind == Notification::Kind::firing) evidence.push_back(n.evidence);
    });
}

void Play::until(double seconds, double interval) {
  for (double t = 0; t <= seconds; t += interval) at(t);
}

std::string Play::ask(std::string_view query, double seconds) const {
  return promql::ask(query, table, seconds, {.dialect = dialect});
}

}  // namespace coalmine::rules

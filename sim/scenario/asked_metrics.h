/// What the queries of strategies and the rules of `alerts` ask for, held against what the scenario
/// shows: a metric of a dialect that no service lists would stay empty without a word.
#pragma once

#include <span>

#include "sim/kernel/diagnostics.h"
#include "sim/kernel/value.h"
#include "sim/scenario/sections.h"

namespace coalmine {

/// `rule_files` are what draft.scenario.alerts was read from. Warns of names that nothing shows or
/// records. An error: a query that the Prometheus of telemetry.prometheus does not take. Only after
/// all sections were read without mistakes.
void check_asked_metrics(const ScenarioDraft& draft,
                         const Value& scenario,
                         std::span<const Value* const> rule_files,
                         Diagnostics& diagnostics);

}  // namespace coalmine

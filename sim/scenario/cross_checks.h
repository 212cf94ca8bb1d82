/// Rules that span sections: the call graph, names, times within the run.
#pragma once

#include "sim/kernel/value.h"
#include "sim/scenario/sections.h"

namespace coalmine {

/// The settings of element `i` of a list of one-key maps, as `strategies` and `faults` are.
const Value& settings_of_element(const Value& list, std::size_t i);

/// Every call names a service of the scenario and no service calls itself, however indirectly.
/// Works on what was written, so it runs beside other mistakes.
void check_call_graph(const Value& scenario, Diagnostics& diagnostics);

/// Names and times; only after all sections were read without mistakes.
void check_across(const ScenarioDraft& draft, const Value& scenario, Diagnostics& diagnostics);

}  // namespace coalmine

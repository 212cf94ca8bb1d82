/// How big a scenario is: what the loader refuses because no machine could play it, and what a run
/// needs to know to be interrupted in time.
#pragma once

#include <span>

#include "sim/kernel/value.h"
#include "sim/scenario/sections.h"

namespace coalmine {

/// The highest rate the traffic can reach, requests/s. Of recorded instants: in any one second.
double peak_rate(const TrafficSettings& traffic);

/// Requests to any service that one user request causes on average, itself included. `services`:
/// the released one first; calls lead to one of them and never in a circle.
double hops_per_request(std::span<const ServiceSettings* const> services);
double hops_per_request(const Scenario& scenario);

/// Refuses what would end without memory, or never; only after all else was read without mistakes.
void check_size(const ScenarioDraft& draft, const Value& scenario, Diagnostics& diagnostics);

}  // namespace coalmine

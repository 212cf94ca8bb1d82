/// The traffic of a scenario as a run plays it: the arrivals, what is known of the time before the
/// run, and the mean rate. docs/models/arrivals-and-users.md, docs/models/telemetry.md
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "sim/kernel/random.h"
#include "sim/kernel/time.h"
#include "sim/scenario/scenario.h"
#include "sim/traffic/arrivals.h"

namespace coalmine {

/// Mean requests/s over the traffic's full period, which for `points` is the run, `duration` long:
/// what an error budget is reckoned from.
double mean_rate(const TrafficSettings& traffic, Duration duration);

/// Mean requests/s in the six hours before time zero, the longest window anybody reads: of the rate
/// that the profile has there; of what a trace recorded before `from`, and its mean for as much of
/// the six hours as it has no record of; of `bursts` the long-run mean.
double past_rate(const TrafficSettings& traffic);

/// How long the world is played at past_rate() before time zero: a minute, so that queues fill, or
/// until 10 000 requests show how often one fails, six hours at most.
Duration settling_period(const TrafficSettings& traffic);

/// Poisson arrivals at past_rate() from `start` until time zero, then those of the scenario, which
/// go on for `duration` at least.
Arrivals make_arrivals(const TrafficSettings& traffic,
                       Duration duration,
                       Time start,
                       const std::function<RandomKey(std::string_view)>& key);

/// The arrivals of every run of a replication, drawn once; null where there are so many that the
/// runs had better draw their own (more than 32 MB).
std::shared_ptr<const ArrivalTape> record_arrivals(const Scenario& scenario,
                                                   std::uint64_t seed,
                                                   std::uint32_t replication);

}  // namespace coalmine

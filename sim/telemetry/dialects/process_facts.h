/// What processes tell of themselves, whatever the library: readers of facts.
#pragma once

#include <cstddef>

#include "sim/telemetry/exposed_series.h"

namespace coalmine::process_facts {

double memory(const Facts& facts, std::size_t index);        ///< bytes
double memory_limit(const Facts& facts, std::size_t index);  ///< bytes; not shown without one
double started(const Facts& facts, std::size_t index);       ///< seconds since the epoch
double uptime(const Facts& facts, std::size_t index);        ///< seconds
double active(const Facts& facts, std::size_t index);        ///< workers that have a request
double queued(const Facts& facts, std::size_t index);        ///< requests that wait for one
double workers(const Facts& facts, std::size_t index);
/// Processor time that the requests in service take just now, as a share of the container's cores.
double cpu_usage(const Facts& facts, std::size_t index);
double cores(const Facts& facts, std::size_t index);

/// A readout of a fact, and of one that grows with time.
Readout level(FactReader fact, std::size_t index = 0);
Readout growing(FactReader fact, std::size_t index = 0);

}  // namespace coalmine::process_facts

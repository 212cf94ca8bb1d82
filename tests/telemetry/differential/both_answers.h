/// A query asked of a real Prometheus and of us, about the same samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "sim/telemetry/series_store.h"
#include "tests/telemetry/differential/prometheus_server.h"

namespace coalmine::promql {

struct BothAnswers {
  std::size_t values = 0;
  std::size_t disagreements = 0;  ///< values more than 1e-9 apart, and series that one alone has
  BothAnswers& operator+=(const BothAnswers& other);
};

/// At those Unix times. `table` is what `server` was filled with.
BothAnswers ask_both(PrometheusServer& server,
                     const SeriesStore& table,
                     const std::string& query,
                     std::span<const std::int64_t> times);

/// All samples of `source`, `shift` seconds later, as a server keeps them: without staleness
/// markers, which no format carries.
SeriesStore without_markers(const SeriesStore& source, std::int64_t shift);

}  // namespace coalmine::promql

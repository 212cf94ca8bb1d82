/// Series that nobody would wish for: counters that reset, samples that are missing, late or not
/// numbers, histograms that fall; and the vocabulary in which to ask for them.
#pragma once

#include <string>
#include <vector>

#include "sim/telemetry/exposition/page.h"
#include "sim/telemetry/series_store.h"
#include "tests/telemetry/differential/dice.h"

namespace coalmine::promql {

enum class MetricKind : std::uint8_t { counter, gauge, level, clock, constant, buckets };

struct LabelPool {
  std::string name;
  std::vector<std::string> values;  ///< an empty one: missing in some series
};

/// The same for all seeds; which of the series there are, and their samples, are the seed's.
struct Metric {
  std::string name;
  MetricKind kind;
  std::vector<LabelPool> labels;
};
const std::vector<Metric>& metrics();

struct RandomSeries {
  SeriesStore table;
  Timestamp from{};  ///< of the scrapes
  Timestamp to{};
};

/// The samples of one seed, also appended to `page`. Seeds lie days apart: those of one do not
/// show in answers about another.
RandomSeries random_series(std::uint64_t seed, exposition::Page& page);

}  // namespace coalmine::promql

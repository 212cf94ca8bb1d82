/// A page of metrics, as a target shows it to its scraper (specs/prometheus.md section 3).
///
/// One model for both text formats. The name of a family is the one that text 0.0.4 has on its
/// TYPE line: that of a counter ends in `_total`, which OpenMetrics leaves off there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/telemetry/labels.h"
#include "sim/telemetry/sample.h"

namespace coalmine::exposition {

enum class Format : std::uint8_t { text, openmetrics };

enum class MetricType : std::uint8_t {
  unknown,  ///< `untyped` in text 0.0.4
  counter,
  gauge,
  histogram,
  summary,
  info,            ///< OpenMetrics alone, as are the two below
  stateset,        ///< one series a state, 1 or 0
  gaugehistogram,  ///< buckets of what is there now: they may fall
};

/// One observation kept as an example of a bucket or a counter. OpenMetrics alone.
struct Exemplar {
  Labels labels;
  double value = 0;
  std::optional<Timestamp> time;
};

struct Sample {
  Labels labels;  ///< the sample's own name among them: `h_bucket`, `requests_total`
  double value = 0;
  std::optional<Timestamp> time;  ///< none: when it is scraped
  std::optional<Exemplar> exemplar;
};

struct Family {
  std::string name;
  MetricType type = MetricType::unknown;
  std::string help;             ///< empty: none
  std::string unit;             ///< empty: none; OpenMetrics alone
  std::vector<Sample> samples;  ///< in the order in which they are shown
};

struct Page {
  std::vector<Family> families;
};

/// Bounds of histograms and quantiles of summaries as Prometheus 3 stores them, whatever the target
/// writes: `1` becomes `1.0` (model/textparse, normalizeFloatsInLabelValues).
void write_bounds_as_floats(Page& page);

/// "counter", "unknown"...: as OpenMetrics spells it.
std::string_view name_of(MetricType type);
/// What may follow a family's name in its samples' names, by type. `""`: the name itself.
const std::vector<std::string_view>& suffixes_of(MetricType type);

}  // namespace coalmine::exposition

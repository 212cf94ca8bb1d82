/// Where a query finds its series: a run's store, a recording, an exposition file.
#pragma once

#include <span>
#include <vector>

#include "sim/telemetry/labels.h"
#include "sim/telemetry/matcher.h"
#include "sim/telemetry/sample.h"

namespace coalmine {

/// One series as it is stored: times ascend strictly and have one value each, staleness markers
/// among them. Valid until the source is appended to.
struct StoredSeries {
  const Labels* labels = nullptr;  ///< never null in an answer
  std::span<const Timestamp> times;
  std::span<const double> values;
};

class SeriesSource {
 public:
  virtual ~SeriesSource() = default;

  /// All series with samples that meet every matcher, in the order of their labels, as Prometheus
  /// reads them from its blocks (those still in its head come in the order in which they came to
  /// be).
  virtual std::vector<StoredSeries> select(std::span<const Matcher> matchers) const = 0;
};

}  // namespace coalmine

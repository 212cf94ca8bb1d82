/// Where samples that are made, not scraped, go: the results of rules.
#pragma once

#include "sim/telemetry/labels.h"
#include "sim/telemetry/sample.h"

namespace coalmine {

class SampleSink {
 public:
  virtual ~SampleSink() = default;

  /// Appends to the series with these labels, staleness markers like any value. False, and nothing
  /// kept, when `time` is not later than the series' last sample.
  virtual bool append(const Labels& labels, Timestamp time, double value) = 0;
};

}  // namespace coalmine

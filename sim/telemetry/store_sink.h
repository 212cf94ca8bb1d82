/// The store of a run as the place where results of rules go.
#pragma once

#include "sim/telemetry/sample_sink.h"
#include "sim/telemetry/series_store.h"

namespace coalmine {

class StoreSink final : public SampleSink {
 public:
  /// The store outlives it.
  explicit StoreSink(SeriesStore& store) : store_(store) {}

  bool append(const Labels& labels, Timestamp time, double value) override {
    return store_.append(store_.series(labels), time, value);
  }

 private:
  SeriesStore& store_;
};

}  // namespace coalmine

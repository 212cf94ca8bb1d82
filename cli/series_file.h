/// The files that can be queried, behind one door.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sim/kernel/quantity.h"
#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/series_source.h"

namespace coalmine::cli {

struct SeriesFile {
  std::unique_ptr<SeriesSource> series;
  /// Instants of the first and the last sample; none in a file without samples.
  std::optional<Timestamp> oldest, newest;

  bool is_run = false;  ///< a recording: times count from the start of the run
  /// How its server evaluates queries: that of the run; of a page one with the usual settings.
  promql::Options promql{};

  // How this kind of file tells the time.
  Parsed<Timestamp> (*parse_time)(std::string_view text) = nullptr;
  std::string (*format_time)(Timestamp time) = nullptr;     ///< for people
  std::string (*format_seconds)(Timestamp time) = nullptr;  ///< for machines
};

/// Opens a recording, or a page of metrics (OpenMetrics or Prometheus text 0.0.4), which is read as
/// that Prometheus would scrape it; empty: as it stands. Warnings go to standard error.
/// Throws InvalidInput.
SeriesFile open_series(const std::string& path, std::optional<PromDialect> scraped_by = {});

}  // namespace coalmine::cli

/// The value of a query as text.
#pragma once

#include <string>

#include "cli/series_file.h"
#include "sim/telemetry/promql/query.h"

namespace coalmine::cli {

/// One line a sample: series, value, time.
std::string query_table(const promql::Value& value, const SeriesFile& file);
/// One line a sample: time in seconds, value, and one column for each label that occurs.
std::string query_csv(const promql::Value& value, const SeriesFile& file);

}  // namespace coalmine::cli

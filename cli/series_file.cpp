#include "cli/series_file.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "cli/instants.h"
#include "cli/options.h"
#include "sim/experiment/recording_file.h"
#include "sim/telemetry/exposition/reader.h"

namespace coalmine::cli {
namespace {

std::string read_file(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) refuse(path, "this is a folder");
  std::ifstream in(path, std::ios::binary);
  if (!in) refuse(path, "cannot be read: " + std::generic_category().message(errno));
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) refuse(path, "cannot be read");
  return text;
}

SeriesFile open_page(const std::string& path) {
  Diagnostics found;
  const exposition::Page page = exposition::read(path, read_file(path), found);
  found.throw_if_errors();
  complain(found.text());
  auto table = std::make_unique<SeriesTable>();
  exposition::append(page, Timestamp{}, *table);
  SeriesFile file;
  for (const StoredSeries& series : table->select({})) {
    file.oldest = std::min(file.oldest.value_or(series.times.front()), series.times.front());
    file.newest = std::max(file.newest.value_or(series.times.back()), series.times.back());
  }
  file.series = std::move(table);
  file.parse_time = parse_unix_time;
  file.format_time = format_unix_time;
  file.format_seconds = format_unix_seconds;
  return file;
}

}  // namespace

SeriesFile open_series(const std::string& path) {
  std::error_code ignored;
  const bool piped = !std::filesystem::is_regular_file(path, ignored);  // to look is to take away
  if (is_recording_name(path) || (!piped && is_recording(path)))
    refuse(path,
           "recordings cannot be queried yet; query takes a page of metrics: OpenMetrics or "
           "Prometheus text");
  return open_page(path);
}

}  // namespace coalmine::cli

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
#include "sim/telemetry/series_store.h"

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

void hold(SeriesFile& file, std::unique_ptr<SeriesStore> table) {
  for (const StoredSeries& series : table->select({})) {
    file.oldest = std::min(file.oldest.value_or(series.times.front()), series.times.front());
    file.newest = std::max(file.newest.value_or(series.times.back()), series.times.back());
  }
  file.series = std::move(table);
}

promql::Options promql_of(const Recording& recording) {
  promql::Options how;
  how.dialect = recording.prometheus;
  how.default_step = std::chrono::duration_cast<Millis>(recording.evaluation_interval);
  return how;
}

SeriesFile open_recording(const std::string& path) {
  RecordingFile recording(path);
  auto table = std::make_unique<SeriesStore>();
  for (std::size_t i = 0; i < recording.series_count(); ++i) {
    const RecordedSeries series = recording.series(i);
    for (std::size_t k = 0; k < series.times.size(); ++k)
      table->append(series.labels, series.times[k], series.values[k]);
  }
  SeriesFile file;
  hold(file, std::move(table));
  file.is_run = true;
  file.promql = promql_of(recording.summary());
  file.parse_time = parse_run_time;
  file.format_time = format_run_time;
  file.format_seconds = format_unix_seconds;
  return file;
}

SeriesFile open_page(const std::string& path, std::optional<PromDialect> scraped_by) {
  Diagnostics found;
  exposition::Page page = exposition::read(path, read_file(path), found);
  found.throw_if_errors();
  complain(found.text());
  if (scraped_by == PromDialect::v3) exposition::write_bounds_as_floats(page);
  auto table = std::make_unique<SeriesStore>();
  exposition::append(page, Timestamp{}, *table);
  SeriesFile file;
  hold(file, std::move(table));
  file.parse_time = parse_unix_time;
  file.format_time = format_unix_time;
  file.format_seconds = format_unix_seconds;
  return file;
}

}  // namespace

SeriesFile open_series(const std::string& path, std::optional<PromDialect> scraped_by) {
  std::error_code ignored;
  const bool piped = !std::filesystem::is_regular_file(path, ignored);  // to look is to take away
  if (is_recording_name(path) || (!piped && is_recording(path))) return open_recording(path);
  const std::string extension = std::filesystem::path(path).extension().string();
  if (!piped && (extension == ".yaml" || extension == ".yml"))
    refuse(
        path,
        "this is YAML, not a page of metrics; to ask about a scenario play it first: coalmine run "
        "FILE --out X.cmrun");
  return open_page(path, scraped_by);
}

}  // namespace coalmine::cli

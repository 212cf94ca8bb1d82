#include "sim/scenario/trace_file.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "sim/kernel/quantity.h"

namespace coalmine {
namespace {

constexpr std::size_t kMostErrors = 20;

std::string_view cell(std::string_view line, std::size_t column) {
  for (; column > 0; --column) {
    const std::size_t comma = line.find(',');
    if (comma == std::string_view::npos) return {};
    line.remove_prefix(comma + 1);
  }
  line = line.substr(0, line.find(','));
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
  return line;
}

std::optional<int> digits(std::string_view text) {
  int value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// "2014-04-10 00:04:00" to seconds since 1970 (UTC; traces have no zone).
std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  if (text.size() != 19 || text[4] != '-' || text[7] != '-' || (text[10] != ' ' && text[10] != 'T'))
    return std::nullopt;
  if (text[13] != ':' || text[16] != ':') return std::nullopt;
  const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)),
             day = digits(text.substr(8, 2)), hour = digits(text.substr(11, 2)),
             minute = digits(text.substr(14, 2)), second = digits(text.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return std::int64_t{days} * 86400 + *hour * 3600 + *minute * 60 + *second;
}

class TraceReader {
 public:
  TraceReader(const std::string& name, std::string_view text, Diagnostics& diagnostics)
      : source_(SourceText::make(name, text)), diagnostics_(diagnostics) {}

  Trace read() {
    Trace trace;
    const auto& lines = source_->lines;
    std::string_view header = lines.empty() ? std::string_view() : std::string_view(lines[0]);
    if (header.substr(0, 3) == "\xEF\xBB\xBF") header.remove_prefix(3);
    trace.offsets = cell(header, 0) == "offset_s";
    if (!trace.offsets && (cell(header, 0) != "timestamp" || cell(header, 1) != "value")) {
      error(0, "the first line must be the header timestamp,value or offset_s");
      return trace;
    }
    for (std::size_t i = 1; i < lines.size() && errors_ < kMostErrors; ++i) {
      if (lines[i].empty()) continue;
      trace.offsets ? offset_line(i, trace) : count_line(i, trace);
    }
    if (errors_ == 0 && trace.points.empty()) error(0, "the trace has no lines");
    if (!trace.offsets && errors_ == 0) find_bucket(trace);
    return trace;
  }

 private:
  void error(std::size_t index, const std::string& message) {
    ++errors_;
    const int length = static_cast<int>(
        std::max<std::size_t>(source_->lines.empty() ? 1 : source_->lines[index].size(), 1));
    diagnostics_.error({source_, static_cast<int>(index) + 1, 1, length}, message);
  }
  void offset_line(std::size_t i, Trace& trace) {
    const std::string_view text = cell(source_->lines[i], 0);
    const auto offset = parse_number(text);
    if (!offset || *offset.value < 0 || *offset.value > 1e9)
      return error(i, std::string(text) + " is not an offset in seconds, 0 or more");
    const Duration at = from_seconds(*offset.value);
    if (!trace.points.empty() && at < trace.points.back().first)
      return error(i, "the offset is less than the one before");
    trace.points.emplace_back(at, 1.0);
  }
  void count_line(std::size_t i, Trace& trace) {
    const std::string_view stamp = cell(source_->lines[i], 0), text = cell(source_->lines[i], 1);
    const auto at = parse_timestamp(stamp);
    if (!at) return error(i, std::string(stamp) + " is not a timestamp YYYY-MM-DD HH:MM:SS");
    const auto count = parse_number(text);
    if (!count || *count.value < 0 || *count.value > 1e12)
      return error(i,
                   (text.empty() ? "nothing" : std::string(text)) + " is not a count, 0 or more");
    if (trace.points.empty()) first_ = *at;
    const Duration since = std::chrono::seconds(*at - first_);
    if (!trace.points.empty() && since < trace.points.back().first)
      return error(i, "the timestamp is before the one before");
    if (!trace.points.empty() && since == trace.points.back().first)
      trace.points.back().second += *count.value;
    else
      trace.points.emplace_back(since, *count.value);
  }
  void find_bucket(Trace& trace) {
    std::map<Duration, int> distances;
    for (std::size_t i = 1; i < trace.points.size(); ++i)
      ++distances[trace.points[i].first - trace.points[i - 1].first];
    int most = 0;
    for (const auto& [distance, times] : distances) {
      if (times > most) {
        most = times;
        trace.bucket = distance;
      }
    }
    if (most == 0) error(0, "a trace of counts needs two slots or more");
  }

  std::shared_ptr<const SourceText> source_;
  Diagnostics& diagnostics_;
  std::size_t errors_ = 0;
  std::int64_t first_ = 0;
};

}  // namespace

Duration Trace::length() const {
  return points.empty() ? Duration{} : points.back().first + bucket;
}

Trace read_trace(const std::string& name, std::string_view text, Diagnostics& diagnostics) {
  return TraceReader(name, text, diagnostics).read();
}

}  // namespace coalmine

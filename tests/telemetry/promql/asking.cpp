#include "asking.h"

#include <cmath>
#include <cstdlib>
#include <sstream>

#include "sim/telemetry/promql/number.h"

namespace coalmine::promql {
namespace {

Labels labels_of(const std::string& text) {
  const Query query = Query::parse(text);
  Labels labels;
  const std::span<const Matcher> matchers = query.selectors().front();
  for (const Matcher& matcher : matchers) labels.set(matcher.name(), matcher.value());
  return labels;
}

double number(const std::string& text) {
  return text == "NaN" ? kOrdinaryNan : std::strtod(text.c_str(), nullptr);
}

std::string text_of(const Value& value) {
  if (value.type == ValueType::scalar) return value_text(value.scalar.value);
  if (value.type == ValueType::string) return value.text;
  std::string lines;
  for (const Series& series : value.series) {
    if (!lines.empty()) lines += '\n';
    lines += series.labels.text();
    for (const Point& point : series.points) {
      lines.append(" ").append(value_text(point.value));
      if (value.type == ValueType::matrix) lines.append("@").append(time_text(point.time));
    }
  }
  return lines;
}

}  // namespace

Timestamp seconds_in(double seconds) {
  return Timestamp(Millis(std::llround(seconds * 1000)));
}

SeriesStore series(std::string_view lines, Millis step) {
  SeriesStore table;
  std::istringstream input{std::string(lines)};
  for (std::string line; std::getline(input, line);) {
    const std::size_t brace = line.rfind('}');
    const std::size_t start = line.find_first_not_of(' ');
    if (start == std::string::npos) continue;
    const std::size_t gap = line.find(' ', brace == std::string::npos ? start : brace);
    const Labels labels = labels_of(line.substr(start, gap - start));
    std::istringstream words(line.substr(gap));
    Timestamp time{};
    for (std::string word; words >> word;) {
      const std::size_t times = std::min(word.find('x'), word.size());
      const long more =
          times == word.size() ? 0 : std::strtol(word.c_str() + times + 1, nullptr, 10);
      const std::size_t sign =
          times == word.size() ? times : std::min(word.find_first_of("+-", 1), times);
      const double slope = sign == times ? 0 : number(word.substr(sign, times - sign));
      const std::string first = word.substr(0, sign);
      for (long i = 0; i <= more; ++i, time += step) {
        if (first == "_") continue;
        const double value =
            first == "stale" ? kStaleMarker : number(first) + slope * static_cast<double>(i);
        table.append(labels, time, value);
      }
    }
  }
  return table;
}

std::string ask(std::string_view query,
                const SeriesSource& source,
                double at_seconds,
                const Options& options) {
  try {
    return text_of(Query::parse(query, options).instant(source, seconds_in(at_seconds)));
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

std::string ask_range(std::string_view query,
                      const SeriesSource& source,
                      double from_seconds,
                      double to_seconds,
                      double step_seconds,
                      const Options& options) {
  try {
    const Query read = Query::parse(query, options);
    const Millis step = seconds_in(step_seconds).time_since_epoch();
    return text_of(read.range(source, seconds_in(from_seconds), seconds_in(to_seconds), step));
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

std::string refusal(std::string_view query, const Options& options) {
  try {
    Query::parse(query, options);
  } catch (const ParseError& error) {
    return error.what();
  }
  return "fine";
}

}  // namespace coalmine::promql

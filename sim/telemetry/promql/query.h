/// A PromQL query: read once, asked many times (specs/prometheus.md sections 5 to 11 say what is
/// covered and what every part means).
///
///     const auto query = promql::Query::parse("sum by (code) (rate(http_requests_total[5m]))");
///     const auto value = query.instant(source, at);
///
/// Values are doubles in whatever unit the series have; instants are the source's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sim/telemetry/labels.h"
#include "sim/telemetry/prom_dialect.h"
#include "sim/telemetry/sample.h"
#include "sim/telemetry/series_source.h"

namespace coalmine::promql {

struct Node;  // of the syntax tree: ast.h

enum class ValueType : std::uint8_t { scalar, vector, matrix, string };
/// "scalar", "instant vector", "range vector", "string": as in error texts.
std::string_view name_of(ValueType type);

struct Point {
  Timestamp time{};
  double value = 0;
};

/// One series of an answer. Of an instant vector: exactly one point.
struct Series {
  Labels labels;
  std::vector<Point> points;
};

struct Value {
  ValueType type = ValueType::vector;
  Point scalar{};                ///< of a scalar
  std::string text{};            ///< of a string; `scalar.time` is its instant
  std::vector<Series> series{};  ///< of vectors and matrices, in the order Prometheus would give
};

/// The text is not PromQL, or not of the part that is spoken here.
class ParseError : public std::runtime_error {
 public:
  ParseError(int line, int column, std::size_t offset, std::string message);
  int line() const { return line_; }                       ///< from 1
  int column() const { return column_; }                   ///< from 1, in bytes
  std::size_t offset() const { return offset_; }           ///< from 0, in bytes
  const std::string& message() const { return message_; }  ///< without the position

  // what(): "1:7: parse error: ...", as Prometheus words it

 private:
  int line_;
  int column_;
  std::size_t offset_;
  std::string message_;
};

/// Line and column, both from 1, the column in bytes.
struct TextPlace {
  int line = 1;
  int column = 1;
};
TextPlace place_in_query(std::string_view query, std::size_t offset);

/// The query is fine, the data are not for it (many-to-many matching, too many samples...).
class EvaluationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;

  /// Where in the query what could not be computed stands, in bytes; none where it is about the
  /// query as a whole.
  std::optional<std::size_t> offset() const { return offset_; }
  /// The first place that is told counts: it is the innermost.
  void locate(std::size_t offset) {
    if (!offset_) offset_ = offset;
  }

 private:
  std::optional<std::size_t> offset_;
};

/// Options::max_work is used up.
class TimedOut final : public EvaluationError {
 public:
  TimedOut() : EvaluationError("query timed out in expression evaluation") {}
};

inline constexpr std::int64_t kMostSteps = 11'000;
// What is wrong with the times of a range query, in the words of the server.
inline constexpr std::string_view kStepNotPositive =
    "zero or negative query resolution step widths are not accepted. Try a positive integer";
inline constexpr std::string_view kEndBeforeStart = "end timestamp must not be before start time";
inline constexpr std::string_view kTooManySteps =
    "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query "
    "resolution (?step=XX)";

struct Options {
  PromDialect dialect = PromDialect::v3;
  Millis lookback = std::chrono::minutes(5);
  /// Step of a subquery that names none: the server's evaluation interval.
  Millis default_step = std::chrono::minutes(1);
  /// A query that would hold more samples than this at once is refused, as query.max-samples does.
  std::size_t max_samples = 50'000'000;
  /// A query that does more than this is broken off, some seconds of work, where a server has
  /// query.timeout. It counts samples in windows, series that are looked up and elements of
  /// vectors, each as often as it is met, and some for every part of the query at every step.
  std::uint64_t max_work = 1'000'000'000;
};

class Query {
 public:
  /// Throws ParseError. Options other than the dialect matter only for evaluation.
  static Query parse(std::string_view text, const Options& options = {});

  ValueType type() const;
  const std::string& text() const { return text_; }
  const Node& root() const { return *root_; }
  const Options& options() const { return options_; }

  /// The selectors of the query, outermost first: what it reads.
  std::vector<std::span<const Matcher>> selectors() const;
  /// How far before the instant of evaluation the query looks: ranges, offsets and subqueries added
  /// up, the lookback at least. `@` counts as nothing.
  Millis reach() const;

  /// The value at one instant. Throws EvaluationError.
  Value instant(const SeriesSource& source, Timestamp at) const;
  /// A matrix: the value at from, from + step, ... <= to, its series in the order of their labels.
  /// Throws EvaluationError, also for a query that is no scalar or instant vector, for step <= 0,
  /// for to < from, and for more than 11 000 steps.
  Value range(const SeriesSource& source, Timestamp from, Timestamp to, Millis step) const;

 private:
  std::string text_;
  Options options_;
  std::shared_ptr<const Node> root_;
};

}  // namespace coalmine::promql

/// The same question to both engines, and whether they say the same.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/series_store.h"
#include "tests/telemetry/differential/expression_writer.h"
#include "tests/telemetry/differential/http_client.h"

namespace coalmine::promql {

/// One instant, or several steps.
struct Question {
  Expression expression;
  Timestamp from{};
  Timestamp to{};
  Millis step{};  ///< zero: an instant query
};

/// What was counted over many questions.
struct Tally {
  std::size_t questions = 0;
  std::size_t values = 0;         ///< samples compared
  std::size_t with_elements = 0;  ///< answers that were not empty
  std::size_t errors = 0;         ///< refused by both
  std::size_t worded = 0;         ///< ... in words that do not depend on Go's maps
  std::size_t same_words = 0;     ///< ... which are the same
  std::size_t answers = 0;
  std::size_t exact = 0;       ///< answers of which Prometheus defines the order and all bits
  std::size_t same_bytes = 0;  ///< ... which are the same byte for byte
  std::map<std::string, std::size_t> error_kinds;  ///< by their first words
  std::map<std::string, std::size_t> types;
  std::vector<std::string> disagreements;  ///< told in full
};

class Comparison {
 public:
  Comparison(HttpClient& http, const SeriesSource& series) : http_(http), series_(series) {}

  void ask(const Question& question, Tally& tally);
  /// Whether both take the text for a query.
  void parse(const std::string& text, Tally& tally);

 private:
  HttpClient& http_;
  const SeriesSource& series_;
};

/// Relative 1e-9, or the same infinity, or both not a number.
bool same_number(double ours, double theirs, bool rounded_anyhow);

}  // namespace coalmine::promql

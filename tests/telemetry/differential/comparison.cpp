#include "tests/telemetry/differential/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>

#include "sim/telemetry/promql/http_api.h"
#include "sim/telemetry/promql/number.h"

namespace coalmine::promql {
namespace {

using Json = nlohmann::json;

constexpr Options kOracle{.dialect = PromDialect::v2};

/// An answer or the words of a refusal, as ours and theirs can be compared.
struct Reply {
  std::string body{};        ///< of the HTTP API
  std::string error_type{};  ///< empty: there is none
  std::string error{};
};

Reply our_reply(const Question& question, const SeriesSource& series, Value& value) {
  Reply reply;
  const Endpoint endpoint = question.step == Millis(0) ? Endpoint::query : Endpoint::query_range;
  try {
    const Query query = Query::parse(question.expression.text, kOracle);
    value = question.step == Millis(0)
                ? query.instant(series, question.from)
                : query.range(series, question.from, question.to, question.step);
    reply.body = api_answer(value);
  } catch (const ParseError& error) {
    reply.body = api_bad_query(error.what(), endpoint, kOracle.dialect);
  } catch (const EvaluationError& error) {
    const std::string words = error.what();
    reply.body = words.starts_with("invalid expression type")
                     ? api_bad_query(words, endpoint, kOracle.dialect)
                     : api_error(ApiError::execution, words);
  }
  return reply;
}

void read_error(Reply& reply, const Json& json) {
  if (json.at("status") == "success") return;
  reply.error_type = json.at("errorType").get<std::string>();
  reply.error = json.at("error").get<std::string>();
}

Labels labels_of(const Json& metric) {
  std::vector<Label> labels;
  for (const auto& [name, value] : metric.items())
    labels.push_back({name, value.get<std::string>()});
  return Labels(std::move(labels));
}

Point point_of(const Json& pair) {
  const auto number = parse_float(pair.at(1).get<std::string>());
  const double seconds = pair.at(0).get<double>();
  return {Timestamp(Millis(std::llround(seconds * 1000))), number.value_or(-987654321)};
}

std::vector<Series> series_of(const Json& result) {
  std::vector<Series> all;
  for (const Json& one : result) {
    Series series{labels_of(one.at("metric")), {}};
    if (one.contains("value")) series.points.push_back(point_of(one.at("value")));
    if (one.contains("values"))
      for (const Json& pair : one.at("values")) series.points.push_back(point_of(pair));
    all.push_back(std::move(series));
  }
  return all;
}

/// Empty when they are the same; what differs otherwise.
std::string compare_series(const Series& ours, const Series& theirs, bool rounded_anyhow) {
  if (ours.labels != theirs.labels)
    return fmt::format("labels {} and {}", ours.labels.text(), theirs.labels.text());
  if (ours.points.size() != theirs.points.size())
    return fmt::format(
        "{}: {} samples and {}", ours.labels.text(), ours.points.size(), theirs.points.size());
  for (std::size_t i = 0; i < ours.points.size(); ++i) {
    const Point& a = ours.points[i];
    const Point& b = theirs.points[i];
    if (a.time != b.time)
      return fmt::format("times {} and {}", time_text(a.time), time_text(b.time));
    if (!same_number(a.value, b.value, rounded_anyhow))
      return fmt::format("{} @ {}: {} and {}",
                         ours.labels.text(),
                         time_text(a.time),
                         value_text(a.value),
                         value_text(b.value));
  }
  return {};
}

void sort_by_labels(std::vector<Series>& all) {
  std::sort(
      all.begin(), all.end(), [](const Series& a, const Series& b) { return a.labels < b.labels; });
}

/// Answers sorted by value: equal values may stand in any order.
std::string compare_values(const std::vector<Series>& ours, const std::vector<Series>& theirs) {
  for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) {
    const double a = ours[i].points.front().value;
    const double b = theirs[i].points.front().value;
    if (!same_number(a, b, false))
      return fmt::format("place {}: {} and {}", i, value_text(a), value_text(b));
  }
  return {};
}

std::string compare_all(std::vector<Series> ours,
                        std::vector<Series> theirs,
                        const Question& question) {
  if (ours.size() != theirs.size())
    return fmt::format("{} elements and {}", ours.size(), theirs.size());
  const Expression& expression = question.expression;
  const bool instant = question.step == Millis(0);
  if (instant && expression.by_value) {
    std::string difference = compare_values(ours, theirs);
    if (!difference.empty()) return difference;
  }
  if (instant && !expression.ordered) {
    sort_by_labels(ours);
    sort_by_labels(theirs);
  }
  for (std::size_t i = 0; i < ours.size(); ++i) {
    std::string difference = compare_series(ours[i], theirs[i], expression.rounded_anyhow);
    if (!difference.empty()) return difference;
  }
  return {};
}

std::string compare_answers(const Value& ours,
                            const Json& theirs,
                            const Question& question,
                            Tally& tally) {
  const std::string type = theirs.at("resultType").get<std::string>();
  const Json& result = theirs.at("result");
  const char* const kTypes[] = {"scalar", "vector", "matrix", "string"};
  if (type != kTypes[static_cast<std::size_t>(ours.type)]) return "another type: " + type;
  ++tally.types[type];
  if (type == "string") return ours.text == result.at(1).get<std::string>() ? "" : "another string";
  if (type == "scalar") {
    ++tally.values;
    ++tally.with_elements;
    const double value = point_of(result).value;
    return same_number(ours.scalar.value, value, question.expression.rounded_anyhow)
               ? ""
               : fmt::format("{} and {}", value_text(ours.scalar.value), value_text(value));
  }
  std::vector<Series> series = series_of(result);
  for (const Series& one : series) tally.values += one.points.size();
  if (!series.empty()) ++tally.with_elements;
  return compare_all(ours.series, std::move(series), question);
}

/// What an error is about: its words up to what it says of the data.
std::string kind_of(const std::string& error) {
  std::string kind = error.substr(0, error.find_first_of("\"{:"));
  if (error.starts_with("invalid parameter")) return "parse error";
  if (kind.starts_with("Scalar value")) return "Scalar value overflows int64";
  while (!kind.empty() && kind.back() == ' ') kind.pop_back();
  return kind;
}

/// We find out about the patterns of label_replace when the query is read.
bool is_bad_pattern(const Reply& reply) {
  return reply.error.find("invalid regular expression in label_replace()") != std::string::npos;
}

std::string compare_errors(const Reply& ours,
                           const Reply& theirs,
                           const Question& question,
                           Tally& tally) {
  // Found when the query is read, whether or not anybody would have come to use it.
  if (is_bad_pattern(ours) && theirs.error.empty()) return {};
  // The left side of `and` is not looked at where the right one is empty.
  if (question.expression.has_and && !theirs.error.empty()) return {};
  if (ours.error.empty() != theirs.error.empty()) return "an answer and an error";
  ++tally.errors;
  ++tally.error_kinds[is_bad_pattern(theirs) ? "invalid regular expression in label_replace()"
                                             : kind_of(theirs.error)];
  if (is_bad_pattern(ours)) return {};
  if (ours.error_type != theirs.error_type) return "errors of different types";
  // Which of several errors is met first, and which two series stand for many, is a matter of the
  // order of evaluation.
  const bool first_met = question.step == Millis(0) && question.expression.ordered;
  if (theirs.error_type != "bad_data" && !first_met) return {};
  ++tally.worded;
  if (ours.error != theirs.error) return "other words";
  ++tally.same_words;
  return {};
}

void tell(const Question& question,
          const std::string& difference,
          const Reply& ours,
          const Reply& theirs,
          Tally& tally) {
  tally.disagreements.push_back(
      fmt::format("{}\n  query:  {}\n  asked:  {} ... {} step {}ms\n  ours:   {}\n  theirs: {}",
                  difference,
                  question.expression.text,
                  time_text(question.from),
                  time_text(question.to),
                  question.step.count(),
                  ours.body.substr(0, 1500),
                  theirs.body.substr(0, 1500)));
}

/// Whether the order of the elements and all bits of their values are defined.
bool is_exact(const Question& question) {
  const bool ordered = question.step != Millis(0) || question.expression.ordered;
  return ordered && !question.expression.rounded_anyhow;
}

HttpClient::Answer ask_server(HttpClient& http, const Question& question) {
  const std::string& query = question.expression.text;
  if (question.step == Millis(0))
    return http.get("/api/v1/query", {{"query", query}, {"time", time_text(question.from)}});
  return http.get("/api/v1/query_range",
                  {{"query", query},
                   {"start", time_text(question.from)},
                   {"end", time_text(question.to)},
                   {"step", time_text(Timestamp(question.step))}});
}

}  // namespace

bool same_number(double ours, double theirs, bool rounded_anyhow) {
  if (std::isnan(ours) || std::isnan(theirs)) return std::isnan(ours) && std::isnan(theirs);
  if (ours == theirs) return true;
  // Go's exp() for amd64 is infinite from 2^1023.5 on, and what is made of it.
  constexpr double kNearlyInfinite = 6e307;
  if (rounded_anyhow && std::isinf(theirs))
    return std::abs(ours) > kNearlyInfinite && std::signbit(ours) == std::signbit(theirs);
  if (!std::isfinite(ours) || !std::isfinite(theirs)) return false;
  const double difference = std::abs(ours - theirs);
  const double most = std::max(std::abs(ours), std::abs(theirs));
  return difference <= 1e-9 * most;
}

void Comparison::ask(const Question& question, Tally& tally) {
  Value value;
  Reply ours = our_reply(question, series_, value);
  Reply theirs{.body = ask_server(http_, question).body};
  const Json json = Json::parse(theirs.body, nullptr, false);
  ++tally.questions;
  std::string difference;
  if (!json.is_object()) {
    difference = "the server gives no answer";
  } else {
    read_error(ours, Json::parse(ours.body));
    read_error(theirs, json);
    if (!ours.error.empty() || !theirs.error.empty()) {
      difference = compare_errors(ours, theirs, question, tally);
    } else {
      ++tally.answers;
      difference = compare_answers(value, json.at("data"), question, tally);
      if (is_exact(question)) {
        ++tally.exact;
        if (ours.body == theirs.body)
          ++tally.same_bytes;
        else if (difference.empty())
          difference = "other bytes";
      }
    }
  }
  if (!difference.empty()) tell(question, difference, ours, theirs, tally);
}

void Comparison::parse(const std::string& text, Tally& tally) {
  Reply ours{.body = R"({"status":"success"})"};
  try {
    Query::parse(text, kOracle);
  } catch (const ParseError& error) {
    ours.body = api_bad_query(error.what(), Endpoint::query, kOracle.dialect);
  }
  Reply theirs{.body = http_.get("/api/v1/format_query", {{"query", text}}).body};
  ++tally.questions;
  const Json json = Json::parse(theirs.body, nullptr, false);
  std::string difference = "the server gives no answer";
  if (json.is_object()) {
    read_error(ours, Json::parse(ours.body));
    read_error(theirs, json);
    difference.clear();
    if (!theirs.error.empty()) ++tally.errors;
    // Prometheus has no name for `@` and tells the number it has inside; we tell which name may
    // have been meant.
    static const std::regex kNumber("\"<Item \\d+>\" ");
    theirs.error = std::regex_replace(theirs.error, kNumber, "");
    if (ours.error == theirs.error || ours.error.starts_with(theirs.error + ", did you mean"))
      tally.same_words += theirs.error.empty() ? 0 : 1;
    else if (!is_bad_pattern(ours) || !theirs.error.empty())
      difference = ours.error.empty() != theirs.error.empty() ? "taken and refused" : "other words";
  }
  if (!difference.empty()) tell({{.text = text}, {}, {}, {}}, difference, ours, theirs, tally);
}

}  // namespace coalmine::promql

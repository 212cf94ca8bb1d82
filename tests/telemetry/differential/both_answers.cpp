#include "tests/telemetry/differential/both_answers.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "sim/telemetry/promql/http_api.h"
#include "sim/telemetry/promql/query.h"

namespace coalmine::promql {
namespace {

using Values = std::map<std::string, double>;

Values by_labels(const std::string& answer) {
  Values values;
  const nlohmann::json data = nlohmann::json::parse(answer).at("data");
  if (data.at("resultType") == "scalar")
    return {{"", std::stod(data.at("result")[1].get<std::string>())}};
  for (const auto& one : data.at("result"))
    values[one["metric"].dump()] = std::stod(one["value"][1].get<std::string>());
  return values;
}

bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || a == b || std::abs(a - b) <= 1e-9 * std::abs(b);
}

}  // namespace

BothAnswers& BothAnswers::operator+=(const BothAnswers& other) {
  values += other.values;
  disagreements += other.disagreements;
  return *this;
}

BothAnswers ask_both(PrometheusServer& server,
                     const SeriesStore& table,
                     const std::string& query,
                     std::span<const std::int64_t> times) {
  Options options;
  options.dialect = PromDialect::v2;
  const Query ours = Query::parse(query, options);
  BothAnswers both;
  for (const std::int64_t at : times) {
    const Values theirs = by_labels(
        server.http().get("/api/v1/query", {{"query", query}, {"time", std::to_string(at)}}).body);
    const Values mine =
        by_labels(api_answer(ours.instant(table, Timestamp(std::chrono::seconds(at)))));
    for (const auto& [labels, value] : theirs) {
      const auto found = mine.find(labels);
      ++both.values;
      both.disagreements += found == mine.end() || !same(found->second, value) ? 1 : 0;
    }
    for (const auto& [labels, value] : mine)
      both.disagreements += theirs.count(labels) == 0 ? 1 : 0;
  }
  return both;
}

SeriesStore without_markers(const SeriesStore& source, std::int64_t shift) {
  SeriesStore table;
  for (const StoredSeries& s : source.select({}))
    for (std::size_t i = 0; i < s.times.size(); ++i)
      if (!is_stale_marker(s.values[i]))
        table.append(*s.labels, s.times[i] + std::chrono::seconds(shift), s.values[i]);
  return table;
}

}  // namespace coalmine::promql

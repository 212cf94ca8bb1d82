#include "sim/telemetry/promql_reader.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "sim/kernel/assert.h"
#include "sim/telemetry/dialects/dialect.h"
#include "sim/telemetry/go_number.h"
#include "sim/telemetry/go_quote.h"
#include "sim/telemetry/promql/duration.h"
#include "sim/telemetry/promql/observations.h"

namespace coalmine {
namespace {

constexpr const char* kRequests = "istio_requests_total";
constexpr const char* kLatency = "istio_request_duration_milliseconds";
constexpr const char* kUsers = "experiment_users_total";
constexpr const char* kConversions = "experiment_conversions_total";
/// Whatever is not `ok` answers, or counts, as a 5xx.
constexpr const char* kFailed = ",response_code=~\"5..\"";

/// sum(rate(name{matchers}[window]))
std::string rate_of(const std::string& name, const std::string& matchers, Duration window) {
  return fmt::format("sum(rate({}{{{}}}[{}]))", name, matchers, promql::duration_text(window));
}

/// A Deployment's name as a regular expression that matches it alone.
std::string quoted_meta(const std::string& name) {
  std::string quoted;
  for (const char c : name) {
    if (c == '.') quoted += '\\';
    quoted += c;
  }
  return quoted;
}

// Without a failure there is no series of failures yet: that is a ratio of 0, not an unknown one.
std::string error_ratio_text(const std::string& who, Duration window) {
  return fmt::format("({} or vector(0)) / {}",
                     rate_of(kRequests, who + kFailed, window),
                     rate_of(kRequests, who, window));
}

std::string slow_ratio_text(const std::string& who,
                            Duration threshold,
                            Duration window,
                            PromDialect dialect) {
  const std::string le = le_text(static_cast<double>(threshold.count()) / 1e6, dialect);
  const std::string latency = kLatency;
  return fmt::format("1 - ({} or vector(0)) / {}",
                     rate_of(latency + "_bucket", who + ",le=" + go_quote(le), window),
                     rate_of(latency + "_count", who, window));
}

std::string of_service(const std::string& service) {
  return "reporter=\"source\",destination_service_name=" + go_quote(service);
}

}  // namespace

PromqlReader::PromqlReader(const Simulation& simulation,
                           const SeriesSource& source,
                           NameOf name_of,
                           std::vector<std::string> segments,
                           bool sidecars,
                           promql::Options options)
    : simulation_(simulation),
      source_(source),
      name_of_(std::move(name_of)),
      segments_(std::move(segments)),
      sidecars_(sidecars),
      options_(options) {}

bool PromqlReader::reads(std::string_view service,
                         bool sidecars,
                         std::string_view name,
                         const Labels& labels) {
  if (name == kUsers || name == kConversions) return labels.get("service") == service;
  if (labels.get("destination_service_name") != service) return false;
  if (!sidecars && labels.get("reporter") != "source") return false;
  const std::string_view latency = kLatency;
  const bool of_latency = name.substr(0, latency.size()) == latency;
  const std::string_view suffix = of_latency ? name.substr(latency.size()) : "";
  return name == kRequests || suffix == "_bucket" || suffix == "_count";
}

const promql::Query& PromqlReader::parsed(const std::string& query) const {
  auto known = parsed_.find(query);
  if (known == parsed_.end())
    known = parsed_.emplace(query, promql::Query::parse(query, options_)).first;
  return known->second;
}

promql::Value PromqlReader::value_of(const std::string& query) const {
  return parsed(query).instant(source_, to_timestamp(simulation_.now()));
}

std::optional<double> PromqlReader::ask(const std::string& query) const {
  const promql::Value value = value_of(query);
  double number = std::nan("");
  if (value.type == promql::ValueType::scalar) number = value.scalar.value;
  if (value.type == promql::ValueType::vector && value.series.size() == 1)
    number = value.series.front().points.front().value;
  return std::isnan(number) ? std::nullopt : std::optional(number);
}

Reading PromqlReader::reading(std::string query, double samples, Duration window) const {
  Reading r;
  r.at = simulation_.now();
  r.value = ask(query);
  r.samples = samples;
  r.window = window;
  r.query = std::move(query);
  return r;
}

/// `a`, or a regular expression for several.
std::string PromqlReader::deployments(const MetricTarget& target) const {
  CM_ASSERT(!target.deployments.empty());
  if (target.deployments.size() == 1) return "=" + go_quote(name_of_(target.deployments.front()));
  std::string names;
  for (const DeploymentId deployment : target.deployments)
    names += (names.empty() ? "" : "|") + quoted_meta(name_of_(deployment));
  return "=~" + go_quote(names);
}

std::string PromqlReader::matchers(const MetricTarget& target) const {
  CM_ASSERT(sidecars_ || target.vantage == Vantage::router);
  std::string text =
      target.vantage == Vantage::router ? "reporter=\"source\"" : "reporter=\"destination\"";
  text += ",destination_workload" + deployments(target);
  if (target.segment)
    text +=
        ",user_segment=" + go_quote(*target.segment < segments_.size() ? segments_[*target.segment]
                                                                       : std::string("none"));
  return text;
}

double PromqlReader::requests_in(const MetricTarget& target,
                                 const char* counter,
                                 Duration window) const {
  return ask(rate_of(counter, matchers(target), window)).value_or(0) * to_seconds(window);
}

std::string PromqlReader::error_ratio_of_service(const std::string& service, Duration window) {
  return error_ratio_text(of_service(service), window);
}

std::string PromqlReader::slow_ratio_of_service(const std::string& service,
                                                Duration threshold,
                                                Duration window,
                                                PromDialect dialect) {
  return slow_ratio_text(of_service(service), threshold, window, dialect);
}

Reading PromqlReader::error_ratio(const MetricTarget& target, Duration window) const {
  return reading(
      error_ratio_text(matchers(target), window), requests_in(target, kRequests, window), window);
}

Reading PromqlReader::latency_quantile(const MetricTarget& target,
                                       double q,
                                       Duration window) const {
  static const std::string kCount = std::string(kLatency) + "_count";
  return reading(
      fmt::format("histogram_quantile({}, sum by (le) (rate({}_bucket{{{}}}[{}]))) / 1000",
                  go_number_plain(q),
                  kLatency,
                  matchers(target),
                  promql::duration_text(window)),
      requests_in(target, kCount.c_str(), window),
      window);
}

Reading PromqlReader::slow_ratio(const MetricTarget& target,
                                 Duration threshold,
                                 Duration window) const {
  static const std::string kCount = std::string(kLatency) + "_count";
  return reading(slow_ratio_text(matchers(target), threshold, window, options_.dialect),
                 requests_in(target, kCount.c_str(), window),
                 window);
}

Reading PromqlReader::request_rate(const MetricTarget& target, Duration window) const {
  return reading(
      rate_of(kRequests, matchers(target), window), requests_in(target, kRequests, window), window);
}

Reading PromqlReader::users(const MetricTarget& target) const {
  Reading r = reading(
      fmt::format("sum({}{{deployment{}}})", kUsers, deployments(target)), 0, Duration::zero());
  r.samples = r.value.value_or(0);
  return r;
}

Reading PromqlReader::query(const std::string& promql) const {
  Reading r;
  r.at = simulation_.now();
  r.query = promql;
  try {
    const promql::Query& query = parsed(promql);
    r.window = promql::longest_range(query.root());
    const Timestamp now = to_timestamp(simulation_.now());
    const promql::Value value = query.instant(source_, now);
    const bool scalar = value.type == promql::ValueType::scalar;
    if (!scalar && value.series.size() != 1) {
      r.problem = value.series.empty()
                      ? "no data"
                      : fmt::format("{} series where one is needed", value.series.size());
      return r;
    }
    const Labels element = scalar ? Labels() : value.series.front().labels;
    const double number = scalar ? value.scalar.value : value.series.front().points.front().value;
    r.samples = promql::observations_behind(query.root(), options_, source_, now, element);
    if (std::isnan(number))
      r.problem = "not a number";
    else
      r.value = number;
  } catch (const promql::EvaluationError& e) {
    r.problem = e.what();
  }
  return r;
}

Reading PromqlReader::conversions(const MetricTarget& target) const {
  return reading(fmt::format("sum({}{{deployment{}}})", kConversions, deployments(target)),
                 users(target).samples,
                 Duration::zero());
}

}  // namespace coalmine

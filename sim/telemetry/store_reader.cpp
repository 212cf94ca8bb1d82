#include "sim/telemetry/store_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "sim/kernel/assert.h"

namespace coalmine {

namespace {

/// Calls `body` with every series target at `vantage` that belongs to `target`, in store order.
template <class Body>
void for_each_series(const SeriesStore& store,
                     const MetricTarget& target,
                     Vantage vantage,
                     const Body& body) {
  for (std::uint32_t i = 0; i < store.target_count(); ++i) {
    const TargetInfo& info = store.info(TargetId{i});
    if (info.vantage != vantage || info.segment != target.segment) continue;
    const auto& wanted = target.deployments;
    if (std::find(wanted.begin(), wanted.end(), info.deployment) == wanted.end()) continue;
    body(TargetId{i}, info);
  }
}

std::optional<double> if_number(double value) {
  if (std::isnan(value)) return std::nullopt;
  return value;
}

}  // namespace

std::string prometheus_duration(Duration d) {
  using namespace std::chrono;
  struct Unit {
    Duration length;
    const char* name;
  };
  static constexpr Unit kUnits[] = {
      {hours(24), "d"}, {hours(1), "h"}, {minutes(1), "m"}, {seconds(1), "s"}};
  std::string text;
  for (const Unit& unit : kUnits) {
    if (d < unit.length) continue;
    text += std::to_string(d / unit.length) + unit.name;
    d %= unit.length;
  }
  if (const auto ms = duration_cast<milliseconds>(d).count(); ms > 0 || text.empty()) {
    text += std::to_string(ms) + "ms";
  }
  return text;
}

StoreReader::StoreReader(const Simulation& simulation,
                         const SeriesStore& store,
                         NameOf name_of,
                         std::vector<std::string> segments)
    : simulation_(simulation),
      store_(store),
      name_of_(std::move(name_of)),
      segments_(std::move(segments)) {}

/// Sums over the series of a target, per second.
struct StoreReader::Totals {
  bool any = false;  ///< at least one series has a rate
  double all = 0;
  double failed = 0;
};

std::optional<double> StoreReader::rate_of(TargetId series, Column column, Duration window) const {
  const Time now = simulation_.now();
  return rate(store_.range(series, column, now, window), now, window);
}

StoreReader::Totals StoreReader::request_rates(const MetricTarget& target, Duration window) const {
  CM_ASSERT(window.count() > 0);
  Totals totals;
  for_each_series(store_, target, target.vantage, [&](TargetId series, const TargetInfo&) {
    for (std::size_t i = 0; i < kOutcomes; ++i) {
      const auto outcome = static_cast<Outcome>(i);
      const auto per_second = rate_of(series, requests_column(outcome), window);
      if (!per_second) continue;
      totals.any = true;
      totals.all += *per_second;
      if (outcome != Outcome::ok) totals.failed += *per_second;
    }
  });
  return totals;
}

std::array<Bucket, kBuckets> StoreReader::bucket_rates(const MetricTarget& target,
                                                       Duration window) const {
  std::array<Bucket, kBuckets> buckets{};
  for (std::size_t i = 0; i < kBuckets; ++i) {
    buckets[i].upper =
        i < kLatencyBounds.size() ? kLatencyBounds[i] : std::numeric_limits<double>::infinity();
  }
  for_each_series(store_, target, target.vantage, [&](TargetId series, const TargetInfo&) {
    for (std::size_t i = 0; i < kBuckets; ++i) {
      buckets[i].count += rate_of(series, bucket_column(i), window).value_or(0);
    }
  });
  return buckets;
}

std::string StoreReader::series(const MetricTarget& target,
                                const std::string& metric,
                                const std::string& matcher) const {
  std::string names;
  for (const DeploymentId deployment : target.deployments) {
    if (!names.empty()) names += '|';
    names += name_of_ ? name_of_(deployment) : std::to_string(deployment.value);
  }
  std::string segment;
  if (target.segment)
    segment = fmt::format(
        ",segment=\"{}\"",
        *target.segment < segments_.size() ? segments_[*target.segment] : std::string("none"));
  return fmt::format("{}{{vantage=\"{}\",deployment=~\"{}\"{}{}}}",
                     metric,
                     target.vantage == Vantage::router ? "router" : "pod",
                     names,
                     segment,
                     matcher);
}

std::string StoreReader::selector(const MetricTarget& target,
                                  const std::string& metric,
                                  const std::string& matcher,
                                  Duration window) const {
  return fmt::format("rate({}[{}])", series(target, metric, matcher), prometheus_duration(window));
}

Reading StoreReader::error_ratio(const MetricTarget& target, Duration window) const {
  const Totals totals = request_rates(target, window);
  Reading reading;
  reading.window = window;
  reading.samples = totals.all * to_seconds(window);
  if (totals.all > 0) reading.value = totals.failed / totals.all;
  reading.query = fmt::format("sum({}) / sum({})",
                              selector(target, "requests_total", ",outcome!=\"ok\"", window),
                              selector(target, "requests_total", "", window));
  return reading;
}

Reading StoreReader::latency_quantile(const MetricTarget& target, double q, Duration window) const {
  const auto buckets = bucket_rates(target, window);
  Reading reading;
  reading.window = window;
  reading.samples = buckets.back().count * to_seconds(window);
  reading.value = if_number(histogram_quantile(q, buckets));
  reading.query = fmt::format("histogram_quantile({}, sum by (le) ({}))",
                              q,
                              selector(target, "request_duration_seconds_bucket", "", window));
  return reading;
}

Reading StoreReader::slow_ratio(const MetricTarget& target,
                                Duration threshold,
                                Duration window) const {
  const auto buckets = bucket_rates(target, window);
  const double all = buckets.back().count;
  Reading reading;
  reading.window = window;
  reading.samples = all * to_seconds(window);
  if (all > 0) {
    const double fast = histogram_count_below(to_seconds(threshold), buckets);
    reading.value = std::max(0.0, 1.0 - fast / all);
  }
  reading.query = fmt::format("1 - histogram_fraction(0, {}, sum by (le) ({}))",
                              to_seconds(threshold),
                              selector(target, "request_duration_seconds_bucket", "", window));
  return reading;
}

Reading StoreReader::request_rate(const MetricTarget& target, Duration window) const {
  const Totals totals = request_rates(target, window);
  Reading reading;
  reading.window = window;
  reading.samples = totals.all * to_seconds(window);
  if (totals.any) reading.value = totals.all;
  reading.query = fmt::format("sum({})", selector(target, "requests_total", "", window));
  return reading;
}

Reading StoreReader::newest_total(const MetricTarget& target,
                                  Column column,
                                  const char* metric) const {
  Reading reading;
  for_each_series(store_, target, target.vantage, [&](TargetId series, const TargetInfo&) {
    const auto value = store_.newest(series, column, simulation_.now());
    if (!value) return;
    reading.value = reading.value.value_or(0) + *value;
    reading.samples += store_.newest(series, kUsers, simulation_.now()).value_or(0);
  });
  reading.query = fmt::format("sum({})", series(target, metric, ""));
  return reading;
}

Reading StoreReader::users(const MetricTarget& target) const {
  return newest_total(target, kUsers, "experiment_users_total");
}

Reading StoreReader::conversions(const MetricTarget& target) const {
  return newest_total(target, kConversions, "experiment_conversions_total");
}

Reading StoreReader::saturation(const MetricTarget& target, Duration window) const {
  double busy = 0;
  double workers = 0;
  Reading reading;
  reading.window = window;
  for_each_series(store_, target, Vantage::pod, [&](TargetId series, const TargetInfo& info) {
    const auto per_second = rate_of(series, kBusySeconds, window);
    if (!per_second) return;
    busy += *per_second;
    workers += info.workers;
    reading.samples += 1;
  });
  if (workers > 0) reading.value = busy / workers;
  MetricTarget pods = target;
  pods.vantage = Vantage::pod;
  reading.query = fmt::format("sum({}) / sum(workers)",
                              selector(pods, "worker_busy_seconds_total", "", window));
  return reading;
}

}  // namespace coalmine

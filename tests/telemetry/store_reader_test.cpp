#include "sim/telemetry/store_reader.h"

#include <catch2/catch.hpp>

namespace coalmine {
namespace {

using namespace std::chrono_literals;

/// A store with hand-made series of steady rates, scraped every 15 s from 0 to 5 min.
class Bench {
 public:
  TargetId add(TargetInfo info, const Sample& per_second, const Sample& at_start = Sample{}) {
    info.scrape_interval = 15s;
    const TargetId id = store.add_target(info);
    for (int k = 0; k <= 20; ++k) {
      Sample s{};
      for (Column c = 0; c < kColumns; ++c) s[c] = at_start[c] + per_second[c] * 15 * k;
      store.append(id, Time(k * 15s), s);
    }
    return id;
  }
  StoreReader reader() {
    sim.advance_to(Time(300s));
    return StoreReader(
        sim, store, [](DeploymentId d) { return d.value == 0 ? "stable" : "canary"; });
  }
  Simulation sim;
  SeriesStore store;
};

TargetInfo router_of(std::uint32_t deployment) {
  TargetInfo info;
  info.deployment = DeploymentId{deployment};
  return info;
}
TargetInfo pod_of(std::uint32_t deployment, std::uint32_t pod, double workers) {
  TargetInfo info = router_of(deployment);
  info.vantage = Vantage::pod;
  info.pod = PodId{pod};
  info.workers = workers;
  return info;
}

Sample requests(double ok, double error) {
  Sample s{};
  s[requests_column(Outcome::ok)] = ok;
  s[requests_column(Outcome::error)] = error;
  return s;
}

/// Long alive already, so that no zero clamp acts.
Sample old_age() {
  Sample s{};
  s.fill(1e6);
  return s;
}

MetricTarget target(std::vector<std::uint32_t> deployments, Vantage vantage = Vantage::router) {
  MetricTarget t;
  for (const auto d : deployments) t.deployments.push_back(DeploymentId{d});
  t.vantage = vantage;
  return t;
}

}  // namespace

TEST_CASE("the error ratio weighs Deployments by their requests") {
  Bench bench;
  bench.add(router_of(0), requests(380, 0), old_age());
  bench.add(router_of(1), requests(16, 4), old_age());
  const StoreReader reader = bench.reader();
  CHECK(reader.error_ratio(target({0}), 2min).value.value() == Approx(0).margin(1e-12));
  CHECK(reader.error_ratio(target({1}), 2min).value.value() == Approx(0.2));
  const Reading both = reader.error_ratio(target({0, 1}), 2min);
  CHECK(both.value.value() == Approx(0.01));
  CHECK(both.samples == Approx(400 * 120));
  CHECK(both.window == 2min);
  CHECK(both.query ==
        "sum(rate(requests_total{vantage=\"router\",deployment=~\"stable|canary\",outcome!=\"ok\"}"
        "[2m])) / sum(rate(requests_total{vantage=\"router\",deployment=~\"stable|canary\"}[2m]))");
  CHECK(reader.request_rate(target({0, 1}), 2min).value.value() == Approx(400));
}

TEST_CASE("no series, no samples or no requests: no value, never zero errors") {
  Bench bench;
  bench.add(router_of(0), requests(0, 0), old_age());  // counters that stand still
  const StoreReader reader = bench.reader();
  CHECK_FALSE(reader.error_ratio(target({0}), 2min).value);
  CHECK(reader.request_rate(target({0}), 2min).value.value() == 0);
  CHECK_FALSE(reader.error_ratio(target({1}), 2min).value);
  CHECK_FALSE(reader.request_rate(target({1}), 2min).value);
  CHECK_FALSE(reader.error_ratio(target({0}, Vantage::pod), 2min).value);
  CHECK_FALSE(reader.latency_quantile(target({1}), 0.99, 2min).value);
  CHECK_FALSE(reader.slow_ratio(target({1}), 300ms, 2min).value);
  CHECK_FALSE(reader.saturation(target({1}), 2min).value);
  CHECK_FALSE(reader.error_ratio(target({0}), 10s).value);  // shorter than the scrape interval
}

TEST_CASE("latency quantiles and slow shares come from the summed buckets") {
  Bench bench;
  // Of 100/s: 50 up to 50 ms, 40 more up to 250 ms, 8 more up to 500 ms, 2 up to 1 s.
  Sample s{};
  const double upto[kBuckets] = {0, 0, 0, 50, 50, 90, 98, 100, 100, 100, 100, 100};
  for (std::size_t b = 0; b < kBuckets; ++b) s[bucket_column(b)] = upto[b] / 2;
  s[requests_column(Outcome::ok)] = 50;
  bench.add(pod_of(0, 0, 8), s, old_age());
  bench.add(pod_of(0, 1, 8), s, old_age());
  const StoreReader reader = bench.reader();
  const auto pods = target({0}, Vantage::pod);
  CHECK(reader.latency_quantile(pods, 0.5, 2min).value.value() == Approx(0.05));
  CHECK(reader.latency_quantile(pods, 0.94, 2min).value.value() == Approx(0.375));
  CHECK(reader.latency_quantile(pods, 0.99, 2min).value.value() == Approx(0.75));
  CHECK(reader.latency_quantile(pods, 0.99, 2min).samples == Approx(12000));
  CHECK(reader.slow_ratio(pods, 250ms, 2min).value.value() == Approx(0.10));
  // Between bounds: a fifth of the way from 250 to 500 ms.
  CHECK(reader.slow_ratio(pods, 300ms, 2min).value.value() == Approx(0.10 - 0.2 * 0.08));
}

TEST_CASE("failures that were never observed do not count as fast requests") {
  // 90/s answered within 5 ms, 10/s found no endpoint: none of the observed ones is slow.
  Bench bench;
  Sample s = requests(90, 0);
  s[requests_column(Outcome::no_endpoint)] = 10;
  for (std::size_t b = 0; b < kBuckets; ++b) s[bucket_column(b)] = 90;
  bench.add(router_of(0), s, old_age());
  const StoreReader reader = bench.reader();
  const Reading slow = reader.slow_ratio(target({0}), 300ms, 2min);
  CHECK(slow.value.value() == Approx(0).margin(1e-12));
  CHECK(slow.samples == Approx(90 * 120));
  CHECK(reader.error_ratio(target({0}), 2min).value.value() == Approx(0.1));
}

TEST_CASE("saturation is busy worker time over the workers there are") {
  Bench bench;
  Sample busy{};
  busy[kBusySeconds] = 6;
  bench.add(pod_of(0, 0, 8), busy, old_age());
  busy[kBusySeconds] = 2;
  bench.add(pod_of(0, 1, 8), busy, old_age());
  const StoreReader reader = bench.reader();
  const Reading reading = reader.saturation(target({0}), 1min);
  CHECK(reading.value.value() == Approx(0.5));
  CHECK(reading.samples == 2);
}

TEST_CASE("durations are written as in queries") {
  CHECK(prometheus_duration(2min) == "2m");
  CHECK(prometheus_duration(90min) == "1h30m");
  CHECK(prometheus_duration(1500ms) == "1s500ms");
  CHECK(prometheus_duration(0s) == "0ms");
  CHECK(prometheus_duration(72h) == "3d");
}

}  // namespace coalmine

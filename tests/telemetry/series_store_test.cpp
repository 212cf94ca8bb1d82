#include "sim/telemetry/series_store.h"

#include <catch2/catch.hpp>

namespace coalmine {
namespace {

using namespace std::chrono_literals;

constexpr Column kOk = requests_column(Outcome::ok);
constexpr Column kError = requests_column(Outcome::error);

TargetInfo router_target() {
  TargetInfo info;
  info.deployment = DeploymentId{0};
  info.scrape_interval = 15s;
  return info;
}

Sample counts(double ok, double error = 0) {
  Sample sample{};
  sample[kOk] = ok;
  sample[kError] = error;
  return sample;
}

}  // namespace

TEST_CASE("a sample holds what the instruments expose, buckets cumulative") {
  Instruments instruments;
  instruments.requests = {7, 1, 0, 0, 0, 0, 2};
  instruments.bucket[0] = 3;
  instruments.bucket[2] = 4;
  instruments.bucket.back() = 1;
  instruments.latency_sum_ns = 1'500'000'000;
  instruments.busy_ns = 2'500'000'000;
  const Sample s = make_sample(instruments, 5);
  CHECK(s[kOk] == 7);
  CHECK(s[requests_column(Outcome::timed_out)] == 2);
  CHECK(s[bucket_column(0)] == 3);
  CHECK(s[bucket_column(1)] == 3);
  CHECK(s[bucket_column(2)] == 7);
  CHECK(s[bucket_column(kBuckets - 1)] == 8);
  CHECK(s[kLatencySum] == Approx(1.5));
  CHECK(s[kBusySeconds] == Approx(2.5));
  CHECK(s[kInFlight] == 5);
}

TEST_CASE("a request counter exists from its first increment on") {
  SeriesStore store;
  const TargetId t = store.add_target(router_target());
  store.append(t, Time(0s), counts(100, 0));
  store.append(t, Time(15s), counts(200, 0));
  store.append(t, Time(30s), counts(300, 8));
  CHECK(store.range(t, kError, Time(30s), 60s).size() == 1);  // the step 0 -> 8 is invisible
  store.append(t, Time(45s), counts(400, 10));
  const auto points = store.range(t, kError, Time(45s), 60s);
  CHECK(points.size() == 2);
  CHECK(points.values.front() == 8);
  CHECK(store.range(t, requests_column(Outcome::refused), Time(45s), 60s).size() == 0);
  CHECK(store.range(t, kOk, Time(45s), 60s).size() == 4);
}

TEST_CASE("a backfilled counter gives its steady rate over six hours it never lived") {
  SeriesStore store;
  const TargetId t = store.add_target(router_target());
  store.append(t, Time(-5s), counts(2000));
  Sample slope{};
  slope[kOk] = 400;
  store.set_backfill(t, slope);
  store.append(t, Time(10s), counts(8000));
  // Stored samples at -5 and 10 s, virtual ones every 15 s before.
  const auto points = store.range(t, kOk, Time(12s), 6h);
  CHECK(points.virtual_points == 1438);
  CHECK(points.size() == 1440);
  CHECK(points.virtual_first == Time(-5s) - 1438 * 15s);
  CHECK(rate(points, Time(12s), 6h).value() == Approx(400));
}

TEST_CASE("virtual samples keep to the left-open window") {
  SeriesStore store;
  const TargetId t = store.add_target(router_target());
  store.append(t, Time(0s), counts(50));
  Sample slope{};
  slope[kOk] = 1;
  store.set_backfill(t, slope);
  CHECK(store.range(t, kOk, Time(0s), 30s).size() == 2);                   // -15, 0
  CHECK(store.range(t, kOk, Time(0s), 30s, PromDialect::v2).size() == 3);  // -30, -15, 0
  CHECK(store.range(t, kOk, Time(5s), 30s).size() == 2);
  CHECK(store.range(t, kOk, Time(5s), 4s).size() == 0);
}

TEST_CASE("a long-lived counter is not taken for one that began at zero just now") {
  // Small values and a big slope: without the steady past the zero clamp would cut the left edge.
  SeriesStore store;
  const TargetId t = store.add_target(router_target());
  store.append(t, Time(0s), counts(1));
  Sample slope{};
  slope[kOk] = 10;
  store.set_backfill(t, slope);
  store.append(t, Time(15s), counts(151));
  store.append(t, Time(30s), counts(301));
  CHECK(rate(store.range(t, kOk, Time(30s), 44s), Time(30s), 44s).value() == Approx(10));
  // After a restart it did begin at zero.
  store.append(t, Time(45s), counts(10));
  store.append(t, Time(60s), counts(160));
  CHECK_FALSE(store.range(t, kOk, Time(60s), 16s).long_lived);
}

TEST_CASE("instant reads end with staleness, restart with the next scrape, and fade after 5 min") {
  SeriesStore store;
  const TargetId t = store.add_target(router_target());
  store.append(t, Time(0s), counts(5));
  CHECK(store.newest(t, kOk, Time(10s)) == 5);
  CHECK_FALSE(store.newest(t, kError, Time(10s)));
  store.mark_stale(t, Time(15s));
  CHECK_FALSE(store.newest(t, kOk, Time(16s)));
  CHECK(store.range(t, kOk, Time(16s), 60s).size() == 1);  // windows keep real samples
  store.append(t, Time(30s), counts(9));
  CHECK(store.newest(t, kOk, Time(31s)) == 9);
  CHECK_FALSE(store.newest(t, kOk, Time(30s + 5min)));
}

}  // namespace coalmine

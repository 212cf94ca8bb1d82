#include "sim/kernel/log_histogram.h"

#include <rapidcheck.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "sim/kernel/distributions.h"
#include "sim/kernel/random.h"

using namespace coalmine;
using namespace std::chrono_literals;

TEST_CASE("histogram buckets lie side by side and none is wider than 1/32 of its lower edge",
          "[kernel][log-histogram]") {
  for (std::size_t i = 0; i + 1 < LogHistogram::kBuckets; ++i) {
    const std::int64_t lower = LogHistogram::lower_edge(i);
    const std::int64_t upper = LogHistogram::upper_edge(i);
    REQUIRE(LogHistogram::bucket_of(lower) == i);
    REQUIRE(LogHistogram::bucket_of(upper - 1) == i);
    REQUIRE(LogHistogram::bucket_of(upper) == i + 1);
    if (i > 0) REQUIRE((upper - lower) * 32 <= lower);
  }
  CHECK(LogHistogram::lower_edge(1) == 1024);
  CHECK(LogHistogram::lower_edge(LogHistogram::kBuckets - 1) == std::int64_t{1} << 40);
}

TEST_CASE("values outside the histogram's range go to its first and last bucket",
          "[kernel][log-histogram]") {
  LogHistogram h;
  h.add(Duration(-5));
  h.add(0ns);
  h.add(1023ns);
  h.add(Duration(std::int64_t{1} << 40));
  h.add(kForever);
  CHECK(h.bucket_count(0) == 3);
  CHECK(h.bucket_count(LogHistogram::kBuckets - 1) == 2);
  CHECK(h.count() == 5);
  CHECK(h.quantile(1.0) == Duration(std::int64_t{1} << 40));
}

TEST_CASE("an empty histogram has no quantile", "[kernel][log-histogram]") {
  CHECK_FALSE(LogHistogram().quantile(0.5).has_value());
  CHECK(LogHistogram().count() == 0);
}

TEST_CASE("quantiles interpolate evenly within a bucket", "[kernel][log-histogram]") {
  // 2^20 ns opens a bucket of 2^15 ns; four values there: the quarter of them lies a quarter in.
  LogHistogram h;
  h.add(Duration(1 << 20), 4);
  CHECK(h.quantile(0.25) == Duration((1 << 20) + (1 << 13)));
  CHECK(h.quantile(0.0) == Duration(1 << 20));
  CHECK(h.quantile(1.0) == Duration((1 << 20) + (1 << 15)));
  CHECK(h.count_up_to(Duration((1 << 20) + (1 << 14))) == 2.0);
  CHECK(h.count_up_to(Duration(1 << 20)) == 0.0);
  CHECK(h.count_up_to(1s) == 4.0);
}

TEST_CASE("a value taken back leaves no trace", "[kernel][log-histogram]") {
  LogHistogram h;
  h.add(5ms);
  h.add(7ms);
  h.remove(5ms);
  LogHistogram other;
  other.add(7ms);
  CHECK(h == other);
  CHECK_THROWS_AS(h.remove(5ms), InternalError);
}

TEST_CASE("histogram quantiles of exponential latencies are within a bucket of the truth",
          "[kernel][log-histogram]") {
  // Stratified uniforms, so the sample's quantiles are the distribution's: -mean ln(1 - p).
  LogHistogram h;
  constexpr int kN = 100000;
  for (int i = 0; i < kN; ++i) h.add(from_seconds(exponential_quantile(0.1, (i + 0.5) / kN)));
  for (const double p : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double truth = exponential_quantile(0.1, p);
    CHECK(to_seconds(*h.quantile(p)) == Approx(truth).epsilon(1.0 / 32));
    CHECK(h.count_up_to(from_seconds(truth)) == Approx(p * kN).epsilon(1.0 / 32));
  }
}

TEST_CASE("merging histograms equals adding everything to one, and quantiles never fall",
          "[kernel][log-histogram][property]") {
  CHECK(rc::check([](const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
    LogHistogram one, two, all;
    for (const auto v : a) one.add(Duration(v) * 97);
    for (const auto v : b) two.add(Duration(v) * 97);
    for (const auto v : b) all.add(Duration(v) * 97);
    for (const auto v : a) all.add(Duration(v) * 97);
    one.merge(two);
    RC_ASSERT(one == all);
    RC_ASSERT(all.count() == a.size() + b.size());
    if (all.count() == 0) return;
    Duration before{};
    for (int i = 0; i <= 20; ++i) {
      const Duration q = *all.quantile(i / 20.0);
      RC_ASSERT(q >= before);
      before = q;
    }
  }));
}

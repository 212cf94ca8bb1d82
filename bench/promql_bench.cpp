/// What a question costs: range queries over a store of 200 series with 1 000 samples each, one
/// answer for every scrape. Each must take less than 50 ms; deriv, predict_linear and
/// stddev_over_time over an hour do not (docs/promql.md says why).

#include <benchmark/benchmark.h>

#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "sim/kernel/random.h"
#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/series_store.h"

namespace {

using namespace coalmine;
using namespace std::chrono_literals;

constexpr Millis kScrapeInterval = 15s;  // telemetry.scrapeInterval unless it is set
constexpr int kScrapes = 1'000;
constexpr std::uint64_t kPods = 10;
constexpr std::uint64_t kBounds = 20;

Timestamp scrape(int i) {
  return Timestamp(kScrapeInterval * (i + 1));
}

double uniform(std::uint64_t series, int i) {
  return static_cast<double>(draw_bits(RandomKey{series + 1}, static_cast<std::uint64_t>(i)) >>
                             11) /
         0x1p53;
}

/// A histogram of ten pods: 200 counters.
const SeriesStore& histograms() {
  static const SeriesStore store = [] {
    SeriesStore made;
    for (std::uint64_t pod = 0; pod < kPods; ++pod) {
      for (std::uint64_t bound = 0; bound < kBounds; ++bound) {
        const bool last = bound + 1 == kBounds;
        const auto id = made.series(
            Labels({{"__name__", "latency_bucket"},
                    {"pod", "shop-" + std::to_string(pod)},
                    {"le", last ? "+Inf" : std::to_string(0.005 * std::pow(1.5, bound))}}));
        double count = 0;
        for (int i = 0; i < kScrapes; ++i) {
          count += std::floor(10.0 * static_cast<double>(bound + 1) +
                              static_cast<double>(bound) * uniform(pod, i));
          made.append(id, scrape(i), count);
        }
      }
    }
    return made;
  }();
  return store;
}

/// 200 gauges of twenty pods, no two samples alike.
const SeriesStore& gauges() {
  static const SeriesStore store = [] {
    SeriesStore made;
    for (std::uint64_t n = 0; n < kPods * kBounds; ++n) {
      const auto id = made.series(Labels({{"__name__", "load"},
                                          {"pod", "shop-" + std::to_string(n % 20)},
                                          {"core", std::to_string(n / 20)}}));
      for (int i = 0; i < kScrapes; ++i) made.append(id, scrape(i), uniform(n, i));
    }
    return made;
  }();
  return store;
}

void ask(benchmark::State& state, const SeriesStore& store, const std::string& text) {
  const promql::Query query = promql::Query::parse(text);
  for (auto _ : state)
    benchmark::DoNotOptimize(query.range(store, scrape(0), scrape(kScrapes - 1), kScrapeInterval));
}

void ask_histograms(benchmark::State& state, const char* text) {
  ask(state, histograms(), text);
}
void ask_gauges(benchmark::State& state, const char* text) {
  ask(state, gauges(), text);
}

#define COALMINE_ASK(store, name, text) \
  BENCHMARK_CAPTURE(ask_##store, name, text)->Unit(benchmark::kMillisecond)

COALMINE_ASK(histograms, selector, "latency_bucket");
COALMINE_ASK(histograms, rate_1m, "rate(latency_bucket[1m])");
COALMINE_ASK(histograms, rate_5m, "rate(latency_bucket[5m])");
COALMINE_ASK(histograms, rate_1h, "rate(latency_bucket[1h])");
COALMINE_ASK(histograms, sum_rate, "sum by (pod) (rate(latency_bucket[5m]))");
COALMINE_ASK(histograms, p99, "histogram_quantile(0.99, sum by (le) (rate(latency_bucket[5m])))");
COALMINE_ASK(histograms,
             p99_by_pod,
             "histogram_quantile(0.99, sum by (pod, le) (rate(latency_bucket[5m])))");
COALMINE_ASK(histograms,
             slow_share,
             "1 - sum(rate(latency_bucket{le=~\"0.0(1|2).*\"}[1h])) / "
             "sum(rate(latency_bucket{le=\"+Inf\"}[1h]))");
COALMINE_ASK(histograms, changes_1h, "changes(latency_bucket[1h])");
COALMINE_ASK(histograms, resets_1h, "resets(latency_bucket[1h])");
COALMINE_ASK(gauges, avg_1h, "avg_over_time(load[1h])");
COALMINE_ASK(gauges, sum_1h, "sum_over_time(load[1h])");
COALMINE_ASK(gauges, max_1h, "max_over_time(load[1h])");
COALMINE_ASK(gauges, min_1h, "min_over_time(load[1h])");
COALMINE_ASK(gauges, stddev_1h, "stddev_over_time(load[1h])");
COALMINE_ASK(gauges, stddev_5m, "stddev_over_time(load[5m])");
COALMINE_ASK(gauges, deriv_5m, "deriv(load[5m])");
COALMINE_ASK(gauges, quantile_1h, "quantile_over_time(0.9, load[1h])");
COALMINE_ASK(gauges, deriv_1h, "deriv(load[1h])");
COALMINE_ASK(gauges, predict_1h, "predict_linear(load[1h], 3600)");
COALMINE_ASK(gauges, topk, "topk(5, load)");
COALMINE_ASK(gauges, matching, "load / on (pod) group_left () sum by (pod) (load)");
COALMINE_ASK(gauges, subquery, "max_over_time(sum by (pod) (load)[1h:15s])");
#undef COALMINE_ASK

}  // namespace

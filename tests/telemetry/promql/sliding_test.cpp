// Functions that carry their last range on to the next one: a range query must give, at every step,
// what the same question asked at that instant alone gives.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "asking.h"
#include "sim/kernel/random.h"

namespace coalmine::promql {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> kFunctions{"changes(x[{}])",
                                          "resets(x[{}])",
                                          "max_over_time(x[{}])",
                                          "min_over_time(x[{}])",
                                          "quantile_over_time(0.3, x[{}])"};

std::string with_range(std::string text, const std::string& range) {
  return text.replace(text.find("{}"), 2, range);
}

/// Few values, so that many are equal; both zeros, NaN, infinities, staleness markers, gaps.
SeriesStore uneven_series(std::uint64_t seed) {
  SeriesStore store;
  const double values[] = {0., -0., 1, 2, 3, 4, 5, 6, 1e300, -1e300, kOrdinaryNan, kStaleMarker};
  const double infinity = std::numeric_limits<double>::infinity();
  for (std::uint64_t n = 0; n < 3; ++n) {
    const SeriesId id = store.series(Labels({{"__name__", "x"}, {"n", std::to_string(n)}}));
    Timestamp time{};
    for (std::uint64_t i = 0; i < 150; ++i) {
      const std::uint64_t bits = draw_bits(RandomKey{seed * 3 + n}, i);
      time += bits % 16 == 0 ? Millis(97s) : Millis(1s + Millis(bits / 16 % 3) * 2000);
      const std::uint64_t which = bits / 64 % 14;
      store.append(id, time, which < 12 ? values[which] : which == 12 ? infinity : -infinity);
    }
  }
  return store;
}

TEST_CASE("a window that slides on gives what a window opened there gives") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const SeriesStore store = uneven_series(seed);
    for (const std::string& function : kFunctions) {
      for (const char* range : {"4s", "30s", "3m"}) {
        // Steps shorter than the range, and longer: nothing of the last one is left then.
        for (const Millis step : {Millis(3s), Millis(50s), Millis(400s)}) {
          const Query query = Query::parse(with_range(function, range));
          const Value slid = query.range(store, seconds_in(0), seconds_in(1000), step);
          std::size_t points = 0;
          for (const Series& series : slid.series) {
            for (const Point& point : series.points) {
              const Value alone = query.instant(store, point.time);
              for (const Series& element : alone.series) {
                if (element.labels != series.labels) continue;
                ++points;
                const double value = element.points.front().value;
                INFO(query.text() << " seed " << seed << " at "
                                  << point.time.time_since_epoch().count());
                CHECK((value == point.value || (value != value && point.value != point.value)));
              }
            }
          }
          std::size_t expected = 0;
          for (const Series& series : slid.series) expected += series.points.size();
          CHECK(points == expected);
        }
      }
    }
  }
}

TEST_CASE("a maximum that has left the window gives way to the best of those that stay") {
  const SeriesStore table = series("x 5 3 4 NaN NaN 1", 10s);
  CHECK(ask_range("max_over_time(x[20s])", table, 0, 60, 10) ==
        "{} 5@0 5@10 4@20 4@30 NaN@40 1@50 1@60");
  CHECK(ask_range("min_over_time(x[20s])", table, 0, 60, 10) ==
        "{} 5@0 3@10 3@20 4@30 NaN@40 1@50 1@60");
}

}  // namespace
}  // namespace coalmine::promql

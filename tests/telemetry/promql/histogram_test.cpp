// specs/prometheus.md section 9.
#include <catch2/catch.hpp>
#include <string>

#include "asking.h"

namespace coalmine::promql {
namespace {

/// Buckets up to 1, 2, 4 and +Inf.
std::string quantile_of(const std::string& q,
                        const std::string& counts,
                        const Options& options = kVersion2) {
  std::string lines;
  std::size_t at = 0;
  for (const char* bound : {"1", "2", "4", "+Inf"}) {
    const std::size_t end = counts.find(' ', at);
    lines += "b{le=\"" + std::string(bound) + "\"} " + counts.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return ask("histogram_quantile(" + q + ", b)", series(lines), 0, options);
}

/// Of 10 up to 1, 10 to 2, 20 to 4 and 10 above.
std::string fraction(const std::string& limits, const Options& options = kVersion3) {
  return ask("histogram_fraction(" + limits + ", b)",
             series("b{le=\"1\"} 10\nb{le=\"2\"} 20\nb{le=\"4\"} 40\nb{le=\"+Inf\"} 50"),
             0,
             options);
}

TEST_CASE("a fraction is what lies between two values, linear within buckets") {
  CHECK(fraction("0, 1") == "{} 0.2");
  CHECK(fraction("0, 0.5") == "{} 0.1");
  CHECK(fraction("1.5, 3") == "{} 0.3");
  CHECK(fraction("-5, 2") == "{} 0.4");  // nothing was below 0
  CHECK(fraction("0, Inf") == "{} 1");
  CHECK(fraction("4, Inf") == "{} 0.2");
  CHECK(fraction("2, 100") == "{} 0.4");  // where in the last bucket nobody knows: none of it
  CHECK(fraction("2, 2") == "{} 0");
  CHECK(fraction("3, 2") == "{} 0");
  CHECK(fraction("NaN, 2") == "{} NaN");
}

TEST_CASE("a fraction wants all that was observed, and something") {
  const auto of = [](const std::string& buckets) {
    return ask("histogram_fraction(0, 1, b)", series(buckets), 0, kVersion3);
  };
  CHECK(of("b{le=\"1\"} 5\nb{le=\"2\"} 9") == "{} NaN");
  CHECK(of("b{le=\"1\"} 0\nb{le=\"+Inf\"} 0") == "{} NaN");
  CHECK(of("b 5").empty());
  CHECK(of("b{le=\"-2\"} 5\nb{le=\"+Inf\"} 10") == "{} 0");
}

TEST_CASE("fractions of buckets are news of Prometheus 3") {
  CHECK(fraction("0, 1", kVersion2).empty());
  CHECK(fraction("0, 1", kVersion2_51).empty());
}

TEST_CASE("a quantile is linear within its bucket") {
  // 10 below 1, 10 between 1 and 2, 20 between 2 and 4.
  CHECK(quantile_of("0.25", "10 20 40 40") == "{} 1");
  CHECK(quantile_of("0.375", "10 20 40 40") == "{} 1.5");
  CHECK(quantile_of("0.75", "10 20 40 40") == "{} 3");
  CHECK(quantile_of("1", "10 20 40 40") == "{} 4");
  CHECK(quantile_of("0.125", "10 20 40 40") == "{} 0.5");
}

TEST_CASE("what lies in the last bucket reads as the last finite bound") {
  CHECK(quantile_of("0.99", "10 20 40 80") == "{} 4");
  CHECK(quantile_of("0.5", "0 0 0 80") == "{} 4");
}

TEST_CASE("a quantile outside 0 to 1 is infinite, of NaN it is NaN") {
  CHECK(quantile_of("-0.1", "10 20 40 40") == "{} -Inf");
  CHECK(quantile_of("1.1", "10 20 40 40") == "{} +Inf");
  CHECK(quantile_of("NaN", "10 20 40 40") == "{} NaN");
  CHECK(quantile_of("0", "0 20 40 40") == "{} NaN");  // 0/0 in an empty first bucket
}

TEST_CASE("no observations and no last bucket give NaN, no buckets give nothing") {
  CHECK(quantile_of("0.5", "0 0 0 0") == "{} NaN");
  CHECK(ask("histogram_quantile(0.5, b)", series("b{le=\"1\"} 5\nb{le=\"2\"} 9"), 0) == "{} NaN");
  CHECK(ask("histogram_quantile(0.5, b)", series("b{le=\"+Inf\"} 9"), 0) == "{} NaN");
  CHECK(ask("histogram_quantile(0.5, b)", series("b 5\nb{le=\"low\"} 9"), 0).empty());
  CHECK(
      ask("histogram_quantile(0.5, sum(b))", series("b{le=\"1\"} 5\nb{le=\"+Inf\"} 9"), 0).empty());
}

TEST_CASE("counts that fall are taken to be level") {
  CHECK(quantile_of("0.5", "10 5 20 20") == quantile_of("0.5", "10 10 20 20"));
}

TEST_CASE("a difference that is rounding alone is none, but in 2.x") {
  // 1 and 1 + 2e-13 are one count for later versions; the rank falls into the next bucket for them.
  const std::string counts = "1 1.0000000000002 1.0000000000002 2.0000000000004";
  CHECK(quantile_of("0.5", counts, kVersion2) == "{} 2");
  CHECK(quantile_of("0.5", counts, kVersion3) == "{} 4");
}

TEST_CASE("bounds that are equal are one bucket, however they are written") {
  const SeriesStore table = series(R"(
    b{le="1",v="old"} 5
    b{le="1.0",v="old"} 5
    b{le="1e1",v="old"} 20
    b{le="Inf",v="old"} 20
  )");
  CHECK(ask("histogram_quantile(0.25, b)", table, 0) == R"({v="old"} 0.5)");
}

TEST_CASE("a first bound of zero or less is the answer itself") {
  const SeriesStore table = series("b{le=\"-1\"} 5\nb{le=\"1\"} 6\nb{le=\"+Inf\"} 6");
  CHECK(ask("histogram_quantile(0.5, b)", table, 0) == "{} -1");
}

TEST_CASE("the metric's name tells histograms apart, though quantiles have none") {
  const SeriesStore table = series(R"(
    a_bucket{le="1"} 5
    a_bucket{le="+Inf"} 5
    b_bucket{le="1"} 5
    b_bucket{le="+Inf"} 5
  )");
  CHECK(ask("histogram_quantile(0.5, {__name__=~\".*_bucket\"})", table, 0) ==
        "vector cannot contain metrics with the same labelset");
}

}  // namespace
}  // namespace coalmine::promql

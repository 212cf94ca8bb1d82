#include <catch2/catch.hpp>
#include <limits>

#include "sim/telemetry/promql/duration.h"
#include "sim/telemetry/promql/number.h"

namespace coalmine::promql {
namespace {

TEST_CASE("values are written as Prometheus' answers have them") {
  CHECK(value_text(2.3333333333333335) == "2.3333333333333335");
  CHECK(value_text(0.000001) == "0.000001");
  CHECK(value_text(2.55e-8) == "2.55e-08");
  CHECK(value_text(123456789012345680000.0) == "123456789012345680000");
  CHECK(value_text(1e21) == "1e+21");
  CHECK(value_text(-1.5e300) == "-1.5e+300");
  CHECK(value_text(5e-324) == "5e-324");
  CHECK(value_text(0) == "0");
  CHECK(value_text(-0.0) == "-0");
  CHECK(value_text(100) == "100");
  CHECK(value_text(std::numeric_limits<double>::infinity()) == "+Inf");
  CHECK(value_text(-std::numeric_limits<double>::infinity()) == "-Inf");
  CHECK(value_text(kOrdinaryNan) == "NaN");
}

TEST_CASE("values that become labels never have an exponent") {
  CHECK(decimal_text(1e22) == "10000000000000000000000");
  CHECK(decimal_text(-2.5e-8) == "-0.000000025");
  CHECK(decimal_text(12.5) == "12.5");
}

TEST_CASE("instants are seconds with the decimals they need") {
  CHECK(time_text(Timestamp(Millis(1700000045000))) == "1700000045");
  CHECK(time_text(Timestamp(Millis(1250))) == "1.25");
  CHECK(time_text(Timestamp(Millis(-5))) == "-0.005");
  CHECK(time_text(Timestamp(Millis::min())) == "-9223372036854775.808");
}

TEST_CASE("numbers are read as Go reads them") {
  CHECK(parse_float("1e3") == 1000.0);
  CHECK(parse_float("+.5") == 0.5);
  CHECK(parse_float("-5.") == -5.0);
  CHECK(parse_float("+Inf") == std::numeric_limits<double>::infinity());
  CHECK(parse_float("-infinity") == -std::numeric_limits<double>::infinity());
  CHECK(parse_float("1e-400") == 0.0);
  CHECK(parse_float("nan").has_value());
  for (const char* bad : {"", "-", "+-1", "1 ", " 1", "0x10", "1e400", "-nan", "one", "1_0", "."}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_float(bad).has_value());
  }
}

TEST_CASE("durations have their units in order, each once") {
  using namespace std::chrono_literals;
  CHECK(parse_duration("1h30m").value == 90min);
  CHECK(parse_duration("1y1w1d1h1m1s1ms").value == (365 * 24h + 8 * 24h + 1h + 1min + 1s + 1ms));
  CHECK(parse_duration("0").value == 0ms);
  CHECK(parse_duration("250ms").value == 250ms);
  CHECK(parse_duration("292y").error.empty());
  CHECK(parse_duration("293y").error == "duration out of range");
  CHECK(parse_duration("99999999999999999999s").error == "duration out of range");
  for (const char* bad : {"1m1h", "1h1h", "5", "h", "1.5h", "-1h", "1h ", "1ns", "5hs"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration(bad).error.empty());
  }
  CHECK(parse_duration("").error == "empty duration string");
  CHECK(duration_text(90min) == "1h30m");
  CHECK(duration_text(-1500ms) == "-1s500ms");
  CHECK(duration_text(0ms) == "0s");
}

}  // namespace
}  // namespace coalmine::promql

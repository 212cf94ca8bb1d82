// Numbers as people read them.
#include "cli/numbers.h"

#include <catch2/catch.hpp>
#include <string>

using namespace coalmine::cli;

TEST_CASE("large numbers are grouped by thousands", "[cli][numbers]") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(7) == "7");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1 000");
  CHECK(grouped(1234567) == "1 234 567");
  CHECK(grouped(-1234) == "-1 234");
  // Whole numbers, rounded to the nearest; no minus before nothing.
  CHECK(grouped(999.6) == "1 000");
  CHECK(grouped(-0.2) == "0");
}

TEST_CASE("seconds are said in the unit a person would use", "[cli][numbers]") {
  CHECK(human_seconds(0) == "0 ms");
  CHECK(human_seconds(0.085) == "85 ms");
  CHECK(human_seconds(0.999) == "999 ms");
  CHECK(human_seconds(1) == "1.0 s");
  CHECK(human_seconds(4.2) == "4.2 s");
  CHECK(human_seconds(59.94) == "59.9 s");
  CHECK(human_seconds(60) == "1 min 00 s");
  CHECK(human_seconds(185) == "3 min 05 s");
  CHECK(human_seconds(3599) == "59 min 59 s");
  CHECK(human_seconds(3600) == "1 h 00 min");
  CHECK(human_seconds(4320) == "1 h 12 min");
  CHECK(human_seconds(-185) == "-3 min 05 s");
}

// A value just below a unit's end is said in the next unit, never as "1000 ms" or "60.0 s".
TEST_CASE("rounding never leaves a unit's range", "[cli][numbers]") {
  CHECK(human_seconds(0.9996) == "1.0 s");
  CHECK(human_seconds(59.96) == "1 min 00 s");
  CHECK(human_seconds(3599.7) == "1 h 00 min");
  for (double s = 0; s < 8000; s += 0.0137) {
    const std::string text = human_seconds(s);
    if (text == "1000 ms" || text == "60.0 s" || text.find("60 s") == 0 ||
        text.find(" 60 ") != std::string::npos)
      FAIL("at " << s << ": " << text);
  }
}

TEST_CASE("percentages keep the digits that matter", "[cli][numbers]") {
  CHECK(percent(0) == "0 %");
  CHECK(percent(0.0004) == "0.04 %");
  CHECK(percent(0.00028) == "0.028 %");
  CHECK(percent(0.004) == "0.4 %");
  CHECK(percent(0.05) == "5 %");
  CHECK(percent(0.025) == "2.5 %");
  CHECK(percent(0.12) == "12 %");
  CHECK(percent(2.0 / 3) == "67 %");
  CHECK(percent(1) == "100 %");
  CHECK(percent(-0.004) == "-0.4 %");
  CHECK(percent(3.5) == "350 %");
}

// Only nothing is 0 % and only all is 100 %.
TEST_CASE("no percentage is rounded to 0 or 100", "[cli][numbers]") {
  CHECK(percent(0.9975) == "99.75 %");
  CHECK(percent(0.99951) == "99.951 %");
  CHECK(percent(0.999999) == "99.9999 %");
  CHECK(percent(0.000001) == "0.0001 %");
  for (int n = 2; n < 3000; ++n) {
    for (const double share : {1.0 / n, 1 - 1.0 / n}) {
      const std::string text = percent(share);
      if (text == "0 %" || text == "100 %") FAIL(share << " is said as " << text);
    }
  }
}

TEST_CASE("a mean and its interval share a unit and as many decimals as the interval has",
          "[cli][numbers]") {
  CHECK(estimate_text(Unit::count, 27397, 884) == "27 397 ± 884");
  CHECK(estimate_text(Unit::count, 6.4, 0.68) == "6.4 ± 0.7");
  CHECK(estimate_text(Unit::count, 0.8, 0.96) == "0.8 ± 1.0");
  CHECK(estimate_text(Unit::ratio, 0.0398, 0.0019) == "3.98 ± 0.19 %");
  CHECK(estimate_text(Unit::ratio, 0.000281, 0.00001) == "0.0281 ± 0.0010 %");
  CHECK(estimate_text(Unit::seconds, 1592, 116) == "26.5 ± 1.9 min");
  CHECK(estimate_text(Unit::seconds, 0.0672, 0.0001) == "67.20 ± 0.10 ms");
  CHECK(estimate_text(Unit::seconds, 14.1, 2.7) == "14.1 ± 2.7 s");
  CHECK(estimate_text(Unit::seconds, 7200, 600) == "2.00 ± 0.17 h");
  CHECK(estimate_text(Unit::ratio, 0.999991, 0.000012) == "99.9991 ± 0.0012 %");
  // The larger of the two says in what to count.
  CHECK(estimate_text(Unit::seconds, 0.5, 180) == "0 ± 3 min");
  // One replication: no interval.
  CHECK(estimate_text(Unit::seconds, 270, std::nullopt) == "4 min 30 s");
  CHECK(estimate_text(Unit::ratio, 0.9975, std::nullopt) == "99.75 %");
}

TEST_CASE("an interval of width zero is told from one too small to be seen", "[cli][numbers]") {
  CHECK(estimate_text(Unit::count, 12, 0) == "12 ± 0");
  CHECK(estimate_text(Unit::count, 0, 0) == "0 ± 0");
  CHECK(estimate_text(Unit::seconds, 50, 0) == "50.0 ± 0 s");
  CHECK(estimate_text(Unit::seconds, 0, 0) == "0 ± 0 s");
  CHECK(estimate_text(Unit::seconds, 270, 0.01) == "4.500 ± <0.001 min");
  CHECK(estimate_text(Unit::count, 27397, 0.2) == "27 397 ± <1");
}

TEST_CASE("a difference has its sign", "[cli][numbers]") {
  CHECK(difference_text(Unit::count, 1234, 56) == "+1 234 ± 56");
  CHECK(difference_text(Unit::count, -27118, 880) == "-27 118 ± 880");
  CHECK(difference_text(Unit::seconds, -1320, 114) == "-22.0 ± 1.9 min");
  CHECK(difference_text(Unit::count, 0, 0) == "0 ± 0");
}

TEST_CASE("a share stands with its interval", "[cli][numbers]") {
  CHECK(share_text(0.95, 0.764, 0.991) == "95 % (76-99.1)");
  CHECK(share_text(0, 0, 0.161) == "0 % (0-16)");
  CHECK(share_text(1, 0.839, 1) == "100 % (84-100)");
  CHECK(share_text(0.998, 0.9927, 0.9996) == "99.8 % (99.3-99.96)");
}

TEST_CASE("things are counted in singular and plural", "[cli][numbers]") {
  CHECK(counted(1, "replication") == "1 replication");
  CHECK(counted(20, "replication") == "20 replications");
  CHECK(counted(2000, "replication") == "2 000 replications");
}

TEST_CASE("outcomes are printed in their unit", "[cli][numbers]") {
  CHECK(outcome_text("excess_users_affected", 1234.0) == "1 234");
  CHECK(outcome_text("time_to_detect", 250.0) == "4 min 10 s");
  CHECK(outcome_text("latency_p99", 0.25) == "250 ms");
  CHECK(outcome_text("worst_minute_p99", 0.25) == "250 ms");
  CHECK(outcome_text("availability", 0.99951) == "99.951 %");
  CHECK(outcome_text("excess_error_budget_consumed", 0.004) == "0.4 %");
  CHECK(outcome_text("extra_pod_seconds", 1234.0) == "1 234");
  CHECK(outcome_text("rollout_duration", 65.0) == "1 min 05 s");
  CHECK(outcome_text("exposure_duration", 65.0) == "1 min 05 s");
  CHECK(outcome_text("anything", std::nullopt) == "-");
}

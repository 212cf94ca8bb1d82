#include "sim/kernel/quantity.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace coalmine;
using namespace std::chrono_literals;

TEST_CASE("durations are read with every unit, alone and joined", "[kernel][quantity]") {
  CHECK(parse_duration("12s").value == Duration(12s));
  CHECK(parse_duration("250ms").value == Duration(250ms));
  CHECK(parse_duration("1.5h").value == Duration(90min));
  CHECK(parse_duration("1h30m").value == Duration(90min));
  CHECK(parse_duration("30d").value == Duration(720h));
  CHECK(parse_duration("2w").value == Duration(336h));
  CHECK(parse_duration("7us").value == Duration(7us));
  CHECK(parse_duration("3ns").value == Duration(3ns));
  CHECK(parse_duration("0").value == Duration(0));
  CHECK(parse_duration("0.1s").value == Duration(100ms));
}

TEST_CASE("ratios, rates, memory and CPU are read into base units", "[kernel][quantity]") {
  CHECK(*parse_ratio("2%").value == 0.02);
  CHECK(*parse_ratio("99.9%").value == 0.999);  // one rounding: exactly the double 0.999
  CHECK(*parse_ratio("1e-3%").value == 1e-5);
  CHECK(*parse_rate("400/s").value == 400);
  CHECK(*parse_rate("24000/m").value == 400);
  CHECK(*parse_rate("7200/h").value == 2);
  CHECK(*parse_bytes("256Mi").value == 268435456);
  CHECK(*parse_bytes("1G").value == 1e9);
  CHECK(*parse_bytes("1e3").value == 1000);
  CHECK(*parse_cpu("100m").value == 100);
  CHECK(*parse_cpu("1.5").value == 1500);
  CHECK(*parse_count("50000").value == 50000);
  CHECK(*parse_number("-2.5").value == -2.5);
  CHECK(parse_count_or_percent("25%").value->percent);
  CHECK(parse_count_or_percent("3").value->value == 3);
  CHECK_FALSE(*parse_flag("false").value);
}

TEST_CASE("what is not a quantity of the kind is refused with the reason", "[kernel][quantity]") {
  struct Case {
    std::string found;
    std::string problem;
  };
  const std::vector<Case> cases{
      {parse_duration("5").problem, "5 has no unit; write 5s, 5m or 5h"},
      {parse_duration("5 s").problem, "5 s is not a duration such as 250ms, 12s, 1h30m or 30d"},
      {parse_duration("").problem,
       "an empty text is not a duration such as 250ms, 12s, 1h30m or 30d"},
      {parse_duration("-3s").problem, "-3s is negative"},
      {parse_duration("nan").problem, "nan is not a duration such as 250ms, 12s, 1h30m or 30d"},
      {parse_duration("1e308s").problem, "1e308s is too long (at most 285 years)"},
      {parse_duration("9e9s1s").problem, "9e9s1s is too long (at most 285 years)"},
      {parse_ratio("0.02").problem, "0.02 has no unit; write 2%"},
      {parse_ratio("5").problem, "5 has no unit; write 5%"},
      {parse_ratio("inf").problem, "inf is not a percentage such as 2% or 99.9%"},
      {parse_ratio("-1%").problem, "-1% is negative"},
      {parse_rate("400").problem, "400 has no unit; write 400/s"},
      {parse_rate("400/d").problem, "400/d is not a rate such as 400/s or 24000/m"},
      {parse_rate("1e400/s").problem, "1e400/s is too large"},
      {parse_count("1e308").problem, "1e308 is not a whole number"},
      {parse_count("2.5").problem, "2.5 is not a whole number"},
      {parse_count("99999999999999999999").problem, "99999999999999999999 is too large"},
      {parse_number("NaN").problem, "NaN is not a number"},
      {parse_number("1e309").problem, "1e309 is too large"},
      {parse_number("0x10").problem, "0x10 is not a number"},
      {parse_bytes("3Q").problem, "3Q is not an amount of memory such as 256Mi or 1G"},
      {parse_bytes("1e308").problem, "1e308 is too large"},
      {parse_cpu("two").problem, "two is not an amount of CPU such as 100m or 1.5"},
      {parse_flag("yes").problem, "yes is neither true nor false"},
      {parse_count_or_percent("2.5%").problem,
       "2.5% is neither a whole number nor a whole percentage such as 25%"},
      {parse_count_or_percent("-1").problem, "-1 is negative"}};
  for (const Case& c : cases) CHECK(c.found == c.problem);
}

TEST_CASE("what is printed reads back the same", "[kernel][quantity]") {
  for (const Duration d : {Duration(0),
                           Duration(1),
                           Duration(1500),
                           Duration(1'234'567),
                           Duration(250ms),
                           Duration(90min),
                           Duration(1500ms),
                           Duration(720h) + Duration(7),
                           Duration(61s)})
    CHECK(parse_duration(format_duration(d)).value == d);
  for (const double r : {0.0, 0.02, 0.999, 1.0, 0.07})
    CHECK(parse_ratio(format_ratio(r)).value == r);
  CHECK(format_duration(90min) == "1h30m");
  CHECK(format_duration(250ms) == "250ms");
  CHECK(format_ratio(0.07) == "7%");
  CHECK(format_rate(400) == "400/s");
  CHECK(format_bytes(268435456) == "256Mi");
  CHECK(format_cpu(100) == "100m");
  CHECK(format_cpu(2000) == "2");
}

#include "cli/instants.h"

#include <catch2/catch.hpp>

using Catch::Contains;

namespace coalmine::cli {
namespace {

std::int64_t ms(const char* text) {
  const Parsed<Timestamp> time = parse_unix_time(text);
  INFO(text << ": " << time.problem);
  REQUIRE(time);
  return time.value->time_since_epoch().count();
}

}  // namespace

TEST_CASE("an instant is seconds since 1970, rounded to milliseconds", "[cli][instants]") {
  CHECK(ms("0") == 0);
  CHECK(ms("1700000045") == 1'700'000'045'000);
  CHECK(ms("1700000045.5") == 1'700'000'045'500);
  CHECK(ms("1.005") == 1005);
  CHECK(ms("0.0015") == 2);
  CHECK(ms("1.7e9") == 1'700'000'000'000);
}

TEST_CASE("an instant is a date with time and zone", "[cli][instants]") {
  CHECK(ms("1970-01-01T00:00:00Z") == 0);
  CHECK(ms("2023-11-14T22:14:05Z") == 1'700'000'045'000);
  CHECK(ms("2023-11-14T22:14:05.1239Z") == 1'700'000'045'123);
  CHECK(ms("2023-11-14T23:14:05+01:00") == 1'700'000'045'000);
  CHECK(ms("2023-11-14T16:44:05-05:30") == 1'700'000'045'000);
  CHECK(ms("2024-02-29T00:00:00Z") == 1'709'164'800'000);
  CHECK(ms("9999-12-31T23:59:59.999Z") == 253'402'300'799'999);
}

TEST_CASE("what is no instant says how to write one", "[cli][instants]") {
  for (const char* text : {"",
                           "now",
                           "nan",
                           "5m",
                           "2023-11-14",
                           "2023-11-14T22:14:05",
                           "2023-11-14 22:14:05Z",
                           "2023-02-29T00:00:00Z",
                           "2023-13-01T00:00:00Z",
                           "2023-11-14T24:00:00Z",
                           "2023-11-14T22:14:05.Z",
                           "2023-11-14T22:14:05+1",
                           "2023-11-14T22:14:05Zx",
                           "0x10"}) {
    INFO(text);
    const Parsed<Timestamp> time = parse_unix_time(text);
    CHECK_FALSE(time);
    CHECK_THAT(time.problem, Contains("seconds since 1970") && Contains("2023-11-14T22:14:05Z"));
  }
  CHECK_THAT(parse_unix_time("-1").problem, Contains("-1 is before 1970"));
  CHECK_THAT(parse_unix_time("-inf").problem, Contains("before 1970"));
  CHECK_THAT(parse_unix_time("1969-12-31T23:59:59Z").problem, Contains("before 1970"));
  CHECK_THAT(parse_unix_time("1700000045000").problem, Contains("not milliseconds"));
  CHECK_THAT(parse_unix_time("1e300").problem, Contains("after the year 9999"));
}

TEST_CASE("a step is a number of seconds or a duration, and never nothing", "[cli][instants]") {
  CHECK(parse_step("15").value == Millis(15'000));
  CHECK(parse_step("0.25").value == Millis(250));
  CHECK(parse_step("1m30s").value == Millis(90'000));
  CHECK_THAT(parse_step("0").problem, Contains("a millisecond at least"));
  CHECK_THAT(parse_step("-5").problem, Contains("a millisecond at least"));
  CHECK_THAT(parse_step("0.0001").problem, Contains("a millisecond at least"));
  CHECK_THAT(parse_step("NaN").problem, Contains("a millisecond at least"));
  CHECK_THAT(parse_step("1e300").problem, Contains("longer than the calendar"));
  CHECK_THAT(parse_step("Inf").problem, Contains("longer than the calendar"));
  CHECK_THAT(parse_step("often").problem, Contains("'often' is no step"));
}

TEST_CASE("an instant is printed as it may be written", "[cli][instants]") {
  for (const char* text : {"1970-01-01T00:00:00Z",
                           "2023-11-14T22:14:05Z",
                           "2023-11-14T22:14:05.120Z",
                           "9999-12-31T23:59:59.999Z"})
    CHECK(format_unix_time(*parse_unix_time(text).value) == text);
  CHECK(format_unix_time(Timestamp(Millis(-1))) == "1969-12-31T23:59:59.999Z");
  CHECK(format_unix_seconds(Timestamp(Millis(1'700'000'045'120))) == "1700000045.12");
  CHECK(format_unix_seconds(Timestamp(Millis(-1500))) == "-1.5");
}

}  // namespace coalmine::cli

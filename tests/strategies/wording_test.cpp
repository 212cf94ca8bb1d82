#include "strategies/wording.h"

#include <catch2/catch.hpp>

using namespace coalmine;
using namespace coalmine::literals;

TEST_CASE("percents keep two decimals below ten and one above", "[strategies][wording]") {
  CHECK(say_percent(0) == "0 %");
  CHECK(say_percent(0.004) == "0.4 %");
  CHECK(say_percent(0.00054) == "0.05 %");
  CHECK(say_percent(0.05) == "5 %");
  CHECK(say_percent(0.0105) == "1.05 %");
  CHECK(say_percent(0.12345) == "12.3 %");
  CHECK(say_percent(0.10) == "10 %");
  CHECK(say_percent(1) == "100 %");
}

TEST_CASE("decimals lose their trailing zeros and keep their sign", "[strategies][wording]") {
  CHECK(say_decimal(1.5, 2) == "1.5");
  CHECK(say_decimal(-1.505, 1) == "-1.5");
  CHECK(say_decimal(0.00449, 4) == "0.0045");
  CHECK(say_decimal(-0.001, 2) == "0");
  CHECK(say_decimal(-3, 2) == "-3");
}

TEST_CASE("counts are whole and grouped by thousands", "[strategies][wording]") {
  CHECK(say_count(0) == "0");
  CHECK(say_count(999.4) == "999");
  CHECK(say_count(1130.4) == "1 130");
  CHECK(say_count(12345678) == "12 345 678");
}

TEST_CASE("durations name the units they need", "[strategies][wording]") {
  CHECK(say_duration(0s) == "0 s");
  CHECK(say_duration(2min) == "2 min");
  CHECK(say_duration(90s) == "1 min 30 s");
  CHECK(say_duration(10h) == "10 h");
  CHECK(say_duration(1500ms) == "1 s 500 ms");
}

TEST_CASE("latencies are in milliseconds below a second", "[strategies][wording]") {
  CHECK(say_latency(0.2413) == "241 ms");
  CHECK(say_latency(2.04) == "2.04 s");
  CHECK(say_latency(3) == "3 s");
}

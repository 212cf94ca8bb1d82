#include "sim/cluster/int_or_percent.h"

#include <catch2/catch.hpp>
#include <limits>

using namespace coalmine;

namespace {

constexpr IntOrPercent pct(int value) {
  return {value, true};
}
constexpr IntOrPercent num(int value) {
  return {value, false};
}

}  // namespace

// TestGetIntFromIntOrPercent 2.
TEST_CASE("90% of 95 is 86 rounded up and 85 rounded down") {
  CHECK(scaled_value(pct(90), 95, Rounding::up) == 86);
  CHECK(scaled_value(pct(90), 95, Rounding::down) == 85);
  CHECK(scaled_value(num(7), 95, Rounding::down) == 7);
}

// TestResolveFenceposts 1.
TEST_CASE("surge rounds up and unavailable rounds down") {
  CHECK(fenceposts(pct(39), pct(39), 10) == Fenceposts{4, 3});
}

// The remarks in the source: with D = 2 and 1% each way one of them must become 1.
TEST_CASE("if both limits come to nothing one pod may be missing") {
  CHECK(fenceposts(num(0), pct(1), 2) == Fenceposts{0, 1});
  CHECK(fenceposts(pct(1), pct(25), 2) == Fenceposts{1, 0});
  CHECK(fenceposts(pct(1), num(0), 2) == Fenceposts{1, 0});
  CHECK(fenceposts(num(0), num(0), 0) == Fenceposts{0, 1});
}

TEST_CASE("the defaults allow no missing pod up to three replicas") {
  for (const int replicas : {1, 2, 3})
    CHECK(fenceposts(pct(25), pct(25), replicas) == Fenceposts{1, 0});
  CHECK(fenceposts(pct(25), pct(25), 4) == Fenceposts{1, 1});
  CHECK(fenceposts(pct(25), pct(25), 10) == Fenceposts{3, 2});
}

TEST_CASE("surge may exceed 100%") {
  CHECK(fenceposts(pct(200), num(0), 10) == Fenceposts{20, 0});
  // And be whatever an int32 of the API can be: what is desired still fits beside it.
  constexpr int kMost = std::numeric_limits<int>::max();
  CHECK(fenceposts(num(kMost), num(0), 10) == Fenceposts{kMost - 10, 0});
  CHECK(fenceposts(pct(kMost), num(0), 10'000).surge == kMost - 10'000);
}

#include "sim/cluster/call_budget.h"

#include <catch2/catch.hpp>

using namespace coalmine;
using namespace std::chrono_literals;

// Burst 30, then 20/s: call k (from 1) of a rush waits max(0, k - 30) x 50 ms.
TEST_CASE("thirty calls go out at once, then twenty each second") {
  CallBudget budget(30, 50ms);
  const Time now = kTimeZero + 100s;
  for (int k = 1; k <= 30; ++k) CHECK(budget.reserve(now) == now);
  CHECK(budget.reserve(now) == now + 50ms);
  CHECK(budget.reserve(now) == now + 100ms);
}

TEST_CASE("a bucket left alone fills up again, but not beyond the burst") {
  CallBudget budget(3, 50ms);
  Time now = kTimeZero;
  for (int k = 0; k < 3; ++k) CHECK(budget.reserve(now) == now);
  now += 100ms;
  CHECK(budget.reserve(now) == now);
  CHECK(budget.reserve(now) == now);
  CHECK(budget.reserve(now) == now + 50ms);
  now += 1h;
  for (int k = 0; k < 3; ++k) CHECK(budget.reserve(now) == now);
  CHECK(budget.reserve(now) == now + 50ms);
}

#include "sim/cluster/back_off.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace coalmine;
using namespace std::chrono_literals;

namespace {

/// A container that exits `life` after each start, `restarts` times: the moments of the restarts.
std::vector<Duration> restart_times(Duration life, int restarts) {
  RestartBackOff back_off;
  std::vector<Duration> times;
  Time now = kTimeZero + life;
  for (int i = 0; i < restarts; ++i) {
    now += back_off.wait_after(now);
    back_off.restarted(now);
    times.push_back(now - kTimeZero);
    now += life;
  }
  return times;
}

}  // namespace

// Waits 0, 10, 20, 40, 80, 160, 300, 300 s: their sums.
TEST_CASE("instant crashes are restarted after 0, 10, 30, 70, 150, 310, 610, 910 s") {
  CHECK(restart_times(0s, 8) == std::vector<Duration>{0s, 10s, 30s, 70s, 150s, 310s, 610s, 910s});
}

TEST_CASE("the wait counts from the exit, so the container's life adds to it") {
  CHECK(restart_times(5s, 4) == std::vector<Duration>{5s, 20s, 45s, 90s});
}

// Forgotten only when exit - last restart > 600 s, exactly.
TEST_CASE("a container that ran for more than ten minutes starts the series anew") {
  RestartBackOff back_off;
  Time now = kTimeZero;
  for (int i = 0; i < 5; ++i) back_off.restarted(now);
  CHECK(back_off.wait_after(now + 540s) == 160s);
  CHECK(back_off.wait_after(now + 600s) == 160s);
  CHECK(back_off.wait_after(now + 600s + 1ns) == 0s);
  back_off.restarted(now + 600s + 1ns);
  CHECK(back_off.wait_after(now + 601s) == 10s);
}

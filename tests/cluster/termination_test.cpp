#include "sim/cluster/termination.h"

#include <catch2/catch.hpp>

using namespace coalmine;
using namespace std::chrono_literals;

TEST_CASE("without preStop SIGTERM comes at once and SIGKILL after the grace period") {
  CHECK(stop_times(30s, 0s) == StopTimes{Duration(0s), 30s});
}

// What is left after preStop = max(2 s, grace - whole seconds of preStop).
TEST_CASE("preStop is paid from the grace period, in whole seconds") {
  CHECK(stop_times(30s, 5s) == StopTimes{Duration(5s), 30s});
  CHECK(stop_times(30s, 5500ms) == StopTimes{Duration(5500ms), 30500ms});
}

TEST_CASE("a preStop that uses the grace period up is cut there and leaves two seconds") {
  CHECK(stop_times(30s, 29s) == StopTimes{Duration(29s), 31s});
  CHECK(stop_times(30s, 60s) == StopTimes{Duration(30s), 32s});
  CHECK(stop_times(1s, 0s) == StopTimes{Duration(0s), 2s});
}

TEST_CASE("no grace skips preStop and SIGTERM") {
  CHECK(stop_times(0s, 5s) == StopTimes{std::nullopt, 0s});
}

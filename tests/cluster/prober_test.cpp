#include "sim/cluster/prober.h"

#include <catch2/catch.hpp>

#include <string_view>

using namespace coalmine;
using namespace std::chrono_literals;

namespace {

Probe probe(int success, int failure, Duration initial_delay = 0s) {
  Probe p;
  p.present = true;
  p.success_threshold = success;
  p.failure_threshold = failure;
  p.initial_delay = initial_delay;
  return p;
}

/// Outcomes as '+' and '-'; the result after each, in the same letters, 'u' for unknown.
std::string results(ProbeWorker& worker, std::string_view outcomes) {
  std::string seen;
  for (const char outcome : outcomes) {
    worker.record(outcome == '+');
    seen += worker.result() == ProbeResult::success   ? '+'
            : worker.result() == ProbeResult::failure ? '-'
                                                      : 'u';
  }
  return seen;
}

ProbeWorker running(ProbeKind kind, const Probe& p) {
  ProbeWorker worker(kind, p);
  worker.container_started(kTimeZero);
  return worker;
}

}  // namespace

// Only runs of equal outcomes count, and only a run as long as its threshold changes the result.
TEST_CASE("readiness changes after successThreshold or failureThreshold equal outcomes") {
  ProbeWorker defaults = running(ProbeKind::readiness, probe(1, 3));
  CHECK(results(defaults, "-+--+---+") == "-++++++-+");
  ProbeWorker careful = running(ProbeKind::readiness, probe(2, 2));
  CHECK(results(careful, "+-++-+--+-") == "---++++---");
}

TEST_CASE("before any outcome readiness is failure, liveness success, startup unknown") {
  CHECK(running(ProbeKind::readiness, probe(1, 3)).result() == ProbeResult::failure);
  CHECK(running(ProbeKind::liveness, probe(1, 3)).result() == ProbeResult::success);
  CHECK(running(ProbeKind::startup, probe(1, 3)).result() == ProbeResult::unknown);
}

TEST_CASE("liveness fails at the third failure in a row and then holds until a new container") {
  ProbeWorker worker = running(ProbeKind::liveness, probe(1, 3));
  CHECK(results(worker, "--+--") == "+++++");
  CHECK(worker.due(kTimeZero + 50s, true));
  CHECK(worker.record(false));
  CHECK(worker.on_hold());
  CHECK_FALSE(worker.due(kTimeZero + 60s, true));
  worker.container_started(kTimeZero + 70s);
  CHECK(worker.result() == ProbeResult::success);
  CHECK(worker.due(kTimeZero + 70s, true));
  CHECK(worker.run() == 0);
}

TEST_CASE("startup stays unknown until it passes once or fails failureThreshold times") {
  ProbeWorker passes = running(ProbeKind::startup, probe(1, 3));
  CHECK(results(passes, "--+") == "uu+");
  ProbeWorker fails = running(ProbeKind::startup, probe(1, 3));
  CHECK(results(fails, "---") == "uu-");
  CHECK(fails.on_hold());
}

// A tick counts when floor(age of the container in seconds) >= initialDelaySeconds.
TEST_CASE("ticks before initialDelaySeconds of container life are skipped") {
  ProbeWorker worker(ProbeKind::readiness, probe(1, 3, 5s));
  CHECK_FALSE(worker.due(kTimeZero, true));
  worker.container_started(kTimeZero + 500ms);
  CHECK_FALSE(worker.due(kTimeZero + 5s, true));
  CHECK_FALSE(worker.due(kTimeZero + 5499ms, true));
  CHECK(worker.due(kTimeZero + 5500ms, true));
  worker.container_exited();
  CHECK_FALSE(worker.due(kTimeZero + 6s, true));
}

TEST_CASE("readiness and liveness wait for the startup probe, which stops once it has passed") {
  const ProbeWorker readiness = running(ProbeKind::readiness, probe(1, 3));
  const ProbeWorker liveness = running(ProbeKind::liveness, probe(1, 3));
  const ProbeWorker startup = running(ProbeKind::startup, probe(1, 30));
  for (const bool started : {false, true}) {
    CHECK(readiness.due(kTimeZero + 1s, started) == started);
    CHECK(liveness.due(kTimeZero + 1s, started) == started);
    CHECK(startup.due(kTimeZero + 1s, started) == !started);
  }
}

TEST_CASE("a threshold of zero means the default") {
  ProbeWorker worker = running(ProbeKind::readiness, probe(0, 0));
  CHECK(results(worker, "+---") == "+++-");
}

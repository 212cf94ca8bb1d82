// When users send requests, and what is there when the first of them comes.
#include "sim/traffic/arrivals.h"

#include <catch2/catch.hpp>
#include <map>

#include "sim/kernel/distribution_spec.h"

namespace coalmine {
namespace {

using namespace std::chrono_literals;

/// Requests in [from, until).
double count(Arrivals& arrivals, Time from, Time until) {
  double n = 0;
  for (; arrivals.next().time < until; arrivals.advance()) n += arrivals.next().time >= from;
  return n;
}

SessionModel sessions_of(double requests) {
  return {requests, table_of(lognormal_from_quantiles(5s, 60s))};
}

}  // namespace

// 80 requests/s with pauses of 8.8 s: 708 users pause at any time, a number that is Poisson, and it
// is these who send requests. So one stream of long sessions is off by 1/sqrt(708), 3.8 %, at most,
// and 200 of them by 0.3 %; 1 % is told apart from less.
TEST_CASE("sessions send requests at the rate from the first minute on, however long they are",
          "[traffic][arrivals]") {
  constexpr std::uint64_t kStreams = 200;
  for (const double requests : {2.0, 10.0, 100.0, 1000.0, 10000.0}) {
    double first = 0, tenth = 0;
    for (std::uint64_t i = 0; i < kStreams; ++i) {
      Arrivals arrivals(constant_rate(80), kTimeZero - 60s, RandomKey{i}, sessions_of(requests));
      first += count(arrivals, kTimeZero - 60s, kTimeZero) / 60 / kStreams;
      tenth += count(arrivals, kTimeZero + 9min, kTimeZero + 10min) / 60 / kStreams;
    }
    INFO(requests);
    CHECK(first == Approx(80).epsilon(0.01));
    CHECK(tenth == Approx(80).epsilon(0.01));
  }
}

// Geometric: a session goes on after each request with probability 3/4.
TEST_CASE("a session has as many requests as it says on average", "[traffic][arrivals]") {
  Arrivals arrivals(constant_rate(100), kTimeZero, RandomKey{1}, sessions_of(4));
  std::map<std::uint64_t, int> requests;
  for (; arrivals.next().time < kTimeZero + 1h; arrivals.advance())
    ++requests[arrivals.next().session];
  double total = 0;
  for (const auto& [session, n] : requests) total += n;
  CHECK(total / static_cast<double>(requests.size()) == Approx(4).epsilon(0.02));
}

TEST_CASE("before time zero a profile is level, from then on itself", "[traffic][arrivals]") {
  Arrivals arrivals(level_before_zero(50, constant_rate(200)), kTimeZero - 100s, RandomKey{1});
  // 5000 and 20 000 Poisson requests, 4 standard deviations.
  CHECK(count(arrivals, kTimeZero - 100s, kTimeZero) == Approx(5000).margin(283));
  CHECK(count(arrivals, kTimeZero, kTimeZero + 100s) == Approx(20'000).margin(566));
}

TEST_CASE("a recording is played to the instant, after traffic at the rate before it",
          "[traffic][arrivals]") {
  const std::vector<Duration> offsets{0s, 1s, 1s, 2500ms};
  Arrivals arrivals(offsets, 1, kTimeZero - 100s, RandomKey{1}, 50);
  CHECK(count(arrivals, kTimeZero - 100s, kTimeZero) == Approx(5000).margin(283));
  for (const Duration offset : offsets) {
    CHECK(arrivals.next().time == kTimeZero + offset);
    arrivals.advance();
  }
  CHECK(arrivals.next().time == kNever);
}

TEST_CASE("a tape plays the arrivals it was made of, and then none", "[traffic][arrivals]") {
  const auto source = [] {
    return Arrivals(constant_rate(50), kTimeZero - 60s, RandomKey{3}, sessions_of(4));
  };
  const auto tape = std::make_shared<const ArrivalTape>(record(source(), kTimeZero + 60s));
  Arrivals drawn = source();
  Arrivals again(tape);
  for (const Arrival& a : *tape) {
    CHECK(again.next().time == drawn.next().time);
    CHECK(again.next().session == drawn.next().session);
    CHECK(again.next().time == a.time);
    drawn.advance();
    again.advance();
  }
  CHECK(tape->back().time > kTimeZero + 60s);
  CHECK(again.next().time == kNever);
}

}  // namespace coalmine

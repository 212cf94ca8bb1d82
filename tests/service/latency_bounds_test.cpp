#include "sim/service/latency_bounds.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "sim/service/instruments.h"

namespace coalmine {
namespace {

using namespace std::chrono_literals;

/// The definition: the first bound that is not below.
std::size_t searched(const LatencyBounds& bounds, std::int64_t ns) {
  std::size_t bucket = 0;
  while (bucket < bounds.size() && Duration(ns) > bounds.bound(bucket)) ++bucket;
  return bucket;
}

}  // namespace

TEST_CASE("bounds come in any order, each once") {
  const LatencyBounds bounds({1s, 5ms, 1s, 100ms});
  REQUIRE(bounds.size() == 3);
  CHECK(bounds.buckets() == 4);
  CHECK(bounds.bound(0) == 5ms);
  CHECK(bounds.bound(2) == 1s);
  CHECK(bounds.place_of(100ms) == 1);
  CHECK(bounds.has(5ms));
  CHECK_FALSE(bounds.has(6ms));
  CHECK_FALSE(bounds.has(Duration(std::numeric_limits<std::int64_t>::max())));
  CHECK(LatencyBounds().size() == 11);
  CHECK(LatencyBounds().has(2500ms));
}

TEST_CASE("a latency belongs to the first bound that is not below it") {
  const LatencyBounds bounds({5ms, 100ms});
  CHECK(bounds.bucket_of(0) == 0);
  CHECK(bounds.bucket_of(5'000'000) == 0);
  CHECK(bounds.bucket_of(5'000'001) == 1);
  CHECK(bounds.bucket_of(100'000'001) == 2);
  CHECK(bounds.bucket_of(std::numeric_limits<std::int64_t>::max()) == 2);
  const LatencyBounds none{std::vector<Duration>{}};
  CHECK(none.buckets() == 1);
  CHECK(none.bucket_of(123) == 0);
}

TEST_CASE("the table finds what a search finds, whatever the bounds") {
  std::mt19937_64 bits(1);
  std::size_t different = 0;
  const auto check = [&](const LatencyBounds& bounds, std::int64_t ns) {
    if (ns >= 0) different += bounds.bucket_of(ns) != searched(bounds, ns);
  };
  for (int round = 0; round < 300; ++round) {
    // Few or as many as there may be; over all magnitudes, or crowded into one.
    const std::size_t many = round % 10 == 0 ? LatencyBounds::kMost : bits() % 40;
    const unsigned most_bits = round % 3 == 0 ? 12 : 62;
    std::vector<Duration> some;
    while (some.size() < many)
      some.push_back(
          Duration(1 + static_cast<std::int64_t>(bits() >> (64 - 1 - bits() % most_bits))));
    const LatencyBounds bounds(some);
    for (std::size_t i = 0; i < bounds.size(); ++i)
      for (const std::int64_t beside : {-1, 0, 1}) check(bounds, bounds.bound(i).count() + beside);
    for (int i = 0; i < 200; ++i)
      check(bounds, static_cast<std::int64_t>(bits() >> (1 + bits() % 63)));
    for (std::int64_t ns = 0; ns < 40; ++ns) check(bounds, ns);
  }
  CHECK(different == 0);
}

TEST_CASE("instruments count by outcome, and observe what had a latency") {
  Instruments counters(3);
  counters.observe(Outcome::ok, 0, 5);
  counters.observe(Outcome::ok, 2, 7);
  counters.observe(Outcome::timed_out, 1, 100);
  counters.count(Outcome::refused);
  CHECK(counters.buckets() == 3);
  CHECK(counters.requests[static_cast<std::size_t>(Outcome::ok)] == 2);
  CHECK(counters.latency_sum_ns[static_cast<std::size_t>(Outcome::ok)] == 12);
  CHECK(counters.observed(Outcome::ok, 0) == 1);
  CHECK(counters.observed(Outcome::ok, 1) == 0);
  CHECK(counters.observed(Outcome::ok, 2) == 1);
  CHECK(counters.observed(Outcome::timed_out, 1) == 1);
  for (std::size_t b = 0; b < 3; ++b) CHECK(counters.observed(Outcome::refused, b) == 0);
  CHECK(counters.finished() == 4);
  CHECK(counters.failed() == 2);
}

TEST_CASE("instruments add up to what one that had counted it all would show") {
  std::mt19937_64 bits(1);
  Instruments first(4), second(4), all(4);
  for (int i = 0; i < 1000; ++i) {
    const auto outcome = static_cast<Outcome>(bits() % kOutcomes);
    const std::size_t bucket = bits() % 4;
    const auto latency = static_cast<std::int64_t>(bits() % 1'000'000);
    for (Instruments* counters : {i % 3 == 0 ? &first : &second, &all}) {
      if (turned_away(outcome))
        counters->count(outcome);
      else
        counters->observe(outcome, bucket, latency);
      counters->busy_ns += latency;
      ++counters->users;
      counters->conversions += bucket;
    }
  }
  CHECK(first != all);
  CHECK((first += second) == all);
}

}  // namespace coalmine

// Statistical tests of the addressed draws. Seeds are fixed, so every run gives the same answer;
// the limits are set so that good random numbers would fail one check in a million (p-values
// outside [1e-6, 1 - 1e-6], correlations beyond 4.9 standard errors).

#include "sim/kernel/random.h"

#include <algorithm>
#include <array>
#include <boost/math/distributions/chi_squared.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

using namespace coalmine;

namespace {

constexpr double kErrorRate = 1e-6;
constexpr double kErrorSigmas = 4.9;  // two-sided 1e-6

/// Pearson's statistic of counts against equal shares, as a p-value.
double chi_square_p(const std::vector<std::uint32_t>& counts) {
  double total = 0;
  for (const auto n : counts) total += n;
  const double expected = total / static_cast<double>(counts.size());
  double statistic = 0;
  for (const auto n : counts) statistic += (n - expected) * (n - expected) / expected;
  const boost::math::chi_squared law(static_cast<double>(counts.size() - 1));
  return boost::math::cdf(boost::math::complement(law, statistic));
}

void check_uniform(const std::vector<std::uint32_t>& counts) {
  const double p = chi_square_p(counts);
  CHECK(p > kErrorRate);
  CHECK(p < 1 - kErrorRate);
}

using Sequence = std::function<std::uint64_t(std::uint64_t)>;

/// Top ten bits, low ten bits, and pairs of successive values (five bits each) are uniform; every
/// bit is set half the time.
void check_random(const Sequence& bits_of) {
  constexpr std::uint64_t kN = 1 << 17;
  std::vector<std::uint32_t> top(1024), low(1024), pairs(1024);
  std::array<double, 64> ones{};
  std::uint64_t before = bits_of(kN);
  for (std::uint64_t i = 0; i < kN; ++i) {
    const std::uint64_t b = bits_of(i);
    ++top[b >> 54];
    ++low[b & 1023];
    ++pairs[(before >> 59) << 5 | b >> 59];
    for (std::size_t k = 0; k < 64; ++k) ones[k] += static_cast<double>(b >> k & 1);
    before = b;
  }
  check_uniform(top);
  check_uniform(low);
  check_uniform(pairs);
  double worst = 0;
  for (const double n : ones) worst = std::max(worst, std::abs(n - kN / 2.0) / std::sqrt(kN / 4.0));
  CHECK(worst < kErrorSigmas + 0.8);  // 64 bits at once
}

/// Correlation of two sequences of uniforms in standard errors.
double correlation_sigmas(const Sequence& a, const Sequence& b) {
  constexpr std::uint64_t kN = 1 << 17;
  double sum = 0;
  for (std::uint64_t i = 0; i < kN; ++i) sum += (to_uniform(a(i)) - 0.5) * (to_uniform(b(i)) - 0.5);
  return std::abs(sum) * 12 / std::sqrt(static_cast<double>(kN));
}

void check_unrelated(const Sequence& a, const Sequence& b) {
  CHECK(correlation_sigmas(a, b) < kErrorSigmas);
  // Any bit of the one says nothing about the same bit of the other.
  check_random([&](std::uint64_t i) { return a(i) ^ b(i); });
}

Sequence stream(RandomKey key) {
  return [key](std::uint64_t id) { return draw_bits(key, id); };
}

}  // namespace

TEST_CASE("uniforms lie strictly between 0 and 1 and mirror exactly", "[kernel][random]") {
  CHECK(to_uniform(0) == 0x1p-53);
  CHECK(to_uniform(~std::uint64_t{0}) == 1 - 0x1p-53);
  CHECK(to_uniform(std::uint64_t{1} << 63) > 0.5);
  const RandomKey key = make_key(3, 0, "mirror");
  for (std::uint64_t i = 0; i < 10000; ++i) {
    const std::uint64_t b = draw_bits(key, i);
    REQUIRE(to_uniform(~b) == 1 - to_uniform(b));
  }
}

TEST_CASE("draws are uniform for sequential ids under every purpose", "[kernel][random]") {
  for (const char* purpose :
       {"", "a", "b", "traffic/arrivals", "request/demand", "fault/2/coin", "fault/3/coin"})
    check_random(stream(make_key(1, 0, purpose)));
}

TEST_CASE("draws are uniform for ids with strides and for ids that differ in high bits only",
          "[kernel][random]") {
  const RandomKey key = make_key(7, 1, "request/demand");
  for (const int power : {1, 4, 8, 16, 24, 32, 40, 47})
    check_random([=](std::uint64_t i) { return draw_bits(key, i << power); });
  for (const std::uint64_t stride :
       {3ULL, 1000ULL, 1000003ULL, 0x9e3779b97f4a7c15ULL, 0xf1de83e19937733dULL})
    check_random([=](std::uint64_t i) { return draw_bits(key, i * stride); });
  // Two interleaved counters, as (user, k-th request).
  check_random([=](std::uint64_t i) { return draw_bits(key, (i % 300) << 32 | i / 300); });
}

TEST_CASE("one id under many keys is uniform", "[kernel][random]") {
  check_random([](std::uint64_t i) { return draw_bits(make_key(i, 0, "p"), 5); });
  check_random([](std::uint64_t i) {
    return draw_bits(make_key(1, static_cast<std::uint32_t>(i), "p"), 5);
  });
  check_random(
      [](std::uint64_t i) { return draw_bits(make_key(1, 0, "fault/" + std::to_string(i)), 5); });
}

TEST_CASE("keys are uniform over seeds, replications and purposes", "[kernel][random]") {
  check_random([](std::uint64_t i) { return make_key(i, 0, "p").value; });
  check_random([](std::uint64_t i) { return make_key(i << 44, 0, "p").value; });
  check_random(
      [](std::uint64_t i) { return make_key(0, static_cast<std::uint32_t>(i), "p").value; });
  check_random([](std::uint64_t i) { return make_key(0, 0, "user/" + std::to_string(i)).value; });
}

TEST_CASE("neighbouring ids are unrelated", "[kernel][random]") {
  const Sequence s = stream(make_key(1, 0, "request/demand"));
  for (const std::uint64_t lag : {1ULL, 2ULL, 3ULL, 16ULL, 1ULL << 20, 1ULL << 40, 1ULL << 63})
    check_unrelated(s, [&](std::uint64_t i) { return s(i + lag); });
}

TEST_CASE("streams of neighbouring purposes, replications and seeds are unrelated",
          "[kernel][random]") {
  const Sequence s = stream(make_key(1, 0, "fault/1/coin"));
  check_unrelated(s, stream(make_key(1, 0, "fault/2/coin")));
  check_unrelated(s, stream(make_key(1, 0, "fault/1/coim")));
  check_unrelated(s, stream(make_key(1, 1, "fault/1/coin")));
  check_unrelated(s, stream(make_key(2, 0, "fault/1/coin")));
  check_unrelated(s, stream(make_key(std::uint64_t{1} << 63 | 1, 0, "fault/1/coin")));
  // The same item number read in another stream of another replication.
  check_unrelated([](std::uint64_t i) { return draw_bits(make_key(1, 1, "a"), i); },
                  [](std::uint64_t i) { return draw_bits(make_key(1, 2, "b"), i); });
}

TEST_CASE("children of requests have distinct ids that draw like any other", "[kernel][random]") {
  std::vector<std::uint64_t> ids;
  for (std::uint64_t parent = 0; parent < 2000; ++parent)
    for (std::uint32_t site = 0; site < 4; ++site)
      for (std::uint32_t repeat = 0; repeat < 4; ++repeat)
        for (std::uint32_t attempt = 0; attempt < 4; ++attempt)
          ids.push_back(child_id(parent, site, repeat, attempt));
  const RandomKey key = make_key(1, 0, "request/demand");
  const auto n = static_cast<std::uint64_t>(ids.size());
  check_random([&](std::uint64_t i) { return draw_bits(key, ids[i % n] + i / n); });
  // Parent and first child, first and second attempt.
  check_unrelated(stream(key),
                  [&](std::uint64_t i) { return draw_bits(key, child_id(i, 0, 0, 0)); });
  check_unrelated([&](std::uint64_t i) { return draw_bits(key, child_id(i, 1, 0, 0)); },
                  [&](std::uint64_t i) { return draw_bits(key, child_id(i, 1, 0, 1)); });
  std::sort(ids.begin(), ids.end());
  CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
}

TEST_CASE("the sequential generator is xoshiro256++ seeded through splitmix64",
          "[kernel][random]") {
  // First numbers of the published generator from seed 0.
  Xoshiro256 random(RandomKey{0});
  CHECK(random() == 0x53175d61490b23dfULL);
  CHECK(random() == 0x61da6f3dc380d507ULL);
  Xoshiro256 other(make_key(1, 0, "traffic/arrivals"));
  check_random([&](std::uint64_t) { return other(); });
}

TEST_CASE("the bits of keys and draws are frozen", "[kernel][random]") {
  // They may never change: stored seeds must replay.
  CHECK(make_key(0, 0, "").value == 0xb6171dff0b56ab9cULL);
  CHECK(make_key(7, 0, "traffic/arrivals").value == 0x71c92c3ea597eb8eULL);
  CHECK(make_key(7, 1, "traffic/arrivals").value == 0x326105b477adc446ULL);
  CHECK(make_key(0xfedcba9876543210ULL, 4294967295U, "request/demand").value ==
        0x083111bcd7cfb577ULL);
  CHECK(draw_bits(RandomKey{0}, 1) == 0x4e17cf67001b3979ULL);
  CHECK(draw_bits(make_key(7, 0, "request/demand"), 123456789) == 0xb7f89a7fc69f88d0ULL);
  CHECK(child_id(42, 1, 2, 3) == 0x82f46c614475af3aULL);
  CHECK(draw(RandomKey{0}, 1) == to_uniform(0x4e17cf67001b3979ULL));
}

#include "sim/analysis/outcomes.h"

#include <catch2/catch.hpp>

#include "sim/kernel/random.h"

namespace coalmine {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kPerBin = 4000;  // 400/s
constexpr double kBudget = 0.001;

/// 40 minutes of bins of 10 s; background failures are drawn by `stream`, about 0.1 %.
EdgeBins world(std::uint64_t stream) {
  EdgeBins bins;
  for (std::uint64_t i = 0; i < 240; ++i) {
    bins.requests.push_back(kPerBin);
    std::uint64_t bad = 0;
    for (std::uint64_t r = 0; r < kPerBin; ++r) {
      bad += draw(RandomKey{stream}, i * kPerBin + r) < 0.001 ? 1 : 0;
    }
    bins.bad.push_back(bad);
  }
  return bins;
}

void add_harm(EdgeBins& bins, std::size_t from, std::size_t to, double share) {
  for (std::size_t i = from; i < to; ++i) {
    bins.bad[i] += static_cast<std::uint64_t>(share * static_cast<double>(bins.requests[i]));
  }
}

}  // namespace

TEST_CASE("a run like its control has no harm to restore") {
  const EdgeBins control = world(1);
  const Restoration same = find_restoration(control, control, kBudget);
  CHECK_FALSE(same.harmed());
  CHECK_FALSE(same.censored());
  CHECK_FALSE(same.time_to_restore());
}

TEST_CASE("the luck of an unpaired world is not taken for harm") {
  for (std::uint64_t stream = 2; stream < 12; ++stream) {
    CHECK_FALSE(find_restoration(world(stream), world(1), kBudget).harmed());
  }
}

TEST_CASE("an outage is restored when its last bin is over, not when an average forgives it") {
  EdgeBins treated = world(1);
  add_harm(treated, 30, 48, 0.9);
  const Restoration r = find_restoration(treated, world(1), kBudget);
  CHECK(r.harmed_at == 300s);
  CHECK(r.restored_at == 480s);
  CHECK(r.time_to_restore() == 180s);
}

TEST_CASE("harm too thin for one bin is found over minutes and dated by its first excess") {
  // A 5 % canary with 4 % errors: 0.2 %, 8 requests in a bin of 4000 with 4 +- 2 bad ones.
  EdgeBins treated = world(1);
  add_harm(treated, 60, 120, 0.002);
  const Restoration r = find_restoration(treated, world(1), kBudget);
  REQUIRE(r.harmed_at);
  CHECK(*r.harmed_at == 600s);
  REQUIRE(r.restored_at);
  CHECK(*r.restored_at >= 1100s);  // the last 100 s of so little are within the tolerance
  CHECK(*r.restored_at <= 1200s);
}

TEST_CASE("harm that lasts to the end, or ends less than five minutes before it, is censored") {
  EdgeBins forever = world(1);
  add_harm(forever, 100, 240, 0.02);
  CHECK(find_restoration(forever, world(1), kBudget).censored());
  EdgeBins late = world(1);
  add_harm(late, 100, 211, 0.02);
  CHECK(find_restoration(late, world(1), kBudget).censored());
  EdgeBins just = world(1);
  add_harm(just, 100, 210, 0.02);
  CHECK(find_restoration(just, world(1), kBudget).restored_at == 2100s);
}

TEST_CASE("a pause of four minutes between two outages is not a restoration") {
  EdgeBins treated = world(1);
  add_harm(treated, 30, 40, 0.5);
  add_harm(treated, 64, 70, 0.5);
  CHECK(find_restoration(treated, world(1), kBudget).restored_at == 700s);
}

TEST_CASE("users are restored for good: what comes back later ends a restoration") {
  EdgeBins treated = world(1);
  add_harm(treated, 30, 40, 0.5);
  add_harm(treated, 120, 126, 0.5);
  const Restoration twice = find_restoration(treated, world(1), kBudget);
  CHECK(twice.harmed_at == 300s);
  CHECK(twice.restored_at == 1260s);
  add_harm(treated, 200, 240, 0.02);
  const Restoration open = find_restoration(treated, world(1), kBudget);
  CHECK(open.harmed_at == 300s);
  CHECK(open.censored());
}

// A canary's share of a small fault is within the tolerance of 0.01 %, everybody's is not: 0.1 %.
TEST_CASE("harm that is promoted is not restored before it") {
  EdgeBins treated = world(1);
  add_harm(treated, 20, 21, 0.01);
  add_harm(treated, 20, 180, 0.0001);
  add_harm(treated, 180, 240, 0.001);
  const Restoration r = find_restoration(treated, world(1), kBudget);
  CHECK(r.harmed_at == 200s);
  CHECK(r.censored());
}

TEST_CASE("a control that suffers as much is no harm of the release") {
  EdgeBins treated = world(1);
  EdgeBins control = world(1);
  add_harm(treated, 30, 60, 0.5);
  add_harm(control, 30, 60, 0.5);
  CHECK_FALSE(find_restoration(treated, control, kBudget).harmed());
}

TEST_CASE("bins without requests say nothing") {
  EdgeBins treated = world(1);
  for (std::size_t i = 100; i < 130; ++i) treated.requests[i] = treated.bad[i] = 0;
  CHECK_FALSE(find_restoration(treated, world(1), kBudget).harmed());
}

}  // namespace coalmine

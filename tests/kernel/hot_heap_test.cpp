#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/kernel/hot_heap.h"
#include "sim/kernel/random.h"

using namespace coalmine;

namespace {

constexpr auto kMinTime = std::numeric_limits<std::int64_t>::min();
constexpr auto kMaxTime = std::numeric_limits<std::int64_t>::max();
constexpr auto kMaxTie = std::numeric_limits<std::uint32_t>::max();

bool before(const HotHeap::Entry& a, const HotHeap::Entry& b) {
  return std::tie(a.time_ns, a.sequence, a.payload) < std::tie(b.time_ns, b.sequence, b.payload);
}

std::vector<HotHeap::Entry> drain(HotHeap& heap) {
  std::vector<HotHeap::Entry> out;
  while (!heap.empty()) out.push_back(heap.pop());
  return out;
}

}  // namespace

TEST_CASE("the hot heap gives entries by time, ties by sequence", "[kernel][hot-heap]") {
  HotHeap heap(2);
  const std::vector<HotHeap::Entry> sorted = {{kMinTime, 7, 0},
                                              {-5, 1, 3},
                                              {0, 2, 9},
                                              {0, 3, 1},
                                              {0, kMaxTie, 0},
                                              {1, 0, 0},
                                              {kMaxTime, 0, 0},
                                              {kMaxTime, kMaxTie, kMaxTie}};
  std::vector<HotHeap::Entry> order = sorted;
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return std::pair(a.payload, a.sequence) < std::pair(b.payload, b.sequence);
  });
  for (const HotHeap::Entry& entry : order) heap.push(entry);
  CHECK(heap.size() == sorted.size());
  CHECK(heap.top() == sorted.front());
  CHECK(heap.top_time_ns() == kMinTime);
  CHECK(drain(heap) == sorted);
}

TEST_CASE("an empty hot heap says the largest time, so that a merge needs no special case",
          "[kernel][hot-heap]") {
  HotHeap heap;
  CHECK(heap.empty());
  CHECK(heap.top_time_ns() == kMaxTime);
  heap.push({4, 0, 0});
  CHECK(heap.top_time_ns() == 4);
  heap.pop();
  CHECK(heap.top_time_ns() == kMaxTime);
  heap.push({5, 0, 0});
  heap.clear();
  CHECK(heap.empty());
  CHECK(heap.top_time_ns() == kMaxTime);
}

TEST_CASE("against a sorted list, any mix of push, pop and replace_top agrees at every size",
          "[kernel][hot-heap]") {
  // Sizes pass every remainder modulo 4 and several growths; times 0..99, so ties are common.
  HotHeap heap(1);
  std::vector<HotHeap::Entry> oracle;  // sorted, last first
  const auto insert = [&oracle](const HotHeap::Entry& entry) {
    const auto later = [](const HotHeap::Entry& a, const HotHeap::Entry& b) {
      return before(b, a);
    };
    oracle.insert(std::upper_bound(oracle.begin(), oracle.end(), entry, later), entry);
  };
  for (std::uint32_t i = 0; i < 30'000; ++i) {
    const std::uint64_t bits = draw_bits(RandomKey{77}, i);
    const HotHeap::Entry entry{static_cast<std::int64_t>(bits >> 33) % 100 - 50, i, i ^ 0x5555U};
    // First mostly growing, then mostly shrinking.
    const std::uint64_t pushes = i < 15'000 ? 5 : 3;
    if (oracle.empty() || bits % 10 < pushes) {
      heap.push(entry);
      insert(entry);
    } else if (bits % 10 < 8) {
      REQUIRE(heap.pop() == oracle.back());
      oracle.pop_back();
    } else {
      heap.replace_top(entry);
      oracle.pop_back();
      insert(entry);
    }
    REQUIRE(heap.size() == oracle.size());
    if (!oracle.empty()) REQUIRE(heap.top() == oracle.back());
  }
  std::reverse(oracle.begin(), oracle.end());
  CHECK(drain(heap) == oracle);
}

TEST_CASE("a hot heap tells all its entries", "[kernel][hot-heap]") {
  HotHeap heap;
  CHECK(heap.entries().empty());
  for (const std::int64_t t : {5, 3, 9, 1}) heap.push({t, 1, static_cast<std::uint32_t>(t)});
  heap.pop();
  std::vector<HotHeap::Entry> all = heap.entries();
  std::sort(
      all.begin(), all.end(), [](const auto& a, const auto& b) { return a.time_ns < b.time_ns; });
  CHECK(all == drain(heap));
}

TEST_CASE("a hot heap keeps its entries when it grows, moves and is cleared",
          "[kernel][hot-heap]") {
  HotHeap heap(4);
  for (std::uint32_t i = 0; i < 1000; ++i) heap.push({1000 - std::int64_t{i}, i, i});
  heap.reserve(5000);
  HotHeap moved(std::move(heap));
  REQUIRE(moved.size() == 1000);
  for (std::int64_t t = 1; t <= 1000; ++t) REQUIRE(moved.pop().time_ns == t);
  moved.push({1, 1, 1});
  moved.clear();
  moved.push({2, 2, 2});
  CHECK(drain(moved) == std::vector<HotHeap::Entry>{{2, 2, 2}});
}

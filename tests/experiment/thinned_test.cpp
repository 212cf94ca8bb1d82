#include "sim/experiment/thinned.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace coalmine;

namespace {

std::vector<int> first(int n, std::size_t most) {
  Thinned<int> thinned(most);
  for (int i = 0; i < n; ++i) thinned.offer([i] { return i; });
  return thinned.kept();
}

}  // namespace

TEST_CASE("what fits is kept whole", "[experiment][thinned]") {
  CHECK(first(0, 4).empty());
  CHECK(first(4, 4) == std::vector<int>{0, 1, 2, 3});
}

// Full at 4: every second stays, and from then on every second comes in.
TEST_CASE("what does not fit is thinned evenly, the first always stays", "[experiment][thinned]") {
  CHECK(first(5, 4) == std::vector<int>{0, 2, 4});
  CHECK(first(8, 4) == std::vector<int>{0, 2, 4, 6});
  CHECK(first(9, 4) == std::vector<int>{0, 4, 8});
}

TEST_CASE("a selection of any length is even and at least half full", "[experiment][thinned]") {
  for (const std::size_t most : {2U, 6U, 100U})
    for (int n = static_cast<int>(most); n < 5'000; n = n * 3 / 2 + 1) {
      INFO(n << " in " << most);
      const std::vector<int> kept = first(n, most);
      CHECK(kept.size() <= most);
      CHECK(kept.size() >= most / 2);
      CHECK(kept.front() == 0);
      std::size_t uneven = 0;
      for (std::size_t i = 2; i < kept.size(); ++i)
        uneven += kept[i] - kept[i - 1] != kept[1] - kept[0];
      CHECK(uneven == 0);
      if (kept.size() > 1) CHECK(n - 1 - kept.back() < kept[1] - kept[0]);
    }
}

TEST_CASE("what is not selected is never made", "[experiment][thinned]") {
  Thinned<int> thinned(4);
  int made = 0;
  for (int i = 0; i < 1024; ++i) thinned.offer([&made] { return ++made; });
  CHECK(thinned.stride() == 256);
  CHECK(made < 30);
}

TEST_CASE("what is kept is kept as it was", "[experiment][thinned]") {
  Thinned<std::vector<int>> thinned(4);
  for (int i = 0; i < 9; ++i) thinned.offer([i] { return std::vector<int>(3, i); });
  CHECK(thinned.kept() == std::vector<std::vector<int>>{{0, 0, 0}, {4, 4, 4}, {8, 8, 8}});
}

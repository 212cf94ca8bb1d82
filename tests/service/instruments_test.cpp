#include "sim/service/instruments.h"

#include <catch2/catch.hpp>

namespace coalmine {

TEST_CASE("instruments taken from instruments leave what came since", "[service][instruments]") {
  Instruments all(4);
  all.observe(Outcome::ok, 1, 20);
  all.busy_ns = 20;
  all.users = 3;
  const Instruments before = all;
  Instruments since(4);
  for (Instruments* i : {&all, &since}) {
    i->observe(Outcome::ok, 1, 30);
    i->observe(Outcome::error, 3, 500);
    i->count(Outcome::refused);
    i->busy_ns += 530;
    i->users += 2;
    i->conversions += 1;
  }
  all -= before;
  CHECK(all == since);
  all += before;
  all -= since;
  CHECK(all == before);
}

}  // namespace coalmine

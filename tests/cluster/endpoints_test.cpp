#include "sim/cluster/endpoints.h"

#include <catch2/catch.hpp>

using namespace coalmine;

namespace {

std::vector<PodId> pods(std::initializer_list<std::uint32_t> ids) {
  std::vector<PodId> list;
  for (const std::uint32_t id : ids) list.push_back(PodId{id});
  return list;
}

}  // namespace

// ready = serving and not terminating.
TEST_CASE("a proxy uses the ready endpoints only") {
  CHECK(usable_endpoints({{PodId{1}, true, false},
                          {PodId{2}, false, false},
                          {PodId{3}, true, true},
                          {PodId{7}, true, false}}) == pods({1, 7}));
}

TEST_CASE("with no ready endpoint a proxy falls back to those terminating and still serving") {
  CHECK(usable_endpoints(
            {{PodId{1}, false, false}, {PodId{2}, true, true}, {PodId{3}, false, true}}) ==
        pods({2}));
}

TEST_CASE("with nobody serving there is no endpoint") {
  CHECK(usable_endpoints({{PodId{1}, false, false}, {PodId{3}, false, true}}).empty());
  CHECK(usable_endpoints({}).empty());
}

TEST_CASE("a slice keeps its entries by pod and tells whether a write changed it") {
  EndpointSlice slice;
  CHECK(slice.put({PodId{4}, true, false}));
  CHECK(slice.put({PodId{2}, false, false}));
  CHECK_FALSE(slice.put({PodId{4}, true, false}));
  CHECK(slice.put({PodId{4}, true, true}));
  CHECK(slice.entries() == std::vector<Endpoint>{{PodId{2}, false, false}, {PodId{4}, true, true}});
  CHECK(slice.remove(PodId{2}));
  CHECK_FALSE(slice.remove(PodId{2}));
}

// MicroProfile Metrics of SmallRye (specs/metric-dialects.md section 6).
#include <catch2/catch.hpp>

#include "dialect_lab.h"

namespace coalmine {

using namespace std::chrono_literals;

TEST_CASE("a simple timer knows no status: exceptions are counted apart and not timed") {
  DialectLab lab("smallrye-mp");
  lab.serve(0, Outcome::ok, 40ms, 3);
  lab.serve(0, Outcome::error, 9s);
  lab.source.longest_of(0) = 0.04;
  lab.scrape();
  const std::string first =
      "{class=\"com.example.podinfo.Resource\",method=\"get\",instance=\"10.244.0.2:8080\"}";
  CHECK(lab.ask("base_REST_request_total" + first) == 3);
  CHECK(lab.ask("base_REST_request_elapsedTime_seconds" + first) == Approx(0.12));
  CHECK(lab.ask("base_REST_request_maxTimeDuration_seconds" + first) == 0.04);
  CHECK(lab.ask("base_REST_request_unmappedException_total" + first) == 1);
  CHECK(lab.ask("base_memory_usedHeap_bytes{instance=\"10.244.0.2:8080\"}") == 1e8);
  CHECK(lab.ask("base_jvm_uptime_seconds{instance=\"10.244.0.2:8080\"}") > 3600);
  CHECK(lab.count("{__name__=~\".*_bucket\"}") == 0);
}

}  // namespace coalmine

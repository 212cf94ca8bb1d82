// A Go service as podinfo (specs/metric-dialects.md section 7).
#include <catch2/catch.hpp>

#include "dialect_lab.h"

namespace coalmine {

using namespace std::chrono_literals;

TEST_CASE("a Go service counts and times what it has handled") {
  DialectLab lab("go-http", {}, TargetLabelStyle::flagger);
  lab.serve(0, Outcome::ok, 40ms, 3);
  lab.source.process(0).count(Outcome::rejected);
  lab.scrape();
  CHECK(lab.ask("http_requests_total{status=\"200\",app=\"podinfo\"}") == 3);
  CHECK(lab.count("http_requests_total") == 1);
  lab.serve(0, Outcome::error, 40ms);
  lab.scrape();
  CHECK(lab.ask("http_requests_total{status=\"500\"}") == 1);
  const std::string pod =
      "kubernetes_namespace=\"test\",kubernetes_pod_name=~\"podinfo-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)\"";
  CHECK(lab.ask("sum(http_request_duration_seconds_count{" + pod + "})") == 4);
  CHECK(lab.ask("sum(http_request_duration_seconds_bucket{" + pod + ",le=\"0.05\"})") == 4);
  CHECK(lab.ask("sum(http_request_duration_seconds_bucket{" + pod + ",le=\"0.025\"})") == 0);
  CHECK(lab.count("http_request_duration_seconds_bucket{status=\"200\",method=\"GET\","
                  "path=\"/podinfo\"}") == 12);
}

TEST_CASE("its process tells processor time, memory and start") {
  DialectLab lab("go-http");
  lab.serve(1, Outcome::ok, 1s, 10);
  lab.scrape();
  // Ten seconds of work, half of which needed a processor.
  CHECK(lab.ask("process_cpu_seconds_total{job=\"podinfo-canary\"}") == 5);
  CHECK(lab.ask("process_cpu_seconds_total{job=\"podinfo\"}") == 0);
  CHECK(lab.ask("process_resident_memory_bytes{job=\"podinfo\"}") == 1e8);
  CHECK(lab.ask("process_start_time_seconds{job=\"podinfo\"}") == -3600);
}

}  // namespace coalmine

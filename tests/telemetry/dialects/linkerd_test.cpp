// Linkerd's proxies (specs/metric-dialects.md section 4).
#include <catch2/catch.hpp>

#include "dialect_lab.h"

namespace coalmine {

using namespace std::chrono_literals;

TEST_CASE("a request counts once at each end, a refused one where it was sent alone") {
  DialectLab lab("linkerd", {}, TargetLabelStyle::linkerd);
  lab.serve(0, Outcome::ok, 40ms, 3);
  lab.serve(0, Outcome::error, 40ms);
  lab.source.routers[0].observe(Outcome::refused, 0, 0);
  lab.scrape();
  CHECK(lab.ask("sum(request_total{direction=\"inbound\"})") == 4);
  CHECK(lab.ask("sum(request_total{direction=\"outbound\",dst_deployment=\"podinfo\"})") == 5);
  const std::string inbound =
      "response_total{namespace=\"test\",deployment=\"podinfo\","
      "direction=\"inbound\",tls=\"true\"";
  CHECK(lab.ask(inbound + ",classification=\"success\",status_code=\"200\"}") == 3);
  CHECK(lab.ask(inbound + ",classification=\"failure\",status_code=\"500\"}") == 1);
  CHECK(lab.ask("response_total{direction=\"outbound\",deployment=\"gateway\","
                "dst_service=\"podinfo\",dst_namespace=\"test\",status_code=\"502\","
                "authority=\"podinfo.test.svc.cluster.local:80\"}") == 1);
}

TEST_CASE("the latency has no class: it is known before that is") {
  DialectLab lab("linkerd", {}, TargetLabelStyle::linkerd);
  lab.serve(0, Outcome::error, 40ms);
  lab.scrape();
  CHECK(lab.ask("response_latency_ms_sum{direction=\"inbound\"}") == 40);
  CHECK(lab.ask("response_latency_ms_bucket{direction=\"inbound\",le=\"40\"}") == 1);
  CHECK(lab.ask("response_latency_ms_bucket{direction=\"inbound\",le=\"30\"}") == 0);
  CHECK(lab.count("response_latency_ms_bucket{direction=\"inbound\"}") == 26);
  CHECK(lab.count("response_latency_ms_count{classification!=\"\"}") == 0);
  CHECK(lab.ask("response_latency_ms_count{job=\"linkerd-proxy\",direction=\"inbound\"}") == 1);
}

}  // namespace coalmine

// Envoy's cluster statistics (specs/metric-dialects.md section 2).
#include <catch2/catch.hpp>

#include "dialect_lab.h"

namespace coalmine {

using namespace std::chrono_literals;

TEST_CASE("general counters of a cluster are there from the start, codes from their first use") {
  DialectLab lab("envoy");
  lab.scrape();
  CHECK(lab.ask("envoy_cluster_upstream_rq_total{envoy_cluster_name=\"podinfo\"}") == 0);
  CHECK(lab.ask("envoy_cluster_upstream_rq_timeout{envoy_cluster_name=\"podinfo\"}") == 0);
  CHECK(lab.count("envoy_cluster_upstream_rq") == 0);
  CHECK(lab.count("envoy_cluster_upstream_rq_time_bucket") == 0);
  lab.serve(0, Outcome::ok, 40ms);
  lab.scrape();
  CHECK(lab.ask("envoy_cluster_upstream_rq{envoy_response_code=\"200\"}") == 1);
  CHECK(lab.ask("envoy_cluster_upstream_rq_xx{envoy_response_code_class=\"2\"}") == 1);
  CHECK(lab.count("envoy_cluster_upstream_rq_xx") == 1);
}

// One of each outcome: six were sent, seven got some answer, five of those a 5xx that is none of
// the pod's; only the two answered by the handler have a time.
TEST_CASE("each way to fail has its code, and its counter") {
  DialectLab lab("envoy");
  Instruments& router = lab.source.routers[1];
  lab.serve(1, Outcome::ok, 40ms);
  lab.serve(1, Outcome::error, 60ms);
  for (const Outcome o : {Outcome::rejected, Outcome::refused, Outcome::reset, Outcome::timed_out})
    router.observe(o, 0, 0);
  router.count(Outcome::no_endpoint);
  lab.scrape();
  const auto of = [&](const std::string& name, const std::string& more = "") {
    return lab.ask("envoy_cluster_" + name + "{envoy_cluster_name=\"podinfo-canary\"" + more + "}");
  };
  CHECK(of("upstream_rq_total") == 6);
  CHECK(of("upstream_rq_completed") == 7);
  CHECK(of("upstream_rq", ",envoy_response_code=\"500\"") == 1);
  CHECK(of("upstream_rq", ",envoy_response_code=\"503\"") == 4);
  CHECK(of("upstream_rq", ",envoy_response_code=\"504\"") == 1);
  CHECK(of("upstream_rq_xx", ",envoy_response_code_class=\"5\"") == 6);
  CHECK(of("upstream_rq_timeout") == 1);
  CHECK(of("upstream_cx_connect_fail") == 1);
  CHECK(of("upstream_rq_pending_failure_eject") == 1);
  CHECK(of("upstream_cx_none_healthy") == 1);
  CHECK(of("upstream_rq_retry") == 0);
  CHECK(of("upstream_rq_time_count") == 2);
  CHECK(of("upstream_rq_time_sum") == 100);
  CHECK(of("upstream_rq_time_bucket", ",le=\"50\"") == 1);
  CHECK(of("upstream_rq_time_bucket", ",le=\"0.5\"") == 0);
  CHECK(of("upstream_rq_active") == 3);
  CHECK(of("membership_healthy") == 3);
}

TEST_CASE("clusters are called as whoever configures them calls them") {
  const auto name_of = [](const char* dialect, const char* label = "envoy_cluster_name") {
    DialectLab lab(dialect, {}, TargetLabelStyle::flagger);
    lab.serve(1, Outcome::ok, 40ms);
    lab.scrape();
    const StoredSeries series = lab.series("envoy_cluster_upstream_rq");
    REQUIRE(series.labels != nullptr);
    return std::string(series.labels->get(label));
  };
  CHECK(name_of("envoy") == "podinfo-canary");
  CHECK(name_of("envoy-contour") == "test_podinfo-canary_80");
  CHECK(name_of("envoy-gloo") == "test-podinfo-canaryupstream-80_gloo-system");
  CHECK(name_of("envoy-knative") == "test/podinfo-canary");
  CHECK(name_of("envoy-kuma", "service") == "podinfo-canary_test_svc_80");
  // App Mesh: by the pod's own proxy.
  CHECK(name_of("envoy-app-mesh", "kubernetes_pod_name") == "podinfo-canary-6d5f8c9b7f-1pods");
}

}  // namespace coalmine

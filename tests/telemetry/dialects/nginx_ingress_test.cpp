// The NGINX ingress controller (specs/metric-dialects.md section 3).
#include <catch2/catch.hpp>

#include "dialect_lab.h"

namespace coalmine {

using namespace std::chrono_literals;

TEST_CASE("only what went to the alternative backend names it in `canary`") {
  DialectLab lab("nginx-ingress", {}, TargetLabelStyle::flagger);
  lab.serve(0, Outcome::ok, 40ms, 9);
  lab.serve(1, Outcome::ok, 40ms, 1);
  lab.scrape();
  const std::string requests = "nginx_ingress_controller_requests";
  CHECK(lab.ask(requests + "{ingress=\"podinfo\",namespace=\"test\",canary!=\"\"}") == 1);
  CHECK(lab.ask(requests + "{canary=\"test-podinfo-canary-80\"}") == 1);
  CHECK(lab.ask(requests + "{canary=\"\"}") == 9);
  CHECK(lab.ask(requests + "{canary=\"\",service=\"podinfo\",method=\"GET\",path=\"/\","
                           "controller_class=\"k8s.io/ingress-nginx\"}") == 9);
}

TEST_CASE("an operator's scrape gives the controller's namespace, and renames the Ingress's") {
  DialectLab lab("nginx-ingress");
  lab.serve(0, Outcome::ok, 40ms);
  lab.scrape();
  const Labels& labels = *lab.series("nginx_ingress_controller_requests").labels;
  CHECK(labels.get("namespace") == "ingress-nginx");
  CHECK(labels.get("exported_namespace") == "test");
  CHECK(labels.get("exported_service") == "podinfo");
}

TEST_CASE("sizes are those of the service, each request's the same") {
  DialectLab lab("nginx-ingress");
  lab.serve(0, Outcome::ok, 40ms, 3);
  lab.scrape();
  const std::string name = "nginx_ingress_controller_";
  CHECK(lab.ask(name + "request_size_sum") == 1500);
  CHECK(lab.ask(name + "response_size_sum") == 6000);
  CHECK(lab.ask(name + "response_size_count") == 3);
  CHECK(lab.ask(name + "response_size_bucket{le=\"100\"}") == 0);
  CHECK(lab.ask(name + "response_size_bucket{le=\"+Inf\"}") == 3);
}

TEST_CASE("durations are in seconds, and nobody was asked without an endpoint") {
  DialectLab lab("nginx-ingress");
  lab.serve(0, Outcome::error, 40ms);
  lab.source.routers[0].count(Outcome::no_endpoint);
  lab.source.routers[0].observe(Outcome::timed_out, 0, 0);
  lab.source.routers[0].observe(Outcome::refused, 0, 0);
  lab.scrape();
  const std::string name = "nginx_ingress_controller_";
  CHECK(lab.ask(name + "response_duration_seconds_sum{status=\"500\"}") == Approx(0.04));
  CHECK(lab.ask(name + "response_duration_seconds_bucket{status=\"500\",le=\"0.05\"}") == 1);
  CHECK(lab.ask(name + "response_duration_seconds_bucket{status=\"500\",le=\"0.025\"}") == 0);
  CHECK(lab.ask(name + "request_duration_seconds_bucket{status=\"500\",le=\"10\"}") == 1);
  CHECK(lab.ask(name + "requests{status=\"503\"}") == 1);
  CHECK(lab.count(name + "response_duration_seconds_count{status=\"503\"}") == 0);
  CHECK(lab.ask(name + "requests{status=\"502\"}") == 1);
  CHECK(lab.ask(name + "requests{status=\"504\"}") == 1);
}

}  // namespace coalmine

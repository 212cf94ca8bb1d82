// What holds for each dialect, whatever it calls things (specs/metric-dialects.md sections 0, 11).
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "dialect_lab.h"
#include "sim/telemetry/exposition/writer.h"
#include "sim/telemetry/go_number.h"
#include "tests/telemetry/exposition/promtool.h"

namespace coalmine {
namespace {

using namespace std::chrono_literals;

/// Something of everything that can happen to requests, on three pods.
void play(DialectLab& lab) {
  lab.source.add_pod(1);
  for (const std::uint32_t pod : {0U, 1U, 2U}) {
    lab.serve(pod, Outcome::ok, 40ms, 90);
    lab.serve(pod, Outcome::ok, 7s, 5);
    lab.serve(pod, Outcome::error, 20ms, 4);
    lab.source.process(pod).count(Outcome::rejected);
    lab.source.longest_of(pod) = 7;
  }
  for (Instruments& router : lab.source.routers)
    for (const Outcome o :
         {Outcome::rejected, Outcome::refused, Outcome::reset, Outcome::timed_out})
      router.observe(o, 0, 0);
  for (Instruments& router : lab.source.routers) router.count(Outcome::no_endpoint);
  lab.source.facts_of(1).info.last_exit = Exit::out_of_memory;
  lab.source.facts_of(1).info.restarts = 1;
  lab.source.facts_of(2).info.container_since = kNever;
  lab.source.facts_of(2).info.ready = false;
}

const MetricFamily* family_of(const std::string& series,
                              const std::vector<MetricFamily>& families) {
  for (const MetricFamily& family : families) {
    if (series == family.name) return &family;
    const bool timed = family.type == "histogram" || family.type == "summary";
    for (const char* suffix : {"_bucket", "_sum", "_count"})
      if (timed && series == family.name + suffix) return &family;
  }
  return nullptr;
}

/// The endpoint of a pod, or of the router for its Deployment.
Exposure exposure_at(EndpointKind endpoint,
                     std::uint32_t pod,
                     DialectLab& lab,
                     const LatencyBounds& run,
                     TargetLabelStyle style) {
  const PodId id = endpoint == EndpointKind::router ? PodId{} : PodId{pod};
  Facts about;
  if (endpoint == EndpointKind::cluster) about.pod = lab.source.facts_of(pod);
  Exposure at{lab.source.names(id, DeploymentId{pod}), about, lab.dialect().bounds(), run};
  at.target.endpoint = endpoint;
  at.style = style;
  return at;
}

/// Lint findings by family, as promtool words them.
std::set<std::string> findings_of(const std::string& said) {
  std::set<std::string> found;
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) found.insert(line);
  return found;
}

constexpr const char* kTotalMissing = " counter metrics should have \"_total\" suffix";
constexpr const char* kCamel = " metric names should be written in 'snake_case' not 'camelCase'";

/// What the linter has against the real names.
std::set<std::string> allowed(const std::string& dialect) {
  if (dialect == "istio")
    return {
        "istio_request_duration_milliseconds use base unit \"seconds\" instead of "
        "\"milliseconds\""};
  if (dialect == "linkerd")
    return {"response_latency_ms metric names should not contain abbreviated units"};
  if (dialect == "nginx-ingress")
    return {"nginx_ingress_controller_requests" + std::string(kTotalMissing)};
  if (dialect == "smallrye-mp") {
    std::set<std::string> names;
    for (const char* name : {"base_REST_request_elapsedTime_seconds",
                             "base_REST_request_maxTimeDuration_seconds",
                             "base_REST_request_unmappedException_total",
                             "base_memory_usedHeap_bytes"})
      names.insert(name + std::string(kCamel));
    return names;
  }
  if (dialect.rfind("micrometer", 0) == 0)
    return {
        "system_cpu_count non-histogram and non-summary metrics should not have \"_count\" suffix"};
  if (dialect.rfind("envoy", 0) != 0) return {};
  std::set<std::string> names;
  for (const char* name : {"cx_connect_fail",
                           "cx_connect_timeout",
                           "cx_none_healthy",
                           "cx_overflow",
                           "rq",
                           "rq_completed",
                           "rq_pending_overflow",
                           "rq_per_try_timeout",
                           "rq_pending_failure_eject",
                           "rq_retry",
                           "rq_retry_success",
                           "rq_retry_limit_exceeded",
                           "rq_retry_overflow",
                           "rq_timeout",
                           "rq_xx"})
    names.insert(std::string("envoy_cluster_upstream_") + name + kTotalMissing);
  if (dialect != "envoy-app-mesh")
    names.insert(
        "envoy_cluster_membership_total non-counter metrics should not have \"_total\" suffix");
  return names;
}

}  // namespace

TEST_CASE("every series belongs to a family of its dialect, and its labels are its own alone") {
  for (const DialectType& type : dialect_types()) {
    for (const auto style :
         {TargetLabelStyle::operator_, TargetLabelStyle::flagger, TargetLabelStyle::linkerd}) {
      CAPTURE(type.name, static_cast<int>(style));
      DialectLab lab(type.name, {true, {}}, style);
      const auto families = lab.dialect().families();
      play(lab);
      std::set<std::string> texts;
      std::set<std::string> seen;
      for (const EndpointKind endpoint : {EndpointKind::router,
                                          EndpointKind::sidecar,
                                          EndpointKind::process,
                                          EndpointKind::cluster,
                                          EndpointKind::kubelet}) {
        if (!lab.dialect().observes(endpoint)) continue;
        for (const std::uint32_t pod : {0U, 1U}) {
          const LatencyBounds run(lab.dialect().bounds().empty() ? client_bounds()
                                                                 : lab.dialect().bounds());
          std::vector<ExposedSeries> shown;
          lab.dialect().expose(exposure_at(endpoint, pod, lab, run, style), shown);
          CHECK_FALSE(shown.empty());
          for (const ExposedSeries& series : shown) {
            const Labels labels = series.labels();
            CAPTURE(labels.text());
            CHECK(texts.insert(labels.text()).second);
            CHECK(labels.has("job"));
            CHECK(labels.has("instance"));
            CHECK(is_metric_name(labels.metric_name()));
            const MetricFamily* family = family_of(std::string(series.name), families);
            REQUIRE(family != nullptr);
            seen.insert(family->name);
            const bool gauge = is_gauge(series.readout.quantity);
            if (type.name != "kube" && type.name != "cadvisor" && type.name != "smallrye-mp")
              CHECK(gauge == (family->type == "gauge"));
          }
        }
      }
      if (type.name != "kube" && type.name != "application") CHECK(seen.size() == families.size());
    }
  }
}

TEST_CASE("at every scrape buckets rise to the count, and counters fall at a restart alone") {
  for (const DialectType& type : dialect_types()) {
    CAPTURE(type.name);
    DialectLab lab(type.name, {true, {}});
    for (int i = 0; i < 6; ++i) {
      play(lab);
      lab.scrape();
    }
    std::map<Labels, std::map<double, const StoredSeries*>> buckets;
    const std::vector<StoredSeries> all = lab.store.select({});
    REQUIRE(all.size() > 3);
    const auto families = lab.dialect().families();
    for (const StoredSeries& series : all) {
      const std::string name(series.labels->metric_name());
      const MetricFamily* family = family_of(name, families);
      if (family != nullptr && family->type != "gauge")
        CHECK(std::is_sorted(series.values.begin(), series.values.end()));
      if (!series.labels->has("le")) continue;
      Labels key = *series.labels;
      key.remove("le");
      const double bound = *parse_go_number(series.labels->get("le"));
      buckets[key][bound] = &series;
    }
    for (const auto& [key, by_bound] : buckets) {
      CAPTURE(key.text());
      const StoredSeries& whole = *by_bound.rbegin()->second;
      CHECK(std::isinf(by_bound.rbegin()->first));
      Labels count = key;
      const std::string name(key.metric_name());
      count.set(kMetricName, name.substr(0, name.size() - 7) + "_count");
      const auto found = std::find_if(
          all.begin(), all.end(), [&](const StoredSeries& s) { return *s.labels == count; });
      REQUIRE(found != all.end());
      CHECK(std::equal(whole.values.begin(), whole.values.end(), found->values.begin()));
      const StoredSeries* before = nullptr;
      for (const auto& [bound, series] : by_bound) {
        REQUIRE(series->values.size() == whole.values.size());
        for (std::size_t i = 0; before != nullptr && i < series->values.size(); ++i)
          CHECK(series->values[i] >= before->values[i]);
        before = series;
      }
    }
  }
}

TEST_CASE("what a proxy has counted outlives the process behind it, what that counted does not") {
  const std::map<std::string, const char*> by_app{
      {"go-http", "http_requests_total{status=\"200\"}"},
      {"micrometer-spring", "http_server_requests_seconds_count{status=\"200\"}"},
      {"smallrye-mp", "base_REST_request_total"},
      {"cadvisor", "container_cpu_usage_seconds_total{container!=\"\"}"},
  };
  const std::map<std::string, const char*> by_proxy{
      {"istio", "istio_requests_total{reporter=\"destination\",response_code=\"200\"}"},
      {"linkerd", "response_total{direction=\"inbound\",status_code=\"200\"}"},
      {"envoy-app-mesh", "envoy_cluster_upstream_rq{envoy_response_code=\"200\"}"},
  };
  const auto played = [](const std::string& name, const std::string& selector) {
    const std::string query = "sum(" + selector + ")";
    DialectLab lab(name);
    lab.serve(0, Outcome::ok, 1s, 50);
    lab.scrape();
    CHECK(lab.ask(query) > 0);
    const double before = lab.ask(query);
    lab.source.restart(0, lab.sim.now());
    lab.serve(0, Outcome::ok, 1s, 10);
    lab.scrape();
    return lab.ask(query) / before;
  };
  for (const auto& [name, query] : by_app) {
    CAPTURE(name);
    CHECK(played(name, query) == Approx(0.2));
  }
  for (const auto& [name, query] : by_proxy) {
    CAPTURE(name);
    CHECK(played(name, query) == Approx(1.2));
  }
}

TEST_CASE("a page of three pods is what promtool takes, but for the real names' own failings") {
  if (!exposition::Promtool::installed()) return;
  for (const DialectType& type : dialect_types()) {
    CAPTURE(type.name);
    DialectLab lab(type.name, {true, {}});
    play(lab);
    lab.scrape();
    exposition::Promtool promtool;
    exposition::Page page = lab.page();
    // What every scrape adds is no page's.
    std::erase_if(page.families, [](const exposition::Family& f) { return f.help.empty(); });
    const int code = promtool.check_metrics(exposition::write_text(page));
    CAPTURE(promtool.said());
    CHECK(code == (allowed(type.name).empty() ? 0 : 3));
    CHECK(findings_of(promtool.said()) == allowed(type.name));
    const auto history =
        exposition::page_of_all(lab.store, known_families(), Millis(1'700'000'000'000));
    CHECK(promtool.create_blocks(exposition::write_openmetrics(history)) == 0);
    CAPTURE(promtool.said());
    CHECK(promtool.said().empty());
  }
}

TEST_CASE(
    "an exported run keeps the names of counters that lack their suffix, and buckets theirs") {
  const auto exported = [](const char* dialect) {
    DialectLab lab(dialect, {true, {}});
    lab.serve(0, Outcome::ok, 40ms);
    lab.scrape();
    return exposition::write_openmetrics(
        exposition::page_of_all(lab.store, known_families(), Millis(1'700'000'000'000)));
  };
  const auto has = [](const std::string& page, const char* text) {
    return page.find(text) != std::string::npos;
  };
  const std::string nginx = exported("nginx-ingress");
  CHECK(has(nginx, "# TYPE nginx_ingress_controller_requests unknown"));
  CHECK(has(nginx, "\nnginx_ingress_controller_requests{"));
  CHECK_FALSE(has(nginx, "nginx_ingress_controller_requests_total"));
  CHECK(has(exported("micrometer-quarkus"), "# TYPE http_server_requests_seconds histogram"));
  CHECK(has(exported("go-http"), "# TYPE http_requests counter"));
  // Envoy counts requests under one name with and without the suffix.
  const std::string envoy = exported("envoy");
  CHECK(has(envoy, "# TYPE envoy_cluster_upstream_rq unknown"));
  CHECK(has(envoy, "# TYPE envoy_cluster_upstream_rq_total unknown"));
}

TEST_CASE("what an exported run says of an instant is moved with its samples") {
  DialectLab lab("go-http", {true, {}});
  lab.serve(0, Outcome::ok, 40ms);
  lab.scrape();
  const auto started = [&](Millis shift) {
    const auto page = exposition::page_of_all(lab.store, known_families(), shift);
    for (const exposition::Family& family : page.families)
      if (family.name == "process_start_time_seconds") return family.samples.front().value;
    return std::nan("");
  };
  CHECK(started(Millis(1'700'000'000'500)) == started(Millis(0)) + 1'700'000'000.5);
}

}  // namespace coalmine

// The questions that canary controllers and burn-rate alerts ask, about a rollout as Istio, Envoy
// and the NGINX ingress would show it.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <iostream>

#include "sim/telemetry/exposition/writer.h"
#include "tests/telemetry/differential/comparison.h"
#include "tests/telemetry/differential/dice.h"
#include "tests/telemetry/differential/prometheus_server.h"

namespace coalmine::promql {
namespace {

using std::chrono::minutes;

constexpr Millis kScrape = std::chrono::seconds(15);
const Timestamp kStart(std::chrono::seconds(1'700'000'007));
constexpr Millis kLength = minutes(40);
// The canary lives for a while, fails in the middle of it, and one pod restarts.
constexpr Millis kBorn = minutes(8);
constexpr Millis kGone = minutes(32);
constexpr Millis kFaultFrom = minutes(15);
constexpr Millis kFaultTo = minutes(22);
constexpr Millis kRestart = minutes(27);

struct Canary {
  const char* query;
  const char* asked_by;
};

const std::vector<Canary> kQueries{
    {R"(sum(rate(istio_requests_total{reporter="destination", destination_workload_namespace="test",
           destination_workload=~"podinfo", response_code!~"5.*"}[1m]))
        / sum(rate(istio_requests_total{reporter="destination",
           destination_workload_namespace="test", destination_workload=~"podinfo"}[1m])) * 100)",
     "Flagger, Istio: success rate"},
    {R"(histogram_quantile(0.99, sum(rate(istio_request_duration_milliseconds_bucket{
          reporter="destination", destination_workload_namespace="test",
          destination_workload=~"podinfo"}[1m])) by (le)))",
     "Flagger, Istio: duration"},
    {R"(sum(rate(envoy_cluster_upstream_rq{envoy_cluster_name=~"test_podinfo-canary_[0-9a-zA-Z-]+",
           envoy_response_code!~"5.*"}[1m]))
        / sum(rate(envoy_cluster_upstream_rq{
           envoy_cluster_name=~"test_podinfo-canary_[0-9a-zA-Z-]+",}[1m])) * 100)",
     "Flagger, Contour: success rate"},
    {R"(histogram_quantile(0.99, sum(rate(envoy_cluster_upstream_rq_time_bucket{
          envoy_cluster_name=~"test_podinfo-canary_[0-9a-zA-Z-]+",}[1m])) by (le)))",
     "Flagger, Contour: duration"},
    {R"(sum(rate(nginx_ingress_controller_requests{namespace="test", ingress="podinfo", canary!="",
           status!~"5.*"}[1m]))
        / sum(rate(nginx_ingress_controller_requests{namespace="test", ingress="podinfo",
           canary!=""}[1m])) * 100)",
     "Flagger, NGINX: success rate"},
    {R"(sum(rate(nginx_ingress_controller_response_duration_seconds_sum{namespace="test",
           ingress="podinfo", canary!=""}[1m]))
        / sum(rate(nginx_ingress_controller_response_duration_seconds_count{namespace="test",
           ingress="podinfo", canary!=""}[1m])) * 1000)",
     "Flagger, NGINX: mean duration"},
    {R"(sum(irate(istio_requests_total{reporter="source",
           destination_service=~"podinfo.test.svc.cluster.local", response_code!~"5.*"}[5m]))
        / sum(irate(istio_requests_total{reporter="source",
           destination_service=~"podinfo.test.svc.cluster.local"}[5m])))",
     "Argo Rollouts, Istio: success rate"},
    {R"(scalar(sum(rate(istio_requests_total{destination_workload="podinfo",
           response_code=~"5.*"}[2m])) or vector(0))
        / scalar(sum(rate(istio_requests_total{destination_workload="podinfo"}[2m]))) < bool 0.05)",
     "Argo Rollouts: a condition as a scalar"},
    {R"(avg(envoy_cluster_upstream_rq_active{envoy_cluster_name=~"test_podinfo.*"})
        by (envoy_cluster_name))",
     "Kayenta: a gauge by scope"},
    {R"((sum by (destination_workload) (rate(istio_requests_total{response_code=~"5.."}[5m]))
         / sum by (destination_workload) (rate(istio_requests_total[5m])) > (14.4 * 0.001))
        and (sum by (destination_workload) (rate(istio_requests_total{response_code=~"5.."}[30m]))
         / sum by (destination_workload) (rate(istio_requests_total[30m])) > (14.4 * 0.001)))",
     "burn rate over two windows"},
    {R"((max(slo:sli_error:ratio_rate5m{sloth_id="podinfo"} > (14.4 * 0.01)) without (sloth_window)
         and max(slo:sli_error:ratio_rate30m{sloth_id="podinfo"} > (6 * 0.01))
           without (sloth_window))
        or (max(slo:sli_error:ratio_rate5m{sloth_id="podinfo"} > (3 * 0.01))
           without (sloth_window)))",
     "Sloth: page alert"},
    {R"(1 - (sum_over_time(slo:sli_error:ratio_rate5m{sloth_id="podinfo"}[20m])
          / ignoring (sloth_window) count_over_time(
              slo:sli_error:ratio_rate5m{sloth_id="podinfo"}[20m])) / on (sloth_id) group_left
        slo:error_budget:ratio{sloth_id="podinfo"})",
     "Sloth: error budget left"},
    {R"(max_over_time((sum(rate(istio_requests_total{destination_workload="podinfo",
           response_code=~"5.."}[1m])) / sum(rate(istio_requests_total{
           destination_workload="podinfo"}[1m])))[10m:1m]))",
     "the worst minute of ten"},
    {R"(histogram_quantile(0.95, sum by (le, destination_workload) (
          rate(istio_request_duration_milliseconds_bucket[2m])))
        / on () group_left () histogram_quantile(0.95, sum by (le) (
          rate(istio_request_duration_milliseconds_bucket{
            destination_workload="podinfo-primary"}[2m]))))",
     "canary against baseline"},
    {R"(absent(nginx_ingress_controller_requests{canary="test-podinfo-canary-80"}))",
     "no traffic at all"},
};

/// All series of the rollout, by name; scrape after scrape.
class Rollout {
 public:
  void play(Dice& dice) {
    for (Millis t{}; t <= kLength; t += kScrape) {
      requests(dice, t, "podinfo-primary", true);
      if (t >= kBorn && t <= kGone) requests(dice, t, "podinfo", t >= kFaultFrom && t < kFaultTo);
      if (t == kRestart) restart("podinfo");
      show(dice, t);
    }
  }
  exposition::Page page() const {
    exposition::Page page;
    std::map<std::string, exposition::Family> families;
    for (const auto& sample : samples_) {
      const std::string name(sample.labels.metric_name());
      exposition::Family& family = families[name];
      family.name = name;
      if (name.ends_with("_total")) family.type = exposition::MetricType::counter;
      family.samples.push_back(sample);
    }
    for (auto& [name, family] : families) page.families.push_back(std::move(family));
    return page;
  }
  SeriesStore table() const {
    std::map<Labels, std::vector<const exposition::Sample*>> sorted;
    for (const auto& sample : samples_) sorted[sample.labels].push_back(&sample);
    SeriesStore table;
    for (const auto& [labels, samples] : sorted)
      for (const auto* sample : samples) table.append(labels, *sample->time, sample->value);
    return table;
  }

 private:
  struct Counter {
    double value = 0;
    Millis seen{-1};
  };

  void count(Millis t, Labels labels, double by) {
    Counter& counter = counters_[std::move(labels)];
    counter.value += by;
    counter.seen = t;
  }
  void requests(Dice& dice, Millis t, const std::string& workload, bool fails) {
    const bool canary = workload == "podinfo";
    const std::string cluster = canary ? "test_podinfo-canary_80" : "test_podinfo-primary_80";
    for (const char* code : {"200", "404", "503"}) {
      const bool error = code[0] == '5';
      if (error && canary && !fails) continue;  // a code is there once it has happened
      const auto n = static_cast<double>(dice.between(0, error ? (canary ? 60 : 1) : 150));
      for (const char* reporter : {"source", "destination"})
        count(t,
              {{"__name__", "istio_requests_total"},
               {"reporter", reporter},
               {"destination_workload", workload},
               {"destination_workload_namespace", "test"},
               {"destination_service", "podinfo.test.svc.cluster.local"},
               {"response_code", code}},
              n);
      count(t,
            {{"__name__", "envoy_cluster_upstream_rq"},
             {"envoy_cluster_name", cluster},
             {"envoy_response_code", code}},
            n);
      count(t,
            {{"__name__", "nginx_ingress_controller_requests"},
             {"namespace", "test"},
             {"ingress", "podinfo"},
             {"canary", canary ? "test-podinfo-canary-80" : ""},
             {"status", code}},
            n);
    }
    durations(dice, t, workload, cluster, fails && canary);
  }
  void durations(
      Dice& dice, Millis t, const std::string& workload, const std::string& cluster, bool slow) {
    double below = 0;
    for (const char* le : {"5", "10", "25", "50", "100", "250", "500", "1000", "+Inf"}) {
      below += static_cast<double>(dice.between(0, slow ? 10 : 20));
      count(t,
            {{"__name__", "istio_request_duration_milliseconds_bucket"},
             {"reporter", "destination"},
             {"destination_workload", workload},
             {"destination_workload_namespace", "test"},
             {"le", le}},
            below);
      count(t,
            {{"__name__", "envoy_cluster_upstream_rq_time_bucket"},
             {"envoy_cluster_name", cluster},
             {"le", le}},
            below);
    }
    for (const char* part : {"sum", "count"})
      count(
          t,
          {{"__name__", fmt::format("nginx_ingress_controller_response_duration_seconds_{}", part)},
           {"namespace", "test"},
           {"ingress", "podinfo"},
           {"canary", workload == "podinfo" ? "test-podinfo-canary-80" : ""}},
          part[0] == 's' ? below * 0.03 * (slow ? 4 : 1) : below);
  }
  void restart(const std::string& workload) {
    for (auto& [labels, counter] : counters_)
      if (labels.get("destination_workload") == workload) counter.value = 0;
  }
  void add(Labels labels, double value, Millis t) {
    samples_.push_back({std::move(labels), value, kStart + t, {}});
  }
  /// What was counted, and the gauges and recorded ratios beside it.
  void show(Dice& dice, Millis t) {
    for (const auto& [labels, counter] : counters_)
      if (counter.seen == t || labels.get("response_code") == "503") add(labels, counter.value, t);
    for (const char* cluster : {"test_podinfo-canary_80", "test_podinfo-primary_80"})
      if (dice.chance(95))
        add({{"__name__", "envoy_cluster_upstream_rq_active"}, {"envoy_cluster_name", cluster}},
            static_cast<double>(dice.between(0, 30)),
            t);
    const bool bad = t >= kFaultFrom && t < kFaultTo;
    const double ratio = (bad ? 0.2 : 0.01) * dice.unit();
    for (const char* window : {"5m", "30m"})
      add({{"__name__", fmt::format("slo:sli_error:ratio_rate{}", window)},
           {"sloth_id", "podinfo"},
           {"sloth_window", window}},
          window[0] == '5' ? ratio : ratio * 0.8,
          t);
    add({{"__name__", "slo:error_budget:ratio"}, {"sloth_id", "podinfo"}}, 0.01, t);
  }

  std::map<Labels, Counter> counters_;
  std::vector<exposition::Sample> samples_;
};

}  // namespace

TEST_CASE("what canary controllers ask about a rollout has the answers that Prometheus gives",
          "[telemetry][promql]") {
  if (!PrometheusServer::installed()) return;
  Dice dice(1);
  Rollout rollout;
  rollout.play(dice);
  const SeriesStore table = rollout.table();
  PrometheusServer server(exposition::write_openmetrics(rollout.page()));
  Comparison comparison(server.http(), table);
  Tally all;
  for (const Canary& canary : kQueries) {
    CAPTURE(canary.asked_by);
    Tally tally;
    Expression expression{.text = canary.query};
    expression.ordered = false;
    for (Millis t = minutes(1); t <= kLength + minutes(7); t += Millis(20'500))
      comparison.ask({expression, kStart + t, {}, {}}, tally);
    comparison.ask({expression, kStart, kStart + kLength + minutes(7), kScrape}, tally);
    comparison.ask({expression, kStart, kStart + kLength, minutes(1)}, tally);
    for (const std::string& told : tally.disagreements) std::cout << told << '\n';
    CHECK(tally.disagreements.empty());
    CHECK(tally.errors == 0);
    CHECK(tally.with_elements > 10);
    all.questions += tally.questions;
    all.values += tally.values;
    all.disagreements.insert(
        all.disagreements.end(), tally.disagreements.begin(), tally.disagreements.end());
  }
  std::cout << fmt::format("canary queries: {}, questions: {}, values: {}, disagreements: {}\n",
                           kQueries.size(),
                           all.questions,
                           all.values,
                           all.disagreements.size());
}

}  // namespace coalmine::promql

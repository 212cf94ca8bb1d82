/// A service of two Deployments whose instruments and facts a test turns by hand, seen through one
/// dialect: scraped into a store that is asked in PromQL.
#pragma once

#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/telemetry/dialects/registry.h"
#include "sim/telemetry/exposition/history.h"
#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/scraper.h"

namespace coalmine {

/// Deployment 0, `podinfo`, was there before the release, 1 is `podinfo-canary`; each has a pod of
/// its own number unless more are added. Their ReplicaSets have those numbers as well.
class LabSource final : public InstrumentSource {
 public:
  explicit LabSource(const LatencyBounds& bounds) : fresh_(bounds.buckets()) {
    for (const std::uint32_t d : {0U, 1U}) {
      specs_[d].name = d == 0 ? "podinfo" : "podinfo-canary";
      specs_[d].replicas = 3;
      specs_[d].pod.cpu_limit = 500;
      specs_[d].pod.memory_request = 64.0 * 1024 * 1024;
      deployments.push_back(
          {DeploymentId{d}, &specs_[d], {}, 1, 1, true, Progress::new_replica_set_available});
      deployments[d].status.desired = deployments[d].status.ready = 3;
      routers.emplace_back(fresh_);
      sets_.push_back({ReplicaSetId{d}, DeploymentId{d}, set_name(d), d, {}, 3, {3, 3, 3, 0}});
      add_pod(d);
    }
  }

  void add_pod(std::uint32_t deployment) {
    Pod& pod = pods_.emplace_back(fresh_);
    PodInfo& info = pod.facts.info;
    info.id = PodId{static_cast<std::uint32_t>(pods_.size() - 1)};
    info.name = set_name(deployment) + "-" + std::to_string(info.id.value) + "pods";
    info.deployment = DeploymentId{deployment};
    info.container = info.ready = info.listening = true;
    info.phase = PodPhase::ready;
    info.container_since = kTimeZero - std::chrono::hours(1);
    pod.facts.spec = &specs_[deployment];
    pod.facts.memory = 1e8;
    pod.facts.memory_limit = 2e8;
    pod.facts.workers = 8;
    pod.facts.cpu_share = 0.5;
    pod.facts.cores = 2;
    pod.facts.in_flight = 3;
  }
  Instruments& process(std::uint32_t pod) { return pods_[pod].process; }
  PodFacts& facts_of(std::uint32_t pod) { return pods_[pod].facts; }
  double& longest_of(std::uint32_t pod) { return pods_[pod].longest; }
  void restart(std::uint32_t pod, Time now) {
    pods_[pod].earlier += pods_[pod].process;
    pods_[pod].process = fresh_;
    pods_[pod].facts.info.container_since = now;
    ++pods_[pod].facts.info.restarts;
  }
  void remove(std::uint32_t pod) { pods_[pod].there = false; }

  std::vector<DeploymentInfo> deployments;
  std::vector<Instruments> routers;

  // InstrumentSource
  std::vector<PodTarget> pods() const override {
    std::vector<PodTarget> targets;
    for (const Pod& pod : pods_)
      if (pod.there) targets.push_back({pod.facts.info.id, pod.facts.info.deployment, 8});
    return targets;
  }
  std::vector<DeploymentId> routed_deployments() const override {
    return {DeploymentId{0}, DeploymentId{1}};
  }
  TargetNames names(PodId pod, DeploymentId deployment) const override {
    TargetNames names;
    names.name_space = "test";
    names.service = "podinfo";
    names.workload = names.upstream = specs_[deployment.index()].name;
    names.version = deployment.value == 0 ? "v1" : "v2";
    names.caller = "gateway";
    names.stable = deployment.value == 0;
    names.cpu_share = 0.5;
    names.conversion_value = 2.5;
    names.request_size = 500;
    names.response_size = 2000;
    if (!pod.valid()) return names;
    names.pod = pods_[pod.index()].facts.info.name;
    names.address = "10.244.0." + std::to_string(pod.value + 2);
    names.replica_set = set_name(deployment.value);
    names.hash = "6d5f8c9b7f";
    names.uid = "uid-" + std::to_string(pod.value);
    names.image = "podinfo:" + names.version;
    return names;
  }
  bool answers_scrape(PodId pod, EndpointKind) const override {
    return pods_[pod.index()].facts.info.container;
  }
  const Instruments& process(PodId pod) const override { return pods_[pod.index()].process; }
  const Instruments& earlier(PodId pod) const override { return pods_[pod.index()].earlier; }
  const Instruments& router(DeploymentId d) const override { return routers[d.index()]; }
  double in_flight(PodId pod) const override { return pods_[pod.index()].facts.in_flight; }
  std::vector<ReplicaSetInfo> replica_sets() const override { return sets_; }
  ReplicaSetInfo replica_set(ReplicaSetId id) const override { return sets_[id.index()]; }
  DeploymentInfo deployment(DeploymentId id) const override { return deployments[id.index()]; }
  PodFacts facts(PodId pod) const override { return pods_[pod.index()].facts; }
  double endpoints(DeploymentId) const override { return 3; }
  double longest(PodId pod, OutcomeSet outcomes) const override {
    return outcomes.has(0) ? pods_[pod.index()].longest : 0;
  }

 private:
  struct Pod {
    explicit Pod(const Instruments& fresh) : process(fresh), earlier(fresh) {}
    Instruments process;
    Instruments earlier;
    PodFacts facts;
    double longest = 0;
    bool there = true;
  };
  std::string set_name(std::uint32_t deployment) const {
    return specs_[deployment].name + "-6d5f8c9b7f";
  }

  Instruments fresh_;
  std::array<DeploymentSpec, 2> specs_;
  std::vector<ReplicaSetInfo> sets_;
  std::vector<Pod> pods_;
};

class DialectLab {
 public:
  explicit DialectLab(std::string_view name,
                      const MetricOptions& options = {},
                      TargetLabelStyle style = TargetLabelStyle::operator_)
      : dialect_(make(name, options)), bounds_(bounds_of(*dialect_)), source(bounds_) {
    Scraper::Settings settings;
    settings.dialects = {dialect_.get()};
    settings.target_labels = style;
    settings.bounds = bounds_;
    settings.prometheus = PromDialect::v2;  // `le` as the target writes it
    settings.phase_key = RandomKey{1};
    settings.loss_key = RandomKey{2};
    scraper_ = std::make_unique<Scraper>(sim, source, store, std::move(settings));
    scraper_->start();
  }

  /// Plays on until everything has been scraped once more.
  void scrape() { sim.advance_to(sim.now() + std::chrono::seconds(30)); }
  /// `n` requests that took `latency`, as the router and the pod see them.
  void serve(std::uint32_t pod, Outcome outcome, Duration latency, std::uint64_t n = 1) {
    const std::size_t bucket = bounds_.bucket_of(latency.count());
    const DeploymentId d = source.facts_of(pod).info.deployment;
    for (; n > 0; --n) {
      source.process(pod).observe(outcome, bucket, latency.count());
      source.process(pod).busy_ns += latency.count();
      source.routers[d.index()].observe(outcome, bucket, latency.count());
    }
  }
  /// The one number a query gives; NaN where it gives none or several.
  double ask(const std::string& text) const {
    const promql::Options old{.dialect = PromDialect::v2};
    const promql::Value value =
        promql::Query::parse(text, old).instant(store, to_timestamp(sim.now()));
    return value.series.size() == 1 ? value.series.front().points.front().value : std::nan("");
  }
  std::size_t count(const std::string& selector) const {
    const double n = ask("count(" + selector + ")");
    return std::isnan(n) ? 0 : static_cast<std::size_t>(n);
  }
  /// The one series that a selector names; none where there is none.
  StoredSeries series(const std::string& selector) const {
    const auto query = promql::Query::parse(selector);
    const auto found = store.select(query.selectors().at(0));
    return found.size() == 1 ? found.front() : StoredSeries{};
  }
  exposition::Page page() const {
    const auto families = dialect_->families();
    return exposition::page_at(store, families, to_timestamp(sim.now()));
  }
  const MetricDialect& dialect() const { return *dialect_; }

 private:
  class Borrowed final : public MetricDialect {
   public:
    explicit Borrowed(const MetricDialect& lent) : lent_(lent) {}
    std::string_view name() const override { return lent_.name(); }
    std::vector<MetricFamily> families() const override { return lent_.families(); }
    std::vector<Duration> bounds() const override { return lent_.bounds(); }
    bool observes(EndpointKind endpoint) const override { return lent_.observes(endpoint); }
    void expose(const Exposure& at, std::vector<ExposedSeries>& series) const override {
      lent_.expose(at, series);
    }

   private:
    const MetricDialect& lent_;
  };
  static std::unique_ptr<const MetricDialect> make(std::string_view name,
                                                   const MetricOptions& options) {
    const DialectType* type = find_dialect_type(name);
    if (type->make != nullptr) return type->make(options);
    return std::make_unique<Borrowed>(name == "istio" ? istio_dialect() : application_dialect());
  }
  static LatencyBounds bounds_of(const MetricDialect& dialect) {
    const std::vector<Duration> own = dialect.bounds();
    return own.empty() ? LatencyBounds() : LatencyBounds(own);
  }

  std::unique_ptr<const MetricDialect> dialect_;
  LatencyBounds bounds_;

 public:
  Simulation sim;
  LabSource source;
  SeriesStore store;

 private:
  std::unique_ptr<Scraper> scraper_;
};

}  // namespace coalmine

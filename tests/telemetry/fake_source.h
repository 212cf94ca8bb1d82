/// Instruments a test turns by hand, a dialect that shows them, and the laboratory in which they
/// are scraped.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/scraper.h"

namespace coalmine {

/// Shows at every endpoint `requests_total` by `code`, the histogram `latency_seconds` of what was
/// answered and `busy_seconds_total`; of a process also the gauge `in_flight`. Labels: `job`,
/// `instance` ("gateway", "pod-0", "pod-0:app"), `deployment` ("d0") and, if there are any,
/// `segment`.
class FakeDialect final : public MetricDialect {
 public:
  explicit FakeDialect(bool by_segment = false) : by_segment_(by_segment) {}
  std::string_view name() const override { return "fake"; }
  std::vector<MetricFamily> families() const override { return {}; }
  std::vector<Duration> bounds() const override {
    return {std::chrono::milliseconds(10), std::chrono::milliseconds(100)};
  }
  bool by_segment() const override { return by_segment_; }
  bool observes(EndpointKind endpoint) const override {
    return endpoint == EndpointKind::router || endpoint == EndpointKind::sidecar ||
           endpoint == EndpointKind::process;
  }
  void expose(const Exposure& at, std::vector<ExposedSeries>& series) const override {
    const TargetNames& target = at.target;
    const bool router = target.endpoint == EndpointKind::router;
    const bool process = target.endpoint == EndpointKind::process;
    const Labels common{{"job", target.service},
                        {"instance", router ? target.caller : target.pod + (process ? ":app" : "")},
                        {"deployment", target.workload},
                        {"segment", target.segment}};
    const auto with_code = [&](const char* code) {
      Labels labels = common;
      labels.set("code", code);
      return std::make_shared<const Labels>(std::move(labels));
    };
    const auto plain = std::make_shared<const Labels>(common);
    series.push_back(
        {"requests_total", {}, with_code("200"), {Quantity::requests, {Outcome::ok}}, true});
    series.push_back(
        {"requests_total", {}, with_code("500"), {Quantity::requests, {Outcome::error}}});
    static const HistogramNames kLatency("latency_seconds");
    expose_histogram(kLatency, plain, {Outcome::ok, Outcome::error}, 1, at, series);
    series.push_back({"busy_seconds_total", {}, plain, {Quantity::busy_seconds}});
    if (process) series.push_back({"in_flight", {}, plain, {Quantity::in_flight}, true});
  }

 private:
  bool by_segment_;
};

class FakeSource final : public InstrumentSource {
 public:
  static inline const LatencyBounds kBounds{std::vector<Duration>{std::chrono::milliseconds(10),
                                                                  std::chrono::milliseconds(50),
                                                                  std::chrono::milliseconds(100)}};

  std::vector<PodTarget> pods() const override { return pods_; }
  std::vector<DeploymentId> routed_deployments() const override { return deployments_; }
  TargetNames names(PodId pod, DeploymentId deployment) const override {
    TargetNames names;
    names.service = "shop";
    names.workload = "d" + std::to_string(deployment.value);
    names.version = "v1";
    names.caller = "gateway";
    if (pod.valid()) names.pod = "pod-" + std::to_string(pod.value);
    return names;
  }
  bool answers_scrape(PodId pod, EndpointKind endpoint) const override {
    return !dead_.contains({pod, endpoint});
  }
  const Instruments& process(PodId pod) const override { return counters_.at(pod).first; }
  const Instruments& earlier(PodId pod) const override { return counters_.at(pod).second; }
  const Instruments& router(DeploymentId d) const override { return routers_.at(d); }
  const std::vector<std::string>& segments() const override { return segments_; }
  const Instruments& router(DeploymentId d, std::size_t segment) const override {
    return segment_routers_.at({d, segment});
  }
  double in_flight(PodId) const override { return 3; }
  const std::vector<ScrapeEffect>& disturbances(PodId pod, DeploymentId d) const override {
    const auto one = of_router_.find(d);
    return pod.valid() || one == of_router_.end() ? disturbances_ : one->second;
  }

  Instruments& add_router(std::uint32_t deployment) {
    deployments_.push_back(DeploymentId{deployment});
    for (std::size_t s = 0; s <= segments_.size(); ++s)
      segment_routers_.emplace(std::pair(DeploymentId{deployment}, s), fresh());
    return routers_.emplace(DeploymentId{deployment}, fresh()).first->second;
  }
  Instruments& add_pod(std::uint32_t pod, std::uint32_t deployment) {
    pods_.push_back({PodId{pod}, DeploymentId{deployment}, 8});
    return counters_.emplace(PodId{pod}, std::pair(fresh(), fresh())).first->second.first;
  }
  void remove_pod(std::uint32_t pod) {
    std::erase_if(pods_, [&](const PodTarget& p) { return p.pod == PodId{pod}; });
  }
  void restart(std::uint32_t pod) {
    auto& [process, earlier] = counters_.at(PodId{pod});
    earlier += process;
    process = fresh();
  }
  void disturb(const ScrapeEffect& effect) { disturbances_.push_back(effect); }
  void disturb_router(std::uint32_t deployment, const ScrapeEffect& effect) {
    of_router_[DeploymentId{deployment}].push_back(effect);
  }
  void set_dead(std::uint32_t pod, EndpointKind endpoint, bool dead) {
    if (dead) {
      dead_[{PodId{pod}, endpoint}] = true;
    } else {
      dead_.erase({PodId{pod}, endpoint});
    }
  }
  /// Before the first router.
  void set_segments(std::vector<std::string> names) { segments_ = std::move(names); }
  Instruments& segment(std::uint32_t deployment, std::size_t segment) {
    return segment_routers_.at({DeploymentId{deployment}, segment});
  }

 private:
  static Instruments fresh() { return Instruments(kBounds.buckets()); }

  std::vector<PodTarget> pods_;
  std::vector<DeploymentId> deployments_;
  std::map<PodId, std::pair<Instruments, Instruments>> counters_;
  std::map<DeploymentId, Instruments> routers_;
  std::map<std::pair<DeploymentId, std::size_t>, Instruments> segment_routers_;
  std::map<std::pair<PodId, EndpointKind>, bool> dead_;
  std::vector<std::string> segments_;
  std::vector<ScrapeEffect> disturbances_;
  std::map<DeploymentId, std::vector<ScrapeEffect>> of_router_;
};

/// `n` requests of that outcome, each of that latency.
inline void observe(Instruments& counters, Outcome outcome, Duration latency, std::uint64_t n = 1) {
  for (; n > 0; --n)
    counters.observe(outcome, FakeSource::kBounds.bucket_of(latency.count()), latency.count());
}

/// A fake source, scraped into a store that is asked in PromQL.
struct Laboratory {
  explicit Laboratory(Time from = kTimeZero) : sim(from) {
    settings.dialects = {&dialect};
    settings.bounds = FakeSource::kBounds;
    settings.phase_key = RandomKey{11};
    settings.loss_key = RandomKey{12};
  }
  void start() {
    scraper.emplace(sim, source, store, settings);
    scraper->start();
  }

  /// The one series that a selector names; nothing where there is none.
  StoredSeries series(const std::string& selector) const {
    const auto query = promql::Query::parse(selector);
    const auto found = store.select(query.selectors().at(0));
    return found.size() == 1 ? found.front() : StoredSeries{};
  }
  std::vector<Timestamp> times(const std::string& selector) const {
    const StoredSeries found = series(selector);
    return {found.times.begin(), found.times.end()};
  }
  std::vector<double> values(const std::string& selector) const {
    const StoredSeries found = series(selector);
    return {found.values.begin(), found.values.end()};
  }
  /// The one number that a query gives now, or at `at`.
  std::optional<double> ask(const std::string& text, std::optional<Time> at = {}) const {
    const promql::Value value =
        promql::Query::parse(text).instant(store, to_timestamp(at.value_or(sim.now())));
    if (value.series.size() != 1) return std::nullopt;
    return value.series.front().points.front().value;
  }

  FakeDialect dialect;
  Simulation sim;
  FakeSource source;
  SeriesStore store;
  Scraper::Settings settings;
  std::optional<Scraper> scraper;
};

}  // namespace coalmine

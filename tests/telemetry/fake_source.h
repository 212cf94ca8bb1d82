/// Instruments a test turns by hand.
#pragma once

#include <map>
#include <vector>

#include "sim/kernel/assert.h"
#include "sim/telemetry/scraper.h"

namespace coalmine {

class FakeSource final : public InstrumentSource {
 public:
  std::vector<PodTarget> pods() const override { return pods_; }
  std::vector<DeploymentId> routed_deployments() const override { return deployments_; }
  bool answers_scrape(PodId pod) const override { return !dead_.contains(pod); }
  const Instruments& pod(PodId pod) const override { return pod_counters_.at(pod); }
  const Instruments& router(DeploymentId d) const override { return router_counters_.at(d); }
  double pod_in_flight(PodId) const override { return 3; }
  double router_in_flight(DeploymentId) const override { return 4; }
  const std::vector<ScrapeEffect>& disturbances(PodId, DeploymentId) const override {
    return disturbances_;
  }

  Instruments& add_router(std::uint32_t deployment) {
    deployments_.push_back(DeploymentId{deployment});
    return router_counters_[DeploymentId{deployment}];
  }
  Instruments& add_pod(std::uint32_t pod, std::uint32_t deployment, double workers) {
    pods_.push_back({PodId{pod}, DeploymentId{deployment}, workers});
    return pod_counters_[PodId{pod}];
  }
  void remove_pod(std::uint32_t pod) {
    std::erase_if(pods_, [&](const PodTarget& p) { return p.pod == PodId{pod}; });
  }
  void disturb(const ScrapeEffect& effect) { disturbances_.push_back(effect); }
  void set_dead(std::uint32_t pod, bool dead) {
    if (dead) {
      dead_[PodId{pod}] = true;
    } else {
      dead_.erase(PodId{pod});
    }
  }
  Instruments& router_counters(std::uint32_t d) { return router_counters_.at(DeploymentId{d}); }
  Instruments& pod_counters(std::uint32_t p) { return pod_counters_.at(PodId{p}); }

 private:
  std::vector<PodTarget> pods_;
  std::vector<DeploymentId> deployments_;
  std::map<PodId, Instruments> pod_counters_;
  std::map<DeploymentId, Instruments> router_counters_;
  std::map<PodId, bool> dead_;
  std::vector<ScrapeEffect> disturbances_;
};

}  // namespace coalmine

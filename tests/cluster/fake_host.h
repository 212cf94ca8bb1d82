/// Stands for whoever carries the requests: remembers what the cluster tells it, and answers as the
/// test wants.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/cluster/cluster.h"
#include "sim/kernel/assert.h"

namespace coalmine {

class FakeHost final : public PodHost {
 public:
  enum class What { created, started, stops_accepting, ended };
  struct Call {
    Time time;
    What what;
    PodId pod;
  };
  struct Applied {
    Time time;
    BackendId backend;
    std::vector<PodId> pods;
  };

  explicit FakeHost(const Simulation& simulation) : simulation_(simulation) {}

  std::vector<Call> calls;
  std::vector<Applied> applied;
  std::vector<VersionId> version_of;  ///< by pod
  std::function<bool(PodId, bool liveness)> answers = [](PodId, bool) { return true; };
  std::function<bool(PodId)> is_idle = [](PodId) { return true; };
  std::function<std::optional<Duration>(PodId)> crashes_after = [](PodId) {
    return std::optional<Duration>();
  };

  void pod_created(PodId pod, ServiceId, DeploymentId, VersionId version) override {
    CM_ASSERT(pod.index() == version_of.size());
    version_of.push_back(version);
    listening_.push_back(false);
    note(What::created, pod);
  }
  std::optional<Duration> process_started(PodId pod, bool) override {
    CM_ASSERT(!listening_.at(pod.index()));
    listening_[pod.index()] = true;
    note(What::started, pod);
    return crashes_after(pod);
  }
  void stops_accepting(PodId pod) override {
    CM_ASSERT(listening_.at(pod.index()));
    note(What::stops_accepting, pod);
  }
  bool idle(PodId pod) override { return is_idle(pod); }
  void process_ended(PodId pod) override {
    CM_ASSERT(listening_.at(pod.index()));
    listening_[pod.index()] = false;
    note(What::ended, pod);
  }
  void endpoints_applied(BackendId backend, std::span<const PodId> pods) override {
    CM_ASSERT(std::is_sorted(pods.begin(), pods.end()));
    applied.push_back({simulation_.now(), backend, {pods.begin(), pods.end()}});
  }
  bool answers_probe(PodId pod, bool liveness) override {
    CM_ASSERT(listening_.at(pod.index()));
    return answers(pod, liveness);
  }

  /// When something first happened to a pod.
  std::optional<Time> when(What what, PodId pod) const {
    for (const Call& call : calls)
      if (call.what == what && call.pod == pod) return call.time;
    return std::nullopt;
  }
  int count(What what, PodId pod) const {
    return static_cast<int>(std::count_if(calls.begin(), calls.end(), [&](const Call& call) {
      return call.what == what && call.pod == pod;
    }));
  }
  /// When the pod was last taken out of a backend's endpoints.
  std::optional<Time> removed(BackendId backend, PodId pod) const {
    std::optional<Time> at;
    bool was_in = false;
    for (const Applied& a : applied) {
      if (a.backend != backend) continue;
      const bool in = std::find(a.pods.begin(), a.pods.end(), pod) != a.pods.end();
      if (was_in && !in) at = a.time;
      was_in = in;
    }
    return at;
  }

 private:
  void note(What what, PodId pod) { calls.push_back({simulation_.now(), what, pod}); }
  const Simulation& simulation_;
  std::vector<bool> listening_;
};

/// A cluster with a fake host, its events kept. Delays as given; fixed() ones are easy to compute
/// with: pods run after 1 s, the relist takes 0.5 s, d1 = 0.1 s, d2 = 0.2 s, d3 = 0.5 s.
class ClusterWorld {
 public:
  static ClusterSettings fixed() {
    using namespace std::chrono_literals;
    ClusterSettings s;
    s.pod_start = always(1s);
    s.image_pull = always(20s);
    s.container_start = always(500ms);
    s.relist = always(500ms);
    s.delete_notice = always(100ms);
    s.endpoint_update = always(200ms);
    s.proxy_apply = always(500ms);
    s.reconcile_delay = 20ms;
    s.api_call = 10ms;
    return s;
  }
  static WorkloadSpec workload(int replicas) {
    using namespace std::chrono_literals;
    WorkloadSpec w;
    w.service = ServiceId{0};
    w.deployment.name = "app";
    w.deployment.replicas = replicas;
    w.deployment.pod.version = VersionId{1};
    w.deployment.pod.readiness.present = true;
    w.deployment.pod.readiness.period = 1s;
    w.process_start = always(2s);
    return w;
  }
  static PodTemplate with_version(PodTemplate pod, std::uint32_t version) {
    pod.version = VersionId{version};
    return pod;
  }

  explicit ClusterWorld(ClusterSettings settings = fixed(), std::uint64_t seed = 1)
      : host(simulation),
        cluster(
            simulation,
            host,
            [this](const Event& e) { events.push_back(e); },
            std::move(settings),
            [seed](std::string_view purpose) { return make_key(seed, 0, purpose); }) {}

  void play(Duration length) { simulation.advance_to(simulation.now() + length); }
  int count(const std::string& reason) const {
    return static_cast<int>(std::count_if(
        events.begin(), events.end(), [&](const Event& e) { return e.reason == reason; }));
  }
  std::vector<Time> times_of(const std::string& reason) const {
    std::vector<Time> times;
    for (const Event& e : events)
      if (e.reason == reason) times.push_back(e.time);
    return times;
  }

  Simulation simulation;
  FakeHost host;
  std::vector<Event> events;
  Cluster cluster;
};

}  // namespace coalmine

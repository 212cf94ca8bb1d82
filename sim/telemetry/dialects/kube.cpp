// kube-state-metrics (specs/metric-dialects.md section 8): the objects of the API server as they
// are at the scrape. What was otherwise in between shows in restarts_total at most. Labels are
// honored: `pod` and `namespace` are the object's.

#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "sim/cluster/int_or_percent.h"
#include "sim/telemetry/dialects/process_facts.h"
#include "sim/telemetry/dialects/registry.h"
#include "sim/telemetry/dialects/target_labels.h"

namespace coalmine {
namespace {

using process_facts::level;

const double kNotShown = std::nan("");

constexpr double shown(bool yes) {
  return yes ? 1 : 0;
}

// ---- Deployments

struct DeploymentGauge {
  const char* name;
  FactReader read;
  const char* help;
};

int surge(const DeploymentSpec& spec, bool unavailable) {
  const Fenceposts posts = fenceposts(spec.max_surge, spec.max_unavailable, spec.replicas);
  return unavailable ? posts.unavailable : posts.surge;
}

const DeploymentGauge kDeployment[] = {
    {"kube_deployment_spec_replicas",
     [](const Facts& f, std::size_t) -> double { return f.deployment->status.desired; },
     "Pods wanted."},
    {"kube_deployment_status_replicas",
     [](const Facts& f, std::size_t) -> double { return f.deployment->status.replicas; },
     "Pods that are there."},
    {"kube_deployment_status_replicas_ready",
     [](const Facts& f, std::size_t) -> double { return f.deployment->status.ready; },
     "Pods that are ready."},
    {"kube_deployment_status_replicas_available",
     [](const Facts& f, std::size_t) -> double { return f.deployment->status.available; },
     "Pods that are available."},
    {"kube_deployment_status_replicas_unavailable",
     [](const Facts& f, std::size_t) -> double { return f.deployment->status.unavailable; },
     "Pods that are missing."},
    {"kube_deployment_status_replicas_updated",
     [](const Facts& f, std::size_t) -> double { return f.deployment->status.updated; },
     "Pods of the latest template."},
    {"kube_deployment_status_observed_generation",
     [](const Facts& f, std::size_t) {
       return static_cast<double>(f.deployment->observed_generation);
     },
     "Generation that the controller has seen."},
    {"kube_deployment_metadata_generation",
     [](const Facts& f, std::size_t) { return static_cast<double>(f.deployment->generation); },
     "Generation of the spec."},
    {"kube_deployment_spec_paused",
     [](const Facts& f, std::size_t) { return shown(f.deployment->spec->paused); },
     "Whether it is paused."},
    {"kube_deployment_spec_strategy_rollingupdate_max_surge",
     [](const Facts& f, std::size_t) -> double {
       const DeploymentSpec& spec = *f.deployment->spec;
       return spec.strategy == DeploymentStrategy::recreate ? kNotShown : surge(spec, false);
     },
     "Pods above the wanted that a rolling update may have."},
    {"kube_deployment_spec_strategy_rollingupdate_max_unavailable",
     [](const Facts& f, std::size_t) -> double {
       const DeploymentSpec& spec = *f.deployment->spec;
       return spec.strategy == DeploymentStrategy::recreate ? kNotShown : surge(spec, true);
     },
     "Pods below the wanted that a rolling update may have."},
};

constexpr std::array<const char*, 3> kStatuses{"true", "false", "unknown"};
constexpr std::array<const char*, 2> kAvailability{"MinimumReplicasAvailable",
                                                   "MinimumReplicasUnavailable"};
constexpr std::array<Progress, 7> kProgress{Progress::new_replica_set_created,
                                            Progress::found_new_replica_set,
                                            Progress::replica_set_updated,
                                            Progress::new_replica_set_available,
                                            Progress::deadline_exceeded,
                                            Progress::paused,
                                            Progress::resumed};

/// 1 for the status that holds, and nothing for a reason that does not. `index`: three statuses of
/// each reason.
double available_condition(const Facts& f, std::size_t index) {
  const bool yes = f.deployment->available;
  if ((index / 3 == 0) != yes) return kNotShown;
  return shown(index % 3 == (yes ? 0U : 1U));
}

double progressing_condition(const Facts& f, std::size_t index) {
  const Progress now = f.deployment->progress;
  if (kProgress[index / 3] != now) return kNotShown;
  const bool unknown = now == Progress::paused || now == Progress::resumed;
  return shown(index % 3 == (unknown ? 2U : now == Progress::deadline_exceeded ? 1U : 0U));
}

// ---- pods

enum class Waits { creating, backing_off, no };

bool never_started(const PodInfo& pod) {
  return pod.container_since == kNever;
}
Waits waits(const PodInfo& pod) {
  if (never_started(pod)) return Waits::creating;
  return !pod.container && pod.backing_off ? Waits::backing_off : Waits::no;
}

constexpr std::array<const char*, 5> kPhases{
    "Pending", "Running", "Succeeded", "Failed", "Unknown"};
constexpr std::array<std::pair<const char*, Waits>, 2> kWaiting{
    {{"ContainerCreating", Waits::creating}, {"CrashLoopBackOff", Waits::backing_off}}};
constexpr std::array<std::pair<const char*, Exit>, 3> kTerminated{
    {{"OOMKilled", Exit::out_of_memory}, {"Error", Exit::error}, {"Completed", Exit::completed}}};

double phase(const Facts& f, std::size_t index) {
  return shown(index == (never_started(f.pod->info) ? 0U : 1U));
}
double ready_condition(const Facts& f, std::size_t index) {
  return shown(index == (f.pod->info.ready ? 0U : 1U));
}
double waiting_reason(const Facts& f, std::size_t index) {
  return waits(f.pod->info) == kWaiting[index].second ? 1 : kNotShown;
}
double last_terminated(const Facts& f, std::size_t index) {
  return f.pod->info.last_exit == kTerminated[index].second ? 1 : kNotShown;
}
double above_zero(double amount) {
  return amount > 0 ? amount : kNotShown;
}
double one(const Facts&, std::size_t) {
  return 1;
}

struct ContainerGauge {
  const char* name;
  FactReader read;
  const char* help;
  const char* type = "gauge";
};
const ContainerGauge kContainer[] = {
    {"kube_pod_container_status_restarts_total",
     [](const Facts& f, std::size_t) -> double { return f.pod->info.restarts; },
     "Restarts of the container.",
     "counter"},
    {"kube_pod_container_status_ready",
     [](const Facts& f, std::size_t) { return shown(f.pod->info.ready); },
     "Whether it is ready."},
    {"kube_pod_container_status_running",
     [](const Facts& f, std::size_t) { return shown(f.pod->info.container); },
     "Whether it runs."},
    {"kube_pod_container_status_waiting",
     [](const Facts& f, std::size_t) { return shown(waits(f.pod->info) != Waits::no); },
     "Whether it waits to be started."},
    {"kube_pod_container_status_terminated",
     [](const Facts& f, std::size_t) {
       return shown(!f.pod->info.container && waits(f.pod->info) == Waits::no);
     },
     "Whether it has ended."},
};

struct Resource {
  const char* name;
  const char* resource;
  const char* unit;
  FactReader read;
};
const Resource kResources[] = {
    {"kube_pod_container_resource_requests",
     "cpu",
     "core",
     [](const Facts& f, std::size_t) { return above_zero(f.pod->spec->pod.cpu_request / 1000); }},
    {"kube_pod_container_resource_requests",
     "memory",
     "byte",
     [](const Facts& f, std::size_t) { return above_zero(f.pod->spec->pod.memory_request); }},
    {"kube_pod_container_resource_limits",
     "cpu",
     "core",
     [](const Facts& f, std::size_t) { return above_zero(f.pod->spec->pod.cpu_limit / 1000); }},
    {"kube_pod_container_resource_limits",
     "memory",
     "byte",
     [](const Facts& f, std::size_t) { return above_zero(f.pod->memory_limit); }},
};

// ---- the dialect

class Kube final : public MetricDialect {
 public:
  std::string_view name() const override { return "kube"; }
  std::vector<MetricFamily> families() const override {
    std::vector<MetricFamily> all;
    for (const DeploymentGauge& g : kDeployment) all.push_back({g.name, "gauge", g.help});
    for (const ContainerGauge& g : kContainer) all.push_back({g.name, g.type, g.help});
    const std::pair<const char*, const char*> others[] = {
        {"kube_deployment_status_condition", "Conditions of a Deployment."},
        {"kube_replicaset_spec_replicas", "Pods wanted."},
        {"kube_replicaset_status_replicas", "Pods that are there."},
        {"kube_replicaset_status_ready_replicas", "Pods that are ready."},
        {"kube_replicaset_owner", "Whose ReplicaSet it is."},
        {"kube_pod_info", "A pod, and where it is."},
        {"kube_pod_owner", "Whose pod it is."},
        {"kube_pod_status_phase", "The phase of a pod."},
        {"kube_pod_status_ready", "Whether it is ready."},
        {"kube_pod_container_status_waiting_reason", "Why a container waits to be started."},
        {"kube_pod_container_status_last_terminated_reason", "How the container before ended."},
        {"kube_pod_container_resource_requests", "Resources that were requested."},
        {"kube_pod_container_resource_limits", "Resources that may be used."},
    };
    for (const auto& [family, help] : others) all.push_back({family, "gauge", help});
    for (const char* created : {"kube_replicaset_created", "kube_pod_created"})
      all.push_back({created, "gauge", "When it was created.", "", true});
    return all;
  }
  bool observes(EndpointKind endpoint) const override { return endpoint == EndpointKind::cluster; }
  void expose(const Exposure& at, std::vector<ExposedSeries>& series) const override {
    Page page(at, series);
    if (at.about.deployment) page.deployment();
    if (at.about.replica_set) page.replica_set();
    if (at.about.pod) page.pod();
  }

 private:
  class Page {
   public:
    Page(const Exposure& at, std::vector<ExposedSeries>& series)
        : names_(at.target), about_(at.about), series_(series) {}

    void deployment() {
      object_ = Labels{{"deployment", names_.workload}};
      for (const DeploymentGauge& g : kDeployment) add(g.name, {}, g.read);
      const auto condition =
          [&](const char* type, const char* reason, FactReader read, std::size_t nth) {
            for (std::size_t i = 0; i < kStatuses.size(); ++i)
              add("kube_deployment_status_condition",
                  {{"condition", type}, {"reason", reason}, {"status", kStatuses[i]}},
                  read,
                  nth * kStatuses.size() + i);
          };
      for (std::size_t i = 0; i < kAvailability.size(); ++i)
        condition("Available", kAvailability[i], available_condition, i);
      for (std::size_t i = 0; i < kProgress.size(); ++i)
        condition("Progressing", to_text(kProgress[i]), progressing_condition, i);
    }

    void replica_set() {
      object_ = Labels{{"replicaset", about_.replica_set->name}};
      add("kube_replicaset_spec_replicas", {}, [](const Facts& f, std::size_t) -> double {
        return f.replica_set->desired;
      });
      add("kube_replicaset_status_replicas", {}, [](const Facts& f, std::size_t) -> double {
        return f.replica_set->status.replicas;
      });
      add("kube_replicaset_status_ready_replicas", {}, [](const Facts& f, std::size_t) -> double {
        return f.replica_set->status.ready;
      });
      add("kube_replicaset_created", {}, [](const Facts& f, std::size_t) {
        return to_seconds(f.replica_set->created - kTimeZero);
      });
      add("kube_replicaset_owner", owner("Deployment", names_.workload), one);
    }

    void pod() {
      object_ = Labels{{"pod", names_.pod}, {"uid", names_.uid}};
      add("kube_pod_info",
          {{"created_by_kind", "ReplicaSet"},
           {"created_by_name", names_.replica_set},
           {"host_ip", kNodeAddress},
           {"host_network", "false"},
           {"node", kNodeName},
           {"pod_ip", names_.address}},
          one);
      add("kube_pod_owner", owner("ReplicaSet", names_.replica_set), one);
      add("kube_pod_created", {}, [](const Facts& f, std::size_t) {
        return to_seconds(f.pod->info.created - kTimeZero);
      });
      for (std::size_t i = 0; i < kPhases.size(); ++i)
        add("kube_pod_status_phase", {{"phase", kPhases[i]}}, phase, i);
      for (std::size_t i = 0; i < kStatuses.size(); ++i)
        add("kube_pod_status_ready", {{"condition", kStatuses[i]}}, ready_condition, i);
      object_.set("container", names_.service);
      for (const ContainerGauge& g : kContainer) add(g.name, {}, g.read);
      for (std::size_t i = 0; i < kWaiting.size(); ++i)
        add("kube_pod_container_status_waiting_reason",
            {{"reason", kWaiting[i].first}},
            waiting_reason,
            i);
      for (std::size_t i = 0; i < kTerminated.size(); ++i)
        add("kube_pod_container_status_last_terminated_reason",
            {{"reason", kTerminated[i].first}},
            last_terminated,
            i);
      for (const Resource& r : kResources)
        add(r.name, {{"node", kNodeName}, {"resource", r.resource}, {"unit", r.unit}}, r.read);
    }

   private:
    static Labels owner(const char* kind, const std::string& name) {
      return {{"owner_is_controller", "true"}, {"owner_kind", kind}, {"owner_name", name}};
    }

    void add(const char* name, const Labels& more, FactReader read, std::size_t index = 0) {
      Labels labels = object_;
      labels.set("namespace", names_.name_space);
      for (const Label& label : more) labels.set(label.name, label.value);
      labels.set("job", "kube-state-metrics");
      labels.set("instance", "10.244.255.1:8080");
      series_.push_back(
          {name, {}, std::make_shared<const Labels>(std::move(labels)), level(read, index)});
    }

    const TargetNames& names_;
    const Facts& about_;
    std::vector<ExposedSeries>& series_;
    Labels object_;
  };
};

}  // namespace

std::unique_ptr<const MetricDialect> make_kube(const MetricOptions&) {
  return std::make_unique<Kube>();
}

}  // namespace coalmine

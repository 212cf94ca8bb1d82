#include "sim/scenario/world_instruments.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "sim/kernel/assert.h"

namespace coalmine {

WorldInstruments::WorldInstruments(World& world) : world_(world) {
  for (const UserSegment& s : world.scenario().traffic.segments) segments_.push_back(s.name);
}

std::vector<InstrumentSource::PodTarget> WorldInstruments::pods() const {
  std::vector<PodTarget> targets;
  for (const PodInfo& pod : world_.cluster->pods())
    if (pod.present())
      targets.push_back(
          {pod.id, pod.deployment, static_cast<double>(world_.data_plane->workers(pod.id))});
  return targets;
}

std::vector<DeploymentId> WorldInstruments::routed_deployments() const {
  std::set<DeploymentId> seen;
  for (const PodInfo& pod : world_.cluster->pods()) seen.insert(pod.deployment);
  return {seen.begin(), seen.end()};
}

TargetNames WorldInstruments::names(PodId pod, DeploymentId deployment) const {
  if (!pod.valid()) return names_of(deployment, world_.cluster->spec(deployment).pod.version);
  const PodInfo& info = world_.cluster->pod(pod);
  TargetNames names = names_of(deployment, info.version);
  const ReplicaSetInfo replica_set = world_.cluster->replica_set(info.replica_set);
  names.pod = info.name;
  names.address = fmt::format("10.244.{}.{}", info.id.value / 250, info.id.value % 250 + 2);
  names.replica_set = replica_set.name;
  names.hash = hash_text(replica_set.template_hash);
  names.uid = fmt::format("{:08x}-{:04x}-4{:03x}-8000-00{:010x}",
                          info.uid >> 32,
                          (info.uid >> 16) & 0xffff,
                          info.uid & 0xfff,
                          info.id.value);
  names.image = world_.cluster->spec(deployment).pod.image;
  if (names.image.empty()) names.image = names.service + ":" + names.version;
  names.cpu_share = world_.data_plane->service(info.service).cpu_share;
  return names;
}

bool WorldInstruments::answers_scrape(PodId pod, EndpointKind endpoint) const {
  if (endpoint == EndpointKind::process) return world_.data_plane->listening(pod);
  const PodInfo& info = world_.cluster->pod(pod);
  return info.present() && info.phase != PodPhase::pending;
}

const Instruments& WorldInstruments::process(PodId pod) const {
  world_.data_plane->settle(pod);
  const TrafficCounts* from = landmark();
  return read({world_.simulation.now(), pod, {}, {}},
              world_.data_plane->pod_instruments(pod),
              from && pod.index() < from->pods.size() ? &from->pods[pod.index()] : nullptr);
}

const Instruments& WorldInstruments::earlier(PodId pod) const {
  return world_.data_plane->earlier_instruments(pod);
}

const Instruments& WorldInstruments::router(DeploymentId deployment) const {
  settle();
  const TrafficCounts* from = landmark();
  const std::size_t i = deployment.index();
  return read({world_.simulation.now(), {}, deployment, {}},
              world_.data_plane->router_instruments(deployment),
              from && i < from->routers.size() ? &from->routers[i] : nullptr);
}

double WorldInstruments::in_flight(PodId pod) const {
  return world_.data_plane->in_flight(pod);
}

const std::vector<std::string>& WorldInstruments::segments() const {
  return segments_;
}

const Instruments& WorldInstruments::router(DeploymentId deployment, std::size_t segment) const {
  settle();
  const auto place =
      segment < segments().size() ? static_cast<std::uint8_t>(segment) : Users::kNoSegment;
  const TrafficCounts* from = landmark();
  return read({world_.simulation.now(), {}, deployment, segment},
              world_.data_plane->router_instruments(deployment, place),
              from ? segment_router(from->segment_routers, deployment, place) : nullptr);
}

std::vector<ReplicaSetInfo> WorldInstruments::replica_sets() const {
  return world_.cluster->replica_sets();
}

ReplicaSetInfo WorldInstruments::replica_set(ReplicaSetId id) const {
  return world_.cluster->replica_set(id);
}

DeploymentInfo WorldInstruments::deployment(DeploymentId id) const {
  return world_.cluster->info(id);
}

PodFacts WorldInstruments::facts(PodId pod) const {
  PodFacts facts;
  facts.info = world_.cluster->pod(pod);
  facts.spec = &world_.cluster->spec(facts.info.deployment);
  const ServiceModel& service = world_.data_plane->service(facts.info.service);
  const PodSettings& settings = world_.scenario().service_at(facts.info.service.index()).pod;
  facts.memory = std::max(settings.memory, world_.data_plane->leaked_memory(pod));
  facts.memory_limit = facts.spec->pod.process_memory_limit;
  facts.in_flight = world_.data_plane->in_flight(pod);
  facts.workers = service.workers;
  facts.cpu_share = service.cpu_share;
  facts.cores = service.cores;
  return facts;
}

double WorldInstruments::endpoints(DeploymentId deployment) const {
  const std::optional<BackendId> own = own_backend(deployment);
  if (!own) return 0;
  return static_cast<double>(world_.cluster->endpoints(*own).size());
}

double WorldInstruments::longest(PodId pod, OutcomeSet outcomes) const {
  world_.data_plane->settle(pod);
  double most = 0;
  for (std::size_t o = 0; o < kOutcomes; ++o)
    if (outcomes.has(o)) most = std::max(most, world_.data_plane->longest_latency(pod, o));
  return most;
}

const std::vector<ScrapeEffect>& WorldInstruments::disturbances(PodId pod,
                                                                DeploymentId deployment) const {
  const VersionId version =
      pod.valid() ? world_.cluster->pod(pod).version : world_.cluster->spec(deployment).pod.version;
  return world_.data_plane->version(version).effects.scrapes;
}

TargetNames WorldInstruments::names_of(DeploymentId deployment, VersionId version) const {
  const Scenario& scenario = world_.scenario();
  const ServiceId service = world_.data_plane->version(version).service;
  TargetNames names;
  names.service = scenario.service_at(service.index()).name;
  names.workload = world_.cluster->spec(deployment).name;
  names.version = version == world_.old_version   ? scenario.release.from
                  : version == world_.new_version ? scenario.release.version
                                                  : "v1";
  names.outside = service == World::kReleased;
  names.caller = names.outside ? "istio-ingressgateway" : caller_of(names.service);
  names.name_space = scenario.name_space;
  names.request_size = scenario.service_at(service.index()).request_size;
  names.response_size = scenario.service_at(service.index()).response_size;
  names.conversion_value = scenario.traffic.conversion_value;
  names.stable = !names.outside || deployment == world_.stable;
  const std::optional<BackendId> own = own_backend(deployment);
  names.upstream = own ? world_.cluster->backend_name(*own) : names.workload;
  return names;
}

std::optional<BackendId> WorldInstruments::own_backend(DeploymentId deployment) const {
  const Cluster& all = *world_.cluster;
  for (std::uint32_t b = 0; b < all.backend_count(); ++b) {
    const std::span<const DeploymentId> selected = all.selector(BackendId{b});
    if (selected.size() == 1 && selected.front() == deployment) return BackendId{b};
  }
  return std::nullopt;
}

std::string WorldInstruments::caller_of(const std::string& service) const {
  std::set<std::string> callers;
  const auto look = [&](const ServiceSettings& s) {
    for (const CallSettings& call : s.calls)
      if (call.service == service) callers.insert(s.name);
  };
  look(world_.scenario().service);
  for (const ServiceSettings& s : world_.scenario().services) look(s);
  return callers.size() == 1 ? *callers.begin() : "unknown";
}

void WorldInstruments::follow(std::shared_ptr<const Course> course, std::size_t landmark) {
  course_ = std::move(course);
  landmark_ = landmark;
}

const TrafficCounts* WorldInstruments::landmark() const {
  return course_ ? &course_->landmarks[landmark_].counts : nullptr;
}

const Instruments& WorldInstruments::read(const Readings::Key& key,
                                          const Instruments& own,
                                          const Instruments* at_landmark) const {
  if (kept_ != nullptr) kept_->keep(key, own);
  if (at_landmark == nullptr) return own;
  const Instruments* there = course_->readings.find(key);
  CM_ASSERT(there != nullptr);
  followed_ = own;
  (followed_ += *there) -= *at_landmark;
  return followed_;
}

void WorldInstruments::settle() const {
  if (settled_at_ == world_.simulation.now()) return;
  settled_at_ = world_.simulation.now();
  world_.data_plane->settle();
}

}  // namespace coalmine

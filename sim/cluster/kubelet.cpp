#include "sim/cluster/kubelet.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "sim/cluster/termination.h"
#include "sim/kernel/assert.h"

namespace coalmine {

Kubelet::Kubelet(Simulation& simulation,
                 PodHost& host,
                 const EventSink& events,
                 const ClusterSettings& settings,
                 const KeyOf& key,
                 std::vector<PodInfo>& pods,
                 std::function<void(PodId)> changed)
    : simulation_(simulation),
      host_(host),
      events_(events),
      settings_(settings),
      pods_(pods),
      changed_(std::move(changed)),
      start_key_(key("cluster/pod-start")),
      init_key_(key("cluster/init-start")),
      pull_key_(key("cluster/image-pull")),
      process_key_(key("cluster/process-start")),
      relist_key_(key("cluster/relist")),
      delete_key_(key("cluster/delete-notice")),
      phase_key_(key("cluster/probe-phase")) {}

void Kubelet::admit(PodId pod, std::shared_ptr<const PodSetup> setup) {
  CM_ASSERT(pod.index() == states_.size());
  State& s = states_.emplace_back();
  s.setup = std::move(setup);
  const PodTemplate& spec = s.setup->pod;
  const Duration start = sample(settings_.pod_start, start_key_, pod);
  const Duration scheduling = start / 20;
  Duration to_running = start;
  if (!spec.image_present) to_running += sample(settings_.image_pull, pull_key_, pod);
  for (int i = 0; i < spec.init_containers; ++i) {
    const std::uint64_t address = (std::uint64_t{pod.value} << 32) + static_cast<std::uint32_t>(i);
    to_running += settings_.container_start(draw_bits(init_key_, address));
  }
  for_pod(pod, scheduling, [this, pod] {
    emit(pod, "Scheduled", "assigned to a node");
    start_ticking(pod);
  });
  for_pod(pod, to_running, [this, pod] { start_container(pod); });
}

void Kubelet::admit_settled(PodId pod, std::shared_ptr<const PodSetup> setup) {
  CM_ASSERT(pod.index() == states_.size());
  State& s = states_.emplace_back();
  s.setup = std::move(setup);
  s.container_since = info(pod).created;
  s.seen = s.started = s.accepting = true;
  start_ticking(pod);
  for (ProbeWorker& worker : s.probes) {
    worker.container_started(s.container_since);
    for (int i = 0; i < worker.probe().success_threshold; ++i) worker.record(true);
  }
  PodInfo& p = info(pod);
  p.container = p.listening = p.ready = true;
  p.ready_since = p.container_since = p.created;
  update_phase(pod);
  if (const std::optional<Duration> crash = host_.process_started(pod, true))
    for_container(pod, *crash, &Kubelet::container_exits);
}

// --- the container's life ---

void Kubelet::start_container(PodId pod) {
  State& s = state(pod);
  PodInfo& p = info(pod);
  p.container = true;
  p.backing_off = false;
  p.container_since = s.container_since = simulation_.now();
  s.exit = Exit::error;
  s.started = !s.setup->pod.startup.present;
  s.stopping = false;
  emit(pod, "Created", "created its container");
  emit(pod, "Started", "started its container");
  for_container(pod, sample(settings_.relist, relist_key_, pod), &Kubelet::see_container);
  for_container(pod, sample(s.setup->process_start, process_key_, pod), &Kubelet::listen);
  update_phase(pod);
  changed_(pod);
}

void Kubelet::see_container(PodId pod) {
  State& s = state(pod);
  s.seen = true;
  for (ProbeWorker& worker : s.probes) worker.container_started(s.container_since);
  update_ready(pod);
  run_readiness_now(pod);
}

void Kubelet::listen(PodId pod) {
  info(pod).listening = true;
  state(pod).accepting = true;
  if (const std::optional<Duration> crash = host_.process_started(pod, false))
    for_container(pod, *crash, &Kubelet::container_exits);
  update_phase(pod);
  changed_(pod);
}

void Kubelet::container_exits(PodId pod) {
  PodInfo& p = info(pod);
  if (!p.container) return;
  State& s = state(pod);
  cancel(s.container_events);
  const bool was_listening = p.listening;
  p.container = p.listening = false;
  p.last_exit = s.exit;
  s.accepting = s.stopping = false;
  if (was_listening) host_.process_ended(pod);
  if (s.removing) return remove(pod);
  update_phase(pod);
  const Time exited = simulation_.now();
  for_pod(pod, sample(settings_.relist, relist_key_, pod), [this, pod, exited] {
    see_exit(pod, exited);
  });
  changed_(pod);
}

void Kubelet::see_exit(PodId pod, Time exited) {
  State& s = state(pod);
  s.seen = false;
  for (ProbeWorker& worker : s.probes) worker.container_exited();
  update_ready(pod);
  const Duration wait = s.back_off.wait_after(exited);
  if (wait > Duration::zero()) {
    info(pod).backing_off = true;
    emit(pod,
         "BackOff",
         "back-off restarting its failed container, " +
             std::to_string(wait / std::chrono::seconds(1)) + " s");
  }
  const Duration left = exited + wait - simulation_.now();
  for_pod(pod, std::max(left, Duration::zero()), [this, pod] { restart(pod); });
}

void Kubelet::restart(PodId pod) {
  state(pod).back_off.restarted(simulation_.now());
  ++info(pod).restarts;
  for_pod(pod, sample(settings_.container_start, start_key_, pod), [this, pod] {
    start_container(pod);
  });
}

void Kubelet::kill(PodId pod, Death cause) {
  if (!info(pod).container) return;
  if (cause == Death::out_of_memory) {
    state(pod).exit = Exit::out_of_memory;
    ++info(pod).oom_kills;
    emit(pod, "OOMKilled", "its process was killed at the memory limit (exit code 137)");
  } else {
    emit(pod, "Died", "its process died");
  }
  container_exits(pod);
}

// --- probes ---

void Kubelet::start_ticking(PodId pod) {
  State& s = state(pod);
  const PodTemplate& spec = s.setup->pod;
  if (spec.startup.present) s.probes.emplace_back(ProbeKind::startup, spec.startup);
  if (spec.readiness.present) s.probes.emplace_back(ProbeKind::readiness, spec.readiness);
  if (spec.liveness.present) s.probes.emplace_back(ProbeKind::liveness, spec.liveness);
  s.ticks.assign(s.probes.size(), 0);
  for (std::size_t i = 0; i < s.probes.size(); ++i) {
    // A settled pod's ticker stands anywhere in its period; a new one begins now.
    const Duration period = s.probes[i].probe().period;
    const std::uint64_t address = (std::uint64_t{pod.value} << 32) + i;
    const Duration offset =
        s.seen ? uniform_between(Duration::zero(), period)(draw_bits(phase_key_, address)) : period;
    schedule_tick(pod, i, offset);
  }
}

void Kubelet::schedule_tick(PodId pod, std::size_t probe, Duration delay) {
  simulation_.cancel(state(pod).ticks[probe]);
  state(pod).ticks[probe] = simulation_.after(delay, [this, pod, probe] { tick(pod, probe); });
}

void Kubelet::tick(PodId pod, std::size_t probe) {
  State& s = state(pod);
  ProbeWorker& worker = s.probes[probe];
  schedule_tick(pod, probe, worker.probe().period);
  // While a pod terminates only readiness is still looked at.
  const bool readiness = worker.kind() == ProbeKind::readiness;
  if (s.removing && !readiness) return;
  if (!worker.due(simulation_.now(), s.started)) return;
  const bool good = s.accepting && host_.answers_probe(pod, !readiness);
  const bool changed = worker.record(good);
  if (!good) return probe_failed(pod, worker, changed);
  if (!changed) return;
  if (worker.kind() == ProbeKind::startup) {
    s.started = true;
    update_ready(pod);
    run_readiness_now(pod);
  } else if (readiness) {
    update_ready(pod);
  }
}

void Kubelet::run_readiness_now(PodId pod) {
  State& s = state(pod);
  if (info(pod).ready) return;
  for (std::size_t i = 0; i < s.probes.size(); ++i)
    if (s.probes[i].kind() == ProbeKind::readiness) tick(pod, i);
}

void Kubelet::probe_failed(PodId pod, const ProbeWorker& worker, bool changed) {
  const ProbeKind kind = worker.kind();
  const std::string name = to_text(kind);
  if (worker.run() == 1 || changed) emit(pod, "Unhealthy", name + " probe failed");
  if (!changed) return;
  if (kind == ProbeKind::readiness) return update_ready(pod);
  const Duration grace = worker.probe().grace.value_or(state(pod).setup->pod.termination_grace);
  stop_container(pod, grace, name + " probe failed, its container will be restarted");
}

// --- stopping ---

void Kubelet::pod_deleted(PodId pod) {
  PodInfo& p = info(pod);
  p.terminating = true;
  update_phase(pod);
  const Duration notice = sample(settings_.delete_notice, delete_key_, pod);
  // Not one of the pod's events: those are what it takes away.
  simulation_.after(notice, [this, pod] {
    State& s = state(pod);
    s.removing = true;
    cancel(s.pod_events);
    if (!info(pod).container) return remove(pod);
    stop_container(pod, s.setup->pod.termination_grace, "stopping its container");
  });
}

void Kubelet::stop_container(PodId pod, Duration grace, const std::string& why) {
  State& s = state(pod);
  if (!info(pod).container || s.stopping) return;
  s.stopping = true;
  emit(pod, "Killing", why);
  const StopTimes times = stop_times(grace, s.setup->pod.pre_stop);
  if (times.sigterm) for_container(pod, *times.sigterm, &Kubelet::sigterm);
  for_container(pod, times.sigkill, &Kubelet::container_exits);
}

void Kubelet::sigterm(PodId pod) {
  State& s = state(pod);
  if (s.setup->on_sigterm == OnSigterm::ignore) return;
  if (s.setup->on_sigterm == OnSigterm::exit || !info(pod).listening) return container_exits(pod);
  s.accepting = false;
  host_.stops_accepting(pod);
  drain(pod);
}

void Kubelet::drain(PodId pod) {
  if (host_.idle(pod)) {
    state(pod).exit = Exit::completed;
    return container_exits(pod);
  }
  for_container(pod, settings_.drain_poll, &Kubelet::drain);
}

void Kubelet::remove(PodId pod) {
  State& s = state(pod);
  cancel(s.container_events);
  cancel(s.pod_events);
  cancel(s.ticks);
  s = State{};
  PodInfo& p = info(pod);
  p.ready = false;
  p.phase = PodPhase::gone;
  p.gone_at = simulation_.now();
  changed_(pod);
}

// --- status ---

void Kubelet::update_ready(PodId pod) {
  PodInfo& p = info(pod);
  const State& s = state(pod);
  bool ready = s.seen && s.started;
  for (const ProbeWorker& worker : s.probes)
    if (worker.kind() == ProbeKind::readiness) ready &= worker.result() == ProbeResult::success;
  if (ready == p.ready) return;
  p.ready = ready;
  if (ready) p.ready_since = simulation_.now();
  update_phase(pod);
  emit(pod, ready ? "Ready" : "NotReady", ready ? "is ready" : "is not ready any more");
  changed_(pod);
}

void Kubelet::update_phase(PodId pod) {
  PodInfo& p = info(pod);
  if (p.phase == PodPhase::gone) return;
  if (p.terminating) {
    p.phase = PodPhase::terminating;
  } else if (!p.container) {
    p.phase = p.phase == PodPhase::pending ? PodPhase::pending : PodPhase::crashed;
  } else if (p.ready) {
    p.phase = PodPhase::ready;
  } else {
    p.phase = p.listening ? PodPhase::running : PodPhase::starting;
  }
}

void Kubelet::for_container(PodId pod, Duration delay, void (Kubelet::*step)(PodId)) {
  state(pod).container_events.push_back(
      simulation_.after(delay, [this, pod, step] { (this->*step)(pod); }));
}

void Kubelet::for_pod(PodId pod, Duration delay, Simulation::Action action) {
  state(pod).pod_events.push_back(simulation_.after(delay, std::move(action)));
}

void Kubelet::cancel(std::vector<Simulation::EventId>& events) {
  for (const Simulation::EventId id : events) simulation_.cancel(id);
  events.clear();
}

Duration Kubelet::sample(const DurationSampler& sampler, RandomKey key, PodId pod) const {
  const auto restarts = static_cast<std::uint32_t>(pods_[pod.index()].restarts);
  return sampler(draw_bits(key, (std::uint64_t{pod.value} << 32) + restarts));
}

void Kubelet::emit(PodId pod, const char* reason, std::string message) const {
  if (events_)
    events_({simulation_.now(), "pod/" + pods_[pod.index()].name, reason, std::move(message), {}});
}

}  // namespace coalmine

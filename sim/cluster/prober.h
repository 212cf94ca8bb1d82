/// One probe of one container: which ticks count, and when its verdict changes.
///
/// The law, for all kinds: outcomes equal to the last one are counted; only when the run reaches
/// successThreshold or failureThreshold does the result become that outcome. A new container starts
/// from the initial result: readiness failure, liveness success, startup unknown. Ticks before
/// initialDelaySeconds (in whole seconds of container life) do nothing, nor do readiness and
/// liveness ticks before the startup probe has passed; startup stops once it has passed. After a
/// liveness or startup failure the worker is on hold until there is a new container.
///
/// Ticks come every `period` from the pod's start on its node, not from the container's. While the
/// container has started and is not ready the kubelet also runs readiness at once at each status
/// update and counts the period from there; whoever owns the clock does both. A probe that a
/// process does not answer fails at once: refused, not timed out. Source: specs/kubernetes.md
/// section 9 (upstream pkg/kubelet/prober/worker.go).
#pragma once

#include "sim/cluster/deployment_spec.h"
#include "sim/kernel/time.h"

namespace coalmine {

enum class ProbeKind { startup, readiness, liveness };
enum class ProbeResult { unknown, success, failure };

const char* to_text(ProbeKind kind);  ///< "Readiness", as in the kubelet's messages

class ProbeWorker {
 public:
  ProbeWorker(ProbeKind kind, const Probe& probe);

  /// There is a new container, running since `now`.
  void container_started(Time now);
  /// Its container has exited: no ticks until the next one.
  void container_exited() { running_ = false; }

  /// Whether the tick at `now` runs the probe. `started`: the startup probe has passed, or there is
  /// none.
  bool due(Time now, bool started) const;
  /// The outcome of a due tick. True: the result has changed.
  bool record(bool succeeded);

  ProbeKind kind() const { return kind_; }
  const Probe& probe() const { return probe_; }
  ProbeResult result() const { return result_; }
  bool on_hold() const { return on_hold_; }
  int run() const { return run_; }  ///< equal outcomes in a row, the last included

 private:
  ProbeKind kind_;
  Probe probe_;
  bool running_ = false;
  bool on_hold_ = false;
  Time container_since_{};
  ProbeResult result_ = ProbeResult::unknown;
  ProbeResult last_ = ProbeResult::unknown;
  int run_ = 0;
};

}  // namespace coalmine

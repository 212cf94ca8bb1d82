/// How long things take in the control plane, as inverse distribution functions of 64 random bits:
/// one address, one duration, whatever else happens in the run.
///
/// Defaults and their sources: specs/kubernetes.md section 16; those marked [assumed] there are our
/// choice. Every one can be overridden.
#pragma once

#include <cstdint>
#include <functional>

#include "sim/kernel/distribution_spec.h"
#include "sim/kernel/time.h"

namespace coalmine {

/// A duration >= 0 from 64 random bits (draw_bits), rising with them.
using DurationSampler = std::function<Duration(std::uint64_t bits)>;

DurationSampler always(Duration value);
DurationSampler uniform_between(Duration low, Duration high);
DurationSampler lognormal(double median_seconds, double sigma);
DurationSampler lognormal_p50_p99(Duration p50, Duration p99);
DurationSampler sampler_of(const DurationDistribution& distribution);

struct ClusterSettings {
  /// Pod created -> container running, image present, half-empty cluster (0.9 s, sigma 0.25).
  DurationSampler pod_start = lognormal(0.9, 0.25);
  /// Added when the image is not on the node (19 s, sigma 0.7).
  DurationSampler image_pull = lognormal(19, 0.7);
  /// One container start alone: added per init container, and the restart of a dead one.
  DurationSampler container_start = always(std::chrono::milliseconds(570));
  /// The kubelet sees a container start or exit at its next relist (1 s period).
  DurationSampler relist = uniform_between(Duration::zero(), std::chrono::seconds(1));
  /// d1: delete -> the kubelet begins to stop the pod [assumed].
  DurationSampler delete_notice =
      lognormal_p50_p99(std::chrono::milliseconds(100), std::chrono::milliseconds(500));
  /// d2: pod change -> EndpointSlice written [assumed].
  DurationSampler endpoint_update =
      lognormal_p50_p99(std::chrono::milliseconds(100), std::chrono::seconds(1));
  /// d3: EndpointSlice -> in force at the proxy (1 s minimum sync period).
  DurationSampler proxy_apply =
      uniform_between(std::chrono::milliseconds(50), std::chrono::milliseconds(1050));
  /// Watch and work queue: a change -> the controller concerned looks [assumed].
  Duration reconcile_delay = std::chrono::milliseconds(5);
  /// One call to the API server [assumed]; orders the batches of pod creation.
  Duration api_call = std::chrono::milliseconds(5);
  /// A controller's own limit: `api_burst` calls at once, then one each `api_interval` (20/s).
  int api_burst = 30;
  Duration api_interval = std::chrono::milliseconds(50);
  /// How often a draining process is asked whether it is idle.
  Duration drain_poll = std::chrono::milliseconds(100);
};

}  // namespace coalmine

/// When a container that is being stopped gets its signals.
///
/// preStop runs first and is paid from the grace period, but at least 2 s are left after SIGTERM:
/// SIGKILL comes max(2 s, grace - whole seconds of preStop) after it. A preStop longer than the
/// grace period is cut there. Grace 0 skips preStop and SIGTERM.
/// Source: specs/kubernetes.md section 11 (upstream
/// pkg/kubelet/kuberuntime/kuberuntime_container.go).
#pragma once

#include <algorithm>
#include <optional>

#include "sim/kernel/time.h"

namespace coalmine {

/// Counted from the moment the kubelet begins to stop the container.
struct StopTimes {
  std::optional<Duration> sigterm;  ///< none: killed outright
  Duration sigkill{};
  friend bool operator==(const StopTimes&, const StopTimes&) = default;
};

constexpr StopTimes stop_times(Duration grace, Duration pre_stop) {
  if (grace <= Duration::zero()) return {std::nullopt, Duration::zero()};
  const Duration sigterm = std::clamp(pre_stop, Duration::zero(), grace);
  const Duration left = grace - std::chrono::floor<std::chrono::seconds>(sigterm);
  return {sigterm, sigterm + std::max<Duration>(std::chrono::seconds(2), left)};
}

}  // namespace coalmine

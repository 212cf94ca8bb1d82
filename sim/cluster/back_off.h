/// How long a dead container waits for its restart (CrashLoopBackOff).
///
/// The first restart comes at once; then 10, 20, 40, 80, 160, 300, 300, ... s counted from the
/// exit. A container that has run for more than 600 s starts the series anew; the 600 s are fixed.
/// Source: specs/kubernetes.md section 10 (upstream pkg/kubelet/kubelet.go,
/// client-go/util/flowcontrol/backoff.go).
#pragma once

#include <algorithm>
#include <optional>

#include "sim/kernel/time.h"

namespace coalmine {

class RestartBackOff {
 public:
  static constexpr Duration kFirst = std::chrono::seconds(10);
  static constexpr Duration kCap = std::chrono::seconds(300);
  static constexpr Duration kForgetAfter = std::chrono::seconds(600);

  /// The container exited at `exited`: how long after that it may be started again.
  Duration wait_after(Time exited) {
    if (restarted_ && exited - *restarted_ > kForgetAfter) wait_ = Duration::zero();
    return wait_;
  }
  /// It is being started again, which makes the next wait longer.
  void restarted(Time at) {
    restarted_ = at;
    wait_ = wait_ == Duration::zero() ? kFirst : std::min(2 * wait_, kCap);
  }

 private:
  Duration wait_{};
  std::optional<Time> restarted_;
};

}  // namespace coalmine

/// A client's own limit on API calls: a token bucket. Source: specs/kubernetes.md section 8
/// (kube-controller-manager 20/s with burst 30; we count per controller [assumed]).
#pragma once

#include <algorithm>

#include "sim/kernel/time.h"

namespace coalmine {

class CallBudget {
 public:
  /// `burst` >= 1 calls at once, then one per `interval`.
  CallBudget(int burst, Duration interval) : slack_((burst - 1) * interval), interval_(interval) {}

  /// The moment, not before `wanted`, at which the next call may go out; takes its token. Calls go
  /// in the order of asking.
  Time reserve(Time wanted) {
    full_ = std::max(full_, wanted);
    const Time granted = std::max(wanted, full_ - slack_);
    full_ += interval_;
    return granted;
  }

 private:
  Duration slack_;
  Duration interval_;
  Time full_ = Time(Duration::min() / 2);  ///< when the bucket will be full again
};

}  // namespace coalmine

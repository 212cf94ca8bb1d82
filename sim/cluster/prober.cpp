#include "sim/cluster/prober.h"

#include <algorithm>

#include "sim/kernel/assert.h"

namespace coalmine {
namespace {

ProbeResult initial_result(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::readiness:
      return ProbeResult::failure;
    case ProbeKind::liveness:
      return ProbeResult::success;
    case ProbeKind::startup:
      break;
  }
  return ProbeResult::unknown;
}

}  // namespace

const char* to_text(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::readiness:
      return "Readiness";
    case ProbeKind::liveness:
      return "Liveness";
    case ProbeKind::startup:
      break;
  }
  return "Startup";
}

ProbeWorker::ProbeWorker(ProbeKind kind, const Probe& probe)
    : kind_(kind), probe_(probe), result_(initial_result(kind)) {
  CM_ASSERT(probe.period > Duration::zero());
  // 0 means "the default" in the API.
  if (probe_.failure_threshold < 1) probe_.failure_threshold = 3;
  if (probe_.success_threshold < 1) probe_.success_threshold = 1;
}

void ProbeWorker::container_started(Time now) {
  running_ = true;
  on_hold_ = false;
  container_since_ = now;
  result_ = initial_result(kind_);
  last_ = ProbeResult::unknown;
  run_ = 0;
}

bool ProbeWorker::due(Time now, bool started) const {
  if (!running_ || on_hold_) return false;
  if (std::chrono::floor<std::chrono::seconds>(now - container_since_) < probe_.initial_delay)
    return false;
  return kind_ == ProbeKind::startup ? !started : started;
}

bool ProbeWorker::record(bool succeeded) {
  const ProbeResult outcome = succeeded ? ProbeResult::success : ProbeResult::failure;
  run_ = outcome == last_ ? run_ + 1 : 1;
  last_ = outcome;
  if (run_ < (succeeded ? probe_.success_threshold : probe_.failure_threshold)) return false;
  const bool changed = result_ != outcome;
  result_ = outcome;
  if (kind_ != ProbeKind::readiness && !succeeded) {
    on_hold_ = true;
    run_ = 0;
  }
  return changed;
}

}  // namespace coalmine

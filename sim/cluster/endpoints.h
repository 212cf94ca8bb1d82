/// The endpoints of a Service: what its EndpointSlice says of each pod, and whom a proxy picks
/// from.
///
/// serving = Ready; ready = Ready and not terminating. A proxy uses the ready ones; if there is
/// none it falls back to those that are terminating and still serving; if none either, connections
/// are refused. Source: specs/kubernetes.md section 12 (upstream endpointslice/utils.go,
/// pkg/proxy/topology.go).
#pragma once

#include <algorithm>
#include <vector>

#include "sim/kernel/ids.h"

namespace coalmine {

struct Endpoint {
  PodId pod;
  bool serving = false;
  bool terminating = false;
  bool ready() const { return serving && !terminating; }
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// The slice of one Service, by pod id.
class EndpointSlice {
 public:
  /// True: the slice has changed.
  bool put(const Endpoint& endpoint) {
    const auto at = place(endpoint.pod);
    if (at != entries_.end() && at->pod == endpoint.pod) {
      if (*at == endpoint) return false;
      *at = endpoint;
    } else {
      entries_.insert(at, endpoint);
    }
    return true;
  }
  bool remove(PodId pod) {
    const auto at = place(pod);
    if (at == entries_.end() || at->pod != pod) return false;
    entries_.erase(at);
    return true;
  }
  const std::vector<Endpoint>& entries() const { return entries_; }

 private:
  std::vector<Endpoint>::iterator place(PodId pod) {
    return std::lower_bound(entries_.begin(), entries_.end(), pod, [](const Endpoint& e, PodId p) {
      return e.pod < p;
    });
  }
  std::vector<Endpoint> entries_;
};

/// Whom a proxy sends connections to, ascending ids.
inline std::vector<PodId> usable_endpoints(const std::vector<Endpoint>& entries) {
  std::vector<PodId> ready;
  std::vector<PodId> fallback;
  for (const Endpoint& e : entries) {
    if (e.ready()) ready.push_back(e.pod);
    if (e.serving && e.terminating) fallback.push_back(e.pod);
  }
  return ready.empty() ? fallback : ready;
}

}  // namespace coalmine

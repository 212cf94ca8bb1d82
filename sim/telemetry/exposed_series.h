/// What a metrics endpoint shows, before anybody scrapes it: series by their labels, and where each
/// value is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/ids.h"
#include "sim/service/instruments.h"
#include "sim/telemetry/facts.h"
#include "sim/telemetry/labels.h"

namespace coalmine {

/// Who shows it. The router, the cluster and the kubelet are one scrape target each, for all they
/// know; a sidecar and a process are a target for themselves.
enum class EndpointKind : std::uint8_t {
  router,   ///< the proxy that sends: per try, sees refused and timed-out requests too
  sidecar,  ///< the proxy in front of a pod's process: what reached the pod; outlives the process
  process,  ///< the process itself: what it finished since it started
  cluster,  ///< kube-state-metrics: what the API server's objects say of themselves
  kubelet,  ///< cAdvisor: what a pod's container uses, measured some seconds before the scrape
};
/// One target, however many things it knows.
constexpr bool is_shared(EndpointKind endpoint) {
  return endpoint != EndpointKind::sidecar && endpoint != EndpointKind::process;
}

/// A set of outcomes, one bit each.
class OutcomeSet {
 public:
  constexpr OutcomeSet() = default;  ///< all of them
  constexpr OutcomeSet(std::initializer_list<Outcome> outcomes) : bits_(0) {
    for (const Outcome o : outcomes) bits_ |= 1U << static_cast<unsigned>(o);
  }
  static constexpr OutcomeSet none() {
    OutcomeSet set;
    set.bits_ = 0;
    return set;
  }
  constexpr bool has(std::size_t outcome) const { return ((bits_ >> outcome) & 1U) != 0; }

 private:
  std::uint32_t bits_ = (1U << kOutcomes) - 1;
};

enum class Quantity : std::uint8_t {
  requests,       ///< finished ones of `outcomes`, times `scale`
  bucket,         ///< of those, observed in buckets 0 to `bucket` of the run's bounds
  latency_sum,    ///< of those, seconds times `scale`
  latency_count,  ///< of those, observed ones
  latency_max,    ///< the longest of those in the last minute, seconds times `scale`, a gauge
  busy_seconds,   ///< worker seconds spent, times `scale`
  users,          ///< of an experiment: distinct ones answered...
  conversions,    ///< ...and those of them who converted
  in_flight,      ///< requests waiting and in service, a gauge
  workers,        ///< worker slots, a gauge
  fact,           ///< what `fact` reads off a pod, a ReplicaSet or a Deployment, a gauge
};

/// NaN: not shown now.
using FactReader = double (*)(const Facts& facts, std::size_t index);

/// Where one value is read.
struct Readout {
  Quantity quantity = Quantity::requests;
  OutcomeSet outcomes{};
  std::size_t bucket = 0;
  double scale = 1;  ///< 1000 for seconds in milliseconds; bytes of a request
  FactReader fact = nullptr;
  std::size_t index = 0;  ///< handed to `fact`: which of several states
  bool grows = false;     ///< the fact is one that grows with time: an age, what has leaked
};

/// Gauges go up and down and are always there; counters are born with their first increment, as in
/// most client libraries.
constexpr bool is_gauge(Quantity quantity) {
  return quantity == Quantity::in_flight || quantity == Quantity::workers ||
         quantity == Quantity::latency_max || quantity == Quantity::fact;
}

/// Most of what could be shown never is (no request ends that way), so its labels are put together
/// only when it is.
struct ExposedSeries {
  std::string_view name;                 ///< of the dialect, which outlives everything
  std::string le{};                      ///< of a histogram's bucket
  std::shared_ptr<const Labels> common;  ///< as stored, those of the target among them
  Readout readout;
  bool from_start = false;  ///< there before its first increment, with value 0

  Labels labels() const {
    Labels all = *common;
    all.set(kMetricName, name);
    all.set("le", le);
    return all;
  }
};

/// A family of series as `# HELP`, `# TYPE` and `# UNIT` tell it.
struct MetricFamily {
  std::string name;  ///< without the suffixes of histograms; a counter's with its `_total`
  std::string type;  ///< "counter", "gauge", "histogram", "summary"
  std::string help;
  std::string unit{};    ///< "seconds"; empty: none
  bool instant = false;  ///< its values are seconds since the clock's zero
};

/// What the labels of a target's series are made of.
struct TargetNames {
  EndpointKind endpoint = EndpointKind::router;
  std::string name_space = "default";  ///< of all that is simulated
  std::string service;                 ///< that the requests are for
  std::string workload;                ///< the Deployment
  std::string upstream{};              ///< the Kubernetes Service in front of that Deployment alone
  std::string version;                 ///< label `version` of its pods
  std::string caller;     ///< who sends the requests: the gateway, or the calling workload
  bool outside = true;    ///< they come from outside, through the gateway
  bool stable = true;     ///< the Deployment that was there before the release
  std::string pod{};      ///< not at the router
  std::string address{};  ///< of the pod: "10.244.0.2"
  std::string replica_set{};
  std::string hash{};           ///< its pod-template-hash
  std::string uid{};            ///< of the pod
  std::string image{};          ///< of its container
  double request_size = 0;      ///< bytes of every request; 0: not told
  double response_size = 0;     ///< bytes of every answer; 0: not told
  double conversion_value = 0;  ///< money that a conversion brings; 0: not told
  double cpu_share = 1;         ///< part of a busy worker's time that needs a processor
  std::string segment{};        ///< at the router: these users alone; empty: no segments
};

}  // namespace coalmine

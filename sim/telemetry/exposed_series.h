/// What a metrics endpoint shows, before anybody scrapes it: series by their labels, and where each
/// value is read.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/ids.h"
#include "sim/service/instruments.h"
#include "sim/telemetry/labels.h"

namespace coalmine {

/// Who shows it. One endpoint is one scrape target with a phase of its own.
enum class Endpoint : std::uint8_t {
  router,   ///< the proxy that sends: per try, sees refused and timed-out requests too
  sidecar,  ///< the proxy in front of a pod's process: what reached the pod; outlives the process
  process,  ///< the process itself: what it finished since it started
};

/// A set of outcomes, one bit each.
class OutcomeSet {
 public:
  constexpr OutcomeSet() = default;  ///< all of them
  constexpr OutcomeSet(std::initializer_list<Outcome> outcomes) : bits_(0) {
    for (const Outcome o : outcomes) bits_ |= 1U << static_cast<unsigned>(o);
  }
  constexpr bool has(std::size_t outcome) const { return ((bits_ >> outcome) & 1U) != 0; }

 private:
  std::uint32_t bits_ = (1U << kOutcomes) - 1;
};

enum class Quantity : std::uint8_t {
  requests,       ///< finished ones of `outcomes`
  bucket,         ///< of those, observed in buckets 0 to `bucket` of the run's bounds
  latency_sum,    ///< of those, seconds times `scale`
  latency_count,  ///< of those, observed ones
  busy_seconds,   ///< worker seconds spent
  users,          ///< of an experiment: distinct ones answered...
  conversions,    ///< ...and those of them who converted
  in_flight,      ///< requests waiting and in service, a gauge
  workers,        ///< worker slots, a gauge
};

/// Where one value is read.
struct Readout {
  Quantity quantity = Quantity::requests;
  OutcomeSet outcomes{};
  std::size_t bucket = 0;
  double scale = 1;  ///< of seconds: 1000 for a metric in milliseconds
};

/// Gauges go up and down and are always there; counters are born with their first increment, as in
/// most client libraries.
constexpr bool is_gauge(Quantity quantity) {
  return quantity == Quantity::in_flight || quantity == Quantity::workers;
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
  std::string unit{};  ///< "seconds"; empty: none
};

/// What the labels of a target's series are made of.
struct TargetNames {
  Endpoint endpoint = Endpoint::router;
  std::string service;    ///< the Kubernetes Service
  std::string workload;   ///< the Deployment
  std::string version;    ///< label `version` of its pods
  std::string caller;     ///< who sends the requests: the gateway, or the calling workload
  std::string pod{};      ///< not at the router
  std::string hash{};     ///< its pod-template-hash
  std::string segment{};  ///< at the router: these users alone; empty: no segments
};

}  // namespace coalmine

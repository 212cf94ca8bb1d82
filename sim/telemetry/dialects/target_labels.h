/// What scraping adds to a series: the labels of the target it came from
/// (specs/metric-dialects.md section 0).
#pragma once

#include <cstdint>
#include <string>

#include "sim/telemetry/exposed_series.h"
#include "sim/telemetry/labels.h"

namespace coalmine {

/// Whose scrape configuration it is.
enum class TargetLabelStyle : std::uint8_t {
  operator_,  ///< a ServiceMonitor of the Prometheus operator
  flagger,    ///< pods with annotations, as the Prometheus that comes with Flagger has it
  linkerd,    ///< Linkerd's own
};

/// The one node of a world, as kube-state-metrics and the kubelet both call it.
inline constexpr const char* kNodeName = "node-1";
inline constexpr const char* kNodeAddress = "10.0.0.1";

/// The pod behind a target and the port it is scraped at.
struct ScrapedPod {
  std::string job;  ///< where the style does not give another
  std::string service;
  std::string container;
  std::string name_space;
  std::string pod;
  std::string address;
  std::string workload;
  std::string app;
  std::string version;
  std::string hash;
  const char* port_name = "http";
  int port = 80;
};

/// The target of a series shown at the endpoint of `names`: the pod itself, or, at the router, that
/// of the proxy which sends, called like the caller. The kubelet and kube-state-metrics are targets
/// of their own.
ScrapedPod scraped_pod(const TargetNames& names, const char* container, int port);

Labels target_labels(const ScrapedPod& pod, TargetLabelStyle style);

/// Labels of a series as they are stored. Where both have a name the target's stands, and the
/// series' own is called `exported_...`, unless the scrape honors labels.
Labels scraped(const Labels& exposed, const Labels& target, bool honor_labels = false);

}  // namespace coalmine

#include "sim/telemetry/dialects/target_labels.h"

namespace coalmine {

ScrapedPod scraped_pod(const TargetNames& names, const char* container, int port) {
  ScrapedPod pod;
  const bool sender = names.endpoint == EndpointKind::router;
  pod.name_space = names.name_space;
  pod.service = sender ? names.caller : names.upstream;
  pod.job = pod.service;
  pod.container = container == nullptr ? names.service : container;
  pod.pod = sender ? names.caller : names.pod;
  pod.address = names.address;
  pod.workload = sender ? names.caller : names.workload;
  pod.app = sender ? names.caller : names.workload;
  pod.version = sender ? "" : names.version;
  pod.hash = sender ? "" : names.hash;
  pod.port = port;
  return pod;
}

Labels target_labels(const ScrapedPod& pod, TargetLabelStyle style) {
  const std::string instance =
      (pod.address.empty() ? pod.pod : pod.address) + ":" + std::to_string(pod.port);
  switch (style) {
    case TargetLabelStyle::flagger:
      return {{"kubernetes_namespace", pod.name_space},
              {"kubernetes_pod_name", pod.pod},
              {"app", pod.app},
              {"version", pod.version},
              {"pod_template_hash", pod.hash},
              {"job", "kubernetes-pods"},
              {"instance", instance}};
    case TargetLabelStyle::linkerd:
      return {{"namespace", pod.name_space},
              {"pod", pod.pod},
              {"deployment", pod.workload},
              {"pod_template_hash", pod.hash},
              {"job", pod.container == "linkerd-proxy" ? "linkerd-proxy" : pod.job},
              {"instance", instance}};
    case TargetLabelStyle::operator_:
      break;
  }
  return {{"namespace", pod.name_space},
          {"pod", pod.pod},
          {"container", pod.container},
          {"service", pod.service},
          {"endpoint", pod.port_name},
          {"job", pod.job},
          {"instance", instance}};
}

Labels scraped(const Labels& exposed, const Labels& target, bool honor_labels) {
  Labels all = target;
  for (const Label& label : exposed) {
    const bool clashes = target.has(label.name) && !honor_labels;
    all.set(clashes ? "exported_" + label.name : label.name, label.value);
  }
  return all;
}

}  // namespace coalmine

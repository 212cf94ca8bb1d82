#include "sim/telemetry/dialects/registry.h"

#include <algorithm>
#include <utility>

namespace coalmine {

const std::vector<DialectType>& dialect_types() {
  static const std::vector<DialectType> kTypes{
      {"istio", "Istio's standard metrics, from the proxies at both ends; always on"},
      {"application", "the application's own: workers, conversions; always on"},
      {"envoy", "cluster statistics of the Envoy that sends", make_envoy},
      {"envoy-contour", "the same, clusters named as Contour does", make_envoy_contour},
      {"envoy-gloo", "the same, clusters named as Gloo does", make_envoy_gloo},
      {"envoy-knative", "the same, clusters named as Knative does", make_envoy_knative},
      {"envoy-kuma", "the same, clusters named as Kuma does", make_envoy_kuma},
      {"envoy-app-mesh", "the same of the Envoy beside each pod", make_envoy_app_mesh},
      {"nginx-ingress", "the NGINX ingress controller", make_nginx_ingress},
      {"linkerd", "Linkerd's proxies at both ends", make_linkerd},
      {"micrometer-spring", "Spring Boot through Micrometer", make_micrometer_spring, true},
      {"micrometer-quarkus", "Quarkus through Micrometer", make_micrometer_quarkus, true},
      {"micrometer-micronaut", "Micronaut through Micrometer", make_micrometer_micronaut, true},
      {"smallrye-mp", "MicroProfile Metrics of SmallRye", make_smallrye_mp},
      {"go-http", "a Go service as podinfo", make_go_http},
      {"kube", "kube-state-metrics: Deployments, ReplicaSets, pods", make_kube},
      {"cadvisor", "containers as the kubelet measures them", make_cadvisor},
  };
  return kTypes;
}

const DialectType* find_dialect_type(std::string_view name) {
  const auto& types = dialect_types();
  const auto found = std::find_if(
      types.begin(), types.end(), [&](const DialectType& type) { return type.name == name; });
  return found == types.end() ? nullptr : &*found;
}

std::vector<MetricFamily> scrape_families() {
  return {
      {"up", "gauge", "Whether the last scrape of the target succeeded."},
      {"scrape_duration_seconds", "gauge", "How long the scrape took.", "seconds"},
      {"scrape_samples_scraped", "gauge", "Samples that the target showed."},
      {"scrape_samples_post_metric_relabeling", "gauge", "Of them, those kept."},
      {"scrape_series_added", "gauge", "Series that the scrape before did not have."},
  };
}

std::vector<MetricFamily> known_families() {
  std::vector<MetricFamily> known = scrape_families();
  const auto learn = [&](const MetricDialect& dialect) {
    for (MetricFamily& family : dialect.families()) known.push_back(std::move(family));
  };
  learn(istio_dialect());
  learn(application_dialect());
  for (const DialectType& type : dialect_types())
    if (type.make != nullptr) learn(*type.make({}));
  return known;
}

}  // namespace coalmine

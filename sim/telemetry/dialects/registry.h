/// The metric dialects by name: what `metrics:` of a service may list. A further one is a file
/// beside this and a line in registry.cpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/time.h"
#include "sim/telemetry/dialects/dialect.h"

namespace coalmine {

/// How an application has its metrics configured, where its library can be.
struct MetricOptions {
  bool percentiles_histogram = false;  ///< Micrometer's 68 buckets
  std::vector<Duration> slo{};         ///< buckets that end at these
};

struct DialectType {
  std::string name;
  std::string help;
  /// Null: it is always on and needs not be listed.
  std::unique_ptr<const MetricDialect> (*make)(const MetricOptions& options) = nullptr;
  bool configurable = false;  ///< heeds MetricOptions
};

/// In the order in which the documentation has them.
const std::vector<DialectType>& dialect_types();
const DialectType* find_dialect_type(std::string_view name);

/// The families that every scrape adds.
std::vector<MetricFamily> scrape_families();
/// What is known of all families of all dialects, and of those that every scrape adds.
std::vector<MetricFamily> known_families();

using DialectMaker = std::unique_ptr<const MetricDialect>(const MetricOptions& options);
DialectMaker make_envoy;
DialectMaker make_envoy_contour;
DialectMaker make_envoy_gloo;
DialectMaker make_envoy_knative;
DialectMaker make_envoy_kuma;
DialectMaker make_envoy_app_mesh;
DialectMaker make_nginx_ingress;
DialectMaker make_linkerd;
DialectMaker make_micrometer_spring;
DialectMaker make_micrometer_quarkus;
DialectMaker make_micrometer_micronaut;
DialectMaker make_smallrye_mp;
DialectMaker make_go_http;
DialectMaker make_kube;
DialectMaker make_cadvisor;

}  // namespace coalmine

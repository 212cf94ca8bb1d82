/// Real Kubernetes manifests: apps/v1 Deployment and v1 Service, with the API server's defaults,
/// rules and error texts (specs/kubernetes.md section 1), and the PrometheusRule of the operator,
/// which rules/rule_reader.h reads.
///
/// Unknown fields, and known ones that change nothing here, are warnings that name them; kinds that
/// we do not read are errors.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "sim/cluster/deployment_spec.h"
#include "sim/kernel/value.h"
#include "sim/scenario/manifest_map.h"

namespace coalmine {

/// A v1 Service, as far as it matters: which pods it sends requests to.
struct ServiceManifest {
  std::string name;
  std::map<std::string, std::string> selector;  ///< empty: no endpoints by itself
  Position at;
};

struct DeploymentManifest {
  DeploymentSpec spec;
  Position at;
};

struct Manifests {
  std::vector<DeploymentManifest> deployments;
  std::vector<ServiceManifest> services;
  std::vector<Value> rules;  ///< PrometheusRule documents, as they stand
  std::string text;          ///< of the file they stand in
};

/// Reads one document into `manifests`. `asked` gets every field that was asked for: of a document
/// in which everything optional is present, all that we know.
void read_manifest(const Value& document,
                   Manifests& manifests,
                   Diagnostics& diagnostics,
                   std::vector<ManifestField>* asked = nullptr);
/// Reads all documents of a file; `wanted_at` is where the scenario names it (empty position: the
/// user named it).
Manifests read_manifest_file(const std::filesystem::path& path,
                             const Position& wanted_at,
                             Diagnostics& diagnostics);

}  // namespace coalmine

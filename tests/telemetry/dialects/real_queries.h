/// Queries out of public manifests (../shared/data, beside a development checkout), and a release
/// that is seen through the dialects they were written for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/scenario/world.h"

namespace coalmine::test {

struct RealQuery {
  std::string id;
  std::string family;  ///< whose manifests: "flagger-builtin", "istio-dash"...
  std::string text;    ///< with what a user would have put where the manifest has a variable
};

/// Those that Prometheus takes; empty where they are not there.
std::vector<RealQuery> real_queries();

/// podinfo in the namespace test, of which a canary gets a part of the requests and fails some; or,
/// `behind`, a1, which the service in front calls. `target_labels` as telemetry.targetLabels.
std::string real_scenario(const std::string& target_labels, bool behind = false);

/// Ten minutes of it.
class CanaryWorld {
 public:
  explicit CanaryWorld(const std::string& scenario);
  bool answers(const std::string& query) const;
  double number(const std::string& query) const;  ///< of the one series it gives
  const SeriesStore& store() const { return world_->store; }

 private:
  std::shared_ptr<const Scenario> scenario_;  // first: the world refers to it
  std::unique_ptr<World> world_;
};

}  // namespace coalmine::test

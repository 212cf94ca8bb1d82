/// What the user wants of a Deployment: the simulated part of apps/v1, with the API's defaults.
/// Sources: specs/kubernetes.md sections 1.1 and 1.2.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sim/kernel/ids.h"
#include "sim/kernel/time.h"

namespace coalmine {

struct Probe {
  bool present = false;
  Duration initial_delay{};
  Duration period = std::chrono::seconds(10);
  Duration timeout = std::chrono::seconds(1);
  int success_threshold = 1;
  int failure_threshold = 3;
  std::optional<Duration> grace;  ///< terminationGracePeriodSeconds of liveness and startup probes
};

/// "25%" or 3, as written; scaled against the replicas where it is used.
struct IntOrPercent {
  int value = 0;
  bool percent = false;
  friend bool operator==(IntOrPercent, IntOrPercent) = default;
};

enum class DeploymentStrategy { rolling_update, recreate };

/// What the process does on SIGTERM: finishes what it has and exits, exits at once, or serves on
/// until SIGKILL (spec section 11).
enum class OnSigterm { drain, exit, ignore };

struct PodTemplate {
  VersionId version;  ///< set by the world
  Probe readiness;
  Probe liveness;
  Probe startup;
  Duration termination_grace = std::chrono::seconds(30);
  Duration pre_stop{};
  double cpu_request = 0;  ///< millicores; 0: none
  double cpu_limit = 0;
  double memory_request = 0;  ///< bytes; 0: none
  double memory_limit = 0;
  double process_memory_limit = 0;  ///< of the first container, the one that serves
  int init_containers = 0;
  std::string image;
  bool image_present = true;  ///< the pull policy lets a node use the image it has
};

struct DeploymentSpec {
  std::string name;
  int replicas = 1;
  DeploymentStrategy strategy = DeploymentStrategy::rolling_update;
  IntOrPercent max_surge{25, true};
  IntOrPercent max_unavailable{25, true};
  Duration min_ready{};
  Duration progress_deadline = std::chrono::seconds(600);  ///< kForever: none
  int revision_history_limit = 10;
  bool paused = false;
  PodTemplate pod;
  std::map<std::string, std::string> labels;    ///< of the pod template
  std::map<std::string, std::string> selector;  ///< matchLabels
};

}  // namespace coalmine

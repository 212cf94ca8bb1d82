/// A fault: what goes wrong, and when. Each kind is one file in this folder (a settings struct, its
/// declarative table, install()) and one line in catalogue.cpp.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/random.h"
#include "sim/kernel/time.h"
#include "sim/service/effects.h"

namespace coalmine {

/// Keys every fault has. Times count from the run's start; a release fault without `at` acts from
/// the first instant of its version.
struct FaultCommon {
  std::optional<Duration> at;
  std::optional<Duration> until;
  Duration ramp{};
  std::string on_service;  ///< `on: {service: payment}`; empty: the released service
  std::string on_version;  ///< `on: {version: v1}`; empty: release faults: the new one, others:
                           ///< every version
  std::string on_segment;  ///< `on: {segment: premium}`; empty: every user
};

/// Where a fault leaves its mark: the effects of one version, and the addresses of its coins.
struct FaultTarget {
  VersionEffects& effects;
  EffectWindow window;                                  ///< from the fault's common keys
  std::function<RandomKey(std::string_view what)> key;  ///< "fault/<index>/<what>" of this run
  /// Of the version it lives beside (old and new of the released service); null: it has none.
  VersionEffects* beside = nullptr;
  SegmentSet segments = kEverySegment;  ///< of the users it touches
  double memory_limit = 0;              ///< bytes, of its process by the manifest; 0: none
  /// To be narrowed by a fault that not every process of the version has all the time.
  FaultPresence presence{window};
};

/// Where in a scenario a kind of fault may stand.
struct FaultPlace {
  bool in_release = true;  ///< below release.faults and release.variants
  bool elsewhere = true;   ///< below faults
  const char* why = "";    ///< not in both
};

/// What a fault finds at its place in the scenario.
struct FaultSite {
  double memory_limit = 0;   ///< bytes, of the processes it acts on; 0: none
  double conversion = 0;     ///< share of the users who convert there, [0, 1]
  int workers = 1;           ///< of each pod: requests in service at once, at most
  Duration left = kForever;  ///< that a process it acts on can last within the run, at most
};

class Fault {
 public:
  static constexpr FaultPlace kPlace{};  ///< hidden by that of a kind that cannot stand anywhere

  virtual ~Fault() = default;
  virtual std::string_view type() const = 0;  ///< key in the scenario: "errorRate"
  virtual void install(FaultTarget& target) const = 0;
  /// Whether `on: {segment}` can narrow it: it is decided request by request.
  virtual bool by_segment() const { return false; }
  /// What its settings lack to change anything there: "p above 0%"; empty: nothing, it does. One
  /// that changes nothing is warned of and not installed.
  virtual std::string lacks(const FaultSite& site) const = 0;
  /// Whether users can notice it at all: lost metrics they cannot, so they are no exposure.
  virtual bool noticeable() const { return true; }
  /// What makes it impossible at its place, in words; empty: nothing.
  virtual std::string objection(const FaultSite& /*site*/) const { return {}; }
  FaultCommon common;
};

}  // namespace coalmine

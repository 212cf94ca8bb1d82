/// How the control, the run without a release, went on after the time of the release: what a run
/// that has come back to where the control stood need not play again.
///
/// With common random numbers that happens to every run whose release was taken back early: once
/// the new version's pods and the requests they held are gone, each request finds what it finds in
/// the control. From then on only the control plane and telemetry are played; what scrapes and the
/// edge would have counted is what the run had counted so far, plus what the control counted since.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "sim/kernel/ids.h"
#include "sim/kernel/time.h"
#include "sim/service/instruments.h"
#include "sim/traffic/data_plane.h"

namespace coalmine {

/// The instruments that scrapes have read, as they stood.
class Readings {
 public:
  /// Of a pod's process, or of the router's view of a Deployment or of one segment of it.
  struct Key {
    Time at{};
    PodId pod{};
    DeploymentId deployment{};
    std::optional<std::size_t> segment{};
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  void keep(const Key& key, const Instruments& read) { kept_.emplace(key, read); }
  const Instruments* find(const Key& key) const {
    const auto found = kept_.find(key);
    return found == kept_.end() ? nullptr : &found->second;
  }

 private:
  std::map<Key, Instruments> kept_;
};

struct Course {
  /// How far apart the instants are at which another run may join.
  static constexpr Duration kStep = std::chrono::minutes(1);

  struct Landmark {
    TrafficState traffic;  ///< settled; a chapter of the edge ends here
    DataPlane::Seats seats;
  };
  std::vector<Landmark> landmarks;  ///< the first at release.at + kStep
  Readings readings;                ///< from the first landmark on
  std::optional<TrafficState> end;  ///< settled
  bool sidecars = false;            ///< WorldSpec::sidecars
};

}  // namespace coalmine

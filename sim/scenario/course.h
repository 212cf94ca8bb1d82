/// How the control, the run without a release, went on after the time of the release: what a run
/// that has come back to where the control stood need not play again.
///
/// With common random numbers that happens to runs whose release was taken back early: once the new
/// version's pods and the requests they held are gone, each request finds what it finds in the
/// control. From then on only the control plane and telemetry are played; what scrapes and the edge
/// would have counted is what the run had counted so far, plus what the control counted since.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "sim/kernel/ids.h"
#include "sim/kernel/time.h"
#include "sim/service/instruments.h"
#include "sim/traffic/edge_tally.h"
#include "sim/traffic/standing.h"

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
  std::size_t bytes() const {
    return kept_.empty() ? 0 : kept_.size() * kept_.begin()->second.bytes();
  }

 private:
  std::map<Key, Instruments> kept_;
};

struct Course {
  /// An instant at which another run may join.
  struct Landmark {
    Standing standing;
    std::vector<PodId> pods;  ///< by seat
    TrafficCounts counts;
    std::size_t bytes() const;
  };
  /// So many at most, whole minutes apart.
  static constexpr std::int64_t kMostLandmarks = 500;
  /// A longer course is given up: its runs are played whole.
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;

  Time first{};  ///< when the first landmark's time is over: a landmark stands a nanosecond before
  Duration step{};  ///< from one to the next
  std::vector<Landmark> landmarks;
  Readings readings;      ///< from the first landmark on
  bool sidecars = false;  ///< WorldSpec::sidecars
  std::size_t bytes = 0;  ///< of the landmarks
  TrafficCounts end;
  std::optional<EdgeTally> edge;  ///< at the end

  /// Where the one that stands at `now`, if one does, is in `landmarks`.
  std::optional<std::size_t> landmark_at(Time now) const {
    const Duration since = now + Duration(1) - first;
    if (since < Duration{} || since % step != Duration{}) return std::nullopt;
    const auto nth = static_cast<std::size_t>(since / step);
    return nth < landmarks.size() ? std::optional(nth) : std::nullopt;
  }
};

}  // namespace coalmine

/// Makes the recording of a world while it plays: looks, never touches, so that a recorded run is
/// the same as one that nobody records.
///
/// Most of a recording is there anyway at the end of a run (events, what was scraped, the truth at
/// the edge). What passes by is the state of things: the recorder takes key-frames of it. One each
/// second, and one after every instant in which a pod, a Deployment, endpoints or routes changed.
/// Both kinds are thinned separately (thinned.h) to at most half of most_key_frames(): a run of any
/// length keeps an even spacing (1 s, 2 s, 4 s...) and, as long as there are not too many, every
/// change. It costs nothing per request: both happen at control events.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "sim/experiment/recording.h"
#include "sim/experiment/thinned.h"
#include "sim/kernel/simulation.h"
#include "sim/scenario/world.h"

namespace coalmine {

/// How many key-frames a run may have that begins with so many pods: kMostKeyFrames, and fewer
/// beyond a thousand pods, so that the states of all pods in all frames stay bounded.
std::size_t most_key_frames(std::size_t pods);

/// As play(), and keeps everything. If interrupted, only the result says so.
Recording record(const RunSpec& spec, const std::stop_token& stop = {});

class Recorder {
 public:
  /// Before time zero. The recorder must live as long as the world's tasks.
  explicit Recorder(World& world);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// At the end of the run: everything but the result.
  Recording finish();

 private:
  void look_every_second(Time at);
  void look_after_this_instant();
  KeyFrame frame();
  std::uint32_t route_in_force(ServiceId service);
  std::vector<KeyFrame> frames();

  World& world_;
  Thinned<KeyFrame> regular_;
  Thinned<KeyFrame> changes_;
  std::vector<RouteTable> routes_;  ///< Cast::routes so far
  Simulation::EventId next_look_ = 0;
  Simulation::EventId pending_change_ = 0;
};

}  // namespace coalmine

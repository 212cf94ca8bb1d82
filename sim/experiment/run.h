/// One replication: a release played once under one strategy, and the control run it is held
/// against.
///
/// The same (scenario, seed, replication) is the same world for every strategy and for both
/// releases: arrivals, users, demands, coins. A run shares nothing but the immutable scenario, so
/// any number may play at once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "sim/experiment/strategy.h"
#include "sim/kernel/event_log.h"
#include "sim/scenario/scenario.h"
#include "sim/traffic/arrivals.h"

namespace coalmine {

struct Course;     // course.h
struct WorldPast;  // world.h

/// What the runs of a replication have in common with its control; null: nothing.
struct Shared {
  std::shared_ptr<const WorldPast> past{};  ///< before the release
  std::shared_ptr<const Course> course{};   ///< once a release has been taken back
};

struct RunSpec {
  std::shared_ptr<const Scenario> scenario;
  std::optional<std::size_t>
      strategy;  ///< index into scenario->strategies; none: the control, no release
  /// A name of Scenario::release_names(), or "mix": one of them, drawn by seed and replication.
  std::string release = "bad";
  std::uint64_t seed = 7;
  std::uint32_t replication = 0;
  bool on_call = true;  ///< false: nobody is behind the strategy, whatever the scenario says
  /// record_arrivals() of the replication, where several runs of it are played.
  std::shared_ptr<const ArrivalTape> arrivals{};
  /// What play_alone() of this replication's control has left: the run is the same with it, and
  /// sooner played. A recording has no use for it: it shows everything.
  Shared shared{};
};

/// The release that is played: `release`, or what the mix draws.
std::string played_release(const RunSpec& spec);

/// By name, all of outcome_names.h; empty: it did not happen (censored) or does not apply.
using Outcomes = std::map<std::string, std::optional<double>>;

struct RunResult {
  std::string scenario;  ///< its name
  std::uint64_t seed = 0;
  std::uint32_t replication = 0;
  std::string strategy;  ///< output name, "control" without one
  std::string name;
  std::string release;  ///< as asked for
  std::string played;   ///< the same, or the one that the mix drew
  bool on_call = true;
  Verdict verdict = Verdict::held;
  std::string stopped_by;  ///< who decided to stop: "on-call", "canary"...; empty: nobody
  Outcomes outcomes;
  std::vector<Event> events;
  std::uint64_t fingerprint = 0;  ///< over events, counters as scraped, outcomes
  std::uint64_t requests = 0;     ///< user requests sent
  bool harmed = false;            ///< over control, at the edge: there is something to restore
  bool interrupted = false;       ///< stopped by the token; outcomes are empty
};

/// RunResult::stopped_by of the human.
inline constexpr std::string_view kOnCall = "on-call";

class EdgeTally;

/// Everything a run leaves behind that a comparison needs.
struct PlayedRun {
  RunResult result;
  std::shared_ptr<const EdgeTally> edge;  ///< the truth; null if interrupted
  std::optional<Time> joined_control{};   ///< when it had come back to RunSpec::shared's course
};

struct Recording;

/// Plays a run alone: outcomes without the excess over control. Throws InternalError if we are
/// wrong. `recording`, if there is one, gets everything but the result (recorder.h); `shared`, if
/// there is one, what RunSpec::shared of the replication's other runs may be: ask the control.
PlayedRun play_alone(const RunSpec& spec,
                     const std::stop_token& stop = {},
                     Recording* recording = nullptr,
                     Shared* shared = nullptr);

/// Adds what is measured over `control` (excess_*, time_to_restore).
void add_excess(PlayedRun& run, const PlayedRun& control, const Scenario& scenario);

/// The same, playing the control as well; a run of the control itself has none.
void add_control(PlayedRun& run, const RunSpec& spec, const std::stop_token& stop = {});

/// Both: the run and its control.
RunResult play(const RunSpec& spec, const std::stop_token& stop = {});

}  // namespace coalmine

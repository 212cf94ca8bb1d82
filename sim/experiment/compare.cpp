#include "sim/experiment/compare.h"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "sim/scenario/workload.h"

namespace coalmine {
namespace {

/// What is played in every replication, besides the control.
struct Cell {
  std::string release;
  bool on_call = true;
  std::size_t strategy = 0;
};

/// By release (a release without faults has no bad form that differs from the good one), each with
/// the human and, if there is one, without; the strategies in order.
std::vector<Cell> cells_of(const Scenario& scenario) {
  std::vector<std::string> releases{"good"};
  if (!scenario.release_faults("bad").empty()) releases.insert(releases.begin(), "bad");
  if (!scenario.release.mix.empty()) releases.emplace_back("mix");
  std::vector<Cell> cells;
  for (const std::string& release : releases)
    for (const bool on_call : {true, false})
      if (scenario.on_call.present || !on_call)
        for (std::size_t s = 0; s < scenario.strategies.size(); ++s)
          cells.push_back({release, on_call, s});
  return cells;
}

/// All runs of one replication.
struct Replication {
  RunResult control;
  std::vector<RunResult> runs;  ///< by cell
  bool complete = false;
};

/// Plays the cells of one replication. What would be the same run again is not played again: a
/// release of the mix that is a cell of its own, and one in which the human had nothing to do.
class ReplicationPlayer {
 public:
  ReplicationPlayer(const RunSpec& spec,
                    const std::vector<Cell>& cells,
                    const std::stop_token& stop,
                    const std::function<void()>& run_done)
      : spec_(spec), cells_(cells), stop_(stop), run_done_(run_done) {}

  Replication play() {
    if (stop_.stop_requested()) return {};
    control_ = play_alone(spec_, stop_, nullptr, &shared_);
    if (control_.result.interrupted) return {};
    run_done_();
    for (const Cell& cell : cells_) {
      if (!play(cell)) return {};
      run_done_();
    }
    result_.control = std::move(control_.result);
    result_.control.events.clear();
    result_.complete = true;
    return std::move(result_);
  }

 private:
  bool play(const Cell& cell) {
    RunSpec spec = spec_;
    spec.strategy = cell.strategy;
    spec.release = cell.release;
    spec.on_call = cell.on_call;
    spec.shared = shared_;
    if (const RunResult* same = same_as(cell, played_release(spec))) {
      RunResult copy = *same;
      copy.release = cell.release;
      copy.on_call = cell.on_call;
      result_.runs.push_back(std::move(copy));
      return true;
    }
    PlayedRun run = play_alone(spec, stop_);
    if (run.result.interrupted) return false;
    add_excess(run, control_, *spec.scenario);
    run.result.events.clear();  // a comparison keeps numbers only
    result_.runs.push_back(std::move(run.result));
    return true;
  }

  /// A run played before that this one would repeat.
  const RunResult* same_as(const Cell& cell, const std::string& played) const {
    for (std::size_t i = 0; i < result_.runs.size(); ++i) {
      const RunResult& run = result_.runs[i];
      if (cells_[i].strategy != cell.strategy || run.played != played) continue;
      if (cells_[i].on_call == cell.on_call || run.stopped_by != kOnCall) return &run;
    }
    return nullptr;
  }

  const RunSpec& spec_;
  const std::vector<Cell>& cells_;
  const std::stop_token& stop_;
  const std::function<void()>& run_done_;
  PlayedRun control_;
  Shared shared_;
  Replication result_;
};

std::vector<Replication> play_all(const RunSpec& spec,
                                  const std::vector<Cell>& cells,
                                  const CompareOptions& options) {
  std::vector<Replication> replications(options.replications);
  const std::size_t total = options.replications * (1 + cells.size());
  std::mutex progress_lock;
  std::size_t done = 0;
  const auto run_done = [&] {
    if (!options.progress) return;
    const std::scoped_lock lock(progress_lock);
    options.progress(++done, total);
  };
  const int threads = options.threads > 0
                          ? options.threads
                          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                    static_cast<std::size_t>(threads));
  oneapi::tbb::task_arena arena(threads);
  arena.execute([&] {
    oneapi::tbb::parallel_for(
        std::size_t{0},
        options.replications,
        [&](std::size_t i) {
          RunSpec mine = spec;
          mine.replication = static_cast<std::uint32_t>(i);
          if (!options.stop.stop_requested())
            mine.arrivals = record_arrivals(*spec.scenario, spec.seed, mine.replication);
          replications[i] = ReplicationPlayer(mine, cells, options.stop, run_done).play();
        },
        oneapi::tbb::simple_partitioner{});
  });
  return replications;
}

}  // namespace

CompareResult compare(std::shared_ptr<const Scenario> scenario,
                      std::uint64_t seed,
                      const CompareOptions& options) {
  const std::vector<Cell> cells = cells_of(*scenario);
  RunSpec spec;
  spec.scenario = std::move(scenario);
  spec.seed = seed;
  const std::vector<Replication> replications = play_all(spec, cells, options);

  CompareResult result;
  result.scenario = spec.scenario->name;
  result.seed = seed;
  result.interrupted = options.stop.stop_requested();
  std::vector<const Replication*> complete;
  for (const Replication& r : replications)
    if (r.complete) complete.push_back(&r);
  result.replications = complete.size();
  if (complete.empty()) return result;
  const double horizon = to_seconds(spec.scenario->duration - spec.scenario->release.at);
  using Runs = std::vector<const RunResult*>;
  const auto of_all = [&](const auto& run_of) {
    Runs runs;
    runs.reserve(complete.size());
    for (const Replication* r : complete) runs.push_back(&run_of(*r));
    return runs;
  };
  const auto column = [&](std::size_t cell) {
    return of_all([cell](const Replication& r) -> const RunResult& { return r.runs[cell]; });
  };
  for (std::size_t cell = 0; cell < cells.size(); ++cell)
    result.strategies.push_back(
        summarise(column(cell), column(cell - cells[cell].strategy), horizon));
  const Runs controls = of_all([](const Replication& r) -> const RunResult& { return r.control; });
  result.strategies.push_back(summarise(controls, controls, horizon));
  return result;
}

}  // namespace coalmine

#include "sim/experiment/compare.h"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "sim/analysis/statistics.h"
#include "sim/experiment/outcome_names.h"

namespace coalmine {
namespace {

/// All runs of one replication: the control, then each strategy on each release.
struct Replication {
  RunResult control;
  std::vector<RunResult> runs;  ///< release-major: bad strategies, then good ones
  bool complete = false;
};

/// A release without faults has no bad form that differs from the good one.
std::vector<std::string> releases_of(const Scenario& scenario) {
  if (scenario.release_faults("bad").empty()) return {"good"};
  return {"bad", "good"};
}

Replication play_replication(const std::shared_ptr<const Scenario>& scenario,
                             std::uint64_t seed,
                             std::uint32_t replication,
                             const std::stop_token& stop,
                             const std::function<void()>& run_done) {
  Replication r;
  if (stop.stop_requested()) return r;
  RunSpec spec{scenario, std::nullopt, "bad", seed, replication};
  PlayedRun control = play_alone(spec, stop);
  if (control.result.interrupted) return r;
  run_done();
  for (const std::string& release : releases_of(*scenario)) {
    for (std::size_t s = 0; s < scenario->strategies.size(); ++s) {
      spec.strategy = s;
      spec.release = release;
      PlayedRun run = play_alone(spec, stop);
      if (run.result.interrupted) return r;
      add_excess(run, control, *scenario);
      run.result.events.clear();  // a comparison keeps numbers only
      r.runs.push_back(std::move(run.result));
      run_done();
    }
  }
  r.control = std::move(control.result);
  r.control.events.clear();
  r.complete = true;
  return r;
}

/// Whether a censored outcome applies to this run at all: nothing to detect without exposure,
/// nothing to restore without harm.
bool applies(const std::string& name, const RunResult& run) {
  if (name == "time_to_detect" || name == "time_to_alert")
    return run.outcomes.at("detected_fraction").has_value();
  if (name == "time_to_restore") return run.harmed;
  return run.strategy != "control";
}

/// What a run puts into means and differences: a time that did not come counts as the rest of the
/// run. Empty: the outcome does not apply.
std::optional<double> counted(const std::string& name, const RunResult& run, double horizon) {
  const std::optional<double> value = run.outcomes.at(name);
  if (!may_not_come(name)) return value;
  if (!applies(name, run)) return std::nullopt;
  return std::min(value.value_or(horizon), horizon);
}

OutcomeSummary summarise_times(std::span<const std::optional<double>> times, double horizon) {
  OutcomeSummary s;
  s.n = times.size();
  if (times.empty()) return s;
  const RestrictedMean m = restricted_mean(times, horizon);
  s.mean = m.estimate.mean;
  if (m.estimate.ci) {
    s.low = m.estimate.ci->low;
    s.high = m.estimate.ci->high;
  }
  s.censored = m.censored;
  std::vector<double> values;
  for (const auto& t : times) values.push_back(t ? std::min(*t, horizon) : horizon);
  s.p50 = quantile(values, 0.5);
  s.p95 = quantile(values, 0.95);
  return s;
}

OutcomeSummary summarise_values(std::span<const double> values) {
  OutcomeSummary s;
  s.n = values.size();
  if (values.empty()) return s;
  const MeanEstimate m = mean_estimate(values);
  s.mean = m.mean;
  if (m.ci) {
    s.low = m.ci->low;
    s.high = m.ci->high;
  }
  s.p50 = quantile(values, 0.5);
  s.p95 = quantile(values, 0.95);
  return s;
}

OutcomeSummary summarise_share(std::ptrdiff_t events, std::size_t trials) {
  OutcomeSummary s;
  s.n = trials;
  if (trials == 0) return s;
  const Interval wilson = wilson_interval(static_cast<std::uint64_t>(events), trials);
  s.mean = static_cast<double>(events) / static_cast<double>(trials);
  s.low = wilson.low;
  s.high = wilson.high;
  return s;
}

OutcomeSummary summarise_difference(std::span<const double> x, std::span<const double> y) {
  OutcomeSummary s;
  s.n = x.size();
  if (x.empty()) return s;
  const PairedEstimate p = paired_difference(x, y);
  s.mean = p.difference.mean;
  if (p.difference.ci) {
    s.low = p.difference.ci->low;
    s.high = p.difference.ci->high;
  }
  return s;
}

std::map<std::string, OutcomeSummary> verdict_shares(const std::vector<const RunResult*>& runs) {
  std::map<std::string, OutcomeSummary> shares;
  const auto add = [&](std::string_view name, const auto& holds) {
    const auto n = std::count_if(runs.begin(), runs.end(), [&](auto* run) { return holds(*run); });
    shares[std::string(name)] = summarise_share(n, runs.size());
  };
  for (const Verdict v : {Verdict::promoted, Verdict::rolled_back, Verdict::aborted, Verdict::held})
    add(verdict_name(v), [v](const RunResult& r) { return r.verdict == v; });
  add("rolled_back_by_on_call", [](const RunResult& r) {
    return r.verdict == Verdict::rolled_back && r.stopped_by == "on-call";
  });
  if (runs.front()->release == "good")
    add("wrong_rollback", [](const RunResult& r) {
      return r.verdict == Verdict::rolled_back || r.verdict == Verdict::aborted;
    });
  else
    shares["missed_bad_release"] = shares["promoted"];
  return shares;
}

/// One row: the same strategy and release over all replications, `first` the runs it is compared
/// with.
ComparedStrategy summarise(const std::vector<const RunResult*>& runs,
                           const std::vector<const RunResult*>& first,
                           double horizon) {
  ComparedStrategy row;
  row.strategy = runs.front()->strategy;
  row.name = runs.front()->name;
  row.release = runs.front()->release;
  row.replications = runs.size();
  if (row.release != "none") row.verdicts = verdict_shares(runs);
  for (const auto& named : runs.front()->outcomes) {
    const std::string& name = named.first;
    std::vector<std::optional<double>> times;
    std::vector<double> values, x, y;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const std::optional<double> mine = counted(name, *runs[i], horizon);
      const std::optional<double> other = counted(name, *first[i], horizon);
      if (!mine) continue;
      values.push_back(*mine);
      times.push_back(runs[i]->outcomes.at(name));
      if (!other) continue;
      x.push_back(*mine);
      y.push_back(*other);
    }
    row.outcomes[name] =
        yes_or_no(name)
            ? summarise_share(std::count(values.begin(), values.end(), 1.0), values.size())
        : may_not_come(name) ? summarise_times(times, horizon)
                             : summarise_values(values);
    if (name == "excess_users_affected") row.excess_users_affected = values;
    if (runs.front() != first.front() && !x.empty() && !yes_or_no(name))
      row.paired_difference[name] = summarise_difference(x, y);
  }
  return row;
}

}  // namespace

CompareResult compare(std::shared_ptr<const Scenario> scenario,
                      std::uint64_t seed,
                      const CompareOptions& options) {
  const std::size_t strategies = scenario->strategies.size();
  const std::size_t releases = releases_of(*scenario).size();
  const std::size_t total = options.replications * (1 + strategies * releases);
  std::vector<Replication> replications(options.replications);
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
          replications[i] = play_replication(
              scenario, seed, static_cast<std::uint32_t>(i), options.stop, run_done);
        },
        oneapi::tbb::simple_partitioner{});
  });

  CompareResult result;
  result.scenario = scenario->name;
  result.seed = seed;
  result.interrupted = options.stop.stop_requested();
  std::vector<const Replication*> complete;
  for (const Replication& r : replications)
    if (r.complete) complete.push_back(&r);
  result.replications = complete.size();
  if (complete.empty()) return result;
  const double horizon = to_seconds(scenario->duration - scenario->release.at);
  const auto column = [&](std::size_t run) {
    std::vector<const RunResult*> runs;
    for (const Replication* r : complete) runs.push_back(&r->runs[run]);
    return runs;
  };
  for (std::size_t release = 0; release < releases; ++release)
    for (std::size_t s = 0; s < strategies; ++s)
      result.strategies.push_back(
          summarise(column(release * strategies + s), column(release * strategies), horizon));
  std::vector<const RunResult*> controls;
  for (const Replication* r : complete) controls.push_back(&r->control);
  result.strategies.push_back(summarise(controls, controls, horizon));
  return result;
}

}  // namespace coalmine

#include "sim/experiment/run.h"

#include <algorithm>
#include <utility>

#include "sim/analysis/outcomes.h"
#include "sim/analysis/slo.h"
#include "sim/experiment/fingerprint.h"
#include "sim/experiment/operator.h"
#include "sim/experiment/outcome_names.h"
#include "sim/experiment/recorder.h"
#include "sim/experiment/release.h"
#include "sim/kernel/assert.h"
#include "sim/scenario/size.h"
#include "sim/scenario/workload.h"
#include "sim/scenario/world.h"

namespace coalmine {
namespace {

/// How much to play between two looks at the stop flag: some tenths of a second of work.
Duration between_looks(const Scenario& scenario) {
  constexpr double kMostHops = 1e6;
  constexpr double kMostSeconds = 30;
  const double hops = peak_rate(scenario.traffic) * hops_per_request(scenario);  // per second
  return std::max(Duration(1000),
                  from_seconds(kMostHops / std::max(hops, kMostHops / kMostSeconds)));
}

std::optional<double> seconds_or_none(std::optional<Duration> d) {
  return d ? std::optional(to_seconds(*d)) : std::nullopt;
}

struct EdgeTotals {
  double requests = 0;
  double failed = 0;
  LogHistogram latency;
};

EdgeTotals edge_totals(const EdgeTally& edge) {
  EdgeTotals t;
  for (const EdgeVersion& v : edge.versions()) {
    t.requests += static_cast<double>(v.requests);
    t.failed += static_cast<double>(v.failed);
    t.latency.merge(v.latency);
  }
  return t;
}

/// Bad events of one objective from the release on.
double bad_events(const EdgeTally& edge, std::size_t objective) {
  double n = 0;
  for (const EdgeBin& bin : edge.measured_bins()) n += bin.bad[objective];
  return n;
}

EdgeBins edge_bins(const EdgeTally& edge) {
  EdgeBins bins;
  bins.width = EdgeTally::kBin;
  const std::size_t objectives = edge.settings().bad_above.size();
  for (const EdgeBin& b : edge.measured_bins()) {
    std::uint32_t bad = b.failed;
    for (std::size_t k = 0; k < objectives; ++k) bad = std::max(bad, b.bad[k]);
    bins.requests.push_back(b.requests);
    bins.bad.push_back(bad);
  }
  return bins;
}

/// The outcomes that need no control run.
Outcomes own_outcomes(World& world,
                      const Scenario& scenario,
                      const Operator& op,
                      const ReleaseProgress& progress) {
  const EdgeTally& edge = world.data_plane->edge();
  const Time released = kTimeZero + scenario.release.at;
  const EdgeTotals totals = edge_totals(edge);
  Outcomes o;
  for (const OutcomeName& outcome : kOutcomeNames) o[std::string(outcome.name)] = std::nullopt;
  o["requests"] = totals.requests;
  o["failed_requests"] = totals.failed;
  if (totals.requests > 0) o["availability"] = 1 - totals.failed / totals.requests;
  for (const auto& [name, p] :
       {std::pair{"latency_p50", 0.5}, {"latency_p90", 0.9}, {"latency_p99", 0.99}})
    o[name] = seconds_or_none(totals.latency.quantile(p));
  const std::pair<const char*, VersionId> versions[] = {{"old", world.old_version},
                                                        {"new", world.new_version}};
  for (const auto& [label, version] : versions) {
    const LogHistogram& h = edge.versions()[version.index()].latency;
    for (const auto& [name, p] :
         {std::pair{"latency_p50", 0.5}, {"latency_p90", 0.9}, {"latency_p99", 0.99}})
      o[std::string(name) + "_" + label] = seconds_or_none(h.quantile(p));
  }
  std::optional<Duration> worst;
  for (const LogHistogram& minute : edge.minutes())
    if (const auto q = minute.quantile(0.99)) worst = std::max(worst.value_or(*q), *q);
  o["worst_minute_p99"] = seconds_or_none(worst);

  const double rate = mean_rate(scenario.traffic, scenario.duration);
  std::optional<double>& headline = o["error_budget_consumed"];
  for (std::size_t i = 0; i < scenario.objectives.size(); ++i) {
    const Objective& objective = scenario.objectives[i];
    const double consumed =
        budget_consumed({objective.target, objective.window}, bad_events(edge, i), rate);
    o["error_budget_consumed_" + std::to_string(i)] = consumed;
    headline = std::max(headline.value_or(consumed), consumed);
  }
  o["users_affected"] = static_cast<double>(edge.users_affected());
  o["users_exposed"] = static_cast<double>(edge.users_exposed());
  o["exposure_duration"] = to_seconds(edge.exposure_duration());

  const std::optional<Time> exposed = world.data_plane->first_exposure();
  const std::optional<Time> stopped = op.decided_to_stop();
  if (exposed) {
    const auto since_exposure = [&](Time t) { return std::max(0.0, to_seconds(t - *exposed)); };
    const std::optional<Time> harm = edge.first_harm();
    if (stopped) o["time_to_detect"] = since_exposure(*stopped);
    o["detected_fraction"] = stopped ? 1 : 0;
    o["detected_before_harm"] = stopped && (!harm || *stopped < *harm) ? 1 : 0;
    const auto& pages = world.page->pages();
    const auto alert = std::find_if(pages.begin(), pages.end(), [&](const Page& page) {
      return page.resolved.value_or(kNever) > *exposed;
    });
    if (alert != pages.end()) o["time_to_alert"] = since_exposure(alert->time);
  }
  if (progress.ending) o["rollout_duration"] = to_seconds(progress.ending->at - released);
  const double steady = scenario.service.deployment.replicas + world.other_pods();
  o["peak_pods"] = world.cluster->peak_pods() - world.other_pods();
  o["extra_pod_seconds"] =
      world.cluster->pod_seconds() - steady * to_seconds(scenario.duration - scenario.release.at);
  return o;
}

std::uint64_t fingerprint_of(const World& world, bool sidecars, const Outcomes& outcomes) {
  Fingerprint f;
  for (const Event& e : world.log()) {
    f.add(std::int64_t{e.time.time_since_epoch().count()});
    f.add(std::string_view(e.object));
    f.add(std::string_view(e.reason));
    f.add(std::string_view(e.message));
    for (const Evidence& evidence : e.evidence) {
      f.add(evidence.samples);
      f.add(evidence.value.value_or(-1));
    }
  }
  // What the built-in checks and the page could read. What users' queries read shows in the
  // evidence above, and more is stored for those who look at a run afterwards.
  const std::string& service = world.scenario().service.name;
  for (std::uint32_t i = 0; i < world.store.size(); ++i) {
    const StoredSeries series = world.store.at(SeriesId{i});
    if (!PromqlReader::reads(service, sidecars, series.labels->metric_name(), *series.labels))
      continue;
    f.add(std::string_view(series.labels->text()));
    for (std::size_t k = 0; k < series.times.size(); ++k) {
      const std::int64_t at = series.times[k].time_since_epoch().count();
      if (at < 0) continue;  // the past is as steady as the first sample says
      f.add(at);
      f.add(series.values[k]);
    }
  }
  for (const auto& [name, value] : outcomes) {
    f.add(std::string_view(name));
    f.add(value ? *value : -1.0);
  }
  return f.value();
}

}  // namespace

std::string played_release(const RunSpec& spec) {
  if (spec.release != "mix") return spec.release;
  const RandomKey key = make_key(spec.seed, spec.replication, "release/mix");
  return spec.scenario->release_of_mix(draw(key, 0));
}

PlayedRun play_alone(const RunSpec& spec,
                     const std::stop_token& stop,
                     Recording* recording,
                     Shared* shared) {
  const Scenario& scenario = *spec.scenario;
  PlayedRun run;
  run.result.scenario = scenario.name;
  run.result.seed = spec.seed;
  run.result.replication = spec.replication;
  const StrategyChoice* choice = spec.strategy ? &scenario.strategies.at(*spec.strategy) : nullptr;
  run.result.strategy = choice ? choice->output_name : "control";
  run.result.name = choice ? choice->name : "control";
  run.result.release = choice ? spec.release : "none";
  run.result.played = choice ? played_release(spec) : "none";
  run.result.on_call = spec.on_call && scenario.on_call.present;

  // Who plays the past for all stores what any of them reads.
  std::vector<std::string> queries;
  const bool reads_pods = choice && choice->strategy->reads_pods();
  bool sidecars = reads_pods;
  for (const StrategyChoice& any : scenario.strategies) {
    queries.insert(queries.end(), any.queries.begin(), any.queries.end());
    sidecars |= shared != nullptr && any.strategy->reads_pods();
  }
  World world(scenario,
              {spec.seed,
               spec.replication,
               choice ? run.result.played : "good",
               spec.arrivals,
               recording != nullptr,
               sidecars,
               std::move(queries)});
  Operator op(operator_context(world));
  std::optional<Recorder> recorder;
  if (recording != nullptr) recorder.emplace(world);
  ReleaseProgress progress;
  if (choice) {
    op.set_actor("strategy/" + choice->name);
    world.simulation.tasks().spawn(
        play_release(world, op, *choice->strategy, run.result.on_call, progress));
  }
  Cluster& cluster = *world.cluster;
  world.simulation.at(kTimeZero + scenario.release.at, [&cluster] { cluster.reset_cost(); });

  const bool shares = recording == nullptr;
  if (shares && spec.shared.past && !world.go_on_from(*spec.shared.past)) {
    world.simulation.tasks().cancel_all();
    RunSpec from_the_start = spec;
    from_the_start.shared.past.reset();
    return play_alone(from_the_start, stop, recording, shared);
  }
  const Duration slice = between_looks(scenario);
  const Time end = kTimeZero + scenario.duration;
  const auto play_until = [&](Time until) {
    for (Time t = world.simulation.now(); t < until && !stop.stop_requested(); t += slice)
      world.simulation.advance_to(std::min(t + slice, until));
    return !stop.stop_requested();
  };
  bool played = true;
  if (shared != nullptr) {
    played = play_until(world.past_ends());
    if (std::optional<WorldPast> common = played ? world.past() : std::nullopt)
      shared->past = std::make_shared<const WorldPast>(std::move(*common));
  }
  const bool may_join = shares && spec.shared.course && choice;
  if (may_join || shared != nullptr) {
    for (Time t = world.first_landmark(); played && t < end; t += world.landmark_step()) {
      played = play_until(t);
      if (!played) break;
      if (shared != nullptr) world.pass_landmark();
      if (!may_join || !progress.over || !world.join(spec.shared.course)) continue;
      run.joined_control = t;
      break;
    }
  }
  if (!played || !play_until(end)) {
    run.result.interrupted = true;
    world.simulation.tasks().cancel_all();
    return run;
  }
  world.data_plane->settle();
  if (shared != nullptr) shared->course = world.course();
  if (world.joined() && !world.catch_up()) {
    // Something acted on it after all, a probe perhaps.
    world.simulation.tasks().cancel_all();
    RunSpec whole = spec;
    whole.shared.course.reset();
    return play_alone(whole, stop, recording, shared);
  }
  if (!world.joined())
    CM_ASSERT(world.data_plane->sent() ==
              world.data_plane->finished() + world.data_plane->unanswered());

  run.result.verdict = progress.ending ? progress.ending->verdict : Verdict::held;
  run.result.outcomes = own_outcomes(world, scenario, op, progress);
  run.result.requests = world.data_plane->sent();
  run.result.fingerprint = fingerprint_of(world, reads_pods, run.result.outcomes);
  run.result.events = world.log();
  const auto stopped = std::find_if(run.result.events.begin(),
                                    run.result.events.end(),
                                    [](const Event& e) { return e.reason == "Stopped"; });
  if (stopped != run.result.events.end()) run.result.stopped_by = stopped->object;
  run.edge = std::make_shared<EdgeTally>(world.data_plane->edge());
  if (recorder) *recording = recorder->finish();
  // The tasks refer to this frame's Operator, which goes before the world.
  world.simulation.tasks().cancel_all();
  return run;
}

void add_excess(PlayedRun& run, const PlayedRun& control, const Scenario& scenario) {
  Outcomes& o = run.result.outcomes;
  const Outcomes& c = control.result.outcomes;
  for (const char* name : {"failed_requests", "users_affected"})
    o[std::string("excess_") + name] = *o.at(name) - *c.at(name);

  const double rate = mean_rate(scenario.traffic, scenario.duration);
  std::optional<double>& headline = o["excess_error_budget_consumed"];
  double tightest = scenario.objectives.empty() ? 1 - Objective{}.target : 1;
  for (std::size_t i = 0; i < scenario.objectives.size(); ++i) {
    const Objective& objective = scenario.objectives[i];
    const double excess = bad_events(*run.edge, i) - bad_events(*control.edge, i);
    const double consumed = budget_consumed({objective.target, objective.window}, excess, rate);
    headline = std::max(headline.value_or(consumed), consumed);
    tightest = std::min(tightest, 1 - objective.target);
  }

  const Restoration r = find_restoration(edge_bins(*run.edge), edge_bins(*control.edge), tightest);
  o["time_to_restore"] = seconds_or_none(r.time_to_restore());
  run.result.harmed = r.harmed();
}

void add_control(PlayedRun& run, const RunSpec& spec, const std::stop_token& stop) {
  if (!spec.strategy || run.result.interrupted) return;
  RunSpec control = spec;
  control.strategy.reset();
  const PlayedRun without = play_alone(control, stop);
  run.result.interrupted = without.result.interrupted;
  if (!without.result.interrupted) add_excess(run, without, *spec.scenario);
}

RunResult play(const RunSpec& spec, const std::stop_token& stop) {
  PlayedRun run = play_alone(spec, stop);
  add_control(run, spec, stop);
  return std::move(run.result);
}

}  // namespace coalmine

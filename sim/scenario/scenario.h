/// What the user wrote, checked and with every default filled in: immutable, shared by all runs, no
/// engine type inside. The loader (load.h) makes it; world.h builds a running world from it. Times
/// are measured from the start of the run. The declarative tables behind each section are in
/// sections.h.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cluster/deployment_spec.h"
#include "sim/faults/fault.h"
#include "sim/kernel/distribution_spec.h"
#include "sim/kernel/settings.h"
#include "sim/kernel/time.h"
#include "sim/service/service_model.h"
#include "sim/telemetry/dialects/registry.h"
#include "sim/telemetry/rules/rule_group.h"

namespace coalmine {

class Strategy;  // sim/experiment/strategy.h; the scenario only carries it

struct PodSettings {
  int concurrency = 8;  ///< requests in service at once (worker slots)
  int queue = 64;       ///< further requests that may wait; then 503
  Discipline discipline = Discipline::fifo;
  double cores = 1;            ///< ps: jobs progress at min(1, cores/n)
  double cpu_share = 1;        ///< part of the work that needs a core; the rest waits
  DurationDistribution start;  ///< container running -> process listens; default p50 8s, p99 25s
  Duration warmup_for{};       ///< after listening, work costs more, falling linearly...
  double warmup_slowdown = 1;  ///< ...from this factor to 1
  OnSigterm on_sigterm = OnSigterm::drain;
  double memory = 128 * 1024.0 * 1024.0;  ///< bytes in use by a process that does not leak
};

struct CallSettings {
  std::string service;
  double per_request = 1;      ///< mean calls per request: whole calls plus a coin for the fraction
  Duration timeout{};          ///< 0: wait for ever
  double cache_hit_ratio = 0;  ///< of a warm process: calls answered from its own cache
  double cache_keys = 1000;    ///< requests in which a cold cache fills to 63 %
};

struct ServiceSettings {
  std::string name;
  std::string manifest;  ///< path as written; empty: none
  DeploymentSpec
      deployment;  ///< from the manifest, overridden by inline keys, or from the inline keys
  PodSettings pod;
  DurationDistribution
      response;  ///< own work of one request, without queueing and calls; p50 40ms, p99 250ms
  double error_rate = 0;     ///< failures of a good day, every version
  double request_size = 0;   ///< bytes of every request, on metrics; 0: not told
  double response_size = 0;  ///< of every answer
  Balancer balancer = Balancer::leastRequest;
  std::vector<CallSettings> calls;   ///< in order, each blocking the worker
  std::vector<std::string> metrics;  ///< dialects it exposes, besides those that are always on
  MetricOptions metric_options;
};

/// A part of the users: share of all, and the request headers they carry.
struct UserSegment {
  std::string name;
  double share = 0;  ///< of users, [0, 1]; drawn once per user, segments exclude each other
  std::map<std::string, std::string> headers;  ///< lower-case names
};

struct TrafficSettings {
  enum class Kind { constant, piecewise, diurnal, mmpp, trace_counts, trace_offsets };
  Kind kind = Kind::constant;
  double rate = 400;  ///< constant: requests/s
  std::vector<std::pair<Duration, double>>
      points;                                 ///< piecewise: (time, requests/s), linear between
  double base = 0, peak = 0;                  ///< diurnal: requests/s at the trough and at the peak
  Duration period = std::chrono::hours(24);   ///< diurnal: length of the cycle
  Duration peak_at = std::chrono::hours(14);  ///< diurnal: time of the peak within it
  double mmpp_rate[2] = {0, 0};               ///< bursts: requests/s calm and bursting
  Duration mmpp_stay[2] = {};                 ///< bursts: mean stay in each state
  std::string trace_file;  ///< as written, resolved against the scenario's folder
  std::vector<std::pair<Duration, double>>
      trace;                  ///< counts: (bucket start, count); offsets: (offset, 1)
  Duration trace_bucket{};    ///< counts: the usual length of a bucket
  Duration trace_from{};      ///< where in the trace the run's time zero lies
  double trace_scale = 1;     ///< counts are multiplied, time never compressed
  bool trace_repeat = false;  ///< begin again at the end, else the last rate is an error

  std::int64_t users = 50000;
  double zipf = 0;                     ///< 0: uniform; else the exponent of the users' popularity
  double session_requests = 1;         ///< mean requests of a session (geometric); 1: no sessions
  DurationDistribution session_think;  ///< pause between them; default p50 5s, p99 60s
  std::vector<UserSegment> segments;
  double conversion = 0;        ///< share of the users who do what the business wants
  double conversion_value = 0;  ///< what one of them brings, in money; 0: not told
  Duration timeout = std::chrono::seconds(1);  ///< the client gives up; 0: never
};

using FaultList = std::vector<std::shared_ptr<const Fault>>;

struct ReleaseSettings {
  std::string from = "v1";  ///< the version in charge before (faults can name it)
  std::string version = "v2";
  Duration at = std::chrono::minutes(5);
  std::optional<double> conversion;  ///< under the new version; empty: the same
  FaultList faults;                  ///< of the new version (the bad release)
  /// Further ways to be bad, by name; errors, slow and crash are there without being written.
  std::map<std::string, FaultList> variants;
  /// Releases as they come: how often which, by name; the shares sum to 1. Empty: not asked.
  std::map<std::string, double> mix;
};

struct Objective {
  enum class Kind { availability, latency };
  Kind kind = Kind::availability;
  double target = 0.999;  ///< share of good requests, (0, 1)
  Duration latency{};     ///< latency: a request slower than this is bad
  Duration window = std::chrono::hours(24 * 30);
};

/// The human behind every strategy: paged by burn-rate alerts, answers after a while, rolls back.
struct OnCallSettings {
  bool present = true;           ///< `onCall: none` leaves them out
  DurationDistribution respond;  ///< page -> decision; default p50 10m, p99 30m
};

struct TelemetrySettings {
  Duration scrape_interval = std::chrono::seconds(15);
  std::optional<Duration> scrape_timeout;  ///< none: 10 s, or the interval if that is shorter
  Duration evaluation_interval = std::chrono::seconds(30);  ///< of alert rules
  double scrape_loss = 0;  ///< each scrape of each target is lost with this probability
  TargetLabelStyle target_labels = TargetLabelStyle::operator_;
  PromDialect prometheus = PromDialect::v3;          ///< whose PromQL and ingestion
  Duration retention = std::chrono::hours(24 * 15);  ///< of samples

  Duration timeout() const {
    constexpr Duration kUsual = std::chrono::seconds(10);
    return scrape_timeout.value_or(std::min(kUsual, scrape_interval));
  }
  /// How its server evaluates queries. A subquery without a step takes the evaluation interval.
  promql::Options promql() const;
};

/// Delays of the control plane (specs/kubernetes, latency defaults); all can be overridden.
struct NetworkSettings {
  DurationDistribution
      endpoint_update;               ///< d2: pod change -> EndpointSlice; default p50 100ms, p99 1s
  DurationDistribution proxy_apply;  ///< d3: EndpointSlice or route -> in force at the proxy;
                                     ///< default p50 500ms, p99 1s
};

struct Scenario;

struct StrategyChoice {
  std::string type;                          ///< key in the scenario: "canary"
  std::string output_name;                   ///< in output: "blue-green"
  std::string name;                          ///< entry's own name, default output_name
  std::shared_ptr<const Strategy> strategy;  ///< configured
  std::vector<std::string> queries{};        ///< as Strategy::queries, which this room cannot ask
  /// What its settings (as written at the view) ask of the rest of the scenario; empty: nothing.
  std::function<void(const Scenario&, const SectionView&, Diagnostics&)> check{};
};

struct SourceFile {
  std::string name;  ///< as written in the scenario, relative to its folder
  std::string text;
};

/// All that a scenario was made from: loading this again gives the same one, wherever it is.
struct ScenarioSource {
  std::string text;
  std::vector<std::string> overrides;  ///< `--set`, in their order
  std::vector<SourceFile> files;       ///< manifests and the trace, in the order of reading
};

struct Scenario {
  std::string file;  ///< path as given, for messages
  ScenarioSource source;
  std::string name;
  std::string title;
  std::string name_space = "default";  ///< of everything in it
  std::string shows;                   ///< what its author wants the reader to see
  Duration duration = std::chrono::minutes(45);
  std::uint64_t seed = 7;
  ServiceSettings service;                ///< the one being released
  std::vector<ServiceSettings> services;  ///< those it calls, directly or not
  TrafficSettings traffic;
  ReleaseSettings release;
  FaultList faults;  ///< on anything else
  std::vector<Objective> objectives;
  OnCallSettings on_call;
  std::vector<rules::RuleGroup> alerts;  ///< besides those made from the objectives
  TelemetrySettings telemetry;
  NetworkSettings network;
  std::vector<StrategyChoice> strategies;

  /// What is wrong with the new version of that release: "bad" (release.faults), "good" (nothing)
  /// or a variant. Fails on a name that release_names() does not give.
  const FaultList& release_faults(std::string_view which) const;
  std::vector<std::string> release_names() const;
  /// The release of the mix that the uniform `u` in (0, 1) draws.
  const std::string& release_of_mix(double u) const;
  /// Share of the users who convert under a version of the released service.
  double conversion(bool new_version) const {
    return new_version ? release.conversion.value_or(traffic.conversion) : traffic.conversion;
  }
  /// 0: the one being released; then `services` in order.
  const ServiceSettings& service_at(std::size_t index) const {
    return index == 0 ? service : services.at(index - 1);
  }
};

}  // namespace coalmine

#include "sim/scenario/world.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "sim/cluster/latencies.h"
#include "sim/kernel/assert.h"
#include "sim/scenario/scenario_rules.h"
#include "sim/scenario/workload.h"
#include "sim/scenario/world_instruments.h"
#include "sim/telemetry/dialects/dialect.h"

namespace coalmine {
namespace {

/// The faults that act on one version.
struct FaultInstaller {
  const World& world;
  const Scenario& scenario;
  std::vector<VersionModel>& versions;

  /// The other version of the released service; null for a version of another service.
  VersionEffects* beside(const VersionModel& version) const {
    for (VersionModel& other : versions)
      if (&other != &version && other.service == version.service) return &other.effects;
    return nullptr;
  }
  SegmentSet segments(const std::string& name) const {
    if (name.empty()) return kEverySegment;
    const auto& all = scenario.traffic.segments;
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const UserSegment& s) { return s.name == name; });
    CM_ASSERT(found != all.end());
    return SegmentSet{1} << (found - all.begin());
  }
  FaultSite site(const VersionModel& version, bool of_release) const {
    const ServiceSettings& service = scenario.service_at(version.service.index());
    const bool released = version.service == World::kReleased;
    return {service.deployment.pod.process_memory_limit,
            released ? scenario.conversion(version.is_new) : 0,
            service.pod.concurrency,
            of_release ? scenario.duration - scenario.release.at : kForever};
  }

  void install(const Fault& fault,
               const std::string& address,
               bool of_release,
               VersionModel& version) const {
    const FaultSite here = site(version, of_release);
    if (!fault.lacks(here).empty()) return;
    const Time released = kTimeZero + scenario.release.at;
    EffectWindow window;
    if (fault.common.at)
      window.from = kTimeZero + *fault.common.at;
    else if (!of_release)
      window.from = kTimeZero;
    else if (fault.common.ramp.count() > 0)
      window.from = released;  // a ramp needs a beginning
    window.until = fault.common.until ? kTimeZero + *fault.common.until : kNever;
    window.ramp = fault.common.ramp;
    const World& w = world;
    FaultTarget target{version.effects,
                       window,
                       [&w, &address](std::string_view what) {
                         return w.key("fault/" + address + "/" + std::string(what));
                       },
                       beside(version),
                       segments(fault.common.on_segment),
                       here.memory_limit};
    fault.install(target);
    if (fault.noticeable()) version.faults.push_back(target.presence);
  }
};

/// Whoever has an objective for a latency has a bucket that ends there.
std::vector<Duration> objective_bounds(const Scenario& scenario) {
  std::vector<Duration> bounds;
  for (const Objective& o : scenario.objectives)
    if (o.kind == Objective::Kind::latency) bounds.push_back(o.latency);
  return bounds;
}

using Selectors = std::vector<std::vector<Matcher>>;

Selectors selectors_of(const std::vector<std::string>& queries, const promql::Options& options) {
  Selectors selectors;
  for (const std::string& text : queries) {
    const promql::Query query = promql::Query::parse(text, options);
    for (const auto matchers : query.selectors())
      selectors.emplace_back(matchers.begin(), matchers.end());
  }
  return selectors;
}

/// Those of strategies and of the scenario's rules.
std::vector<std::string> queries_to_keep(const Scenario& scenario,
                                         std::vector<std::string> queries) {
  for (const rules::RuleGroup& group : scenario.alerts)
    for (const rules::Rule& rule : group.rules) queries.push_back(rules::expr_of(rule).text());
  return queries;
}

/// How far back any of them looks.
Duration longest_reach(const std::vector<std::string>& queries, const promql::Options& options) {
  Millis longest{0};
  for (const std::string& text : queries)
    longest = std::max(longest, promql::Query::parse(text, options).reach());
  return longest;
}

/// No query gets more of the steady past than this: every sample of it takes 16 bytes.
constexpr Duration kMostPast = std::chrono::hours(24 * 7);

/// By its name alone: values of labels may be placeholders.
bool could_select(const Selectors& selectors, std::string_view name) {
  return std::any_of(selectors.begin(), selectors.end(), [&](const std::vector<Matcher>& all) {
    return std::all_of(all.begin(), all.end(), [&](const Matcher& m) {
      return m.name() != kMetricName || m.matches(name);
    });
  });
}

bool ask_of_scrapes(const Selectors& selectors) {
  const auto names = Scraper::about_scrapes();
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return could_select(selectors, name);
  });
}

}  // namespace

World::World(const Scenario& scenario, const WorldSpec& spec)
    : simulation(kTimeZero - settling_period(scenario.traffic)), scenario_(scenario), spec_(spec) {
  make_dialects();
  for (const UserSegment& s : scenario.traffic.segments) segments_.push_back(s.name);
  const Time start = simulation.now();
  const TrafficSettings& t = scenario.traffic;
  UserModel users;
  users.count = static_cast<std::uint32_t>(t.users);
  users.zipf = t.zipf;
  for (const UserSegment& s : t.segments) users.segments.push_back({s.name, s.share, s.headers});
  users.who = key("traffic/user");
  users.segment_key = key("user/segment");

  TrafficModel model = traffic_model(spec);
  EdgeSettings edge;
  edge.measure_from = kTimeZero + scenario.release.at;
  edge.end = kTimeZero + scenario.duration;
  edge.users = users.count;
  edge.versions = model.versions.size();
  for (const Objective& o : scenario.objectives)
    edge.bad_above.push_back(o.kind == Objective::Kind::latency ? o.latency : kForever);

  data_plane = std::make_unique<DataPlane>(
      std::move(model),
      Users(std::move(users)),
      spec.arrivals
          ? Arrivals(spec.arrivals)
          : make_arrivals(
                t, scenario.duration, start, [this](std::string_view p) { return key(p); }),
      std::move(edge));
  simulation.attach(data_plane.get());
  start_services();
  start_telemetry();
}

void World::make_dialects() {
  dialects_.resize(1 + scenario_.services.size());
  for (std::size_t i = 0; i < dialects_.size(); ++i) {
    const ServiceSettings& service = scenario_.service_at(i);
    for (const std::string& name : service.metrics)
      if (const DialectType* type = find_dialect_type(name); type->make != nullptr)
        dialects_[i].push_back(type->make(service.metric_options));
  }
}

World::~World() {
  // Coroutines refer to what this world holds: they go first.
  simulation.tasks().cancel_all();
  simulation.attach(nullptr);
}

RandomKey World::key(std::string_view purpose) const {
  return make_key(spec_.seed, spec_.replication, purpose);
}

EventSink World::events() {
  return [this](Event event) {
    if (event.time >= kTimeZero) log_.push_back(std::move(event));
  };
}

TrafficModel World::traffic_model(const WorldSpec& spec) {
  TrafficModel model;
  std::vector<const ServiceSettings*> settings{&scenario_.service};
  for (const ServiceSettings& s : scenario_.services) settings.push_back(&s);
  const auto index_of = [&](const std::string& name) {
    const auto found = std::find_if(
        settings.begin(), settings.end(), [&](const auto* s) { return s->name == name; });
    CM_ASSERT(found != settings.end());
    return static_cast<std::uint32_t>(found - settings.begin());
  };

  for (const ServiceSettings* s : settings) {
    ServiceModel m;
    m.name = s->name;
    m.workers = static_cast<std::uint32_t>(s->pod.concurrency);
    m.queue = static_cast<std::uint32_t>(s->pod.queue);
    m.discipline = s->pod.discipline;
    m.cores = s->pod.cores;
    m.cpu_share = s->pod.cpu_share;
    m.demand = table_of(s->response);
    m.demand_key = key("request/" + s->name + "/demand");
    m.pick_key = key("request/" + s->name + "/pick");
    m.error_rate = s->error_rate;
    m.error_coin = key("request/" + s->name + "/error");
    m.warmup_for = s->pod.warmup_for;
    m.warmup_slowdown = s->pod.warmup_slowdown;
    m.balancer = s->balancer;
    for (std::size_t i = 0; i < s->calls.size(); ++i) {
      const CallSettings& c = s->calls[i];
      const auto whole = static_cast<std::uint32_t>(c.per_request);
      m.calls.push_back({ServiceId{index_of(c.service)},
                         whole,
                         c.per_request - whole,
                         key("request/" + s->name + "/call/" + std::to_string(i)),
                         c.timeout,
                         c.cache_hit_ratio,
                         c.cache_keys,
                         key("request/" + s->name + "/cache/" + std::to_string(i))});
    }
    model.services.push_back(std::move(m));
    model.versions.push_back({ServiceId{static_cast<std::uint32_t>(model.versions.size())}});
  }
  old_version = VersionId{0};
  new_version = VersionId{static_cast<std::uint32_t>(model.versions.size())};
  model.versions.push_back({kReleased, {}, true});

  const FaultInstaller installer{*this, scenario_, model.versions};
  for (std::size_t i = 0; i < scenario_.faults.size(); ++i) {
    const Fault& fault = *scenario_.faults[i];
    const std::uint32_t service =
        fault.common.on_service.empty() ? 0 : index_of(fault.common.on_service);
    for (VersionModel& version : model.versions) {
      if (version.service.value != service) continue;
      const std::string& wanted = fault.common.on_version;
      if (!wanted.empty() && (wanted == scenario_.release.version) != version.is_new) continue;
      installer.install(fault, std::to_string(i), false, version);
    }
  }
  const FaultList& release_faults = scenario_.release_faults(spec.release);
  for (std::size_t i = 0; i < release_faults.size(); ++i)
    installer.install(
        *release_faults[i], "release/" + std::to_string(i), true, model.versions.back());
  model.client_timeout = scenario_.traffic.timeout;
  model.route_key = key("request/route");
  model.mirror_key = key("request/mirror");
  model.conversion_coin = key("user/conversion");
  model.by_segment = !scenario_.traffic.segments.empty();
  std::vector<Duration> bounds = istio_dialect().bounds();
  for (const auto& of_service : dialects_) {
    for (const auto& dialect : of_service) {
      const std::vector<Duration> more = dialect->bounds();
      bounds.insert(bounds.end(), more.begin(), more.end());
      model.longest |= dialect->needs_longest();
    }
  }
  for (const Duration bound : objective_bounds(scenario_)) bounds.push_back(bound);
  model.bounds = LatencyBounds(std::move(bounds));
  model.versions[0].conversion = scenario_.conversion(false);
  model.versions[new_version.index()].conversion = scenario_.conversion(true);
  return model;
}

void World::start_services() {
  ClusterSettings latencies;
  latencies.endpoint_update = sampler_of(scenario_.network.endpoint_update);
  latencies.proxy_apply = sampler_of(scenario_.network.proxy_apply);
  cluster = std::make_unique<Cluster>(
      simulation, *data_plane, events(), latencies, [this](std::string_view p) { return key(p); });
  data_plane->on_death([this](PodId pod, Time at, Death cause) {
    simulation.at(at, [this, pod, cause] { cluster->kill_pod(pod, cause); });
  });
  const auto start = [&](const ServiceSettings& s, std::uint32_t index) {
    WorkloadSpec w;
    w.service = ServiceId{index};
    w.deployment = s.deployment;
    if (w.deployment.name.empty()) w.deployment.name = s.name;
    w.deployment.pod.version = VersionId{index};
    w.process_start = sampler_of(s.pod.start);
    w.on_sigterm = s.pod.on_sigterm;
    const DeploymentId deployment = cluster->create_settled(w);
    const BackendId backend = cluster->create_backend(s.name, {deployment});
    data_plane->set_routes(ServiceId{index}, RouteTable::to(backend));
    if (index == 0) {
      stable = deployment;
      service_backend = backend;
      workload = w;
    } else {
      other_pods_ += s.deployment.replicas;
    }
  };
  start(scenario_.service, 0);
  for (std::size_t i = 0; i < scenario_.services.size(); ++i)
    start(scenario_.services[i], static_cast<std::uint32_t>(i + 1));
}

void World::start_telemetry() {
  instruments_ = std::make_unique<WorldInstruments>(*this);
  Scraper::Settings scraping;
  scraping.interval = scenario_.telemetry.scrape_interval;
  scraping.timeout = scenario_.telemetry.timeout();
  scraping.loss = scenario_.telemetry.scrape_loss;
  scraping.phase_key = key("telemetry/phase");
  scraping.loss_key = key("telemetry/loss");
  scraping.dialects = {&istio_dialect(), &application_dialect()};
  for (std::size_t i = 0; i < dialects_.size(); ++i)
    for (const auto& dialect : dialects_[i])
      scraping.more_dialects[scenario_.service_at(i).name].push_back(dialect.get());
  scraping.target_labels = scenario_.telemetry.target_labels;
  scraping.prometheus = scenario_.telemetry.prometheus;
  scraping.extra_bounds = objective_bounds(scenario_);
  scraping.bounds = data_plane->bounds();
  const std::vector<std::string> queries = queries_to_keep(scenario_, spec_.queries);
  const promql::Options promql = scenario_.telemetry.promql();
  const Duration reach = std::min(longest_reach(queries, promql), kMostPast);
  const Duration retention = scenario_.telemetry.retention;
  scraping.router_history = std::min(std::max(scraping.router_history, reach), retention);
  scraping.pod_history = std::min(std::max(scraping.pod_history, reach), retention);
  Selectors asked = selectors_of(queries, promql);
  if (!spec_.keeps_everything && !ask_of_scrapes(asked))
    scraping.keep = [this, asked = std::move(asked)](std::string_view name, const Labels& labels) {
      return PromqlReader::reads(scenario_.service.name, spec_.sidecars, name, labels) ||
             could_select(asked, name);
    };
  scraper_ = std::make_unique<Scraper>(simulation, *instruments_, store, std::move(scraping));
  scraper_->start();
  metrics = std::make_unique<PromqlReader>(
      simulation,
      store,
      [this](DeploymentId d) { return cluster->spec(d).name; },
      segments_,
      keeps_sidecars(),
      promql);

  forget_old_samples();
  start_rules();
}

// As often as Prometheus has a new block and looks for old ones.
void World::forget_old_samples() {
  simulation.after(std::chrono::hours(2), [this] {
    store.forget_before(to_timestamp(simulation.now() - scenario_.telemetry.retention));
    forget_old_samples();
  });
}

void World::start_rules() {
  paged = std::make_unique<Condition>(simulation);
  rules::RuleRunner::Settings settings;
  settings.evaluation_interval = scenario_.telemetry.evaluation_interval;
  settings.phase_key = key("telemetry/evaluation");
  page = std::make_unique<rules::RuleRunner>(
      simulation, store, scenario_rules(scenario_), settings, events(), [this](const Page&) {
        paged->notify();
      });
  page->start(kTimeZero);
}

ControlPlaneCounts World::control_plane_so_far() const {
  return {log_.size(), cluster->pods().size()};
}

std::optional<WorldPast> World::past() const {
  CM_ASSERT(simulation.now() == past_ends());
  // Rules of the scenario keep a state of their own.
  if (!data_plane->state().dooms_.empty() || !page->pages().empty() || !scenario_.alerts.empty())
    return std::nullopt;
  std::optional<Scraper::Memory> scraped = scraper_->memory();
  if (!scraped) return std::nullopt;
  return WorldPast{data_plane->state(),
                   store,
                   *std::move(scraped),
                   data_plane->knows_segments(),
                   keeps_sidecars(),
                   control_plane_so_far()};
}

bool World::go_on_from(const WorldPast& past) {
  if (past.segments != data_plane->knows_segments() || (keeps_sidecars() && !past.sidecars))
    return true;
  data_plane->fall_asleep();
  simulation.advance_to(past_ends());
  if (control_plane_so_far() != past.control_plane) return false;
  data_plane->go_on_from(past.traffic);
  store = past.store;
  scraper_->recall(past.scraped);
  return true;
}

Duration World::landmark_step() const {
  using std::chrono::minutes;
  const Duration after = scenario_.duration - scenario_.release.at;
  return std::max<Duration>(minutes(1), std::chrono::ceil<minutes>(after / Course::kMostLandmarks));
}

Time World::first_landmark() const {
  return kTimeZero + scenario_.release.at + landmark_step() - Duration(1);
}

void World::pass_landmark() {
  if (!passed_) {
    if (simulation.now() != first_landmark()) return;  // it was given up
    passed_ = std::make_shared<Course>();
    passed_->first = first_landmark() + Duration(1);
    passed_->step = landmark_step();
    passed_->sidecars = keeps_sidecars();
    instruments_->keep(&passed_->readings);
  }
  data_plane->settle();
  // Where requests do not stand so that they can be compared, they never will.
  const std::optional<Standing> standing = data_plane->standing();
  bool goes_on = standing.has_value();
  if (standing) {
    passed_->landmarks.push_back(
        {*standing, data_plane->seated(), data_plane->counts(scraper_->stores_of_pods())});
    passed_->bytes += passed_->landmarks.back().bytes();
    goes_on = passed_->bytes + passed_->readings.bytes() <= Course::kMostBytes;
  }
  if (goes_on) return;
  instruments_->keep(nullptr);
  passed_.reset();
}

std::shared_ptr<const Course> World::course() {
  if (!passed_) return nullptr;
  data_plane->settle();
  instruments_->keep(nullptr);
  const std::optional<Standing> end = data_plane->standing();
  const Course::Landmark& first = passed_->landmarks.front();
  if (!end || end->seats != first.standing.seats || data_plane->seated() != first.pods) return {};
  passed_->end = data_plane->counts(false);
  passed_->edge = data_plane->edge();
  return std::move(passed_);
}

bool World::join(std::shared_ptr<const Course> course) {
  CM_ASSERT(!joined_);
  const std::optional<std::size_t> nth = course->landmark_at(simulation.now());
  if (!nth || !scraper_->stores_counters_only()) return false;
  const Course::Landmark& there = course->landmarks[*nth];
  // Pods are known by their own names then, and have to be the same ones.
  if (scraper_->stores_of_pods() &&
      (data_plane->seated() != there.pods || (keeps_sidecars() && !course->sidecars)))
    return false;
  data_plane->settle();
  if (data_plane->standing() != there.standing) return false;
  data_plane->leave_requests_to_another();
  joined_ = std::move(course);
  joined_at_ = *nth;
  instruments_->follow(joined_, joined_at_);
  return true;
}

bool World::catch_up() {
  CM_ASSERT(joined_);
  if (data_plane->broke_away()) return false;
  const Time since = joined_->first + static_cast<std::int64_t>(joined_at_) * joined_->step;
  data_plane->add_counts(
      joined_->landmarks[joined_at_].counts, joined_->end, *joined_->edge, since);
  return true;
}

std::vector<DeploymentId> World::released_deployments() const {
  std::set<DeploymentId> seen;
  for (const PodInfo& pod : cluster->pods())
    if (pod.service == kReleased) seen.insert(pod.deployment);
  return {seen.begin(), seen.end()};
}

}  // namespace coalmine

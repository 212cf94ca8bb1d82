#include "sim/telemetry/scraper.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sim/kernel/assert.h"
#include "sim/telemetry/exposed_values.h"

namespace coalmine {
namespace {

constexpr double kNotShown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

Scraper::Scraper(Simulation& simulation,
                 const InstrumentSource& source,
                 SeriesStore& store,
                 Settings settings)
    : simulation_(simulation), source_(source), store_(store), settings_(std::move(settings)) {
  CM_ASSERT(settings_.interval >= Millis(1) && settings_.discovery_interval.count() > 0);
  CM_ASSERT(settings_.loss >= 0 && settings_.loss <= 1);
}

Scraper::~Scraper() {
  for (const Loop& loop : loops_)
    if (loop.next != 0) simulation_.cancel(loop.next);
  if (discovery_ != 0) simulation_.cancel(discovery_);
  if (past_ != 0) simulation_.cancel(past_);
}

void Scraper::start() {
  CM_ASSERT(discovery_ == 0);
  started_ = simulation_.now();
  // Before the scrapes of that instant: they are appended after the past they stand on.
  if (started_ < settings_.steady_until)
    past_ = simulation_.at(settings_.steady_until, [this] { fill_in_past(); });
  discover();
  if (started_ < settings_.steady_until) {
    for (Loop& loop : loops_) {
      loop.steady = answers(loop);
      if (loop.steady) loop.baseline = read_all(loop);
    }
  }
}

std::optional<Scraper::Memory> Scraper::memory() const {
  if (late_ > 0) return std::nullopt;
  Memory memory;
  for (const Loop& loop : loops_) {
    Memory::OfLoop& of = memory.loops_.emplace_back();
    for (const Column& column : loop.columns) of.columns.emplace(column.nth, column.known);
    of.about = loop.about;
  }
  return memory;
}

void Scraper::recall(const Memory& memory) {
  CM_ASSERT(memory.loops_.size() == loops_.size());
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    const Memory::OfLoop& of = memory.loops_[i];
    for (Column& column : loops_[i].columns) {
      const auto known = of.columns.find(column.nth);
      CM_ASSERT(known != of.columns.end());
      column.known = known->second;
    }
    loops_[i].about = of.about;
  }
}

bool Scraper::stores_counters_only() const {
  return std::all_of(loops_.begin(), loops_.end(), [](const Loop& loop) {
    return std::none_of(loop.columns.begin(), loop.columns.end(), [](const Column& column) {
      return is_gauge(column.exposed.readout.quantity);
    });
  });
}

bool Scraper::stores_of_pods() const {
  return std::any_of(loops_.begin(), loops_.end(), [](const Loop& loop) {
    return loop.alive && loop.of.pod.valid() && !loop.columns.empty();
  });
}

// ---- targets

void Scraper::discover() {
  discovery_ =
      simulation_.at(scraped_from() + settings_.discovery_interval, [this] { discover(); });

  std::vector<Subject> now = present();
  if (now == discovered_) return;
  std::set<Key> there;
  for (const Subject& subject : now) there.insert(subject.key());
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    const Loop& loop = loops_[i];
    if (loop.of.endpoint == EndpointKind::router || !loop.alive) continue;
    if (there.count(loop.of.key()) == 0) gone(i);
  }
  for (const Subject& subject : now)
    if (known_.insert(subject.key()).second) add_loop(subject);
  discovered_ = std::move(now);
}

/// All that can be scraped now, by what anybody has a name for.
std::vector<Scraper::Subject> Scraper::present() const {
  const std::vector<DeploymentId> deployments = source_.routed_deployments();
  std::vector<Subject> subjects;
  subjects.reserve(deployments.size());
  for (const DeploymentId deployment : deployments)
    subjects.push_back({EndpointKind::router, {}, {}, deployment});
  if (anybody_observes(EndpointKind::cluster)) {
    for (const DeploymentId deployment : deployments)
      subjects.push_back({EndpointKind::cluster, {}, {}, deployment});
    for (const ReplicaSetInfo& rs : source_.replica_sets())
      subjects.push_back({EndpointKind::cluster, {}, rs.id, rs.deployment});
  }
  std::vector<EndpointKind> of_pods{EndpointKind::sidecar, EndpointKind::process};
  for (const EndpointKind shared : {EndpointKind::cluster, EndpointKind::kubelet})
    if (anybody_observes(shared)) of_pods.push_back(shared);
  for (const auto& pod : source_.pods())
    for (const EndpointKind endpoint : of_pods)
      subjects.push_back({endpoint, pod.pod, {}, pod.deployment, pod.workers});
  return subjects;
}

bool Scraper::anybody_observes(EndpointKind endpoint) const {
  const auto observes = [&](const MetricDialect* dialect) { return dialect->observes(endpoint); };
  const auto any = [&](const Dialects& d) { return std::any_of(d.begin(), d.end(), observes); };
  return any(settings_.dialects) ||
         std::any_of(settings_.more_dialects.begin(),
                     settings_.more_dialects.end(),
                     [&](const auto& of_service) { return any(of_service.second); });
}

bool Scraper::kept(std::string_view name, const Labels& labels) const {
  return !settings_.keep || settings_.keep(name, labels);
}

Millis Scraper::phase_of(std::uint64_t address) const {
  const auto interval = std::chrono::duration_cast<Millis>(settings_.interval);
  const double fraction = draw(settings_.phase_key, address);
  return Millis(static_cast<std::int64_t>(fraction * static_cast<double>(interval.count())));
}

void Scraper::add_loop(const Subject& subject) {
  Loop loop;
  loop.of = subject;
  // A shared target is one however many things it knows. No pod's target has these addresses.
  constexpr std::uint64_t kCluster = 3;
  constexpr std::uint64_t kKubelet = 4;
  switch (subject.endpoint) {
    case EndpointKind::router:
      break;
    case EndpointKind::cluster:
      loop.address = kCluster;
      break;
    case EndpointKind::kubelet:
      loop.address = kKubelet;
      break;
    default:
      loop.address = std::uint64_t{subject.pod.value} * 4 + static_cast<unsigned>(subject.endpoint);
  }
  loop.phase = phase_of(loop.address);
  if (subject.endpoint == EndpointKind::kubelet) {
    // Each container is looked at in a rhythm of its own: read then, stored at the scrape.
    const Duration most = std::min(kHousekeeping, settings_.interval);
    const RandomKey ages{draw_bits(settings_.phase_key, kKubelet)};
    loop.age =
        std::chrono::floor<Millis>(from_seconds(draw(ages, subject.pod.value) * to_seconds(most)));
    const auto interval = std::chrono::duration_cast<Millis>(settings_.interval);
    loop.phase = (loop.phase - std::chrono::duration_cast<Millis>(loop.age) + interval) % interval;
  }

  Exposure at{source_.names(subject.pod, subject.deployment),
              {},
              {},
              settings_.bounds,
              settings_.prometheus,
              settings_.target_labels};
  at.target.endpoint = subject.endpoint;
  if (subject.endpoint == EndpointKind::cluster || subject.endpoint == EndpointKind::kubelet)
    at.about = facts_of(subject);
  add_columns(loop, at, kWhole);
  for (std::size_t s = 0; s <= source_.segments().size() && !source_.segments().empty(); ++s) {
    if (subject.endpoint != EndpointKind::router) break;
    at.target.segment = s < source_.segments().size() ? source_.segments()[s] : "none";
    add_columns(loop, at, s);
  }
  watch_scrapes(loop);
  // An endpoint that shows nothing that anybody keeps is no target.
  const bool scraped = !loop.columns.empty();
  loops_.push_back(std::move(loop));
  if (scraped) schedule(loops_.size() - 1, tick_at_or_after(scraped_from(), loops_.back().phase));
}

/// What the dialects show of one segment, or (kWhole) of all requests.
void Scraper::add_columns(Loop& loop, const Exposure& at, std::size_t segment) {
  const bool split = !source_.segments().empty() && loop.of.endpoint == EndpointKind::router;
  Dialects dialects = settings_.dialects;
  const auto more = settings_.more_dialects.find(at.target.service);
  if (more != settings_.more_dialects.end())
    dialects.insert(dialects.end(), more->second.begin(), more->second.end());
  std::vector<ExposedSeries> shown;
  for (const MetricDialect* dialect : dialects) {
    if (!dialect->observes(loop.of.endpoint)) continue;
    if ((split && dialect->by_segment()) != (segment != kWhole)) continue;
    Exposure exposure = at;
    exposure.bounds = dialect->bounds();
    std::vector<Duration>& bounds = exposure.bounds;
    if (!bounds.empty()) {
      bounds.insert(bounds.end(), settings_.extra_bounds.begin(), settings_.extra_bounds.end());
      std::sort(bounds.begin(), bounds.end());
      bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
    }
    dialect->expose(exposure, shown);
  }
  for (ExposedSeries& series : shown) {
    const std::size_t nth = loop.shows++;
    if (kept(series.name, *series.common))
      loop.columns.push_back({std::move(series), segment, nth});
  }
}

Facts Scraper::facts_of(const Subject& subject) const {
  Facts facts;
  facts.now = simulation_.now();
  if (subject.pod.valid()) {
    facts.pod = source_.facts(subject.pod);
  } else if (subject.replica_set.valid()) {
    facts.replica_set = source_.replica_set(subject.replica_set);
  } else {
    facts.deployment = source_.deployment(subject.deployment);
    facts.endpoints = source_.endpoints(subject.deployment);
  }
  return facts;
}

// ---- scraping

Time Scraper::scraped_from() const {
  return std::max(simulation_.now(), settings_.steady_until);
}

std::int64_t Scraper::tick_at_or_after(Time t, Millis phase) const {
  const std::int64_t since = (t.time_since_epoch() - phase).count();
  const std::int64_t interval = settings_.interval.count();
  const std::int64_t floor = since >= 0 ? since / interval : -((-since + interval - 1) / interval);
  return floor * interval == since ? floor : floor + 1;
}

Time Scraper::tick_time(std::int64_t tick, Millis phase) const {
  return Time(phase + tick * settings_.interval);
}

void Scraper::schedule(std::size_t index, std::int64_t tick) {
  Loop& loop = loops_[index];
  loop.next =
      simulation_.at(tick_time(tick, loop.phase), [this, index, tick] { scrape(index, tick); });
}

void Scraper::scrape(std::size_t index, std::int64_t tick) {
  schedule(index, tick + 1);
  const Loop& loop = loops_[index];
  const Time now = simulation_.now();
  ++scrapes_;
  const RandomKey coin{draw_bits(settings_.loss_key, loop.address)};
  const auto nth = static_cast<std::uint64_t>(tick);
  bool lost = settings_.loss > 0 && draw(coin, nth) < settings_.loss;
  for (const ScrapeEffect& e : disturbances(loop.of)) {
    const RandomKey fault_coin{draw_bits(e.coin, loop.address)};
    lost = lost || draw(fault_coin, nth) < e.loss * e.when.level(now);
  }
  lost = lost || !answers(loop);
  const Duration needs = lost ? Duration{} : time_to_answer(loop);
  const Duration took = std::min(needs, settings_.timeout);
  Answer answer{now, took, std::nullopt};
  if (!lost && needs <= settings_.timeout) answer.page = read_all(loop);
  if (!answer.page) ++failed_;
  deliver(index, delay_of(loop) + loop.age + took, std::move(answer));
}

/// A target, or one of the things that a shared target knows, is there no more.
void Scraper::gone(std::size_t index) {
  Loop& loop = loops_[index];
  loop.alive = false;
  if (loop.next == 0) return;
  simulation_.cancel(loop.next);
  loop.next = 0;
  if (loop.of.endpoint == EndpointKind::kubelet) return;
  const Time due = tick_time(tick_at_or_after(simulation_.now(), loop.phase), loop.phase);
  // A shared target is scraped on and does not show it any more; one that is gone is only known to
  // be when its loop has ended.
  const bool part = is_shared(loop.of.endpoint);
  const Duration late =
      part ? Duration::zero() : settings_.interval + settings_.interval / 10 + delay_of(loop);
  simulation_.at(due + late, [this, index, due] { store_gone(index, to_timestamp(due)); });
}

/// What faults do to scrapes they do to those of the pods and of the router alone.
const std::vector<ScrapeEffect>& Scraper::disturbances(const Subject& subject) const {
  static const std::vector<ScrapeEffect> kNone;
  const bool theirs =
      subject.endpoint != EndpointKind::cluster && subject.endpoint != EndpointKind::kubelet;
  return theirs ? source_.disturbances(subject.pod, subject.deployment) : kNone;
}

Duration Scraper::delay_of(const Loop& loop) const {
  Duration delay{};
  for (const ScrapeEffect& e : disturbances(loop.of))
    if (e.when.level(simulation_.now()) > 0) delay += e.delay;
  return delay;
}

/// The slowest of what disturbs it; what every answer takes is little beside it.
Duration Scraper::time_to_answer(const Loop& loop) const {
  Duration longest{};
  if (!loop.of.pod.valid()) return longest;
  for (const ScrapeEffect& e : disturbances(loop.of)) {
    const double level = e.when.level(simulation_.now());
    const Duration takes = std::chrono::floor<Millis>(from_seconds(to_seconds(e.takes) * level));
    longest = std::max(longest, takes);
  }
  return longest;
}

/// What was read, or that nothing could be, arrives after `delay`.
void Scraper::deliver(std::size_t index, Duration delay, Answer answer) {
  if (delay <= Duration::zero()) return store(index, answer);
  ++late_;
  simulation_.after(delay, [this, index, answer = std::move(answer)] {
    --late_;
    store(index, answer);
  });
}

void Scraper::store(std::size_t index, const Answer& answer) {
  Loop& loop = loops_[index];
  const Timestamp scraped = to_timestamp(answer.scraped);
  if (!answer.page) {
    end_series(index, scraped);
    return arrived(loop, {scraped, false, answer.took, 0, 0});
  }
  const bool marked_stale = loop.of.endpoint != EndpointKind::kubelet;
  std::size_t shown = 0;
  std::size_t added = 0;
  for (std::size_t i = 0; i < loop.columns.size(); ++i) {
    Column& column = loop.columns[i];
    const double value = (*answer.page)[i];
    const bool now = !std::isnan(value);
    if (now && !column.known.series.valid())
      column.known.series = store_.series(column.exposed.labels());
    if (now) {
      ++shown;
      added += column.known.shown ? 0 : 1;
      store_.append(column.known.series, scraped, value);
    } else if (column.known.shown && marked_stale) {
      store_.append(column.known.series, scraped, kStaleMarker);
    }
    column.known.shown = now;
  }
  arrived(loop, {scraped, true, answer.took, shown, added});
}

/// All that the last scrape showed is there no more.
void Scraper::end_series(std::size_t index, Timestamp scraped) {
  Loop& loop = loops_[index];
  const bool marked_stale = loop.of.endpoint != EndpointKind::kubelet;
  for (Column& column : loop.columns) {
    if (column.known.shown && marked_stale)
      store_.append(column.known.series, scraped, kStaleMarker);
    column.known.shown = false;
  }
}

void Scraper::store_gone(std::size_t index, Timestamp scraped) {
  end_series(index, scraped);
  const Loop& loop = loops_[index];
  if (is_shared(loop.of.endpoint)) return;
  for (const SeriesId series : loop.about)
    if (!store_.at(series).times.empty()) store_.append(series, scraped, kStaleMarker);
}

bool Scraper::answers(const Loop& loop) const {
  const EndpointKind endpoint = loop.of.endpoint;
  return is_shared(endpoint) || source_.answers_scrape(loop.of.pod, endpoint);
}

// ---- reading

Scraper::Page Scraper::read_all(const Loop& loop) const {
  Page page(loop.columns.size(), kNotShown);
  const Subject& of = loop.of;
  std::optional<Facts> facts;
  const auto fact = [&](const Readout& readout) {
    if (!facts) facts = facts_of(of);
    return readout.fact(*facts, readout.index);
  };
  ExposedValues exposed;
  if (of.endpoint == EndpointKind::router) {
    exposed.add(source_.router(of.deployment));
  } else if (of.endpoint != EndpointKind::cluster) {
    exposed.add(source_.process(of.pod));
    if (of.endpoint == EndpointKind::sidecar) exposed.add(source_.earlier(of.pod));
  }
  const bool by_process =
      of.endpoint == EndpointKind::process || of.endpoint == EndpointKind::kubelet;
  // What the first process counted before the world began went with it.
  const bool restarted = by_process && source_.earlier(of.pod).finished() > 0;
  if (of.endpoint == EndpointKind::kubelet && !page.empty()) {
    facts = facts_of(of);
    if (!facts->pod->info.container) return page;
  }

  std::size_t segment = kWhole;
  for (std::size_t i = 0; i < page.size(); ++i) {
    const Column& column = loop.columns[i];
    const Readout& readout = column.exposed.readout;
    if (column.segment != segment) {
      segment = column.segment;
      exposed = ExposedValues(source_.router(of.deployment, segment));
    }
    double value = 0;
    switch (readout.quantity) {
      case Quantity::fact:
        page[i] = fact(readout);
        continue;
      case Quantity::workers:
        value = of.workers;
        break;
      case Quantity::in_flight:
        value = in_flight(of);
        break;
      case Quantity::latency_max:
        value = source_.longest(of.pod, readout.outcomes) * readout.scale;
        break;
      default:
        value = exposed.value(readout);
    }
    const bool counted_before = column.known.base > 0 && !restarted;
    if (column.exposed.from_start || counted_before || exposed.born(readout, value))
      page[i] = value + (counted_before ? column.known.base : 0);
  }
  return page;
}

double Scraper::in_flight(const Subject& subject) const {
  if (subject.pod.valid()) return source_.in_flight(subject.pod);
  double sum = 0;
  for (const auto& pod : source_.pods())
    if (pod.deployment == subject.deployment) sum += source_.in_flight(pod.pod);
  return sum;
}

// ---- the past

/// Scrapes that the past has of a loop's target, but for the last.
std::int64_t Scraper::past_ticks(const Loop& loop) const {
  const bool router = loop.of.endpoint == EndpointKind::router;
  return (router ? settings_.router_history : settings_.pod_history) / settings_.interval;
}

void Scraper::fill_in_past() {
  past_ = 0;
  const Time now = simulation_.now();
  const double settled_for = to_seconds(now - started_);
  for (Loop& loop : loops_) {
    if (!loop.alive || !loop.steady || loop.columns.empty() || !answers(loop)) continue;
    const Page present = read_all(loop);
    const std::int64_t last = tick_at_or_after(now, loop.phase) - 1;
    const std::int64_t ticks = past_ticks(loop);
    for (std::size_t i = 0; i < loop.columns.size(); ++i) {
      Column& column = loop.columns[i];
      if (std::isnan(present[i])) continue;
      const double before = std::isnan(loop.baseline[i]) ? 0 : loop.baseline[i];
      const Quantity quantity = column.exposed.readout.quantity;
      const bool gauge = is_gauge(quantity);
      const bool in_seconds =
          quantity == Quantity::latency_sum || quantity == Quantity::busy_seconds || gauge;
      // What grows with time (an age, a leak) has grown before as well.
      const bool level = gauge && !column.exposed.readout.grows;
      const double per_second = level ? 0 : (present[i] - before) / settled_for;
      if (per_second < 0) continue;  // it restarted meanwhile
      // A whole number, as most counters are, before and after.
      if (!gauge)
        column.known.base = std::ceil(per_second * to_seconds((ticks + 1) * settings_.interval));
      column.known.series = store_.series(column.exposed.labels());
      column.known.shown = true;
      for (std::int64_t tick = last - ticks; tick <= last; ++tick) {
        const Time at = tick_time(tick, loop.phase);
        const double value = present[i] + column.known.base - per_second * to_seconds(now - at);
        store_.append(
            column.known.series, to_timestamp(at), in_seconds ? value : std::floor(value));
      }
    }
    loop.last.shown = loop.columns.size() -
                      static_cast<std::size_t>(std::count_if(
                          present.begin(), present.end(), [](double v) { return std::isnan(v); }));
  }
  for (const Loop& loop : loops_) fill_in_about(loop, now);
}

}  // namespace coalmine

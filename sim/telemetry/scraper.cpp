#include "sim/telemetry/scraper.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "sim/kernel/assert.h"

namespace coalmine {

const Instruments& InstrumentSource::router(DeploymentId deployment, std::uint8_t) const {
  return router(deployment);
}

const std::vector<ScrapeEffect>& InstrumentSource::disturbances(PodId, DeploymentId) const {
  static const std::vector<ScrapeEffect> kNone;
  return kNone;
}

Scraper::Scraper(Simulation& simulation,
                 const InstrumentSource& source,
                 SeriesStore& store,
                 const Settings& settings)
    : simulation_(simulation), source_(source), store_(store), settings_(settings) {
  CM_ASSERT(settings_.interval.count() > 0 && settings_.discovery_interval.count() > 0);
  CM_ASSERT(settings_.loss >= 0 && settings_.loss <= 1);
}

Scraper::~Scraper() {
  for (const Loop& loop : loops_) {
    if (loop.next != 0) simulation_.cancel(loop.next);
  }
  if (discovery_ != 0) simulation_.cancel(discovery_);
  if (backfill_ != 0) simulation_.cancel(backfill_);
}

void Scraper::start() {
  CM_ASSERT(discovery_ == 0);
  started_ = simulation_.now();
  // Before the scrapes of that instant: they are appended after the past they stand on.
  if (started_ < settings_.steady_until) {
    backfill_ = simulation_.at(settings_.steady_until, [this] { backfill(); });
  }
  discover();
  if (started_ < settings_.steady_until) {
    for (Loop& loop : loops_) {
      loop.steady = answers(loop);
      if (loop.steady) loop.baseline = read(loop);
    }
  }
}

void Scraper::discover() {
  discovery_ =
      simulation_.at(scraped_from() + settings_.discovery_interval, [this] { discover(); });

  for (const DeploymentId deployment : source_.routed_deployments()) {
    const bool known = std::any_of(loops_.begin(), loops_.end(), [&](const Loop& loop) {
      return loop.vantage == Vantage::router && loop.deployment == deployment;
    });
    if (known) continue;
    add_loop(Vantage::router, PodId{}, deployment, 0);
    if (const std::uint8_t segments = source_.segments(); segments > 0)
      for (std::uint8_t s = 0; s <= segments; ++s)
        add_loop(Vantage::router, PodId{}, deployment, 0, s);
  }

  const auto pods = source_.pods();
  const auto find = [&](PodId id) {
    return std::find_if(pods.begin(), pods.end(), [&](const auto& p) { return p.pod == id; });
  };
  for (Loop& loop : loops_) {
    if (loop.vantage != Vantage::pod || !loop.alive || find(loop.pod) != pods.end()) continue;
    loop.alive = false;
    simulation_.cancel(loop.next);
    loop.next = 0;
    deliver(loop.target, delay_of(loop), std::nullopt);
  }
  for (const auto& pod : pods) {
    const bool known = std::any_of(loops_.begin(), loops_.end(), [&](const Loop& loop) {
      return loop.vantage == Vantage::pod && loop.pod == pod.pod;
    });
    if (!known) add_loop(Vantage::pod, pod.pod, pod.deployment, pod.workers);
  }
}

void Scraper::add_loop(Vantage vantage,
                       PodId pod,
                       DeploymentId deployment,
                       double workers,
                       std::optional<std::uint8_t> segment) {
  Loop loop;
  loop.vantage = vantage;
  loop.pod = pod;
  loop.deployment = deployment;
  loop.segment = segment;
  loop.address = vantage == Vantage::pod ? std::uint64_t{pod.value} * 2 + 1 : 0;
  const double fraction = draw(settings_.phase_key, loop.address);
  loop.phase = Duration(
      static_cast<std::int64_t>(fraction * static_cast<double>(settings_.interval.count())));
  loop.target = store_.add_target({vantage, deployment, pod, workers, settings_.interval, segment});
  loops_.push_back(loop);
  schedule(loops_.size() - 1, tick_at_or_after(scraped_from(), loop.phase));
}

Time Scraper::scraped_from() const {
  return std::max(simulation_.now(), settings_.steady_until);
}

std::int64_t Scraper::tick_at_or_after(Time t, Duration phase) const {
  const std::int64_t since = (t.time_since_epoch() - phase).count();
  const std::int64_t interval = settings_.interval.count();
  const std::int64_t floor = since >= 0 ? since / interval : -((-since + interval - 1) / interval);
  return floor * interval == since ? floor : floor + 1;
}

Time Scraper::tick_time(std::int64_t tick, Duration phase) const {
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
  ++scrapes_;
  const RandomKey coin{draw_bits(settings_.loss_key, loop.address)};
  const auto nth = static_cast<std::uint64_t>(tick);
  bool lost = settings_.loss > 0 && draw(coin, nth) < settings_.loss;
  for (const ScrapeEffect& e : source_.disturbances(loop.pod, loop.deployment)) {
    const RandomKey fault_coin{draw_bits(e.coin, loop.address)};
    lost = lost || draw(fault_coin, nth) < e.loss * e.when.level(simulation_.now());
  }
  lost = lost || !answers(loop);
  if (lost) ++failed_;
  deliver(loop.target, delay_of(loop), lost ? std::nullopt : std::optional(read(loop)));
}

Duration Scraper::delay_of(const Loop& loop) const {
  Duration delay{};
  for (const ScrapeEffect& e : source_.disturbances(loop.pod, loop.deployment))
    if (e.when.level(simulation_.now()) > 0) delay += e.delay;
  return delay;
}

/// What was read now, or that nothing could be, arrives after `delay`.
void Scraper::deliver(TargetId target, Duration delay, std::optional<Sample> sample) {
  const Time now = simulation_.now();
  if (delay <= Duration::zero()) return store(target, now, sample);
  simulation_.after(delay, [this, target, now, sample] { store(target, now, sample); });
}

void Scraper::store(TargetId target, Time scraped, const std::optional<Sample>& sample) {
  const auto times = store_.times(target);
  const Time newest = times.empty() ? Time::min() : times.back();
  if (sample && scraped > newest) store_.append(target, scraped, *sample);
  if (!sample && scraped >= newest) store_.mark_stale(target, scraped);
}

bool Scraper::answers(const Loop& loop) const {
  return loop.vantage == Vantage::router || source_.answers_scrape(loop.pod);
}

Sample Scraper::read(const Loop& loop) const {
  if (loop.segment) {
    return make_sample(source_.router(loop.deployment, *loop.segment), 0);
  }
  if (loop.vantage == Vantage::router) {
    return make_sample(source_.router(loop.deployment), source_.router_in_flight(loop.deployment));
  }
  return make_sample(source_.pod(loop.pod), source_.pod_in_flight(loop.pod));
}

void Scraper::backfill() {
  backfill_ = 0;
  const Time now = simulation_.now();
  const double settled_for = to_seconds(now - started_);
  for (const Loop& loop : loops_) {
    if (!loop.alive || !loop.steady || !answers(loop)) continue;
    const Sample present = read(loop);
    Sample per_second{};
    bool restarted = false;
    for (Column column = 0; column < kInFlight; ++column) {
      per_second[column] = (present[column] - loop.baseline[column]) / settled_for;
      restarted = restarted || per_second[column] < 0;
    }
    if (restarted) continue;
    // The past needs a sample to hang on.
    const std::int64_t tick = tick_at_or_after(now, loop.phase) - 1;
    const Time anchor = tick_time(tick, loop.phase);
    Sample then = present;
    for (Column column = 0; column < kInFlight; ++column) {
      then[column] -= per_second[column] * to_seconds(now - anchor);
    }
    store_.append(loop.target, anchor, then);
    store_.set_backfill(loop.target, per_second);
  }
}

}  // namespace coalmine

// What a scrape says of itself: `up`, and how much it brought.
#include <algorithm>
#include <array>

#include "sim/telemetry/scraper.h"

namespace coalmine {
namespace {

constexpr std::array<std::string_view, 5> kAbout = {"up",
                                                    "scrape_duration_seconds",
                                                    "scrape_samples_scraped",
                                                    "scrape_samples_post_metric_relabeling",
                                                    "scrape_series_added"};

}  // namespace

std::span<const std::string_view> Scraper::about_scrapes() {
  return kAbout;
}

/// `up` and the like, once a target.
void Scraper::watch_scrapes(Loop& loop) {
  const EndpointKind endpoint = loop.of.endpoint;
  const bool first =
      !is_shared(endpoint) || std::none_of(loops_.begin(), loops_.end(), [&](const Loop& other) {
        return other.of.endpoint == endpoint;
      });
  if (!first || endpoint == EndpointKind::kubelet || loop.columns.empty()) return;
  const Labels& like = *loop.columns.front().exposed.common;
  if (!kept(kAbout[0], like)) return;
  Labels target;
  for (const char* name : {"job", "instance"}) target.set(name, like.get(name));
  for (const char* name :
       {"namespace", "pod", "kubernetes_namespace", "kubernetes_pod_name", "container", "endpoint"})
    if (endpoint != EndpointKind::cluster) target.set(name, like.get(name));
  for (const std::string_view name : kAbout) {
    target.set(kMetricName, name);
    loop.about.push_back(store_.series(target));
  }
}

void Scraper::arrived(Loop& loop, const Arrival& arrival) {
  const EndpointKind endpoint = loop.of.endpoint;
  if (!is_shared(endpoint)) return store_about(loop, arrival);
  loop.last = arrival;
  const bool watched = std::any_of(loops_.begin(), loops_.end(), [&](const Loop& other) {
    return other.of.endpoint == endpoint && !other.about.empty();
  });
  // When the target's other parts of this instant are there, too.
  if (watched)
    simulation_.after(Duration::zero(), [this, endpoint, scraped = arrival.scraped] {
      store_about_shared(endpoint, scraped);
    });
}

/// Of all parts that a scrape has brought so far; what comes later, or comes again, is passed over
/// as out of order.
void Scraper::store_about_shared(EndpointKind endpoint, Timestamp scraped) {
  Arrival all{scraped};
  const Loop* owner = nullptr;
  for (const Loop& loop : loops_) {
    if (loop.of.endpoint != endpoint) continue;
    if (!loop.about.empty()) owner = &loop;
    if (loop.last.scraped != scraped) continue;
    all.up |= loop.last.up;
    all.took = std::max(all.took, loop.last.took);
    all.shown += loop.last.shown;
    all.added += loop.last.added;
  }
  if (owner != nullptr) store_about(*owner, all);
}

void Scraper::store_about(const Loop& loop, const Arrival& arrival) {
  if (loop.about.empty()) return;
  const auto n = static_cast<double>(arrival.shown);
  // A page costs the time of a round trip and a little for each line.
  const double usual = arrival.up ? 0.001 + 2e-6 * n : 0.0005;
  const double values[kAboutScrapes] = {arrival.up ? 1.0 : 0.0,
                                        to_seconds(arrival.took) + usual,
                                        n,
                                        n,
                                        static_cast<double>(arrival.added)};
  for (std::size_t i = 0; i < kAboutScrapes; ++i)
    store_.append(loop.about[i], arrival.scraped, values[i]);
}

/// `up` and the like of the past: all that is shown now was shown.
void Scraper::fill_in_about(const Loop& loop, Time now) {
  if (loop.about.empty()) return;
  Arrival then{{}, true, {}, 0, 0};
  for (const Loop& other : loops_)
    if (&other == &loop || (is_shared(loop.of.endpoint) && other.of.endpoint == loop.of.endpoint))
      then.shown += other.last.shown;
  if (then.shown == 0) return;
  const std::int64_t last = tick_at_or_after(now, loop.phase) - 1;
  for (std::int64_t tick = last - past_ticks(loop); tick <= last; ++tick) {
    then.scraped = to_timestamp(tick_time(tick, loop.phase));
    store_about(loop, then);
  }
}

}  // namespace coalmine

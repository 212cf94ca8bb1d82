#include "sim/scenario/workload.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "sim/analysis/slo.h"

namespace coalmine {
namespace {

using Kind = TrafficSettings::Kind;

constexpr Duration kPast = std::chrono::hours(6);
constexpr Duration kShortestSettling = std::chrono::minutes(1);
constexpr double kSettlingRequests = 10'000;

/// Of a trace: from its first request or bucket to the end of the last.
Duration length_of(const TrafficSettings& t) {
  return t.trace.back().first +
         (t.kind == Kind::trace_counts ? t.trace_bucket : std::chrono::seconds(1));
}

std::unique_ptr<RateProfile> profile_of(const TrafficSettings& t,
                                        const std::function<RandomKey(std::string_view)>& key) {
  switch (t.kind) {
    case Kind::piecewise:
      return piecewise_rate(t.points);
    case Kind::diurnal:
      return diurnal_rate(t.base, t.peak, t.period, t.peak_at);
    case Kind::mmpp:
      return bursty_rate(
          t.mmpp_rate[0], t.mmpp_rate[1], t.mmpp_stay[0], t.mmpp_stay[1], key("traffic/bursts"));
    case Kind::trace_counts:
      return counted_rate(t.trace,
                          t.trace_bucket,
                          t.trace_scale,
                          t.trace_from,
                          t.trace_repeat ? length_of(t) : Duration{});
    case Kind::trace_offsets:
    case Kind::constant:
      break;
  }
  return constant_rate(t.rate);
}

/// Requests in [-length, 0).
double requests_before(RateProfile& profile, Duration length) {
  double n = 0;
  for (Time at = kTimeZero - length; at < kTimeZero;) {
    const RatePiece piece = profile.piece_at(at);
    const Time until = std::min(piece.until, kTimeZero);
    const double share = to_seconds(until - at) / to_seconds(piece.until - at);
    const double rate_until = piece.rate_from + (piece.rate_to - piece.rate_from) * share;
    n += to_seconds(until - at) * (piece.rate_from + rate_until) / 2;
    at = until;
  }
  return n;
}

double requests_recorded_before(const TrafficSettings& t, Duration length) {
  if (t.kind == Kind::trace_counts) return requests_before(*profile_of(t, {}), length);
  const auto n = std::count_if(t.trace.begin(), t.trace.end(), [&](const auto& request) {
    return request.first >= t.trace_from - length && request.first < t.trace_from;
  });
  return static_cast<double>(n) * t.trace_scale;
}

double mean_rate_recorded(const TrafficSettings& t) {
  double total = 0;
  for (const auto& [at, count] : t.trace) total += count;
  return mean_rate_of_trace(total * t.trace_scale, length_of(t));
}

/// As recorded, shifted so that the run begins at zero; the settling period before is not of it.
std::vector<Duration> recorded_instants(const TrafficSettings& t, Duration duration) {
  std::vector<Duration> offsets;
  Duration lap{};
  do {
    for (const auto& [offset, one] : t.trace) {
      const Duration at = offset + lap - t.trace_from;
      if (at >= Duration::zero()) offsets.push_back(at);
    }
    lap += length_of(t);
  } while (t.trace_repeat && lap - t.trace_from <= duration);
  return offsets;
}

}  // namespace

double mean_rate(const TrafficSettings& t, Duration duration) {
  switch (t.kind) {
    case Kind::piecewise:
      return mean_rate_of_points(t.points, duration);
    case Kind::diurnal:
      return mean_rate_of_cycle(t.base, t.peak);
    case Kind::mmpp:
      return mean_rate_of_bursts(t.mmpp_rate[0], t.mmpp_rate[1], t.mmpp_stay[0], t.mmpp_stay[1]);
    case Kind::trace_counts:
    case Kind::trace_offsets:
      return mean_rate_recorded(t);
    case Kind::constant:
      break;
  }
  return t.rate;
}

double past_rate(const TrafficSettings& t) {
  switch (t.kind) {
    case Kind::diurnal:
      if (t.period <= kPast) break;
      [[fallthrough]];
    case Kind::piecewise:
      return requests_before(*profile_of(t, {}), kPast) / to_seconds(kPast);
    case Kind::trace_counts:
    case Kind::trace_offsets: {
      const Duration recorded = std::min(t.trace_from, kPast);
      const double unknown = to_seconds(kPast - recorded) * mean_rate_recorded(t);
      return (requests_recorded_before(t, recorded) + unknown) / to_seconds(kPast);
    }
    case Kind::mmpp:
    case Kind::constant:
      break;
  }
  return mean_rate(t, kPast);
}

Duration settling_period(const TrafficSettings& t) {
  const double rate = past_rate(t);
  if (rate <= 0) return kShortestSettling;
  const double seconds = std::min(kSettlingRequests / rate, to_seconds(kPast));
  return std::max(from_seconds(seconds), kShortestSettling);
}

Arrivals make_arrivals(const TrafficSettings& t,
                       Duration duration,
                       Time start,
                       const std::function<RandomKey(std::string_view)>& key) {
  const RandomKey gaps = key("traffic/arrivals");
  const double before = past_rate(t);
  if (t.kind == Kind::trace_offsets)
    return Arrivals(recorded_instants(t, duration), t.trace_scale, start, gaps, before);
  return Arrivals(level_before_zero(before, profile_of(t, key)),
                  start,
                  gaps,
                  SessionModel{t.session_requests, table_of(t.session_think)});
}

std::shared_ptr<const ArrivalTape> record_arrivals(const Scenario& scenario,
                                                   std::uint64_t seed,
                                                   std::uint32_t replication) {
  constexpr double kMost = 2e6;
  const TrafficSettings& t = scenario.traffic;
  const Duration before = settling_period(t);
  const double expected = past_rate(t) * to_seconds(before) +
                          mean_rate(t, scenario.duration) * to_seconds(scenario.duration);
  if (expected > kMost) return nullptr;
  const auto key = [&](std::string_view purpose) { return make_key(seed, replication, purpose); };
  return std::make_shared<const ArrivalTape>(record(
      make_arrivals(t, scenario.duration, kTimeZero - before, key), kTimeZero + scenario.duration));
}

}  // namespace coalmine

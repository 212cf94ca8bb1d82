#include "sim/scenario/size.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace coalmine {
namespace {

constexpr double kMostHops = 10'000;         ///< of one user request
constexpr double kMostWorkers = 1'000'000;   ///< some 100 bytes each, twice during a release
constexpr double kMostSamples = 10'000'000;  ///< some 200 bytes each, kept for the whole run

/// Requests in the fullest second of recorded instants.
double most_in_a_second(const std::vector<std::pair<Duration, double>>& instants) {
  std::size_t most = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < instants.size(); ++i) {
    while (instants[i].first - instants[first].first >= std::chrono::seconds(1)) ++first;
    most = std::max(most, i - first + 1);
  }
  return static_cast<double>(most);
}

/// Counts the hops below each service once, however many call it.
class HopCounter {
 public:
  explicit HopCounter(std::span<const ServiceSettings* const> services)
      : services_(services), known_(services.size(), 0) {}

  double from(std::size_t i) {
    if (known_[i] > 0) return known_[i];
    double hops = 1;
    for (const CallSettings& call : services_[i]->calls)
      hops += call.per_request * from(index_of(call.service));
    return known_[i] = hops;
  }

 private:
  std::size_t index_of(const std::string& name) const {
    const auto found = std::find_if(
        services_.begin(), services_.end(), [&](const auto* s) { return s->name == name; });
    CM_ASSERT(found != services_.end());
    return static_cast<std::size_t>(found - services_.begin());
  }

  std::span<const ServiceSettings* const> services_;
  std::vector<double> known_;  ///< 0: not yet
};

/// Rounded to a whole number, without an exponent as long as anybody can read it.
std::string whole(double number) {
  return number < 1e15 ? std::to_string(std::llround(number)) : format_number(number);
}

/// Where a key stands, or else the section it belongs to.
Position place_of(const Value& section, const char* key) {
  const Value* value = section.find(key);
  return value == nullptr ? section.at : value->at;
}

}  // namespace

double peak_rate(const TrafficSettings& t) {
  const auto largest = [](const auto& pairs) {
    double most = 0;
    for (const auto& [at, value] : pairs) most = std::max(most, value);
    return most;
  };
  switch (t.kind) {
    case TrafficSettings::Kind::piecewise:
      return largest(t.points);
    case TrafficSettings::Kind::diurnal:
      return t.peak;
    case TrafficSettings::Kind::mmpp:
      return std::max(t.mmpp_rate[0], t.mmpp_rate[1]);
    case TrafficSettings::Kind::trace_counts:
      return largest(t.trace) * t.trace_scale / to_seconds(t.trace_bucket);
    case TrafficSettings::Kind::trace_offsets:
      return most_in_a_second(t.trace) * t.trace_scale;
    case TrafficSettings::Kind::constant:
      break;
  }
  return t.rate;
}

double hops_per_request(std::span<const ServiceSettings* const> services) {
  return HopCounter(services).from(0);
}

double hops_per_request(const Scenario& scenario) {
  std::vector<const ServiceSettings*> services{&scenario.service};
  for (const ServiceSettings& s : scenario.services) services.push_back(&s);
  return hops_per_request(services);
}

void check_size(const ScenarioDraft& draft, const Value& scenario, Diagnostics& diagnostics) {
  std::vector<const ServiceSettings*> services{&draft.service.settings};
  for (const ServiceDraft& s : draft.services) services.push_back(&s.settings);
  std::vector<const Value*> written{scenario.find("service")};
  if (const Value* others = scenario.find("services"))
    for (const Value& other : others->items) written.push_back(&other);

  const double hops = hops_per_request(services);
  if (hops > kMostHops)
    diagnostics.error(place_of(*written[0], "calls"),
                      "calls: one request causes " + whole(hops - 1) + " others in all",
                      "at most " + whole(kMostHops));

  double workers = 0;
  double pods = 0;
  std::size_t largest = 0;
  const auto workers_of = [&](std::size_t i) {
    return static_cast<double>(services[i]->deployment.replicas) * services[i]->pod.concurrency;
  };
  for (std::size_t i = 0; i < services.size(); ++i) {
    workers += workers_of(i);
    pods += services[i]->deployment.replicas;
    if (workers_of(i) > workers_of(largest)) largest = i;
  }
  if (workers > kMostWorkers) {
    const Value* pod = written[largest]->find("pod");
    diagnostics.error(
        place_of(pod == nullptr ? *written[largest] : *pod, "concurrency"),
        "replicas x concurrency of all services is " + whole(workers) + " worker slots",
        "at most " + whole(kMostWorkers));
  }

  const Scenario& s = draft.scenario;
  const double scrapes = static_cast<double>(s.duration / s.telemetry.scrape_interval);
  const double samples = pods * scrapes;
  if (samples > kMostSamples)
    diagnostics.error(place_of(scenario, "duration"),
                      "duration: " + whole(pods) + " pods scraped every " +
                          format_duration(s.telemetry.scrape_interval) + " give " + whole(samples) +
                          " samples",
                      "at most " + whole(kMostSamples));
}

}  // namespace coalmine

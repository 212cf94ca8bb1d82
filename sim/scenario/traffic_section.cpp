#include "sim/scenario/sections.h"

namespace coalmine {
namespace {

constexpr const char* kHighestRate = "10000000/s";

FieldOptions rate_limits(std::string help) {
  return {.min = "0/s", .max = kHighestRate, .help = std::move(help)};
}

struct Bursts {
  double calm = 0, burst = 0;
  Duration calm_for{}, burst_for{};
};

Section<Bursts> bursts_table() {
  Section<Bursts> table("bursts", "A rate that switches at random between two values (MMPP).");
  const auto rate = [](const char* help) {
    FieldOptions options = rate_limits(help);
    options.required = true;
    return options;
  };
  table.field("calm", &Bursts::calm, kind::rate(), rate("rate between bursts"))
      .field("burst", &Bursts::burst, kind::rate(), rate("rate in a burst"))
      .field("calmFor",
             &Bursts::calm_for,
             {.default_text = "5m", .min = "1ms", .max = "30d", .help = "mean time between bursts"})
      .field("burstFor",
             &Bursts::burst_for,
             {.default_text = "30s", .min = "1ms", .max = "30d", .help = "mean length of a burst"});
  return table;
}

struct TraceKeys {
  std::string file;
  Duration from{};
  double scale = 1;
  bool repeat = false;
};

Section<TraceKeys> trace_table() {
  Section<TraceKeys> table("trace", "Recorded traffic from a CSV file.");
  table
      .field("file",
             &TraceKeys::file,
             {.help = "CSV of timestamp,value counts or offset_s arrivals", .required = true})
      .field("from",
             &TraceKeys::from,
             {.default_text = "0s", .max = "36500d", .help = "where in the trace the run begins"})
      .field("scale",
             &TraceKeys::scale,
             kind::number(),
             {.default_text = "1",
              .above = "0",
              .max = "1000000000",
              .help = "requests are multiplied by this; time is never compressed"})
      .field("repeat",
             &TraceKeys::repeat,
             {.default_text = "false", .help = "begin again at the trace's end"});
  return table;
}

struct Sessions {
  double requests = 1;
  DurationDistribution think;
};

Section<Sessions> sessions_table() {
  Section<Sessions> table("sessions", "Requests of one user that follow each other.");
  table
      .field("requests",
             &Sessions::requests,
             kind::number(),
             {.default_text = "1", .min = "1", .max = "10000", .help = "mean per session"})
      .field("think",
             &Sessions::think,
             {.default_text = "{p50: 5s, p99: 60s}", .max = "24h", .help = "pause between them"});
  return table;
}

Section<UserSegment> segment_table() {
  Section<UserSegment> table("segment", "A part of the users and the headers they send.");
  table.field("name", &UserSegment::name, {.help = "its name", .required = true})
      .field("share",
             &UserSegment::share,
             kind::ratio(),
             {.min = "0", .max = "100%", .help = "of all users", .required = true})
      .field("headers",
             &UserSegment::headers,
             kind::map_of(kind::text()),
             {.default_text = "{}", .help = "request headers"});
  return table;
}

void check_traffic(const TrafficSettings& traffic, const SectionView& view, Diagnostics& problems) {
  const std::vector<std::string> forms{"rate", "points", "base", "bursts", "trace"};
  std::vector<std::string> given;
  for (const std::string& form : forms)
    if (view.has(form)) given.push_back(form);
  if (given.size() > 1)
    problems.error(view.position(given[1]),
                   "traffic is given in " + std::to_string(given.size()) + " ways (" + join(given) +
                       "); keep one");
  const bool diurnal = view.has("base");
  for (const char* key : {"peak", "period", "peakAt"})
    if (!diurnal && view.has(key))
      problems.error(view.position(key), std::string(key) + " belongs to base");
  if (diurnal && !view.has("peak"))
    problems.error(view.position("base"), "base needs peak, the highest rate of the cycle");
  if (diurnal && view.has("peak") && traffic.peak < traffic.base)
    problems.error(view.position("peak"), "peak is less than base");
  if (diurnal && traffic.peak_at >= traffic.period)
    problems.error(view.position("peakAt"), "peakAt must be less than period");
  if (view.has("points")) {
    bool rising = !traffic.points.empty();
    for (std::size_t i = 1; i < traffic.points.size(); ++i)
      rising = rising && traffic.points[i].first > traffic.points[i - 1].first;
    if (!rising)
      problems.error(view.position("points"),
                     "points: the times must rise, and there must be at least one");
  }
  double share = 0;
  for (const UserSegment& segment : traffic.segments) share += segment.share;
  if (share > 1 + 1e-9)
    problems.error(view.position("segments"),
                   "the shares of the segments add up to " + format_ratio(share));
}

}  // namespace

Section<TrafficSettings> traffic_table() {
  using Kind = TrafficSettings::Kind;
  const auto point = kind::pair_of(kind::within({.max = "30d"}, kind::duration()),
                                   kind::within(rate_limits(""), kind::rate()));
  Section<TrafficSettings> table("traffic", "Who sends requests, and how many.");
  table
      .field("rate",
             &TrafficSettings::rate,
             kind::rate(),
             {.default_text = "400/s",
              .above = "0/s",
              .max = kHighestRate,
              .help = "constant mean rate (Poisson arrivals)"})
      .field_with<std::vector<std::pair<Duration, double>>>(
          "points",
          kind::list_of(point),
          [](TrafficSettings& t, auto points) {
            t.kind = Kind::piecewise;
            t.points = std::move(points);
          },
          {.help = "[[time, rate], ...], linear between"})
      .field_with<double>(
          "base",
          kind::rate(),
          [](TrafficSettings& t, double base) {
            t.kind = Kind::diurnal;
            t.base = base;
          },
          rate_limits("lowest rate of a daily cycle"))
      .field("peak", &TrafficSettings::peak, kind::rate(), rate_limits("highest rate of the cycle"))
      .field("period",
             &TrafficSettings::period,
             {.default_text = "24h", .min = "1s", .max = "365d", .help = "length of the cycle"})
      .field("peakAt",
             &TrafficSettings::peak_at,
             {.default_text = "14h", .max = "365d", .help = "time of the peak in the cycle"})
      .field_with<Bursts>("bursts",
                          kind::section(bursts_table()),
                          [](TrafficSettings& t, const Bursts& bursts) {
                            t.kind = Kind::mmpp;
                            t.mmpp_rate[0] = bursts.calm;
                            t.mmpp_rate[1] = bursts.burst;
                            t.mmpp_stay[0] = bursts.calm_for;
                            t.mmpp_stay[1] = bursts.burst_for;
                          },
                          {.help = "random bursts"})
      .field_with<TraceKeys>("trace",
                             kind::section(trace_table()),
                             [](TrafficSettings& t, const TraceKeys& keys) {
                               t.kind = Kind::trace_counts;
                               t.trace_file = keys.file;
                               t.trace_from = keys.from;
                               t.trace_scale = keys.scale;
                               t.trace_repeat = keys.repeat;
                             },
                             {.help = "recorded traffic"})
      .field("users",
             &TrafficSettings::users,
             {.default_text = "50000", .min = "1", .max = "1000000000", .help = "distinct users"})
      .field("zipf",
             &TrafficSettings::zipf,
             kind::number(),
             {.default_text = "0",
              .min = "0",
              .max = "3",
              .help = "exponent of the users' popularity; 0: all alike"})
      .field_with<Sessions>("sessions",
                            kind::section(sessions_table()),
                            [](TrafficSettings& t, const Sessions& sessions) {
                              t.session_requests = sessions.requests;
                              t.session_think = sessions.think;
                            },
                            {.default_text = "{}", .help = "requests that follow each other"})
      .field("segments",
             &TrafficSettings::segments,
             kind::list_of(kind::section(segment_table())),
             {.default_text = "[]", .help = "parts of the users"})
      .field("conversion",
             &TrafficSettings::conversion,
             kind::ratio(),
             {.default_text = "0%",
              .min = "0",
              .max = "100%",
              .help = "users who convert (buy, sign up) at their first ok answer"})
      .field("conversionValue",
             &TrafficSettings::conversion_value,
             kind::number(),
             {.default_text = "0",
              .min = "0",
              .max = "1000000000",
              .help = "money that one of them brings, for experiment_revenue_total; 0: not told"})
      .field("timeout",
             &TrafficSettings::timeout,
             {.default_text = "1s", .max = "1h", .help = "the client gives up; 0 never"})
      .check(check_traffic);
  return table;
}

}  // namespace coalmine

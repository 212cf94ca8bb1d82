#include "cli/format_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/json.h"
#include "cli/numbers.h"
#include "cli/table.h"
#include "sim/telemetry/go_number.h"

namespace coalmine::cli {
namespace {

std::string clock_text(Time t) {
  const auto s = static_cast<long>(to_seconds(t));
  const auto ms = static_cast<long>((t - kTimeZero) / std::chrono::milliseconds(1)) % 1000;
  return fmt::format("{:02}:{:02}.{:03}", s / 60, s % 60, ms);
}

/// The double nearest to a whole number of nanoseconds, so that two minutes are 120 and not
/// 120.00000000000001.
double seconds_of(Duration d) {
  return static_cast<double>(d.count()) / 1e9;
}

/// Queries of users come as they are written, over many lines and with comments; printed, they must
/// still be the same query.
std::string on_one_line(const std::string& query) {
  std::string line;
  bool blank = false;
  for (std::size_t i = 0; i < query.size(); ++i) {
    const char c = query[i];
    if (c == '#') {
      i = std::min(query.find('\n', i), query.size()) - 1;
      continue;
    }
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      blank = true;
      continue;
    }
    if (blank && !line.empty() && line.back() != '{' && line.back() != '(') line += ' ';
    blank = false;
    line += c;
    if (c != '"' && c != '\'' && c != '`') continue;
    // A string stays as it is.
    for (++i; i < query.size(); ++i) {
      line += query[i];
      if (query[i] == c) break;
      if (query[i] == '\\' && c != '`' && i + 1 < query.size()) line += query[++i];
    }
  }
  return line;
}

std::string evidence_text(const Evidence& e) {
  std::string text = on_one_line(e.query);
  constexpr double kManyDigits = 10'000;
  if (e.value)
    text += " = " + (!std::isfinite(*e.value)           ? go_number(*e.value)
                     : std::abs(*e.value) < kManyDigits ? fmt::format("{:.4g}", *e.value)
                                                        : fmt::format("{:.0f}", *e.value));
  else
    text += ": " + (e.problem.empty() ? "no data" : e.problem);
  if (e.limit) text += fmt::format(", limit {:.4g}", *e.limit);
  const std::string window = human_seconds(to_seconds(e.window));
  if (e.samples > 0)
    text += fmt::format(" ({} samples in {})", grouped(e.samples), window);
  else if (e.window > Duration::zero())
    text += fmt::format(" (in {})", window);
  return text;
}

/// JSON has no number for NaN and the infinities.
std::string problem_in_json(const Evidence& e) {
  if (!e.problem.empty() || !e.value || std::isfinite(*e.value)) return e.problem;
  return "the value is " + go_number(*e.value);
}

nlohmann::json number_or_null(std::optional<double> v) {
  return v ? nlohmann::json(*v) : nlohmann::json();
}

std::string as_json(const RunResult& r) {
  nlohmann::ordered_json j;
  j["scenario"] = r.scenario;
  j["strategy"] = r.strategy;
  j["name"] = r.name;
  j["release"] = r.release;
  j["played"] = r.played;
  j["onCall"] = r.on_call;
  j["seed"] = r.seed;
  j["replication"] = r.replication;
  j["fingerprint"] = fmt::format("{:016x}", r.fingerprint);
  if (r.release == "none")
    j["verdict"] = nullptr;
  else
    j["verdict"] = verdict_name(r.verdict);
  auto& outcomes = j["outcomes"] = nlohmann::ordered_json::object();
  for (const auto& [name, value] : r.outcomes) outcomes[name] = number_or_null(value);
  auto& events = j["events"] = nlohmann::ordered_json::array();
  for (const Event& e : r.events) {
    nlohmann::ordered_json event{{"time", seconds_of(e.time - kTimeZero)},
                                 {"object", e.object},
                                 {"reason", e.reason},
                                 {"message", e.message},
                                 {"evidence", nlohmann::ordered_json::array()}};
    for (const Evidence& one : e.evidence)
      event["evidence"].push_back({{"query", one.query},
                                   {"window", seconds_of(one.window)},
                                   {"samples", one.samples},
                                   {"value", number_or_null(one.value)},
                                   {"limit", number_or_null(one.limit)},
                                   {"problem", problem_in_json(one)}});
    events.push_back(std::move(event));
  }
  return json_text(j);
}

/// A line for each piece of evidence, one at least.
std::string as_csv(const RunResult& r) {
  std::string out = "time,object,reason,message,query,window,samples,value,limit,problem\n";
  const auto opt = [](std::optional<double> v) { return v ? fmt::format("{:.9g}", *v) : ""; };
  for (const Event& e : r.events) {
    const std::string event = fmt::format(
        "{:.9f},{},{},{}", to_seconds(e.time), csv_cell(e.object), e.reason, csv_cell(e.message));
    if (e.evidence.empty()) out += event + ",,,,,,\n";
    for (const Evidence& one : e.evidence)
      out += event + fmt::format(",{},{:.9g},{:.9g},{},{},{}\n",
                                 csv_cell(one.query),
                                 to_seconds(one.window),
                                 one.samples,
                                 opt(one.value),
                                 opt(one.limit),
                                 csv_cell(one.problem));
  }
  return out;
}

/// Longer ones push the rest of their own line to the right, not that of all.
constexpr std::size_t kWidestObject = 60;

/// "bad release under canary", "mix release (slow) under canary, nobody on call".
std::string what_was_played(const RunResult& r) {
  if (r.release == "none") return "no release";
  const std::string drawn = r.played.empty() || r.played == r.release ? "" : " (" + r.played + ")";
  return r.release + " release" + drawn + " under " + r.name +
         (r.on_call ? "" : ", nobody on call");
}

}  // namespace

std::string format_run(const RunResult& r, Format format) {
  if (format == Format::json) return as_json(r);
  if (format == Format::csv) return as_csv(r);
  const bool released = r.release != "none";
  std::string out = fmt::format(
      "{}: {}, seed {}, replication {}\n\n", r.scenario, what_was_played(r), r.seed, r.replication);
  std::size_t objects = 0;
  std::size_t reasons = 0;
  for (const Event& e : r.events) {
    objects = std::max(objects, std::min(kWidestObject, display_width(e.object)));
    reasons = std::max(reasons, display_width(e.reason));
  }
  for (const Event& e : r.events) {
    out += fmt::format("{}  {:<{}}  {:<{}}  {}\n",
                       clock_text(e.time),
                       e.object,
                       objects,
                       e.reason,
                       reasons,
                       e.message);
    for (const Evidence& one : e.evidence)
      out += fmt::format("{:>11}  {}\n", "", evidence_text(one));
  }
  out += fmt::format("\nverdict: {}\n\n", released ? verdict_name(r.verdict) : "none (no release)");
  TextTable table({"outcome", "value"});
  for (const auto& [name, value] : r.outcomes) table.add({name, outcome_text(name, value)});
  out += table.text();
  out += fmt::format("\nfingerprint {:016x}\n", r.fingerprint);
  return out;
}

}  // namespace coalmine::cli

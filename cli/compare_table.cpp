#include "cli/compare_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "cli/conclusions.h"
#include "cli/numbers.h"
#include "cli/table.h"

namespace coalmine::cli {
namespace {

constexpr std::size_t kWidest = 160;

/// A column: what it is called for people, and among the outcomes or verdicts.
struct Column {
  const char* label;
  const char* name;
};

/// A release, and the mistakes a strategy can make with it.
struct Block {
  const char* release;
  const char* title;
};
constexpr Block kBlocks[] = {
    {"bad", "the bad release"},
    {"good", "a good release"},
    {"mix", "releases as they come"},
};
constexpr Column kMistakes[] = {{"missed", "missed_bad_release"}, {"stopped", "wrong_rollback"}};

/// What a strategy is chosen by, and how it went about it.
constexpr Column kHarm[] = {{"users affected", "excess_users_affected"},
                            {"failed requests", "excess_failed_requests"},
                            {"error budget", "excess_error_budget_consumed"},
                            {"time to detect", "time_to_detect"},
                            {"time to restore", "time_to_restore"}};
constexpr Column kCourse[] = {{"promoted", "promoted"},
                              {"rolled back", "rolled_back"},
                              {"by on-call", "rolled_back_by_on_call"},
                              {"aborted", "aborted"},
                              {"held", "held"},
                              {"rollout duration", "rollout_duration"},
                              {"peak pods", "peak_pods"},
                              {"latency p50", "latency_p50"},
                              {"latency p99", "latency_p99"}};

using Row = const ComparedStrategy*;
using Summaries = std::map<std::string, OutcomeSummary>;

const OutcomeSummary* find(const Summaries& summaries, const std::string& name) {
  const auto found = summaries.find(name);
  return found == summaries.end() || !found->second.mean ? nullptr : &found->second;
}

/// Student's intervals are symmetric.
std::optional<double> half_width(const OutcomeSummary& o) {
  return o.low ? std::optional((*o.high - *o.low) / 2) : std::nullopt;
}

/// "27 397 ± 884"; a time that did not come in some runs is at least so long, and says in how many;
/// so does an outcome that applies to some runs only.
std::string outcome_cell(Row row, const std::string& name) {
  const OutcomeSummary* o = find(row->outcomes, name);
  if (o == nullptr) return "-";
  std::string text;
  if (o->censored == o->n)
    text = "not in " + human_seconds(*o->mean);
  else
    text = (o->censored > 0 ? "≥ " : "") + estimate_text(unit_of(name), *o->mean, half_width(*o));
  if (o->censored > 0 && o->censored < o->n)
    text += fmt::format(" ({}/{} never)", o->censored, o->n);
  else if (o->n < row->replications)
    text += fmt::format(" ({}/{})", o->n, row->replications);
  return text;
}

std::string cell(Row row, const std::string& name) {
  if (const OutcomeSummary* share = find(row->verdicts, name))
    return share_text(*share->mean, *share->low, *share->high);
  return outcome_cell(row, name);
}

/// Columns that say nothing of any row are left out.
bool says_something(const std::vector<Row>& rows, const Column& column) {
  return std::any_of(rows.begin(), rows.end(), [&](Row row) {
    const OutcomeSummary* share = find(row->verdicts, column.name);
    return share != nullptr ? *share->mean > 0 : find(row->outcomes, column.name) != nullptr;
  });
}

TextTable table_of(const std::string& title,
                   const std::vector<Row>& rows,
                   const std::vector<Column>& columns) {
  std::vector<std::string> header{title};
  for (const Column& c : columns) header.emplace_back(c.label);
  TextTable table(header);
  for (const Row row : rows) {
    std::vector<std::string> line{row->name};
    for (const Column& c : columns) line.push_back(cell(row, c.name));
    table.add(line);
  }
  return table;
}

/// A paired difference; none between two times that never came.
std::string difference_cell(Row row, Row first, const std::string& name) {
  const OutcomeSummary* d = find(row->paired_difference, name);
  const OutcomeSummary* a = find(row->outcomes, name);
  const OutcomeSummary* b = find(first->outcomes, name);
  if (!d || !a || !b || (a->censored == a->n && b->censored == b->n)) return "";
  return difference_text(unit_of(name), *d->mean, half_width(*d));
}

void add_differences(TextTable& table,
                     const std::vector<Row>& rows,
                     const std::vector<Column>& columns) {
  if (rows.size() < 2) return;
  table.add({"against " + rows.front()->name});
  for (std::size_t i = 1; i < rows.size(); ++i) {
    std::vector<std::string> line{"  " + rows[i]->name};
    for (const Column& c : columns) line.push_back(difference_cell(rows[i], rows.front(), c.name));
    table.add(line);
  }
}

/// What the human made of it: the strategies that stop only by them, without them.
void add_without_human(TextTable& table,
                       const std::vector<Row>& rows,
                       const std::vector<Row>& without,
                       const std::vector<Column>& columns) {
  bool said = false;
  for (std::size_t i = 0; i < without.size(); ++i) {
    const OutcomeSummary* by_human = find(rows[i]->verdicts, "rolled_back_by_on_call");
    if (by_human == nullptr || *by_human->mean == 0) continue;
    if (!said) table.add({"with nobody on call"});
    said = true;
    std::vector<std::string> line{"  " + without[i]->name};
    for (const Column& c : columns) line.push_back(cell(without[i], c.name));
    table.add(line);
  }
}

std::string block_text(const CompareResult& result, const Scenario& scenario, const Block& block) {
  std::vector<Row> rows, without;
  for (const ComparedStrategy& r : result.strategies)
    if (r.release == block.release)
      (r.on_call == scenario.on_call.present ? rows : without).push_back(&r);
  if (rows.empty()) return "";
  std::vector<Column> harm;
  for (const Column& c : kMistakes)
    if (find(rows.front()->verdicts, c.name) != nullptr) harm.push_back(c);
  for (const Column& c : kHarm)
    if (says_something(rows, c)) harm.push_back(c);
  std::vector<Column> course;
  for (const Column& c : kCourse)
    if (says_something(rows, c)) course.push_back(c);
  TextTable table = table_of(block.title, rows, harm);
  add_differences(table, rows, harm);
  add_without_human(table, rows, without, harm);
  return table.text(kWidest) + "\n" + table_of("how it went", rows, course).text(kWidest) + "\n";
}

/// "good 85 %, errors 10 %, slow 5 %", the most frequent first.
std::string mix_text(const Scenario& scenario) {
  std::vector<std::pair<std::string, double>> shares(scenario.release.mix.begin(),
                                                     scenario.release.mix.end());
  std::stable_sort(shares.begin(), shares.end(), [](const auto& a, const auto& b) {
    return a.second > b.second;
  });
  std::string text;
  for (const auto& [release, share] : shares)
    text += (text.empty() ? "" : ", ") + release + " " + percent(share);
  return text;
}

std::string control_text(const CompareResult& result) {
  const auto control = std::find_if(result.strategies.begin(),
                                    result.strategies.end(),
                                    [](const auto& row) { return row.release == "none"; });
  if (control == result.strategies.end()) return "";
  const auto text = [&](const char* name) { return outcome_cell(&*control, name); };
  return fmt::format(
      "without a release: availability {}; latency p50 {}, p99 {}; {} of the error budget; {} "
      "users "
      "affected\n\n",
      text("availability"),
      text("latency_p50"),
      text("latency_p99"),
      text("error_budget_consumed"),
      text("users_affected"));
}

}  // namespace

std::string compare_table(const CompareResult& result, const Scenario& scenario) {
  std::string out = fmt::format(
      "{}{}\n{}, seed {}; means and shares with 95 % intervals, from the release on; users, failed "
      "requests and\nerror budget are what the release added to the same world without one\n\n",
      scenario.name,
      scenario.title.empty() ? "" : ": " + scenario.title,
      counted(result.replications, "replication"),
      result.seed);
  if (!scenario.release.mix.empty()) out += "releases come as " + mix_text(scenario) + "\n\n";
  if (scenario.release_faults("bad").empty())
    out += "release.faults is empty: there is no bad release, only a good one.\n\n";
  for (const Block& block : kBlocks) out += block_text(result, scenario, block);
  out += control_text(result);
  for (const std::string& sentence : conclusions(result, scenario)) out += sentence + "\n";
  if (!scenario.shows.empty()) out += "What it shows: " + scenario.shows + "\n";
  return out;
}

}  // namespace coalmine::cli

#include "sim/telemetry/burn_rate_alert.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/kernel/assert.h"
#include "sim/telemetry/promql/duration.h"

namespace coalmine {

BurnRateAlert::BurnRateAlert(Simulation& simulation,
                             const MetricReader& reader,
                             std::vector<AlertObjective> objectives,
                             TargetNow target_now,
                             Settings settings,
                             EventSink events,
                             OnFiring on_firing)
    : simulation_(simulation),
      reader_(reader),
      objectives_(std::move(objectives)),
      target_now_(std::move(target_now)),
      settings_(std::move(settings)),
      events_(std::move(events)),
      on_firing_(std::move(on_firing)),
      is_firing_(objectives_.size(), false) {
  CM_ASSERT(settings_.evaluation_interval.count() > 0);
  CM_ASSERT(settings_.phase.count() >= 0 && settings_.phase < settings_.evaluation_interval);
  for (const AlertObjective& objective : objectives_) {
    CM_ASSERT(objective.target > 0 && objective.target < 1);
  }
}

BurnRateAlert::~BurnRateAlert() {
  if (next_ != 0) simulation_.cancel(next_);
}

void BurnRateAlert::start(Time from) {
  CM_ASSERT(next_ == 0 && from >= simulation_.now());
  const Duration interval = settings_.evaluation_interval;
  Duration behind = (from.time_since_epoch() - settings_.phase) % interval;
  if (behind.count() < 0) behind += interval;
  schedule(behind.count() == 0 ? from : from + (interval - behind));
}

void BurnRateAlert::schedule(Time when) {
  // first.
  next_ = simulation_.at(when, [this] { evaluate(); });
}

void BurnRateAlert::evaluate() {
  schedule(simulation_.now() + settings_.evaluation_interval);
  const MetricTarget target = target_now_();
  for (std::size_t i = 0; i < objectives_.size(); ++i) update(i, target);
}

Reading BurnRateAlert::bad_ratio(const AlertObjective& objective,
                                 const MetricTarget& target,
                                 Duration window) const {
  if (objective.kind == AlertObjective::Kind::availability) {
    return reader_.error_ratio(target, window);
  }
  return reader_.slow_ratio(target, objective.latency, window);
}

std::optional<BurnRateAlert::Firing> BurnRateAlert::first_firing_row(
    const AlertObjective& objective, const MetricTarget& target) const {
  for (const BurnRateRow& row : settings_.rows) {
    const double burn_rate = burn_rate_threshold(row, objective.window);
    const double limit = burn_rate * (1 - objective.target);
    const Reading over_short = bad_ratio(objective, target, row.short_window);
    if (!over_short.value || *over_short.value <= limit) continue;
    const Reading over_long = bad_ratio(objective, target, row.long_window);
    if (!over_long.value || *over_long.value <= limit) continue;
    return Firing{over_long.against(limit), over_short, burn_rate, &row};
  }
  return std::nullopt;
}

void BurnRateAlert::update(std::size_t index, const MetricTarget& target) {
  const AlertObjective& objective = objectives_[index];
  const auto firing = first_firing_row(objective, target);
  if (firing.has_value() == is_firing_[index]) return;
  is_firing_[index] = firing.has_value();

  const Time now = simulation_.now();
  const std::string object = "alert/" + objective.name;
  if (!firing) {
    const auto page = std::find_if(pages_.rbegin(), pages_.rend(), [&](const Page& p) {
      return p.objective == objective.name && !p.resolved;
    });
    page->resolved = now;
    if (events_) {
      events_(
          {now, object, "Resolved", "no page row of " + objective.name + " fires any more", {}});
    }
    return;
  }
  if (!first_firing_) first_firing_ = now;
  pages_.push_back({now, objective.name, firing->evidence, {}});
  if (events_) {
    events_({now,
             object,
             "Paged",
             fmt::format("bad requests {:.3g} % over {} and {:.3g} % over {}, limit {:.3g} % "
                         "({:.3g} times the pace that spends the {} budget)",
                         *firing->evidence.value * 100,
                         promql::duration_text(firing->row->long_window),
                         *firing->short_reading.value * 100,
                         promql::duration_text(firing->row->short_window),
                         *firing->evidence.limit * 100,
                         firing->burn_rate,
                         objective.name),
             firing->evidence});
  }
  if (on_firing_) {
    const Page page = pages_.back();
    on_firing_(page);
  }
}

bool BurnRateAlert::firing() const {
  return std::find(is_firing_.begin(), is_firing_.end(), true) != is_firing_.end();
}

}  // namespace coalmine

#include "sim/telemetry/rules/rule_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/kernel/assert.h"
#include "sim/kernel/fnv.h"
#include "sim/telemetry/go_number.h"
#include "sim/telemetry/promql/duration.h"

namespace coalmine::rules {
namespace {

std::string page_name(const Alert& alert) {
  return std::string(alert.labels.get(alert.labels.has("objective") ? "objective" : "alertname"));
}

/// "alert/availability"; with the labels that tell several alerts of one rule apart.
std::string object_of(const Alert& alert) {
  const Labels told_apart = alert.element.without_metric_name();
  return "alert/" + page_name(alert) + (told_apart.empty() ? "" : told_apart.text());
}

std::string_view annotation(const Alert& alert, std::string_view name) {
  for (const Label& label : alert.annotations)
    if (label.name == name) return label.value;
  return {};
}

/// What the rule's author has to say, or what there is to say.
std::string firing_message(const Alert& alert) {
  for (const std::string_view name : {"summary", "description", "message"})
    if (const std::string_view text = annotation(alert, name); !text.empty())
      return std::string(text);
  return fmt::format(
      "{} fires with the value {}", alert.labels.text(), go_number_in_json(alert.value));
}

}  // namespace

bool pages_by_severity(const Labels& alert) {
  const std::string_view severity = alert.get("severity");
  return severity.empty() || severity == "page" || severity == "critical";
}

RuleRunner::RuleRunner(Simulation& simulation,
                       SeriesStore& store,
                       std::vector<RuleGroup> groups,
                       Settings settings,
                       EventSink events,
                       OnPage on_page)
    : simulation_(simulation),
      store_(store),
      settings_(std::move(settings)),
      events_(std::move(events)),
      on_page_(std::move(on_page)) {
  CM_ASSERT(settings_.evaluation_interval.count() > 0);
  for (RuleGroup& rules : groups) {
    const Duration interval = rules.interval ? *rules.interval : settings_.evaluation_interval;
    Duration phase{};
    if (settings_.phase_key) {
      const auto places = static_cast<std::uint64_t>(
          std::max<std::int64_t>(1, std::chrono::duration_cast<Millis>(interval).count()));
      const std::uint64_t bits = draw_bits(*settings_.phase_key, fnv1a(rules.name));
      phase = Millis(static_cast<std::int64_t>(bits % places));
    }
    auto group = std::make_unique<Group>(GroupEngine(std::move(rules), settings_.engine));
    group->interval = interval;
    group->phase = phase;
    group->failing.assign(group->engine.group().rules.size(), false);
    groups_.push_back(std::move(group));
  }
}

RuleRunner::~RuleRunner() {
  for (const auto& group : groups_)
    if (group->next != 0) simulation_.cancel(group->next);
}

void RuleRunner::start(Time from) {
  CM_ASSERT(from >= simulation_.now());
  for (const auto& group : groups_) {
    CM_ASSERT(group->next == 0);
    Duration behind = (from.time_since_epoch() - group->phase) % group->interval;
    if (behind.count() < 0) behind += group->interval;
    schedule(*group, behind.count() == 0 ? from : from + (group->interval - behind));
  }
}

void RuleRunner::schedule(Group& group, Time when) {
  group.next = simulation_.at(when, [this, &group] { evaluate(group); });
}

void RuleRunner::evaluate(Group& group) {
  schedule(group, simulation_.now() + group.interval);
  group.engine.evaluate(store_,
                        to_timestamp(simulation_.now()),
                        [this](const Notification& notification) { told(notification); });
  report_failures(group);
}

void RuleRunner::told(const Notification& notification) {
  const Alert& alert = notification.alert;
  const std::string name = page_name(alert);
  const bool is_page = settings_.is_page(alert.labels);
  switch (notification.kind) {
    case Notification::Kind::pending:
      say(object_of(alert),
          "AlertPending",
          name + " fires if this lasts " + promql::duration_text(notification.rule.hold));
      return;
    case Notification::Kind::resolved:
      if (is_page) resolve(alert.labels);
      say(object_of(alert), is_page ? "Resolved" : "AlertResolved", name + " fires no more");
      return;
    case Notification::Kind::firing:
      if (is_page)
        page(notification, name);
      else
        say(object_of(alert), "AlertFiring", firing_message(alert), {notification.evidence});
      return;
  }
}

void RuleRunner::page(const Notification& notification, const std::string& name) {
  const Time now = simulation_.now();
  open_.push_back({notification.alert.labels, pages_.size()});
  pages_.push_back({now, name, notification.evidence, {}});
  say(object_of(notification.alert),
      "Paged",
      firing_message(notification.alert),
      {notification.evidence});
  if (!on_page_) return;
  const Page sent = pages_.back();
  on_page_(sent);
}

void RuleRunner::resolve(const Labels& alert) {
  const auto open =
      std::find_if(open_.begin(), open_.end(), [&](const Open& one) { return one.alert == alert; });
  if (open == open_.end()) return;
  pages_[open->page].resolved = simulation_.now();
  open_.erase(open);
}

void RuleRunner::report_failures(Group& group) {
  for (std::size_t i = 0; i < group.failing.size(); ++i) {
    const std::string& error = group.engine.health(i).error;
    if (!error.empty() && !group.failing[i])
      say("rule/" + name_of(group.engine.group().rules[i]), "RuleFailing", error);
    group.failing[i] = !error.empty();
  }
}

void RuleRunner::say(std::string object,
                     std::string reason,
                     std::string message,
                     std::vector<Evidence> evidence) {
  if (!events_) return;
  events_({simulation_.now(),
           std::move(object),
           std::move(reason),
           std::move(message),
           std::move(evidence)});
}

const Page* RuleRunner::first_open() const {
  return open_.empty() ? nullptr : &pages_[open_.front().page];
}

}  // namespace coalmine::rules

#include "strategies/manual/plan.h"

#include <algorithm>
#include <utility>

#include "sim/kernel/assert.h"
#include "strategies/headers.h"

namespace coalmine {
namespace {

/// What the scenario calls a verb, and which keys go with it.
struct VerbRule {
  ManualVerb verb;
  const char* name;
  std::vector<std::string> needs;
  std::vector<std::string> may_have;
};

const std::vector<VerbRule>& verb_rules() {
  static const std::vector<VerbRule> rules{
      {ManualVerb::deploy_new, "deployNew", {}, {"replicas"}},
      {ManualVerb::wait_ready, "waitReady", {}, {}},
      {ManualVerb::scale, "scale", {"replicas"}, {"of"}},
      {ManualVerb::route, "route", {"share"}, {}},
      {ManualVerb::route_matching, "routeMatching", {"header"}, {"value"}},
      {ManualVerb::mirror, "mirror", {"share"}, {}},
      {ManualVerb::promote, "promote", {}, {}},
      {ManualVerb::roll_back, "rollBack", {}, {}},
  };
  return rules;
}

const VerbRule& rule_of(ManualVerb verb) {
  const auto found = std::find_if(verb_rules().begin(),
                                  verb_rules().end(),
                                  [verb](const VerbRule& rule) { return rule.verb == verb; });
  CM_ASSERT(found != verb_rules().end());
  return *found;
}

bool holds(const std::vector<std::string>& keys, const std::string& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// The keys of one action against its verb.
void check_keys(const ManualAction& action, const SectionView& at, Diagnostics& problems) {
  const VerbRule& rule = rule_of(action.verb);
  for (const std::string& key : rule.needs)
    if (!at.has(key)) problems.error(at.position("do"), rule.name + (" needs the key " + key));
  std::vector<std::string> takes = rule.needs;
  takes.insert(takes.end(), rule.may_have.begin(), rule.may_have.end());
  for (const ValueEntry& entry : at.node.entries) {
    if (entry.key == "at" || entry.key == "do" || holds(takes, entry.key)) continue;
    problems.error(entry.key_at,
                   std::string(rule.name) + " does not take the key " + entry.key,
                   takes.empty() ? "it takes none" : "it takes " + join(takes));
  }
}

/// What is wrong with an action after those before it; empty: nothing.
class Order {
 public:
  std::string objection(const ManualAction& action) {
    const bool makes = action.verb == ManualVerb::deploy_new;
    const bool on_new = action.verb != ManualVerb::roll_back &&
                        action.of.value_or(WhichVersion::new_one) == WhichVersion::new_one;
    if (action.at < last_)
      return "at: " + format_duration(action.at) + " lies before the action above, at " +
             format_duration(last_);
    last_ = action.at;
    if (over_) return "nothing can follow rollBack";
    if (promoted_ && action.verb != ManualVerb::roll_back)
      return "only rollBack can follow promote";
    if (makes && deployed_) return "the new version is deployed already: scale it";
    if (!makes && on_new && !deployed_)
      return std::string(rule_of(action.verb).name) +
             " needs a Deployment of the new version: deployNew comes first";
    deployed_ = deployed_ || makes;
    promoted_ = promoted_ || action.verb == ManualVerb::promote;
    over_ = action.verb == ManualVerb::roll_back;
    return {};
  }

 private:
  Duration last_{};
  bool deployed_ = false;
  bool promoted_ = false;
  bool over_ = false;
};

void check_order(const ManualPlan& plan, const SectionView& at, Diagnostics& problems) {
  if (plan.actions.empty())
    problems.error(at.position("actions"), "actions is empty: the release would never begin");
  const Value* list = at.node.find("actions");
  Order order;
  for (std::size_t i = 0; i < plan.actions.size(); ++i) {
    const std::string objection = order.objection(plan.actions[i]);
    if (!objection.empty())
      problems.error(list->items[i].at, "actions[" + std::to_string(i) + "]: " + objection);
  }
}

Section<ManualAction> action_table() {
  std::vector<std::pair<std::string, ManualVerb>> verbs;
  for (const VerbRule& rule : verb_rules()) verbs.emplace_back(rule.name, rule.verb);
  Section<ManualAction> table("action", "What the person does, and when.");
  table
      .field("at",
             &ManualAction::at,
             {.min = "0s",
              .max = "30d",
              .help = "since the release began; later while the action before is not done",
              .required = true})
      .field("do",
             &ManualAction::verb,
             kind::choice<ManualVerb>(std::move(verbs)),
             {.help = "the verb", .required = true})
      .field("replicas",
             &ManualAction::replicas,
             {.min = "0",
              .max = "10000",
              .help = "pods, of deployNew (as many as the service has by default) and scale"})
      .field("of",
             &ManualAction::of,
             kind::choice<WhichVersion>(
                 {{"new", WhichVersion::new_one}, {"old", WhichVersion::old_one}}),
             {.help = "whose pods scale means; the new version's by default"})
      .field("share",
             &ManualAction::share,
             kind::ratio(),
             {.min = "0%",
              .max = "100%",
              .help = "of the requests, sent (route) or copied (mirror) to the new version"})
      .field("header",
             &ManualAction::header,
             {.help = "requests that carry it go to the new version (routeMatching)"})
      .field("value", &ManualAction::value, {.help = "of the header; any value by default"})
      .check(check_keys);
  return table;
}

}  // namespace

Section<ManualPlan> manual_table() {
  Section<ManualPlan> table("manual", "A person releases by hand: what they do, and when.");
  table
      .field("actions",
             &ManualPlan::actions,
             kind::list_of(kind::section(action_table())),
             {.help = "one after the other, in order of time", .required = true})
      .field("readyWithin",
             &ManualPlan::ready_within,
             {.default_text = "5m",
              .min = "1s",
              .max = "24h",
              .help = "waitReady and promote wait no longer for pods"})
      .check(check_order);
  return table;
}

void check_manual(const ManualPlan& plan,
                  const Scenario& scenario,
                  const SectionView& at,
                  Diagnostics& problems) {
  const Value* list = at.node.find("actions");
  const Duration left = scenario.duration - scenario.release.at;
  for (std::size_t i = 0; i < plan.actions.size(); ++i) {
    const ManualAction& action = plan.actions[i];
    const SectionView here{list->items[i]};
    const std::string name = "actions[" + std::to_string(i) + "]";
    if (action.at >= left) {  // and so are those that follow
      problems.warning(here.position("at"),
                       name + ": at: the run is over by then" +
                           (i + 1 < plan.actions.size() ? ", as it is for those that follow" : ""),
                       "it ends " + format_duration(left) + " after the release begins");
      return;
    }
    if (action.verb != ManualVerb::route_matching) continue;
    const std::string value = action.value.value_or("");
    if (share_carrying(*action.header, value, scenario.traffic) <= 0)
      problems.warning(here.position("header"),
                       name + ": " + nobody_carries(*action.header, value),
                       carried_instead(*action.header, value, scenario.traffic));
  }
}

std::string say(const ManualAction& action) {
  std::string text = rule_of(action.verb).name;
  if (action.replicas) text += " replicas: " + std::to_string(*action.replicas);
  if (action.of == WhichVersion::old_one) text += " of: old";
  if (action.share) text += " share: " + format_ratio(*action.share);
  if (action.header) text += " header: " + *action.header;
  if (action.value) text += " value: " + *action.value;
  return text;
}

}  // namespace coalmine

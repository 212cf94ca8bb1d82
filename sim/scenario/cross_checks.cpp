#include "sim/scenario/cross_checks.h"

#include "sim/traffic/edge_tally.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/depth_first_search.hpp>
#include <map>
#include <set>
#include <utility>

namespace coalmine {
namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;
using Edge = boost::graph_traits<Graph>::edge_descriptor;
using Vertex = boost::graph_traits<Graph>::vertex_descriptor;

/// Finds the cycles that a depth-first search closes, each as the edge that closes it and the path
/// from its start.
class CycleFinder : public boost::default_dfs_visitor {
 public:
  struct Cycle {
    Vertex from;
    std::vector<Vertex> path;  ///< begins and ends with the same service
  };
  CycleFinder(std::vector<Vertex>& parents, std::vector<Cycle>& cycles)
      : parents_(&parents), cycles_(&cycles) {}

  void tree_edge(Edge edge, const Graph& graph) const {
    (*parents_)[boost::target(edge, graph)] = boost::source(edge, graph);
  }
  void back_edge(Edge edge, const Graph& graph) const {
    const Vertex start = boost::target(edge, graph);
    Cycle cycle{boost::source(edge, graph), {start}};
    for (Vertex v = cycle.from; v != start; v = (*parents_)[v]) cycle.path.push_back(v);
    cycle.path.push_back(start);
    std::reverse(cycle.path.begin(), cycle.path.end());
    cycles_->push_back(std::move(cycle));
  }

 private:
  std::vector<Vertex>* parents_;
  std::vector<Cycle>* cycles_;
};

std::string name_of(const Value& service) {
  const Value* name = service.find("name");
  return name != nullptr && name->is_scalar() ? name->text : std::string();
}

std::vector<const Value*> written_services(const Value& scenario) {
  std::vector<const Value*> result;
  if (const Value* service = scenario.find("service")) result.push_back(service);
  if (const Value* others = scenario.find("services"))
    for (const Value& other : others->items) result.push_back(&other);
  return result;
}

Position name_position(const Value& service) {
  const Value* name = service.find("name");
  return name == nullptr ? service.at : name->at;
}

Position place_of(const Value& scenario, const char* section, const char* key) {
  const Value* at = scenario.find(section);
  if (at == nullptr) return scenario.at;
  const Value* value = at->find(key);
  return value == nullptr ? at->at : value->at;
}

Position key_position(const Value& settings, const char* key) {
  const Value* value = settings.find(key);
  return value == nullptr ? settings.at : value->at;
}

/// Checks the faults of one list against the run and the services.
class FaultCheck {
 public:
  FaultCheck(const ScenarioDraft& draft, Diagnostics& diagnostics)
      : draft_(draft), diagnostics_(diagnostics) {
    names_.push_back(draft.service.settings.name);
    for (const ServiceDraft& other : draft.services) names_.push_back(other.settings.name);
    reach(draft.service.settings);
  }

  void check(const std::vector<std::shared_ptr<const Fault>>& faults,
             const Value* list,
             bool of_release) {
    if (list == nullptr) return;
    for (std::size_t i = 0; i < faults.size(); ++i)
      check(*faults[i], settings_of_element(*list, i), of_release);
  }

 private:
  void check(const Fault& fault, const Value& settings, bool of_release) {
    const FaultCommon& common = fault.common;
    const Scenario& scenario = draft_.scenario;
    const FaultSite site = site_of(common, of_release);
    const std::size_t before = diagnostics_.errors();
    if (common.at && *common.at >= scenario.duration)
      diagnostics_.error(key_position(settings, "at"),
                         "at: the fault would begin after the end of the run",
                         "duration is " + format_duration(scenario.duration));
    const std::string objection = fault.objection(site);
    if (!objection.empty()) diagnostics_.error(settings.at, objection);
    const Value* on = settings.find("on");
    check_on(common, settings, on != nullptr ? *on : settings, of_release);
    if (on != nullptr && on->find("segment") != nullptr)
      check_segment(fault, key_position(*on, "segment"));
    if (diagnostics_.errors() == before) check_effect(fault, settings, site, of_release);
  }
  /// One warning about a fault that is possible and yet without effect.
  void check_effect(const Fault& fault,
                    const Value& settings,
                    const FaultSite& site,
                    bool of_release) {
    const Scenario& scenario = draft_.scenario;
    const std::optional<Duration>& until = fault.common.until;
    if (const std::string lacks = lacking(fault, site); !lacks.empty())
      diagnostics_.warning(
          settings.at, std::string(fault.type()) + " changes nothing", "it would with " + lacks);
    else if (of_release && until && *until <= scenario.release.at)
      diagnostics_.warning(key_position(settings, "until"),
                           "until: the fault is over before the release begins: it harms nobody",
                           "release.at is " + format_duration(scenario.release.at));
  }
  /// Of the versions it acts on, the one in which it can do most.
  FaultSite site_of(const FaultCommon& common, bool of_release) const {
    const ServiceSettings& released = draft_.service.settings;
    const ServiceSettings* service = &released;
    for (const ServiceDraft& other : draft_.services)
      if (other.settings.name == common.on_service) service = &other.settings;
    const Scenario& scenario = draft_.scenario;
    double conversion = 0;
    for (const bool is_new : {false, true}) {
      const std::string& version = is_new ? scenario.release.version : scenario.release.from;
      const bool meant =
          of_release ? is_new : common.on_version.empty() || common.on_version == version;
      if (service == &released && meant)
        conversion = std::max(conversion, scenario.conversion(is_new));
    }
    return {service->deployment.pod.process_memory_limit,
            conversion,
            service->pod.concurrency,
            of_release && scenario.release.at < scenario.duration
                ? scenario.duration - scenario.release.at
                : kForever};
  }
  /// What it would take for the fault to change anything: settings, or somebody to meet it.
  std::string lacking(const Fault& fault, const FaultSite& site) const {
    if (std::string lacks = fault.lacks(site); !lacks.empty()) return lacks;
    const FaultCommon& common = fault.common;
    for (const UserSegment& s : draft_.scenario.traffic.segments)
      if (s.name == common.on_segment && s.share <= 0)
        return "users in " + s.name + ", whose share is 0%";
    const auto known = std::find(names_.begin(), names_.end(), common.on_service);
    if (known == names_.end() || reached_.count(common.on_service) != 0) return {};
    return "calls to " + common.on_service + ": nothing reaches it";
  }
  void check_segment(const Fault& fault, const Position& at) {
    const std::string& wanted = fault.common.on_segment;
    if (!fault.by_segment()) {
      diagnostics_.error(at, std::string(fault.type()) + " cannot be narrowed to a segment");
      return;
    }
    std::vector<std::string> known;
    for (const UserSegment& s : draft_.scenario.traffic.segments) known.push_back(s.name);
    if (std::find(known.begin(), known.end(), wanted) != known.end()) return;
    diagnostics_.error(at,
                       wanted + " is not a segment of the users",
                       known.empty() ? "traffic.segments is empty" : did_you_mean(wanted, known),
                       known.empty() ? "" : "known: " + join(known));
  }
  void check_on(const FaultCommon& common,
                const Value& settings,
                const Value& on,
                bool of_release) {
    const std::string& released = draft_.service.settings.name;
    const ReleaseSettings& release = draft_.scenario.release;
    // Faults of a service called name it themselves: `dependencyDown: {service: payment}`.
    const bool itself = settings.find("service") != nullptr;
    const Position service_at = key_position(itself ? settings : on, "service");
    const Position version_at = key_position(on, "version");
    if (!common.on_service.empty() &&
        std::find(names_.begin(), names_.end(), common.on_service) == names_.end()) {
      diagnostics_.error(service_at,
                         common.on_service + " is not a service of this scenario",
                         did_you_mean(common.on_service, names_),
                         "known: " + join(names_));
      return;
    }
    const bool elsewhere = !common.on_service.empty() && common.on_service != released;
    if (of_release && elsewhere)
      diagnostics_.error(service_at,
                         "a release fault acts on the service being released, " + released,
                         "put it under faults");
    if (of_release && !common.on_version.empty() && common.on_version != release.version)
      diagnostics_.error(version_at,
                         "a release fault acts on the new version, " + release.version,
                         "put it under faults");
    const std::vector<std::string> versions{release.from, release.version};
    if (elsewhere && !common.on_version.empty())
      diagnostics_.error(version_at, "only " + released + " has versions that can be named");
    else if (!common.on_version.empty() && common.on_version != release.from &&
             common.on_version != release.version)
      diagnostics_.error(version_at,
                         common.on_version + " is not a version of " + released,
                         did_you_mean(common.on_version, versions),
                         "known: " + join(versions));
  }

  /// Notes the service and those it calls, directly or not.
  void reach(const ServiceSettings& service) {
    if (!reached_.insert(service.name).second) return;
    for (const CallSettings& call : service.calls)
      for (const ServiceDraft& other : draft_.services)
        if (call.per_request > 0 && other.settings.name == call.service) reach(other.settings);
  }

  const ScenarioDraft& draft_;
  Diagnostics& diagnostics_;
  std::vector<std::string> names_;
  std::set<std::string> reached_;  ///< services that requests come to
};

/// All histograms of a run share their bounds, so there is a most for all services together.
void check_slo_buckets(const ScenarioDraft& draft, const Value& scenario, Diagnostics& problems) {
  constexpr std::size_t kMost = 40;
  std::set<Duration> bounds;
  const auto add = [&](const ServiceDraft& service) {
    const std::vector<Duration>& slo = service.settings.metric_options.slo;
    bounds.insert(slo.begin(), slo.end());
  };
  add(draft.service);
  for (const ServiceDraft& other : draft.services) add(other);
  if (bounds.size() > kMost)
    problems.error(place_of(scenario, "service", "distribution"),
                   "slo: more than " + std::to_string(kMost) +
                       " different buckets, those of all services together");
}

void check_strategies(const ScenarioDraft& draft, const Value& scenario, Diagnostics& problems) {
  const Value* list = scenario.find("strategies");
  const auto& choices = draft.scenario.strategies;
  if (choices.empty()) {
    problems.error(list == nullptr ? scenario.at : list->at, "strategies is empty");
    return;
  }
  std::map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].name == "control" && list != nullptr)
      problems.error(list->items[i].at,
                     "control is what the run without a release is called",
                     "give this strategy another name");
    if (first.emplace(choices[i].name, i).second || list == nullptr) continue;
    problems.error(list->items[i].at,
                   "two strategies are called " + choices[i].name,
                   "give this one a name of its own");
  }
  for (std::size_t i = 0; list != nullptr && i < choices.size(); ++i)
    if (choices[i].check)
      choices[i].check(draft.scenario, {settings_of_element(*list, i)}, problems);
}

void check_release_names(const Scenario& scenario, const Value& release, Diagnostics& problems) {
  if (const Value* variants = release.find("variants"))
    for (const ValueEntry& entry : variants->entries)
      if (entry.key == "good" || entry.key == "bad" || entry.key == "mix" || entry.key == "none")
        problems.error(entry.key_at, "no variant can be called " + entry.key);
  const Value* mix = release.find("mix");
  if (mix == nullptr || scenario.release.mix.empty()) return;
  const std::vector<std::string> known = scenario.release_names();
  double sum = 0;
  for (const ValueEntry& entry : mix->entries) {
    sum += scenario.release.mix.at(entry.key);
    if (std::find(known.begin(), known.end(), entry.key) == known.end())
      problems.error(entry.key_at,
                     entry.key + " is not a release of this scenario",
                     did_you_mean(entry.key, known),
                     "known: " + join(known));
    else if (entry.key != "good" && scenario.release_faults(entry.key).empty())
      problems.error(entry.key_at, entry.key + " has no faults: it is a good release");
  }
  if (sum < 1 - 1e-9 || sum > 1 + 1e-9)
    problems.error(mix->at, "the shares of the mix add up to " + format_ratio(sum) + ", not 100%");
}

}  // namespace

const Value& settings_of_element(const Value& list, std::size_t i) {
  const Value& item = list.items[i];
  return item.is_map() && item.entries.size() == 1 ? item.entries[0].value : item;
}

void check_call_graph(const Value& scenario, Diagnostics& diagnostics) {
  const std::vector<const Value*> services = written_services(scenario);
  std::map<std::string, Vertex> vertices;
  std::vector<std::string> names;
  for (const Value* service : services) {
    const std::string name = name_of(*service);
    if (!name.empty() && vertices.count(name) != 0)
      diagnostics.error(name_position(*service), "two services are called " + name);
    vertices.emplace(name, names.size());
    names.push_back(name);
  }
  Graph graph(names.size());
  std::map<std::pair<Vertex, Vertex>, Position> places;
  for (std::size_t i = 0; i < services.size(); ++i) {
    const Value* calls = services[i]->find("calls");
    if (calls == nullptr) continue;
    for (const Value& call : calls->items) {
      const Value* target = call.find("service");
      if (target == nullptr || !target->is_scalar()) continue;
      const auto found = vertices.find(target->text);
      if (found == vertices.end()) {
        diagnostics.error(target->at,
                          target->text + " is not a service of this scenario",
                          did_you_mean(target->text, names),
                          "known: " + join(names));
        continue;
      }
      boost::add_edge(i, found->second, graph);
      places.emplace(std::pair<Vertex, Vertex>(i, found->second), target->at);
    }
  }
  std::vector<Vertex> parents(names.size());
  std::vector<CycleFinder::Cycle> cycles;
  boost::depth_first_search(graph, boost::visitor(CycleFinder(parents, cycles)));
  for (const CycleFinder::Cycle& cycle : cycles) {
    std::vector<std::string> path;
    for (const Vertex v : cycle.path) path.push_back(names[v]);
    diagnostics.error(places.at({cycle.from, cycle.path.front()}),
                      "the calls go in a circle: " + join(path, " -> "));
  }
}

void check_across(const ScenarioDraft& draft, const Value& scenario, Diagnostics& diagnostics) {
  const Scenario& s = draft.scenario;
  if (s.objectives.size() > kMaxObjectives)
    diagnostics.error(scenario.find("objectives")->at,
                      "more than " + std::to_string(kMaxObjectives) + " objectives");
  if (s.release.at >= s.duration)
    diagnostics.error(place_of(scenario, "release", "at"),
                      "at: the release would begin after the end of the run",
                      "duration is " + format_duration(s.duration));
  if (draft.service.settings.deployment.replicas == 0)
    diagnostics.error(place_of(scenario, "service", "replicas"),
                      "replicas: the service being released has no pods");
  FaultCheck faults(draft, diagnostics);
  const Value* release = scenario.find("release");
  if (release != nullptr) {
    faults.check(s.release.faults, release->find("faults"), true);
    if (const Value* variants = release->find("variants"))
      for (const ValueEntry& entry : variants->entries)
        faults.check(s.release.variants.at(entry.key), &entry.value, true);
    check_release_names(s, *release, diagnostics);
  }
  faults.check(s.faults, scenario.find("faults"), false);
  check_slo_buckets(draft, scenario, diagnostics);
  check_strategies(draft, scenario, diagnostics);
}

}  // namespace coalmine

#include "sim/scenario/scenario.h"

#include "sim/faults/crash_on_start.h"
#include "sim/faults/error_rate.h"
#include "sim/faults/latency.h"
#include "sim/kernel/assert.h"

namespace coalmine {
namespace {

/// The usual ways to be bad, of medium size (specs/service-models section 7, magnitude presets).
const std::map<std::string, FaultList, std::less<>>& usual_variants() {
  static const std::map<std::string, FaultList, std::less<>> kUsual = [] {
    auto errors = std::make_shared<ErrorRate>();
    errors->p = 0.05;
    auto slow = std::make_shared<Latency>();
    slow->factor = 2;
    return std::map<std::string, FaultList, std::less<>>{
        {"errors", {std::move(errors)}},
        {"slow", {std::move(slow)}},
        {"crash", {std::make_shared<CrashOnStart>()}}};
  }();
  return kUsual;
}

}  // namespace

promql::Options TelemetrySettings::promql() const {
  promql::Options options;
  options.dialect = prometheus;
  options.default_step = std::chrono::duration_cast<Millis>(evaluation_interval);
  return options;
}

const FaultList& Scenario::release_faults(std::string_view which) const {
  static const FaultList kNone;
  if (which == "good") return kNone;
  if (which == "bad") return release.faults;
  const auto own = release.variants.find(std::string(which));
  if (own != release.variants.end()) return own->second;
  const auto usual = usual_variants().find(which);
  CM_ASSERT(usual != usual_variants().end());
  return usual->second;
}

std::vector<std::string> Scenario::release_names() const {
  std::vector<std::string> names{"bad", "good"};
  for (const auto& [variant, faults_of] : usual_variants()) names.push_back(variant);
  for (const auto& [variant, faults_of] : release.variants)
    if (usual_variants().count(variant) == 0) names.push_back(variant);
  return names;
}

const std::string& Scenario::release_of_mix(double u) const {
  CM_ASSERT(!release.mix.empty());
  for (const auto& [which, share] : release.mix) {
    if (u < share) return which;
    u -= share;
  }
  return release.mix.rbegin()->first;  // rounding
}

}  // namespace coalmine

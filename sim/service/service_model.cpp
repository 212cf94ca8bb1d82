#include "sim/service/service_model.h"

namespace coalmine {

bool VersionModel::faulty(Time t) const {
  const auto acts = [t](const auto& effect) { return effect.when.level(t) > 0; };
  return std::any_of(effects.errors.begin(), effects.errors.end(), acts) ||
         std::any_of(effects.latencies.begin(), effects.latencies.end(), acts) ||
         std::any_of(effects.crashes.begin(), effects.crashes.end(), acts) ||
         std::any_of(effects.lies.begin(), effects.lies.end(), acts);
}

}  // namespace coalmine

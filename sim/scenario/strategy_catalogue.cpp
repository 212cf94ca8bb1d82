#include "sim/scenario/strategy_catalogue.h"

namespace coalmine {

void StrategyCatalogue::add(StrategyKind type) {
  CM_ASSERT(find(type.key) == nullptr);
  types_.push_back(std::move(type));
}

const StrategyKind* StrategyCatalogue::find(std::string_view key) const {
  for (const StrategyKind& type : types_)
    if (type.key == key) return &type;
  return nullptr;
}

}  // namespace coalmine

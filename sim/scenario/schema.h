/// The JSON Schema (draft 2020-12) of a scenario, made from the tables: editors complete and check
/// with it. Units and ranges of quantities are told as patterns and descriptions; rules across keys
/// are the loader's alone.
#pragma once

#include <string>

#include "sim/scenario/strategy_catalogue.h"

namespace coalmine {

/// Indented JSON text, ends with a newline.
std::string scenario_schema(const StrategyCatalogue& strategies);

}  // namespace coalmine

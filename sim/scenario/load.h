/// From files to a checked `Scenario`. All mistakes of all files are collected; there is a scenario
/// only if there are none. Warnings (fields of manifests that change nothing here) do not hinder it
/// unless `strict`.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/diagnostics.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/strategy_catalogue.h"

namespace coalmine {

struct LoadOptions {
  std::vector<std::string> overrides{};  ///< `--set`, each "path=value" (overrides.h)
  bool strict = false;                   ///< warnings are errors
};

struct LoadResult {
  std::shared_ptr<const Scenario> scenario;  ///< null after errors
  Diagnostics diagnostics;

  /// The scenario, or InvalidInput.
  std::shared_ptr<const Scenario> value() const;
};

LoadResult load_scenario(const std::filesystem::path& path,
                         const StrategyCatalogue& strategies,
                         const LoadOptions& options = {});

/// The same from a text; `name` stands in messages, files named in it are looked for in `folder`.
LoadResult load_scenario_text(const std::string& name,
                              std::string_view text,
                              const std::filesystem::path& folder,
                              const StrategyCatalogue& strategies,
                              const LoadOptions& options = {});

/// What is wrong with a file that is a scenario or holds bare manifests.
Diagnostics validate_file(const std::filesystem::path& path,
                          const StrategyCatalogue& strategies,
                          const LoadOptions& options = {});

}  // namespace coalmine

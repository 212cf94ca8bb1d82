/// The fault types a scenario may name. Adding one is a single file (settings, table, install) and
/// a line in catalogue.cpp.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct FaultType {
  std::string key;   ///< in the scenario: "errorRate"
  std::string help;  ///< one sentence
  std::shared_ptr<const AnySection> table;
  /// Empty after mistakes, which are in the diagnostics.
  std::function<std::optional<std::shared_ptr<const Fault>>(const Value& settings, Diagnostics&)>
      load;
  FaultPlace place{};

  /// Why it may not stand below release.faults, or below faults; empty: it may.
  std::string refused(bool in_release) const;
};

/// The keys of FaultCommon: at, until, ramp, on {service, version}.
Section<FaultCommon> fault_common_table();

/// The type of fault F, which has `kKey` and
/// `static Section<F> table()` with its own keys; those of FaultCommon are added here.
template <class F>
FaultType fault_type() {
  auto table = std::make_shared<Section<F>>(F::table());
  table->include(&F::common, fault_common_table());
  return {F::kKey,
          table->help(),
          table,
          [table](const Value& node, Diagnostics& diagnostics) {
            std::optional<std::shared_ptr<const Fault>> fault;
            auto made = std::make_shared<F>();
            if (table->load(*made, node, diagnostics)) fault = std::move(made);
            return fault;
          },
          F::kPlace};
}

/// All fault types, in the order of the reference page. Built anew at each call: keep it.
std::vector<FaultType> fault_catalogue();

}  // namespace coalmine

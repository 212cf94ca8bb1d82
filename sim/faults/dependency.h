/// What the faults of a service that is called have in common: they name it themselves,
/// `dependencyDown: {service: payment}`, in place of `on: {service: payment}`.
#pragma once

#include <string>

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

/// The key `service`, which becomes FaultCommon::on_service.
template <class F>
void name_dependency(Section<F>& table) {
  table
      .template field_with<std::string>(
          "service",
          kind::text(),
          [](F& fault, const std::string& name) { fault.common.on_service = name; },
          {.help = "the one that is called", .required = true})
      .check([](const F&, const SectionView& view, Diagnostics& diagnostics) {
        const Value* on = view.node.find("on");
        if (on != nullptr && on->find("service") != nullptr)
          diagnostics.error(on->find("service")->at, "the service is named twice");
      });
}

}  // namespace coalmine

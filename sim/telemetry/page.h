/// What wakes the on-call human.
#pragma once

#include <optional>
#include <string>

#include "sim/kernel/event_log.h"
#include "sim/kernel/time.h"

namespace coalmine {

/// One page that went out.
struct Page {
  Time time{};
  std::string objective;  ///< or the name of the alert that guards none
  Evidence evidence;      ///< what was measured, and the limit it crossed
  std::optional<Time> resolved;
};

}  // namespace coalmine

/// Typed events of a run: what happened, when, to what, why, and on which evidence. Every room
/// reports through an `EventSink`; the recorder keeps them, the timeline prints them, the
/// fingerprint hashes them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/kernel/time.h"

namespace coalmine {

/// The measurement a decision rests on, as the decider saw it (never the truth).
struct Evidence {
  std::string query;            ///< what was asked, in PromQL
  Duration window{};            ///< how far back it looked
  double samples = 0;           ///< requests (or other observations) inside the window
  std::optional<double> value;  ///< what was measured; empty: no data
  std::optional<double> limit;  ///< the bound it was held against
  std::string problem{};        ///< why there is no value, where more is known than "no data"
};

struct Event {
  Time time{};
  std::string object;   ///< "deployment/checkout", "pod/checkout-v2-3", "strategy/canary",
                        ///< "on-call", "fault/errorRate"
  std::string reason;   ///< one CamelCase word: ScaledUp, Unhealthy, Killing, WeightChanged, Paged,
                        ///< RolledBack
  std::string message;  ///< one plain sentence
  std::vector<Evidence> evidence;  ///< all that it rests on, what decided first
};

using EventSink = std::function<void(Event)>;

}  // namespace coalmine

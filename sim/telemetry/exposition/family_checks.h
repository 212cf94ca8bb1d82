/// The rules for the samples of one family that the real readers do not hold anybody to: buckets
/// are cumulative, quantiles lie in 0..1, counters do not fall below zero
/// (specs/prometheus.md section 3).
#pragma once

#include <span>

#include "sim/telemetry/exposition/findings.h"
#include "sim/telemetry/exposition/page.h"

namespace coalmine::exposition {

/// Warns. `lines[i]` is where sample i stands.
void check_family(const Family& family, std::span<const int> lines, Findings& findings);

}  // namespace coalmine::exposition

/// Who sends which headers: what a plan that routes by them asks of the scenario before it runs.
#pragma once

#include <string>

#include "sim/kernel/settings.h"
#include "sim/scenario/scenario.h"

namespace coalmine {

/// Share of the users whose requests carry the header, with any value if `value` is empty.
double share_carrying(const std::string& header,
                      const std::string& value,
                      const TrafficSettings& traffic);

/// "header: no segment of the users carries x-arm: c", which nobody does.
std::string nobody_carries(const std::string& header, const std::string& value);

/// What may have been meant: the nearest header, or the nearest value of that one; else where the
/// scenario says who carries what.
std::string carried_instead(const std::string& header,
                            const std::string& value,
                            const TrafficSettings& traffic);

}  // namespace coalmine

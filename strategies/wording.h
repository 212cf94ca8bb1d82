/// Numbers as a timeline says them, the same on every machine (no locale).
#pragma once

#include <string>

#include "sim/kernel/time.h"

namespace coalmine {

std::string say_percent(double ratio);  ///< 0.0042 -> "0.42 %", 0.25 -> "25 %"
/// At most so many decimals: (-1.5, 2) -> "-1.5", (0.0045, 4) -> "0.0045".
std::string say_decimal(double value, int decimals);
std::string say_count(double count);         ///< 1130.4 -> "1 130"
std::string say_duration(Duration length);   ///< "2 min", "90 s", "1 min 30 s", "10 h"
std::string say_latency(double in_seconds);  ///< 0.2413 -> "241 ms", 2.04 -> "2.04 s"

}  // namespace coalmine

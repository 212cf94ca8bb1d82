/// Which Prometheus a query is meant for. The three differ in the left edge of a window, in the
/// order of two clamps inside rate(), in regular expressions and in rounding
/// (specs/prometheus.md section 1 has the table).
#pragma once

#include <cstdint>

namespace coalmine {

enum class PromDialect : std::uint8_t {
  v2,     ///< 2.x up to 2.50: both edges belong to the window, zero clamp first
  v2_51,  ///< 2.51 to 2.55: both edges, zero clamp last
  v3,     ///< 3.0.1 and later: left-open, zero clamp last
};

}  // namespace coalmine

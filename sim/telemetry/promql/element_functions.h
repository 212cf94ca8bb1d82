/// Functions of one number, applied to every element of a vector (specs/prometheus.md section 10).
/// The scalars of the call are `arguments`.
#pragma once

#include <span>

namespace coalmine::promql::element {

using Arguments = std::span<const double>;

/// Go's math.Max and math.Min: an infinity that decides beats NaN, NaN beats all else.
double go_max(double a, double b);
double go_min(double a, double b);

double clamp_max(double value, Arguments arguments);
double clamp_min(double value, Arguments arguments);
/// To a multiple of the argument (1 without), ties up: by its inverse, as Prometheus multiplies.
double round(double value, Arguments arguments);
/// -1, 0, 1; zeros and NaN as they are.
double sgn(double value, Arguments arguments);

// Of a Unix time in seconds, UTC. Sunday is 0.
double day_of_month(double value, Arguments arguments);
double day_of_week(double value, Arguments arguments);
double day_of_year(double value, Arguments arguments);
double days_in_month(double value, Arguments arguments);
double hour(double value, Arguments arguments);
double minute(double value, Arguments arguments);
double month(double value, Arguments arguments);
double year(double value, Arguments arguments);

/// Infinite where the exponential function is, if half of it were not yet: as Go has them.
double cosh(double value, Arguments arguments);
double sinh(double value, Arguments arguments);

double deg(double value, Arguments arguments);
double rad(double value, Arguments arguments);

}  // namespace coalmine::promql::element

/// Numbers as people read them: units, digits that matter, intervals. Nothing that is not 0 or 100
/// % is ever rounded to it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace coalmine::cli {

/// 1234567 -> "1 234 567".
std::string grouped(double value);
/// Seconds as a person says them: "85 ms", "4.2 s", "3 min 05 s", "1 h 12 min".
std::string human_seconds(double seconds);
/// A ratio as per cent: two digits of what is left to 0 or 100 %: "0.4 %", "12 %", "99.75 %".
std::string percent(double ratio);
/// "1 replication", "20 replications".
std::string counted(std::size_t n, const std::string& what);

enum class Unit { count, seconds, ratio };
/// The unit of an outcome, by its name.
Unit unit_of(const std::string& outcome);

/// An outcome for people: "4 min 10 s", "1 234", "0.4 %", "-" for none.
std::string outcome_text(const std::string& name, std::optional<double> value);

/// A mean and half the width of its interval, in one unit: "26.5 ± 1.9 min". A digit or two of the
/// half width, unless that would be more than four of the mean: "4.502 ± <0.001 min". A half width
/// of 0 is said as such: all values were the same. None: the mean alone.
std::string estimate_text(Unit unit, double mean, std::optional<double> half_width);
/// The same of a difference: with its sign.
std::string difference_text(Unit unit, double mean, std::optional<double> half_width);

/// A share with its interval: "95 % (76-99)".
std::string share_text(double share, double low, double high);

}  // namespace coalmine::cli

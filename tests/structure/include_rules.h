/// Who may include whom: the direction of the house (design section 2), read off the #include
/// lines.
///
/// - A room of sim/ includes itself and rooms before it in kRooms.
/// - sim/ sees nothing but sim/; strategies/ sees sim/ and itself; cli/ and gui/ see both and
///   themselves, never each other; bench/ and tests/ may see everything, and only tests/ sees
///   tests/.
/// - strategies/ act through the Operator: not sim/service, sim/traffic or sim/faults, where the
///   truth lies. cli/ and gui/ hold no model code: not those either, nor sim/cluster.
/// - Ours are included in quotes from the root of the repository, never by `..` or in <>.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace coalmine::structure {

struct Violation {
  int line = 0;         ///< 1-based
  std::string include;  ///< as written, without quotes
  std::string why;
};

/// Checks one file. `path` is relative to the root of the repository ("sim/kernel/time.h").
std::vector<Violation> check_includes(std::string_view path, std::string_view text);

/// True for paths the rules speak of: C++ files below sim, strategies, cli, gui, bench, tests.
bool is_ours(std::string_view path);

}  // namespace coalmine::structure

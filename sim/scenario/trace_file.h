/// Traffic traces from CSV, in two forms told apart by the header line:
///   `timestamp,value`     counts per bucket; timestamps YYYY-MM-DD HH:MM:SS, ascending, slots may
///                         be missing (a missing slot carries the rate before it on) or come in
///                         several lines, whose counts add up; the bucket length is the most
///                         frequent distance of neighbours;
///   `offset_s[,...]`      one request per line, at this many seconds from the start, ascending;
///                         further columns are not read.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/kernel/diagnostics.h"
#include "sim/kernel/time.h"

namespace coalmine {

struct Trace {
  bool offsets = false;  ///< false: counts
  std::vector<std::pair<Duration, double>>
      points;         ///< counts: (bucket start from the first, count); offsets: (offset, 1)
  Duration bucket{};  ///< counts

  /// Counts: the end of the last bucket; offsets: the last request.
  Duration length() const;
};

/// Mistakes are reported by line, at most twenty of them; then the trace is of no use.
Trace read_trace(const std::string& name, std::string_view text, Diagnostics& diagnostics);

}  // namespace coalmine

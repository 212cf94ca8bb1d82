/// Every function that is spoken, in one table: name, types, and what computes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/telemetry/prom_dialect.h"
#include "sim/telemetry/promql/query.h"
#include "sim/telemetry/sample.h"

namespace coalmine::promql {

/// What a function keeps of one series from range to range: see sliding.h.
class RangeMemory {
 public:
  RangeMemory() = default;
  RangeMemory(const RangeMemory&) = delete;
  RangeMemory& operator=(const RangeMemory&) = delete;
  virtual ~RangeMemory() = default;
};

/// The samples of one series that lie in a range, without staleness markers; never empty.
struct Window {
  std::span<const Timestamp> times;
  std::span<const double> values;
  Timestamp from{};  ///< edges of the range, offset applied
  Timestamp to{};
  std::span<const double> series{};  ///< of which `values` are a part
  std::size_t begin = 0;             ///< where they begin in it
  std::unique_ptr<RangeMemory>* memory = nullptr;
};

/// What a function over a range may look at besides the samples.
struct RangeContext {
  PromDialect dialect{};
  Timestamp now{};                    ///< instant of evaluation, offset not applied
  std::span<const double> arguments;  ///< the scalars, in order
};

/// False: no result for this series.
using RangeFunction = bool (*)(const Window&, const RangeContext&, double& result);
/// `arguments` are the scalars behind the vector.
using ElementFunction = double (*)(double value, std::span<const double> arguments);

/// Functions that are neither of one range nor of one element, each with code of its own.
enum class Special : std::uint8_t {
  none,
  absent,
  absent_over_time,
  clamp,
  histogram_fraction,
  histogram_quantile,
  label_join,
  label_replace,
  pi,
  scalar,
  sort,
  sort_desc,
  time,
  timestamp,
  vector,
};

struct Function {
  std::string_view name;
  std::vector<ValueType> arguments;
  /// How many of the last argument may be missing or more: 0 none, n up to n optional, -1 any.
  int variadic = 0;
  ValueType returns = ValueType::vector;
  RangeFunction range = nullptr;
  ElementFunction element = nullptr;
  Special special = Special::none;
  bool keeps_name = false;
};

/// The whole table, by name.
std::span<const Function> all_functions();
/// Null for a name that is not in the table.
const Function* find_function(std::string_view name);
/// Why a name cannot be called: not supported here, or unknown, with the nearest that is known.
std::string unknown_function(std::string_view name);

}  // namespace coalmine::promql

/// What a request costs and how it fares, for the reference engine: warm-up and the effects of
/// sim/service/effects.h once more, each law written out on its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "sim/kernel/time.h"
#include "sim/service/effects.h"

namespace coalmine::testing {

struct RefService;

/// What a process has been through since it began to listen.
struct RefProcess {
  Time listening_since{};
  bool warm = true;  ///< it has been there for long
  std::uint64_t let_in = 0;
  std::map<std::int64_t, std::uint64_t> seconds;  ///< those, by the second of their arrival
  double leaked = 0;                              ///< bytes, by requests
};

/// In what circumstances its service starts.
struct RefStart {
  std::uint64_t id = 0;
  std::uint64_t demand_id = 0;  ///< a copy and its calls need the work of the originals
  std::optional<std::size_t> segment;
  std::size_t pod = 0;
  std::uint64_t nth = 0;    ///< that its process let in
  std::uint64_t rate = 0;   ///< requests let in during the last full second before it came
  bool unreadable = false;  ///< its user's data was written by the new version
  Time at{};
  std::size_t in_service = 0;  ///< itself included
};

struct RefCost {
  std::int64_t work_ns = 0;
  double cpu_part = 1;
  bool fails = false;
  bool kills = false;  ///< its process
};

/// Also adds to the process's memory what the request leaks.
RefCost settle_cost(const RefService& service,
                    const VersionEffects& effects,
                    const RefStart& start,
                    RefProcess& process);

/// How full a cache is, 0..1, that began to fill with its process.
double filled(const RefProcess& process, std::uint64_t nth, double keys);

/// When time alone has filled the memory; kNever if it does not within an hour. At most one leak.
Time full_by_time(const VersionEffects& effects, const RefProcess& process);

}  // namespace coalmine::testing

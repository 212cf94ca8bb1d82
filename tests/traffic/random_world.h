/// Little worlds for property tests, made by RapidCheck: three services (0 called by users, 0 -> 1
/// -> 2 and 0 -> 2), a dozen pods of a few versions with all that can be wrong with them, a few
/// users in two segments, mirrored requests, and a control plane that starts, drains and kills pods
/// and changes endpoints without sense or mercy.
#pragma once

#include <rapidcheck.h>

#include <iostream>

#include "tests/traffic/twin_world.h"

namespace coalmine::testing {

struct WorldLimits {
  bool calls = true;
  bool fifo_only = false;  ///< no LIFO
  bool sharing = false;    ///< processor sharing too: agreement within rounding only
  bool coarse = false;     ///< all times whole milliseconds: everything happens at once
  bool deadly = false;     ///< every version kills its processes, and often
  int most_requests = 250;
};

/// To be called inside a property.
TwinWorld random_world(const WorldLimits& limits);

/// rc::check with a fixed seed, so that the same cases are tried everywhere, always.
template <class Property>
bool holds(const char* description, int cases, Property&& property) {
  rc::detail::TestMetadata metadata;
  metadata.id = description;
  metadata.description = description;
  rc::detail::TestParams params;
  params.seed = 20260801;
  params.maxSuccess = cases;
  const auto result = rc::detail::checkTestable(std::forward<Property>(property), metadata, params);
  const bool good = result.template is<rc::detail::SuccessResult>();
  if (!good) {
    std::cerr << description << "\n";
    rc::detail::printResultMessage(result, std::cerr);
    std::cerr << "\n";
  }
  return good;
}

}  // namespace coalmine::testing

/// Where a request goes: an ordered list of rules, the first that matches the user decides; its
/// weighted backends are drawn once per request, or once per user or session where the rule is
/// sticky. Source: specs/data-plane sections 2, 5 and 10 (weighted clusters, header and cookie
/// matches).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/kernel/ids.h"
#include "sim/kernel/random.h"

namespace coalmine {

/// What a weighted choice hangs on: each request, or something that keeps a user on one side.
enum class Stickiness { none, session, user };

struct WeightedBackend {
  BackendId backend;
  std::uint32_t weight = 1;  ///< share = weight / sum; 0 is never chosen
  friend bool operator==(const WeightedBackend&, const WeightedBackend&) = default;
};

/// Users whose segment carries `header: value` (a cookie is the header "cookie"); empty header
/// matches all.
struct HeaderMatch {
  std::string header;
  std::string value;  ///< empty: present with any value
  friend bool operator==(const HeaderMatch&, const HeaderMatch&) = default;
};

/// A copy of the request goes to a further backend with probability `share`, [0, 1], drawn per
/// request; its answer is thrown away (specs/data-plane section 3).
struct Mirror {
  BackendId backend;
  double share = 1;
  friend bool operator==(const Mirror&, const Mirror&) = default;
};

struct RouteRule {
  HeaderMatch match;
  std::vector<WeightedBackend> backends;
  Stickiness sticky = Stickiness::none;
  std::optional<Mirror> mirror{};
  friend bool operator==(const RouteRule&, const RouteRule&) = default;
};

struct RouteTable {
  std::vector<RouteRule> rules;

  /// Everything to one backend.
  static RouteTable to(BackendId backend) { return {{{{}, {{backend, 1}}, Stickiness::none, {}}}}; }
  friend bool operator==(const RouteTable&, const RouteTable&) = default;
};

/// The backend of `rule` for 64 random bits; the weights' sum is positive.
BackendId pick_backend(const RouteRule& rule, std::uint64_t bits);

}  // namespace coalmine

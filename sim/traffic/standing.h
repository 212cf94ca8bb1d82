/// Where the requests of a run stand at one instant, said so that two runs of one world can be
/// compared: if they stand the same, then on the same draws all requests from there on come out the
/// same, as long as pods, endpoints and routes stay as they are. (rejoin.cpp)
///
/// Each request is told by its id, and pods by their seats: what a balancer draws is a place among
/// the endpoints, not a pod. Counters, and places in tables that no request can see, do not matter.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "sim/kernel/ids.h"
#include "sim/service/instruments.h"

namespace coalmine {

/// A request in a pod, with all that decides what becomes of it.
struct Fate {
  std::uint64_t id = 0;
  std::uint32_t seat = 0;
  std::uint64_t place = 0;   ///< 0: in service; else behind how many it waits, and one
  std::uint32_t worker = 0;  ///< closed form: the one it has or will get
  std::int64_t arrival = 0;  ///< this and what follows in nanoseconds of the run
  std::int64_t start = 0;
  std::int64_t departure = 0;  ///< 0: not known
  std::int64_t deadline = 0;
  std::uint32_t user = 0;
  bool called = false;       ///< a caller waits for the answer
  std::uint64_t caller = 0;  ///< its id
  Outcome outcome = Outcome::ok;
  std::uint8_t segment = 0;
  bool counted = false;
  bool marked = false;
  // Stepped: where it is in its handler, and when it moves on by itself (0: it waits).
  std::uint32_t call = 0;
  std::uint32_t left = 0;
  std::uint32_t repeat = 0;
  bool working = false;
  bool call_failed = false;
  std::int64_t wakes_at = 0;
  friend auto operator<=>(const Fate&, const Fate&) = default;
};

struct Standing {
  /// One of the places among a service's endpoints.
  struct Seat {
    ServiceId service;
    DeploymentId deployment;
    VersionId version;
    friend bool operator==(const Seat&, const Seat&) = default;
  };
  std::uint64_t next_request = 0;
  std::vector<Seat> seats;           ///< by service, then by place
  std::vector<std::uint64_t> turns;  ///< by service: whose it is, where pods are served in turn
  std::vector<Fate> fates;           ///< ascending
  friend bool operator==(const Standing&, const Standing&) = default;
};

/// What had been counted at one instant, but for the edge.
struct TrafficCounts {
  std::uint64_t sent = 0;
  std::uint64_t finished = 0;
  std::uint64_t served = 0;
  std::uint64_t hops = 0;
  std::uint64_t unanswered = 0;
  std::vector<Instruments> routers;          ///< by Deployment
  std::vector<Instruments> segment_routers;  ///< as TrafficState::segment_routers_
  std::vector<Instruments> pods;             ///< of the present process, by pod; may be left out
};

}  // namespace coalmine

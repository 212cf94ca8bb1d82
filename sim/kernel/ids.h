/// Strong ids: small dense indices into flat arrays. A handle is an id, never a pointer.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace coalmine {

template <class Tag>
struct Id {
  std::uint32_t value = std::numeric_limits<std::uint32_t>::max();

  constexpr bool valid() const { return value != std::numeric_limits<std::uint32_t>::max(); }
  constexpr std::size_t index() const { return value; }
  friend constexpr auto operator<=>(Id, Id) = default;
};

using PodId = Id<struct PodTag>;                ///< one pod; ids are never reused within a run
using ReplicaSetId = Id<struct ReplicaSetTag>;  ///< one ReplicaSet
using DeploymentId =
    Id<struct DeploymentTag>;  ///< one Deployment (a service may have several: stable, canary)
using BackendId =
    Id<struct BackendTag>;  ///< one Kubernetes Service object: endpoints a route can name
using ServiceId = Id<struct ServiceTag>;  ///< one application ("checkout"): node of the call graph
using VersionId = Id<struct VersionTag>;  ///< one version of one application

}  // namespace coalmine

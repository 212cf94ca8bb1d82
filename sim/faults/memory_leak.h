/// memoryLeak: a process starts with `base` bytes and loses perRequest bytes with each request it
/// begins and perSecond bytes as it ages. From 85 % of the limit on garbage collection slows its
/// work, at the limit it is killed (OOMKilled, exit 137), everything inside is lost and its
/// container restarts with back-off, empty again. Law: m = base + perRequest n + perSecond t; speed
/// x max(0.3, 1 - 0.7 (m / limit - 0.85) / 0.15). Spec: service-models.md section 5 and section 7,
/// number 6; kubernetes.md section 10.
#pragma once

#include "sim/faults/fault.h"
#include "sim/kernel/settings.h"

namespace coalmine {

struct MemoryLeak : Fault {
  static constexpr const char* kKey = "memoryLeak";
  double per_request = 0;  ///< bytes
  double per_second = 0;   ///< bytes
  double base = 0;         ///< bytes
  double limit = 0;        ///< bytes; 0: the manifest's

  static Section<MemoryLeak> table();
  std::string_view type() const override { return kKey; }
  void install(FaultTarget& target) const override;
  std::string lacks(const FaultSite& site) const override;
  std::string objection(const FaultSite& site) const override;

 private:
  double limit_at(double memory_limit) const { return limit > 0 ? limit : memory_limit; }
};

}  // namespace coalmine

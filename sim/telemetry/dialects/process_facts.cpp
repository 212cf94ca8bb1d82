#include "sim/telemetry/dialects/process_facts.h"

#include <algorithm>
#include <cmath>

#include "sim/kernel/time.h"

namespace coalmine::process_facts {

double memory(const Facts& facts, std::size_t) {
  return std::round(facts.pod->memory);
}
double memory_limit(const Facts& facts, std::size_t) {
  return facts.pod->memory_limit > 0 ? facts.pod->memory_limit : std::nan("");
}
double started(const Facts& facts, std::size_t) {
  return to_seconds(facts.pod->info.container_since - kTimeZero);
}
double uptime(const Facts& facts, std::size_t) {
  return to_seconds(facts.now - facts.pod->info.container_since);
}
double active(const Facts& facts, std::size_t) {
  return std::min(facts.pod->in_flight, facts.pod->workers);
}
double queued(const Facts& facts, std::size_t) {
  return std::max(0.0, facts.pod->in_flight - facts.pod->workers);
}
double workers(const Facts& facts, std::size_t) {
  return facts.pod->workers;
}
double cpu_usage(const Facts& facts, std::size_t index) {
  return std::min(1.0, active(facts, index) * facts.pod->cpu_share / facts.pod->cores);
}
double cores(const Facts& facts, std::size_t) {
  return facts.pod->cores;
}

Readout level(FactReader fact, std::size_t index) {
  Readout readout{Quantity::fact};
  readout.fact = fact;
  readout.index = index;
  return readout;
}
Readout growing(FactReader fact, std::size_t index) {
  Readout readout = level(fact, index);
  readout.grows = true;
  return readout;
}

}  // namespace coalmine::process_facts

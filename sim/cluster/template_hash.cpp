#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/cluster/deployment_controller.h"

namespace coalmine {
namespace {

/// FNV-1a over the fields' values.
class Fnv {
 public:
  void add(std::uint64_t value) {
    for (int i = 0; i < 8; ++i) {
      hash_ = (hash_ ^ (value & 0xff)) * 0x100000001b3ULL;
      value >>= 8;
    }
  }
  void add(Duration value) { add(static_cast<std::uint64_t>(value.count())); }
  void add(int value) { add(static_cast<std::uint64_t>(static_cast<std::int64_t>(value))); }
  void add(bool value) { add(std::uint64_t{value}); }
  void add(double value) { add(std::bit_cast<std::uint64_t>(value)); }
  void add(std::string_view text) {
    add(std::uint64_t{text.size()});
    for (const char c : text) add(std::uint64_t{static_cast<unsigned char>(c)});
  }
  void add(const Probe& probe) {
    add(probe.present);
    if (!probe.present) return;
    add(probe.initial_delay);
    add(probe.period);
    add(probe.timeout);
    add(probe.success_threshold);
    add(probe.failure_threshold);
    add(probe.grace.value_or(Duration(-1)));
  }
  std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

}  // namespace

std::uint64_t template_hash(const PodTemplate& pod) {
  Fnv fnv;
  fnv.add(std::uint64_t{pod.version.value});
  fnv.add(pod.readiness);
  fnv.add(pod.liveness);
  fnv.add(pod.startup);
  fnv.add(pod.termination_grace);
  fnv.add(pod.pre_stop);
  fnv.add(pod.cpu_request);
  fnv.add(pod.cpu_limit);
  fnv.add(pod.memory_request);
  fnv.add(pod.memory_limit);
  fnv.add(pod.init_containers);
  fnv.add(std::string_view(pod.image));
  return fnv.hash();
}

std::string hash_text(std::uint64_t hash) {
  // Without vowels and look-alikes, as the names of Kubernetes are.
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string text;
  for (int i = 0; i < 10; ++i) {
    text += kAlphabet[hash % kAlphabet.size()];
    hash /= kAlphabet.size();
  }
  return text;
}

}  // namespace coalmine

#include "bench/hand_loop.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <memory>
#include <vector>

namespace coalmine::bench {
namespace {

constexpr std::uint32_t kStablePods = 36;
constexpr std::uint32_t kPods = 40;
constexpr std::uint32_t kWorkers = 8;  // at once per pod
constexpr double kCanaryFrom = 0.9;

// ---- random numbers ----------------------------------------------------------------------------

class Generator {  // xoshiro256++ (Blackman and Vigna 2019), seeded by splitmix64
 public:
  explicit Generator(std::uint64_t seed) {
    for (auto& word : s_) {
      seed += 0x9e3779b97f4a7c15ULL;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
      word = z ^ (z >> 31);
    }
  }
  std::uint64_t operator()() {
    const std::uint64_t result = std::rotl(s_[0] + s_[3], 23) + s_[0];
    const std::uint64_t t = s_[1] << 17;
    s_[2] ^= s_[0];
    s_[3] ^= s_[1];
    s_[1] ^= s_[2];
    s_[0] ^= s_[3];
    s_[2] ^= t;
    s_[3] = std::rotl(s_[3], 45);
    return result;
  }
  double uniform() { return (static_cast<double>((*this)() >> 11) + 0.5) * 0x1p-53; }

 private:
  std::array<std::uint64_t, 4> s_{};
};

/// Marsaglia and Tsang's ziggurat (2000) with 256 layers of equal area under a falling density f on
/// [0, inf). Layer 0 is the base with the tail, layer i >= 1 spans heights
/// f(edge(i))..f(edge(i+1)). Eight bits choose the layer, 53 others the place in it, so no bit is
/// used twice.
class Ziggurat {
 public:
  static constexpr std::size_t kLayers = 256;

  /// `tail` is where the base layer's rectangle ends, `area` that of each layer.
  template <class Density, class Inverse>
  Ziggurat(double tail, double area, Density density, Inverse inverse) : tail_(tail) {
    std::array<double, kLayers + 1> edge{};
    edge[0] = area / density(tail);  // a rectangle as large as base and tail together
    edge[1] = tail;
    for (std::size_t i = 2; i < kLayers; ++i) {
      edge[i] = inverse(density(edge[i - 1]) + area / edge[i - 1]);
    }
    for (std::size_t i = 0; i < kLayers; ++i) {
      layers_[i] = {edge[i] * 0x1p-53, static_cast<std::uint64_t>(edge[i + 1] / edge[i] * 0x1p53)};
      height_[i] = density(edge[i]);
    }
    height_[kLayers] = 1;
  }

  /// Calls `beyond(tail)` for a value past the tail's start, and starts over when that gives a
  /// negative number.
  template <class Density, class Beyond>
  double draw(Generator& random, std::uint64_t bits, Density density, Beyond beyond) const {
    for (;; bits = random()) {
      const std::size_t i = bits & (kLayers - 1);
      const std::uint64_t place = bits >> 11;
      const double x = static_cast<double>(place) * layers_[i].width;
      if (place < layers_[i].inside) [[likely]]
        return x;  // under the density at every height of the layer
      if (i == 0) return beyond(tail_);
      const double y = height_[i] + random.uniform() * (height_[i + 1] - height_[i]);
      if (y < density(x)) return x;
    }
  }

 private:
  struct Layer {
    double width;          // of one place, 2^53 of them to the layer's edge
    std::uint64_t inside;  // places below this are accepted at once
  };
  std::array<Layer, kLayers> layers_{};
  std::array<double, kLayers + 1> height_{};
  double tail_;
};

class Sampler {
 public:
  /// Mean 1.
  double exponential(Generator& random) const {
    // Memoryless: past the tail's start the distribution begins anew.
    return exponential_.draw(
        random,
        random(),
        [](double x) { return std::exp(-x); },
        [&](double tail) { return tail - std::log(random.uniform()); });
  }
  double normal(Generator& random) const {
    const std::uint64_t bits = random();
    const double magnitude = normal_.draw(
        random,
        bits,
        [](double x) { return std::exp(-0.5 * x * x); },
        [&](double tail) {
          for (;;) {  // Marsaglia 1964
            const double x = -std::log(random.uniform()) / tail;
            const double y = -std::log(random.uniform());
            if (2 * y > x * x) return tail + x;
          }
        });
    return bits & kSignBit ? -magnitude : magnitude;
  }
  double service_time(Generator& random) const {
    return std::exp(location_ + scale_ * normal(random));
  }

 private:
  static constexpr std::uint64_t kSignBit = Ziggurat::kLayers;

  // Lognormal of mean 0.1 and coefficient of variation 1: variance of the logarithm is ln(1 + 1).
  double scale_ = std::sqrt(std::log(2.0));
  double location_ = std::log(0.1) - std::log(2.0) / 2;
  Ziggurat exponential_{7.69711747013104972,
                        0.0039496598225815571993,
                        [](double x) { return std::exp(-x); },
                        [](double y) { return -std::log(y); }};
  Ziggurat normal_{3.6541528853610088,
                   0.00492867323399,
                   [](double x) { return std::exp(-0.5 * x * x); },
                   [](double y) { return std::sqrt(-2 * std::log(y)); }};
};

// ---- what happens next
// ---------------------------------------------------------------------------

/// A completion, ordered by time, then by the order of scheduling. Times are not negative, so their
/// bits order as the numbers do and the pair compares as one 128-bit integer.
struct Completion {
  std::uint64_t time_bits = 0;
  std::uint64_t order_and_worker = 0;  // order in the upper 32 bits

  Completion() = default;
  Completion(double time, std::uint32_t order, std::uint32_t worker)
      : time_bits(std::bit_cast<std::uint64_t>(time)),
        order_and_worker(std::uint64_t{order} << 32 | worker) {}

  double time() const { return std::bit_cast<double>(time_bits); }
  std::uint32_t worker() const { return static_cast<std::uint32_t>(order_and_worker); }

  __extension__ using Wide = unsigned __int128;
  friend bool operator<(const Completion& a, const Completion& b) {
    return (Wide{a.time_bits} << 64 | a.order_and_worker) <
           (Wide{b.time_bits} << 64 | b.order_and_worker);
  }
};
static_assert(sizeof(Completion) == 16);

/// 4-ary heap; a node's children share one cache line. Never holds more than every worker's one.
class Heap {
 public:
  Heap() : memory_(new Block) {}

  bool empty() const { return size_ == 0; }
  const Completion& top() const { return at(0); }

  void push(const Completion& c) {
    std::size_t i = size_++;
    while (i > 0) {
      const std::size_t parent = (i - 1) / 4;
      if (!(c < at(parent))) break;
      at(i) = at(parent);
      i = parent;
    }
    at(i) = c;
  }
  void pop() {
    --size_;
    if (size_ > 0) sift_down(at(size_));
  }
  /// Pop and push in one.
  void replace_top(const Completion& c) { sift_down(c); }

 private:
  // Node 0 at place 3: the children of node i, 4i + 1 .. 4i + 4, then begin at a multiple of 4.
  static constexpr std::size_t kFirst = 3;
  struct alignas(64) Block {
    std::array<Completion, kFirst + kPods * kWorkers + 1> entries;
  };

  Completion& at(std::size_t i) { return memory_->entries[kFirst + i]; }
  const Completion& at(std::size_t i) const { return memory_->entries[kFirst + i]; }

  void sift_down(const Completion c) {
    std::size_t i = 0;
    for (;;) {
      const std::size_t first = 4 * i + 1;
      if (first >= size_) break;
      std::size_t least = first;
      if (first + 4 <= size_) {  // the common case, with conditional moves instead of branches
        for (std::size_t k = 1; k < 4; ++k) least = at(first + k) < at(least) ? first + k : least;
      } else {
        for (std::size_t k = first + 1; k < size_; ++k) least = at(k) < at(least) ? k : least;
      }
      if (!(at(least) < c)) break;
      at(i) = at(least);
      i = least;
    }
    at(i) = c;
  }

  std::unique_ptr<Block> memory_;
  std::size_t size_ = 0;
};

// ---- pods and records
// ------------------------------------------------------------------------------

/// Arrival times of the requests that wait, first in first out; grows by doubling.
class WaitingLine {
 public:
  bool empty() const { return first_ == past_; }
  void push(double arrival) {
    if (past_ - first_ == ring_.size()) grow();
    ring_[past_++ & (ring_.size() - 1)] = arrival;
  }
  double pop() { return ring_[first_++ & (ring_.size() - 1)]; }

 private:
  void grow() {
    std::vector<double> larger(2 * ring_.size());
    for (std::size_t i = first_; i != past_; ++i) {
      larger[i & (larger.size() - 1)] = ring_[i & (ring_.size() - 1)];
    }
    ring_ = std::move(larger);
  }

  std::vector<double> ring_ = std::vector<double>(64);
  std::size_t first_ = 0;
  std::size_t past_ = 0;
};

struct Pod {
  std::uint32_t requests = 0;  // waiting and in service
  std::uint32_t idle = 0;      // how many of `idle_workers` count
  std::array<std::uint32_t, kWorkers> idle_workers{};
  WaitingLine waiting;
};

/// The exponent and five more bits of a double are its bucket.
class Histogram {
 public:
  void add(double seconds) {
    ++counts_[(std::bit_cast<std::uint64_t>(seconds) >> kDropped) - kLowest];
    ++count_;
    sum_ += seconds;
  }
  HandLoopLatency summary() const {
    if (count_ == 0) return {};
    return {count_, sum_ / static_cast<double>(count_), quantile(0.5), quantile(0.99)};
  }

 private:
  static constexpr int kDropped = 52 - 5;
  static constexpr std::uint64_t kLowest = (1023ULL - 40) << 5;  // 2^-40 s

  double quantile(double p) const {
    const double rank = p * static_cast<double>(count_);
    std::uint64_t below = 0;
    std::size_t bucket = 0;
    for (; bucket < counts_.size(); ++bucket) {
      below += counts_[bucket];
      if (static_cast<double>(below) >= rank) break;
    }
    return std::bit_cast<double>((bucket + kLowest) << kDropped);
  }

  std::array<std::uint64_t, 64 * 32> counts_{};
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

/// The version's two candidates from one draw: 32 bits choose the version, 16 and 16 the pods.
struct Candidates {
  std::uint32_t first;
  std::uint32_t second;
};

Candidates choose(std::uint64_t bits) {
  constexpr auto kLimit = static_cast<std::uint32_t>(kCanaryFrom * 0x1p32);
  const bool canary = static_cast<std::uint32_t>(bits) >= kLimit;
  const std::uint32_t base = canary ? kStablePods : 0;
  const std::uint32_t pods = canary ? kPods - kStablePods : kStablePods;
  const auto a = static_cast<std::uint32_t>(bits >> 32 & 0xffff);
  const auto b = static_cast<std::uint32_t>(bits >> 48);
  return {base + (a * pods >> 16), base + (b * pods >> 16)};
}

}  // namespace

HandLoopResult run_hand_loop(const HandLoopConfig& config) {
  Generator random(config.seed);
  const Sampler sampler;
  Heap heap;
  std::array<Pod, kPods> pods;
  for (std::uint32_t p = 0; p < kPods; ++p) {
    for (std::uint32_t k = 0; k < kWorkers; ++k) pods[p].idle_workers[k] = p * kWorkers + k;
    pods[p].idle = kWorkers;
  }
  std::array<double, kPods * kWorkers> serving{};  // arrival time of the request a worker holds
  std::array<Histogram, 2> latency;                // stable, canary
  HandLoopResult result;
  std::uint32_t order = 0;
  const double mean_gap = 1 / config.rate;
  double next_arrival = sampler.exponential(random) * mean_gap;

  for (;;) {
    if (heap.empty() || next_arrival <= heap.top().time()) {
      const double now = next_arrival;
      if (now > config.seconds) break;
      ++result.arrivals;
      next_arrival = now + sampler.exponential(random) * mean_gap;
      const Candidates c = choose(random());
      Pod& pod = pods[pods[c.second].requests < pods[c.first].requests ? c.second : c.first];
      ++pod.requests;
      if (pod.idle > 0) {
        const std::uint32_t worker = pod.idle_workers[--pod.idle];
        serving[worker] = now;
        heap.push({now + sampler.service_time(random), order++, worker});
      } else {
        pod.waiting.push(now);
      }
    } else {
      const double now = heap.top().time();
      if (now > config.seconds) break;
      const std::uint32_t worker = heap.top().worker();
      const std::uint32_t p = worker / kWorkers;
      Pod& pod = pods[p];
      latency[p >= kStablePods].add(now - serving[worker]);
      --pod.requests;
      if (pod.waiting.empty()) {
        heap.pop();
        pod.idle_workers[pod.idle++] = worker;
      } else {
        serving[worker] = pod.waiting.pop();
        heap.replace_top({now + sampler.service_time(random), order++, worker});
      }
    }
  }
  result.stable = latency[0].summary();
  result.canary = latency[1].summary();
  return result;
}

}  // namespace coalmine::bench

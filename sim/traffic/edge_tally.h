/// The truth at the edge: every user request as the user saw it, by time, version and user.
/// Outcomes are made from this and from nothing else; strategies never see it. (design section 6)
///
/// Requests are counted at the instant the user has the answer (or gives up). Totals, users and
/// histograms cover [measure_from, end); bins cover the whole run for charts, and one of them
/// begins at measure_from. Latencies are those of requests that were answered or given up: one
/// turned away at once would make an outage look fast.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/kernel/ids.h"
#include "sim/kernel/log_histogram.h"
#include "sim/kernel/time.h"
#include "sim/service/instruments.h"

namespace coalmine {

inline constexpr std::size_t kMaxObjectives = 4;

struct EdgeSettings {
  Time measure_from{};
  Time end{};
  std::uint32_t users = 1;
  std::size_t versions = 1;
  /// One entry per objective: the latency above which a request is bad, or kForever for
  /// availability.
  std::vector<Duration> bad_above;
};

struct EdgeBin {
  std::uint32_t requests = 0;
  std::uint32_t failed = 0;
  std::uint32_t bad[kMaxObjectives] = {};  ///< by objective

  EdgeBin& operator+=(const EdgeBin& other);
};

struct EdgeVersion {
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  LogHistogram latency;
};

/// A set of small integers, one bit each.
class BitSet {
 public:
  explicit BitSet(std::size_t size) : words_((size + 63) / 64) {}
  void set(std::size_t i) { words_[i >> 6] |= std::uint64_t{1} << (i & 63); }
  bool test(std::size_t i) const { return (words_[i >> 6] >> (i & 63)) & 1; }
  std::uint64_t count() const;

 private:
  std::vector<std::uint64_t> words_;
};

class EdgeTally {
 public:
  static constexpr Duration kBin = std::chrono::seconds(10);

  explicit EdgeTally(EdgeSettings settings);

  /// One finished user request. `exposed`: answered by a pod of the new version; `faulty`: while a
  /// fault of it was acting, or by an old pod that met what the new version wrote.
  void add(Time at,
           std::int64_t latency_ns,
           VersionId version,
           std::uint32_t user,
           Outcome outcome,
           bool exposed,
           bool faulty) {
    if (at < kTimeZero || at >= settings_.end) return;
    EdgeBin& bin = bins_[slot(bins_from_, at, kBin) * versions_.size() + place(version)];
    const bool failed = outcome != Outcome::ok;
    ++bin.requests;
    bin.failed += failed;
    bool bad = failed;
    for (std::size_t i = 0; i < settings_.bad_above.size(); ++i) {
      const Duration above = settings_.bad_above[i];
      const bool breaks = above == kForever ? failed : latency_ns > above.count();
      bin.bad[i] += breaks;
      bad |= breaks;
    }
    if (at < settings_.measure_from) return;
    EdgeVersion& v = versions_[place(version)];
    ++v.requests;
    v.failed += failed;
    if (!turned_away(outcome)) {
      v.latency.add(Duration(latency_ns));
      minutes_[slot(settings_.measure_from, at, kMinute)].add(Duration(latency_ns));
    }
    if (bad) last_bad_[user] = std::max(last_bad_[user], nth_minute(at));
    if (exposed) exposed_.set(user);
    if (!faulty) return;
    if (exposed) exposure_.set(slot(kTimeZero, at, kSecond));
    // Answers are counted when somebody looks at the pod, not in the order of time.
    if (bad && (!first_harm_ || at < *first_harm_)) first_harm_ = at;
  }

  /// Adds all that another tally with the same settings was told of the time from `since` on, the
  /// beginning of a whole minute of the measuring. Nothing of it may have been exposed, and answers
  /// of one version alone may have latencies.
  void add_since(const EdgeTally& other, Time since);

  const EdgeSettings& settings() const { return settings_; }
  /// Back to back, the first one from bins_from() on, which is at most a bin before time zero.
  std::vector<EdgeBin> bins() const { return bins_of_all(0); }
  Time bins_from() const { return bins_from_; }
  /// Those from measure_from on.
  std::vector<EdgeBin> measured_bins() const {
    return bins_of_all(slot(bins_from_, settings_.measure_from, kBin));
  }
  /// Of one place in versions().
  std::vector<EdgeBin> bins_of(std::size_t version) const;
  /// By version; the last entry counts requests that reached no pod.
  const std::vector<EdgeVersion>& versions() const { return versions_; }
  /// Latencies by minute from measure_from on.
  const std::vector<LogHistogram>& minutes() const { return minutes_; }
  std::uint64_t users_affected() const;
  std::uint64_t users_exposed() const { return exposed_.count(); }
  /// Time in which the new version answered users while faulty, in whole seconds touched.
  Duration exposure_duration() const;
  /// When a user first had a bad answer that was `faulty`.
  std::optional<Time> first_harm() const { return first_harm_; }

 private:
  static constexpr Duration kMinute = std::chrono::minutes(1);
  static constexpr Duration kSecond = std::chrono::seconds(1);

  static std::size_t slot(Time from, Time at, Duration each) {
    return static_cast<std::size_t>((at - from) / each);
  }
  std::uint16_t nth_minute(Time at) const {
    constexpr std::size_t kLast = 0xffff;  // 45 days
    return static_cast<std::uint16_t>(
        std::min(kLast, 1 + slot(settings_.measure_from, at, kMinute)));
  }
  /// How many slots reach from `from` to the end.
  std::size_t slots(Time from, Duration each) const;
  /// In versions_.
  std::size_t place(VersionId version) const {
    return version.valid() ? version.index() : versions_.size() - 1;
  }
  std::vector<EdgeBin> bins_of_all(std::size_t first) const;

  EdgeSettings settings_;
  Time bins_from_;
  std::vector<EdgeVersion> versions_;
  std::vector<EdgeBin> bins_;  ///< by time, then by version
  std::vector<LogHistogram> minutes_;
  /// By user: the last minute with a bad answer, the first of the measuring is 1; 0: none.
  std::vector<std::uint16_t> last_bad_;
  BitSet exposed_;
  BitSet exposure_;
  std::optional<Time> first_harm_;
};

}  // namespace coalmine

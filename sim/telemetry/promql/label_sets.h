/// Label sets as numbers, for the length of one evaluation.
///
/// A query asks at every step which elements belong together. Here the strings are looked at once
/// for every series; from then on groups, match keys and results are small integers. A set that a
/// projection makes (`by`, `without`, a dropped name) is not even written down unless somebody
/// reads its labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/telemetry/labels.h"

namespace coalmine::promql {

using SetId = std::uint32_t;
inline constexpr SetId kNoSet = std::numeric_limits<SetId>::max();

/// Which labels stay. The names must outlive the LabelSets.
struct Projection {
  enum class Of : std::uint8_t { listed, others };
  Of kept = Of::others;
  std::span<const std::string> names{};
  /// Of `others`: whether the metric's name goes as well.
  bool drops_metric_name = true;

  bool keeps(std::string_view label) const;
};

class LabelSets {
 public:
  LabelSets();
  LabelSets(const LabelSets&) = delete;
  LabelSets& operator=(const LabelSets&) = delete;

  /// A set kept elsewhere, which must stay there. Unlike all other ids, two borrowed ones may stand
  /// for the same labels: canonical() tells.
  SetId borrow(const Labels& labels);
  SetId intern(Labels labels);
  /// One id for each set of labels, whatever it came from.
  SetId canonical(SetId id);
  SetId project(SetId id, const Projection& projection);
  SetId without_metric_name(SetId id);

  const Labels& labels(SetId id);
  /// No id is as great.
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    const Labels* base = nullptr;
    Projection how{};
    bool whole = true;  ///< `how` keeps everything
    SetId canonical = kNoSet;
    SetId unnamed = kNoSet;
  };

  SetId find_or_add(const Labels& base, const Projection& how, bool whole);
  bool same(const Entry& entry, const Labels& base, const Projection& how, bool whole) const;
  void grow();

  std::vector<Entry> entries_;
  std::deque<Labels> owned_;
  // Open addressing; a slot holds an id and the hash of its labels.
  struct Slot {
    std::uint64_t hash = 0;
    SetId id = kNoSet;
  };
  std::vector<Slot> slots_;
  std::size_t interned_ = 0;
};

/// Which ids were seen in this round; a new round costs nothing.
class Marks {
 public:
  void next_round() { ++round_; }
  /// True the first time in a round.
  bool mark(SetId id) {
    if (id >= seen_.size()) seen_.resize(std::size_t{id} + 1, 0);
    if (seen_[id] == round_) return false;
    seen_[id] = round_;
    return true;
  }

 private:
  std::vector<std::uint64_t> seen_;
  std::uint64_t round_ = 1;
};

/// A value for every id, `none` until it is set.
template <typename T>
class PerSet {
 public:
  explicit PerSet(T none) : none_(none) {}
  T& operator[](SetId id) {
    if (id >= values_.size()) values_.resize(std::size_t{id} + 1, none_);
    return values_[id];
  }

 private:
  T none_;
  std::vector<T> values_;
};

}  // namespace coalmine::promql

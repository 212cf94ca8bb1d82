#include "sim/telemetry/promql/label_sets.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace coalmine::promql {
namespace {

std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
  return hash ^ (hash >> 32U);
}

/// Nothing depends on the hash but speed: ids are given in order of arrival.
std::uint64_t mixed(std::uint64_t hash, std::string_view text) {
  std::uint64_t word = 0;
  while (text.size() >= sizeof word) {
    std::memcpy(&word, text.data(), sizeof word);
    hash = mixed(hash, word);
    text.remove_prefix(sizeof word);
  }
  word = text.size();  // so that the end of a text counts
  for (const char c : text) word = (word << 8U) | static_cast<std::uint8_t>(c);
  return mixed(hash, word);
}

std::uint64_t hash_of(const Labels& base, const Projection& how, bool whole) {
  std::uint64_t hash = 0x51a2;
  for (const Label& label : base)
    if (whole || how.keeps(label.name)) hash = mixed(mixed(hash, label.name), label.value);
  return hash;
}

}  // namespace

bool Projection::keeps(std::string_view label) const {
  const bool is_listed = std::find(names.begin(), names.end(), label) != names.end();
  if (kept == Of::listed) return is_listed;
  return !is_listed && !(drops_metric_name && label == kMetricName);
}

LabelSets::LabelSets() : slots_(64) {
  entries_.reserve(64);
}

SetId LabelSets::borrow(const Labels& labels) {
  entries_.push_back({.base = &labels});
  return static_cast<SetId>(entries_.size() - 1);
}

SetId LabelSets::intern(Labels labels) {
  owned_.push_back(std::move(labels));
  const std::size_t before = entries_.size();
  const SetId id = find_or_add(owned_.back(), {}, true);
  if (entries_.size() == before) owned_.pop_back();
  return id;
}

SetId LabelSets::canonical(SetId id) {
  if (entries_[id].canonical == kNoSet) {
    const SetId found = find_or_add(labels(id), {}, true);
    entries_[id].canonical = found;
  }
  return entries_[id].canonical;
}

SetId LabelSets::project(SetId id, const Projection& projection) {
  const Entry& entry = entries_[id];
  const bool only_name_gone = !entry.whole && entry.how.kept == Projection::Of::others &&
                              entry.how.names.empty() && entry.how.drops_metric_name;
  const bool name_goes_anyway = !projection.keeps(kMetricName);
  if (entry.whole || (only_name_gone && name_goes_anyway))
    return find_or_add(*entry.base, projection, false);
  return find_or_add(labels(id), projection, false);
}

SetId LabelSets::without_metric_name(SetId id) {
  if (entries_[id].unnamed == kNoSet) {
    const SetId unnamed = project(id, {});
    entries_[id].unnamed = unnamed;
    entries_[unnamed].unnamed = unnamed;
  }
  return entries_[id].unnamed;
}

const Labels& LabelSets::labels(SetId id) {
  Entry& entry = entries_[id];
  if (!entry.whole) {
    std::vector<Label> kept;
    for (const Label& label : *entry.base)
      if (entry.how.keeps(label.name)) kept.push_back(label);
    owned_.emplace_back(std::move(kept));
    entry.base = &owned_.back();
    entry.whole = true;
  }
  return *entry.base;
}

bool LabelSets::same(const Entry& entry,
                     const Labels& base,
                     const Projection& how,
                     bool whole) const {
  auto a = entry.base->begin();
  auto b = base.begin();
  while (true) {
    while (a != entry.base->end() && !entry.whole && !entry.how.keeps(a->name)) ++a;
    while (b != base.end() && !whole && !how.keeps(b->name)) ++b;
    if (a == entry.base->end() || b == base.end()) return a == entry.base->end() && b == base.end();
    if (*a != *b) return false;
    ++a;
    ++b;
  }
}

SetId LabelSets::find_or_add(const Labels& base, const Projection& how, bool whole) {
  if (2 * (interned_ + 1) > slots_.size()) grow();
  const std::uint64_t hash = hash_of(base, how, whole);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].id != kNoSet) {
    if (slots_[at].hash == hash && same(entries_[slots_[at].id], base, how, whole))
      return slots_[at].id;
    at = (at + 1) & mask;
  }
  const auto id = static_cast<SetId>(entries_.size());
  entries_.push_back({.base = &base, .how = how, .whole = whole, .canonical = id});
  slots_[at] = {hash, id};
  ++interned_;
  return id;
}

void LabelSets::grow() {
  std::vector<Slot> old(2 * slots_.size());
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.id == kNoSet) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].id != kNoSet) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

}  // namespace coalmine::promql

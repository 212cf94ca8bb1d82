#include "sim/scenario/manifest_map.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/kernel/quantity.h"

namespace coalmine {
namespace {

const Value& nothing() {
  static const Value kNothing;
  return kNothing;
}

}  // namespace

ManifestMap::ManifestMap(const Value& value,
                         std::string path,
                         Diagnostics& diagnostics,
                         std::vector<ManifestField>* asked)
    : value_(&value), path_(std::move(path)), diagnostics_(diagnostics), asked_(asked) {
  if (value.is_map() || value.is_null()) return;
  diagnostics_.error(value.at, path_ + ": expected a map, found " + value.describe());
  value_ = &nothing();
}

bool ManifestMap::has(const std::string& key) const {
  const Value* found = value_->find(key);
  return found != nullptr && !found->is_null();
}

Position ManifestMap::position(const std::string& key) const {
  const Value* found = value_->find(key);
  return found == nullptr ? value_->at : found->at;
}

const Value* ManifestMap::learn(const std::string& key) {
  known_.push_back(key);
  const Value* value = value_->find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void ManifestMap::ask(const std::string& key, FieldUse use) {
  if (asked_ != nullptr) asked_->push_back({path_of(key), use});
}

const Value* ManifestMap::take(const std::string& key) {
  ask(key, FieldUse::read);
  return learn(key);
}

ManifestMap ManifestMap::map(const std::string& key) {
  const Value* value = learn(key);
  if (value == nullptr) ask(key, FieldUse::read);
  return ManifestMap(value == nullptr ? nothing() : *value, path_of(key), diagnostics_, asked_);
}

std::vector<ManifestMap> ManifestMap::maps(const std::string& key) {
  std::vector<ManifestMap> result;
  const Value* list = take(key);
  if (list == nullptr) return result;
  if (!list->is_list()) error(key, "expected a list, found " + list->describe());
  for (std::size_t i = 0; i < list->items.size(); ++i)
    result.emplace_back(
        list->items[i], path_of(key) + "[" + std::to_string(i) + "]", diagnostics_, asked_);
  return result;
}

std::optional<std::string> ManifestMap::text(const std::string& key) {
  const Value* found = take(key);
  if (found == nullptr) return std::nullopt;
  if (found->is_scalar()) return found->text;
  error(key, "expected a text, found " + found->describe());
  return std::nullopt;
}

std::optional<bool> ManifestMap::flag(const std::string& key) {
  const Value* found = take(key);
  if (found == nullptr) return std::nullopt;
  if (found->is_scalar() && !found->quoted)
    if (const auto parsed = parse_flag(found->text)) return parsed.value;
  error(key, "expected true or false, found " + found->describe());
  return std::nullopt;
}

std::optional<int> ManifestMap::whole(const std::string& key, int min) {
  const Value* found = take(key);
  if (found == nullptr) return std::nullopt;
  const auto parsed =
      found->is_scalar() && !found->quoted ? parse_count(found->text) : Parsed<std::int64_t>{};
  if (!parsed) {
    error(key, "expected a whole number, found " + found->describe());
    return std::nullopt;
  }
  if (*parsed.value < min) {
    error(key,
          "Invalid value: " + found->text + ": must be greater than " +
              (min == 1 ? std::string("0") : "or equal to " + std::to_string(min)));
    return std::nullopt;
  }
  if (*parsed.value > std::numeric_limits<std::int32_t>::max()) {
    error(key, "Invalid value: " + found->text + ": does not fit 32 bits");
    return std::nullopt;
  }
  return static_cast<int>(*parsed.value);
}

std::optional<Duration> ManifestMap::seconds(const std::string& key, int min) {
  const auto number = whole(key, min);
  if (!number) return std::nullopt;
  return std::chrono::seconds(*number);
}

std::map<std::string, std::string> ManifestMap::texts(const std::string& key) {
  std::map<std::string, std::string> result;
  const Value* found = take(key);
  if (found == nullptr) return result;
  if (!found->is_map()) {
    error(key, "expected a map, found " + found->describe());
    return result;
  }
  for (const ValueEntry& entry : found->entries) {
    if (!entry.value.is_scalar() && !entry.value.is_null())
      diagnostics_.error(entry.value.at, path_of(key) + "." + entry.key + ": expected a text");
    result.emplace(entry.key, entry.value.text);
  }
  return result;
}

void ManifestMap::not_simulated(std::initializer_list<const char*> keys, const std::string& why) {
  for (const char* key : keys) {
    ask(key, FieldUse::not_simulated);
    if (learn(key) != nullptr) warn_not_simulated(key, why);
  }
}

void ManifestMap::from_server(std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    ask(key, FieldUse::from_server);
    learn(key);
  }
}

void ManifestMap::finish() {
  for (const ValueEntry& entry : value_->entries)
    if (std::find(known_.begin(), known_.end(), entry.key) == known_.end())
      diagnostics_.warning(entry.key_at,
                           path_of(entry.key) + " is not a known field",
                           did_you_mean(entry.key, known_));
}

void ManifestMap::error(const std::string& key, const std::string& message) {
  diagnostics_.error(position(key), path_of(key) + ": " + message);
}

void ManifestMap::warn_not_simulated(const std::string& key, const std::string& why) {
  const ValueEntry* entry = value_->find_entry(key);
  Position at = entry == nullptr ? value_->at : entry->key_at;
  diagnostics_.warning(at, path_of(key) + " is not simulated" + (why.empty() ? "" : ": " + why));
}

}  // namespace coalmine

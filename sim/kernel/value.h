/// A tree of what the user wrote, with places: what the YAML reader makes and the settings tables
/// read. It knows nothing of YAML; parse_flow() reads the short one-line form of default values and
/// `--set` arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/diagnostics.h"

namespace coalmine {

struct ValueEntry;

struct Value {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  Position at;
  std::string text;                 ///< scalar
  bool quoted = false;              ///< scalar: written in quotes
  std::vector<Value> items;         ///< list
  std::vector<ValueEntry> entries;  ///< map, in the order written; keys are unique

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
  /// The entry's value, or null when there is none (or this is not a map).
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
  const ValueEntry* find_entry(std::string_view key) const;
  std::string describe() const;  ///< for messages: "a list", "a map", "nothing", "the text abc"
};

/// No value, at a place that messages can name.
Value nothing_at(const Position& at);

struct ValueEntry {
  std::string key;
  Position key_at;
  Value value;
};

/// Reads `text` as one value: a plain text, 'a' or "a", [a, b] or {k: v, l: [..]}. Errors go to
/// `diagnostics` with columns counted from `at`; at most 64 levels deep.
Value parse_flow(std::string_view text, const Position& at, Diagnostics& diagnostics);

}  // namespace coalmine

/// A map of a Kubernetes manifest while it is read: hands out typed fields, remembers which keys it
/// knows, and at the end names those nobody asked for.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/kernel/time.h"
#include "sim/kernel/value.h"

namespace coalmine {

/// What becomes of a field of a manifest.
enum class FieldUse {
  read,           ///< has its effect, is checked, or is warned of where its value has no effect
  not_simulated,  ///< changes nothing here and is warned of
  from_server,    ///< written by the API server, of no meaning in what a user applies
};

struct ManifestField {
  std::string path;  ///< "spec.template.spec.containers[0].image"
  FieldUse use = FieldUse::read;
};

class ManifestMap {
 public:
  /// `path` is the field path for messages ("spec.template"); empty at the root. A value that is
  /// neither null nor a map is an error, and then reads as empty. `asked` gets every field that is
  /// asked for, present or not; a map that is present counts by what is in it.
  ManifestMap(const Value& value,
              std::string path,
              Diagnostics& diagnostics,
              std::vector<ManifestField>* asked = nullptr);

  const Value& value() const { return *value_; }
  const std::string& path() const { return path_; }
  std::string path_of(const std::string& key) const {
    return path_.empty() ? key : path_ + "." + key;
  }
  bool has(const std::string& key) const;

  /// The value of a key, or null when it is absent or empty.
  const Value* take(const std::string& key);
  ManifestMap map(const std::string& key);                ///< empty when absent
  std::vector<ManifestMap> maps(const std::string& key);  ///< a list of maps
  std::optional<std::string> text(const std::string& key);
  std::optional<bool> flag(const std::string& key);
  /// A 32-bit whole number, at least `min`.
  std::optional<int> whole(const std::string& key, int min = 0);
  std::optional<Duration> seconds(const std::string& key, int min = 0);
  std::map<std::string, std::string> texts(const std::string& key);

  void not_simulated(std::initializer_list<const char*> keys, const std::string& why = {});
  void from_server(std::initializer_list<const char*> keys);
  void finish();  ///< warns of the keys that are left

  /// Reports "path.key: message" at the key's value (or at the map).
  void error(const std::string& key, const std::string& message);
  void warn_not_simulated(const std::string& key, const std::string& why = {});

 private:
  Position position(const std::string& key) const;
  const Value* learn(const std::string& key);  ///< it is a known key from now on
  void ask(const std::string& key, FieldUse use);

  const Value* value_;
  std::string path_;
  Diagnostics& diagnostics_;
  std::vector<ManifestField>* asked_;
  std::vector<std::string> known_;
};

}  // namespace coalmine

#include "sim/scenario/overrides.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "sim/scenario/yaml_reader.h"

namespace coalmine {
namespace {

/// One override at work: walks the path, making maps that are missing.
class Override {
 public:
  Override(const std::string& text, const StrategyCatalogue& strategies, Diagnostics& diagnostics)
      : text_(text),
        source_(SourceText::make("--set", text)),
        strategies_(strategies),
        diagnostics_(diagnostics) {}

  void apply(Value& root) {
    if (const auto bad = first_bad_byte(text_)) {
      const Position there{SourceText::make("--set", ""), 1, static_cast<int>(*bad) + 1, 1};
      return diagnostics_.error(there, "not text in UTF-8 (byte " + std::to_string(*bad) + ")");
    }
    const std::size_t equals = text_.find('=');
    if (equals == std::string::npos || equals == 0)
      return error(0, text_.size(), "an override is written PATH=VALUE");
    const Value value =
        parse_flow(std::string_view(text_).substr(equals + 1), at(equals + 1, 1), diagnostics_);
    Value* place = &root;
    while (i_ < equals) {
      place = text_[i_] == '[' ? element(*place, equals) : key(*place, equals);
      if (place == nullptr) return;
    }
    *place = value;
    if (place->is_null()) place->at = at(equals + 1, 1);
  }

 private:
  Position at(std::size_t begin, std::size_t length) const {
    return {source_, 1, static_cast<int>(begin) + 1, static_cast<int>(length)};
  }
  void error(std::size_t begin,
             std::size_t length,
             const std::string& message,
             const std::string& hint = {}) {
    diagnostics_.error(at(begin, std::max<std::size_t>(length, 1)), message, hint);
  }

  Value* key(Value& map, std::size_t equals) {
    if (text_[i_] == '.') ++i_;
    const std::size_t begin = i_;
    while (i_ < equals && text_[i_] != '.' && text_[i_] != '[') ++i_;
    const std::string name = text_.substr(begin, i_ - begin);
    if (name.empty()) {
      error(begin, 1, "the path has an empty key");
      return nullptr;
    }
    if (map.is_null() || map.is_scalar()) {
      // A word such as `none`, or nothing: the path asks for a section in its place.
      Value fresh;
      fresh.kind = Value::Kind::map;
      fresh.at = map.at.source ? map.at : at(0, equals);
      map = std::move(fresh);
    }
    if (!map.is_map()) {
      error(begin, name.size(), name + " asks for a key, but before it stands " + map.describe());
      return nullptr;
    }
    if (Value* found = map.find(name)) return found;
    const Position key_at = at(begin, name.size());
    map.entries.push_back({name, key_at, nothing_at(key_at)});
    return &map.entries.back().value;
  }

  Value* element(Value& list, std::size_t equals) {
    const std::size_t begin = i_ + 1;
    const std::size_t end = text_.find(']', begin);
    if (end == std::string::npos || end >= equals) {
      error(i_, equals - i_, "the bracket is not closed");
      return nullptr;
    }
    const std::string which = text_.substr(begin, end - begin);
    i_ = end + 1;
    if (!list.is_list()) {
      error(begin,
            which.size(),
            "[" + which + "] asks for an element, but the file has no list here");
      return nullptr;
    }
    std::size_t index = list.items.size();
    const auto [stop, problem] = std::from_chars(which.data(), which.data() + which.size(), index);
    const bool number = problem == std::errc{} && stop == which.data() + which.size();
    if (!number) index = index_of(list, which);
    if (index >= list.items.size()) {
      std::vector<std::string> names;
      for (const Value& item : list.items)
        for (const std::string& name : names_of(item)) names.push_back(name);
      error(begin,
            which.size(),
            "there is no element " + which + " among " + std::to_string(list.items.size()),
            number ? "the first is 0" : did_you_mean(which, names));
      return nullptr;
    }
    return settings_of(list.items[index], equals);
  }

  /// Steps over the one key that names an element's type, when the path goes on.
  Value* settings_of(Value& item, std::size_t equals) {
    if (i_ >= equals) return &item;
    if (item.is_scalar()) {  // `- recreate`
      Value map;
      map.kind = Value::Kind::map;
      map.at = item.at;
      map.entries.push_back({item.text, item.at, nothing_at(item.at)});
      item = std::move(map);
    }
    const bool wrapped = item.is_map() && item.entries.size() == 1 &&
                         (item.entries[0].value.is_map() || item.entries[0].value.is_null());
    if (!wrapped) return &item;
    const std::string& type = item.entries[0].key;
    const std::size_t begin = text_[i_] == '.' ? i_ + 1 : i_;
    const bool named = text_.compare(begin, type.size(), type) == 0 &&
                       (begin + type.size() == equals || text_[begin + type.size()] == '.');
    return named ? &item : &item.entries[0].value;
  }

  /// What an element may be called in brackets, its own name first.
  std::vector<std::string> names_of(const Value& item) const {
    std::vector<std::string> names;
    const auto own = [&names](const Value& map) {
      const Value* name = map.find("name");
      if (name != nullptr && name->is_scalar()) names.push_back(name->text);
      return name != nullptr;
    };
    if (own(item)) return names;
    if (!item.is_scalar() && item.entries.size() != 1) return names;
    if (!item.is_scalar() && own(item.entries[0].value)) return names;
    const std::string& type = item.is_scalar() ? item.text : item.entries[0].key;
    names.push_back(type);
    if (const StrategyKind* strategy = strategies_.find(type))
      names.push_back(strategy->output_name);
    return names;
  }
  std::size_t index_of(const Value& list, const std::string& name) const {
    for (std::size_t i = 0; i < list.items.size(); ++i)
      for (const std::string& candidate : names_of(list.items[i]))
        if (candidate == name) return i;
    return list.items.size();
  }

  const std::string& text_;
  std::shared_ptr<const SourceText> source_;
  const StrategyCatalogue& strategies_;
  Diagnostics& diagnostics_;
  std::size_t i_ = 0;
};

}  // namespace

void apply_overrides(Value& scenario,
                     const std::vector<std::string>& overrides,
                     const StrategyCatalogue& strategies,
                     Diagnostics& diagnostics) {
  for (const std::string& text : overrides) Override(text, strategies, diagnostics).apply(scenario);
}

}  // namespace coalmine

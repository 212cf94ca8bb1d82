/// The templates of settings.h.
#pragma once

#include <limits>

#include "sim/kernel/settings.h"

namespace coalmine {
namespace kind {

/// Reports "key: problem" with what is allowed beside the caret; returns false.
bool refuse(const Value& value,
            const std::string& key,
            const FieldOptions& options,
            Diagnostics& diagnostics,
            const std::string& problem);
/// "1s to 24h", "more than 0%", ...; empty when there are no limits.
std::string allowed_range(const FieldOptions& options);
bool expect_list(const Value& value, const std::string& key, Diagnostics& diagnostics);
/// The type name and settings of one element of a variants list; the key is empty after an error.
struct VariantEntry {
  std::string key;
  Position key_at;
  Value settings;
};
VariantEntry variant_entry(const Value& item, const std::string& what, Diagnostics& diagnostics);
void unknown_variant(const VariantEntry& entry,
                     const std::string& what,
                     const std::vector<std::string>& known,
                     Diagnostics& diagnostics);
void unknown_choice(const Value& value,
                    const std::string& key,
                    const std::vector<std::string>& known,
                    Diagnostics& diagnostics);

template <class I>
Reader<I> count() {
  const Reader<std::int64_t> wide = wide_count();
  return {wide.type,
          [wide](const Value& value,
                 const std::string& key,
                 const FieldOptions& options,
                 Diagnostics& diagnostics,
                 I& out) {
            std::int64_t number = 0;
            if (!wide.read(value, key, options, diagnostics, number)) return false;
            if (!std::in_range<I>(number))
              return refuse(value,
                            key,
                            options,
                            diagnostics,
                            value.text + (number < 0 ? " is negative" : " is too large"));
            out = static_cast<I>(number);
            return true;
          }};
}

template <class P>
Reader<P> count_or_percent_as() {
  const Reader<CountOrPercent> base = count_or_percent();
  return {base.type,
          [base](const Value& value,
                 const std::string& key,
                 const FieldOptions& options,
                 Diagnostics& diagnostics,
                 P& out) {
            CountOrPercent read;
            if (!base.read(value, key, options, diagnostics, read)) return false;
            out = P{};
            out.value = read.value;
            out.percent = read.percent;
            return true;
          }};
}

template <class E>
Reader<E> choice(std::vector<std::pair<std::string, E>> names) {
  ValueType type;
  type.kind = ValueKind::choice;
  for (const auto& name : names) type.choices.push_back(name.first);
  const std::vector<std::string> known = type.choices;
  return {type,
          [names, known](const Value& value,
                         const std::string& key,
                         const FieldOptions&,
                         Diagnostics& diagnostics,
                         E& out) {
            for (const auto& name : names) {
              if (value.is_scalar() && name.first == value.text) {
                out = name.second;
                return true;
              }
            }
            unknown_choice(value, key, known, diagnostics);
            return false;
          }};
}

template <class V>
Reader<std::vector<V>> list_of(Reader<V> item) {
  ValueType type;
  type.kind = ValueKind::list;
  type.of = {std::make_shared<const ValueType>(item.type)};
  return {type,
          [item](const Value& value,
                 const std::string& key,
                 const FieldOptions& options,
                 Diagnostics& diagnostics,
                 std::vector<V>& out) {
            out.clear();
            if (value.is_null()) return true;
            if (!expect_list(value, key, diagnostics)) return false;
            bool good = true;
            for (std::size_t i = 0; i < value.items.size(); ++i) {
              V element{};
              const std::string name = key + "[" + std::to_string(i) + "]";
              if (item.read(value.items[i], name, options, diagnostics, element))
                out.push_back(std::move(element));
              else
                good = false;
            }
            return good;
          }};
}

template <class V>
Reader<std::map<std::string, V>> map_of(Reader<V> item) {
  ValueType type;
  type.kind = ValueKind::map;
  type.of = {std::make_shared<const ValueType>(item.type)};
  return {type,
          [item](const Value& value,
                 const std::string& key,
                 const FieldOptions& options,
                 Diagnostics& diagnostics,
                 std::map<std::string, V>& out) {
            out.clear();
            if (value.is_null()) return true;
            if (!value.is_map())
              return refuse(value, key, options, diagnostics, value.describe() + " is not a map");
            bool good = true;
            for (const ValueEntry& entry : value.entries) {
              V element{};
              if (item.read(entry.value, key + "." + entry.key, options, diagnostics, element))
                out.emplace(entry.key, std::move(element));
              else
                good = false;
            }
            return good;
          }};
}

template <class A, class B>
Reader<std::pair<A, B>> pair_of(Reader<A> first, Reader<B> second) {
  ValueType type;
  type.kind = ValueKind::pair;
  type.of = {std::make_shared<const ValueType>(first.type),
             std::make_shared<const ValueType>(second.type)};
  return {type,
          [first, second, type](const Value& value,
                                const std::string& key,
                                const FieldOptions& options,
                                Diagnostics& diagnostics,
                                std::pair<A, B>& out) {
            if (!value.is_list() || value.items.size() != 2)
              return refuse(
                  value, key, options, diagnostics, value.describe() + " is not " + type.name());
            const FieldOptions no_limits;
            const bool a = first.read(value.items[0], key, no_limits, diagnostics, out.first);
            const bool b = second.read(value.items[1], key, no_limits, diagnostics, out.second);
            return a && b;
          }};
}

template <class T>
Reader<T> section(Section<T> table) {
  return section_or<T>(std::move(table), {}, {});
}

template <class T>
Reader<T> section_or(Section<T> table, std::string instead, std::function<void(T&)> apply) {
  const auto shared = std::make_shared<const Section<T>>(std::move(table));
  ValueType type;
  type.kind = ValueKind::section;
  type.section = shared;
  type.instead = instead;
  return {type,
          [shared, instead = std::move(instead), apply = std::move(apply)](const Value& value,
                                                                           const std::string&,
                                                                           const FieldOptions&,
                                                                           Diagnostics& diagnostics,
                                                                           T& out) {
            if (!instead.empty() && value.is_scalar() && value.text == instead) {
              apply(out);
              return true;
            }
            return shared->load(out, value, diagnostics);
          }};
}

template <class Out>
Reader<std::vector<Out>> variants(std::string what, std::vector<Variant<Out>> types) {
  ValueType type;
  type.kind = ValueKind::variants;
  std::vector<std::string> known;
  for (const auto& variant : types) {
    if (!variant.info.refused.empty()) continue;
    type.variants.push_back(variant.info);
    known.push_back(variant.info.key);
  }
  return {type,
          [what = std::move(what), types = std::move(types), known](const Value& value,
                                                                    const std::string& key,
                                                                    const FieldOptions&,
                                                                    Diagnostics& diagnostics,
                                                                    std::vector<Out>& out) {
            out.clear();
            if (value.is_null()) return true;
            if (!expect_list(value, key, diagnostics)) return false;
            const std::size_t before = diagnostics.errors();
            for (const Value& item : value.items) {
              const VariantEntry entry = variant_entry(item, what, diagnostics);
              if (entry.key.empty()) continue;
              const Variant<Out>* found = nullptr;
              for (const auto& variant : types)
                if (variant.info.key == entry.key) found = &variant;
              if (found == nullptr) {
                unknown_variant(entry, what, known, diagnostics);
                continue;
              }
              if (!found->info.refused.empty()) {
                diagnostics.error(entry.key_at, found->info.refused);
                continue;
              }
              if (auto element = found->load(entry.settings, diagnostics))
                out.push_back(std::move(*element));
            }
            return diagnostics.errors() == before;
          }};
}

/// The kind that a member's type implies.
template <class M>
auto natural() {
  if constexpr (std::is_same_v<M, Duration>) {
    return duration();
  } else if constexpr (std::is_same_v<M, bool>) {
    return flag();
  } else if constexpr (std::is_integral_v<M>) {
    return count<M>();
  } else if constexpr (std::is_same_v<M, std::string>) {
    return text();
  } else if constexpr (std::is_same_v<M, DurationDistribution>) {
    return distribution();
  } else {
    static_assert(std::is_same_v<M, CountOrPercent>, "say which kind this field has");
    return count_or_percent();
  }
}

template <class M>
struct Unwrapped {
  using type = M;
};
template <class M>
struct Unwrapped<std::optional<M>> {
  using type = M;
};

}  // namespace kind

template <class T>
template <class B, class M>
Section<T>& Section<T>::field(std::string key, M B::*member, FieldOptions options) {
  return field(std::move(key),
               member,
               kind::natural<typename kind::Unwrapped<M>::type>(),
               std::move(options));
}

template <class T>
template <class B, class M, class V>
Section<T>& Section<T>::field(std::string key,
                              M B::*member,
                              Reader<V> reader,
                              FieldOptions options) {
  Field f{key, reader.type, options, {}, {}};
  f.load = [=](void* target, const Value& value, Diagnostics& diagnostics) {
    M& place = static_cast<T*>(target)->*member;
    if constexpr (std::is_same_v<M, std::optional<V>>) {
      V read = place.value_or(V{});
      if (reader.read(value, key, options, diagnostics, read)) place = std::move(read);
    } else {
      static_assert(std::is_same_v<M, V>, "the member's type is not the kind's");
      reader.read(value, key, options, diagnostics, place);
    }
  };
  add(std::move(f));
  return *this;
}

template <class T>
template <class V>
Section<T>& Section<T>::field_with(std::string key,
                                   Reader<V> reader,
                                   std::function<void(T&, V)> set,
                                   FieldOptions options) {
  Field f{key, reader.type, options, {}, {}};
  f.load = [=](void* target, const Value& value, Diagnostics& diagnostics) {
    V read{};
    if (reader.read(value, key, options, diagnostics, read))
      set(*static_cast<T*>(target), std::move(read));
  };
  add(std::move(f));
  return *this;
}

template <class T>
template <class B, class M>
Section<T>& Section<T>::include(M B::*member, const Section<M>& other) {
  for (const Field& field : other.fields_) {
    Field copy = field;
    copy.load = [load = field.load, member](
                    void* target, const Value& value, Diagnostics& diagnostics) {
      load(&(static_cast<T*>(target)->*member), value, diagnostics);
    };
    add(std::move(copy));
  }
  for (const auto& rule : other.checks_) {
    checks_.push_back(
        [rule, member](const void* target, const SectionView& view, Diagnostics& diagnostics) {
          rule(&(static_cast<const T*>(target)->*member), view, diagnostics);
        });
  }
  return *this;
}

template <class T>
Section<T>& Section<T>::check(
    std::function<void(const T&, const SectionView&, Diagnostics&)> rule) {
  checks_.push_back([rule](const void* target, const SectionView& view, Diagnostics& diagnostics) {
    rule(*static_cast<const T*>(target), view, diagnostics);
  });
  return *this;
}

}  // namespace coalmine

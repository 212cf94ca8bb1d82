/// Declarative settings: one table per section of the input, and everything that must agree comes
/// from it: the loader, its error messages, the JSON Schema, the reference page and the `--set`
/// paths.
///
///     struct CanaryPlan { Duration interval{}; int failure_limit{}; std::vector<double> steps; };
///     const Section<CanaryPlan> table =
///         Section<CanaryPlan>("canary", "Raises traffic in steps while checks pass.")
///             .field("interval", &CanaryPlan::interval,
///                    {.default_text = "2m", .min = "1s", .max = "24h", .help = "time per step"})
///             .field("failureLimit", &CanaryPlan::failure_limit,
///                    {.default_text = "2", .min = "0", .max = "1000", .help = "failed checks"})
///             .field("steps", &CanaryPlan::steps, kind::list_of(kind::ratio()),
///                    {.default_text = "[5%, 25%, 50%]", .above = "0", .max = "100%", .help =
///                    ".."})
///             .check([](const CanaryPlan& plan, const SectionView& at, Diagnostics& problems) {
///               if (plan.steps.empty()) problems.error(at.position("steps"), "steps is empty");
///             });
///
/// Members of type Duration, int, std::int64_t, std::uint64_t, bool, std::string and
/// DurationDistribution need no kind; a double always names one (kind::ratio, rate, number, bytes,
/// cpu), and so do enums (kind::choice), lists, maps and nested sections. A member may be a
/// std::optional of these. Keys that are absent get `default_text` (applied, so that the table is
/// the only place of a default), are left as they are when there is none, or are an error if
/// `required`. Limits are texts of the field's own kind; for lists and maps they hold per element.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/kernel/assert.h"
#include "sim/kernel/distribution_spec.h"
#include "sim/kernel/quantity.h"
#include "sim/kernel/value.h"

namespace coalmine {

class AnySection;

enum class ValueKind {
  duration,
  ratio,
  rate,
  count,
  number,
  bytes,
  cpu,
  count_or_percent,
  flag,
  text,
  choice,
  distribution,
  section,
  list,
  map,
  pair,
  document,  ///< of a format with rules of its own, as a Prometheus rule file
  variants,  ///< a list of one-key maps, the key naming the type: `- canary: {...}`
};

/// One type an element of a `variants` list can have.
struct VariantInfo {
  std::string key;
  std::string help;
  std::shared_ptr<const AnySection> section;
  /// Why it may not stand in this list though it may in others; neither schema nor reference then
  /// name it here. Empty: it may.
  std::string refused{};
};

/// What a value may look like, for the schema and the reference.
struct ValueType {
  ValueKind kind = ValueKind::text;
  std::vector<std::string> choices{};                  ///< choice
  std::shared_ptr<const AnySection> section{};         ///< section
  std::string instead{};                               ///< section: a word allowed in its place
  std::string format{};                                ///< document: "Prometheus rule file"
  std::vector<std::shared_ptr<const ValueType>> of{};  ///< list, map: one; pair: two
  std::vector<VariantInfo> variants{};                 ///< variants

  std::string name() const;  ///< "duration", "list of ratio", "one of fifo, lifo"
};

struct FieldOptions {
  std::string default_text{};   ///< as the user would write it
  std::string min{};            ///< at least
  std::string above{};          ///< more than
  std::string max{};            ///< at most
  std::string below{};          ///< less than
  std::string help{};           ///< one line
  bool required = false;        ///< an error when absent
  bool default_applies = true;  ///< false: default_text is only told (a manifest may set it first)
};

struct Field {
  std::string key;
  ValueType type;
  FieldOptions options;
  std::optional<Value> default_value;
  std::function<void(void* target, const Value&, Diagnostics&)> load;
};

/// A section as written, for checks that need places.
struct SectionView {
  const Value& node;

  bool has(std::string_view key) const { return node.find(key) != nullptr; }
  /// Of the key's value, or of the section when the key is absent.
  Position position(std::string_view key) const {
    const Value* value = node.find(key);
    return value == nullptr ? node.at : value->at;
  }
};

/// A table whose target type has been forgotten.
class AnySection {
 public:
  AnySection(std::string name, std::string help) : name_(std::move(name)), help_(std::move(help)) {}
  virtual ~AnySection() = default;
  AnySection(const AnySection&) = default;
  AnySection& operator=(const AnySection&) = default;

  const std::string& name() const { return name_; }
  const std::string& help() const { return help_; }
  const std::vector<Field>& fields() const { return fields_; }
  std::vector<std::string> keys() const;

  /// Fills the object at `target` (of the table's own type) from a map (or from nothing: all
  /// defaults). Mistakes are reported, checks run only when there were none; true if all is well.
  bool load_into(void* target, const Value& node, Diagnostics& diagnostics) const;

 protected:
  void add(Field field);

  std::string name_;
  std::string help_;
  std::vector<Field> fields_;
  std::vector<std::function<void(const void*, const SectionView&, Diagnostics&)>> checks_;
};

/// How a value of type V is read: its description, and a function that reports mistakes and returns
/// false on any. `out` keeps what it had where the input says nothing.
template <class V>
struct Reader {
  using value_type = V;
  ValueType type;
  std::function<bool(
      const Value&, const std::string& key, const FieldOptions&, Diagnostics&, V& out)>
      read;
};

template <class T>
class Section;

namespace kind {

Reader<Duration> duration();
Reader<double> ratio();  ///< 2% -> 0.02
Reader<double> rate();   ///< 400/s -> 400
Reader<double> number();
Reader<double> bytes();  ///< 256Mi
Reader<double> cpu();    ///< 100m -> 100 millicores
Reader<bool> flag();
Reader<std::string> text();
Reader<DurationDistribution> distribution();
Reader<CountOrPercent> count_or_percent();
Reader<std::int64_t> wide_count();

/// A whole number that fits I.
template <class I>
Reader<I> count();

/// count_or_percent() into another struct {value, percent}.
template <class P>
Reader<P> count_or_percent_as();

/// One of a few names.
template <class E>
Reader<E> choice(std::vector<std::pair<std::string, E>> names);

template <class V>
Reader<std::vector<V>> list_of(Reader<V> item);

/// Keys are free; kept in alphabetical order.
template <class V>
Reader<std::map<std::string, V>> map_of(Reader<V> item);

/// [a, b]
template <class A, class B>
Reader<std::pair<A, B>> pair_of(Reader<A> first, Reader<B> second);

/// The reader with limits of its own, for elements of pairs and lists.
template <class V>
Reader<V> within(FieldOptions limits, Reader<V> reader) {
  return {reader.type,
          [limits, reader](const Value& value,
                           const std::string& key,
                           const FieldOptions&,
                           Diagnostics& diagnostics,
                           V& out) { return reader.read(value, key, limits, diagnostics, out); }};
}

template <class T>
Reader<T> section(Section<T> table);

/// A section in whose place the word `instead` may stand, which then calls `apply`.
template <class T>
Reader<T> section_or(Section<T> table, std::string instead, std::function<void(T&)> apply);

/// One type of element of a variants list.
template <class Out>
struct Variant {
  VariantInfo info;
  std::function<std::optional<Out>(const Value&, Diagnostics&)> load;
};

/// `what` names an element in messages: "fault", "strategy".
template <class Out>
Reader<std::vector<Out>> variants(std::string what, std::vector<Variant<Out>> types);

}  // namespace kind

template <class T>
class Section : public AnySection {
 public:
  using AnySection::AnySection;

  /// A member (of T or of its base B) whose type tells the kind.
  template <class B, class M>
  Section& field(std::string key, M B::*member, FieldOptions options);
  template <class B, class M, class V>
  Section& field(std::string key, M B::*member, Reader<V> reader, FieldOptions options);
  /// A key that does more than set one member.
  template <class V>
  Section& field_with(std::string key,
                      Reader<V> reader,
                      std::function<void(T&, V)> set,
                      FieldOptions options);
  /// All keys of `other` become keys of this section, kept in `member`.
  template <class B, class M>
  Section& include(M B::*member, const Section<M>& other);
  /// A rule across keys, run after all of them were read without mistakes.
  Section& check(std::function<void(const T&, const SectionView&, Diagnostics&)> rule);

  bool load(T& target, const Value& node, Diagnostics& diagnostics) const {
    return load_into(&target, node, diagnostics);
  }

 private:
  template <class U>
  friend class Section;
};

}  // namespace coalmine

#include "sim/kernel/settings_inl.h"

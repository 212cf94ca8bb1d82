#include "sim/kernel/settings.h"

#include "sim/kernel/math.h"

#include <cmath>

namespace coalmine {

std::string ValueType::name() const {
  switch (kind) {
    case ValueKind::duration:
      return "duration";
    case ValueKind::ratio:
      return "ratio";
    case ValueKind::rate:
      return "rate";
    case ValueKind::count:
      return "whole number";
    case ValueKind::number:
      return "number";
    case ValueKind::bytes:
      return "memory";
    case ValueKind::cpu:
      return "CPU";
    case ValueKind::count_or_percent:
      return "whole number or percentage";
    case ValueKind::flag:
      return "true or false";
    case ValueKind::text:
      return "text";
    case ValueKind::choice:
      return "one of " + join(choices);
    case ValueKind::distribution:
      return "distribution of durations";
    case ValueKind::section:
      return "section" + (instead.empty() ? std::string() : " or " + instead);
    case ValueKind::list:
      return "list of " + of[0]->name();
    case ValueKind::map:
      return "map of " + of[0]->name();
    case ValueKind::pair:
      return "[" + of[0]->name() + ", " + of[1]->name() + "]";
    case ValueKind::document:
      return format;
    case ValueKind::variants:
      return "list of one-key maps";
  }
  return {};
}

std::vector<std::string> AnySection::keys() const {
  std::vector<std::string> result;
  for (const Field& field : fields_) result.push_back(field.key);
  return result;
}

void AnySection::add(Field field) {
  for (const Field& other : fields_) CM_ASSERT(other.key != field.key);
  if (!field.options.default_text.empty()) {
    Diagnostics problems;
    field.default_value = parse_flow(field.options.default_text, {}, problems);
    CM_ASSERT(!problems.has_errors());
  }
  fields_.push_back(std::move(field));
}

bool AnySection::load_into(void* target, const Value& node, Diagnostics& diagnostics) const {
  const std::size_t before = diagnostics.errors();
  const std::vector<std::string> known = keys();
  if (!node.is_map() && !node.is_null()) {
    diagnostics.error(node.at,
                      name_ + " must be a map of keys, found " + node.describe(),
                      {},
                      "known keys: " + join(known));
    return false;
  }
  for (const ValueEntry& entry : node.entries) {
    bool found = false;
    for (const Field& field : fields_) found = found || field.key == entry.key;
    if (!found)
      diagnostics.error(entry.key_at,
                        entry.key + " is not a key of " + name_,
                        did_you_mean(entry.key, known),
                        known.empty() ? "it has no keys" : "known keys: " + join(known));
  }
  for (const Field& field : fields_) {
    if (const Value* value = node.find(field.key)) {
      field.load(target, *value, diagnostics);
    } else if (field.default_value && field.options.default_applies) {
      Diagnostics ours;
      field.load(target, *field.default_value, ours);
      CM_ASSERT(!ours.has_errors());
    } else if (field.options.required) {
      diagnostics.error(node.at, name_ + " needs the key " + field.key, {}, field.options.help);
    }
  }
  if (diagnostics.errors() == before)
    for (const auto& rule : checks_) rule(target, SectionView{node}, diagnostics);
  return diagnostics.errors() == before;
}

namespace kind {
namespace {

/// Whether `number` keeps the limits; `parse` reads a limit.
template <class V>
bool in_range(V number, const FieldOptions& options, Parsed<V> (*parse)(std::string_view)) {
  const auto limit = [parse](const std::string& text) {
    const Parsed<V> parsed = parse(text);
    CM_ASSERT(parsed);  // a table states a limit in the field's own kind
    return *parsed.value;
  };
  if (!options.min.empty() && number < limit(options.min)) return false;
  if (!options.above.empty() && number <= limit(options.above)) return false;
  if (!options.max.empty() && number > limit(options.max)) return false;
  return options.below.empty() || number < limit(options.below);
}

template <class V>
Reader<V> scalar(ValueKind value_kind, Parsed<V> (*parse)(std::string_view)) {
  ValueType type;
  type.kind = value_kind;
  return {type,
          [parse, type](const Value& value,
                        const std::string& key,
                        const FieldOptions& options,
                        Diagnostics& diagnostics,
                        V& out) {
            if (value.is_null())
              return refuse(
                  value, key, options, diagnostics, "has no value; expected a " + type.name());
            if (!value.is_scalar())
              return refuse(value,
                            key,
                            options,
                            diagnostics,
                            "expected a " + type.name() + ", found " + value.describe());
            const Parsed<V> parsed = parse(value.text);
            if (!parsed) return refuse(value, key, options, diagnostics, parsed.problem);
            if (!in_range(*parsed.value, options, parse))
              return refuse(
                  value, key, options, diagnostics, value.describe() + " is out of range");
            out = *parsed.value;
            return true;
          }};
}

Parsed<std::string> parse_text(std::string_view text) {
  if (text.empty()) return {{}, "the text is empty"};
  return {std::string(text), {}};
}

struct DistributionKeys {
  std::optional<Duration> p50, p99, mean;
  std::optional<double> cv;
  std::optional<DurationDistribution::Kind> kind;
  std::optional<int> shape;
};

Section<DistributionKeys> distribution_table(const FieldOptions& limits) {
  using Kind = DurationDistribution::Kind;
  FieldOptions time = limits;
  time.default_text.clear();
  time.required = false;
  if (time.max.empty()) time.max = "30d";
  const auto with_help = [&time](const char* help) {
    FieldOptions options = time;
    options.help = help;
    return options;
  };
  Section<DistributionKeys> table("distribution", "A random duration.");
  table.field("p50", &DistributionKeys::p50, with_help("median (lognormal)"))
      .field("p99", &DistributionKeys::p99, with_help("99th percentile (lognormal)"))
      .field("mean", &DistributionKeys::mean, with_help("mean"))
      .field("cv",
             &DistributionKeys::cv,
             number(),
             {.min = "0", .max = "20", .help = "standard deviation over mean (lognormal)"})
      .field("distribution",
             &DistributionKeys::kind,
             choice<Kind>({{"lognormal", Kind::lognormal},
                           {"exponential", Kind::exponential},
                           {"erlang", Kind::erlang},
                           {"deterministic", Kind::deterministic}}),
             {.help = "family"})
      .field("shape",
             &DistributionKeys::shape,
             {.min = "1", .max = "1000", .help = "number of stages (erlang)"});
  return table;
}

std::optional<std::string> misused(const DistributionKeys& k) {
  using Kind = DurationDistribution::Kind;
  const Kind family = k.kind.value_or(Kind::lognormal);
  if (k.p50.has_value() != k.p99.has_value()) return "p50 and p99 go together";
  if (k.p50 && (k.mean || k.cv || k.shape)) return "give either p50 and p99, or mean";
  if (k.p50 && family != Kind::lognormal) return "p50 and p99 describe a lognormal; give mean";
  if (k.p50 && *k.p99 < *k.p50) return "p99 is less than p50";
  if (k.p50 && *k.p50 <= Duration{} && *k.p99 > Duration{}) return "p50 must be more than 0";
  if (!k.p50 && !k.mean) return "give {p50, p99} or {mean}";
  if (k.shape && family != Kind::erlang) return "shape belongs to distribution: erlang";
  if (k.cv && family != Kind::lognormal) return "cv belongs to distribution: lognormal";
  if (k.mean && family == Kind::lognormal && !k.cv) return "mean of a lognormal needs cv";
  if (k.mean && *k.mean <= Duration{} && family != Kind::deterministic)
    return "mean must be more than 0";
  return std::nullopt;
}

DurationDistribution made_from(const DistributionKeys& k) {
  using Kind = DurationDistribution::Kind;
  const Kind family = k.kind.value_or(Kind::lognormal);
  if (k.p50) return lognormal_from_quantiles(*k.p50, *k.p99);
  if (family == Kind::lognormal) return lognormal_from_mean(*k.mean, *k.cv);
  return {family, to_seconds(*k.mean), 0, k.shape.value_or(1)};
}

bool read_distribution(const Value& value,
                       const std::string& key,
                       const FieldOptions& options,
                       Diagnostics& diagnostics,
                       DurationDistribution& out) {
  if (value.is_scalar()) {
    Duration constant{};
    if (!duration().read(value, key, options, diagnostics, constant)) return false;
    out = {DurationDistribution::Kind::deterministic, to_seconds(constant), 0, 1};
    return true;
  }
  if (!value.is_map())
    return refuse(value,
                  key,
                  options,
                  diagnostics,
                  "expected a duration or {p50, p99} or {mean, cv}, found " + value.describe());
  DistributionKeys keys;
  if (!distribution_table(options).load(keys, value, diagnostics)) return false;
  if (const auto problem = misused(keys)) return refuse(value, key, options, diagnostics, *problem);
  out = made_from(keys);
  return true;
}

}  // namespace

std::string allowed_range(const FieldOptions& o) {
  if (!o.min.empty() && !o.max.empty()) return o.min + " to " + o.max;
  std::vector<std::string> parts;
  if (!o.min.empty()) parts.push_back("at least " + o.min);
  if (!o.above.empty()) parts.push_back("more than " + o.above);
  if (!o.max.empty()) parts.push_back("at most " + o.max);
  if (!o.below.empty()) parts.push_back("less than " + o.below);
  return join(parts, ", ");
}

bool refuse(const Value& value,
            const std::string& key,
            const FieldOptions& options,
            Diagnostics& diagnostics,
            const std::string& problem) {
  const std::string range = allowed_range(options);
  diagnostics.error(value.at, key + ": " + problem, range.empty() ? "" : "allowed: " + range);
  return false;
}

bool expect_list(const Value& value, const std::string& key, Diagnostics& diagnostics) {
  if (value.is_list()) return true;
  diagnostics.error(value.at, key + ": expected a list, found " + value.describe());
  return false;
}

VariantEntry variant_entry(const Value& item, const std::string& what, Diagnostics& diagnostics) {
  if (item.is_map() && item.entries.size() == 1)
    return {item.entries[0].key, item.entries[0].key_at, item.entries[0].value};
  if (item.is_scalar() && !item.text.empty()) return {item.text, item.at, nothing_at(item.at)};
  diagnostics.error(
      item.at,
      "a " + what + " is written as one key with its settings, such as - type: {key: value}");
  return {};
}

void unknown_variant(const VariantEntry& entry,
                     const std::string& what,
                     const std::vector<std::string>& known,
                     Diagnostics& diagnostics) {
  diagnostics.error(entry.key_at,
                    entry.key + " is not a known " + what,
                    did_you_mean(entry.key, known),
                    "known: " + join(known));
}

void unknown_choice(const Value& value,
                    const std::string& key,
                    const std::vector<std::string>& known,
                    Diagnostics& diagnostics) {
  diagnostics.error(value.at,
                    key + ": " + value.describe() + " is not one of " + join(known),
                    value.is_scalar() ? did_you_mean(value.text, known) : std::string());
}

Reader<Duration> duration() {
  return scalar<Duration>(ValueKind::duration, parse_duration);
}
Reader<double> ratio() {
  return scalar<double>(ValueKind::ratio, parse_ratio);
}
Reader<double> rate() {
  return scalar<double>(ValueKind::rate, parse_rate);
}
Reader<double> number() {
  return scalar<double>(ValueKind::number, parse_number);
}
Reader<double> bytes() {
  return scalar<double>(ValueKind::bytes, parse_bytes);
}
Reader<double> cpu() {
  return scalar<double>(ValueKind::cpu, parse_cpu);
}
Reader<bool> flag() {
  return scalar<bool>(ValueKind::flag, parse_flag);
}
Reader<std::int64_t> wide_count() {
  return scalar<std::int64_t>(ValueKind::count, parse_count);
}
Reader<std::string> text() {
  return scalar<std::string>(ValueKind::text, parse_text);
}

Reader<CountOrPercent> count_or_percent() {
  ValueType type;
  type.kind = ValueKind::count_or_percent;
  return {type,
          [](const Value& value,
             const std::string& key,
             const FieldOptions& options,
             Diagnostics& diagnostics,
             CountOrPercent& out) {
            if (!value.is_scalar())
              return refuse(value,
                            key,
                            options,
                            diagnostics,
                            "expected a whole number or a percentage, found " + value.describe());
            const auto parsed = parse_count_or_percent(value.text);
            if (!parsed) return refuse(value, key, options, diagnostics, parsed.problem);
            out = *parsed.value;
            return true;
          }};
}

Reader<DurationDistribution> distribution() {
  ValueType type;
  type.kind = ValueKind::distribution;
  return {type, read_distribution};
}

}  // namespace kind

DurationDistribution lognormal_from_quantiles(Duration p50, Duration p99) {
  using Kind = DurationDistribution::Kind;
  if (p50 == p99) return {Kind::deterministic, to_seconds(p50), 0, 1};
  // ln X ~ N(ln p50, sigma): p99/p50 = exp(z99 sigma), mean = p50 exp(sigma^2/2).
  const double sigma = portable_log(to_seconds(p99) / to_seconds(p50)) / normal_quantile(0.99);
  return {Kind::lognormal, to_seconds(p50) * portable_exp(sigma * sigma / 2), sigma, 1};
}

DurationDistribution lognormal_from_mean(Duration mean, double cv) {
  using Kind = DurationDistribution::Kind;
  if (cv <= 0) return {Kind::deterministic, to_seconds(mean), 0, 1};
  // cv^2 = exp(sigma^2) - 1; the square root is exact in IEEE arithmetic, so portable.
  return {Kind::lognormal, to_seconds(mean), std::sqrt(portable_log(1 + cv * cv)), 1};
}

}  // namespace coalmine

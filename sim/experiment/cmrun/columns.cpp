#include "sim/experiment/cmrun/columns.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>

namespace coalmine::cmrun {
namespace {

enum class Form : std::uint8_t { whole, nanoseconds, any };
constexpr std::uint64_t kForms = 3;
constexpr double kMostWhole = 9007199254740992.0;  // 2^53

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

double from_nanoseconds(std::int64_t n) {
  return static_cast<double>(n) * 1e-9;
}

/// The whole number that stands for `value` in that form, if there is one.
std::optional<std::int64_t> whole_of(double value, Form form) {
  const double scaled = form == Form::nanoseconds ? value * 1e9 : value;
  if (!(std::abs(scaled) < kMostWhole)) return std::nullopt;  // nor is NaN
  const auto n = static_cast<std::int64_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  const double back = form == Form::nanoseconds ? from_nanoseconds(n) : static_cast<double>(n);
  return same_bits(back, value) ? std::optional(n) : std::nullopt;
}

/// All values in that form; empty if one has none.
std::vector<std::int64_t> wholes_of(std::span<const double> values, Form form) {
  std::vector<std::int64_t> wholes;
  wholes.reserve(values.size());
  for (const double v : values) {
    const auto n = whole_of(v, form);
    if (!n) return {};
    wholes.push_back(*n);
  }
  return wholes;
}

/// Differences of steps, modulo 2^64: overflow is no mistake here.
class StepWriter {
 public:
  explicit StepWriter(ByteWriter& out) : out_(out) {}
  void add(std::int64_t value) {
    const auto v = static_cast<std::uint64_t>(value);
    const std::uint64_t step = v - last_;
    out_.signed_varint(static_cast<std::int64_t>(step - step_));
    step_ = step;
    last_ = v;
  }

 private:
  ByteWriter& out_;
  std::uint64_t last_ = 0;
  std::uint64_t step_ = 0;
};

class StepReader {
 public:
  explicit StepReader(ByteReader& in) : in_(in) {}
  std::int64_t next() {
    step_ += static_cast<std::uint64_t>(in_.signed_varint());
    last_ += step_;
    return static_cast<std::int64_t>(last_);
  }

 private:
  ByteReader& in_;
  std::uint64_t last_ = 0;
  std::uint64_t step_ = 0;
};

void write_differing_bits(ByteWriter& out, std::span<const double> values) {
  std::uint64_t last = 0;
  for (const double v : values) {
    const auto bits = std::bit_cast<std::uint64_t>(v);
    const std::uint64_t differing = bits ^ last;
    last = bits;
    const int above = differing == 0 ? 8 : std::countl_zero(differing) / 8;
    const int below = differing == 0 ? 0 : std::countr_zero(differing) / 8;
    const int kept = 8 - above - below;
    out.u8(static_cast<std::uint8_t>(above << 4 | kept));
    for (int i = 0; i < kept; ++i)
      out.u8(static_cast<std::uint8_t>(differing >> (8 * (below + i))));
  }
}

std::uint64_t read_differing_bits(ByteReader& in) {
  const unsigned head = in.u8();
  const unsigned above = head >> 4U;
  const unsigned kept = head & 0xfU;
  if (above + kept > 8) in.fail("has a number of more than eight bytes");
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < kept; ++i) bits |= std::uint64_t{in.u8()} << (8 * i);
  return kept == 0 ? 0 : bits << (8 * (8 - above - kept));
}

}  // namespace

void write_times(ByteWriter& out, std::span<const Time> times) {
  out.varint(times.size());
  StepWriter steps(out);
  for (const Time t : times) steps.add(t.time_since_epoch().count());
}

std::vector<Time> read_times(ByteReader& in) {
  std::vector<Time> times(in.count("times"));
  StepReader steps(in);
  for (Time& t : times) t = Time(Duration(steps.next()));
  return times;
}

void write_numbers(ByteWriter& out, std::span<const double> values) {
  out.varint(values.size());
  for (const Form form : {Form::whole, Form::nanoseconds}) {
    const std::vector<std::int64_t> wholes = wholes_of(values, form);
    if (wholes.size() != values.size()) continue;
    out.u8(static_cast<std::uint8_t>(form));
    StepWriter steps(out);
    for (const std::int64_t n : wholes) steps.add(n);
    return;
  }
  out.u8(static_cast<std::uint8_t>(Form::any));
  write_differing_bits(out, values);
}

std::vector<double> read_numbers(ByteReader& in) {
  std::vector<double> values(in.count("numbers"));
  const auto form = static_cast<Form>(in.at_most(kForms - 1, "a form of numbers"));
  if (form == Form::any) {
    std::uint64_t bits = 0;
    for (double& v : values) v = std::bit_cast<double>(bits ^= read_differing_bits(in));
    return values;
  }
  StepReader steps(in);
  for (double& v : values) {
    const std::int64_t n = steps.next();
    v = form == Form::whole ? static_cast<double>(n) : from_nanoseconds(n);
  }
  return values;
}

}  // namespace coalmine::cmrun

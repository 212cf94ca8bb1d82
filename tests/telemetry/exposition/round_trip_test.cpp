// What is written is read back the same, whatever the page (RapidCheck).
#include <rapidcheck.h>

#include <bit>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "sim/telemetry/exposition/reader.h"
#include "sim/telemetry/exposition/writer.h"
#include "sim/telemetry/go_number.h"

namespace coalmine::exposition {
namespace {

/// Label values and help texts: all that needs care.
std::string any_text() {
  static const std::vector<std::string> kPieces{
      "a",    "\\", "\"", "\n", "\\n",   "\r",     "\t",     " ",          "{",
      "}",    ",",  "=",  "#",  "# EOF", "\u00e9", "\u2028", "\U0001F600", std::string(1, '\0'),
      "\x7f", "0"};
  std::string text;
  for (const auto& piece :
       *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kPieces)))
    text += piece;
  return text;
}

double any_value() {
  const auto bits = *rc::gen::arbitrary<std::uint64_t>();
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      return std::bit_cast<double>(bits);
    case 1:
      return static_cast<double>(bits % 10'000'000);
    case 2:
      return static_cast<double>(static_cast<std::int64_t>(bits) >> 20) / 1000;
    default:
      return *rc::gen::element(0.0, -0.0, 1.0, 5e-324, 1.7976931348623157e308, 1e21, 1e-7);
  }
}

std::optional<Timestamp> any_time() {
  if (*rc::gen::arbitrary<bool>()) return std::nullopt;
  return Timestamp(Millis(*rc::gen::inRange<std::int64_t>(-100'000'000'000, 4'000'000'000'000)));
}

/// Of another label in each sample, so that no two are the same series.
Sample any_sample(const std::string& name, std::size_t index) {
  Labels labels{{"__name__", name}, {"i", std::to_string(index)}};
  labels.set("b", any_text());
  labels.set("_A9", any_text());
  return {labels, any_value(), any_time(), std::nullopt};
}

Family any_family(std::size_t number, Format format) {
  static const std::vector<MetricType> kOld{
      MetricType::unknown, MetricType::counter, MetricType::gauge, MetricType::summary};
  Family family;
  family.name = "f" + std::to_string(number) + "x_s";
  family.help = any_text();
  if (format == Format::text) family.help.erase(0, family.help.find_first_not_of(" \t"));
  family.type = *rc::gen::elementOf(kOld);
  const bool openmetrics = format == Format::openmetrics;
  if (openmetrics && *rc::gen::arbitrary<bool>()) family.unit = "s";
  if (openmetrics && *rc::gen::arbitrary<bool>()) family.type = MetricType::stateset;
  if (family.type == MetricType::counter) family.name += "_total";
  const auto samples = *rc::gen::inRange<std::size_t>(0, 5);
  for (std::size_t i = 0; i < samples; ++i) {
    family.samples.push_back(any_sample(family.name, i));
    if (openmetrics && family.type == MetricType::counter)
      family.samples.back().exemplar = {{{"t", any_text()}}, any_value(), any_time()};
  }
  return family;
}

void check_number(double read, double written) {
  if (std::isnan(written)) written = kOrdinaryNan;
  RC_ASSERT(std::bit_cast<std::uint64_t>(read) == std::bit_cast<std::uint64_t>(written));
}

void check_page(const Page& page, Format format) {
  Diagnostics found;
  const std::string text = write(page, format);
  const Page again = read("page", text, found, format);
  if (found.has_errors()) RC_FAIL(found.text() + text);
  RC_ASSERT(again.families.size() == page.families.size());
  for (std::size_t f = 0; f < page.families.size(); ++f) {
    const Family &a = again.families[f], &b = page.families[f];
    RC_ASSERT(a.name == b.name);
    RC_ASSERT(a.type == b.type);
    RC_ASSERT(a.help == b.help);
    RC_ASSERT(a.unit == b.unit);
    RC_ASSERT(a.samples.size() == b.samples.size());
    for (std::size_t s = 0; s < a.samples.size(); ++s) {
      RC_ASSERT(a.samples[s].labels == b.samples[s].labels);
      RC_ASSERT(a.samples[s].time == b.samples[s].time);
      check_number(a.samples[s].value, b.samples[s].value);
      RC_ASSERT(a.samples[s].exemplar.has_value() == b.samples[s].exemplar.has_value());
      if (!b.samples[s].exemplar) continue;
      RC_ASSERT(a.samples[s].exemplar->labels == b.samples[s].exemplar->labels);
      RC_ASSERT(a.samples[s].exemplar->time == b.samples[s].exemplar->time);
      check_number(a.samples[s].exemplar->value, b.samples[s].exemplar->value);
    }
  }
  RC_ASSERT(write(again, format) == text);
}

bool round_trips(Format format) {
  return rc::check([format] {
    Page page;
    const auto families = *rc::gen::inRange<std::size_t>(0, 4);
    for (std::size_t i = 0; i < families; ++i) page.families.push_back(any_family(i, format));
    check_page(page, format);
  });
}

}  // namespace

TEST_CASE("any page survives text 0.0.4", "[telemetry][exposition]") {
  CHECK(round_trips(Format::text));
}

TEST_CASE("any page survives OpenMetrics", "[telemetry][exposition]") {
  CHECK(round_trips(Format::openmetrics));
}

TEST_CASE("any bytes are read to the end in both formats", "[telemetry][exposition]") {
  static const std::vector<std::string> kPieces{"a",         "_total",  "_bucket",
                                                "{",         "}",       "le=\"",
                                                "\"",        "\\",      "\n",
                                                " ",         "\t",      "# TYPE ",
                                                "# HELP ",   "# UNIT ", "# EOF",
                                                "histogram", "counter", "1",
                                                "e9",        "NaN",     "+Inf",
                                                ",",         "=",       "\r",
                                                "\xff",      "# {",     std::string(1, '\0')};
  CHECK(rc::check([] {
    std::string text;
    for (const auto& piece :
         *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kPieces)))
      text += piece;
    for (const Format format : {Format::text, Format::openmetrics}) {
      Diagnostics found;
      read("page", text, found, format);
      static_cast<void>(found.text());
    }
  }));
}

}  // namespace coalmine::exposition

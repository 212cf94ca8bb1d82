#include "sim/telemetry/exposition/line_parser.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "sim/telemetry/go_number.h"
#include "sim/telemetry/utf8.h"

namespace coalmine::exposition {
namespace {

constexpr std::string_view kNumbers = "a number: 1, 0.5, 1e-3, NaN, +Inf or -Inf";
/// A later or an earlier instant is no instant of a calendar; the real reader goes on for ever.
constexpr std::int64_t kFirstMilli = -62'135'596'800'000;
constexpr std::int64_t kLastMilli = 253'402'300'799'999;

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace

// ---- pieces

bool LineParser::take(char c) {
  if (at_end() || line_[at_] != c) return false;
  ++at_;
  return true;
}

bool LineParser::take(std::string_view word) {
  if (rest().substr(0, word.size()) != word) return false;
  at_ += word.size();
  return true;
}

void LineParser::skip_blanks() {
  while (!at_end() && is_blank(line_[at_])) ++at_;
}

void LineParser::skip_loose_blanks() {
  if (!strict()) skip_blanks();
}

std::string_view LineParser::take_token() {
  const std::size_t begin = at_;
  while (!at_end() && line_[at_] != ' ' && (strict() || line_[at_] != '\t')) ++at_;
  return line_.substr(begin, at_ - begin);
}

std::string_view LineParser::take_name(bool metric) {
  const std::size_t begin = at_;
  const auto fits = metric ? is_metric_name : is_label_name;
  while (!at_end()) {
    // Digits are of a name only behind something else.
    const bool digit = at_ > begin && line_[at_] >= '0' && line_[at_] <= '9';
    if (!digit && !fits(line_.substr(at_, 1))) break;
    ++at_;
  }
  return line_.substr(begin, at_ - begin);
}

void LineParser::fail(Place place, std::string message, std::string note) const {
  throw BadLine{place, std::move(message), {}, std::move(note)};
}

void LineParser::fail_here(const std::string& message, std::string note) const {
  const std::string what = at_end() ? "the line ends here" : "found " + found(rest());
  fail({at_, std::max<std::size_t>(line_.size() - at_, 1)}, what + "; " + message, std::move(note));
}

// ---- comments

std::optional<Metadata> LineParser::metadata() {
  return strict() ? strict_metadata() : loose_metadata();
}

MetricType LineParser::parse_type(Place place) const {
  const std::string_view text = line_.substr(place.at, place.length);
  const std::string word = strict() ? std::string(text) : lower(text);
  if (!strict() && word == "untyped") return MetricType::unknown;
  std::vector<std::string> known;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(MetricType::gaugehistogram); ++i) {
    const auto type = static_cast<MetricType>(i);
    const bool old = type >= MetricType::counter && type <= MetricType::summary;
    if (!strict() && !old) continue;
    if (name_of(type) == word) return type;
    known.emplace_back(name_of(type));
  }
  if (!strict()) known.emplace_back("untyped");
  throw BadLine{place,
                found(text) + " is no type of metric" + (strict() ? "" : " of text 0.0.4"),
                did_you_mean(word.substr(0, 40), known),
                "types: " + join(known)};
}

std::string LineParser::unescape_help() {
  std::string text;
  for (; !at_end(); ++at_) {
    if (line_[at_] != '\\') {
      text += line_[at_];
      continue;
    }
    const char next = at_ + 1 < line_.size() ? line_[at_ + 1] : '\0';
    const bool known = next == '\\' || next == 'n' || (strict() && next == '"');
    if (!known) {
      BadLine bad{{at_, 2}, found(line_.substr(at_, 2)) + " is no escape of a help text", {}, {}};
      bad.note = strict() ? R"(escapes: \\, \n and \")" : R"(escapes: \\ and \n)";
      if (!strict()) throw bad;
      remarks_.push_back(std::move(bad));
      text += '\\';
      continue;
    }
    text += next == 'n' ? '\n' : next;
    ++at_;
  }
  return text;
}

std::optional<Metadata> LineParser::loose_metadata() {
  take('#');
  skip_blanks();
  const std::string_view keyword = take_token();
  if (keyword != "HELP" && keyword != "TYPE") return std::nullopt;
  skip_blanks();
  Metadata data;
  data.place.at = at_;
  data.name = take_name(true);
  data.place.length = std::max<std::size_t>(data.name.size(), 1);
  if (at_end()) return std::nullopt;
  if (!is_blank(peek()) || data.name.empty()) {
    at_ = data.place.at;
    fail_here("here belongs the name of a metric", "names: [a-zA-Z_:][a-zA-Z0-9_:]*");
  }
  skip_blanks();
  if (at_end()) return std::nullopt;
  const Place text{at_, line_.size() - at_};
  if (keyword == "TYPE") {
    data.keyword = Metadata::Keyword::type;
    data.type = parse_type(text);
    return data;
  }
  const std::size_t invalid = first_invalid_utf8(rest());
  if (invalid != std::string_view::npos)
    remarks_.push_back({{at_ + invalid, 1}, "the help text is not UTF-8 from here on"});
  data.text = unescape_help();
  return data;
}

std::optional<Metadata> LineParser::strict_metadata() {
  Metadata data;
  if (take("# HELP "))
    data.keyword = Metadata::Keyword::help;
  else if (take("# TYPE "))
    data.keyword = Metadata::Keyword::type;
  else if (take("# UNIT "))
    data.keyword = Metadata::Keyword::unit;
  else
    fail_here("OpenMetrics has no free comments",
              "allowed: `# HELP NAME TEXT`, `# TYPE NAME TYPE`, `# UNIT NAME UNIT`, `# EOF`");
  data.place.at = at_;
  data.name = take_name(true);
  data.place.length = std::max<std::size_t>(data.name.size(), 1);
  if (data.name.empty())
    fail_here("here belongs the name of a metric", "names: [a-zA-Z_:][a-zA-Z0-9_:]*");
  if (!take(' ')) fail_here("behind the name belong one space and the text");
  const Place text{at_, line_.size() - at_};
  const std::size_t invalid = first_invalid_utf8(rest());
  if (invalid != std::string_view::npos) fail({at_ + invalid, 1}, "not UTF-8 from here on");
  switch (data.keyword) {
    case Metadata::Keyword::type:
      data.type = parse_type(text);
      break;
    case Metadata::Keyword::unit:
      data.text = rest();
      if (!data.text.empty() && !data.name.ends_with("_" + data.text))
        fail(text,
             fmt::format("{} does not end in its unit, _{}", data.name, data.text.substr(0, 40)));
      break;
    case Metadata::Keyword::help:
      data.text = unescape_help();
      break;
  }
  return data;
}

// ---- samples

Sample LineParser::sample() {
  skip_loose_blanks();
  Place name{at_, 1};
  Sample sample;
  const std::string_view metric = take_name(true);
  name.length = std::max<std::size_t>(metric.size(), 1);
  if (metric.empty())
    fail_here("a line begins with the name of a metric or #", "names: [a-zA-Z_:][a-zA-Z0-9_:]*");
  skip_loose_blanks();
  std::vector<Label> all;
  if (take('{')) {
    all = labels();
    check_unique(all, name, false);
  }
  all.push_back({std::string(kMetricName), std::string(metric)});
  sample.labels = Labels(std::move(all));
  if (strict() && !take(' ')) fail_here("behind the series belong one space and its value");
  skip_loose_blanks();
  sample.value = number("the value");
  after_value(sample);
  return sample;
}

/// Behind the brace, up to and with the closing one.
std::vector<Label> LineParser::labels() {
  std::vector<Label> all;
  skip_loose_blanks();
  if (take('}')) return all;
  for (;;) {
    all.push_back(label());
    skip_loose_blanks();
    if (take('}')) return all;
    if (!take(',')) fail_here("behind a label belongs , or }");
    skip_loose_blanks();
    if (!strict() && take('}')) return all;
  }
}

Label LineParser::label() {
  Label label;
  label.name = take_name(false);
  if (label.name.empty())
    fail_here(
        strict() ? "here belongs the name of a label" : "here belongs the name of a label or }",
        "names: [a-zA-Z_][a-zA-Z0-9_]*");
  if (label.name == kMetricName)
    fail({at_ - label.name.size(), label.name.size()},
         "the name of a metric stands before the brace");
  skip_loose_blanks();
  if (!take('=')) fail_here("behind the name of a label belongs =");
  skip_loose_blanks();
  if (!take('"')) fail_here("the value of a label stands in \"");
  label.value = quoted_value();
  return label;
}

/// Behind the opening quote, up to and with the closing one.
std::string LineParser::quoted_value() {
  const std::size_t begin = at_;
  std::string value;
  for (; !at_end() && line_[at_] != '"'; ++at_) {
    if (line_[at_] != '\\') {
      value += line_[at_];
      continue;
    }
    const char next = at_ + 1 < line_.size() ? line_[at_ + 1] : '\0';
    if (next != '\\' && next != '"' && next != 'n') {
      BadLine bad{{at_, 2}, found(line_.substr(at_, 2)) + " is no escape of a label value"};
      bad.note = R"(escapes: \\, \" and \n)";
      // The real reader of OpenMetrics keeps both characters.
      if (!strict() || at_ + 1 == line_.size()) throw bad;
      remarks_.push_back(std::move(bad));
      value += '\\';
      continue;
    }
    value += next == 'n' ? '\n' : next;
    ++at_;
  }
  if (!take('"'))
    fail({begin - 1, line_.size() - begin + 1},
         "the quote of this label value is not closed on its line",
         R"(a line feed in a label value is written \n)");
  const std::string_view raw = line_.substr(begin, at_ - 1 - begin);
  const std::size_t invalid = first_invalid_utf8(raw);
  if (invalid != std::string_view::npos)
    fail({begin + invalid, 1}, "the label value is not UTF-8 from here on");
  return value;
}

/// Sorts them too.
void LineParser::check_unique(std::vector<Label>& labels, Place place, bool exemplar) {
  const auto less = [](const Label& a, const Label& b) { return a.name < b.name; };
  std::stable_sort(labels.begin(), labels.end(), less);
  const auto twice = std::adjacent_find(
      labels.begin(), labels.end(), [](auto& a, auto& b) { return a.name == b.name; });
  if (twice == labels.end()) return;
  BadLine bad{place, fmt::format("the label {} stands here twice", twice->name.substr(0, 80))};
  if (!exemplar) throw bad;
  remarks_.push_back(std::move(bad));
}

double LineParser::number(const char* of_what) {
  const std::size_t begin = at_;
  const std::string_view token = take_token();
  const auto value = parse_go_number(token);
  if (value) return *value;
  at_ = begin;
  const Place place{begin, std::max<std::size_t>(token.size(), 1)};
  if (token.empty())
    fail(place, fmt::format("{} is missing", of_what), fmt::format("here belongs {}", kNumbers));
  throw BadLine{place,
                fmt::format("{} cannot be {}", of_what, found(token)),
                token.back() == '\r' ? "lines end in \\n alone, not in \\r\\n" : "",
                fmt::format("here belongs {}", kNumbers)};
}

void LineParser::after_value(Sample& sample) {
  if (at_end()) return;
  if (!strict()) {
    skip_blanks();
    sample.time = millis();
    if (!at_end()) fail_here("nothing may follow the timestamp");
    return;
  }
  if (!take(' ')) fail_here("behind the value belong one space and the timestamp");
  if (rest().substr(0, 3) != "# {") {
    sample.time = seconds("the timestamp");
    if (at_end()) return;
    if (!take(' ') || rest().substr(0, 3) != "# {")
      fail_here("behind the timestamp may come an exemplar alone",
                "as in ` # {trace_id=\"x\"} 0.5`");
  }
  const std::string_view name = sample.labels.metric_name();
  if (!name.ends_with("_total") && !name.ends_with("_bucket"))
    fail({at_, line_.size() - at_},
         "an exemplar belongs to a bucket or a counter: to a name in _bucket or _total");
  take("# {");
  sample.exemplar = exemplar();
}

Timestamp LineParser::millis() {
  const Place place{at_, 0};
  const std::string_view token = take_token();
  std::string_view digits = token;
  if (digits.substr(0, 1) == "+" && digits.substr(1, 1) != "-") digits.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const Place whole{place.at, std::max<std::size_t>(token.size(), 1)};
  if (token.empty()) fail(whole, "blanks behind the value, and no timestamp behind them");
  if (problem != std::errc{} || end != digits.data() + digits.size())
    throw BadLine{whole,
                  fmt::format("the timestamp cannot be {}", found(token)),
                  {},
                  "timestamps are whole milliseconds; OpenMetrics has seconds, and `# EOF` as its "
                  "last line"};
  if (value < kFirstMilli || value > kLastMilli)
    fail(whole, fmt::format("{} ms is outside the years 1 to 9999", value));
  return Timestamp(Millis(value));
}

/// Cut to whole milliseconds after the product is rounded: 1.005 s is 1004 ms, as in Prometheus.
Timestamp LineParser::seconds(const char* of_what) {
  const std::size_t begin = at_;
  const double value = number(of_what);
  const Place place{begin, at_ - begin};
  if (!std::isfinite(value)) fail(place, fmt::format("{} must be a finite number", of_what));
  const double ms = std::trunc(value * 1000);
  if (ms < static_cast<double>(kFirstMilli) || ms > static_cast<double>(kLastMilli))
    fail(place,
         fmt::format("{} is outside the years 1 to 9999", of_what),
         "timestamps of OpenMetrics are seconds since 1970; are these milliseconds?");
  return Timestamp(Millis(static_cast<std::int64_t>(ms)));
}

Exemplar LineParser::exemplar() {
  const Place place{at_ - 1, line_.size() - at_ + 1};
  Exemplar exemplar;
  std::vector<Label> all = labels();
  check_unique(all, place, true);
  constexpr std::size_t kMostCharacters = 128;
  std::size_t characters = 0;
  for (const Label& l : all) characters += l.name.size() + count_characters(l.value);
  if (characters > kMostCharacters)
    remarks_.push_back({place, "the labels of an exemplar are longer than 128 characters"});
  exemplar.labels = Labels(std::move(all));
  if (!take(' ')) fail_here("behind the labels of an exemplar belong one space and its value");
  exemplar.value = number("the exemplar's value");
  if (at_end()) return exemplar;
  if (!take(' ')) fail_here("behind the exemplar's value belong one space and its timestamp");
  exemplar.time = seconds("the exemplar's timestamp");
  if (!at_end()) fail_here("nothing may follow an exemplar");
  return exemplar;
}

}  // namespace coalmine::exposition

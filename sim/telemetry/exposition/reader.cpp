#include "sim/telemetry/exposition/reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "sim/telemetry/exposition/family_checks.h"
#include "sim/telemetry/exposition/findings.h"
#include "sim/telemetry/exposition/line_parser.h"
#include "sim/telemetry/go_number.h"

namespace coalmine::exposition {
namespace {

constexpr std::string_view kEof = "# EOF";

std::string short_name(std::string_view name) {
  return std::string(name.substr(0, 80));
}

/// A family while it is being read. Its name here is that of its TYPE line.
struct Open {
  Family family;
  std::vector<int> lines;  ///< of its samples
  bool typed = false;
  bool helped = false;
  bool has_unit = false;
  bool left = false;  ///< another family has begun since
};

class Reader {
 public:
  Reader(const std::string& name, std::string_view text, Format format, Diagnostics& diagnostics)
      : text_(text), format_(format), findings_(name, text, diagnostics) {}

  Page read() {
    openmetrics() ? read_openmetrics() : read_text();
    for (const Open& open : families_)
      if (!findings_.full()) check_family(open.family, open.lines, findings_);
    if (late_ > 0)
      findings_.warning(first_late_,
                        {},
                        fmt::format("{} sample{} no later than one of the same series before {}, "
                                    "the first of them here: Prometheus drops such",
                                    late_,
                                    late_ == 1 ? " is" : "s are",
                                    late_ == 1 ? "it" : "them"));
    findings_.close(line_);
    Page page;
    for (Open& open : families_) page.families.push_back(finished(std::move(open.family)));
    return page;
  }

 private:
  bool openmetrics() const { return format_ == Format::openmetrics; }

  /// The next line, without its line feed. `whole`: it had one.
  struct Line {
    std::string_view text;
    bool whole = false;
  };
  bool next(Line& line) {
    if (begin_ >= text_.size() || findings_.full()) return false;
    const std::size_t end = text_.find('\n', begin_);
    line.whole = end != std::string_view::npos;
    line.text = text_.substr(begin_, line.whole ? end - begin_ : end);
    begin_ = line.whole ? end + 1 : text_.size();
    ++line_;
    return true;
  }

  void read_text() {
    for (Line line; next(line);) {
      const bool blank = line.text.find_first_not_of(" \t") == std::string_view::npos;
      if (blank) continue;
      if (line.whole)
        take_line(line.text);
      else
        findings_.error(line_,
                        {line.text.size(), 1},
                        "the page ends in the middle of a line",
                        {},
                        "the last line too must end in a line feed");
    }
  }

  void read_openmetrics() {
    for (Line line; next(line);) {
      const bool eof = line.text.starts_with(kEof);
      if (eof && line.text.size() == kEof.size() && begin_ == text_.size()) return;
      if (eof) {
        const bool own_line = line.text.size() == kEof.size();
        findings_.error(line_,
                        {own_line ? 0 : kEof.size(), 1},
                        "nothing may follow # EOF, not even blanks or an empty line");
        return;
      }
      if (line.text.empty())
        findings_.error(line_, {}, "an empty line", {}, "OpenMetrics has none");
      else if (line.whole)
        take_line(line.text);
    }
    if (!findings_.full())
      findings_.error(line_,
                      {},
                      "the page does not end with # EOF",
                      {},
                      "OpenMetrics: the last line is `# EOF`");
  }

  void take_line(std::string_view text) {
    LineParser parser(text, format_);
    try {
      const std::size_t mark = openmetrics() ? 0 : text.find_first_not_of(" \t");
      if (text[mark] == '#') {
        if (!openmetrics()) parser = LineParser(text.substr(mark), format_);
        shift_ = mark;
        if (const auto data = parser.metadata()) take_metadata(*data);
      } else {
        shift_ = 0;
        take_sample(text, parser.sample());
      }
    } catch (const BadLine& bad) {
      findings_.error(
          line_, {bad.place.at + shift_, bad.place.length}, bad.message, bad.hint, bad.note);
    }
    for (const BadLine& remark : parser.remarks())
      findings_.warning(line_,
                        {remark.place.at + shift_, remark.place.length},
                        remark.message,
                        remark.hint,
                        remark.note);
  }

  // ---- families

  Open& family(std::size_t index) {
    if (index != current_ && current_ < families_.size()) families_[current_].left = true;
    current_ = index;
    return families_[index];
  }
  /// The family of this name, which is made if there is none.
  Open& family(std::string_view name) {
    const auto [place, is_new] = by_name_.try_emplace(std::string(name), families_.size());
    if (is_new) {
      families_.emplace_back();
      families_.back().family.name = name;
    }
    return family(place->second);
  }
  /// The family whose samples may have this name: its own, or with a suffix of its type.
  Open& family_of_sample(std::string_view name) {
    if (const auto same = by_name_.find(name); same != by_name_.end()) return family(same->second);
    const std::size_t cut = name.rfind('_');
    if (cut != std::string_view::npos) {
      const auto stem = by_name_.find(name.substr(0, cut));
      if (stem != by_name_.end() && may_have(families_[stem->second], name.substr(cut)))
        return family(stem->second);
    }
    return family(name);
  }
  bool may_have(const Open& open, std::string_view suffix) const {
    const MetricType type = open.family.type;
    // Text 0.0.4 puts _total on the TYPE line and knows no _created.
    if (!openmetrics() && (type == MetricType::counter || suffix == "_created")) return false;
    const auto& all = suffixes_of(type);
    return std::find(all.begin(), all.end(), suffix) != all.end();
  }
  void warn_if_torn(Open& open, Place place) {
    if (!open.left) return;
    open.left = false;
    findings_.warning(
        line_,
        place,
        fmt::format("the lines of {} do not stand together", short_name(open.family.name)),
        "it began further up",
        "another family came between");
  }

  void take_metadata(const Metadata& data) {
    using Keyword = Metadata::Keyword;
    const bool type = data.keyword == Keyword::type, help = data.keyword == Keyword::help;
    // Text 0.0.4 takes comments on h_count for comments on the histogram h.
    Open& open = openmetrics() ? family(data.name) : family_of_sample(data.name);
    const bool again = type ? open.typed : help ? open.helped : open.has_unit;
    const bool late = type && !open.lines.empty();
    const char* keyword = type ? "TYPE" : help ? "HELP" : "UNIT";
    if (again || late) {
      const std::string message =
          again ? fmt::format("a second {} for {}", keyword, short_name(open.family.name))
                : fmt::format("the TYPE of {} comes after its samples", short_name(data.name));
      if (!openmetrics()) throw BadLine{data.place, message, {}, {}};
      findings_.warning(line_, data.place, message);
    } else {
      warn_if_torn(open, data.place);
    }
    if (type) {
      open.typed = true;
      open.family.type = data.type;
    } else if (help) {
      open.helped = true;
      open.family.help = data.text;
    } else {
      open.has_unit = true;
      open.family.unit = data.text;
    }
  }

  void take_sample(std::string_view text, Sample sample) {
    const std::string_view name = sample.labels.metric_name();
    const std::size_t at = text.find_first_not_of(" \t");
    const Place place{at, name.size()};
    Open& open = family_of_sample(name);
    check_bound(text, open, sample);
    warn_if_torn(open, place);
    const bool plain = name == open.family.name;
    const auto& suffixes = suffixes_of(open.family.type);
    if (plain && std::find(suffixes.begin(), suffixes.end(), "") == suffixes.end() &&
        (openmetrics() || open.family.type != MetricType::counter))
      warn_of_name(open.family, place);
    note_time(sample);
    open.family.samples.push_back(std::move(sample));
    open.lines.push_back(line_);
  }
  void warn_of_name(const Family& family, Place place) {
    std::vector<std::string> names;
    for (const std::string_view suffix : suffixes_of(family.type))
      names.push_back(short_name(family.name) + std::string(suffix));
    findings_.warning(line_,
                      place,
                      fmt::format("{} is a {}: its samples have other names",
                                  short_name(family.name),
                                  name_of(family.type)),
                      {},
                      "names: " + join(names));
  }
  /// The real reader of text 0.0.4 reads the two labels that are numbers.
  void check_bound(std::string_view text, const Open& open, const Sample& sample) const {
    if (openmetrics()) return;
    const bool histogram = open.family.type == MetricType::histogram;
    if (!histogram && open.family.type != MetricType::summary) return;
    const std::string_view label = histogram ? "le" : "quantile";
    const std::string_view value = sample.labels.get(label);
    if (value.empty() || parse_go_number(value)) return;
    const std::size_t at = text.find(label, text.find('{'));
    throw BadLine{{at, label.size()},
                  fmt::format("the label {} of a {} is a number, not {}",
                              label,
                              name_of(open.family.type),
                              found(value)),
                  {},
                  {}};
  }
  void note_time(const Sample& sample) {
    const auto [last, is_new] = last_.try_emplace(sample.labels, sample.time);
    if (is_new) return;
    const bool later = sample.time && last->second && *sample.time > *last->second;
    if (later) {
      last->second = sample.time;
    } else if (late_++ == 0) {
      first_late_ = line_;
    }
  }

  /// With the name of text 0.0.4, if the samples of a counter have it.
  Family finished(Family family) const {
    if (!openmetrics() || family.type != MetricType::counter) return family;
    const bool bare =
        std::any_of(family.samples.begin(), family.samples.end(), [&](const Sample& s) {
          return s.labels.metric_name() == family.name;
        });
    if (!bare) family.name += "_total";
    return family;
  }

  std::string_view text_;
  Format format_;
  Findings findings_;
  std::size_t begin_ = 0;  ///< of the next line
  int line_ = 0;
  std::size_t shift_ = 0;  ///< blanks before what a line's parser saw
  std::vector<Open> families_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::size_t current_ = static_cast<std::size_t>(-1);
  std::map<Labels, std::optional<Timestamp>> last_;  ///< of each series
  std::size_t late_ = 0;
  int first_late_ = 0;
};

/// Seconds of today, taken for milliseconds, lie some weeks after the beginning of 1970.
bool looks_like_seconds(const Page& page) {
  constexpr Timestamp kFirst{std::chrono::hours(24 * 10)};
  constexpr Timestamp kLast{std::chrono::hours(24 * 50)};
  bool any = false;
  for (const Family& family : page.families)
    for (const Sample& sample : family.samples) {
      if (!sample.time) continue;
      if (*sample.time < kFirst || *sample.time > kLast) return false;
      any = true;
    }
  return any;
}

}  // namespace

Format detect_format(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  if (last == std::string_view::npos) return Format::text;
  text = text.substr(0, last + 1);
  const std::size_t begin = text.rfind('\n');
  const std::string_view line = begin == std::string_view::npos ? text : text.substr(begin + 1);
  return line == kEof ? Format::openmetrics : Format::text;
}

Page read(const std::string& name,
          std::string_view text,
          Diagnostics& diagnostics,
          std::optional<Format> format) {
  const Format spoken = format.value_or(detect_format(text));
  Page page = Reader(name, text, spoken, diagnostics).read();
  if (spoken == Format::text && looks_like_seconds(page))
    diagnostics.warning({SourceText::make(name, ""), 0, 0, 1},
                        "timestamps of text 0.0.4 are milliseconds, and all of these lie in 1970; "
                        "OpenMetrics, where they are seconds, ends with # EOF");
  return page;
}

std::size_t append(const Page& page, Timestamp undated, SeriesStore& table) {
  std::size_t dropped = 0;
  for (const Family& family : page.families)
    for (const Sample& sample : family.samples)
      if (!table.append(sample.labels, sample.time.value_or(undated), sample.value)) ++dropped;
  return dropped;
}

}  // namespace coalmine::exposition

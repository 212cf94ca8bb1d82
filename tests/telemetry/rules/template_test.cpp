#include "sim/telemetry/rules/template.h"

#include <catch2/catch.hpp>
#include <limits>

namespace coalmine::rules {
namespace {

const Labels kLabels{{"__name__", "errors"}, {"job", "api"}, {"le", "0.5"}};
const Labels kExternal{{"cluster", "west"}};

/// What a text becomes for a value; warnings and errors behind it in brackets.
std::string expanded(const std::string& text, double value = 1.5) {
  std::vector<TemplateFinding> findings;
  const Template made = Template::parse(text, findings);
  std::string out = made.expand({kLabels, value, kExternal, "http://prometheus"});
  for (const TemplateFinding& finding : findings)
    out += (finding.is_error ? " [error " : " [warning ") + std::to_string(finding.offset) + ": " +
           finding.message + "]";
  return out;
}

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

// Expected texts: what promtool 2.42.0 made of the same templates, values and labels.

TEST_CASE("a template names labels, external labels and the value") {
  CHECK(expanded("{{ $labels.job }} at {{ .Value }}") == "api at 1.5");
  CHECK(expanded("{{ .Labels.le }}|{{ $labels.missing }}|{{ $labels.__name__ }}") == "0.5||errors");
  CHECK(expanded("{{ $.Value }} {{ $.Labels.job }}") == "1.5 api");
  CHECK(expanded("{{$externalLabels.cluster}} {{ .ExternalLabels.cluster }} {{ $externalURL }}") ==
        "west west http://prometheus");
  CHECK(expanded("no holes, }} and { alone") == "no holes, }} and { alone");
}

TEST_CASE("values are printed as Go prints them") {
  CHECK(expanded("{{ $value }}", 100000) == "100000");
  CHECK(expanded("{{ $value }}", 1e6) == "1e+06");
  CHECK(expanded("{{ $value }}", 123456789) == "1.23456789e+08");
  CHECK(expanded("{{ $value }}", 0.0001) == "0.0001");
  CHECK(expanded("{{ $value }}", 0.00001) == "1e-05");
  CHECK(expanded("{{ $value }}", 1e21) == "1e+21");
  CHECK(expanded("{{ $value }}", kNan) == "NaN");
  CHECK(expanded("{{ $value }}", kInf) == "+Inf");
  CHECK(expanded("{{ $value }}", -kInf) == "-Inf");
}

TEST_CASE("humanize writes four digits and a prefix") {
  CHECK(expanded("{{ $value | humanize }}", 1234567) == "1.235M");
  CHECK(expanded("{{ humanize .Value }}", 0.001234567) == "1.235m");
  CHECK(expanded("{{ humanize .Value }}", 0) == "0");
  CHECK(expanded("{{ humanize .Value }}", 999.99999) == "1000");
  CHECK(expanded("{{ humanize .Value }}", 1e30) == "1e+06Y");
  CHECK(expanded("{{ humanize .Value }}", 1e-30) == "1e-06y");
  CHECK(expanded("{{ humanize .Value }}", kInf) == "+Inf");
  CHECK(expanded("{{ $value | humanize1024 }}", 2048) == "2ki");
  CHECK(expanded("{{ 3 | humanize }} {{ \"1234\" | humanize }}") == "3 1.234k");
  CHECK(expanded("{{ $value | humanize | humanize }}") == "1.5");
}

TEST_CASE("humanizePercentage, humanizeDuration and humanizeTimestamp") {
  CHECK(expanded("{{ $value | humanizePercentage }}", 0.12345) == "12.35%");
  CHECK(expanded("{{ $value | humanizePercentage }}", 1) == "100%");
  CHECK(expanded("{{ $value | humanizePercentage }}", 123) == "1.23e+04%");
  CHECK(expanded("{{ $value | humanizePercentage }}", -0.5) == "-50%");
  CHECK(expanded("{{ $labels.le | humanizePercentage }}") == "50%");

  CHECK(expanded("{{ $value | humanizeDuration }}", 90061.5) == "1d 1h 1m 1s");
  CHECK(expanded("{{ $value | humanizeDuration }}", 59.98765) == "59.99s");
  CHECK(expanded("{{ $value | humanizeDuration }}", 61.9) == "1m 1s");
  CHECK(expanded("{{ $value | humanizeDuration }}", 0) == "0s");
  CHECK(expanded("{{ $value | humanizeDuration }}", -3700) == "-1h 1m 40s");
  CHECK(expanded("{{ $value | humanizeDuration }}", 0.0123456) == "12.35ms");
  CHECK(expanded("{{ $value | humanizeDuration }}", kNan) == "NaN");

  CHECK(expanded("{{ $value | humanizeTimestamp }}", 1700000000) ==
        "2023-11-14 22:13:20 +0000 UTC");
  // The nearest double lies below, and Go cuts.
  CHECK(expanded("{{ $value | humanizeTimestamp }}", 1700000000.123) ==
        "2023-11-14 22:13:20.122 +0000 UTC");
  CHECK(expanded("{{ $value | humanizeTimestamp }}", -1.5) == "1969-12-31 23:59:58.5 +0000 UTC");
  CHECK(expanded("{{ $value | humanizeTimestamp }}", kInf) == "+Inf");
}

TEST_CASE("printf follows Go, also where format and arguments do not fit") {
  CHECK(expanded(R"({{ $value | printf "%.2f" }})", 1) == "1.00");
  CHECK(expanded(R"({{ printf "%.2f%%" .Value }})", 1.005) == "1.00%");
  CHECK(expanded(R"({{ printf "%5.1f|%-8.3e|%+g|%08.3f" $value $value $value $value }})") ==
        "  1.5|1.500e+00|+1.5|0001.500");
  CHECK(expanded(R"({{ printf "%v %q" $labels.job $labels.job }})") == "api \"api\"");
  CHECK(expanded(R"({{ printf "%6s|%-6s|%.2s" $labels.job $labels.job $labels.job }})") ==
        "   api|api   |ap");
  CHECK(expanded(R"({{ printf "%v %g %G %.3g %.10g" $value $value $value $value $value }})",
                 123456789) == "1.23456789e+08 1.23456789e+08 1.23456789E+08 1.23e+08 123456789");
  CHECK(expanded(R"({{ printf "%.2f %05.1f %+.1f" $value $value $value }})", kNan) ==
        "NaN   NaN +NaN");
  CHECK(expanded(R"({{ printf "%.2f %08.1f" $value $value }})", -kInf) == "-Inf     -Inf");
  CHECK(expanded(R"({{ printf "%d" 3 }} {{ printf "%.1f" 3 }})") == "3 %!f(int=3)");
  CHECK(expanded(R"({{ $value | printf "%d" }} {{ printf "%s" $value }})") ==
        "%!d(float64=1.5) %!s(float64=1.5)");
  CHECK(expanded(R"({{ printf "a" $value }})") == "a%!(EXTRA float64=1.5)");
  CHECK(expanded(R"({{ printf "%s %s" $labels.job }})") == "api %!s(MISSING)");
  CHECK(expanded(R"({{ printf "%" }} {{ printf "%z" $value }})") == "%!(NOVERB) %!z(float64=1.5)");
  CHECK(expanded(R"({{ $value | humanizePercentage | printf "%s!" }})") == "150%!");
  CHECK(expanded(R"({{ (printf "%.1f" $value) }})") == "1.5");
}

TEST_CASE("dashes trim blanks around an action, comments are nothing") {
  CHECK(expanded("a  {{- $value -}}  b {{- \"x\" }} c") == "a1.5bx c");
  CHECK(expanded("a \n {{-  \"\" -}} \n b") == "ab");
  CHECK(expanded("{{/* hi */}}x{{- /* y */ -}} z") == "xz");
}

TEST_CASE("literals and the functions of texts") {
  CHECK(expanded("{{ \"a\\tb\" }}{{ `raw\\n` }}") == "a\tbraw\\n");
  CHECK(expanded("{{ 3 }} {{ 3.0 }} {{ 1e6 }} {{ true }}") == "3 3 1e+06 true");
  CHECK(expanded("{{ toUpper $labels.job }} {{ title $labels.job }} "
                 "{{ $labels.job | toUpper | toLower }}") == "API Api api");
  CHECK(expanded("{{ print $value $labels.job }}{{ print 1 2 }}") == "1.5api1 2");
  CHECK(expanded("{{ \"}}\" }}") == "}}");
}

TEST_CASE("a function that cannot take its argument spoils the whole text") {
  CHECK(expanded("of {{ $labels.job | humanize }}") ==
        "<error expanding template: \"api\" is not a number>");
  CHECK(expanded("{{ $value | humanizeTimestamp }}", 1e300).find("<error expanding template: ") ==
        0);
}

TEST_CASE("what Prometheus refuses to load is an error, at its place") {
  CHECK(expanded("x {{ nofunc 3 }}") ==
        "x {{ nofunc 3 }} [error 5: function \"nofunc\" not defined]");
  CHECK(expanded("{{ $foo }}") == "{{ $foo }} [error 3: undefined variable \"$foo\"]");
  CHECK(expanded("x {{ $labels.job") == "x {{ $labels.job [error 2: unclosed action]");
  CHECK(expanded("{{ $labels.job }}{{") == "{{ $labels.job }}{{ [error 17: unclosed action]");
  CHECK(expanded("{{}}") == "{{}} [error 2: missing value for command]");
  CHECK(expanded("{{-$value}}") == "{{-$value}} [error 2: illegal number syntax: \"-\"]");
  CHECK(expanded("{{$labels.foo-bar}}") == "{{$labels.foo-bar}} [error 13: bad character '-']");
  CHECK(expanded("{{ $labels. }}") == "{{ $labels. }} [error 10: unexpected <.> in operand]");
}

TEST_CASE("what is opened must be ended, also where it is not played") {
  const auto error = [](const std::string& text) {
    std::vector<TemplateFinding> findings;
    Template::parse(text, findings);
    return findings.empty() || !findings.back().is_error
               ? ""
               : std::to_string(findings.back().offset) + " " + findings.back().message;
  };
  CHECK(error("{{ if true }}a{{ else }}b{{ end }}") == "");
  CHECK(error("a{{ range query \"up\" }}{{ if . }}a{{ end }}") == "1 unexpected EOF");
  CHECK(error("{{- with $value -}}") == "0 unexpected EOF");
  CHECK(error("a {{ end }}") == "2 unexpected {{end}}");
  CHECK(error("{{ else }}") == "0 unexpected {{else}}");
}

TEST_CASE("what Prometheus plays and we do not stays in the text, with a warning") {
  const std::string range =
      "{{ with query \"up\" }}{{ . | first | value }}{{ end }} of {{ $labels.job }}";
  const std::string said = expanded(range);
  CHECK(said.find("{{ with query \"up\" }}{{ . | first | value }}{{ end }} of api [warning 3: with "
                  "is not supported]") == 0);
  CHECK(said.find("error") == std::string::npos);
  for (const char* text : {"{{ if $value }}",
                           "{{ .Foo }}",
                           "{{ $labels }}",
                           "{{ . }}",
                           "{{ $ }}",
                           "{{ $labels.a.b }}",
                           "{{ $value.x }}",
                           "{{ humanize 3 4 }}",
                           "{{ humanize }}",
                           "{{ title }}",
                           "{{ $value | printf }}",
                           "{{ index $labels \"a\" }}",
                           "{{ 'a' }}",
                           "{{ 0x10 }}",
                           "{{ printf \"%[1]s\" $labels.job }}",
                           "{{ printf \"%.*f\" 2 $value }}",
                           "{{ $x := 3 }}",
                           "{{ nil }}"}) {
    const std::string made = expanded(text);
    CHECK(made.find(std::string(text) + " [warning ") == 0);
  }
  CHECK(expanded("{{ $x := 3 }}{{ $x }}").find("[error") == std::string::npos);
  std::string pipes = "{{ 1";
  for (int i = 0; i < 100'000; ++i) pipes += " | print";
  CHECK(expanded(pipes + " }}").find("too many pipes") != std::string::npos);
  const std::string open(100'000, '(');
  CHECK(expanded("{{ " + open + " }}").find("nested too deeply") != std::string::npos);
}

}  // namespace coalmine::rules

// What `promtool check rules` 2.42.0 said of the same texts, place and words.
#include <catch2/catch.hpp>
#include <string>

#include "asking.h"

namespace coalmine::promql {
namespace {

struct Refused {
  const char* query;
  const char* why;
};

template <std::size_t N>
void check_all(const Refused (&all)[N]) {
  for (const Refused& refused : all) {
    CAPTURE(refused.query);
    CHECK(refusal(refused.query, kVersion2) == refused.why);
  }
}

TEST_CASE("a word that is none is refused where it starts") {
  static constexpr Refused kRefused[] = {
      {")", "1:2: parse error: unexpected right parenthesis ')'"},
      {"(", "1:2: parse error: unclosed left parenthesis"},
      {"sum(", "1:5: parse error: unclosed left parenthesis"},
      {"sum(]", "1:5: parse error: unexpected right bracket ']'"},
      {R"(x{a=~"("})", "1:3: parse error: error parsing regexp: missing closing ): `^(?:()$`"},
      {"x[5]", "1:3: parse error: missing unit character in duration"},
      {"x[5m", "1:5: parse error: unclosed left bracket"},
      {"x[5m:", "1:6: parse error: unclosed left bracket"},
      {"x[", "1:3: parse error: missing unit character in duration"},
      {"x[ # c", "1:4: parse error: missing unit character in duration"},
      {"x[s]", R"(1:3: parse error: not a valid duration string: "s")"},
      {"x[1em]", R"(1:3: parse error: not a valid duration string: "1em")"},
      {"x[20s5summs]", R"(1:3: parse error: bad duration syntax: "20s5su")"},
      {"x offset 5mby", R"(1:10: parse error: bad number or duration syntax: "5mb")"},
      {"x[1m and 2m]", "1:7: parse error: unexpected colon 'n'"},
      {"x{a!", "1:4: parse error: unexpected character after '!' inside braces: '\xef\xbf\xbd'"},
      {"x{a=\"\xff\"}", "1:5: parse error: invalid UTF-8 rune"},
      {"x{a=`\n\xef\xbf\xbd`}", "1:5: parse error: invalid UTF-8 rune"},
      {"x{a=\"\\.\xff\"}", "1:5: parse error: unknown escape sequence U+002E '.'"},
      {"x \xff", "1:3: parse error: unexpected character: '\xef\xbf\xbd'"},
      {"x[foo]", R"(1:3: parse error: bad duration syntax: "")"},
      {"x[]", "1:3: parse error: missing unit character in duration"},
      {"x[5hs]", R"(1:3: parse error: not a valid duration string: "5hs")"},
      {"x[0s]", "1:3: parse error: duration must be greater than 0"},
      {"x[1m1h]", R"(1:3: parse error: not a valid duration string: "1m1h")"},
      {"x[1s5]", R"(1:3: parse error: bad duration syntax: "1s5")"},
      {"x offset 0s", "1:10: parse error: duration must be greater than 0"},
      {"x @ 1e400",
       R"(1:5: parse error: error parsing number: strconv.ParseFloat: parsing "1e400": value out of range)"},
      {R"("abc)", "1:1: parse error: unterminated quoted string"},
      {"'abc", "1:1: parse error: unterminated quoted string"},
      {"`abc", "1:1: parse error: unterminated raw string"},
      {R"("\\)", "1:1: parse error: unterminated quoted string"},
      {R"("\\u12)", "1:1: parse error: unterminated quoted string"},
      {R"(x{a="b")", "1:8: parse error: unexpected end of input inside braces"},
      {"x{{", "1:3: parse error: unexpected left brace '{'"},
      {R"(x{a!b="c"})", "1:4: parse error: unexpected character after '!' inside braces: 'b'"},
      {"x !b", "1:3: parse error: unexpected character after '!': 'b'"},
      {"x =~ y", "1:3: parse error: unexpected character after '=': '~'"},
      {"x ; y", "1:3: parse error: unexpected character: ';'"},
      {"5x", R"(1:1: parse error: bad number or duration syntax: "5")"},
      {"0x1g", R"(1:1: parse error: bad number or duration syntax: "0x1")"},
      {"1e",
       R"(1:1: parse error: error parsing number: strconv.ParseFloat: parsing "1e": invalid syntax)"},
      {"0x",
       R"(1:1: parse error: error parsing number: strconv.ParseFloat: parsing "0x": invalid syntax)"},
      {"rate(x[5m]", "1:11: parse error: unclosed left parenthesis"},
      {R"(x{a="b"}})", "1:9: parse error: unexpected character: '}'"},
      {"x]", "1:2: parse error: unexpected right bracket ']'"},
      {"x[5m]]", "1:6: parse error: unexpected right bracket ']'"},
      {"x[[5m]]", "1:3: parse error: missing unit character in duration"},
      {"x[5m:1m:1m]", "1:8: parse error: unexpected colon ':'"},
      {R"(x{a=~"a",b!~"["})", "1:10: parse error: error parsing regexp: missing closing ]: `[)$`"},
      {"x offset 1h1h", R"(1:10: parse error: not a valid duration string: "1h1h")"},
      {"x[300y]", "1:3: parse error: duration out of range"},
      {"é", "1:1: parse error: unexpected character: 'é'"},
      {R"(x{é="a"})", "1:3: parse error: unexpected character inside braces: 'é'"},
      {"sum(x", "1:6: parse error: unclosed left parenthesis"},
      {"(x", "1:3: parse error: unclosed left parenthesis"},
      {"x +\n  (y", "2:5: parse error: unclosed left parenthesis"},
      {R"(x{1="b"})", "1:3: parse error: unexpected character inside braces: '1'"},
      {R"(x{a="\."})", "1:5: parse error: unknown escape sequence U+002E '.'"},
      {R"("abc\)", "1:1: parse error: escape sequence not terminated"},
      {R"("\)", "1:1: parse error: escape sequence not terminated"},
      {R"("\u12)", "1:1: parse error: escape sequence not terminated"},
      {R"("\u12")", R"(1:1: parse error: illegal character U+0022 '"' in escape sequence)"},
      {R"("\ud800")", "1:1: parse error: escape sequence is an invalid Unicode code point"},
      {R"("\400")", "1:1: parse error: escape sequence is an invalid Unicode code point"},
      {R"("\xg")", "1:1: parse error: illegal character U+0067 'g' in escape sequence"},
      {R"("\x4")", R"(1:1: parse error: illegal character U+0022 '"' in escape sequence)"},
      {R"("\8")", "1:1: parse error: unknown escape sequence U+0038 '8'"},
      {R"("\'")", "1:1: parse error: unknown escape sequence U+0027 '''"},
      {R"('\"')", R"(1:1: parse error: unknown escape sequence U+0022 '"')"},
      {R"("\U00110000")", "1:1: parse error: escape sequence is an invalid Unicode code point"},
      {"\"a\nb\"", "1:1: parse error: unterminated quoted string"},
      {R"("a)", "1:1: parse error: unterminated quoted string"},
      {R"(x{a="\q)", "1:5: parse error: unknown escape sequence U+0071 'q'"},
      {"x[5m:0s]", "1:6: parse error: duration must be greater than 0"},
      {"x offset -0s", "1:11: parse error: duration must be greater than 0"},
      {"(1", "1:3: parse error: unclosed left parenthesis"},
      {"x offset 5m1", R"(1:10: parse error: bad number or duration syntax: "5m1")"},
      {"0x1.8",
       R"(1:1: parse error: error parsing number: strconv.ParseFloat: parsing "0x1.8": invalid syntax)"},
      {"1_000", R"(1:1: parse error: bad number or duration syntax: "1")"},
      {R"q(x{a=~"(?=x)"})q",
       "1:3: parse error: error parsing regexp: invalid or unsupported Perl syntax: `(?=`"},
      {R"(x{a!~"a**"})",
       "1:3: parse error: error parsing regexp: invalid nested repetition operator: `**`"},
      {R"(x{a=~"(x{1000}){1000}"})",
       "1:3: parse error: error parsing regexp: invalid repeat count: `{1000}`"},
  };
  check_all(kRefused);
}

TEST_CASE("words in the wrong order are refused at the first that does not fit") {
  static constexpr Refused kRefused[] = {
      {"sum(rate(x foo))", R"(1:12: parse error: unexpected identifier "foo" in aggregation)"},
      {"sum(x) foo", R"(1:8: parse error: unexpected identifier "foo")"},
      {"sum by (x) foo", R"(1:12: parse error: unexpected identifier "foo" in aggregation)"},
      {"sum by x (y)",
       R"(1:8: parse error: unexpected identifier "x" in grouping opts, expected "(")"},
      {"sum by (1) (y)",
       R"(1:9: parse error: unexpected number "1" in grouping opts, expected label)"},
      {"sum by (a b) (y)",
       R"q(1:11: parse error: unexpected identifier "b" in grouping opts, expected "," or ")")q"},
      {"sum by (a:b) (y)",
       R"(1:9: parse error: unexpected metric identifier "a:b" in grouping opts, expected label)"},
      {"sum by (without) (y)",
       "1:9: parse error: unexpected <without> in grouping opts, expected label"},
      {R"(x{a="b" c="d"})",
       R"(1:9: parse error: unexpected identifier "c" in label matching, expected "," or "}")"},
      {"x{a}",
       R"(1:4: parse error: unexpected "}" in label matching, expected label matching operator)"},
      {"x{a=}", R"(1:5: parse error: unexpected "}" in label matching, expected string)"},
      {R"(x{"a"="b"})",
       R"(1:3: parse error: unexpected string "\"a\"" in label matching, expected identifier or "}")"},
      {"x{,}", R"(1:3: parse error: unexpected "," in label matching, expected identifier or "}")"},
      {R"(x{a="b",,})",
       R"(1:9: parse error: unexpected "," in label matching, expected identifier or "}")"},
      {"x[5m:1]",
       R"(1:6: parse error: unexpected number "1" in subquery selector, expected duration or "]")"},
      {"x offset", "1:9: parse error: unexpected end of input in offset, expected duration"},
      {"x offset 5", R"(1:10: parse error: unexpected number "5" in offset, expected duration)"},
      {"x offset foo",
       R"(1:10: parse error: unexpected identifier "foo" in offset, expected duration)"},
      {"x offset +5m", "1:10: parse error: unexpected <op:+> in offset, expected duration"},
      {"x @ foo", R"(1:5: parse error: unexpected identifier "foo" in @, expected timestamp)"},
      {"x @ start", "1:10: parse error: unexpected end of input in @, expected timestamp"},
      {"x + group_left y", "1:5: parse error: unexpected <group_left>"},
      {"ceil by (a) (x)", "1:6: parse error: unexpected <by>"},
      {"x = y", R"(1:3: parse error: unexpected "=")"},
      {"1.5.2", R"(1:4: parse error: unexpected number ".2")"},
      {"x y", R"(1:3: parse error: unexpected identifier "y")"},
      {"1 2", R"(1:3: parse error: unexpected number "2")"},
      {R"("a" "b")", R"(1:5: parse error: unexpected string "\"b\"")"},
      {"a:b(x)", R"(1:4: parse error: unexpected "(")"},
      {"on", "1:1: parse error: unexpected <on>"},
      {"bool", "1:1: parse error: unexpected <bool>"},
      {"atan2", "1:1: parse error: unexpected <op:atan2>"},
      {"group_left", "1:1: parse error: unexpected <group_left>"},
      {"end()", R"(1:4: parse error: unexpected "(")"},
      {"rate(x[5m],)", "1:11: parse error: trailing commas not allowed in function call args"},
      {"rate(,x[5m])", R"(1:6: parse error: unexpected ",")"},
      {"1 + # c\n # d\n", "3:1: parse error: unexpected end of input"},
      {"1h", R"(1:1: parse error: unexpected duration "1h")"},
      {"x > 1h", R"(1:5: parse error: unexpected duration "1h")"},
      {"x @ 5m", R"(1:5: parse error: unexpected duration "5m" in @, expected timestamp)"},
      {"sum(x)(y)", R"(1:7: parse error: unexpected "(")"},
      {"sum(x) by (a) by (b)", "1:15: parse error: unexpected <by>"},
      {"sum by (a) (x) by (b)", "1:16: parse error: unexpected <by>"},
      {R"(NaN{a="b"})", R"(1:4: parse error: unexpected "{")"},
      {R"(x[5m]{a="b"})", R"(1:6: parse error: unexpected "{")"},
      {R"(x{a="b"}{c="d"})", R"(1:9: parse error: unexpected "{")"},
      {"x > bool > y", "1:10: parse error: unexpected <op:>>"},
      {"x + * y", "1:5: parse error: unexpected <op:*>"},
      {"x ** y", "1:4: parse error: unexpected <op:*>"},
      {"* y", "1:1: parse error: unexpected <op:*>"},
      {"x + ", "1:5: parse error: unexpected end of input"},
      {"x{a=b}",
       R"(1:5: parse error: unexpected identifier "b" in label matching, expected string)"},
      {R"(x{a="b"c="d"})",
       R"(1:8: parse error: unexpected identifier "c" in label matching, expected "," or "}")"},
      {"sum(x,)", "1:6: parse error: trailing commas not allowed in function call args"},
      {"bool + 1", "1:1: parse error: unexpected <bool>"},
      {"x @ (5)", R"(1:5: parse error: unexpected "(" in @, expected timestamp)"},
      {"x > on(a) bool y", "1:11: parse error: unexpected <bool>"},
      {"x > on(,) y", R"(1:8: parse error: unexpected "," in grouping opts, expected label)"},
      {"x > on(a b) y",
       R"q(1:10: parse error: unexpected identifier "b" in grouping opts, expected "," or ")")q"},
      {"x > on(1) y",
       R"(1:8: parse error: unexpected number "1" in grouping opts, expected label)"},
      {"x > on y", R"(1:8: parse error: unexpected identifier "y" in grouping opts, expected "(")"},
      {"x + on(a) group_left (y)", "1:25: parse error: unexpected end of input"},
      {R"(x{a="b"} by (c))", "1:10: parse error: unexpected <by>"},
      {"by (x)", R"(1:4: parse error: unexpected "(")"},
      {"", "1:1: parse error: no expression found in input"},
      {" # nothing", "1:1: parse error: no expression found in input"},
      {"topk(2, == x)", "1:7: parse error: trailing commas not allowed in function call args"},
      {"x + on(a) group_left == y",
       R"(1:22: parse error: unexpected <op:==> in grouping opts, expected "(")"},
      {"x + on(a) group_left",
       R"(1:21: parse error: unexpected end of input in grouping opts, expected "(")"},
      {"sum by start() (x)",
       R"(1:8: parse error: unexpected "start" in grouping opts, expected "(")"},
  };
  check_all(kRefused);
}

TEST_CASE("operands and arguments of the wrong type are refused") {
  static constexpr Refused kRefused[] = {
      {"x @ Inf", "1:1: parse error: timestamp out of bounds for @ modifier: +Inf"},
      {"x @ 1e16",
       "1:1: parse error: timestamp out of bounds for @ modifier: 10000000000000000.000000"},
      {"x @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"},
      {"x offset 5m offset 6m", "1:1: parse error: offset may not be set multiple times"},
      {"(x) offset 5m",
       "1:1: parse error: offset modifier must be preceded by an instant vector selector or range "
       "vector selector or a subquery"},
      {"(x) @ 5",
       "1:1: parse error: @ modifier must be preceded by an instant vector selector or range "
       "vector selector or a subquery"},
      {"(x)[5m]", "1:4: parse error: ranges only allowed for vector selectors"},
      {"x offset 5m [5m]", "1:13: parse error: no offset modifiers allowed before range"},
      {"x @ 5 [5m]", "1:7: parse error: no @ modifiers allowed before range"},
      {"rate(x)",
       R"(1:6: parse error: expected type range vector in call to function "rate", got instant vector)"},
      {"rate()", R"(1:1: parse error: expected 1 argument(s) in call to "rate", got 0)"},
      {"foo(x)", R"(1:1: parse error: unknown function with name "foo")"},
      {"clamp(x,1)", R"(1:1: parse error: expected 3 argument(s) in call to "clamp", got 2)"},
      {"round(x,1,2)",
       R"(1:1: parse error: expected at most 2 argument(s) in call to "round", got 3)"},
      {"round()", R"(1:1: parse error: expected at least 1 argument(s) in call to "round", got 0)"},
      {"1 == 1", "1:3: parse error: comparisons between scalars must use BOOL modifier"},
      {"1 and 2",
       R"(1:1: parse error: set operator "and" not allowed in binary scalar expression)"},
      {"1 and x",
       R"(1:1: parse error: set operator "and" not allowed in binary scalar expression)"},
      {"x and bool x", "1:3: parse error: bool modifier can only be used on comparison operators"},
      {"x + bool x", "1:3: parse error: bool modifier can only be used on comparison operators"},
      {"x + on(a) group_left(a) y",
       R"(1:3: parse error: label "a" must not occur in ON and GROUP clause at once)"},
      {"x and on(a) group_left y", R"(1:1: parse error: no grouping allowed for "and" operation)"},
      {"1 + on(a) y", "1:1: parse error: vector matching only allowed between instant vectors"},
      {"x[5m] + 1",
       "1:1: parse error: binary expression must contain only scalar and instant vector types"},
      {R"("a" + 1)",
       "1:1: parse error: binary expression must contain only scalar and instant vector types"},
      {R"(-"a")",
       R"(1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string")"},
      {"-x[5m]",
       R"(1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "range vector")"},
      {"time()[5m:1m]",
       "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"},
      {"{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
      {R"({a=~".*"})",
       "1:1: parse error: vector selector must contain at least one non-empty matcher"},
      {R"(x{__name__="y"})", R"(1:1: parse error: metric name must not be set twice: "x" or "y")"},
      {"sum()", "1:1: parse error: no arguments for aggregate expression provided"},
      {"sum(x,y)",
       "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, "
       "got 2"},
      {"topk(x)",
       "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, "
       "got 1"},
      {R"(topk("a",x))",
       "1:6: parse error: expected type scalar in aggregation parameter, got string"},
      {"count_values(1,x)",
       "1:14: parse error: expected type string in aggregation parameter, got scalar"},
      {"sum(1)",
       "1:5: parse error: expected type instant vector in aggregation expression, got scalar"},
      {"x[5m][5m]", "1:6: parse error: ranges only allowed for vector selectors"},
      {"topk(1,2,x)",
       "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, "
       "got 3"},
      {"quantile(0.5,x[5m])",
       "1:14: parse error: expected type instant vector in aggregation expression, got range "
       "vector"},
      {"absent(1)",
       R"(1:8: parse error: expected type instant vector in call to function "absent", got scalar)"},
      {"scalar(1)",
       R"(1:8: parse error: expected type instant vector in call to function "scalar", got scalar)"},
      {"vector(x)",
       R"(1:8: parse error: expected type scalar in call to function "vector", got instant vector)"},
      {"time(1)", R"(1:1: parse error: expected 0 argument(s) in call to "time", got 1)"},
      {R"(label_join(x,"a"))",
       R"(1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 2)"},
      {R"(label_join(x,"a",1))",
       R"(1:18: parse error: expected type string in call to function "label_join", got scalar)"},
      {"minute(1)",
       R"(1:8: parse error: expected type instant vector in call to function "minute", got scalar)"},
      {"x and 1 == bool 1",
       R"(1:1: parse error: set operator "and" not allowed in binary scalar expression)"},
      {"x ^ 2 offset 5m",
       "1:5: parse error: offset modifier must be preceded by an instant vector selector or range "
       "vector selector or a subquery"},
      {R"(1 + "a")",
       "1:5: parse error: binary expression must contain only scalar and instant vector types"},
      {R"(x{__name__="a",__name__="b"})",
       R"(1:1: parse error: metric name must not be set twice: "x" or "a")"},
      {"x or bool y", "1:3: parse error: bool modifier can only be used on comparison operators"},
      {R"(quantile("a", x))",
       "1:10: parse error: expected type scalar in aggregation parameter, got string"},
      {"x[5m:1m] + 1",
       "1:1: parse error: binary expression must contain only scalar and instant vector types"},
      {"rate((x)[5m])", "1:9: parse error: ranges only allowed for vector selectors"},
      {"1 > 2 > 3", "1:3: parse error: comparisons between scalars must use BOOL modifier"},
      {"1[5m:1s]",
       "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"},
      {R"("a"[5m:1s])",
       "1:1: parse error: subquery is only allowed on instant vector, got string instead"},
      {R"(label_replace(x,"a","b","c",x))",
       R"(1:29: parse error: expected type string in call to function "label_replace", got instant vector)"},
  };
  check_all(kRefused);
}

TEST_CASE("what Prometheus takes is taken") {
  static constexpr const char* kFine[] = {
      "sum by (sum) (y)",
      R"(x{a="b",})",
      "x offset -5m",
      "x @ -1.5",
      "x @ start()",
      R"(x{a="\\."})",
      R"("\\ud800")",
      R"("\\400")",
      R"("\\xg")",
      ".5",
      "5.",
      "sum",
      "sum + 1",
      "by",
      R"(without{a="b"})",
      "offset",
      "start",
      "+x",
      "x ^ -y",
      "x # comment",
      "x # comment\n + 1",
      "x{a=\"b\", # c\n b=\"c\"}",
      "x offset 1h30m",
      "x[1y1w1d1h1m1s1ms]",
      "x{a='b'}",
      "SUM(x) BY (a)",
      "x AND y",
      "x OFFSET 5m",
      "infinity",
      "inf",
      "nAn",
      "-inf",
      R"(x{a="1"} @ end() offset 5m)",
      "x offset 5m @ end()",
      "days_in_month()",
      "x == 1 == bool 1",
      R"(x{sum="b"})",
      R"(`a\`)",
      "x[5m:]",
      "x[1h:5m] offset 1w @ 5",
      "x offset 1y",
      "rate(x[5m])[5m:1m]",
      "min_over_time(rate(x[5m])[5m:])",
      R"(x{a="b" , })",
      R"({__name__=~"a.*",b=""})",
      "x @ +5",
      "x > bool on(a) y",
      "x > on() y",
      "x > on(a,) y",
      "x + on(a) group_left() y",
      "x + on(a) group_left(b,) y",
      "x + ignoring(a) group_left(a) y",
      "010",
      "08",
      R"(x{a="b"}[5m] @ 5 offset 1h)",
      "sum(x) by (a) + sum(y) by (b)",
      "sum(rate(x[5m])) by (le, a) > 0.5",
      R"(count_values("1a", x))",
      "group(x)",
      "pi()",
      "(x[5m])",
      "rate((x[5m]))",
      "absent_over_time((x[5m]))",
      "vector(1)[5m:1m]",
      "topk(1, x) by (a)",
      "x +on(a) y # comment",
      "x unless on(a) y",
      "x[5m a]",
  };
  for (const char* query : kFine) {
    CAPTURE(query);
    CHECK(refusal(query, kVersion2) == "fine");
  }
}

TEST_CASE("an unknown function is named, with the nearest known one") {
  CHECK(refusal("foo(x)") == R"(1:1: parse error: unknown function with name "foo")");
  CHECK(refusal("1 + Rate(x[5m])") ==
        R"(1:5: parse error: unknown function with name "Rate", did you mean "rate"?)");
}

TEST_CASE("a function that only other engines have is told from one that nobody has") {
  CHECK(refusal("holt_winters(x[5m], 0.5, 0.5)") ==
        "1:1: parse error: function `holt_winters` is not supported");
  CHECK(refusal("1 +\nhistogram_avg(x)") ==
        "2:1: parse error: function `histogram_avg` is not supported");
}

TEST_CASE("the pattern of label_replace is read with the query, not when it runs") {
  CHECK(
      refusal(R"q(label_replace(x, "a", "b", "c", "("))q") ==
      "1:33: parse error: invalid regular expression in label_replace(): ( (error parsing regexp: "
      "missing closing ): `^(?:()$`)");
}

TEST_CASE("a pattern that would need too much memory is refused") {
  const std::string bomb = R"q(x{a=~"((((((x{100}){100}){100}){100}){100}){100})"})q";
  CHECK(refusal(bomb).find("1:3: parse error: error parsing regexp: ") == 0);
  CHECK(refusal(R"(x{a=~"\\pL{1000}\\pL{1000}\\pL{1000}\\pL{1000}"})").find("1:3: parse error: ") ==
        0);
}

TEST_CASE("what is nested too deeply or too long is refused, not survived by luck") {
  const auto says = [](const std::string& query, const char* words) {
    return refusal(query).find(words) != std::string::npos;
  };
  constexpr std::size_t kMany = 60'000;
  CHECK(says(std::string(kMany, '('), "nested more than"));
  CHECK(says(std::string(kMany, '-'), "nested more than"));
  std::string chain = "x";
  for (int i = 0; i < 5'000; ++i) chain += "+x";
  CHECK(says(chain, "nested more than"));
  std::string calls;
  for (int i = 0; i < 5'000; ++i) calls += "abs(";
  CHECK(says(calls, "nested more than"));
  CHECK(says(std::string(100'000, ' '), "longer than"));
}

TEST_CASE("what is nested as deeply as may be is read and answered") {
  const auto nested = [](std::string_view opening, std::string_view closing, int times = 390) {
    std::string query;
    for (int i = 0; i < times; ++i) query += opening;
    query += "vector(1)";
    for (int i = 0; i < times; ++i) query += closing;
    return ask(query, SeriesStore(), 0);
  };
  CHECK(nested("(", ")") == "{} 1");
  CHECK(nested("- ", "") == "{} 1");
  CHECK(nested("abs(", ")") == "{} 1");
  CHECK(nested("sum(", ")") == "{} 1");
  CHECK(nested("1 ^ ", "") == "{} 1");
  CHECK(nested("", " and vector(2)") == "{} 1");
  CHECK(nested("max_over_time(", "[20s:10s])", 190) == "{} 1");  // two levels each
}

TEST_CASE("an error knows its line, column and offset") {
  try {
    Query::parse("sum(x)\n  by by");
    FAIL("not refused");
  } catch (const ParseError& error) {
    CHECK(error.line() == 2);
    CHECK(error.column() == 6);
    CHECK(error.offset() == 12);
    CHECK(error.message() == "unexpected <by> in grouping opts, expected \"(\"");
  }
}

}  // namespace
}  // namespace coalmine::promql

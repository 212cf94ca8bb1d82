#include "sim/telemetry/go_number.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "sim/telemetry/sample.h"

namespace coalmine {

// Go: fmt.Println(strconv.FormatFloat(x, 'g', -1, 64))
TEST_CASE("numbers in metrics files are written as Go's 'g' does", "[telemetry][go-number]") {
  CHECK(go_number(0) == "0");
  CHECK(go_number(-0.0) == "-0");
  CHECK(go_number(1) == "1");
  CHECK(go_number(-2.5) == "-2.5");
  CHECK(go_number(0.0001) == "0.0001");
  CHECK(go_number(0.00001) == "1e-05");
  CHECK(go_number(100'000) == "100000");
  CHECK(go_number(999'999.5) == "999999.5");
  CHECK(go_number(1e6) == "1e+06");
  CHECK(go_number(1'234'567) == "1.234567e+06");
  CHECK(go_number(5e-324) == "5e-324");
  CHECK(go_number(1.7976931348623157e308) == "1.7976931348623157e+308");
  CHECK(go_number(kStaleMarker) == "NaN");
  CHECK(go_number(std::numeric_limits<double>::infinity()) == "+Inf");
  CHECK(go_number(-std::numeric_limits<double>::infinity()) == "-Inf");
}

// specs/prometheus.md section 11
TEST_CASE("numbers in answers have an exponent below 1e-6 and from 1e21 on",
          "[telemetry][go-number]") {
  CHECK(go_number_in_json(0.000001) == "0.000001");
  CHECK(go_number_in_json(123456789012345680000.0) == "123456789012345680000");
  CHECK(go_number_in_json(1e21) == "1e+21");
  CHECK(go_number_in_json(2.55e-08) == "2.55e-08");
  CHECK(go_number_in_json(2.3333333333333335) == "2.3333333333333335");
  CHECK(go_number_in_json(0) == "0");
  CHECK(go_number_in_json(-0.0) == "-0");
  CHECK(go_number_in_json(1e6) == "1000000");
  CHECK(go_number_in_json(-0.5) == "-0.5");
  CHECK(go_number_in_json(std::nan("")) == "NaN");
}

TEST_CASE("plain numbers have no exponent", "[telemetry][go-number]") {
  CHECK(go_number_plain(1e-9) == "0.000000001");
  CHECK(go_number_plain(1e21) == "1000000000000000000000");
  CHECK(go_number_plain(-0.0) == "-0");
  CHECK(go_number_plain(-std::numeric_limits<double>::infinity()) == "-Inf");
}

TEST_CASE("numbers in metrics files are read as Go reads them", "[telemetry][go-number]") {
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(parse_go_number("1") == 1.0);
  CHECK(parse_go_number("+1.") == 1.0);
  CHECK(parse_go_number("-.5") == -0.5);
  CHECK(parse_go_number("1E+3") == 1000.0);
  CHECK(parse_go_number("00") == 0.0);
  CHECK(std::signbit(parse_go_number("-0").value()));
  CHECK(parse_go_number("1e-400") == 0.0);
  CHECK(parse_go_number("0e99999999999999999999") == 0.0);
  CHECK(parse_go_number("1e-99999999999999999999") == 0.0);
  CHECK(parse_go_number("5e-324") == 5e-324);
  CHECK(parse_go_number("2e-324") == 0.0);
  CHECK(parse_go_number("0.00001e313") == 1e308);
  CHECK(parse_go_number("1.7976931348623157e308") == std::numeric_limits<double>::max());
  CHECK(parse_go_number("iNf") == inf);
  CHECK(parse_go_number("+Infinity") == inf);
  CHECK(parse_go_number("-inf") == -inf);
  CHECK(std::bit_cast<std::uint64_t>(parse_go_number("nAn").value()) ==
        std::bit_cast<std::uint64_t>(kOrdinaryNan));
}

TEST_CASE("what is no decimal, or too large for a double, is no number", "[telemetry][go-number]") {
  for (const char* text : {"",     "+",     ".",     "1e",     "1e+",
                           "e5",   "1.2.3", "1 ",    " 1",     "--1",
                           "+-1",  "1a",    "1,5",   "0x10",   "0x1p3",
                           "1p3",  "1_000", "1e400", "-1e400", "1e99999999999999999999",
                           "+nan", "-NaN",  "infin", "nan(1)", "1e5."}) {
    INFO(text);
    CHECK_FALSE(parse_go_number(text));
  }
}

}  // namespace coalmine

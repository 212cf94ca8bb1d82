// Any bytes are a query or a ParseError whose place lies in the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sim/telemetry/promql/query.h"

using namespace coalmine;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto dialect : {PromDialect::v2, PromDialect::v2_51, PromDialect::v3}) {
    promql::Options options;
    options.dialect = dialect;
    try {
      const promql::Query query = promql::Query::parse(text, options);
      static_cast<void>(query.selectors());
      static_cast<void>(query.reach());
    } catch (const promql::ParseError& e) {
      if (e.offset() > size || e.line() < 1 || e.column() < 1) std::abort();
    }
  }
  return 0;
}

// Any bytes are a page to somebody: the readers come to an end, and what they took can be written.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/telemetry/exposition/reader.h"
#include "sim/telemetry/exposition/writer.h"

using namespace coalmine;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto format : {exposition::Format::text, exposition::Format::openmetrics}) {
    Diagnostics found;
    const exposition::Page page = exposition::read("page", text, found, format);
    static_cast<void>(found.text());
    SeriesStore table;
    exposition::append(page, Timestamp{}, table);
    for (const auto other : {exposition::Format::text, exposition::Format::openmetrics}) {
      Diagnostics again;
      exposition::read("page", exposition::write(page, other), again, other);
    }
  }
  return 0;
}

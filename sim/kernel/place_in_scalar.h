/// Where a byte of a YAML text stands in its file: so that an error inside an expression or a
/// template is shown where it was written.
#pragma once

#include <cstddef>

#include "sim/kernel/value.h"

namespace coalmine {

/// The place of byte `offset` of the scalar's text, one byte long. Folding and indentation only
/// change blanks, so text and source are walked together by what is not blank; where they do not
/// fit (rare escapes), it is the place of the whole scalar.
Position place_in_scalar(const Value& scalar, std::size_t offset);

}  // namespace coalmine

/// How columns of a recording file become small without losing a bit.
///
/// Times and counters move by nearly the same amount from one scrape to the next, so what is kept
/// is how much the step changes: value 0, the first step, then differences of steps, each a signed
/// varint (modulo 2^64). A regular scrape costs one byte, a counter of requests one or two.
///
/// Numbers come in three forms, the first that gives every value of the column back exactly:
///   0  whole numbers below 2^53
///   1  whole nanoseconds, of which the value is the number of seconds (n x 1e-9 as a double)
///   2  any: per value the bits that differ from the value before, without zero bytes at both ends:
///      a byte with the number of bytes left out at the high end (four bits) and of those kept (low
///      four bits), then these, lowest first
/// After "Gorilla: a fast, scalable, in-memory time series database", VLDB 2015, in whole bytes.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sim/experiment/cmrun/bytes.h"

namespace coalmine::cmrun {

void write_times(ByteWriter& out, std::span<const Time> times);
std::vector<Time> read_times(ByteReader& in);  ///< with their count

void write_numbers(ByteWriter& out, std::span<const double> values);
std::vector<double> read_numbers(ByteReader& in);  ///< with their count

}  // namespace coalmine::cmrun

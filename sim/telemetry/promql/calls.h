/// Calls of functions: those over ranges, of elements, and the special ones.
#pragma once

#include "sim/telemetry/promql/evaluation.h"

namespace coalmine::promql {

void evaluate_call(
    Evaluation& evaluation, const Node& node, const Call& call, const Moment& at, Vector& out);
double evaluate_scalar_call(Evaluation& evaluation, const Call& call, const Moment& at);

/// The argument that is a range, of a function over one.
const Node& matrix_argument(const Call& call);

// label_functions.cpp
void label_replace(
    Evaluation& evaluation, const Node& node, const Call& call, const Moment& at, Vector& out);
void label_join(
    Evaluation& evaluation, const Node& node, const Call& call, const Moment& at, Vector& out);

}  // namespace coalmine::promql

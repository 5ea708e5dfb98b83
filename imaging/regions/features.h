// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "imaging/regions/labels.h"
#include "imaging/scratch.h"

/// What regions of latents are made by: the planes, brought to comparable sizes. All functions are thread-safe.
namespace imaging {

inline constexpr std::int64_t kMostCells = (std::int64_t{1} << 30) - 1;

/// Throws std::invalid_argument: planes without a cell or with more than kMostCells; what is not a number (NaN or
/// infinite) or so large that differences would be, naming the first.
void check(const Planes& planes);

/// Every plane minus its mean, divided by its standard deviation (of the population; 1 where that is below 1e-6). Sums
/// are taken in double precision, the results rounded to single, as are the differences. Lies in `scratch`.
Planes standardised(const Planes& planes, Scratch& scratch);

/// Every cell's vector divided by its length (1 where that is below 1e-6). Lies in `scratch`.
Planes unit_vectors(const Planes& planes, Scratch& scratch);

}  // namespace imaging

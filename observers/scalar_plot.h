// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace observers {

/// A table with a header, whose first column is the turn, as curves one above the other in an SVG. Of more rows than
/// there are pixels the range in each pixel is drawn, so that no peak is lost, and what is kept in memory does not grow
/// with the table; empty fields and what is not finite are left out. Throws std::runtime_error: the table cannot be
/// read, or has no columns.
std::string plot_of_table(const std::string& path, const std::string& title);

}  // namespace observers

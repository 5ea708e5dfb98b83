// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "graph/load.h"

/// The forms that a table may have as a file: rows of cells, as they are written.
namespace program {

using Row = std::vector<graph::RowCell>;
using Rows = std::function<void(Row row, const std::string& file)>;
/// Told of a column where it is named once for all rows: in the header of a .csv.
using Columns = std::function<void(const std::string& column, const graph::Mark& mark)>;
using RowFault = std::function<void(const graph::Mark& mark, const std::string& what)>;

/// The files that a path means: itself, or those that match where its last part has wildcards, by name. Throws
/// graph::Faults: there is none.
std::vector<std::string> row_files(const std::string& path);

/// Gives the rows of a file one after the other, and what is wrong with its form, with places. A .txt has one cell in a
/// row, whose column is "". Throws graph::Faults: the file cannot be read, its ending is not one of a table.
void read_rows(const std::string& path, const Rows& take, const Columns& column, const RowFault& fault);

}  // namespace program

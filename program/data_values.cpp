// SPDX-License-Identifier: MIT
#include "program/data_values.h"

#include <algorithm>
#include <cstring>

namespace program {

graph::Data data_value(const graph::Shape* shape, const std::string& text, const graph::Mark& mark,
                       const std::string& folder) {
  if (text.starts_with('@')) return graph::load_data(graph::found_path(text.substr(1), folder));
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first != std::string::npos && std::strchr("[{\"'", text[first]) != nullptr)
    return graph::parse_data(text, mark.file, folder);
  if (text == "null" || text == "~") return graph::Data::null(mark);
  const bool leaves = shape && shape->sort == graph::Shape::Sort::kList &&
                      shape->parts[0].sort == graph::Shape::Sort::kLeaf && shape->parts[0].kind != graph::Kind::kString;
  if (!leaves) return graph::Data::text(text, true, mark, folder);
  std::vector<graph::Data> items;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    items.push_back(graph::Data::text(text.substr(begin, end - begin), true, mark, folder));
    begin = end + 1;
  }
  return graph::Data::list(std::move(items), mark);
}

}  // namespace program

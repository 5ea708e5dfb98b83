// SPDX-License-Identifier: MIT
#include "graph/running/lists.h"

#include <stdexcept>

namespace graph {

std::size_t common_length(const Region& body, const std::vector<Value>& lists) {
  const std::size_t length = lists.front().length();
  bool same = true;
  std::string text;
  for (std::size_t l = 0; l < lists.size(); ++l) {
    same = same && lists[l].length() == length;
    text += (l == 0 ? "" : ", ") + body.lists[l].first + " has " + std::to_string(lists[l].length()) + " (" +
            body.lists[l].second + ")";
  }
  if (same) return length;
  throw std::runtime_error("lists that are walked together are of one length, and " + text);
}

void set_element(const Layout& layout, const Region& body, const std::vector<Value>& lists, const ElementPlace& place,
                 Frame& frame) {
  const int first = layout.nodes[body.head].first_port;
  const std::vector<int>& readers = layout.regions[frame.region].readers;
  const auto set = [&](int port, auto&& make) {
    if (readers[first + port] > 0) frame.values[first + port] = make();
  };
  for (std::size_t l = 0; l < lists.size(); ++l)
    set(body.list_port(static_cast<int>(l)), [&] { return lists[l].places()[place.index]; });
  set(body.index_port(), [&] { return Value::of(std::int64_t{place.index}); });
  set(body.count_port(), [&] { return Value::of(std::int64_t{place.count}); });
}

}  // namespace graph

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "graph/contract.h"
#include "graph/item.h"

namespace graph {

/// How large a value will be: numbers that its sender and its readers agree on (of a picture width and height). Empty:
/// nobody knows.
using Extent = std::vector<std::int64_t>;

/// What a node sees of a run that has not begun: see Node::foresee.
class Outlook {
 public:
  /// `ins` by index of the contract's inputs; `gathered` as gathered().
  Outlook(const Contract& contract, std::vector<Extent> ins, std::vector<Item> gathered)
      : contract_(contract), ins_(std::move(ins)), outs_(contract.outs().size()), gathered_(std::move(gathered)) {}

  template <class Port>
  const Extent& in(const Port& port) const {
    return ins_[static_cast<std::size_t>(place(contract_.ins(), port.name))];
  }
  /// The items whose packets come to a Gather port, in their order; empty: nobody knows, or too many to say.
  const std::vector<Item>& gathered() const { return gathered_; }
  template <class T>
  void out(const Out<T>& port, Extent extent) {
    outs_[static_cast<std::size_t>(place(contract_.outs(), port.name))] = std::move(extent);
  }
  /// By index of the contract's outputs.
  const std::vector<Extent>& outs() const { return outs_; }

 private:
  template <class Specs>
  static int place(const Specs& specs, const std::string& name) {
    int at = 0;
    while (specs.at(static_cast<std::size_t>(at)).name != name) ++at;
    return at;
  }

  const Contract& contract_;
  std::vector<Extent> ins_, outs_;
  std::vector<Item> gathered_;
};

}  // namespace graph

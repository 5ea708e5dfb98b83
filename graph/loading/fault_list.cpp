// SPDX-License-Identifier: MIT
#include "graph/loading/fault_list.h"

#include <utility>

#include "base/names.h"

namespace graph {

void FaultList::add(const Mark& mark, std::string what) {
  ++count_;
  if (!full()) faults_.push_back({mark, std::move(what)});
}

std::string FaultList::suggest(const std::string& word, const std::vector<std::string>& candidates) const {
  return full() ? "" : base::did_you_mean(word, candidates);
}

void FaultList::throw_if_any() {
  if (faults_.empty()) return;
  if (count_ > faults_.size()) {
    const Mark last = Faults(faults_).list().back().mark;  // so that the line comes last when they are sorted
    faults_.push_back({last, "… and " + std::to_string(count_ - faults_.size()) + " more"});
  }
  throw Faults(faults_);
}

}  // namespace graph

// SPDX-License-Identifier: MIT
#include "graph/value.h"

namespace graph {

std::size_t Value::length() const {
  if (empty()) throw std::logic_error("no value where one with a length is due");
  if (!type_->length) throw std::logic_error(std::string("a ") + type_->name + " has no length");
  return type_->length(data_.get());
}

}  // namespace graph

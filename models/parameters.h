// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tensors/torch.h"

/// Networks are built from their parameters: a layer's constructor asks for each tensor by name and shape and keeps it.
/// So nothing is allocated twice, a missing or misshapen tensor is found while the network is built, and where a tensor
/// comes from (files, LoRA, random numbers for training) is none of the network's business.
namespace models {

/// Where parameters come from. The names are diffusers' and transformers': "down_blocks.0.resnets.1.conv1.weight".
class ParameterSource {
 public:
  virtual ~ParameterSource() = default;
  /// The tensor of that name on the source's device in the source's dtype. The caller shares it: it must not be written
  /// to. Throws std::runtime_error that names the tensor, and the shape expected and found.
  virtual at::Tensor get(const std::string& name, at::IntArrayRef shape) = 0;
};

/// All parameters of a network by name, in the order in which its layers asked for them.
using ParameterTable = std::vector<std::pair<std::string, at::Tensor>>;

/// A place in the tree of names, handed down through the constructors of layers.
class ParameterPath {
 public:
  /// Parameters are added to `table` as they are asked for. Both must outlive the path.
  ParameterPath(ParameterSource& source, ParameterTable& table) : source_(&source), table_(&table) {}

  ParameterPath operator/(std::string_view child) const {
    ParameterPath path = *this;
    path.prefix_ += child;
    path.prefix_ += '.';
    return path;
  }
  ParameterPath operator/(std::size_t index) const { return *this / std::to_string(index); }

  /// "down_blocks.1.attentions.0"
  std::string name() const { return prefix_.empty() ? prefix_ : prefix_.substr(0, prefix_.size() - 1); }

  at::Tensor parameter(std::string_view name, at::IntArrayRef shape) const {
    std::string full = prefix_ + std::string(name);
    at::Tensor tensor = source_->get(full, shape);
    table_->emplace_back(std::move(full), tensor);
    return tensor;
  }

  /// The same parameter in another memory format, in the table, too, so that it lies in memory once.
  at::Tensor laid_out(std::string_view name, at::MemoryFormat format) const {
    const std::string full = prefix_ + std::string(name);
    const auto entry =
        std::find_if(table_->rbegin(), table_->rend(), [&](const auto& one) { return one.first == full; });
    return entry->second = entry->second.contiguous(format);
  }

 private:
  ParameterSource* source_;
  ParameterTable* table_;
  std::string prefix_{};
};

}  // namespace models

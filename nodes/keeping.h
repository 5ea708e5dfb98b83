// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "graph/value.h"
#include "tensors/npz.h"

/// How values are kept, in files and in checkpoints, said once for each type that travels on links or lies in a slot;
/// keeping.cpp has the table. What cannot be kept is not in it.
namespace nodes {

/// What values are kept for.
enum class KeptFor {
  kReaders,  ///< files that other programs read: tensors are float32, and what has no numbers is left out
  kBits,     ///< checkpoints: the same value can be made again, tensors in their own dtype
};

/// How values of a type are kept.
struct Keeping {
  const graph::ValueType* type;
  /// Of the files that a value can be, the usual one first: ".npz", ".png", ".json". None: it is in checkpoints alone.
  std::vector<std::string> endings;
  /// Adds the value's arrays; `suffix` is added to their names. Null: it is kept without arrays.
  void (*put)(tensors::Npz& npz, const std::string& suffix, const graph::Value& value, KeptFor purpose);
  /// The value of such arrays, bit for bit but for what put() left out; tensors are where those of the arrays are.
  /// `path` names the file in messages. Throws FileError: an array is not there, or not as it is written. Null: it is
  /// not read back.
  graph::Value (*take)(const tensors::Npz& npz, const std::string& suffix, const std::filesystem::path& path) = nullptr;

  /// Whether files of arrays (.npz) are among those that a value can be.
  bool has_array_files() const;
};

/// In the order in which messages list them.
const std::vector<Keeping>& keepings();
/// Of a type, or of what a list of it holds in the end; null where it cannot be kept.
const Keeping* keeping_of(const graph::ValueType& type);

/// A value in lists: the indices that lead to it, the outermost list's first. No list: none.
struct Leaf {
  std::vector<int> place;
  graph::Value value;

  /// Whether something came that is no list.
  bool holds() const { return !value.empty() && value.type().element == nullptr; }
};
/// What a value holds in the end, in order. Where nothing came, the leaf's value is empty; a list of none is a leaf,
/// too. `chosen` takes one index of a list, the outermost first, −1 all; a list from which one is chosen adds nothing
/// to the places. Throws std::runtime_error for an index that the list has not.
std::vector<Leaf> leaves_of(const graph::Value& value, const std::vector<int>& chosen = {});

/// The arrays of the leaves of a value of `type`, each with its place in its names: latents_0, latents_1. Throws
/// std::runtime_error for a type that has none; it names those that do.
tensors::Npz arrays_of(const graph::ValueType& type, const std::vector<Leaf>& leaves);

/// The bytes of a file of them that ends in `ending`, one of the type's. A .png has one leaf, which holds; in a .json
/// `null` stands where nothing came, and for numbers that are not finite.
std::vector<std::byte> kept_bytes(const graph::ValueType& type, const std::vector<Leaf>& leaves,
                                  const std::string& ending);

}  // namespace nodes

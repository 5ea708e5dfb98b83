// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "graph/mark.h"
#include "graph/path.h"

namespace graph {

struct DataField;

/// Structured settings: what stands under a property or a param of type data. A tree of lists, maps and leaves, each
/// with its place in the file. As written, a leaf is a text (Sort::kText), which a Shape reads (shape.h); what a node
/// gets is read: leaves have their types, defaults are filled in.
///
/// Immutable; copies share the tree. Two are equal when they say the same: places, quotes and the order of keys do not
/// count.
class Data {
 public:
  enum class Sort { kNull, kText, kBool, kInt, kFloat, kString, kPath, kList, kMap };
  using Leaf = std::variant<std::monostate, bool, std::int64_t, double, std::string, Path>;

  /// Null, of no place.
  Data();
  static Data null(const Mark& mark = {});
  /// A leaf as written. `plain`: without quotes. `folder`: what a relative path in it counts from.
  static Data text(std::string text, bool plain = true, const Mark& mark = {}, const std::string& folder = "");
  /// A leaf of a type.
  static Data leaf(Leaf value, const Mark& mark = {});
  static Data list(std::vector<Data> items, const Mark& mark = {});
  static Data map(std::vector<DataField> fields, const Mark& mark = {});

  Sort sort() const;
  bool is_null() const { return sort() == Sort::kNull; }
  /// Whether a leaf as written stood in quotes.
  bool quoted() const;
  const Mark& mark() const;
  const std::string& folder() const;

  /// Of a list. Throws std::logic_error for another sort; so do all below.
  const std::vector<Data>& items() const;
  const std::vector<DataField>& fields() const;
  /// The value of a map's field, or null when it has none of that name.
  const Data* find(std::string_view field) const;
  /// The value of a field that the shape says is there.
  const Data& operator[](std::string_view field) const;
  /// A leaf's value: T is bool, std::int64_t, double, std::string or Path. A text as written is a std::string.
  template <class T>
  const T& as() const {
    if (const T* value = std::get_if<T>(&value_())) return *value;
    throw std::logic_error("data: the value is of another type");
  }

  bool operator==(const Data& other) const;

 private:
  struct Tree;
  explicit Data(std::shared_ptr<const Tree> tree) : tree_(std::move(tree)) {}
  const Leaf& value_() const;

  std::shared_ptr<const Tree> tree_;
};

struct DataField {
  std::string name;
  Data value;
  Mark mark{};  ///< of the key
};

/// A leaf as people write it: "0.5", "true", a text as it is; "" for what is none.
std::string leaf_text(const Data& data);

/// In one line of JSON, keys in their order, that parse_data() reads back as the same.
std::string to_text(const Data& data);

/// 8 hex digits that stand for what it says: in file names.
std::string digest(const Data& data);

/// The same with other texts of the paths in it.
Data with_paths(const Data& data, const std::function<std::string(const std::string&)>& text_of);

/// "a list", "a map", "a text", "nothing": for messages.
const char* sort_text(const Data& data);

/// Data written as YAML or JSON. `name` stands for the text in places ("--regions"); relative paths in it count from
/// `folder`. Throws Faults: not YAML, beyond a limit of graph files.
Data parse_data(const std::string& text, const std::string& name, const std::string& folder = "");

/// Data in a file, .yaml or .json. Throws Faults that name it.
Data load_data(const std::string& path);

}  // namespace graph

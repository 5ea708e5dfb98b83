// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace graph {

/// Gives a C++ type the name under which it travels on links. Specialise with DECOUPAGE_VALUE.
template <class T>
struct ValueTraits;

/// What the engine knows of a type on a link. Two types are the same when their C++ types are; the check is by name, so
/// that it holds between the program, a plugin, and what was described before its code was loaded (graph/type_text.h).
struct ValueType {
  const char* name;
  const char* cpp_name;  ///< std::type_info::name()
  /// Number of elements, for values that a loop can run over; null for the others.
  std::size_t (*length)(const void*);
  const ValueType* element = nullptr;  ///< of a list T[]: T; null for the others
  /// Of types whose values can carry the history of how they were computed, which a loop that differentiates goes back
  /// along: the value without it, the value as one that a new history starts from, and the value as the end of a step
  /// that changes nothing. Null for the others.
  std::shared_ptr<const void> (*detached)(const void*) = nullptr;
  std::shared_ptr<const void> (*leaf)(const void*) = nullptr;
  std::shared_ptr<const void> (*alias)(const void*) = nullptr;
  /// Of those that have several parts with a history each: the value with one step that all of them came by together.
  std::shared_ptr<const void> (*joined)(const void*) = nullptr;

  bool carries_history() const { return element ? element->carries_history() : detached != nullptr; }

  bool operator==(const ValueType& other) const {
    if (element && other.element) return *element == *other.element;
    return !element && !other.element && std::strcmp(cpp_name, other.cpp_name) == 0;
  }
};

/// The type of lists of this type, "T[]". Made once for the process. Thread-safe.
const ValueType& list_of(const ValueType& element);

template <class T>
class List;

namespace detail {
template <class T>
inline constexpr bool kIsList = false;
template <class T>
inline constexpr bool kIsList<List<T>> = true;

template <class T>
constexpr auto length_of() -> std::size_t (*)(const void*) {
  if constexpr (requires(const T& v) { ValueTraits<T>::length(v); }) {
    return [](const void* v) { return static_cast<std::size_t>(ValueTraits<T>::length(*static_cast<const T*>(v))); };
  } else {
    return nullptr;
  }
}
/// A type whose values carry history says so by having these members.
template <class T>
concept CarriesHistory = requires(const T& value) {
  { value.detached() } -> std::same_as<T>;
  { value.leaf() } -> std::same_as<T>;
  { value.alias() } -> std::same_as<T>;
};
using Remake = std::shared_ptr<const void> (*)(const void*);
template <class T>
constexpr Remake detached_of() {
  if constexpr (CarriesHistory<T>) {
    return [](const void* v) -> std::shared_ptr<const void> {
      return std::make_shared<const T>(static_cast<const T*>(v)->detached());
    };
  } else {
    return nullptr;
  }
}
template <class T>
constexpr Remake leaf_of() {
  if constexpr (CarriesHistory<T>) {
    return [](const void* v) -> std::shared_ptr<const void> {
      return std::make_shared<const T>(static_cast<const T*>(v)->leaf());
    };
  } else {
    return nullptr;
  }
}
template <class T>
constexpr Remake alias_of() {
  if constexpr (CarriesHistory<T>) {
    return [](const void* v) -> std::shared_ptr<const void> {
      return std::make_shared<const T>(static_cast<const T*>(v)->alias());
    };
  } else {
    return nullptr;
  }
}
template <class T>
constexpr Remake joined_of() {
  if constexpr (requires(const T& value) {
                  { value.joined() } -> std::same_as<T>;
                }) {
    return [](const void* v) -> std::shared_ptr<const void> {
      return std::make_shared<const T>(static_cast<const T*>(v)->joined());
    };
  } else {
    return nullptr;
  }
}
template <class T>
struct TypeOf {
  static const ValueType& get() {
    static const ValueType type{ValueTraits<T>::kName, typeid(T).name(), detail::length_of<T>(), nullptr,
                                detached_of<T>(),      leaf_of<T>(),     alias_of<T>(),          joined_of<T>()};
    return type;
  }
};
template <class T>
struct TypeOf<List<T>> {
  static const ValueType& get() {
    static const ValueType& type = list_of(TypeOf<T>::get());
    return type;
  }
};

}  // namespace detail

template <class T>
const ValueType& value_type() {
  return detail::TypeOf<T>::get();
}

/// One immutable value on a link, shared by all its readers and freed with the last of them. Copying shares.
/// Thread-safe to read from several threads.
class Value {
 public:
  Value() = default;

  template <class T>
  static Value of(T value) {
    if constexpr (detail::kIsList<T>) return value.value();
    Value v;
    v.data_ = std::make_shared<const T>(std::move(value));
    v.type_ = &value_type<T>();
    return v;
  }

  /// A list of values of one type, in order; an empty one holds the place of what did not come. Throws
  /// std::logic_error for a value of another type.
  static Value list(const ValueType& element, std::vector<Value> places);

  /// The same places, with those of a list of such elements in the place of the list.
  static std::vector<Value> spliced(const ValueType& element, std::vector<Value> places);

  bool empty() const { return data_ == nullptr; }

  /// REQUIRES: !empty().
  const ValueType& type() const { return *type_; }

  /// The value as a T; a list as a graph::List, by value. Throws std::logic_error when it is empty or of another type.
  template <class T>
  std::conditional_t<detail::kIsList<T>, T, const T&> as() const {
    if (empty()) throw std::logic_error(std::string("no value where a ") + value_type<T>().name + " is due");
    if (!(*type_ == value_type<T>())) {
      throw std::logic_error(std::string("a ") + type_->name + " where a " + value_type<T>().name + " is due");
    }
    if constexpr (detail::kIsList<T>) return T(*this);
    else return *static_cast<const T*>(data_.get());
  }

  /// Number of elements, for a value that a loop runs over. Throws std::logic_error when its type has no length.
  std::size_t length() const;

  /// The places of a list. Throws std::logic_error when it is not one.
  const std::vector<Value>& places() const;

  /// The same without the history of how it was computed; itself where its type carries none.
  Value detached() const;
  /// The same as a value that a history starts from; itself where its type carries none.
  Value leaf() const;
  /// The same one step later in its history; itself where its type carries none.
  Value alias() const;
  /// With one last step of all its parts: itself where there is one part.
  Value joined() const;

 private:
  Value remade(detail::Remake ValueType::*how) const;

  std::shared_ptr<const void> data_;
  const ValueType* type_ = nullptr;
};

/// A list of Ts as nodes see it: In<List<T>>, Out<List<T>>, and what Ins<T> takes. A place is empty where nothing came.
/// Copying shares.
template <class T>
class List {
 public:
  List() : List(std::vector<T>()) {}
  explicit List(std::vector<T> values) {
    std::vector<Value> places;
    places.reserve(values.size());
    for (T& value : values) places.push_back(Value::of<T>(std::move(value)));
    value_ = Value::list(value_type<T>(), std::move(places));
  }
  /// Throws std::logic_error when it is not a list of Ts.
  explicit List(Value value) : value_(std::move(value)) {
    if (!value_.empty() && value_.type() == value_type<List>()) return;
    throw std::logic_error(std::string("a ") + (value_.empty() ? "list" : value_.type().name) + " where a " +
                           value_type<List>().name + " is due");
  }

  std::size_t size() const { return value_.places().size(); }
  bool has(std::size_t i) const { return !value_.places().at(i).empty(); }
  /// Throws std::logic_error when nothing came for the place.
  const T& operator[](std::size_t i) const { return value_.places().at(i).template as<T>(); }
  /// Those that came, in their order.
  std::vector<const T*> present() const {
    std::vector<const T*> all;
    for (const Value& place : value_.places()) {
      if (!place.empty()) all.push_back(&place.template as<T>());
    }
    return all;
  }
  const Value& value() const { return value_; }

 private:
  Value value_;
};

/// The path of a file or folder within reach, as a node that listed or read it sends it: a text never becomes one.
struct FilePath {
  std::string text;
  bool operator==(const FilePath&) const = default;
};

}  // namespace graph

/// At namespace scope: names Type on links, e.g. DECOUPAGE_VALUE(nodes::Image, "image").
#define DECOUPAGE_VALUE(Type, Name)            \
  template <>                                  \
  struct graph::ValueTraits<Type> {            \
    static constexpr const char* kName = Name; \
  }

/// The same for a type with .size(): a loop can run over it. (What is a list of a type that travels is a graph::List.)
#define DECOUPAGE_VALUE_LIST(Type, Name)                                  \
  template <>                                                             \
  struct graph::ValueTraits<Type> {                                       \
    static constexpr const char* kName = Name;                            \
    static std::size_t length(const Type& value) { return value.size(); } \
  }

DECOUPAGE_VALUE(std::int64_t, "int");
DECOUPAGE_VALUE(double, "float");
DECOUPAGE_VALUE(bool, "bool");
DECOUPAGE_VALUE(graph::FilePath, "path");
DECOUPAGE_VALUE_LIST(std::string, "string");

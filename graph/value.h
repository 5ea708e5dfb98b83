// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <utility>

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

  bool operator==(const ValueType& other) const { return std::strcmp(cpp_name, other.cpp_name) == 0; }
};

namespace detail {
template <class T>
constexpr auto length_of() -> std::size_t (*)(const void*) {
  if constexpr (requires(const T& v) { ValueTraits<T>::length(v); }) {
    return [](const void* v) { return static_cast<std::size_t>(ValueTraits<T>::length(*static_cast<const T*>(v))); };
  } else {
    return nullptr;
  }
}
}  // namespace detail

template <class T>
const ValueType& value_type() {
  static const ValueType type{ValueTraits<T>::kName, typeid(T).name(), detail::length_of<T>()};
  return type;
}

/// One immutable value on a link, shared by all its readers and freed with the last of them. Copying shares.
/// Thread-safe to read from several threads.
class Value {
 public:
  Value() = default;

  template <class T>
  static Value of(T value) {
    Value v;
    v.data_ = std::make_shared<const T>(std::move(value));
    v.type_ = &value_type<T>();
    return v;
  }

  bool empty() const { return data_ == nullptr; }

  /// REQUIRES: !empty().
  const ValueType& type() const { return *type_; }

  /// The value as a T. Throws std::logic_error when it is empty or of another type.
  template <class T>
  const T& as() const {
    if (empty()) throw std::logic_error(std::string("no value where a ") + value_type<T>().name + " is due");
    if (!(*type_ == value_type<T>())) {
      throw std::logic_error(std::string("a ") + type_->name + " where a " + value_type<T>().name + " is due");
    }
    return *static_cast<const T*>(data_.get());
  }

  /// Number of elements, for a value that a loop runs over. Throws std::logic_error when its type has no length.
  std::size_t length() const;

 private:
  std::shared_ptr<const void> data_;
  const ValueType* type_ = nullptr;
};

}  // namespace graph

/// At namespace scope: names Type on links, e.g. DECOUPAGE_VALUE(nodes::Image, "image").
#define DECOUPAGE_VALUE(Type, Name)            \
  template <>                                  \
  struct graph::ValueTraits<Type> {            \
    static constexpr const char* kName = Name; \
  }

/// The same for a type with .size(): a loop can run over it.
#define DECOUPAGE_VALUE_LIST(Type, Name)                                  \
  template <>                                                             \
  struct graph::ValueTraits<Type> {                                       \
    static constexpr const char* kName = Name;                            \
    static std::size_t length(const Type& value) { return value.size(); } \
  }

DECOUPAGE_VALUE(std::int64_t, "int");
DECOUPAGE_VALUE(double, "float");
DECOUPAGE_VALUE(bool, "bool");
DECOUPAGE_VALUE_LIST(std::string, "string");

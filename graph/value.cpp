// SPDX-License-Identifier: MIT
#include "graph/value.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace graph {
namespace {

/// A type of lists, and its name.
struct ListType {
  std::string name;
  ValueType type;
};

std::size_t length_of_list(const void* list) {
  return static_cast<const std::vector<Value>*>(list)->size();
}

}  // namespace

/// Never freed: contracts and values point to it.
const ValueType& list_of(const ValueType& element) {
  static std::mutex mutex;
  static auto* const made = new std::map<const ValueType*, ListType>;
  const std::lock_guard lock(mutex);
  const auto [known, is_new] = made->try_emplace(&element);
  ListType& list = known->second;
  if (is_new) {
    list.name = std::string(element.name) + "[]";
    list.type = {list.name.c_str(), typeid(std::vector<Value>).name(), length_of_list, &element};
  }
  return list.type;
}

std::vector<Value> Value::spliced(const ValueType& element, std::vector<Value> places) {
  const auto is_list = [&](const Value& value) {
    return !value.empty() && value.type().element && *value.type().element == element;
  };
  if (std::ranges::none_of(places, is_list)) return places;
  std::vector<Value> all;
  for (Value& value : places) {
    if (is_list(value)) all.insert(all.end(), value.places().begin(), value.places().end());
    else all.push_back(std::move(value));
  }
  return all;
}

Value Value::list(const ValueType& element, std::vector<Value> places) {
  for (const Value& place : places) {
    if (place.empty() || place.type() == element) continue;
    throw std::logic_error(std::string("a ") + place.type().name + " in a list of " + element.name);
  }
  Value list;
  list.data_ = std::make_shared<const std::vector<Value>>(std::move(places));
  list.type_ = &list_of(element);
  return list;
}

const std::vector<Value>& Value::places() const {
  if (empty() || !type_->element) {
    throw std::logic_error((empty() ? "no value" : std::string("a ") + type_->name) + " where a list is due");
  }
  return *static_cast<const std::vector<Value>*>(data_.get());
}

Value Value::remade(detail::Remake ValueType::*how) const {
  if (empty() || !type_->carries_history()) return *this;
  if (type_->element) {
    std::vector<Value> made;
    for (const Value& place : places()) made.push_back(place.remade(how));
    return list(*type_->element, std::move(made));
  }
  if (type_->*how == nullptr) return *this;
  Value value;
  value.data_ = (type_->*how)(data_.get());
  value.type_ = type_;
  return value;
}

Value Value::detached() const {
  return remade(&ValueType::detached);
}

Value Value::leaf() const {
  return remade(&ValueType::leaf);
}

Value Value::alias() const {
  return remade(&ValueType::alias);
}

Value Value::joined() const {
  return remade(&ValueType::joined);
}

std::size_t Value::length() const {
  if (empty()) throw std::logic_error("no value where one with a length is due");
  if (!type_->length) throw std::logic_error(std::string("a ") + type_->name + " has no length");
  return type_->length(data_.get());
}

}  // namespace graph

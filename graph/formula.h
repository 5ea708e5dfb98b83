// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "graph/scalar.h"

namespace graph {

/// What is wrong with a formula, and where in its text.
class FormulaError : public std::invalid_argument {
 public:
  FormulaError(std::size_t where, const std::string& what) : std::invalid_argument(what), at(where) {}
  std::size_t at;  ///< byte of the formula's text, from 0
};

/// Arithmetic over params, as graph files have it in $(…):
///   + - * / // % ( )           of ints and floats; + joins strings; / gives a float, // and % round down, as Python's
///   == != < <= > >=            of numbers, of strings, of bools (the first two)
///   in                         a string in a string
///   and or not                 of bools
///   min max abs                of numbers      round floor ceil   a number to an int
///   if(condition, a, b)        one of two of a type; the other is not computed
/// Ints stay ints, of 64 bits; what goes beyond is an error. Numbers, "texts" or 'texts', true, false, and names of
/// params; a path is a string. Immutable.
class Formula {
 public:
  /// Throws FormulaError: not a formula.
  explicit Formula(const std::string& text);

  /// The params that it names, each once, and where the first of each stands.
  const std::vector<std::string>& names() const { return names_; }
  std::size_t place_of(std::size_t name) const { return places_[name]; }

  /// The kind that it gives, by those of its params: int, float, bool or string. Throws FormulaError where kinds do not
  /// go together.
  Kind kind(const std::function<Kind(std::size_t name)>& kind_of_name) const;
  /// Its value, by those of its params. Throws FormulaError: division by zero, overflow, what kind() throws.
  Scalar value(const std::function<Scalar(std::size_t name)>& value_of_name) const;

  struct Term;

 private:
  std::shared_ptr<const Term> root_;
  std::vector<std::string> names_;
  std::vector<std::size_t> places_;
};

/// Where the "$(" at `begin` ends: behind its ')'. Texts in it may hold any character. npos: it is not closed.
std::size_t formula_end(const std::string& text, std::size_t begin);

}  // namespace graph

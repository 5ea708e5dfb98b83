// SPDX-License-Identifier: MIT
#include "graph/formula.h"

#include <gtest/gtest.h>

#include <map>

namespace graph {
namespace {

const std::map<std::string, Scalar> kParams{{"n", std::int64_t{7}},
                                            {"m", std::int64_t{-3}},
                                            {"x", 2.5},
                                            {"on", true},
                                            {"name", std::string("cat")},
                                            {"file", Path{"a/b.png"}},
                                            {"big", std::int64_t{9223372036854775807}}};

Scalar value_of(const std::string& text) {
  const Formula formula(text);
  return formula.value([&](std::size_t name) { return kParams.at(formula.names()[name]); });
}

/// The value as a text, or "AT: what is wrong".
std::string result_of(const std::string& text) {
  try {
    const Scalar value = value_of(text);
    return std::string(kind_name(kind_of(value))) + " " + to_text(value);
  } catch (const FormulaError& error) {
    return std::to_string(error.at) + ": " + error.what();
  }
}

TEST(Formula, ComputesWithIntsAndFloats) {
  EXPECT_EQ(result_of("1 + 2 * 3"), "int 7");
  EXPECT_EQ(result_of("(1 + 2) * 3"), "int 9");
  EXPECT_EQ(result_of("n + 9001"), "int 9008");
  EXPECT_EQ(result_of("10 - 2 - 3"), "int 5");
  EXPECT_EQ(result_of("2 * x"), "float 5");
  EXPECT_EQ(result_of("7 / 2"), "float 3.5");
  EXPECT_EQ(result_of("6 / 2"), "float 3");
  EXPECT_EQ(result_of("n // 8 * 8"), "int 0");
  EXPECT_EQ(result_of("-7 // 2"), "int -4") << "rounded down, as Python's";
  EXPECT_EQ(result_of("-7 % 3"), "int 2");
  EXPECT_EQ(result_of("7 % -3"), "int -2");
  EXPECT_EQ(result_of("7.5 // 2"), "float 3");
  EXPECT_EQ(result_of("-7.5 % 2"), "float 0.5");
  EXPECT_EQ(result_of("--3"), "int 3");
  EXPECT_EQ(result_of("-m"), "int 3");
  EXPECT_EQ(result_of("1e3"), "float 1000");
  EXPECT_EQ(result_of(".5 + 1"), "float 1.5");
}

TEST(Formula, HasFunctions) {
  EXPECT_EQ(result_of("min(3, 1, 2)"), "int 1");
  EXPECT_EQ(result_of("max(n, x)"), "float 7");
  EXPECT_EQ(result_of("round(2.5)"), "int 2") << "halves go to the even one, as Python's";
  EXPECT_EQ(result_of("round(-1.5)"), "int -2");
  EXPECT_EQ(result_of("floor(-0.5)"), "int -1");
  EXPECT_EQ(result_of("ceil(x)"), "int 3");
  EXPECT_EQ(result_of("abs(m)"), "int 3");
  EXPECT_EQ(result_of("abs(-x)"), "float 2.5");
  EXPECT_EQ(result_of("round(n)"), "int 7");
  EXPECT_EQ(result_of("if(on, 1, 2)"), "int 1");
  EXPECT_EQ(result_of("if(not on, n, 0.5)"), "float 0.5");
  EXPECT_EQ(result_of("if(on, n, 0.5)"), "float 7") << "one kind, whatever the condition";
  EXPECT_EQ(result_of("if(on, 1, 1 // 0)"), "int 1") << "the other is not computed";
}

TEST(Formula, ComparesAndDecides) {
  EXPECT_EQ(result_of("n == 7"), "bool true");
  EXPECT_EQ(result_of("n == 7.0"), "bool true");
  EXPECT_EQ(result_of("n != 7"), "bool false");
  EXPECT_EQ(result_of("x < 3 and n >= 7"), "bool true");
  EXPECT_EQ(result_of("not (x > 3) or 1 // 0 == 0"), "bool true") << "what decides is enough";
  EXPECT_EQ(result_of("on and not on"), "bool false");
  EXPECT_EQ(result_of("name == \"cat\""), "bool true");
  EXPECT_EQ(result_of("'a' in name"), "bool true");
  EXPECT_EQ(result_of("name + '-' + 'x'"), "string cat-x");
  EXPECT_EQ(result_of("name < 'dog'"), "bool true");
  EXPECT_EQ(result_of("file != ''"), "bool true") << "a path is a string";
  EXPECT_EQ(result_of("on == true"), "bool true");
  EXPECT_EQ(Formula("order + notes + inside").names(), (std::vector<std::string>{"order", "notes", "inside"}))
      << "names that begin as operators do";
}

TEST(Formula, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(result_of("1 // 0"), "2: division by zero");
  EXPECT_EQ(result_of("n / (n - 7)"), "2: division by zero");
  EXPECT_EQ(result_of("1 % 0.0"), "2: division by zero");
  EXPECT_EQ(result_of("big + 1"), "4: the result of '+' is beyond 64 bits");
  EXPECT_EQ(result_of("big * 2"), "4: the result of '*' is beyond 64 bits");
  EXPECT_EQ(result_of("(-big - 1) // -1"), "11: the result of '//' is beyond 64 bits");
  EXPECT_EQ(result_of("abs(-big - 1)"), "0: the result of 'abs' is beyond 64 bits");
  EXPECT_EQ(result_of("1e308 * 10"), "6: the result of '*' is beyond 64 bits");
  EXPECT_EQ(result_of("round(1e300)"), "0: the result of 'round' is beyond 64 bits");
  EXPECT_EQ(result_of("1 +"), "3: a value is missing at the end");
  EXPECT_EQ(result_of(""), "0: a value is missing at the end");
  EXPECT_EQ(result_of("(1 + 2"), "0: '(' is not closed");
  EXPECT_EQ(result_of("1 2"), "2: '2' is not expected here");
  EXPECT_EQ(result_of("1 ! 2"), "2: '!' is not expected here");
  EXPECT_EQ(result_of("1 + * 2"), "4: a value is due, found '*'");
  EXPECT_EQ(result_of("'cat"), "0: a text is not closed");
  EXPECT_EQ(result_of("1.2.3"), "0: '1.2.3' is not a number");
  EXPECT_EQ(result_of("99999999999999999999"), "0: '99999999999999999999' is not a number");
  EXPECT_EQ(result_of("1 < 2 < 3"), "6: two comparisons in a row; write 'and' between them");
  EXPECT_EQ(result_of("mix(1, 2)"), "0: no function 'mix' (did you mean 'min'?)");
  EXPECT_EQ(result_of("sqrt(4)"), "0: no function 'sqrt'; there are min, max, round, floor, ceil, abs, if");
  EXPECT_EQ(result_of("if(on, 1)"), "0: if() takes a condition and two values");
  EXPECT_EQ(result_of("round(1, 2)"), "0: round() takes one value");
  EXPECT_EQ(result_of("min()"), "0: min() takes one value or more");
  EXPECT_EQ(result_of("n + name"), "2: '+' takes two numbers or two strings, found an int and a string");
  EXPECT_EQ(result_of("n and on"), "2: 'and' takes bools, found an int");
  EXPECT_EQ(result_of("not n"), "0: 'not' takes bools, found an int");
  EXPECT_EQ(result_of("n == name"), "2: '==' compares values of a type, found an int and a string");
  EXPECT_EQ(result_of("on < on"), "3: '<' takes numbers or strings, found a bool");
  EXPECT_EQ(result_of("if(n, 1, 2)"), "0: 'if' takes a bool first, found an int");
  EXPECT_EQ(result_of("if(on, 1, name)"), "0: 'if' gives one of two values of a type, found an int and a string");
  EXPECT_EQ(result_of("n in name"), "2: 'in' takes strings, found an int");
  EXPECT_EQ(result_of("min(n, on)"), "0: 'min' takes numbers, found a bool");
  EXPECT_EQ(result_of("-name"), "0: '-' takes numbers, found a string");
}

/// Whatever is written, neither stack nor time runs out.
TEST(Formula, StopsAtItsLimits) {
  EXPECT_EQ(result_of(std::string(100'000, '(')), "100: the formula is nested too deep");
  EXPECT_EQ(result_of(std::string(100'000, '-') + "1"), "100: the formula is nested too deep");
  std::string nots, sum = "1";
  for (int i = 0; i < 100'000; ++i) nots += "not ";
  for (int i = 0; i < 100'000; ++i) sum += "+1";
  EXPECT_NE(result_of(nots + "true").find("nested too deep"), std::string::npos);
  EXPECT_NE(result_of(sum).find("too long"), std::string::npos);
}

TEST(Formula, EndsWhereItsParenthesisDoes) {
  EXPECT_EQ(formula_end("$(1 + (2)) more", 0), 10u);
  EXPECT_EQ(formula_end("a $(')') b", 2), 8u);
  EXPECT_EQ(formula_end("$(max(1", 0), std::string::npos);
}

}  // namespace
}  // namespace graph

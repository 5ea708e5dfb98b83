// SPDX-License-Identifier: MIT
#include "graph/formula.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/limits.h"
#include "base/names.h"

namespace graph {

/// A constant, a param, or what is done with others.
struct Formula::Term {
  enum class Sort { kConstant, kName, kCall };
  Sort sort = Sort::kConstant;
  std::size_t at = 0;
  Scalar constant{};
  std::size_t name = 0;
  std::string call{};  ///< an operator, or a function's name; "neg" of a sign
  std::vector<Term> arguments{};
};

namespace {

using Term = Formula::Term;
constexpr std::size_t kMostTerms = 10'000, kMostDepth = 100;

const std::vector<std::string>& functions() {
  static const std::vector<std::string> names{"min", "max", "round", "floor", "ceil", "abs", "if"};
  return names;
}

/// Recursive descent, a function for each level of precedence.
class FormulaReader {
 public:
  FormulaReader(const std::string& text, std::vector<std::string>& names, std::vector<std::size_t>& places)
      : text_(text), names_(names), places_(places) {}

  Term read() {
    Term term = either();
    skip_space();
    if (at_ < text_.size()) fail(at_, "'" + text_.substr(at_, 1) + "' is not expected here");
    return term;
  }

 private:
  [[noreturn]] static void fail(std::size_t at, const std::string& what) { throw FormulaError(at, what); }

  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool take(const std::string& token) {
    skip_space();
    if (text_.compare(at_, token.size(), token) != 0) return false;
    at_ += token.size();
    return true;
  }
  /// The first of these operators that stands here.
  std::optional<std::string> take_one(std::initializer_list<const char*> tokens) {
    skip_space();
    for (const char* token : tokens) {
      const std::string word = token;
      if (text_.compare(at_, word.size(), word) != 0) continue;
      const std::size_t end = at_ + word.size();
      const bool letters = std::isalpha(static_cast<unsigned char>(word[0]));
      if (letters && end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) || text_[end] == '_'))
        continue;
      at_ = end;
      return word;
    }
    return std::nullopt;
  }

  Term call(const std::string& name, std::size_t at, std::vector<Term> arguments) {
    if (++terms_ > kMostTerms) fail(at, "the formula is too long");
    return {Term::Sort::kCall, at, {}, 0, name, std::move(arguments)};
  }

  template <class Next>
  Term chain(std::initializer_list<const char*> operators, const Next& next) {
    Term left = next();
    while (true) {
      skip_space();
      const std::size_t at = at_;
      const std::optional<std::string> found = take_one(operators);
      if (!found) return left;
      std::vector<Term> sides;
      sides.push_back(std::move(left));
      sides.push_back(next());
      left = call(*found, at, std::move(sides));
    }
  }

  Term either() {
    if (++depth_ > kMostDepth) fail(at_, "the formula is nested too deep");
    Term term = chain({"or"}, [this] { return both(); });
    --depth_;
    return term;
  }
  Term both() {
    return chain({"and"}, [this] { return negation(); });
  }
  Term negation() {
    skip_space();
    const std::size_t at = at_;
    if (!take_one({"not"})) return comparison();
    if (++depth_ > kMostDepth) fail(at_, "the formula is nested too deep");
    Term inner = negation();
    --depth_;
    return call("not", at, {std::move(inner)});
  }
  /// Not a chain: 1 < 2 < 3 says something else in other languages.
  Term comparison() {
    Term left = sum();
    skip_space();
    const std::size_t at = at_;
    const std::optional<std::string> found = take_one({"==", "!=", "<=", ">=", "<", ">", "in"});
    if (!found) return left;
    Term right = sum();
    skip_space();
    const std::size_t again = at_;
    if (const auto more = take_one({"==", "!=", "<=", ">=", "<", ">", "in"}))
      fail(again, "two comparisons in a row; write 'and' between them");
    std::vector<Term> sides;
    sides.push_back(std::move(left));
    sides.push_back(std::move(right));
    return call(*found, at, std::move(sides));
  }
  Term sum() {
    return chain({"+", "-"}, [this] { return product(); });
  }
  Term product() {
    return chain({"*", "//", "/", "%"}, [this] { return sign(); });
  }
  Term sign() {
    skip_space();
    const std::size_t at = at_;
    if (!take("-")) return operand();
    if (++depth_ > kMostDepth) fail(at_, "the formula is nested too deep");
    Term inner = sign();
    --depth_;
    return call("neg", at, {std::move(inner)});
  }

  Term operand() {
    skip_space();
    const std::size_t at = at_;
    if (at_ >= text_.size()) fail(at, "a value is missing at the end");
    const char c = text_[at_];
    if (take("(")) {
      Term inner = either();
      if (!take(")")) fail(at, "'(' is not closed");
      return inner;
    }
    if (c == '"' || c == '\'') return text_constant(c);
    if (std::isdigit(static_cast<unsigned char>(c)) || c == '.') return number();
    if (base::is_name(text_.substr(at_, 1))) return word();
    fail(at, std::string("a value is due, found '") + c + "'");
  }

  Term text_constant(char quote) {
    const std::size_t at = at_, end = text_.find(quote, at_ + 1);
    if (end == std::string::npos) fail(at, "a text is not closed");
    Term term{Term::Sort::kConstant, at, text_.substr(at + 1, end - at - 1)};
    at_ = end + 1;
    return term;
  }

  Term number() {
    const std::size_t at = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.' ||
                                  ((text_[at_] == '-' || text_[at_] == '+') && std::tolower(text_[at_ - 1]) == 'e')))
      ++at_;
    const std::string digits = text_.substr(at, at_ - at);
    try {
      const bool whole = digits.find_first_of(".eE") == std::string::npos;
      return {Term::Sort::kConstant, at, parse_scalar(whole ? Kind::kInt : Kind::kFloat, digits)};
    } catch (const std::invalid_argument&) {
      fail(at, "'" + digits + "' is not a number");
    }
  }

  Term word() {
    const std::size_t at = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) ++at_;
    const std::string name = text_.substr(at, at_ - at);
    if (name == "true" || name == "false") return {Term::Sort::kConstant, at, name == "true"};
    skip_space();
    if (at_ < text_.size() && text_[at_] == '(') return function(name, at);
    const auto known = std::find(names_.begin(), names_.end(), name);
    Term term{Term::Sort::kName, at};
    term.name = static_cast<std::size_t>(known - names_.begin());
    if (known == names_.end()) {
      names_.push_back(name);
      places_.push_back(at);
    }
    return term;
  }

  Term function(const std::string& name, std::size_t at) {
    if (std::find(functions().begin(), functions().end(), name) == functions().end()) {
      std::string cure = base::did_you_mean(name, functions());
      if (cure.empty()) cure = "; there are " + base::joined(functions());
      fail(at, "no function '" + name + "'" + cure);
    }
    take("(");
    std::vector<Term> arguments;
    if (!take(")")) {
      do arguments.push_back(either());
      while (take(","));
      if (!take(")")) fail(at, "'" + name + "(' is not closed");
    }
    const bool many = name == "min" || name == "max";
    const std::size_t due = name == "if" ? 3 : 1;
    if (many ? arguments.empty() : arguments.size() != due) {
      fail(at, name + "() takes " +
                   (many       ? "one value or more"
                    : due == 1 ? "one value"
                               : "a condition and two values"));
    }
    return call(name, at, std::move(arguments));
  }

  const std::string& text_;
  std::vector<std::string>& names_;
  std::vector<std::size_t>& places_;
  std::size_t at_ = 0, depth_ = 0, terms_ = 0;
};

bool is_number(Kind kind) {
  return kind == Kind::kInt || kind == Kind::kFloat;
}

/// What stands for a param's kind in formulas.
Kind plain(Kind kind) {
  return kind == Kind::kPath || kind == Kind::kPattern ? Kind::kString : kind;
}

std::string a(Kind kind) {
  if (kind == Kind::kData) return "data";
  return kind == Kind::kInt ? "an int" : std::string("a ") + kind_name(kind);
}

/// The kind of a call, by its arguments'. Throws FormulaError.
Kind kind_of_call(const Term& term, const std::vector<Kind>& kinds) {
  const std::string& name = term.call;
  const auto refuse = [&](const std::string& due, Kind found) -> Kind {
    throw FormulaError(term.at, "'" + (name == "neg" ? "-" : name) + "' takes " + due + ", found " + a(found));
  };
  const auto numbers = [&](const std::string& due) {
    for (const Kind kind : kinds) {
      if (!is_number(kind)) refuse(due, kind);
    }
    return std::find(kinds.begin(), kinds.end(), Kind::kFloat) != kinds.end() ? Kind::kFloat : Kind::kInt;
  };
  if (name == "and" || name == "or" || name == "not") {
    for (const Kind kind : kinds) {
      if (kind != Kind::kBool) refuse("bools", kind);
    }
    return Kind::kBool;
  }
  if (name == "in") {
    for (const Kind kind : kinds) {
      if (kind != Kind::kString) refuse("strings", kind);
    }
    return Kind::kBool;
  }
  if (name == "if") {
    if (kinds[0] != Kind::kBool) refuse("a bool first", kinds[0]);
    if (kinds[1] == kinds[2]) return kinds[1];
    if (is_number(kinds[1]) && is_number(kinds[2])) return Kind::kFloat;
    throw FormulaError(term.at, "'if' gives one of two values of a type, found " + a(kinds[1]) + " and " + a(kinds[2]));
  }
  const bool equality = name == "==" || name == "!=", order = name[0] == '<' || name[0] == '>';
  if (equality || order) {
    const bool numeric = is_number(kinds[0]) && is_number(kinds[1]);
    if (!numeric && kinds[0] != kinds[1])
      throw FormulaError(term.at,
                         "'" + name + "' compares values of a type, found " + a(kinds[0]) + " and " + a(kinds[1]));
    if (order && kinds[0] == Kind::kBool) refuse("numbers or strings", kinds[0]);
    return Kind::kBool;
  }
  if (name == "+" && kinds[0] == Kind::kString && kinds[1] == Kind::kString) return Kind::kString;
  if (name == "+" && (kinds[0] == Kind::kString || kinds[1] == Kind::kString))
    throw FormulaError(term.at, "'+' takes two numbers or two strings, found " + a(kinds[0]) + " and " + a(kinds[1]));
  if (name == "/") return numbers("numbers"), Kind::kFloat;
  if (name == "round" || name == "floor" || name == "ceil") return numbers("a number"), Kind::kInt;
  return numbers("numbers");
}

[[noreturn]] void overflow(const Term& term) {
  throw FormulaError(term.at, "the result of '" + (term.call == "neg" ? "-" : term.call) + "' is beyond 64 bits");
}

double as_float(const Scalar& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return static_cast<double>(*i);
  return std::get<double>(value);
}

Scalar finite(const Term& term, double value) {
  if (!std::isfinite(value)) overflow(term);
  return value;
}

Scalar whole(const Term& term, double value) {
  if (!(value >= -9223372036854775808.0 && value < 9223372036854775808.0)) overflow(term);
  return static_cast<std::int64_t>(value);
}

Scalar of_ints(const Term& term, std::int64_t a, std::int64_t b) {
  const std::string& name = term.call;
  std::int64_t result = 0;
  bool beyond = false;
  if (name == "+") beyond = __builtin_add_overflow(a, b, &result);
  else if (name == "-") beyond = __builtin_sub_overflow(a, b, &result);
  else if (name == "*") beyond = __builtin_mul_overflow(a, b, &result);
  else {
    if (b == 0) throw FormulaError(term.at, "division by zero");
    if (b == -1) beyond = name == "//" && __builtin_sub_overflow(std::int64_t{0}, a, &result);
    else {
      const std::int64_t quotient = a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
      result = name == "//" ? quotient : a - quotient * b;
    }
  }
  if (beyond) overflow(term);
  return result;
}

Scalar of_floats(const Term& term, double a, double b) {
  const std::string& name = term.call;
  if (name == "+") return finite(term, a + b);
  if (name == "-") return finite(term, a - b);
  if (name == "*") return finite(term, a * b);
  if (b == 0) throw FormulaError(term.at, "division by zero");
  if (name == "/") return finite(term, a / b);
  const double quotient = std::floor(a / b);
  return finite(term, name == "//" ? quotient : a - quotient * b);
}

template <class T>
bool compared(const std::string& name, const T& a, const T& b) {
  if (name == "==") return a == b;
  if (name == "!=") return a != b;
  if (name == "<") return a < b;
  if (name == "<=") return a <= b;
  if (name == ">") return a > b;
  return a >= b;
}

Scalar compare(const std::string& name, const Scalar& a, const Scalar& b) {
  if (const auto* text = std::get_if<std::string>(&a)) return compared(name, *text, std::get<std::string>(b));
  if (const auto* truth = std::get_if<bool>(&a)) return compared(name, *truth, std::get<bool>(b));
  const auto *i = std::get_if<std::int64_t>(&a), *j = std::get_if<std::int64_t>(&b);
  return i && j ? compared(name, *i, *j) : compared(name, as_float(a), as_float(b));
}

Scalar of_one(const Term& term, const Scalar& value) {
  const std::string& name = term.call;
  const auto* i = std::get_if<std::int64_t>(&value);
  if (name == "not") return !std::get<bool>(value);
  if (name == "neg" || name == "abs") {
    const bool turned = name == "neg" || as_float(value) < 0;
    if (!i) return turned ? -std::get<double>(value) : std::get<double>(value);
    if (!turned) return value;
    if (*i == std::numeric_limits<std::int64_t>::min()) overflow(term);
    return -*i;
  }
  if (i) return value;
  const double number = std::get<double>(value);
  if (name == "floor") return whole(term, std::floor(number));
  if (name == "ceil") return whole(term, std::ceil(number));
  return whole(term, std::nearbyint(number));  // halves to the even one, as Python's
}

class Evaluation {
 public:
  explicit Evaluation(const std::function<Scalar(std::size_t)>& value_of) : value_of_(value_of) {}

  Scalar of(const Term& term) const {
    if (term.sort == Term::Sort::kConstant) return term.constant;
    if (term.sort == Term::Sort::kName) return plain_value(value_of_(term.name));
    const std::string& name = term.call;
    const Scalar first = of(term.arguments[0]);
    if (name == "if") return chosen(term, std::get<bool>(first));
    if (name == "and" && !std::get<bool>(first)) return false;
    if (name == "or" && std::get<bool>(first)) return true;
    if (name == "min" || name == "max") return extreme(term, first);
    if (term.arguments.size() == 1) return of_one(term, first);
    const Scalar second = of(term.arguments[1]);
    if (name == "and" || name == "or") return second;
    if (name == "in") return std::get<std::string>(second).find(std::get<std::string>(first)) != std::string::npos;
    if (name == "==" || name == "!=" || name[0] == '<' || name[0] == '>') return compare(name, first, second);
    if (const auto* text = std::get_if<std::string>(&first)) return *text + std::get<std::string>(second);
    const auto *i = std::get_if<std::int64_t>(&first), *j = std::get_if<std::int64_t>(&second);
    return i && j && name != "/" ? of_ints(term, *i, *j) : of_floats(term, as_float(first), as_float(second));
  }

 private:
  static Scalar plain_value(Scalar value) {
    if (const auto* path = std::get_if<Path>(&value)) return path->text;
    if (const auto* pattern = std::get_if<Pattern>(&value)) return pattern->text;
    return value;
  }
  Scalar chosen(const Term& term, bool condition) const { return of(term.arguments[condition ? 1 : 2]); }

  /// An int stays one unless a float is among them.
  Scalar extreme(const Term& term, Scalar best) const {
    bool floats = std::holds_alternative<double>(best);
    for (std::size_t k = 1; k < term.arguments.size(); ++k) {
      const Scalar other = of(term.arguments[k]);
      floats = floats || std::holds_alternative<double>(other);
      const bool less = std::get<bool>(compare("<", other, best));
      const bool more = std::get<bool>(compare(">", other, best));
      if (term.call == "min" ? less : more) best = other;
    }
    return floats ? Scalar(as_float(best)) : best;
  }

  const std::function<Scalar(std::size_t)>& value_of_;
};

Kind kind_of_term(const Term& term, const std::function<Kind(std::size_t)>& kind_of_name) {
  if (term.sort == Term::Sort::kConstant) return kind_of(term.constant);
  if (term.sort == Term::Sort::kName) return plain(kind_of_name(term.name));
  std::vector<Kind> kinds;
  for (const Term& argument : term.arguments) kinds.push_back(kind_of_term(argument, kind_of_name));
  return kind_of_call(term, kinds);
}

}  // namespace

Formula::Formula(const std::string& text) {
  root_ = std::make_shared<const Term>(FormulaReader(text, names_, places_).read());
}

Kind Formula::kind(const std::function<Kind(std::size_t)>& kind_of_name) const {
  return kind_of_term(*root_, kind_of_name);
}

/// `if` of an int and a float is a float, whichever it is.
Scalar Formula::value(const std::function<Scalar(std::size_t)>& value_of_name) const {
  const Kind due = kind([&](std::size_t name) { return kind_of(value_of_name(name)); });
  return *convert(Evaluation(value_of_name).of(*root_), due);
}

std::size_t formula_end(const std::string& text, std::size_t begin) {
  int open = 0;
  char quote = 0;
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(') {
      ++open;
    } else if (c == ')' && --open == 0) {
      return i + 1;
    }
  }
  return std::string::npos;
}

}  // namespace graph

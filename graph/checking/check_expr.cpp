// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "base/names.h"
#include "graph/checking/check_state.h"
#include "graph/seeds.h"
#include "graph/shape.h"

namespace graph::checking {
namespace {

/// A piece of a text: words, the name of a param, or a formula.
struct Piece {
  enum class Sort { kWords, kParam, kFormula };
  Sort sort = Sort::kWords;
  std::string text;
  std::size_t at = 0;  ///< of a formula: where it begins in the whole text
};

struct Split {
  std::vector<Piece> pieces;
  bool whole = false;  ///< `$param` and nothing else
  std::string error;
};

using Sort = Piece::Sort;

std::size_t name_end(const std::string& text, std::size_t begin) {
  if (begin >= text.size() || !base::is_name(text.substr(begin, 1))) return begin;
  std::size_t end = begin + 1;
  while (end < text.size() &&
         (base::is_name(text.substr(end, 1)) || std::isdigit(static_cast<unsigned char>(text[end]))))
    ++end;
  return end;
}

/// `$name` alone, "${name}" in text, $(…) anywhere, `$$` for a dollar sign.
Split split(const std::string& text) {
  Split result;
  if (text.find('$') == std::string::npos) {
    result.pieces.push_back({Sort::kWords, text});
    return result;
  }
  if (text[0] == '$' && base::is_name(text.substr(1))) {
    result.pieces.push_back({Sort::kParam, text.substr(1)});
    result.whole = true;
    return result;
  }
  std::string words;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      words += text[i];
    } else if (text.compare(i, 2, "$$") == 0) {
      words += text[i++];
    } else if (text.compare(i, 2, "$(") == 0) {
      const std::size_t end = formula_end(text, i);
      if (end == std::string::npos) {
        result.error = "'" + text.substr(i) +
                       "' is not closed; between braces or brackets a comma ends a value: then quote it, \"$(…)\"";
        return result;
      }
      if (!words.empty()) result.pieces.push_back({Sort::kWords, words});
      words.clear();
      result.pieces.push_back({Sort::kFormula, text.substr(i + 2, end - i - 3), i + 2});
      i = end - 1;
    } else if (text.compare(i, 2, "${") == 0) {
      const std::size_t end = text.find('}', i);
      const std::string name = end == std::string::npos ? "" : text.substr(i + 2, end - i - 2);
      if (!base::is_name(name)) {
        result.error =
            "'" + text.substr(i, end == std::string::npos ? end : end - i + 1) + "' names no param: write ${name}";
        return result;
      }
      if (!words.empty()) result.pieces.push_back({Sort::kWords, words});
      words.clear();
      result.pieces.push_back({Sort::kParam, name});
      i = end;
    } else {
      const std::string name = text.substr(i + 1, name_end(text, i + 1) - i - 1);
      result.error = name.empty()
                         ? "a lone '$' in '" + text + "': write $$ for a dollar sign"
                         : "'$" + name + "' stands in a text: write ${" + name + "} there, or $$ for a dollar sign";
      return result;
    }
  }
  if (!words.empty()) result.pieces.push_back({Sort::kWords, words});
  return result;
}

bool is_text(Kind kind) {
  return kind == Kind::kString || kind == Kind::kPath || kind == Kind::kPattern;
}

/// Whether a param of one kind may be the value where another is due: as convert() has it.
bool fits(Kind from, Kind due) {
  switch (from) {
    case Kind::kInt:
      return due == Kind::kInt || due == Kind::kFloat || due == Kind::kRamp;
    case Kind::kFloat:
      return due == Kind::kFloat || due == Kind::kRamp;
    case Kind::kString:
      return is_text(due);
    default:
      return from == due;
  }
}

std::string article(Kind kind) {
  if (kind == Kind::kData) return "data";
  return kind == Kind::kInt ? "an int" : std::string("a ") + kind_name(kind);
}

int find_param(const ValueSite& place, const std::string& name, const Mark& mark) {
  const auto found = place.sheet.params.find(name);
  if (found != place.sheet.params.end()) {
    place.state.param_used[found->second] = true;
    return found->second;
  }
  place.sheet.unknown_param = true;
  std::vector<std::string> names;
  for (const auto& entry : place.sheet.params) names.emplace_back(entry.first);
  std::string cure = place.state.faults.suggest(name, names);
  if (cure.empty() && place.sheet.bin && place.state.sheets[0].params.count(name)) {
    cure = "; a bin sees its own params only: declare it in params: of this file, and give it where it is included";
  } else if (std::ranges::count(place.sheet.spec->params, name, &ParamInput::name) > 0) {
    cure = "; it is declared below, and a default names params above its own";
  } else if (cure.empty()) {
    cure = "; declare it in params:";
  }
  place.state.faults.add(mark, place.owner + "no param '" + name + "'" + cure);
  return -1;
}

std::string fed_text(const std::string& name) {
  return "param '" + name + "' is fed by a link, which gives it while the run goes on: a property may be $" + name +
         ", and nothing else may name it";
}

/// A constant, checked. Throws std::invalid_argument.
void set_constant(Expr& expr, Scalar value, const Range& range) {
  if (const auto* data = std::get_if<Data>(&value); data && range.shape) value = read_data(*data, *range.shape, "");
  try {
    check_range(value, range);
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(e.what() + base::did_you_mean(to_text(value), range.choices));
  }
  expr.constant = std::move(value);
  expr.constant_set = true;
}

/// A param's whole value.
std::optional<Expr> whole_param(const ValueSite& place, Expr expr, const std::string& name, bool braces,
                                const Range& range) {
  const int index = find_param(place, name, expr.mark);
  if (index < 0) return std::nullopt;
  Param& param = place.state.graph.params[index];
  if (expr.shape && !param.range.shape) param.range.shape = expr.shape;
  if (param.fed && braces) {
    place.state.faults.add(expr.mark, place.owner + fed_text(name));
    return std::nullopt;
  }
  if (fits(param.kind, expr.kind)) {
    if (param.nullable && expr.kind != Kind::kData) {
      if (!place.otherwise) {
        place.state.faults.add(expr.mark, place.owner + "param '" + name + "' may be null, and nothing is known here " +
                                              "that would stand in its place");
        return std::nullopt;
      }
      expr.constant = *place.otherwise;
    }
    if (param.fed) {
      expr.fed = index;
      expr.constant = base_value(expr.kind);
      return expr;
    }
    const bool known = param.bound && param.value && param.value->is_constant();
    if (known) {
      expr.folder = param.value->folder;
      set_constant(expr, *convert(param.value->constant, expr.kind), range);
    } else {
      expr.constant_set = false;
      expr.pieces = {index};
    }
    return expr;
  }
  if (is_text(expr.kind) && braces) {  // "${seed}": its text
    expr.constant_set = false;
    expr.pieces = {std::string(), index};
    return expr;
  }
  std::string cure;
  if (is_text(expr.kind)) cure = "; write \"${" + name + "}\" for its text";
  if (expr.kind == Kind::kInt && param.kind == Kind::kFloat) cure = "; declare it as type: int";
  place.state.faults.add(expr.mark, place.owner + "expected " + article(expr.kind) + ", and param '" + name + "' is " +
                                        article(param.kind) + cure);
  return std::nullopt;
}

/// A param of a formula, where '-' in a name is written '_'.
int formula_param(const ValueSite& place, const std::string& name, const Mark& mark) {
  std::string dashed = name;
  std::replace(dashed.begin(), dashed.end(), '_', '-');
  const bool exact = place.sheet.params.count(name) > 0;
  const int index = find_param(place, !exact && place.sheet.params.count(dashed) > 0 ? dashed : name, mark);
  if (index < 0 || !place.state.graph.params[index].fed) return index;
  place.state.faults.add(mark, place.owner + fed_text(name));
  return -1;
}

/// Where something stands in a text of one line.
Mark mark_in(const Mark& mark, bool plain, std::size_t at) {
  Mark inside = mark;
  if (mark.line > 0) inside.column += static_cast<int>(at) + (plain ? 0 : 1);
  return inside;
}

/// Resolves a formula's names and checks its kinds; empty when it is faulty.
std::optional<FormulaPiece> read_formula(const ValueSite& place, const Piece& piece, const Mark& mark, bool plain) {
  const auto fault = [&](const FormulaError& error) {
    place.state.faults.add(mark_in(mark, plain, piece.at + error.at),
                           place.owner + "$(" + piece.text + "): " + error.what());
  };
  FormulaPiece result{piece.text, nullptr, {}};
  try {
    result.formula = std::make_shared<const Formula>(piece.text);
  } catch (const FormulaError& error) {
    place.sheet.unknown_param = true;
    fault(error);
    return std::nullopt;
  }
  const std::vector<std::string>& names = result.formula->names();
  bool good = true;
  for (std::size_t n = 0; n < names.size(); ++n) {
    result.params.push_back(
        formula_param(place, names[n], mark_in(mark, plain, piece.at + result.formula->place_of(n))));
    good = good && result.params.back() >= 0;
  }
  if (!good) return std::nullopt;
  try {
    result.formula->kind([&](std::size_t name) { return place.state.graph.params[result.params[name]].kind; });
  } catch (const FormulaError& error) {
    fault(error);
    return std::nullopt;
  }
  return result;
}

/// A param's value where that is known before a run: of a bin that was given a constant.
const Scalar* known_value(const Param& param) {
  return param.bound && param.value && param.value->is_constant() && !param.fed ? &param.value->constant : nullptr;
}

/// $(…) and nothing else: a value of its own kind.
std::optional<Expr> whole_formula(const ValueSite& place, Expr expr, const Piece& piece, bool plain,
                                  const Range& range) {
  std::optional<FormulaPiece> formula = read_formula(place, piece, expr.mark, plain);
  if (!formula) return std::nullopt;
  const std::vector<Param>& params = place.state.graph.params;
  const Kind kind = formula->formula->kind([&](std::size_t name) { return params[formula->params[name]].kind; });
  if (!fits(kind, expr.kind) && is_text(expr.kind) && !plain) {  // "$(n + 1)": its text
    expr.constant_set = false;
    expr.pieces = {std::string(), std::move(*formula)};
    return expr;
  }
  if (!fits(kind, expr.kind)) {
    std::string cure;
    if (kind == Kind::kFloat && expr.kind == Kind::kInt) cure = "; write round(…), floor(…), ceil(…) or //";
    if (is_text(expr.kind)) cure = "; write \"$(…)\" for its text";
    place.state.faults.add(expr.mark, place.owner + "expected " + article(expr.kind) + ", and $(" + piece.text +
                                          ") gives " + article(kind) + cure);
    return std::nullopt;
  }
  const bool known = std::ranges::all_of(formula->params, [&](int p) { return known_value(params[p]) != nullptr; });
  if (known) {
    try {
      const Scalar value =
          formula->formula->value([&](std::size_t name) { return *known_value(params[formula->params[name]]); });
      set_constant(expr, *convert(value, expr.kind), range);
      return expr;
    } catch (const FormulaError& error) {
      place.state.faults.add(mark_in(expr.mark, plain, piece.at + error.at),
                             place.owner + "$(" + piece.text + "): " + error.what());
      return std::nullopt;
    }
  }
  expr.constant_set = false;
  expr.pieces.emplace_back(std::move(*formula));
  return expr;
}

std::optional<Expr> mixed_text(const ValueSite& place, Expr expr, const std::vector<Piece>& pieces,
                               const std::string& text, bool plain) {
  bool good = true;
  for (const Piece& piece : pieces) {
    if (piece.sort == Sort::kWords) {
      expr.pieces.emplace_back(piece.text);
      continue;
    }
    if (piece.sort == Sort::kFormula) {
      std::optional<FormulaPiece> formula = read_formula(place, piece, expr.mark, plain);
      if (formula) expr.pieces.emplace_back(std::move(*formula));
      else good = false;
      continue;
    }
    const int index = find_param(place, piece.text, expr.mark);
    good = good && index >= 0;
    if (index >= 0 && place.state.graph.params[index].fed) {
      place.state.faults.add(expr.mark, place.owner + fed_text(piece.text));
      good = false;
    }
    // What a path param holds counts from somewhere already.
    if (index >= 0 && expr.pieces.empty() && place.state.graph.params[index].kind == Kind::kPath) expr.folder.clear();
    expr.pieces.emplace_back(index);
  }
  if (good && !is_text(expr.kind) && !(expr.kind == Kind::kRamp && text.find("..") != std::string::npos)) {
    place.state.faults.add(expr.mark, place.owner + "expected " + article(expr.kind) + ", got the text '" + text +
                                          "'; only $param or $(…) alone can stand for a number");
    good = false;
  }
  if (!good) return std::nullopt;
  expr.constant_set = false;
  return expr;
}

}  // namespace

Scalar base_value(Kind kind) {
  switch (kind) {
    case Kind::kInt:
      return std::int64_t{0};
    case Kind::kFloat:
      return 0.0;
    case Kind::kBool:
      return false;
    case Kind::kString:
      return std::string();
    case Kind::kPath:
      return Path{};
    case Kind::kPattern:
      return Pattern{};
    case Kind::kData:
      return Data();
    case Kind::kRamp:
      break;
  }
  return Ramp{};
}

namespace {

/// Whether one value is there, and no list or map.
bool one_value(const ValueSite& place, const Written& written, Kind kind, const Range& range) {
  if (!written.tree && !written.null) return true;
  std::string what = "there is no value; write \"\" for an empty text, or leave the key out";
  if (written.tree) {
    what = std::string("expected ") + describe(kind, range) + ", found " + sort_text(*written.tree);
    if (written.tree->sort() == Data::Sort::kList)
      what = "expected one value, found a list; to try several, make it a param and give that several values";
    else if (written.tree->find("from") || written.tree->find("to"))
      what = "expected " + describe(kind, range) + ", found {from, to}, which is for values that move";
  }
  place.state.faults.add(written.mark, place.owner + what);
  return false;
}

}  // namespace

bool is_link(const Written& written) {
  const std::size_t dot = written.text.find('.');
  return dot != std::string::npos && written.text.find('$') == std::string::npos &&
         base::is_name(written.text.substr(0, dot));
}

std::optional<Kind> kind_of_value(const ValueSite& place, const std::string& text) {
  const Split parts = split(text);
  if (parts.pieces.size() != 1 || !parts.error.empty()) return std::nullopt;
  const auto kind_of_param = [&](const std::string& name) {
    const auto found = place.sheet.params.find(name);
    return found == place.sheet.params.end() ? Kind::kString : place.state.graph.params[found->second].kind;
  };
  if (parts.whole) return kind_of_param(parts.pieces[0].text);
  if (parts.pieces[0].sort != Sort::kFormula) return std::nullopt;
  try {
    const Formula formula(parts.pieces[0].text);
    return formula.kind([&](std::size_t name) { return kind_of_param(formula.names()[name]); });
  } catch (const FormulaError&) {
    return std::nullopt;
  }
}

std::optional<Expr> read_expr(const ValueSite& place, const Written& written, Kind kind, const Range& range) {
  Expr expr;
  expr.kind = kind;
  expr.mark = written.mark;
  expr.folder = place.folder;
  if (kind == Kind::kData) expr.shape = range.shape;
  if (kind != Kind::kData && !one_value(place, written, kind, range)) return std::nullopt;
  const Split parts = split(written.text);
  if (kind == Kind::kData && (written.tree || !parts.whole)) return read_tree(place, std::move(expr), written, range);
  try {
    if (!parts.error.empty()) {
      place.sheet.unknown_param = true;
      throw std::invalid_argument(parts.error);
    }
    if (parts.pieces.empty() || (parts.pieces.size() == 1 && parts.pieces[0].sort == Sort::kWords)) {
      const std::string text = parts.pieces.empty() ? "" : parts.pieces[0].text;
      set_constant(expr, parse_scalar(kind, seed_text(place.name, kind, range, text)), range);
      return expr;
    }
    if (parts.pieces.size() == 1 && parts.pieces[0].sort == Sort::kFormula)
      return whole_formula(place, std::move(expr), parts.pieces[0], written.plain, range);
    if (parts.pieces.size() == 1) return whole_param(place, std::move(expr), parts.pieces[0].text, !parts.whole, range);
    return mixed_text(place, std::move(expr), parts.pieces, written.text, written.plain);
  } catch (const DataFaults& faults) {
    add_faults(place, faults);
    return std::nullopt;
  } catch (const std::invalid_argument& e) {
    place.state.faults.add(written.mark, place.owner + e.what());
    return std::nullopt;
  }
}

std::optional<Expr> unfed(const ValueSite& place, std::optional<Expr> expr) {
  if (!expr || expr->fed < 0) return expr;
  const std::string& id = place.state.graph.params[expr->fed].id;
  place.state.faults.add(expr->mark, place.owner + fed_text(id.substr(id.rfind('.') + 1)));
  return std::nullopt;
}

std::optional<Expr> read_ramp(const ValueSite& place, const Written& from, const Written& to, const Range& range) {
  const std::optional<Expr> first = unfed(place, read_expr(place, from, Kind::kFloat, range));
  const std::optional<Expr> last = unfed(place, read_expr(place, to, Kind::kFloat, range));
  if (!first || !last) return std::nullopt;
  Expr expr;
  expr.kind = Kind::kRamp;
  expr.mark = from.mark;
  expr.folder = place.folder;
  if (first->is_constant() && last->is_constant()) {
    expr.constant = Ramp{std::get<double>(first->constant), std::get<double>(last->constant)};
    return expr;
  }
  expr.constant_set = false;  // joined as the text of a ramp, "0.5..1"
  const auto add = [&expr](const Expr& end) {
    if (end.is_constant()) {
      expr.pieces.emplace_back(to_text(end.constant));
    } else {
      expr.pieces.push_back(end.pieces[0]);
    }
  };
  add(*first);
  expr.pieces.emplace_back("..");
  add(*last);
  return expr;
}

namespace {

void use_formula(State& state, Sheet& sheet, const std::string& text) {
  try {
    const Formula formula(text);
    for (const std::string& name : formula.names()) {
      const auto found = sheet.params.find(name);
      if (found != sheet.params.end()) state.param_used[found->second] = true;
      else sheet.unknown_param = true;
    }
  } catch (const FormulaError&) {
    sheet.unknown_param = true;
  }
}

}  // namespace

void use_params(State& state, Sheet& sheet, const Data& data) {
  if (data.sort() == Data::Sort::kText) return use_params(state, sheet, data.as<std::string>());
  if (data.sort() == Data::Sort::kList) {
    for (const Data& item : data.items()) use_params(state, sheet, item);
  } else if (data.sort() == Data::Sort::kMap) {
    for (const DataField& field : data.fields()) use_params(state, sheet, field.value);
  }
}

void use_params(State& state, Sheet& sheet, const Written& written) {
  if (written.tree) use_params(state, sheet, *written.tree);
  else use_params(state, sheet, written.text);
}

void use_params(State& state, Sheet& sheet, const std::string& text) {
  for (const Piece& piece : split(text).pieces) {
    if (piece.sort == Sort::kFormula) use_formula(state, sheet, piece.text);
    if (piece.sort != Sort::kParam) continue;
    const auto found = sheet.params.find(piece.text);
    if (found != sheet.params.end()) state.param_used[found->second] = true;
    else sheet.unknown_param = true;
  }
}

std::optional<When> read_when(State& state, const WhenInput& input, Sheet& sheet, const std::string& owner) {
  const auto read = [&](const std::optional<Written>& written, const char* name, const Scalar& otherwise,
                        const Range& range) -> std::optional<Expr> {
    const bool link = written && std::holds_alternative<bool>(otherwise) && is_link(*written);
    const ValueSite place{state, sheet, owner + "when." + name + ": ", ""};
    if (written && !link) return unfed(place, read_expr(place, *written, kind_of(otherwise), range));
    Expr expr;
    expr.constant = otherwise;
    expr.kind = kind_of(otherwise);
    expr.mark = input.mark;
    return expr;
  };
  const Range unit{0.0, 1.0, {}};
  const std::optional<Expr> from = read(input.from, "from", 0.0, unit);
  const std::optional<Expr> to = read(input.to, "to", 1.0, unit);
  const std::optional<Expr> every = read(input.every, "every", std::int64_t{1}, {});
  const std::optional<Expr> nth = read(input.nth, "nth", std::int64_t{1}, {});
  const std::optional<Expr> only_if = read(input.only_if, "if", true, {});
  const std::optional<Expr> unless = read(input.unless, "unless", false, {});
  if (!from || !to || !every || !nth || !only_if || !unless) return std::nullopt;
  if (from->is_constant() && to->is_constant() && std::get<double>(from->constant) > std::get<double>(to->constant)) {
    state.faults.add(input.mark, owner + "when: the window from " + to_text(from->constant) + " to " +
                                     to_text(to->constant) + " is empty; from comes first");
  }
  return When{*from, *to, *every, *nth, *only_if, *unless, input.has_window()};
}

}  // namespace graph::checking

// SPDX-License-Identifier: MIT
#include <charconv>
#include <map>
#include <mutex>
#include <stdexcept>
#include <tuple>

#include "graph/registry.h"
#include "graph/shape.h"

namespace graph {
namespace {

/// A described type on links. Made once for the process, as those of C++ types are, and never freed: contracts point to
/// it.
const ValueType* described_value_type(const std::string& name, const std::string& cpp_name, bool has_length,
                                      bool carries_history) {
  using Key = std::tuple<std::string, std::string, bool, bool>;
  static std::mutex mutex;
  static auto* const made = new std::map<Key, ValueType>;
  const std::lock_guard lock(mutex);
  const auto [known, is_new] = made->try_emplace({name, cpp_name, has_length, carries_history});
  if (is_new) {
    // Values are of the real type, whose length it is that counts.
    const auto length = [](const void*) -> std::size_t { throw std::logic_error("a described type has no values"); };
    const auto remake = [](const void*) -> std::shared_ptr<const void> {
      throw std::logic_error("a described type has no values");
    };
    known->second = {std::get<0>(known->first).c_str(),
                     std::get<1>(known->first).c_str(),
                     has_length ? static_cast<std::size_t (*)(const void*)>(length) : nullptr,
                     nullptr,
                     carries_history ? static_cast<detail::Remake>(remake) : nullptr,
                     carries_history ? static_cast<detail::Remake>(remake) : nullptr,
                     carries_history ? static_cast<detail::Remake>(remake) : nullptr};
  }
  return &known->second;
}

}  // namespace

/// Reads the contracts in a text of type_text().
class ContractReader {
 public:
  explicit ContractReader(const std::string& text) : text_(text) {}

  std::size_t number();
  void expect_end() const {
    if (at_ != text_.size()) fail();
  }
  Contract contract();
  /// Those that are kept, which stand in front.
  std::vector<const ValueType*> kept_types();

 private:
  [[noreturn]] void fail() const {
    throw std::runtime_error("the description of node types is damaged at byte " + std::to_string(at_));
  }
  std::string field();
  bool flag() { return number() != 0; }
  Scalar scalar();
  std::optional<double> bound() {
    if (!flag()) return std::nullopt;
    const Scalar value = scalar();
    if (kind_of(value) != Kind::kFloat) fail();
    return std::get<double>(value);
  }
  Kind kind() {
    const std::optional<Kind> known = kind_of(field());
    if (!known) fail();
    return *known;
  }
  const ValueType* value_type();
  PropSpec prop();
  Shape shape();

  const std::string& text_;
  std::size_t at_ = 0;
};

std::string ContractReader::field() {
  std::size_t size = 0;
  const char* const end = text_.data() + text_.size();
  const auto [colon, error] = std::from_chars(text_.data() + at_, end, size);
  if (error != std::errc() || colon == end || *colon != ':') fail();
  const std::size_t begin = static_cast<std::size_t>(colon - text_.data()) + 1;
  if (size >= text_.size() - begin || text_[begin + size] != '\n') fail();
  at_ = begin + size + 1;
  return text_.substr(begin, size);
}

std::size_t ContractReader::number() {
  const std::string text = field();
  std::size_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size()) fail();
  return value;
}

Scalar ContractReader::scalar() {
  const Kind its_kind = kind();
  try {
    return parse_scalar(its_kind, field());
  } catch (const std::invalid_argument&) {
    fail();
  }
}

const ValueType* ContractReader::value_type() {
  if (!flag()) return nullptr;
  if (flag()) {
    const ValueType* const element = value_type();
    if (element == nullptr) fail();
    return &list_of(*element);
  }
  const std::string name = field(), cpp_name = field();
  const bool has_length = flag();
  return described_value_type(name, cpp_name, has_length, flag());
}

PropSpec ContractReader::prop() {
  PropSpec prop{field(), kind(), field(), field(), std::nullopt, {}};
  if (flag()) prop.value = scalar();
  prop.range.min = bound();
  prop.range.max = bound();
  for (std::size_t left = number(); left > 0; --left) prop.range.choices.push_back(field());
  prop.feedable = flag();
  prop.files = flag();
  if (flag()) prop.range.shape = std::make_shared<const Shape>(shape());
  // Defaults are written as they were read: by their shape again.
  if (prop.value && prop.range.shape) prop.value = read_data(std::get<Data>(*prop.value), *prop.range.shape, prop.name);
  return prop;
}

Shape ContractReader::shape() {
  Shape shape;
  const std::size_t sort = number();
  if (sort > static_cast<std::size_t>(Shape::Sort::kAny)) fail();
  shape.sort = static_cast<Shape::Sort>(sort);
  shape.kind = kind();
  shape.range.min = bound();
  shape.range.max = bound();
  for (std::size_t left = number(); left > 0; --left) shape.range.choices.push_back(field());
  shape.nullable = flag();
  shape.least = number();
  shape.most = number();
  shape.name = field();
  for (std::size_t left = number(); left > 0; --left) {
    std::string name = field();
    Shape inner = this->shape();
    std::string help = field();
    std::optional<std::string> value;
    if (flag()) value = field();
    shape.fields.emplace_back(std::move(name), std::move(inner), std::move(help), std::move(value), field());
    for (std::size_t more = number(); more > 0; --more) shape.fields.back().also.push_back(field());
  }
  for (std::size_t left = number(); left > 0; --left) shape.parts.push_back(this->shape());
  return shape;
}

Contract ContractReader::contract() {
  Contract contract;
  for (std::string* text :
       {&contract.type_, &contract.about_, &contract.family_, &contract.resource_, &contract.example_})
    *text = field();
  contract.concurrency_ = static_cast<int>(number());
  contract.batch_ = static_cast<int>(number());
  contract.mixed_properties_ = flag();
  contract.deferred_ = flag();
  contract.binds_ = flag();
  contract.sink_ = flag();
  contract.slot_.cpp_name = field();
  contract.slot_.type = value_type();
  contract.slot_.cache = flag();
  contract.differentiable_ = flag();
  for (std::size_t left = number(); left > 0; --left)
    contract.ins_.push_back({field(), value_type(), field(), flag(), flag(), flag(), flag(), flag()});
  for (std::size_t left = number(); left > 0; --left)
    contract.outs_.push_back({field(), value_type(), field(), field(), field(), field(), flag()});
  for (std::size_t left = number(); left > 0; --left) contract.props_.push_back(prop());
  for (std::size_t left = number(); left > 0; --left) {
    const auto out = static_cast<int>(number());
    contract.bypasses_.emplace_back(out, static_cast<int>(number()));
  }
  return contract;
}

std::vector<const ValueType*> ContractReader::kept_types() {
  std::vector<const ValueType*> types;
  for (std::size_t left = number(); left > 0; --left) {
    types.push_back(value_type());
    if (types.back() == nullptr) fail();
  }
  return types;
}

void Registry::add_described(const std::string& text, const Maker& make, const KeeperOf& keeper_of) {
  ContractReader reader(text);
  for (const ValueType* type : reader.kept_types()) {
    keep(*type,
         {[keeper_of, name = std::string(type->name)](const Value& value) { return keeper_of(name).put(value); },
          [keeper_of, name = std::string(type->name)](const KeptParts& parts) { return keeper_of(name).take(parts); }});
  }
  for (std::size_t left = reader.number(); left > 0; --left) {
    Contract contract = reader.contract();
    add_type({contract, [make, type = contract.type()](const Props& props) { return make(type, props); }, origin_});
  }
  reader.expect_end();
}

}  // namespace graph

// SPDX-License-Identifier: MIT
#include "graph/type_text.h"

#include <optional>
#include <string>

#include "graph/shape.h"

namespace graph {
namespace {

/// Writes fields.
class TypeWriter {
 public:
  void field(const std::string& bytes) { text_ += std::to_string(bytes.size()) + ":" + bytes + "\n"; }
  void number(std::size_t value) { field(std::to_string(value)); }
  void scalar(const Scalar& value) {
    field(kind_name(kind_of(value)));
    field(to_text(value));
  }
  template <class T>
  void maybe(const std::optional<T>& value) {
    number(value ? 1 : 0);
    if (value) scalar(Scalar(*value));
  }
  void value_type(const ValueType* type) {
    number(type ? 1 : 0);
    if (!type) return;
    number(type->element ? 1 : 0);
    if (type->element) return value_type(type->element);
    field(type->name);
    field(type->cpp_name);
    number(type->length ? 1 : 0);
    number(type->carries_history() ? 1 : 0);
  }
  void contract(const Contract& contract);

  std::string text() && { return std::move(text_); }

 private:
  void prop(const PropSpec& prop);
  void shape(const Shape& shape);

  std::string text_;
};

void TypeWriter::contract(const Contract& contract) {
  for (const std::string* text :
       {&contract.type(), &contract.about(), &contract.family(), &contract.resource(), &contract.example()})
    field(*text);
  number(static_cast<std::size_t>(contract.concurrency()));
  number(static_cast<std::size_t>(contract.batch()));
  number(contract.has_mixed_properties() ? 1 : 0);
  number(contract.deferred() ? 1 : 0);
  number(contract.binds() ? 1 : 0);
  number(contract.is_sink() ? 1 : 0);
  field(contract.slot_spec().cpp_name);
  value_type(contract.slot_spec().type);
  number(contract.slot_spec().cache ? 1 : 0);
  number(contract.is_differentiable() ? 1 : 0);
  number(contract.ins().size());
  for (const InSpec& in : contract.ins()) {
    field(in.name);
    value_type(in.type);
    field(in.shape);
    number(in.optional ? 1 : 0);
    number(in.gather ? 1 : 0);
    number(in.several ? 1 : 0);
    number(in.closes ? 1 : 0);
    number(in.either ? 1 : 0);
  }
  number(contract.outs().size());
  for (const OutSpec& out : contract.outs()) {
    field(out.name);
    value_type(out.type);
    field(out.shape);
    field(out.type_from);
    field(out.type_of);
    field(out.given);
    number(out.optimised ? 1 : 0);
  }
  number(contract.props().size());
  for (const PropSpec& spec : contract.props()) prop(spec);
  number(contract.bypasses().size());
  for (const auto& [out, in] : contract.bypasses()) {
    number(static_cast<std::size_t>(out));
    number(static_cast<std::size_t>(in));
  }
}

void TypeWriter::prop(const PropSpec& prop) {
  field(prop.name);
  field(kind_name(prop.kind));
  field(prop.help);
  field(prop.unit);
  maybe(prop.value);
  maybe(prop.range.min);
  maybe(prop.range.max);
  number(prop.range.choices.size());
  for (const std::string& choice : prop.range.choices) field(choice);
  number(prop.feedable ? 1 : 0);
  number(prop.files ? 1 : 0);
  number(prop.range.shape ? 1 : 0);
  if (prop.range.shape) shape(*prop.range.shape);
}

void TypeWriter::shape(const Shape& shape) {
  number(static_cast<std::size_t>(shape.sort));
  field(kind_name(shape.kind));
  maybe(shape.range.min);
  maybe(shape.range.max);
  number(shape.range.choices.size());
  for (const std::string& choice : shape.range.choices) field(choice);
  number(shape.nullable ? 1 : 0);
  number(shape.least);
  number(shape.most);
  field(shape.name);
  number(shape.fields.size());
  for (const ShapeField& one : shape.fields) {
    field(one.name);
    this->shape(one.shape);
    field(one.help);
    number(one.value ? 1 : 0);
    if (one.value) field(*one.value);
    field(one.unit);
    number(one.also.size());
    for (const std::string& name : one.also) field(name);
  }
  number(shape.parts.size());
  for (const Shape& part : shape.parts) this->shape(part);
}

}  // namespace

std::string type_text(const Registry& registry) {
  TypeWriter writer;
  writer.number(registry.kept_types().size());
  for (const ValueType* type : registry.kept_types()) writer.value_type(type);
  writer.number(registry.types().size());
  for (const NodeType* type : registry.types()) writer.contract(type->contract);
  return std::move(writer).text();
}

}  // namespace graph

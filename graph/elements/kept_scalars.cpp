// SPDX-License-Identifier: MIT
/// How numbers and texts are kept: the types that the language itself has.
#include <cstring>
#include <stdexcept>

#include "graph/registry.h"

namespace graph {
namespace {

const KeptArray& only_part(const KeptParts& parts, const char* kind) {
  const auto found = parts.find("value");
  if (parts.size() != 1 || found == parts.end() || found->second.kind != kind || !found->second.shape.empty())
    throw std::runtime_error(std::string("expected a ") + kind);
  return found->second;
}

template <class T>
void keep_number(Registry& registry, const char* kind) {
  registry.keep(value_type<T>(), {[kind](const Value& value) {
                                    const T number = value.as<T>();
                                    const auto* const first = reinterpret_cast<const std::byte*>(&number);
                                    return KeptParts{{"value", {kind, {}, {first, first + sizeof number}}}};
                                  },
                                  [kind](const KeptParts& parts) {
                                    const KeptArray& part = only_part(parts, kind);
                                    T number{};
                                    if (part.bytes.size() != sizeof number) throw std::runtime_error("a number is cut");
                                    if constexpr (std::is_same_v<T, bool>) number = part.bytes[0] != std::byte{0};
                                    else std::memcpy(&number, part.bytes.data(), sizeof number);
                                    return Value::of<T>(number);
                                  }});
}

KeptParts put_text(const std::string& text) {
  const auto* const first = reinterpret_cast<const std::byte*>(text.data());
  return {{"value", {"text", {}, {first, first + text.size()}}}};
}
std::string take_text(const KeptParts& parts) {
  const KeptArray& part = only_part(parts, "text");
  return {reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size()};
}

}  // namespace

void keep_scalars(Registry& registry) {
  keep_number<std::int64_t>(registry, "int64");
  keep_number<double>(registry, "float64");
  keep_number<bool>(registry, "bool");
  registry.keep<std::string>(put_text, take_text);
  registry.keep<FilePath>([](const FilePath& path) { return put_text(path.text); },
                          [](const KeptParts& parts) { return FilePath{take_text(parts)}; });
}

}  // namespace graph

// SPDX-License-Identifier: MIT
#include "nodes/keepers.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "graph/elements.h"
#include "nodes/keeping.h"
#include "tensors/device.h"

namespace nodes {
namespace {

constexpr const char* kOnDevice = " on the device";
constexpr const char* kChannelsLast = " channels last";
constexpr const char* kTexts = "texts";

constexpr std::pair<const char*, at::ScalarType> kKeptDtypes[] = {
    {"float32", at::kFloat}, {"float64", at::kDouble}, {"float16", at::kHalf}, {"bfloat16", at::kBFloat16},
    {"int64", at::kLong},    {"int32", at::kInt},      {"int16", at::kShort},  {"int8", at::kChar},
    {"uint8", at::kByte},    {"bool", at::kBool},
};

bool is_channels_last(const at::Tensor& tensor) {
  return tensor.dim() == 4 && !tensor.is_contiguous() && tensor.is_contiguous(at::MemoryFormat::ChannelsLast);
}

graph::KeptArray array_of(const at::Tensor& tensor) {
  const auto dtype = std::ranges::find(kKeptDtypes, tensor.scalar_type(), [](const auto& one) { return one.second; });
  if (dtype == std::end(kKeptDtypes))
    throw std::runtime_error(std::string("numbers of the dtype ") + c10::toString(tensor.scalar_type()) +
                             " cannot be kept");
  graph::KeptArray array{dtype->first, tensor.sizes().vec(), {}};
  if (is_channels_last(tensor)) array.kind += kChannelsLast;
  if (!tensor.is_cpu()) array.kind += kOnDevice;
  const at::Tensor host = tensors::to_host(tensor).contiguous();
  const auto* const first = static_cast<const std::byte*>(host.data_ptr());
  if (host.numel() > 0) array.bytes.assign(first, first + host.nbytes());
  return array;
}

bool take_ending(std::string& text, const std::string& ending) {
  if (!text.ends_with(ending)) return false;
  text.resize(text.size() - ending.size());
  return true;
}

/// Shape and bytes are anybody's.
at::Tensor tensor_of(const graph::KeptArray& array, const std::function<at::Device()>& device) {
  std::string kind = array.kind;
  const bool on_device = take_ending(kind, kOnDevice), channels_last = take_ending(kind, kChannelsLast);
  const auto dtype = std::ranges::find(kKeptDtypes, kind, [](const auto& one) { return std::string(one.first); });
  constexpr std::size_t kMostDimensions = 64;
  if (dtype == std::end(kKeptDtypes) || array.shape.size() > kMostDimensions)
    throw std::runtime_error("it holds an array of a kind that there is not");
  std::uint64_t bytes = c10::elementSize(dtype->second);
  for (const std::int64_t side : array.shape) {
    if (side < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(side), &bytes))
      throw std::runtime_error("it holds an array of an impossible shape");
  }
  if (bytes != array.bytes.size()) throw std::runtime_error("it holds an array of another length than its shape's");
  at::Tensor tensor = at::empty(array.shape, at::TensorOptions(dtype->second));
  if (bytes > 0) std::memcpy(tensor.data_ptr(), array.bytes.data(), bytes);
  if (dtype->second == at::kBool) tensor = tensor.view(at::kByte).ne(0);  // any byte is there, and two are truths
  if (channels_last && tensor.dim() == 4) tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
  return on_device ? tensor.to(device()) : tensor;
}

void append_size(std::vector<std::byte>& bytes, std::uint64_t size) {
  const auto* const first = reinterpret_cast<const std::byte*>(&size);
  bytes.insert(bytes.end(), first, first + sizeof size);
}

/// Each with its length in front.
graph::KeptArray array_of(const std::vector<std::string>& texts) {
  graph::KeptArray array{kTexts, {static_cast<std::int64_t>(texts.size())}, {}};
  for (const std::string& text : texts) {
    append_size(array.bytes, text.size());
    const auto* const first = reinterpret_cast<const std::byte*>(text.data());
    array.bytes.insert(array.bytes.end(), first, first + text.size());
  }
  return array;
}

std::vector<std::string> texts_of(const graph::KeptArray& array) {
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < array.bytes.size();) {
    std::uint64_t size = 0;
    if (array.bytes.size() - at < sizeof size) throw std::runtime_error("it holds texts that are cut");
    std::memcpy(&size, array.bytes.data() + at, sizeof size);
    at += sizeof size;
    if (array.bytes.size() - at < size) throw std::runtime_error("it holds texts that are cut");
    texts.emplace_back(reinterpret_cast<const char*>(array.bytes.data()) + at, size);
    at += size;
  }
  return texts;
}

}  // namespace

void keep_values(graph::Registry& registry, const std::function<at::Device()>& device) {
  graph::Registry language;
  graph::add_elements(language);
  for (const Keeping& keeping : keepings()) {
    if (keeping.take == nullptr || language.keeps(*keeping.type)) continue;
    const auto put = [put = keeping.put](const graph::Value& value) {
      tensors::Npz npz;
      put(npz, "", value, KeptFor::kBits);
      graph::KeptParts parts;
      for (const auto& [name, tensor] : npz.arrays) parts[name] = array_of(tensor);
      for (const auto& [name, texts] : npz.texts) parts[name] = array_of(texts);
      return parts;
    };
    const auto take = [take = keeping.take, device](const graph::KeptParts& parts) {
      tensors::Npz npz;
      for (const auto& [name, array] : parts) {
        if (array.kind == kTexts) npz.texts[name] = texts_of(array);
        else npz.arrays[name] = tensor_of(array, device);
      }
      return take(npz, "", "a checkpoint");
    };
    registry.keep(*keeping.type, {put, take});
  }
}

}  // namespace nodes

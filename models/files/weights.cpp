// SPDX-License-Identifier: MIT
#include "models/files/weights.h"

#include <algorithm>
#include <sstream>

#include "base/names.h"
#include "models/files/content_hash.h"
#include "models/files/weight_index.h"
#include "tensors/npz.h"

namespace models {
namespace {

using tensors::FileError;
using tensors::in_quotes;

std::string text_of(at::IntArrayRef shape) {
  std::ostringstream text;
  text << shape;
  return text.str();
}

}  // namespace

WeightFiles::WeightFiles(const std::filesystem::path& file, WeightLayout layout, WeightOptions options)
    : path_(file), layout_(std::move(layout)), options_(options) {
  if (file.extension() == ".json") open_pieces(file);
  else add(file);
  for (const tensors::SafetensorsFile& piece : files_) {
    for (const tensors::SafetensorsEntry& entry : piece.entries()) {
      const auto [found, is_new] = tensors_.emplace(entry.name, Found{&piece, &entry});
      if (!is_new)
        throw FileError(piece.path().string() + ": " + in_quotes(entry.name) + " is in " +
                        found->second.file->path().filename().string() + ", too");
    }
  }
}

void WeightFiles::add(const std::filesystem::path& file) {
  files_.emplace_back(file);
}

void WeightFiles::open_pieces(const std::filesystem::path& index) {
  const std::map<std::string, std::string> pieces = read_weight_index(index);
  std::set<std::string> names;
  for (const auto& [tensor, piece] : pieces) names.insert(piece);
  std::map<std::string, std::size_t> positions;
  for (const std::string& name : names) {
    const std::filesystem::path file = index.parent_path() / name;
    if (!std::filesystem::exists(file))
      throw FileError(file.string() + ": is missing, though " + index.filename().string() +
                      " names it: fetch the rest of the model");
    positions[name] = files_.size();
    add(file);
  }
  for (const auto& [tensor, piece] : pieces) {
    if (files_[positions[piece]].find(tensor) == nullptr)
      throw FileError(files_[positions[piece]].path().string() + ": has no tensor " + in_quotes(tensor) + ", though " +
                      index.filename().string() + " says so");
  }
}

at::Tensor WeightFiles::get(const std::string& name, at::IntArrayRef shape) {
  const Origins origins = layout_.origins(name);
  const auto at = std::ranges::find_if(
      origins, [&](const Origin& origin) { return tensors_.contains(layout_.prefix + origin.key); });
  if (at == origins.end()) fail_missing(name, shape, origins);
  const Found found = tensors_.at(layout_.prefix + at->key);
  used_.insert(found.entry->name);
  const std::string what = found.file->path().string() + ": " + in_quotes(found.entry->name);
  if (!at::isFloatingType(found.entry->dtype))
    throw FileError(what + " is " + at::toString(found.entry->dtype) +
                    ", expected floating point: quantised models are not supported");
  read_ahead(found);
  at::Tensor tensor = converted(found, *at);
  if (tensor.sizes() == shape) return tensor;
  throw FileError(what + " has the shape " + text_of(found.entry->shape) + ", expected " + text_of(shape) +
                  (at->parts == 1 && !at->transposed && !at->squeezed ? "" : " for " + name) +
                  ": this file and the config do not belong together");
}

/// Tensors that are only looked at are read when someone looks; those to be converted, as soon as the first is.
void WeightFiles::read_ahead(const Found& found) {
  if (found.entry->dtype == options_.dtype) return;
  if (!ahead_) {
    std::vector<Found> pieces;
    for (const tensors::SafetensorsFile& file : files_) {
      for (const tensors::SafetensorsEntry& entry : file.entries()) {
        if (entry.name.starts_with(layout_.prefix)) pieces.push_back({&file, &entry});
      }
    }
    ahead_ = std::make_unique<WeightReadAhead>(std::move(pieces));
    if (options_.device.is_cpu()) cores_ = std::make_unique<EveryCore>();
  }
  ahead_->took(found.entry->end - found.entry->begin);
}

at::Tensor WeightFiles::converted(const Found& found, const Origin& origin) {
  const at::Tensor view = found.file->tensor(*found.entry);
  at::Tensor tensor = view;
  if (origin.parts > 1 && tensor.dim() > 0 && tensor.size(0) % origin.parts == 0) {
    const std::int64_t rows = tensor.size(0) / origin.parts;
    tensor = tensor.narrow(0, origin.part * rows, rows);
  }
  if (origin.transposed && tensor.dim() == 2) tensor = tensor.t();
  if (origin.squeezed && tensor.dim() == 4 && tensor.size(2) == 1 && tensor.size(3) == 1) tensor = tensor.flatten(1);
  if (options_.device.is_cpu() && (tensor.scalar_type() != options_.dtype || !tensor.is_contiguous()))
    tensor = memory_.empty(tensor.sizes(), options_.dtype).copy_(tensor);
  else tensor = tensor.to(options_.device).to(options_.dtype).contiguous();
  if (!tensor.is_alias_of(view)) found.file->release(*found.entry);
  return tensor;
}

void WeightFiles::fail_missing(const std::string& name, at::IntArrayRef shape, const Origins& origins) const {
  if (origins.empty()) throw FileError(path_.string() + ": this layout of files knows no parameter " + name);
  const std::string key = layout_.prefix + origins.front().key;
  std::vector<std::string> names;
  for (const auto& [other, found] : tensors_) names.push_back(other);
  std::ranges::sort(names);
  const std::string* const nearest = base::nearest(key, names);
  std::string hint;
  if (nearest != nullptr)
    hint = " (did you mean " + in_quotes(*nearest) + ", of shape " + text_of(tensors_.at(*nearest).entry->shape) + "?)";
  throw FileError(path_.string() + ": has no tensor " + in_quotes(key) + ", expected of shape " + text_of(shape) +
                  hint);
}

at::ScalarType WeightFiles::stored_dtype() const {
  const tensors::SafetensorsEntry* largest = nullptr;
  for (const auto& [name, found] : tensors_) {
    const bool larger = largest == nullptr || found.entry->end - found.entry->begin > largest->end - largest->begin;
    if (name.starts_with(layout_.prefix) && at::isFloatingType(found.entry->dtype) && larger) largest = found.entry;
  }
  return largest == nullptr ? at::kFloat : largest->dtype;
}

std::int64_t WeightFiles::bytes() const {
  std::int64_t numbers = 0;
  for (const auto& [name, found] : tensors_) {
    if (counts(name)) numbers += c10::multiply_integers(found.entry->shape);
  }
  return numbers * static_cast<std::int64_t>(c10::elementSize(options_.dtype));
}

bool WeightFiles::counts(const std::string& name) const {
  const auto contained = [&](const std::string& text) { return name.find(text) != std::string::npos; };
  return name.starts_with(layout_.prefix) && std::ranges::none_of(layout_.ignored, contained);
}

std::string WeightFiles::identity() const {
  std::vector<std::string> each;
  for (const auto& [name, found] : tensors_) {
    if (!counts(name)) continue;
    const at::Tensor tensor = found.file->tensor(*found.entry);
    ContentHash hash;
    hash.add_text(at::toString(tensor.scalar_type()));
    hash.add_text(std::to_string(tensor.numel()));
    hash.add_sample(tensor);
    each.push_back(hash.text());
  }
  std::ranges::sort(each);  // names would give another order in another layout
  ContentHash all;
  for (const std::string& one : each) all.add(one);
  return all.text();
}

std::vector<std::string> WeightFiles::unused() const {
  std::vector<std::string> names;
  for (const auto& [name, found] : tensors_) {
    if (counts(name) && !used_.contains(name)) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

void WeightFiles::finish() const {
  const std::vector<std::string> names = unused();
  if (names.empty()) return;
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 5); ++i)
    text += (i == 0 ? " " : ", ") + in_quotes(names[i]);
  throw FileError(path_.string() + ": has " + std::to_string(names.size()) +
                  " tensors that the network has no place for:" + text + (names.size() > 5 ? ", …" : "") +
                  ": this file and the config do not belong together");
}

SharedParameters::SharedParameters(const ParameterTable& table) : tensors_(table.begin(), table.end()) {}

at::Tensor SharedParameters::get(const std::string& name, at::IntArrayRef shape) {
  const auto found = tensors_.find(name);
  if (found != tensors_.end() && found->second.sizes() == shape) return found->second;
  throw std::runtime_error(name + ": expected " + text_of(shape) +
                           " in the network whose parameters are shared, found " +
                           (found == tensors_.end() ? "nothing" : text_of(found->second.sizes())));
}

}  // namespace models

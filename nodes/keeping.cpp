// SPDX-License-Identifier: MIT
#include "nodes/keeping.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>

#include "imaging/files/picture.h"
#include "imaging/files/png.h"
#include "nodes/picture_tensors.h"

namespace nodes {
namespace {

using KeptJson = nlohmann::ordered_json;
using tensors::Npz;

/// Writes a value's arrays: names, each with the value's place behind it.
class Arrays {
 public:
  Arrays(Npz& npz, const std::string& suffix) : npz_(npz), suffix_(suffix) {}

  /// As float32; nothing for a tensor that is not defined.
  void put(const std::string& name, const at::Tensor& tensor) {
    if (tensor.defined()) put_as_it_is(name, tensor.to(at::kFloat));
  }
  void put_as_it_is(const std::string& name, at::Tensor tensor) { npz_.arrays[name + suffix_] = std::move(tensor); }
  void put_text(const std::string& name, const std::string& text) { npz_.texts[name + suffix_] = {text}; }
  /// One number of each element.
  template <class Element, class Number>
  void put_each(const std::string& name, const std::vector<Element>& elements, Number Element::*field) {
    std::vector<Number> numbers;
    numbers.reserve(elements.size());
    for (const Element& element : elements) numbers.push_back(element.*field);
    put_as_it_is(name, at::tensor(numbers));
  }

 private:
  Npz& npz_;
  const std::string& suffix_;
};

/// Reads them.
class KeptArrays {
 public:
  KeptArrays(const Npz& npz, const std::string& suffix, const std::filesystem::path& path)
      : npz_(npz), suffix_(suffix), path_(path) {}

  const at::Tensor& at(const std::string& name) const { return npz_.at(name + suffix_, path_); }
  at::Tensor at(const std::string& name, std::int64_t dimensions) const {
    const at::Tensor& tensor = at(name);
    if (tensor.dim() != dimensions) refuse(name, "has the shape " + c10::str(tensor.sizes()));
    return tensor;
  }
  /// Not defined where it is not there.
  at::Tensor find(const std::string& name) const {
    const auto found = npz_.arrays.find(name + suffix_);
    return found == npz_.arrays.end() ? at::Tensor() : found->second;
  }
  std::string text(const std::string& name) const {
    const auto found = npz_.texts.find(name + suffix_);
    if (found == npz_.texts.end() || found->second.size() != 1) refuse(name, "is not there as a text");
    return found->second.front();
  }
  [[noreturn]] void refuse(const std::string& name, const std::string& what) const {
    throw tensors::FileError(path_.string() + ": '" + name + suffix_ + "' " + what);
  }

 private:
  const Npz& npz_;
  const std::string& suffix_;
  const std::filesystem::path& path_;
};

void write(Arrays& arrays, const Latents& latents) {
  arrays.put("latents", latents.tensor);
}
Latents read(const KeptArrays& arrays, const Latents*) {
  return {arrays.at("latents", 4)};
}

void write(Arrays& arrays, const Image& image) {
  arrays.put("image", to_tensor(image));
}
Image read(const KeptArrays& arrays, const Image*) {
  const at::Tensor image = arrays.at("image", 4);
  if (image.size(0) != 1 || image.size(1) != 3 || image.numel() == 0)
    arrays.refuse("image", "has the shape " + c10::str(image.sizes()) + ", not (1, 3, H, W)");
  return to_image(image);
}

void write(Arrays& arrays, const Mask& mask) {
  arrays.put("mask", to_tensor(mask).squeeze(0).squeeze(0));
}
Mask read(const KeptArrays& arrays, const Mask*) {
  const at::Tensor mask = arrays.at("mask", 2);
  if (mask.numel() == 0) arrays.refuse("mask", "has the shape " + c10::str(mask.sizes()));
  return to_mask(mask);
}

void write(Arrays& arrays, const Residuals& residuals) {
  const auto half = [&](const std::string& name, const models::UNetResiduals& one) {
    for (std::size_t i = 0; i < one.down.size(); ++i) arrays.put(name + "_down" + std::to_string(i), one.down[i]);
    arrays.put(name + "_mid", one.mid);
  };
  half("prompt", residuals.prompt);
  half("negative", residuals.negative);
}

void write(Arrays& arrays, const Conditioning& c) {
  if (c.parts != nullptr)
    throw std::runtime_error(
        "a conditioning of several prompts (AND), or of one that changes by turns, is not kept in files");
  arrays.put("prompt_embeds", c.prompt_embeds);
  arrays.put("negative_prompt_embeds", c.negative_prompt_embeds);
  arrays.put("pooled_prompt_embeds", c.pooled_prompt_embeds);
  arrays.put("negative_pooled_prompt_embeds", c.negative_pooled_prompt_embeds);
  arrays.put("time_ids", c.time_ids);
  arrays.put("negative_time_ids", c.negative_time_ids);
}
Conditioning read(const KeptArrays& arrays, const Conditioning*) {
  return {arrays.at("prompt_embeds", 3),
          arrays.at("negative_prompt_embeds", 3),
          arrays.find("pooled_prompt_embeds"),
          arrays.find("negative_pooled_prompt_embeds"),
          arrays.find("time_ids"),
          arrays.find("negative_time_ids")};
}

void write(Arrays& arrays, const Prediction& prediction) {
  arrays.put("prediction", prediction.tensor);
}
Prediction read(const KeptArrays& arrays, const Prediction*) {
  return {arrays.at("prediction", 4)};
}

void write(Arrays& arrays, const Predictions& predictions) {
  arrays.put("prompt", predictions.prompt);
  arrays.put("negative", predictions.negative);
}
Predictions read(const KeptArrays& arrays, const Predictions*) {
  return {arrays.at("prompt", 4), arrays.find("negative")};
}

void write(Arrays& arrays, const schedulers::Schedule& schedule) {
  std::vector<float> timesteps, sigmas;
  for (std::size_t i = 0; i < schedule.size(); ++i) timesteps.push_back(static_cast<float>(schedule.timestep(i)));
  for (std::size_t i = 0; i <= schedule.size(); ++i) sigmas.push_back(static_cast<float>(schedule.sigma(i)));
  arrays.put("timesteps", at::tensor(timesteps));
  arrays.put("sigmas", at::tensor(sigmas));
  arrays.put("init_noise_sigma", at::tensor(static_cast<float>(schedule.init_noise_sigma())));
}

void write(Arrays& arrays, const Labels& labels) {
  arrays.put_as_it_is("labels", at::tensor(labels.map->ids).reshape({labels.map->height, labels.map->width}));
}

void write(Arrays& arrays, const matching::Matches& matches) {
  using matching::Match;
  arrays.put_each("region_id", matches.matches, &Match::region);
  arrays.put_each("source_record_index", matches.matches, &Match::record);
  arrays.put_each("source_latent_y", matches.matches, &Match::y);
  arrays.put_each("source_latent_x", matches.matches, &Match::x);
  arrays.put_each("target_y0", matches.matches, &Match::y0);
  arrays.put_each("target_x0", matches.matches, &Match::x0);
  arrays.put_each("bbox_h", matches.matches, &Match::height);
  arrays.put_each("bbox_w", matches.matches, &Match::width);
  arrays.put_each("score", matches.matches, &Match::score);
  if (matches.indices.defined()) arrays.put_as_it_is("indices", matches.indices.to(at::kCPU, at::kInt));
}

void write(Arrays& arrays, const Bank& value) {
  using matching::Patch;
  const matching::Bank& bank = *value.bank;
  arrays.put_each("record", bank.patches, &Patch::record);
  arrays.put_each("y", bank.patches, &Patch::y);
  arrays.put_each("x", bank.patches, &Patch::x);
  std::vector<std::int32_t> boxes;
  boxes.reserve(4 * bank.patches.size());
  for (const Patch& patch : bank.patches) {
    const matching::Box box = matching::patch_box(bank, patch);
    boxes.insert(boxes.end(), {box.left, box.top, box.right, box.bottom});
  }
  arrays.put_as_it_is("bbox", at::tensor(boxes).reshape({-1, 4}));
}

void write(Arrays& arrays, const Region& value) {
  const tiling::Box& box = value.region->box;
  arrays.put_as_it_is("box", at::tensor(std::vector<std::int64_t>{box.top, box.bottom, box.left, box.right}));
  if (value.region->kind == tiling::Region::Kind::kText)
    arrays.put("weights", tiling::weights_of(value.region->weights, box.height(), box.width()));
}

void write(Arrays& arrays, const Layer& value) {
  const layering::Strengths& strengths = value.strengths;
  arrays.put("strengths", at::tensor(std::vector<double>{strengths.noise, strengths.attention,
                                                         strengths.negative_attention, strengths.edge}));
  const auto put = [&](const char* name, const cv::Mat& matrix, at::ScalarType type) {
    if (matrix.empty()) return;
    const cv::Mat whole = matrix.clone();
    arrays.put_as_it_is(name, at::from_blob(whole.data, {whole.rows, whole.cols, whole.channels()}, type).clone());
  };
  put("pixels", value.pixels, at::kByte);
  put("visible", value.visible, at::kDouble);
}

void write(Arrays& arrays, const Token& value) {
  arrays.put("clip_l", value.vectors->clip_l);
  arrays.put("clip_g", value.vectors->clip_g);
}

void write(Arrays& arrays, const Spans& value) {
  std::vector<std::int64_t> tokens, layers;
  for (const models::LayerWords& words : value.words) {
    tokens.insert(tokens.end(), words.tokens.begin(), words.tokens.end());
    layers.insert(layers.end(), words.tokens.size(), static_cast<std::int64_t>(words.layer));
  }
  arrays.put_as_it_is("tokens", at::tensor(tokens, at::kLong));
  arrays.put_as_it_is("layer", at::tensor(layers, at::kLong));
}

/// What a region says, in px and by the names of its settings.
KeptJson json_of(const tiling::Region& region) {
  constexpr std::int64_t kCell = tiling::kCellPixels;
  constexpr const char* kKinds[] = {"text", "image", "reroll"};
  KeptJson json{{"name", region.name},
                {"kind", kKinds[static_cast<int>(region.kind)]},
                {"row_init", region.box.top * kCell},
                {"row_end", region.box.bottom * kCell},
                {"col_init", region.box.left * kCell},
                {"col_end", region.box.right * kCell}};
  if (region.kind == tiling::Region::Kind::kText) {
    json["prompt"] = region.prompt;
    json["negative_prompt"] = region.has_negative_prompt ? KeptJson(region.negative_prompt) : KeptJson();
    json["guidance_scale"] = region.guidance_scale ? KeptJson(*region.guidance_scale) : KeptJson();
    json["mask_weight"] = region.weights.weight;
  } else if (region.kind == tiling::Region::Kind::kImage) {
    json["reference_image"] = region.reference_image;
    json["strength"] = region.strength;
  } else {
    json["reroll_mode"] = region.resets_noise ? "reset" : "epsilon";
  }
  json["region_seed"] = region.seed ? KeptJson(*region.seed) : KeptJson();
  json["noise_eps"] = region.noise_eps;
  return json;
}

void write(Arrays& arrays, const std::int64_t& value) {
  arrays.put_as_it_is("value", at::tensor(value, at::TensorOptions(at::kLong)));
}
std::int64_t read(const KeptArrays& arrays, const std::int64_t*) {
  return arrays.at("value").item<std::int64_t>();
}
void write(Arrays& arrays, const double& value) {
  arrays.put_as_it_is("value", at::tensor(value, at::TensorOptions(at::kDouble)));
}
double read(const KeptArrays& arrays, const double*) {
  return arrays.at("value").item<double>();
}
void write(Arrays& arrays, const bool& value) {
  arrays.put_as_it_is("value", at::full({}, value, at::TensorOptions(at::kBool)));
}
bool read(const KeptArrays& arrays, const bool*) {
  return arrays.at("value").item<bool>();
}
void write(Arrays& arrays, const std::string& value) {
  arrays.put_text("value", value);
}
std::string read(const KeptArrays& arrays, const std::string*) {
  return arrays.text("value");
}

template <class T>
Keeping keep_arrays(std::vector<std::string> endings) {
  Keeping keeping{&graph::value_type<T>(), std::move(endings),
                  [](Npz& npz, const std::string& suffix, const graph::Value& value) {
                    Arrays arrays(npz, suffix);
                    write(arrays, value.as<T>());
                  }};
  if constexpr (requires(const KeptArrays& arrays) { read(arrays, static_cast<const T*>(nullptr)); }) {
    keeping.take = [](const Npz& npz, const std::string& suffix, const std::filesystem::path& path) {
      return graph::Value::of<T>(read(KeptArrays(npz, suffix, path), static_cast<const T*>(nullptr)));
    };
  }
  return keeping;
}

KeptJson json_of(const graph::Value& value) {
  if (value.empty()) return nullptr;
  if (value.type().element != nullptr) return KeptJson::array();
  const auto is = [&]<class T>(const T*) { return value.type() == graph::value_type<T>(); };
  if (is(static_cast<const std::int64_t*>(nullptr))) return value.as<std::int64_t>();
  if (is(static_cast<const double*>(nullptr))) return value.as<double>();
  if (is(static_cast<const bool*>(nullptr))) return value.as<bool>();
  if (is(static_cast<const std::string*>(nullptr))) return value.as<std::string>();
  if (is(static_cast<const graph::FilePath*>(nullptr))) return value.as<graph::FilePath>().text;
  if (is(static_cast<const Region*>(nullptr))) return json_of(*value.as<Region>().region);
  KeptJson entries = KeptJson::array();
  for (const std::string& entry : value.as<Log>().entries) entries.push_back(KeptJson::parse(entry));
  return entries;
}

void gather_leaves(const graph::Value& value, std::span<const int> chosen, std::vector<int>& place,
                   std::vector<Leaf>& leaves) {
  if (value.empty() || value.type().element == nullptr) return leaves.push_back({place, value});
  const std::vector<graph::Value>& places = value.places();
  const int one = chosen.empty() ? -1 : chosen.front();
  const std::span<const int> rest = chosen.subspan(chosen.empty() ? 0 : 1);
  if (one >= static_cast<int>(places.size())) {
    throw std::runtime_error("there is no element " + std::to_string(one) + " in a list of " +
                             std::to_string(places.size()));
  }
  if (one >= 0) return gather_leaves(places[one], rest, place, leaves);
  if (places.empty()) leaves.push_back({place, value});
  for (std::size_t i = 0; i < places.size(); ++i) {
    place.push_back(static_cast<int>(i));
    gather_leaves(places[i], rest, place, leaves);
    place.pop_back();
  }
}

std::string suffix_of(const std::vector<int>& place) {
  std::string suffix;
  for (const int index : place) suffix += "_" + std::to_string(index);
  return suffix;
}

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

const std::vector<Keeping>& keepings() {
  static const std::vector<Keeping> kAll{
      keep_arrays<Latents>({".npz"}),
      keep_arrays<Image>({".png", ".npz"}),
      keep_arrays<Conditioning>({".npz"}),
      keep_arrays<Prediction>({".npz"}),
      keep_arrays<Predictions>({".npz"}),
      keep_arrays<Residuals>({".npz"}),
      keep_arrays<schedulers::Schedule>({".npz"}),
      keep_arrays<Labels>({".npz"}),
      keep_arrays<Mask>({".npz"}),
      keep_arrays<matching::Matches>({".npz"}),
      keep_arrays<Bank>({".npz"}),
      keep_arrays<Region>({".json", ".npz"}),
      keep_arrays<Layer>({".npz"}),
      keep_arrays<Token>({".npz"}),
      keep_arrays<Spans>({".npz"}),
      keep_arrays<std::int64_t>({".json", ".npz"}),
      keep_arrays<double>({".json", ".npz"}),
      keep_arrays<bool>({".json", ".npz"}),
      keep_arrays<std::string>({".json", ".npz"}),
      {&graph::value_type<graph::FilePath>(), {".json"}, nullptr},
      {&graph::value_type<Log>(), {".json"}, nullptr},
  };
  return kAll;
}

const Keeping* keeping_of(const graph::ValueType& type) {
  const graph::ValueType* inner = &type;
  while (inner->element != nullptr) inner = inner->element;
  const auto found = std::ranges::find_if(keepings(), [&](const Keeping& keeping) { return *keeping.type == *inner; });
  return found == keepings().end() ? nullptr : &*found;
}

std::vector<Leaf> leaves_of(const graph::Value& value, const std::vector<int>& chosen) {
  std::vector<Leaf> leaves;
  std::vector<int> place;
  gather_leaves(value, chosen, place, leaves);
  return leaves;
}

Npz arrays_of(const graph::ValueType& type, const std::vector<Leaf>& leaves) {
  const Keeping* const keeping = keeping_of(type);
  if (keeping == nullptr || keeping->put == nullptr) {
    std::string names;
    for (const Keeping& other : keepings()) {
      if (other.put != nullptr) names += (names.empty() ? "" : ", ") + std::string(other.type->name);
    }
    throw std::runtime_error(std::string("a value of the type ") + type.name + " cannot be saved; these can: " + names);
  }
  Npz npz;
  for (const Leaf& leaf : leaves) {
    if (leaf.holds()) keeping->put(npz, suffix_of(leaf.place), leaf.value);
  }
  return npz;
}

std::vector<std::byte> kept_bytes(const graph::ValueType& type, const std::vector<Leaf>& leaves,
                                  const std::string& ending) {
  if (ending == ".npz") return tensors::npz_bytes(arrays_of(type, leaves));
  if (ending == ".png") return imaging::encode_png(imaging::to_8bit(leaves.at(0).value.as<Image>().pixels));
  KeptJson json;
  for (const Leaf& leaf : leaves) {
    KeptJson* at = &json;
    for (const int index : leaf.place) at = &(*at)[static_cast<std::size_t>(index)];
    *at = json_of(leaf.value);
  }
  return bytes_of(json.dump(2, ' ', false, KeptJson::error_handler_t::replace) + "\n");
}

}  // namespace nodes

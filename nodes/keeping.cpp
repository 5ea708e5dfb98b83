// SPDX-License-Identifier: MIT
#include "nodes/keeping.h"

#include <algorithm>
#include <limits>
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
  Arrays(Npz& npz, const std::string& suffix, KeptFor purpose) : npz_(npz), suffix_(suffix), purpose_(purpose) {}

  /// Whether all of it is to be there, and to the bit.
  bool exact() const { return purpose_ == KeptFor::kBits; }

  /// For readers as float32; nothing for a tensor that is not defined.
  void put(const std::string& name, const at::Tensor& tensor) {
    if (tensor.defined()) put_as_it_is(name, exact() ? tensor.detach() : tensor.to(at::kFloat));
  }
  template <class Number>
  void put_number(const std::string& name, Number number) {
    put_as_it_is(name, at::full({}, number, at::TensorOptions(c10::CppTypeToScalarType<Number>())));
  }
  void put_as_it_is(const std::string& name, at::Tensor tensor) { npz_.arrays[name + suffix_] = std::move(tensor); }
  void put_text(const std::string& name, const std::string& text) { put_texts(name, {text}); }
  void put_texts(const std::string& name, std::vector<std::string> texts) {
    npz_.texts[name + suffix_] = std::move(texts);
  }
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
  const KeptFor purpose_;
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
  template <class Number>
  Number number(const std::string& name) const {
    const at::Tensor& tensor = at(name);
    if (tensor.dim() != 0 || tensor.scalar_type() != c10::CppTypeToScalarType<Number>())
      refuse(name, "is not the number that it should be");
    return tensor.item<Number>();
  }
  const std::vector<std::string>& texts(const std::string& name) const {
    const auto found = npz_.texts.find(name + suffix_);
    if (found == npz_.texts.end()) refuse(name, "is not there as texts");
    return found->second;
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

/// The numbers of a matrix (H,W,C), as they are.
void write_pixels(Arrays& arrays, const cv::Mat& pixels) {
  const cv::Mat whole = pixels.isContinuous() ? pixels : pixels.clone();
  arrays.put_as_it_is("pixels",
                      at::from_blob(whole.data, {whole.rows, whole.cols, whole.channels()}, at::kFloat).clone());
}
/// Empty where they were kept for readers.
cv::Mat read_pixels(const KeptArrays& arrays, int channels) {
  if (!arrays.find("pixels").defined()) return {};
  const at::Tensor kept = arrays.at("pixels", 3).contiguous();
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  if (kept.scalar_type() != at::kFloat || kept.size(2) != channels || kept.numel() == 0 || kept.size(0) > kMost ||
      kept.size(1) > kMost)
    arrays.refuse("pixels", "has the shape " + c10::str(kept.sizes()));
  return cv::Mat(static_cast<int>(kept.size(0)), static_cast<int>(kept.size(1)), CV_32FC(channels), kept.data_ptr())
      .clone();
}

void write(Arrays& arrays, const Image& image) {
  if (arrays.exact()) write_pixels(arrays, image.pixels);
  else arrays.put("image", to_tensor(image));
}
Image read(const KeptArrays& arrays, const Image*) {
  if (cv::Mat pixels = read_pixels(arrays, 3); !pixels.empty()) return {pixels};
  const at::Tensor image = arrays.at("image", 4);
  if (image.size(0) != 1 || image.size(1) != 3 || image.numel() == 0)
    arrays.refuse("image", "has the shape " + c10::str(image.sizes()) + ", not (1, 3, H, W)");
  return to_image(image);
}

void write(Arrays& arrays, const Mask& mask) {
  if (arrays.exact()) write_pixels(arrays, mask.weights);
  else arrays.put("mask", to_tensor(mask).squeeze(0).squeeze(0));
}
Mask read(const KeptArrays& arrays, const Mask*) {
  if (cv::Mat weights = read_pixels(arrays, 1); !weights.empty()) return {weights};
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
  if (arrays.exact()) arrays.put_number("guess", residuals.guess);
}
Residuals read(const KeptArrays& arrays, const Residuals*) {
  const auto half = [&](const std::string& name) {
    models::UNetResiduals one;
    for (at::Tensor next; (next = arrays.find(name + "_down" + std::to_string(one.down.size()))).defined();)
      one.down.push_back(next);
    one.mid = arrays.find(name + "_mid");
    return one;
  };
  const bool guess = arrays.find("guess").defined() && arrays.number<bool>("guess");
  return {half("prompt"), half("negative"), guess};
}

/// Of a conditioning, what no reader of files asks for.
void write_more(Arrays& arrays, const std::string& front, const Conditioning& c);

/// `front` stands in front of the names: a conditioning may be made of others.
void write_conditioning(Arrays& arrays, const std::string& front, const Conditioning& c) {
  arrays.put(front + "prompt_embeds", c.prompt_embeds);
  arrays.put(front + "negative_prompt_embeds", c.negative_prompt_embeds);
  arrays.put(front + "pooled_prompt_embeds", c.pooled_prompt_embeds);
  arrays.put(front + "negative_pooled_prompt_embeds", c.negative_pooled_prompt_embeds);
  arrays.put(front + "time_ids", c.time_ids);
  arrays.put(front + "negative_time_ids", c.negative_time_ids);
  if (arrays.exact()) write_more(arrays, front, c);
}

void write_more(Arrays& arrays, const std::string& front, const Conditioning& c) {
  arrays.put_number(front + "weight", c.weight);
  arrays.put_number(front + "has_negative_prompt", c.has_negative_prompt);
  if (c.attention != nullptr) {
    arrays.put_number(front + "fall", static_cast<std::int64_t>(c.attention->fall));
    arrays.put_number(front + "from_start", c.attention->from_start);
    for (std::size_t i = 0; i < c.attention->regions.size(); ++i) {
      const models::AttentionRegion& region = c.attention->regions[i];
      const std::string name = front + "region" + std::to_string(i) + "_";
      arrays.put_as_it_is(name + "tokens", at::tensor(region.tokens, at::TensorOptions(at::kLong)));
      arrays.put(name + "mask", region.mask);
      arrays.put_number(name + "strength", region.strength);
      arrays.put_number(name + "negative_strength", region.negative_strength);
    }
  }
  if (c.parts == nullptr) return;
  arrays.put_number(front + "parts", true);
  for (std::size_t i = 0; i < c.parts->also.size(); ++i)
    write_conditioning(arrays, front + "also" + std::to_string(i) + "_", c.parts->also[i]);
  for (std::size_t i = 0; i < c.parts->turns.size(); ++i) {
    const std::string name = front + "turn" + std::to_string(i) + "_";
    arrays.put_number(name + "last", c.parts->turns[i].first);
    write_conditioning(arrays, name, c.parts->turns[i].second);
  }
}

void write(Arrays& arrays, const Conditioning& c) {
  if (c.parts != nullptr && !arrays.exact())
    throw std::runtime_error(
        "a conditioning of several prompts (AND), or of one that changes by turns, is not kept in files");
  write_conditioning(arrays, "", c);
}

std::shared_ptr<const AttentionPull> read_attention(const KeptArrays& arrays, const std::string& front) {
  if (!arrays.find(front + "fall").defined()) return nullptr;
  auto pull = std::make_shared<AttentionPull>();
  const auto fall = arrays.number<std::int64_t>(front + "fall");
  if (fall < 0 || fall > static_cast<std::int64_t>(models::AttentionFall::kEdiffi))
    arrays.refuse(front + "fall", "is none that there is");
  pull->fall = static_cast<models::AttentionFall>(fall);
  pull->from_start = arrays.number<bool>(front + "from_start");
  for (;;) {
    const std::string name = front + "region" + std::to_string(pull->regions.size()) + "_";
    if (!arrays.find(name + "mask").defined()) return pull;
    const at::Tensor tokens = arrays.at(name + "tokens", 1).to(at::kCPU, at::kLong).contiguous();
    const auto* const first = tokens.data_ptr<std::int64_t>();
    pull->regions.push_back({{first, first + tokens.numel()},
                             arrays.at(name + "mask", 4),
                             arrays.number<double>(name + "strength"),
                             arrays.number<double>(name + "negative_strength")});
  }
}

Conditioning read_conditioning(const KeptArrays& arrays, const std::string& front, int depth) {
  const bool exact = arrays.find(front + "weight").defined();
  Conditioning c{arrays.at(front + "prompt_embeds", 3),
                 exact ? arrays.find(front + "negative_prompt_embeds") : arrays.at(front + "negative_prompt_embeds", 3),
                 arrays.find(front + "pooled_prompt_embeds"),
                 arrays.find(front + "negative_pooled_prompt_embeds"),
                 arrays.find(front + "time_ids"),
                 arrays.find(front + "negative_time_ids")};
  if (!exact) return c;
  c.weight = arrays.number<double>(front + "weight");
  c.has_negative_prompt = arrays.number<bool>(front + "has_negative_prompt");
  c.attention = read_attention(arrays, front);
  if (!arrays.find(front + "parts").defined()) return c;
  constexpr int kDeepest = 4;  // a prompt that changes by turns is made of prompts with others beside them
  if (depth == kDeepest) arrays.refuse(front + "parts", "is nested too deep");
  auto parts = std::make_shared<ConditioningParts>();
  const auto has = [&](const std::string& name) { return arrays.find(name + "prompt_embeds").defined(); };
  for (std::string name; has(name = front + "also" + std::to_string(parts->also.size()) + "_");)
    parts->also.push_back(read_conditioning(arrays, name, depth + 1));
  for (std::string name; has(name = front + "turn" + std::to_string(parts->turns.size()) + "_");)
    parts->turns.emplace_back(arrays.number<std::int64_t>(name + "last"), read_conditioning(arrays, name, depth + 1));
  c.parts = std::move(parts);
  return c;
}
Conditioning read(const KeptArrays& arrays, const Conditioning*) {
  return read_conditioning(arrays, "", 0);
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

void write(Arrays& arrays, const Rendering& rendering) {
  arrays.put("rendering", rendering.tensor);
}
Rendering read(const KeptArrays& arrays, const Rendering*) {
  return {arrays.at("rendering", 4)};
}

void write(Arrays& arrays, const Loss& loss) {
  arrays.put("loss", loss.tensor);
}
Loss read(const KeptArrays& arrays, const Loss*) {
  return {arrays.at("loss", 0)};
}

void write(Arrays& arrays, const Gradient& gradient) {
  arrays.put("gradient", gradient.tensor);
}
Gradient read(const KeptArrays& arrays, const Gradient*) {
  return {arrays.at("gradient")};
}

void write(Arrays& arrays, const Token& token) {
  arrays.put_text("word", token.word);
  arrays.put("vectors", token.vectors);
  arrays.put("vectors_2", token.vectors_2);
}
Token read(const KeptArrays& arrays, const Token*) {
  return {arrays.text("word"), arrays.find("vectors"), arrays.find("vectors_2")};
}

void write(Arrays& arrays, const learning::Optimiser& optimiser) {
  const learning::RateSettings& rate = optimiser.rate.settings();
  const learning::Memory& memory = optimiser.memory;
  const std::size_t parameters = memory.moments.empty() ? 0 : memory.moments.front().size();
  arrays.put_text("rule", optimiser.rule->name());
  arrays.put_as_it_is("numbers", at::tensor(optimiser.rule->numbers(), at::kDouble));
  arrays.put_text("schedule", rate.schedule);
  arrays.put_text("pieces", learning::text_of(rate.pieces));
  arrays.put_as_it_is("rate",
                      at::tensor(std::vector<double>{optimiser.rate.learning_rate(), static_cast<double>(rate.warmup),
                                                     rate.cycles, rate.power, optimiser.max_norm},
                                 at::kDouble));
  arrays.put_as_it_is(
      "steps", at::tensor(std::vector<std::int64_t>{memory.steps, static_cast<std::int64_t>(parameters)}, at::kLong));
  for (std::size_t m = 0; m < memory.moments.size(); ++m) {
    for (std::size_t i = 0; i < parameters; ++i)
      arrays.put("moment_" + std::to_string(m) + "_" + std::to_string(i), memory.moments[m][i]);
  }
}
learning::Optimiser read(const KeptArrays& arrays, const learning::Optimiser*) {
  const auto numbers_of = [&](const std::string& name) {
    const at::Tensor all = arrays.at(name, 1).to(at::kDouble).contiguous();
    return std::vector<double>(all.data_ptr<double>(), all.data_ptr<double>() + all.numel());
  };
  const std::vector<double> rate = numbers_of("rate"), steps = numbers_of("steps");
  if (rate.size() != 5 || steps.size() != 2) arrays.refuse("rate", "is not that of an optimiser");
  learning::Optimiser optimiser{.rule = learning::rule_named(arrays.text("rule"), numbers_of("numbers")),
                                .rate = {rate[0],
                                         {arrays.text("schedule"), static_cast<std::int64_t>(rate[1]), rate[2], rate[3],
                                          learning::rate_pieces(arrays.text("pieces"))}},
                                .max_norm = rate[4],
                                .memory = {.steps = static_cast<std::int64_t>(steps[0])}};
  for (std::size_t m = 0; steps[1] > 0 && m < optimiser.rule->moments(); ++m) {
    learning::Tensors& moment = optimiser.memory.moments.emplace_back();
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(steps[1]); ++i)
      moment.push_back(arrays.at("moment_" + std::to_string(m) + "_" + std::to_string(i)));
  }
  return optimiser;
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

void write(Arrays& arrays, const graph::FilePath& value) {
  arrays.put_text("value", value.text);
}
graph::FilePath read(const KeptArrays& arrays, const graph::FilePath*) {
  return {arrays.text("value")};
}

void write(Arrays& arrays, const Log& log) {
  arrays.put_texts("entries", log.entries);
}
Log read(const KeptArrays& arrays, const Log*) {
  return {arrays.texts("entries")};
}

/// What of a kept array is no state of a generator is told as the array's fault.
template <class Make>
auto read_state(const KeptArrays& arrays, const std::string& name, const Make& make) {
  try {
    return make();
  } catch (const std::invalid_argument& e) {
    arrays.refuse(name, std::string("is ") + e.what());
  }
}

void write(Arrays& arrays, const tensors::Generator& generator) {
  arrays.put_as_it_is("state", generator.state());
}
tensors::Generator read(const KeptArrays& arrays, const tensors::Generator*) {
  return read_state(arrays, "state", [&] { return tensors::Generator::from_state(arrays.at("state", 1)); });
}

void write(Arrays& arrays, const Streams& streams) {
  arrays.put_number("seed", streams.seed);
  if (streams.chain == nullptr) return;
  arrays.put_text("numpy", streams.chain->numpy.state());
  arrays.put_as_it_is("torch", streams.chain->torch.state());
  arrays.put_text("python", streams.chain->python.state());
}
Streams read(const KeptArrays& arrays, const Streams*) {
  Streams streams{arrays.number<std::int64_t>("seed")};
  if (!arrays.find("torch").defined()) return streams;
  streams.chain = read_state(arrays, "torch", [&] {
    return std::make_shared<const Streams::Chain>(
        Streams::Chain{tensors::NumpyRandomState::from_state(arrays.text("numpy")),
                       tensors::Generator::from_state(arrays.at("torch", 1)),
                       tensors::PythonRandom::from_state(arrays.text("python"))});
  });
  return streams;
}

void write(Arrays& arrays, const schedulers::State& state) {
  for (std::size_t i = 0; i < state.history.size(); ++i) arrays.put("history" + std::to_string(i), state.history[i]);
  arrays.put_number("history", static_cast<std::int64_t>(state.history.size()));  // some of it may be undefined
  arrays.put("sample", state.sample);
  arrays.put_number("turns", static_cast<std::int64_t>(state.turns));
  arrays.put_number("next_turn", static_cast<std::int64_t>(state.next_turn));
  arrays.put_number("order", state.order);
}
schedulers::State read(const KeptArrays& arrays, const schedulers::State*) {
  schedulers::State state;
  const auto count = arrays.number<std::int64_t>("history");
  constexpr std::int64_t kMost = 1000;  // no scheduler remembers so much
  if (count < 0 || count > kMost) arrays.refuse("history", "is " + std::to_string(count));
  for (std::int64_t i = 0; i < count; ++i) state.history.push_back(arrays.find("history" + std::to_string(i)));
  state.sample = arrays.find("sample");
  state.turns = static_cast<std::size_t>(arrays.number<std::int64_t>("turns"));
  state.next_turn = static_cast<std::size_t>(arrays.number<std::int64_t>("next_turn"));
  state.order = arrays.number<std::int64_t>("order");
  return state;
}

template <class T>
Keeping keep_arrays(std::vector<std::string> endings) {
  Keeping keeping{&graph::value_type<T>(), std::move(endings),
                  [](Npz& npz, const std::string& suffix, const graph::Value& value, KeptFor purpose) {
                    Arrays arrays(npz, suffix, purpose);
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
      keep_arrays<Rendering>({".npz"}),
      keep_arrays<Token>({".npz"}),
      keep_arrays<Loss>({".npz"}),
      keep_arrays<Gradient>({".npz"}),
      keep_arrays<learning::Optimiser>({".npz"}),
      keep_arrays<schedulers::Schedule>({".npz"}),
      keep_arrays<Labels>({".npz"}),
      keep_arrays<Mask>({".npz"}),
      keep_arrays<matching::Matches>({".npz"}),
      keep_arrays<Bank>({".npz"}),
      keep_arrays<Region>({".json", ".npz"}),
      keep_arrays<Layer>({".npz"}),
      keep_arrays<Spans>({".npz"}),
      keep_arrays<std::int64_t>({".json", ".npz"}),
      keep_arrays<double>({".json", ".npz"}),
      keep_arrays<bool>({".json", ".npz"}),
      keep_arrays<std::string>({".json", ".npz"}),
      keep_arrays<graph::FilePath>({".json"}),
      keep_arrays<Log>({".json"}),
      keep_arrays<tensors::Generator>({}),
      keep_arrays<Streams>({}),
      keep_arrays<schedulers::State>({}),
  };
  return kAll;
}

bool Keeping::has_array_files() const {
  return put != nullptr && std::ranges::find(endings, ".npz") != endings.end();
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
  if (keeping == nullptr || !keeping->has_array_files()) {
    std::string names;
    for (const Keeping& other : keepings()) {
      if (other.has_array_files()) names += (names.empty() ? "" : ", ") + std::string(other.type->name);
    }
    throw std::runtime_error(std::string("a value of the type ") + type.name + " cannot be saved; these can: " + names);
  }
  Npz npz;
  for (const Leaf& leaf : leaves) {
    if (leaf.holds()) keeping->put(npz, suffix_of(leaf.place), leaf.value, KeptFor::kReaders);
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

// SPDX-License-Identifier: MIT
/// save-tensor: a value of any type as an .npz file, as numpy reads it: what graphs are looked into with.
///
/// Arrays   latents → `latents` (B,C,h,w); image → `image` (1,3,H,W) in [0,1]; images → `image_0`, …; conditioning →
///          `prompt_embeds`, `negative_prompt_embeds`, `pooled_prompt_embeds`, `negative_pooled_prompt_embeds`,
///          `time_ids`, `negative_time_ids`; prediction → `prediction`; predictions → `prompt` and `negative`; schedule
///          → `timesteps`, `sigmas` (one more), `init_noise_sigma`; labels → `labels` (h,w); matches → `region_id`,
///          `source_record_index`, `source_latent_y`, `source_latent_x`, `target_y0`, `target_x0`, `bbox_h`, `bbox_w`,
///          `score` (R), for squares `indices` (gh,gw) too; bank → `record`, `y`, `x` (N), `bbox` (N,4): left, top,
///          right, bottom in the picture's px; numbers and texts → `value`. All float32, but whole numbers, which are
///          int32
/// Errors   a type that is none of these: the error lists them
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/picture_tensors.h"
#include "tensors/npz.h"

namespace nodes {
namespace {

using tensors::Npz;

void put(Npz& npz, const std::string& name, const at::Tensor& tensor) {
  if (tensor.defined()) npz.arrays[name] = tensor.to(at::kFloat);
}

void write(Npz& npz, const Latents& latents) {
  put(npz, "latents", latents.tensor);
}
void write(Npz& npz, const Image& image) {
  put(npz, "image", to_tensor(image));
}
/// A place where nothing came has no array.
void write(Npz& npz, const graph::List<Image>& images) {
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images.has(i)) put(npz, "image_" + std::to_string(i), to_tensor(images[i]));
  }
}
void write(Npz& npz, const Conditioning& c) {
  put(npz, "prompt_embeds", c.prompt_embeds);
  put(npz, "negative_prompt_embeds", c.negative_prompt_embeds);
  put(npz, "pooled_prompt_embeds", c.pooled_prompt_embeds);
  put(npz, "negative_pooled_prompt_embeds", c.negative_pooled_prompt_embeds);
  put(npz, "time_ids", c.time_ids);
  put(npz, "negative_time_ids", c.negative_time_ids);
}
void write(Npz& npz, const Prediction& prediction) {
  put(npz, "prediction", prediction.tensor);
}
void write(Npz& npz, const Predictions& predictions) {
  put(npz, "prompt", predictions.prompt);
  put(npz, "negative", predictions.negative);
}
void write(Npz& npz, const schedulers::Schedule& schedule) {
  std::vector<float> timesteps, sigmas;
  for (std::size_t i = 0; i < schedule.size(); ++i) timesteps.push_back(static_cast<float>(schedule.timestep(i)));
  for (std::size_t i = 0; i <= schedule.size(); ++i) sigmas.push_back(static_cast<float>(schedule.sigma(i)));
  put(npz, "timesteps", at::tensor(timesteps));
  put(npz, "sigmas", at::tensor(sigmas));
  put(npz, "init_noise_sigma", at::tensor(static_cast<float>(schedule.init_noise_sigma())));
}
/// One number of each element.
template <class Element, class Number>
void put_each(Npz& npz, const std::string& name, const std::vector<Element>& elements, Number Element::*field) {
  std::vector<Number> numbers;
  numbers.reserve(elements.size());
  for (const Element& element : elements) numbers.push_back(element.*field);
  npz.arrays[name] = at::tensor(numbers);
}
void write(Npz& npz, const Labels& labels) {
  npz.arrays["labels"] = at::tensor(labels.map->ids).reshape({labels.map->height, labels.map->width});
}
void write(Npz& npz, const matching::Matches& matches) {
  using matching::Match;
  put_each(npz, "region_id", matches.matches, &Match::region);
  put_each(npz, "source_record_index", matches.matches, &Match::record);
  put_each(npz, "source_latent_y", matches.matches, &Match::y);
  put_each(npz, "source_latent_x", matches.matches, &Match::x);
  put_each(npz, "target_y0", matches.matches, &Match::y0);
  put_each(npz, "target_x0", matches.matches, &Match::x0);
  put_each(npz, "bbox_h", matches.matches, &Match::height);
  put_each(npz, "bbox_w", matches.matches, &Match::width);
  put_each(npz, "score", matches.matches, &Match::score);
  if (matches.indices.defined()) npz.arrays["indices"] = matches.indices.to(at::kCPU, at::kInt);
}
void write(Npz& npz, const Bank& value) {
  using matching::Patch;
  const matching::Bank& bank = *value.bank;
  put_each(npz, "record", bank.patches, &Patch::record);
  put_each(npz, "y", bank.patches, &Patch::y);
  put_each(npz, "x", bank.patches, &Patch::x);
  std::vector<std::int32_t> boxes;
  boxes.reserve(4 * bank.patches.size());
  for (const Patch& patch : bank.patches) {
    const matching::Box box = matching::patch_box(bank, patch);
    boxes.insert(boxes.end(), {box.left, box.top, box.right, box.bottom});
  }
  npz.arrays["bbox"] = at::tensor(boxes).reshape({-1, 4});
}
void write(Npz& npz, const std::int64_t& value) {
  npz.arrays["value"] = at::tensor(value, at::TensorOptions(at::kLong));
}
void write(Npz& npz, const double& value) {
  npz.arrays["value"] = at::tensor(value, at::TensorOptions(at::kDouble));
}
void write(Npz& npz, const bool& value) {
  npz.arrays["value"] = at::full({}, value, at::TensorOptions(at::kBool));
}
void write(Npz& npz, const std::string& value) {
  npz.texts["value"] = {value};
}

template <class... Types>
Npz arrays_of(const graph::Value& value) {
  Npz npz;
  const auto try_one = [&]<class T>(const T*) {
    if (!(value.type() == graph::value_type<T>())) return false;
    write(npz, value.as<T>());
    return true;
  };
  if ((try_one(static_cast<const Types*>(nullptr)) || ...)) return npz;
  std::string names;
  ((names += (names.empty() ? "" : ", ") + std::string(graph::value_type<Types>().name)), ...);
  throw std::runtime_error(std::string("a value of the type ") + value.type().name +
                           " cannot be saved; these can: " + names);
}

class SaveTensor final : public graph::Node {
 public:
  static constexpr graph::In<graph::Value> kValue{"value", "of any type"};
  static constexpr graph::Prop<graph::Pattern> kPath{
      .name = "path", .help = "of the .npz file, below the output folder", .value = "{node}-{item:04}.npz"};
  static graph::Contract contract() {
    return graph::Contract("save-tensor", "Writes a value as an .npz file.", kValue, kPath)
        .family("files")
        .resource("io")
        .example("keep: {type: save-tensor, path: latents.npz, in: {value: denoise.latents}}");
  }

  explicit SaveTensor(const graph::Props& props) : path_(props.get(kPath)) {}

  void open() override {
    if (!path_.text.ends_with(".npz"))
      throw std::runtime_error("'" + path_.text + "' has another ending than .npz, the format that is written");
  }

  void process(graph::Context& cx) const override {
    const Npz npz =
        arrays_of<Latents, Image, graph::List<Image>, Conditioning, Prediction, Predictions, schedulers::Schedule,
                  Labels, matching::Matches, Bank, std::int64_t, double, bool, std::string>(cx.get(kValue));
    cx.write_file(cx.expand(path_), tensors::npz_bytes(npz));
  }

 private:
  const graph::Pattern path_;
};

}  // namespace

void register_save_tensor(graph::Registry& registry) {
  registry.add<SaveTensor>();
}

}  // namespace nodes

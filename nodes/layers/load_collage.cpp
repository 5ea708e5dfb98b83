// SPDX-License-Identifier: MIT
/// load-collage: the layers of a collage, as they are written: pictures that are cut out, where they lie on the canvas,
/// which words of the prompt are theirs, and how far each is drawn anew, pulled to its place and held by its edges.
///
/// Places   an address (https://…), and a file that is not there, is looked for by its last name in layer_images;
///          nothing is fetched
/// Notes    a picture without transparency is opaque. What auto_tune finds is for what is not given
/// Errors   all before the run, each at its place: a text that is empty or does not stand in the prompt, or not once
///          more; strengths outside of [0, 1]; a polygon of less than three points, or that covers no pixel; a layer
///          beside the canvas, or wholly behind others; a canvas whose sides are not multiples of 8; more strengths or
///          hints than ControlNets; learned words of another model's width, and such as are no .safetensors
/// Source   Sarukkai et al. 2023 (Collage Diffusion), and its authors' interface
#include <algorithm>

#include "base/limits.h"
#include "graph/file_list.h"
#include "nodes/call_leases.h"
#include "nodes/layers/collage_settings.h"
#include "nodes/layers/words.h"
#include "nodes/model_properties.h"
#include "nodes/services.h"

namespace nodes {
namespace {

constexpr base::Limit kCollagePixels{"picture-pixels"};

class LoadCollage final : public graph::Node {
 public:
  static constexpr graph::Out<graph::List<Layer>> kLayersSent{"layers", "from the bottom"};
  static constexpr graph::Out<std::int64_t> kWidthSent{"width", "px, of the canvas"};
  static constexpr graph::Out<std::int64_t> kHeightSent{"height", "px, of the canvas"};
  static constexpr graph::Prop<std::int64_t> kWidth{
      .name = "width", .help = "of the canvas; a multiple of 8", .min = 8, .max = 65536, .unit = "px"};
  static constexpr graph::Prop<std::int64_t> kHeight{
      .name = "height", .help = "of the canvas; a multiple of 8", .min = 8, .max = 65536, .unit = "px"};
  static constexpr graph::Prop<graph::Data> kLayers{
      .name = "layers", .help = "pictures over each other, the lowest first", .shape = collage_layers_shape};
  static constexpr graph::Prop<graph::Path> kFolder{
      .name = "layer_images", .help = "a folder of pictures whose places are addresses, or are not there", .value = ""};
  static constexpr graph::Prop<bool> kTune{
      .name = "auto_tune",
      .help = "strengths that are not given go by the layer's size: small ones are held more",
      .value = false};
  static constexpr graph::Prop<std::string> kNets{.name = "controlnets",
                                                  .help = "as controlnet has them, which are counted",
                                                  .value = "",
                                                  .feedable = false,
                                                  .files = true};
  static constexpr graph::Prop<std::int64_t> kMostNets{
      .name = "most_controlnets", .help = "that the graph has a place for", .value = 3, .min = 0};
  static constexpr graph::Prop<graph::Data> kStrengths{
      .name = "control_strengths",
      .help = "for each ControlNet a strength for each layer; null: their edge",
      .value = "null",
      .shape = control_strengths_shape};
  static constexpr graph::Prop<bool> kLearns{
      .name = "learns", .help = "whether the graph learns words from layers that say so", .value = false};
  static graph::Contract contract() {
    return graph::Contract("load-collage", "The layers of a collage.", kLayersSent, kWidthSent, kHeightSent, kWidth,
                           kHeight, kLayers, kCollagePrompt, kWordRules, kMissingWords, kFolder, kTune, kNets,
                           kMostNets, kStrengths, kLearns, kModel)
        .family("layers")
        .resource("io")
        .example(
            "collage: {type: load-collage, width: 512, height: 512, prompt: a boat on a lake, layers: "
            "[{image: lake.jpg, text: lake}, {image: boat.png, text: boat, x: 0.3, y: 0.5, noise: 0.4}]}");
  }

  LoadCollage(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        model_(props.get(kModel).text),
        prompt_(props.get(kCollagePrompt)),
        rules_(word_rules_of(props)),
        layers_(checked(props),
                {props.get(kWidth), props.get(kHeight), props.get(kFolder).text, props.get(kTune),
                 graph::comma_list(props.get(kNets)).size()},
                faults_),
        width_(props.get(kWidth)),
        height_(props.get(kHeight)) {
    check_strengths(props);
    for (const Layer& layer : layers_.layers()) {
      if (layer.layer->learn && !props.get(kLearns))
        faults_.add(layer.layer->name + ".learn: this graph learns no words: give its embedding",
                    layers_.mark(layer.layer->index, "learn"));
    }
    faults_.throw_if_any();
  }

  void open() override {
    layers_.open();
    check_words();
    check_embeddings();
    faults_.throw_if_any();
  }

  void process(graph::Context& cx) const override {
    for (const std::string& warning : warnings_) cx.warn(warning);
    cx.send(kLayersSent, graph::List<Layer>(layers_.layers()));
    cx.send(kWidthSent, std::int64_t{width_});
    cx.send(kHeightSent, std::int64_t{height_});
  }

 private:
  /// The layers, behind what is wrong beside them.
  graph::Data checked(const graph::Props& props) {
    for (const auto* side : {&kWidth, &kHeight}) {
      if (props.get(*side) % 8 != 0)
        faults_.add(std::string(side->name) + ": " + std::to_string(props.get(*side)) +
                    " is not a multiple of 8, the side of a cell of latents");
    }
    if (props.get(kWidth) * props.get(kHeight) > static_cast<std::int64_t>(kCollagePixels.most()))
      faults_.add(std::string(kWidth.name) + ": the canvas would have " +
                  std::to_string(props.get(kWidth) * props.get(kHeight)) + " px: a picture has at most " +
                  kCollagePixels.text() + " (picture-pixels)");
    if (prompt_.find_first_not_of(" \t\n") == std::string::npos)
      faults_.add(std::string(kCollagePrompt.name) + ": is empty: it has the words of all layers");
    return props.get(kLayers);
  }

  void check_strengths(const graph::Props& props) {
    const std::size_t nets = graph::comma_list(props.get(kNets)).size();
    if (nets > static_cast<std::size_t>(props.get(kMostNets)))
      faults_.add(std::string(kNets.name) + ": " + std::to_string(nets) + " ControlNets: this graph has a place for " +
                  std::to_string(props.get(kMostNets)));
    const graph::Data strengths = props.get(kStrengths);
    if (strengths.is_null()) return;
    if (strengths.items().size() > nets)
      faults_.add(std::string(kStrengths.name) + ": strengths for " + std::to_string(strengths.items().size()) +
                      " ControlNets, of which there are " + std::to_string(nets),
                  strengths.mark());
    for (std::size_t i = 0; i < strengths.items().size(); ++i) {
      const graph::Data& row = strengths.items()[i];
      if (row.items().size() == layers_.layers().size()) continue;
      faults_.add(std::string(kStrengths.name) + "[" + std::to_string(i) + "]: " + std::to_string(row.items().size()) +
                      " strengths for " + std::to_string(layers_.layers().size()) + " layers",
                  row.mark());
    }
  }

  void check_words() {
    const Network<models::PromptEncoder> text = services_->text({.model = model_});
    const Leases leases = lease(text);
    std::vector<models::LayerText> texts;
    for (const Layer& layer : layers_.layers()) texts.push_back(layer_text(layer, {}, ""));
    const auto place = [&](std::size_t i) { return layers_.layers()[i].layer->name + ".text: "; };
    try {
      const models::MatchedWords matched = match(rules_, tokenizer_of(leases[text]), prompt_, texts);
      for (const std::size_t i : matched.missing) {
        const std::string what = place(i) + missing_text(layers_.layers()[i], prompt_);
        if (rules_.skips_missing) warnings_.push_back(what + ", and is left out");
        else faults_.add(what, layers_.mark(i, "text"));
      }
    } catch (const std::invalid_argument& e) {
      faults_.add(std::string(kLayers.name) + ": " + e.what());
    }
  }

  void check_embeddings() {
    const Network<models::PromptEncoder> text = services_->text({.model = model_});
    for (std::size_t i = 0; i < layers_.layers().size(); ++i) {
      const std::string& file = layers_.layers()[i].layer->embedding;
      if (file.empty()) continue;
      try {
        const Leases leases = lease(text);
        models::TextualInversion vectors = services_->learned(file);
        vectors.token = placeholder_of(i);
        leases[text].with({vectors});
      } catch (const std::exception& e) {
        faults_.add(layers_.layers()[i].layer->name + ".embedding: " + e.what(), layers_.mark(i, "embedding"));
      }
    }
  }

  const std::shared_ptr<Services> services_;
  const std::string model_, prompt_;
  const WordRules rules_;
  CollageFaults faults_;
  CollageLayers layers_;
  const std::int64_t width_, height_;
  std::vector<std::string> warnings_;
};

}  // namespace

void register_load_collage(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<LoadCollage>(services);
}

}  // namespace nodes

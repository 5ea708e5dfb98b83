// SPDX-License-Identifier: MIT
// Textual inversion of a layer, by configs/parts/learned_token.yaml's nodes: the numbers of Collage Diffusion's own
// program where its draws are given.
#include "graph/load.h"
#include "graph/run.h"
#include "imaging/files/alpha.h"
#include "imaging/files/picture.h"
#include "imaging/masks.h"
#include "nodes/lanes.h"
#include "nodes/picture_tensors.h"
#include "nodes/services.h"
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

const std::filesystem::path kLayers = std::filesystem::path(SOURCE_DIR) / "tests/data/layers";
const std::string kModelName = (kLayers / "model").string();
const std::string kPicture = (kLayers / "expected/inversion_data.png").string();

/// What the original drew: by step and sample.
struct Drawn {
  std::vector<std::vector<std::string>> texts;
  at::Tensor latents;    ///< (steps,B,4,h,w)
  at::Tensor noise;      ///< likewise
  at::Tensor timesteps;  ///< (steps,B)
};
const Drawn* g_drawn = nullptr;

/// Sends what was drawn for its turn and element.
class DrawnSample final : public graph::Node {
 public:
  static constexpr graph::In<schedulers::Schedule> kSchedule{"schedule", "whose levels count"};
  static constexpr graph::Out<std::string> kText{"text", "the prompt"};
  static constexpr graph::Out<Latents> kLatents{"latents", "(1,4,h,w)"};
  static constexpr graph::Out<Latents> kNoise{"noise", "(1,4,h,w)"};
  static constexpr graph::Out<Latents> kNoisy{"noisy", "(1,4,h,w)"};
  static constexpr graph::Out<std::int64_t> kTimestep{"timestep", "of the training"};
  static graph::Contract contract() {
    return graph::Contract("drawn-sample", "What was drawn.", kSchedule, kText, kLatents, kNoise, kNoisy, kTimestep);
  }
  explicit DrawnSample(const graph::Props&) {}
  void process(graph::Context& cx) const override {
    const int step = cx.turn().index, sample = cx.element()[0];
    const std::int64_t timestep = g_drawn->timesteps[step][sample].item<std::int64_t>();
    const float alpha = cx.get(kSchedule).alphas_cumprod()[static_cast<std::size_t>(timestep)];
    const at::Tensor clean = g_drawn->latents[step][sample].unsqueeze(0),
                     noise = g_drawn->noise[step][sample].unsqueeze(0);
    cx.send(kText, std::string(g_drawn->texts[static_cast<std::size_t>(step)][static_cast<std::size_t>(sample)]));
    cx.send(kLatents, Latents{clean});
    cx.send(kNoise, Latents{noise});
    cx.send(kNoisy, Latents{std::sqrt(alpha) * clean + std::sqrt(1 - alpha) * noise});
    cx.send(kTimestep, std::int64_t{timestep});
  }
};

std::set<std::string> all_texts() {
  graph::NodeHarness node(built_in(), "template-text", {{"text", "red boat"}, {"word", "<krk>"}});
  std::set<std::string> texts;
  for (int turn = 0; turn < 500; ++turn) texts.insert(node.turn(turn, 500).run().out<std::string>("text"));
  return texts;
}

/// The texts whose tokens the original read: those of template-text.
std::vector<std::vector<std::string>> texts_of(const at::Tensor& ids, Services& services) {
  const Network<models::PromptEncoder> network = services.text({.model = kModelName});
  const models::Tokenizer tokenizer = lease(network)[network].parts().text_encoder->tokenizer.with_token("<krk>", 1);
  std::map<std::vector<std::int64_t>, std::string> known;
  for (const std::string& text : all_texts()) known[tokenizer.encode(text)] = text;
  std::vector<std::vector<std::string>> texts(static_cast<std::size_t>(ids.size(0)));
  for (std::int64_t step = 0; step < ids.size(0); ++step) {
    for (std::int64_t sample = 0; sample < ids.size(1); ++sample) {
      const at::Tensor row = ids[step][sample];
      std::vector<std::int64_t> tokens(row.data_ptr<std::int64_t>(), row.data_ptr<std::int64_t>() + row.numel());
      // Behind the first end token everything is padding.
      while (tokens.size() > 1 && tokens[tokens.size() - 2] == tokens.back()) tokens.pop_back();
      EXPECT_TRUE(known.contains(tokens)) << "step " << step << ", sample " << sample;
      texts[static_cast<std::size_t>(step)].push_back(known[tokens]);
    }
  }
  return texts;
}

at::Tensor latents_of(const at::Tensor& draws, Services& services) {
  const Network<models::Autoencoder> network = services.vae({.model = kModelName});
  const at::Tensor pixels = to_tensor(Image{imaging::read_picture(kPicture)}) * 2 - 1;
  const Leases leases = lease(network);
  const models::Posterior posterior = leases[network].encode(pixels, {0});
  return at::stack({posterior.sample(draws[0]), posterior.sample(draws[1]), posterior.sample(draws[2]),
                    posterior.sample(draws[3]), posterior.sample(draws[4])});
}

constexpr const char* kGraph = R"(graph: inversion
params: {model: {type: path}, picture: {type: path}}
nodes:
  counts: {type: load-mask, path: $picture, channel: opacity}
  levels: {type: schedule, model: $model, scheduler: ddim, steps: 1}
  fresh: {type: start-token, model: $model, word: <krk>, from: a}
  adam: {type: adamw, learning_rate: 0.0004, weight_decay: 0.01, max_grad_norm: 0.005}
  learn:
    type: loop
    steps: 5
    state: {token: fresh.token, adam: adam.optimiser}
    nodes:
      copies: {type: repeat-token, times: 4, in: {token: state.token}}
      samples:
        type: each
        over: {token: copies.tokens}
        nodes:
          drawn: {type: drawn-sample, in: {schedule: levels.schedule}}
          text: {type: text-encode, model: $model, width: 0, height: 0, in: {prompt: drawn.text, tokens: each.token}}
          predict:
            type: unet-predict
            model: $model
            prompt_alone: true
            in:
              latents: drawn.noisy
              conditioning: text.conditioning
              schedule: levels.schedule
              timestep: drawn.timestep
          error:
            type: denoising-loss
            weight: 0.25
            in:
              predictions: predict.predictions
              latents: drawn.latents
              noise: drawn.noise
              schedule: levels.schedule
              timestep: drawn.timestep
              mask: counts.mask
        out: {loss: error.loss}
      step: {type: optimise, in: {parameters: state.token, optimiser: state.adam, loss: samples.loss}}
    next: {token: step.parameters, adam: step.optimiser}
    out: {token: step.parameters}
)";

/// All rows of the model's embedding, as they are.
at::Tensor table_of(Services& services) {
  const Network<models::PromptEncoder> network = services.text({.model = kModelName});
  for (const auto& [name, table] : lease(network)[network].parts().text_encoder->model->parameters())
    if (name.ends_with("token_embedding.weight")) return table.detach().clone();
  return {};
}

struct Learned {
  std::vector<at::Tensor> rows, means, squares;
  std::vector<double> losses, norms;
};

Learned learn(const std::shared_ptr<Services>& services) {
  graph::Registry registry;
  register_all(registry, services);
  registry.add<DrawnSample>();
  graph::Assignment model{"model", {}, {}}, picture{"picture", {}, {}};
  model.values.emplace_back(graph::Path{kModelName});
  picture.values.emplace_back(graph::Path{kPicture});
  const graph::Plan plan(std::make_shared<const graph::Graph>(graph::check(graph::load_text(kGraph), registry)),
                         {model, picture});
  Learned learned;
  graph::RunOptions options;
  options.lanes = 1;
  options.taps = {
      {"learn.step.parameters",
       [&](const graph::Item&, const graph::Value& v) { learned.rows.push_back(v.as<Token>().vectors[0]); }},
      {"learn.step.optimiser",
       [&](const graph::Item&, const graph::Value& v) {
         const learning::Memory& memory = v.as<learning::Optimiser>().memory;
         learned.means.push_back(memory.moments[0][0][0]);
         learned.squares.push_back(memory.moments[1][0][0]);
       }},
      {"learn.step.loss", [&](const graph::Item&, const graph::Value& v) { learned.losses.push_back(v.as<double>()); }},
      {"learn.step.norm", [&](const graph::Item&, const graph::Value& v) { learned.norms.push_back(v.as<double>()); }}};
  const Lanes hooks(options, *services, plan, true);
  const graph::RunReport report = graph::run(plan, options);
  EXPECT_EQ(report.done, 1) << (report.failures.empty() ? "" : report.failures[0].what);
  return learned;
}

class Inversion : public testing::Test {
 protected:
  Inversion() {
    drawn_ = {texts_of(ref_["input_ids"], *services_), latents_of(ref_["draw_posterior"], *services_), ref_["noise"],
              ref_["timesteps"]};
    g_drawn = &drawn_;
  }

  const reference::Vectors ref_{kLayers / "vectors/inversion_ref.npz"}, fix_{kLayers / "vectors/inversion_fix.npz"};
  const std::shared_ptr<Services> services_ = std::make_shared<Services>();
  Drawn drawn_;
};

TEST_F(Inversion, SamplesAreTheOriginals) {
  EXPECT_LT(reference::difference(drawn_.latents[0], ref_["latents0"]), 2e-5);
  EXPECT_TRUE(fix_["input_ids"].equal(ref_["input_ids"])) << "one run's draws";
  EXPECT_TRUE(fix_["timesteps"].equal(ref_["timesteps"]));
}

TEST_F(Inversion, LossGradientAndRowAreTheOriginalsAfterEachStep) {
  const Learned learned = learn(services_);
  ASSERT_EQ(learned.rows.size(), 5u);
  at::Tensor mean = at::zeros({32});
  for (std::int64_t k = 0; k < 5; ++k) {
    SCOPED_TRACE(k);
    const auto i = static_cast<std::size_t>(k);
    EXPECT_NEAR(learned.losses[i], fix_["loss"][k].item<float>(), 3e-7);
    EXPECT_NEAR(learned.norms[i], fix_["norm"][k].item<float>(), 7e-7);
    EXPECT_LT(reference::difference(learned.rows[i], fix_["row"][k]), 1e-6);
    EXPECT_LT(reference::difference(learned.means[i], fix_["adam_m"][k]), 5e-8);
    EXPECT_LT(reference::difference(learned.squares[i], fix_["adam_v"][k]), 5e-8);
    const at::Tensor gradient = (learned.means[i] - 0.9 * mean) / 0.1;  // clipped
    EXPECT_LT(reference::difference(gradient, fix_["row_gradient_clipped"][k]), 5e-7);
    mean = learned.means[i];
  }
  EXPECT_NEAR(learned.losses[0], ref_["loss"][0].item<float>(), 3e-7) << "before the first step nothing differs";
}

TEST_F(Inversion, AllOtherRowsStayToTheBit) {
  const at::Tensor before = table_of(*services_);
  learn(services_);
  EXPECT_TRUE(table_of(*services_).equal(before));
}

}  // namespace
}  // namespace nodes

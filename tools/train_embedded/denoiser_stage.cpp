// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "imaging/contact_sheet.h"
#include "imaging/noise.h"
#include "tools/train_embedded/configs.h"
#include "tools/train_embedded/denoiser.h"
#include "tools/train_embedded/judge.h"
#include "tools/train_embedded/latents.h"
#include "tools/train_embedded/objective.h"
#include "tools/train_embedded/parameters.h"
#include "tools/train_embedded/pictures.h"
#include "tools/train_embedded/scene.h"
#include "tools/train_embedded/stages.h"

namespace train_embedded {
namespace {

constexpr std::uint64_t kDenoiserSeed = 7;
constexpr int kBuckets = 4;  // of timesteps, in the log

/// Mean squared errors of the velocity by noise level, from little noise to much.
using Errors = std::array<double, kBuckets>;

/// One size of pictures to learn on. Steps of all sizes take about the same time: a batch has fewer of the large ones.
struct Size {
  std::int64_t side;  ///< px
  int batch;
  CaptionedLatents scenes;
  Errors errors{};
  int steps = 0;  ///< since the log's last line
};

std::vector<Size> sizes_of(const Run& run, Journal& journal) {
  std::vector<Size> sizes;
  const std::int64_t half = kFullSize / 2;
  if (run.full_size_share < 1)
    sizes.push_back({half, run.batch, CaptionedLatents(scene_latents(run.work, half, run.scenes, journal))});
  if (run.full_size_share > 0)
    sizes.push_back(
        {kFullSize, run.batch / 4, CaptionedLatents(scene_latents(run.work, kFullSize, run.scenes, journal))});
  return sizes;
}

class DenoiserStage {
 public:
  explicit DenoiserStage(const Run& run)
      : run_(run),
        journal_(run.work / "denoiser", run.minutes),
        sizes_(sizes_of(run, journal_)),
        autoencoder_(trained_autoencoder(run.work)),
        parameters_(layout(run.work), kDenoiserSeed),
        denoiser_(run.work, parameters_) {
    if (std::filesystem::exists(checkpoint())) parameters_.load(checkpoint());
    journal_.tell({{"stage", "denoiser"},
                   {"parameters", parameters_.count()},
                   {"from_step", parameters_.steps()},
                   {"scenes", run.scenes},
                   {"full_size_share", run.full_size_share}});
  }

  void go() {
    while (parameters_.steps() < run_.steps && !journal_.time_is_up()) {
      const std::uint64_t seed = imaging::mix(kDenoiserSeed, static_cast<std::uint64_t>(parameters_.steps()));
      step(imaging::unit(seed, 21) < run_.full_size_share ? sizes_.back() : sizes_.front(), seed);
      if (parameters_.steps() % kTell == 0) tell();
      if (parameters_.steps() % kKeep == 0) parameters_.save(checkpoint());
      if (parameters_.steps() % kLook != 0) continue;
      parameters_.swap_mean();
      for (const Size& size : sizes_) look(size.side);
      parameters_.swap_mean();
    }
    parameters_.save(checkpoint());
  }

 private:
  static constexpr std::int64_t kTell = 50, kKeep = 250, kLook = 500;

  static Layout layout(const std::filesystem::path& work) {
    Layout layout;
    Denoiser(work, layout);
    return layout;
  }
  std::filesystem::path checkpoint() const { return journal_.folder() / "checkpoint.safetensors"; }

  void step(Size& size, std::uint64_t seed) {
    const CaptionedLatents::Batch batch = size.scenes.batch(size.batch, seed);
    const Noised given = noised(alphas_, batch.latents, seed);
    const at::Tensor velocity = denoiser_(given.latents, given.timesteps, denoiser_.read(batch.captions));
    const at::Tensor error = (velocity - given.velocity).square().mean({1, 2, 3});
    (error * given.weight).mean().backward();
    rate_ = learning_rate(run_, parameters_.steps());
    norm_ = parameters_.step({.learning_rate = rate_, .mean_decay = 0.9985});
    const std::int64_t part = size.batch / kBuckets;
    for (std::size_t i = 0; i < kBuckets; ++i)
      size.errors[i] += error.detach().narrow(0, static_cast<std::int64_t>(i) * part, part).mean().item<double>();
    ++size.steps;
  }

  void tell() {
    for (Size& size : sizes_) {
      for (double& error : size.errors) error /= std::max(1, size.steps);
      journal_.tell({{"step", parameters_.steps()},
                     {"size", size.side},
                     {"errors", size.errors},
                     {"norm", norm_},
                     {"rate", rate_},
                     {"seconds", journal_.seconds()}});
      size.errors = {};
      size.steps = 0;
    }
  }

  /// A sheet of what training has never seen, and what the judge says of it.
  void look(std::int64_t side) {
    const std::vector<std::int64_t> wanted{1, 2, 3};
    const std::vector<Order> orders = unseen_orders();
    std::vector<std::string> texts;
    std::vector<std::int64_t> seeds;
    const auto ask = [&](const std::string& text) {
      for (const std::int64_t seed : wanted) {
        texts.push_back(text);
        seeds.push_back(seed);
      }
    };
    for (const Order& order : orders) ask(full_caption(arrange(order, 0)));
    ask("a red house and a yellow sun on a meadow, paper cut");
    ask("");
    const at::Tensor pictures = autoencoder_->decode(denoiser_.sample(texts, seeds, side, 4));
    std::vector<imaging::SheetCell> cells;
    for (std::size_t i = 0; i < texts.size(); ++i)
      cells.push_back({to_picture(pictures, static_cast<std::int64_t>(i)), texts[i]});
    const std::string name = "sheet_" + std::to_string(side) + ".png";
    journal_.picture(name, imaging::draw_contact_sheet(cells, {.columns = 9, .cell = static_cast<int>(side)}));
    int colours = 0, shapes = 0, grounds = 0, good = 0;
    for (std::size_t i = 0; i < orders.size() * wanted.size(); ++i) {
      const Verdict verdict = judge_(cells[i].picture, orders[i / wanted.size()]);
      colours += verdict.colour;
      shapes += verdict.shape;
      grounds += verdict.ground;
      good += verdict.good();
    }
    journal_.tell({{"step", parameters_.steps()},
                   {"size", side},
                   {"judged", orders.size() * wanted.size()},
                   {"colours", colours},
                   {"shapes", shapes},
                   {"grounds", grounds},
                   {"good", good},
                   {"seconds", journal_.seconds()}});
  }

  const Run& run_;
  Journal journal_;
  std::vector<Size> sizes_;
  const std::unique_ptr<models::Autoencoder> autoencoder_;
  Parameters parameters_;
  const Denoiser denoiser_;
  const at::Tensor alphas_ = alphas_cumprod();
  Judge judge_{};
  double rate_ = 0, norm_ = 0;
};

}  // namespace

void learn_denoiser(const Run& run) {
  DenoiserStage(run).go();
}

}  // namespace train_embedded

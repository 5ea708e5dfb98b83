// SPDX-License-Identifier: MIT
#include <algorithm>

#include "imaging/contact_sheet.h"
#include "imaging/noise.h"
#include "models/networks/autoencoder.h"
#include "tensors/safetensors.h"
#include "tools/train_embedded/configs.h"
#include "tools/train_embedded/drawing.h"
#include "tools/train_embedded/latents.h"
#include "tools/train_embedded/log.h"
#include "tools/train_embedded/parameters.h"
#include "tools/train_embedded/pictures.h"
#include "tools/train_embedded/stages.h"

namespace train_embedded {
namespace {

constexpr std::uint64_t kAutoencoderSeed = 5;
constexpr int kPatch = 64;               // px: what a patch shows of a scene is enough to learn its cells from
constexpr double kDivergence = 1.28e-4;  // keeps latents near unit size and smooth without blurring pictures
constexpr double kDenoised = 0.03;       // what a denoiser leaves of noise, in units of the latents' deviation

tensors::ConfigReader config_of(double scaling_factor) {
  return tensors::ConfigReader::parse(autoencoder_config(scaling_factor).dump(), "vae");
}

/// Neighbours' differences: where edges are, and how sharp.
at::Tensor slopes(const at::Tensor& x) {
  return at::cat({(x.slice(2, 1) - x.slice(2, 0, -1)).flatten(1), (x.slice(3, 1) - x.slice(3, 0, -1)).flatten(1)}, 1);
}

/// What a stage learns: everything, or the decoder alone, which may go on when latents are already used by others.
enum class Learned { kAll, kDecoder };

struct Loss {
  at::Tensor total;
  double absolute, squared;
};

at::Tensor loss_of(const at::Tensor& x, const at::Tensor& y) {
  const at::Tensor edges = (slopes(y) - slopes(x)).abs().mean();
  return (y - x).abs().mean() + 3 * (y - x).square().mean() + 0.5 * edges;
}

Loss loss_of(const models::Autoencoder& autoencoder, const at::Tensor& x, Learned learned, std::uint64_t seed) {
  tensors::Generator generator(static_cast<std::int64_t>(seed >> 1));
  at::Tensor latents, divergence = at::zeros({});
  if (learned == Learned::kDecoder) {
    const at::NoGradGuard no_gradients;
    latents = autoencoder.encode(x).mean;
    latents = latents + kDenoised * generator.randn(latents.sizes());
  } else {
    const models::Posterior posterior = autoencoder.encode(x);
    const at::Tensor variance = posterior.std.square();
    latents = posterior.sample(generator.randn(posterior.mean.sizes()));
    divergence = 0.5 * (posterior.mean.square() + variance - 1 - variance.log()).sum() /
                 static_cast<double>(x.size(0) * x.size(2) * x.size(3));
  }
  const at::Tensor y = autoencoder.decode(latents);
  return {loss_of(x, y) + kDivergence * divergence, (y - x).abs().mean().item<double>(),
          (y - x).square().mean().item<double>()};
}

/// Scenes that training never saw, at full size and half of it, and dead leaves.
std::vector<at::Tensor> unseen_pictures() {
  constexpr int kCount = 12;
  Painter painter;
  std::vector<at::Tensor> batches(3);
  for (std::size_t kind = 0; kind < batches.size(); ++kind) {
    std::vector<at::Tensor> pictures;
    for (std::uint64_t i = kUnseen; i < kUnseen + kCount; ++i)
      pictures.push_back(to_tensor(kind == 2 ? draw_dead_leaves(i, kFullSize)
                                             : painter.draw(compose(i), kind == 0 ? kFullSize : kFullSize / 2)));
    batches[kind] = at::cat(pictures);
  }
  return batches;
}

void look(const models::Autoencoder& autoencoder, const std::vector<at::Tensor>& unseen, std::int64_t step,
          Journal& journal) {
  const at::NoGradGuard no_gradients;
  std::vector<imaging::SheetCell> cells;
  std::vector<double> decibels;
  for (const at::Tensor& batch : unseen) {
    const at::Tensor decoded = autoencoder.decode(autoencoder.encode(batch).mean);
    decibels.push_back(psnr(batch, decoded));
    for (std::int64_t i = 0; i < 4; ++i) {
      cells.push_back({to_picture(batch, i), "drawn"});
      cells.push_back({to_picture(decoded, i), "decoded"});
    }
  }
  journal.picture("sheet.png", imaging::draw_contact_sheet(cells, {.columns = 8, .cell = 256}));
  journal.tell({{"step", step},
                {"psnr_full", decibels[0]},
                {"psnr_half", decibels[1]},
                {"psnr_leaves", decibels[2]},
                {"seconds", journal.seconds()}});
}

/// One over the deviation of scenes' latents, so that they come to the denoiser with a deviation of one.
double scaling_factor(const models::Autoencoder& autoencoder) {
  const at::NoGradGuard no_gradients;
  Painter painter;
  std::vector<at::Tensor> pictures;
  for (std::uint64_t i = 0; i < 64; ++i) pictures.push_back(to_tensor(painter.draw(compose(i), kFullSize / 2)));
  return 1 / autoencoder.encode(at::cat(pictures)).mean.std(false).item<double>();
}

/// One of the two stages on its way.
class AutoencoderStage {
 public:
  AutoencoderStage(const Run& run, Learned learned)
      : run_(run),
        learned_(learned),
        journal_(run.work / (learned == Learned::kAll ? "autoencoder" : "decoder"), run.minutes),
        scale_(learned == Learned::kAll ? 1 : trained_scaling_factor(run.work)),
        parameters_(layout(), kAutoencoderSeed),
        autoencoder_(models::make_autoencoder(config_of(scale_), parameters_)) {
    const auto checkpoint = journal_.folder() / "checkpoint.safetensors";
    if (std::filesystem::exists(checkpoint)) parameters_.load(checkpoint);
    else if (learned == Learned::kDecoder) parameters_.begin_with(trained_autoencoder(run.work)->parameters());
    journal_.tell({{"stage", "autoencoder"}, {"parameters", parameters_.count()}, {"from_step", parameters_.steps()}});
  }

  void go() {
    const Patches patches({}, run_.papers);
    const std::vector<at::Tensor> unseen = unseen_pictures();
    while (parameters_.steps() < run_.steps && !journal_.time_is_up()) {
      step(patches);
      if (parameters_.steps() % kLook != 0) continue;
      keep();
      parameters_.swap_mean();
      look(*autoencoder_, unseen, parameters_.steps(), journal_);
      parameters_.swap_mean();
    }
    keep();
  }

 private:
  static constexpr std::int64_t kTell = 50, kLook = 500;

  static Layout layout() {
    Layout layout;
    models::make_autoencoder(config_of(1), layout);
    return layout;
  }

  void step(const Patches& patches) {
    const std::uint64_t seed = imaging::mix(kAutoencoderSeed, static_cast<std::uint64_t>(parameters_.steps()));
    const Loss loss = loss_of(*autoencoder_, patches.batch(run_.batch, kPatch, seed), learned_, seed);
    loss.total.backward();
    const double rate = learning_rate(run_, parameters_.steps());
    // The encoder's gradients are zero where it is not learned; decay would move it all the same.
    const double norm = parameters_.step(
        {.learning_rate = rate, .weight_decay = learned_ == Learned::kAll ? 0.01 : 0, .mean_decay = 0.998});
    absolute_ += loss.absolute / kTell;
    squared_ += loss.squared / kTell;
    if (parameters_.steps() % kTell != 0) return;
    journal_.tell({{"step", parameters_.steps()},
                   {"absolute", absolute_},
                   {"squared", squared_},
                   {"norm", norm},
                   {"rate", rate},
                   {"seconds", journal_.seconds()}});
    absolute_ = squared_ = 0;
  }

  void keep() {
    parameters_.save(journal_.folder() / "checkpoint.safetensors");
    parameters_.swap_mean();
    const double factor = learned_ == Learned::kAll ? scaling_factor(*autoencoder_) : scale_;
    parameters_.swap_mean();
    tensors::write_safetensors(journal_.folder() / "autoencoder.safetensors", parameters_.mean_of(""),
                               {{"scaling_factor", std::to_string(factor)}});
  }

  const Run& run_;
  const Learned learned_;
  Journal journal_;
  const double scale_;
  Parameters parameters_;
  const std::unique_ptr<models::Autoencoder> autoencoder_;
  double absolute_ = 0, squared_ = 0;
};

}  // namespace

double learning_rate(const Run& run, std::int64_t step) {
  const double rise = std::min(1.0, static_cast<double>(step + 1) / 100);
  const double left = static_cast<double>(run.steps - step) / (0.25 * static_cast<double>(run.steps));
  return run.learning_rate * std::min(rise, std::clamp(left, 0.01, 1.0));
}

void learn_autoencoder(const Run& run) {
  AutoencoderStage(run, Learned::kAll).go();
}

void learn_decoder(const Run& run) {
  AutoencoderStage(run, Learned::kDecoder).go();
}

}  // namespace train_embedded

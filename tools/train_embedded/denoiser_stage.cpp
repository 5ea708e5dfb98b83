// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <functional>
#include <iterator>

#include "imaging/contact_sheet.h"
#include "imaging/noise.h"
#include "tensors/safetensors.h"
#include "tools/train_embedded/configs.h"
#include "tools/train_embedded/denoiser.h"
#include "tools/train_embedded/half_precision.h"
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

/// One size of pictures to learn on.
struct Size {
  cv::Size pixels;
  double share;  ///< of the steps
  int batch;
  CaptionedLatents scenes;
  Errors errors{};
  int steps = 0;  ///< since the log's last line
};

std::vector<Size> sizes_of(const Run& run, Journal& journal) {
  struct Plan {
    cv::Size pixels;
    double share;
    double batch, scenes;  ///< of what the run says
  };
  constexpr int kHalf = kFullSize / 2, kLess = kFullSize * 3 / 4, kMore = kFullSize * 3 / 2;
  std::vector<Size> sizes;
  for (const Plan& plan : {Plan{{kFullSize, kFullSize}, 0.64, 1, 1}, Plan{{kHalf, kHalf}, 0.12, 2, 0.33},
                           Plan{{kFullSize, kLess}, 0.07, 1, 0.16}, Plan{{kLess, kFullSize}, 0.07, 1, 0.16},
                           Plan{{kMore, kFullSize}, 0.04, 0.75, 0.16}, Plan{{kFullSize, kMore}, 0.02, 0.75, 0.16},
                           Plan{{2 * kFullSize, 2 * kFullSize}, 0.04, 0.25, 0.0625}}) {
    const auto scenes = static_cast<std::int64_t>(plan.scenes * static_cast<double>(run.scenes));
    sizes.push_back({plan.pixels, plan.share, std::max(kBuckets, static_cast<int>(plan.batch * run.batch)),
                     CaptionedLatents(scene_latents(run.work, plan.pixels, scenes, journal))});
  }
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
    const auto start = journal_.folder() / "start.safetensors";
    if (std::filesystem::exists(checkpoint())) parameters_.load(checkpoint());
    else if (std::filesystem::exists(start)) begin_with(tensors::SafetensorsFile(start));
    journal_.tell({{"stage", "denoiser"},
                   {"parameters", parameters_.count()},
                   {"from_step", parameters_.steps()},
                   {"scenes", run.scenes}});
  }

  void go() {
    while (parameters_.steps() < run_.steps && !journal_.time_is_up()) {
      const std::uint64_t seed = imaging::mix(kDenoiserSeed, static_cast<std::uint64_t>(parameters_.steps()));
      step(size_of(imaging::unit(seed, 21)), seed);
      if (parameters_.steps() % kTell == 0) tell();
      if (parameters_.steps() % kKeep == 0) parameters_.save(checkpoint());
      if (parameters_.steps() % kLook != 0) continue;
      parameters_.swap_mean();
      look(kFullSize);
      parameters_.swap_mean();
    }
    parameters_.save(checkpoint());
  }

 private:
  static constexpr std::int64_t kTell = 50, kKeep = 250, kLook = 1000;

  static Layout layout(const std::filesystem::path& work) {
    Layout layout;
    Denoiser(work, layout);
    return layout;
  }
  std::filesystem::path checkpoint() const { return journal_.folder() / "checkpoint.safetensors"; }

  void begin_with(const tensors::SafetensorsFile& file) {
    models::ParameterTable weights;
    for (const tensors::SafetensorsEntry& entry : file.entries()) weights.emplace_back(entry.name, file.tensor(entry));
    parameters_.begin_with(weights);
  }

  /// The size whose part of [0,1) the number lies in.
  Size& size_of(double number) {
    for (Size& size : sizes_)
      if ((number -= size.share) < 0) return size;
    return sizes_.front();
  }

  void step(Size& size, std::uint64_t seed) {
    const CaptionedLatents::Batch batch = size.scenes.batch(size.batch, seed);
    const Noised given = noised(alphas_, batch.latents, seed);
    const at::Tensor velocity = predict(given, batch.captions);
    const at::Tensor error = (velocity - given.velocity).square().mean({1, 2, 3});
    (error * given.weight).mean().backward();
    rate_ = learning_rate(run_, parameters_.steps());
    norm_ = parameters_.step({.learning_rate = rate_, .mean_decay = 0.9985});
    const std::int64_t part = size.batch / kBuckets;
    for (std::size_t i = 0; i < kBuckets; ++i)
      size.errors[i] += error.detach().narrow(0, static_cast<std::int64_t>(i) * part, part).mean().item<double>();
    ++size.steps;
  }

  at::Tensor predict(const Noised& given, const std::vector<std::string>& captions) const {
    const HalfPrecision half(run_.half_precision);
    return denoiser_(given.latents, given.timesteps, denoiser_.read(captions)).to(at::kFloat);
  }

  void tell() {
    for (Size& size : sizes_) {
      if (size.steps == 0) continue;
      for (double& error : size.errors) error /= size.steps;
      journal_.tell({{"step", parameters_.steps()},
                     {"size", std::to_string(size.pixels.width) + "x" + std::to_string(size.pixels.height)},
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
    const std::vector<std::int64_t> wanted{1, 2};
    std::vector<Order> orders = unseen_orders();
    const std::size_t singles = orders.size();
    std::ranges::copy(unseen_pairs(), std::back_inserter(orders));
    std::vector<std::string> texts;
    std::vector<std::int64_t> seeds;
    const auto ask = [&](const std::string& text) {
      for (const std::int64_t seed : wanted) {
        texts.push_back(text);
        seeds.push_back(seed);
      }
    };
    for (const Order& order : orders) ask(full_caption(arrange(order, 0)));
    std::vector<imaging::SheetCell> cells;
    constexpr std::size_t kAtOnce = 10;
    for (std::size_t from = 0; from < texts.size(); from += kAtOnce) {
      const auto part = [&](const auto& list) {
        const auto begin = list.begin() + static_cast<std::ptrdiff_t>(from);
        return std::vector(begin, begin + static_cast<std::ptrdiff_t>(std::min(kAtOnce, list.size() - from)));
      };
      const at::Tensor pictures = autoencoder_->decode(denoiser_.sample(part(texts), part(seeds), side, 3));
      for (std::int64_t i = 0; i < pictures.size(0); ++i)
        cells.push_back({to_picture(pictures, i), texts[from + static_cast<std::size_t>(i)]});
    }
    const std::string name = "sheet_" + std::to_string(side) + ".png";
    journal_.picture(name, imaging::draw_contact_sheet(cells, {.columns = 12, .cell = static_cast<int>(side) / 2}));
    tell_judged("one", singles * wanted.size(),
                [&](std::size_t i) { return judge_(cells[i].picture, orders[i / wanted.size()]); });
    tell_judged("two", cells.size() - singles * wanted.size(), [&](std::size_t i) {
      const std::size_t at = singles * wanted.size() + i;
      return judge_(cells[at].picture, orders[at / wanted.size()]);
    });
  }

  void tell_judged(const char* subjects, std::size_t count, const std::function<Verdict(std::size_t)>& verdict_of) {
    int colours = 0, shapes = 0, grounds = 0, places = 0, good = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const Verdict verdict = verdict_of(i);
      colours += verdict.colour;
      shapes += verdict.shape;
      grounds += verdict.ground;
      places += verdict.place;
      good += verdict.good();
    }
    journal_.tell({{"step", parameters_.steps()},
                   {"subjects", subjects},
                   {"judged", count},
                   {"colours", colours},
                   {"shapes", shapes},
                   {"grounds", grounds},
                   {"places", places},
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

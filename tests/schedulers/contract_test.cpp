// SPDX-License-Identifier: MIT
/// What holds for every scheduler, with and without karras sigmas, for each spacing and prediction type that it has.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "schedulers/registry.h"
#include "tests/schedulers/sampling.h"

namespace {

using sampling::Noise;
using schedulers::Config;
using schedulers::Schedule;
using schedulers::Settings;
using schedulers::State;

constexpr std::int64_t kSteps = 10;

Schedule schedule(const Settings& settings) {
  return {Config::stable_diffusion_xl(), settings};
}

at::Tensor start(const Schedule& schedule, at::ScalarType type = at::kFloat) {
  return (Noise(7).draw()({2, 4, 6, 5}) * schedule.init_noise_sigma()).to(type);
}

/// A stand-in for a network that stays bounded, as a trained one does.
at::Tensor predict(const at::Tensor& input, std::size_t turn) {
  return (input * 0.7 + 0.01 * static_cast<double>(turn)).tanh();
}

at::Tensor no_noise(at::IntArrayRef sizes) {
  return at::zeros(sizes);
}

bool same(const at::Tensor& a, const at::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && a.equal(b);
}

/// The network's answer that is right for x₀ and ε.
at::Tensor right_answer(const std::string& prediction, double sigma, const at::Tensor& original,
                        const at::Tensor& noise) {
  if (prediction == "epsilon") return noise;
  if (prediction == "sample") return original;
  const double alpha = 1 / std::sqrt(1 + sigma * sigma);
  return noise * alpha - original * (sigma * alpha);
}

class Contract : public testing::TestWithParam<std::string> {
 protected:
  static std::string name() { return GetParam(); }

  /// Evaluations for so many steps to the end.
  static std::size_t turns_of(std::size_t steps) {
    return name() == "heun" ? 2 * steps - 1 : name() == "pndm" ? steps + 1 : steps;
  }

  /// The scheduler's variants; a failure names the one.
  template <class Check>
  static void each(Check check) {
    const std::string scheduler = name();
    const Config none;
    const schedulers::Scheduler& one = schedulers::scheduler_named(scheduler, none);
    for (const bool karras : {false, true}) {
      for (const std::string spacing : {"leading", "linspace", "trailing"}) {
        for (const std::string prediction : {"epsilon", "sample", "v_prediction"}) {
          if (!one.spacing && spacing != "leading") continue;  // of no effect
          if ((karras && !one.karras) || (prediction == "sample" && !one.sample_prediction)) continue;
          SCOPED_TRACE(name() + (karras ? " karras " : " ") + spacing + " " + prediction);
          Settings settings{.scheduler = name(), .steps = kSteps};
          if (karras) settings.karras = true;
          if (one.spacing) settings.spacing = spacing;
          settings.prediction_type = prediction;
          check(settings);
        }
      }
    }
  }
};

TEST_P(Contract, TimestepsAndSigmasFall) {
  each([](const Settings& settings) {
    const Schedule one = schedule(settings);
    EXPECT_EQ(one.size(), turns_of(kSteps));
    for (std::size_t turn = 0; turn < one.size(); ++turn) {
      EXPECT_GE(one.timestep(turn), 0);
      EXPECT_LT(one.timestep(turn), 1000);
      EXPECT_GT(one.sigma(turn), 0);
      if (turn == 0) continue;
      EXPECT_LE(one.timestep(turn), one.timestep(turn - 1)) << turn;
      EXPECT_LE(one.sigma(turn), one.sigma(turn - 1)) << turn;
    }
    EXPECT_LT(one.sigma(one.size()), one.sigma(0));
    EXPECT_LE(one.sigma(one.size()), one.sigma(one.size() - 1));
    EXPECT_GE(one.init_noise_sigma(), 1);
  });
}

TEST_P(Contract, StepsArePureFunctionsOfAState) {
  each([](const Settings& settings) {
    const Schedule one = schedule(settings);
    at::Tensor now = start(one);
    State state;
    for (std::size_t turn = 0; turn < one.size(); ++turn) {
      const at::Tensor before = now.clone();
      const at::Tensor prediction = predict(scale_model_input(one, turn, now), turn);
      const at::Tensor predicted = prediction.clone();
      State copy = state;
      Noise noise(turn);
      Noise again(turn);
      const at::Tensor a = step(one, turn, prediction, now, state, noise.draw());
      const at::Tensor b = step(schedule(settings), turn, prediction, now, copy, again.draw());
      ASSERT_TRUE(same(a, b)) << turn;
      ASSERT_TRUE(same(now, before)) << "latents were written to at turn " << turn;
      ASSERT_TRUE(same(prediction, predicted)) << "the prediction was written to at turn " << turn;
      ASSERT_EQ(noise.calls, needs_noise(one, turn) ? 1 : 0) << turn;
      now = a;
    }
    EXPECT_TRUE(now.isfinite().all().item<bool>());
  });
}

TEST_P(Contract, RowsDoNotMixAndDtypesAreKept) {
  each([](const Settings& settings) {
    const Schedule one = schedule(settings);
    const at::Tensor all = start(one);
    const at::Tensor together = sampling::denoise(one, all, predict, no_noise);
    const at::Tensor alone = sampling::denoise(one, all.slice(0, 1, 2), predict, no_noise);
    EXPECT_TRUE(same(together.slice(0, 1, 2).contiguous(), alone.contiguous()));
    for (const at::ScalarType type : {at::kHalf, at::kBFloat16, at::kFloat, at::kDouble}) {
      const at::Tensor typed = start(one, type);
      State state;
      EXPECT_EQ(scale_model_input(one, 0, typed).scalar_type(), type);
      EXPECT_EQ(add_noise(one, typed, typed).scalar_type(), type);
      EXPECT_EQ(predict_original(one, 0, typed, typed).scalar_type(), type);
      EXPECT_EQ(step(one, 0, typed, typed, state, no_noise).scalar_type(), type);
    }
  });
}

TEST_P(Contract, PredictsTheOriginalThatNoiseWasAddedTo) {
  each([](const Settings& settings) {
    const Schedule one = schedule(settings);
    const at::Tensor original = Noise(1).draw()({1, 4, 6, 5}).to(at::kDouble);
    const at::Tensor noise = Noise(2).draw()({1, 4, 6, 5}).to(at::kDouble);
    for (std::size_t turn = 0; turn < one.size(); ++turn) {
      const at::Tensor noisy = add_noise(one, original, noise, turn);
      const at::Tensor answer = right_answer(*settings.prediction_type, one.sigma(turn), original, noise);
      const at::Tensor found = predict_original(one, turn, answer, noisy);
      EXPECT_LT((found - original).abs().max().item<double>(), 1e-4) << turn;
    }
  });
}

/// As diffusers' do: both go down num_train_timesteps / steps timesteps a step, which is not linspace's spacing; and
/// pndm takes means of predictions, which for v at several timesteps is not that of a picture.
bool leaves_the_path(const Settings& settings) {
  if (settings.scheduler == "pndm" && settings.prediction_type == "v_prediction") return true;
  return (settings.scheduler == "pndm" || settings.scheduler == "ddim") && settings.spacing == "linspace";
}

TEST_P(Contract, TheRightAnswersLeadToTheOriginal) {
  each([](const Settings& settings) {
    const Schedule one = schedule(settings);
    const at::Tensor original = Noise(1).draw()({1, 4, 6, 5}).to(at::kDouble);
    const at::Tensor noise = Noise(2).draw()({1, 4, 6, 5}).to(at::kDouble);
    if (needs_noise(one, 0) || leaves_the_path(settings)) return;
    const at::Tensor end =
        sampling::denoise(one, add_noise(one, original, noise), [&](const at::Tensor& /*input*/, std::size_t turn) {
          return right_answer(*settings.prediction_type, one.sigma(turn), original, noise);
        });
    // As far as the last sigma allows.
    EXPECT_LT((end - original).abs().max().item<double>(), 4 * one.sigma(one.size()) + 1e-3);
  });
}

TEST_P(Contract, MayBeDifferentiated) {
  each([](const Settings& settings) {
    const Schedule one = schedule(settings);
    Noise noise;
    const at::Tensor first = start(one).requires_grad_(true);
    sampling::denoise(one, first, predict, noise.draw()).square().sum().backward();
    ASSERT_TRUE(first.grad().defined());
    EXPECT_TRUE(first.grad().isfinite().all().item<bool>());
    EXPECT_GT(first.grad().abs().max().item<double>(), 0);
  });
}

TEST_P(Contract, PartsOfAMixtureMeet) {
  each([](const Settings& settings) {
    const Schedule whole = schedule(settings);
    for (const double cut : {0.3, 0.5, 0.8}) {
      Settings first = settings;
      first.denoising_end = cut;
      Settings second = settings;
      second.denoising_start = cut;
      const Schedule a = schedule(first);
      const Schedule b = schedule(second);
      ASSERT_EQ(a.size() + b.size(), whole.size()) << cut;
      for (std::size_t turn = 0; turn < whole.size(); ++turn) {
        const double t = turn < a.size() ? a.timestep(turn) : b.timestep(turn - a.size());
        EXPECT_EQ(t, whole.timestep(turn)) << cut;
      }
      EXPECT_EQ(a.sigma(a.size()), b.sigma(0)) << cut;
    }
  });
}

TEST_P(Contract, StrengthTakesTheLastSteps) {
  each([](const Settings& settings) {
    const Schedule whole = schedule(settings);
    Settings some = settings;
    some.strength = 0.58;  // int(5.8) = 5 steps
    const Schedule part = schedule(some);
    EXPECT_EQ(part.size(), turns_of(5));
    for (std::size_t turn = 0; turn < part.size(); ++turn) {
      EXPECT_EQ(part.timestep(turn), whole.timestep(whole.size() - part.size() + turn));
    }
  });
}

TEST_P(Contract, OneStep) {
  each([](const Settings& settings) {
    Settings one = settings;
    one.steps = 1;
    const bool whole_range = name() == "unipc" || name().starts_with("dpmpp");
    if (settings.spacing == "linspace" && !whole_range) return;  // refused, as errors_test.cpp has it
    const Schedule schedule_of_one = schedule(one);
    Noise noise;
    const at::Tensor end = sampling::denoise(schedule_of_one, start(schedule_of_one), predict, noise.draw());
    EXPECT_EQ(schedule_of_one.size(), 1U);
    EXPECT_TRUE(end.isfinite().all().item<bool>());
  });
}

INSTANTIATE_TEST_SUITE_P(, Contract, testing::ValuesIn(schedulers::scheduler_names()), [](const auto& info) {
  std::string text = info.param;
  std::ranges::replace(text, '-', '_');
  return text;
});

}  // namespace

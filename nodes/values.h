// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <mutex>
#include <opencv2/core.hpp>
#include <string>
#include <utility>
#include <vector>

#include "graph/value.h"
#include "imaging/regions/labels.h"
#include "methods/layering/layer.h"
#include "methods/learning/optimiser.h"
#include "methods/matching/matches.h"
#include "methods/tiling/region.h"
#include "models/networks/attention_control.h"
#include "models/networks/unet_residuals.h"
#include "models/text/layer_words.h"
#include "schedulers/schedule.h"
#include "tensors/device.h"
#include "tensors/generator.h"
#include "tensors/history.h"
#include "tensors/numpy_random_state.h"
#include "tensors/python_random.h"

/// The types that travel on links. All are immutable once sent: a node that changes pixels or numbers makes new ones.
namespace nodes {

/// A picture.
struct Image {
  cv::Mat pixels;  ///< (H,W) CV_32FC3, RGB, in [0,1]; never empty
};

/// How much of something counts at each pixel: a ControlNet's weight, what is to be painted anew.
struct Mask {
  cv::Mat weights;  ///< (H,W) CV_32FC1 in [0,1]; never empty
};

/// Members by which the engine takes a value's history away, begins one, and goes on with it: those of its tensors.
#define DECOUPAGE_HISTORY(Type)     \
  Type detached() const {           \
    return with(tensors::detached); \
  }                                 \
  Type leaf() const {               \
    return with(tensors::leaf);     \
  }                                 \
  Type alias() const {              \
    return with(tensors::alias);    \
  }

/// What of several tensors goes one step further, all together. `Value` has with(step), which comes by its tensors in
/// one order.
template <class Value>
Value all_joined(const Value& value) {
  std::vector<at::Tensor> tensors;
  value.with([&](const at::Tensor& tensor) {
    tensors.push_back(tensor);
    return tensor;
  });
  const std::vector<at::Tensor> made = tensors::joined(std::move(tensors));
  auto next = made.begin();
  return value.with([&](const at::Tensor&) { return *next++; });
}

/// A picture on the run's device, which may carry history.
struct Rendering {
  at::Tensor tensor;  ///< (B,3,H,W) f32 RGB in [0,1]

  template <class Step>
  Rendering with(const Step& step) const {
    return {step(tensor)};
  }
  DECOUPAGE_HISTORY(Rendering)
};

/// What is to become small.
struct Loss {
  at::Tensor tensor;  ///< () f32 on the run's device

  template <class Step>
  Loss with(const Step& step) const {
    return {step(tensor)};
  }
  DECOUPAGE_HISTORY(Loss)
};

/// How a loss changes with numbers that it depends on, got in another way than by going back along their history.
struct Gradient {
  at::Tensor tensor;  ///< f32, of the shape of what it is of
};

/// Pictures as the denoiser knows them, times the autoencoder's scaling factor.
struct Latents {
  at::Tensor tensor;  ///< (B,C,h,w) f32 on the run's device

  template <class Step>
  Latents with(const Step& step) const {
    return {step(tensor)};
  }
  DECOUPAGE_HISTORY(Latents)

  /// The same in host memory, for what works on a CPU: copied once, on the stream of the first who asks, however many
  /// do. Thread-safe.
  at::Tensor host() const {
    if (tensor.is_cpu()) return tensor;
    std::call_once(copy->once, [this] { copy->tensor = tensors::to_host(tensor); });
    return copy->tensor;
  }

  struct HostCopy {
    std::once_flag once{};
    at::Tensor tensor{};
  };
  std::shared_ptr<HostCopy> copy = std::make_shared<HostCopy>();
};

/// Words of a prompt that are pulled to places while latents are denoised.
struct AttentionPull {
  std::vector<models::AttentionRegion> regions{};  ///< masks on the run's device
  models::AttentionFall fall = models::AttentionFall::kLogLog;
  bool from_start = false;  ///< by the noise levels of the schedule's start, and not by the turn's
};

struct ConditioningParts;

/// A word whose embedding is learned, or was: it stands in a prompt for its vectors.
struct Token {
  std::string word;      ///< "<cat>"
  at::Tensor vectors;    ///< (n, width) f32 of `text_encoder`; undefined for a model without it
  at::Tensor vectors_2;  ///< of `text_encoder_2`, likewise

  template <class Step>
  Token with(const Step& step) const {
    return {word, step(vectors), step(vectors_2)};
  }
  DECOUPAGE_HISTORY(Token)
  Token joined() const { return all_joined(*this); }
};

/// What a denoiser is told beside the latents: the texts, and for SDXL sizes and crop. f32 on the run's device.
struct Conditioning {
  at::Tensor prompt_embeds;                  ///< (1,tokens,width): encoder_hidden_states
  at::Tensor negative_prompt_embeds;         ///< of the same width; of as many tokens, or of others
  at::Tensor pooled_prompt_embeds;           ///< (1,width): text_embeds; undefined for SD 1.x and 2.x
  at::Tensor negative_pooled_prompt_embeds;  ///< likewise
  at::Tensor time_ids;  ///< (1,6): original height and width, crop top and left, target height and width; the refiner's
                        ///< (1,5) ends with an aesthetic score
  at::Tensor negative_time_ids;                      ///< likewise
  std::shared_ptr<const AttentionPull> attention{};  ///< of the prompt's half; null: none
  double weight = 1;                                 ///< of the prompt beside others, below
  std::shared_ptr<const ConditioningParts> parts{};  ///< null: this is all
  bool has_negative_prompt = false;                  ///< a text was given, and is to be missed where it is not read

  /// Of all its tensors, and those of its parts.
  template <class Step>
  Conditioning with(const Step& step) const;
  DECOUPAGE_HISTORY(Conditioning)
  Conditioning joined() const;
};

/// What more there is to a conditioning.
struct ConditioningParts {
  std::vector<Conditioning> also;  ///< prompts beside it, each with its weight: webui's AND
  /// What holds up to and with a turn, counted from 1, in the place of it: webui's prompt editing.
  std::vector<std::pair<std::int64_t, Conditioning>> turns;
};

template <class Step>
Conditioning Conditioning::with(const Step& step) const {
  Conditioning all = *this;
  for (at::Tensor Conditioning::*one :
       {&Conditioning::prompt_embeds, &Conditioning::negative_prompt_embeds, &Conditioning::pooled_prompt_embeds,
        &Conditioning::negative_pooled_prompt_embeds}) {
    all.*one = step(all.*one);
  }
  if (parts == nullptr) return all;
  ConditioningParts made = *parts;
  for (Conditioning& one : made.also) one = one.with(step);
  for (auto& [turn, one] : made.turns) one = one.with(step);
  all.parts = std::make_shared<const ConditioningParts>(std::move(made));
  return all;
}

inline Conditioning Conditioning::joined() const {
  return all_joined(*this);
}

/// What holds at a turn, counted from 0.
inline const Conditioning& at_turn(const Conditioning& conditioning, std::size_t turn) {
  if (conditioning.parts == nullptr) return conditioning;
  for (const auto& [last, one] : conditioning.parts->turns)
    if (static_cast<std::int64_t>(turn) < last) return one;
  return conditioning;
}

/// What a denoiser says: noise, velocity or picture, as the schedule's prediction type has it.
struct Prediction {
  at::Tensor tensor;  ///< (B,C,h,w) f32 on the run's device

  template <class Step>
  Prediction with(const Step& step) const {
    return {step(tensor)};
  }
  DECOUPAGE_HISTORY(Prediction)
};

/// The same with and without the prompt, to be guided from one to the other.
struct Predictions {
  at::Tensor prompt;    ///< (B,C,h,w) f32
  at::Tensor negative;  ///< of the same shape

  template <class Step>
  Predictions with(const Step& step) const {
    return {step(prompt), step(negative)};
  }
  DECOUPAGE_HISTORY(Predictions)
  Predictions joined() const { return all_joined(*this); }
};

/// What a ControlNet adds to the denoiser on its way, in both of its halves. Values are weighted already.
struct Residuals {
  models::UNetResiduals prompt;
  models::UNetResiduals negative;  ///< none: nothing is added there
  bool guess = false;              ///< made in guess mode, which leaves the negative half alone
};

/// A part of a canvas with what is to be done there.
struct Region {
  std::shared_ptr<const tiling::Region> region;  ///< never null
};

/// A layer of a collage.
struct Layer {
  std::shared_ptr<const layering::Layer> layer;  ///< as it is written; never null
  std::shared_ptr<const layering::Cut> cut{};    ///< its picture; null where that is yet to be drawn
  cv::Mat mask{};                                ///< (h,w) CV_8UC1, of a picture that is yet to be drawn
  layering::Strengths strengths{};               ///< once there is a picture
  cv::Mat pixels{};                              ///< (H,W) CV_8UC4 RGBA on its canvas, behind place-layer
  cv::Mat visible{};  ///< (H,W) CV_64FC1 in [0,1], how much of it is seen, behind compose-layers
};

/// Which tokens of a prompt are the words of which layers.
struct Spans {
  std::vector<models::LayerWords> words;
};

/// Regions of latents, or a grid of squares over them.
struct Labels {
  std::shared_ptr<const imaging::Labels> map;  ///< never null
};

/// What happened, turn by turn: each entry a JSON object as text.
struct Log {
  std::vector<std::string> entries;
};

/// What regions are matched against.
struct Bank {
  std::shared_ptr<const matching::Bank> bank;  ///< never null
};

/// Where nodes draw from, by nodes/draws.h.
struct Streams {
  /// The generators that a Python program has, each seeded once, as they are after what has been drawn.
  struct Chain {
    tensors::NumpyRandomState numpy;
    tensors::Generator torch;
    tensors::PythonRandom python;
  };
  std::int64_t seed = 0;
  std::shared_ptr<const Chain> chain{};  ///< null: each call draws by its place
};

}  // namespace nodes

DECOUPAGE_VALUE(nodes::Image, "image");
DECOUPAGE_VALUE(nodes::Mask, "mask");
DECOUPAGE_VALUE(nodes::Latents, "latents");
DECOUPAGE_VALUE(nodes::Rendering, "rendering");
DECOUPAGE_VALUE(nodes::Loss, "loss");
DECOUPAGE_VALUE(nodes::Gradient, "gradient");
DECOUPAGE_VALUE(nodes::Token, "token");
DECOUPAGE_VALUE(learning::Optimiser, "optimiser");
DECOUPAGE_VALUE(nodes::Conditioning, "conditioning");
DECOUPAGE_VALUE(nodes::Prediction, "prediction");
DECOUPAGE_VALUE(nodes::Predictions, "predictions");
DECOUPAGE_VALUE(nodes::Residuals, "residuals");
DECOUPAGE_VALUE(nodes::Region, "region");
DECOUPAGE_VALUE(nodes::Layer, "layer");
DECOUPAGE_VALUE(nodes::Spans, "spans");
DECOUPAGE_VALUE(nodes::Labels, "labels");
DECOUPAGE_VALUE(nodes::Bank, "bank");
DECOUPAGE_VALUE(nodes::Log, "log");
DECOUPAGE_VALUE(nodes::Streams, "streams");
DECOUPAGE_VALUE(matching::Matches, "matches");
DECOUPAGE_VALUE(tensors::Generator, "generator");
DECOUPAGE_VALUE(schedulers::State, "scheduler-state");
DECOUPAGE_VALUE_LIST(schedulers::Schedule, "schedule");

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
#include "methods/matching/matches.h"
#include "methods/tiling/region.h"
#include "models/networks/attention_control.h"
#include "models/networks/unet_residuals.h"
#include "models/text/layer_words.h"
#include "models/text/textual_inversion.h"
#include "schedulers/schedule.h"
#include "tensors/device.h"
#include "tensors/generator.h"
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

/// Pictures as the denoiser knows them, times the autoencoder's scaling factor.
struct Latents {
  at::Tensor tensor;  ///< (B,C,h,w) f32 on the run's device

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
};

/// What more there is to a conditioning.
struct ConditioningParts {
  std::vector<Conditioning> also;  ///< prompts beside it, each with its weight: webui's AND
  /// What holds up to and with a turn, counted from 1, in the place of it: webui's prompt editing.
  std::vector<std::pair<std::int64_t, Conditioning>> turns;
};

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
};

/// The same with and without the prompt, to be guided from one to the other.
struct Predictions {
  at::Tensor prompt;    ///< (B,C,h,w) f32
  at::Tensor negative;  ///< of the same shape
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

/// A learned word.
struct Token {
  std::shared_ptr<const models::TextualInversion> vectors;  ///< never null
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
DECOUPAGE_VALUE(nodes::Conditioning, "conditioning");
DECOUPAGE_VALUE(nodes::Prediction, "prediction");
DECOUPAGE_VALUE(nodes::Predictions, "predictions");
DECOUPAGE_VALUE(nodes::Residuals, "residuals");
DECOUPAGE_VALUE(nodes::Region, "region");
DECOUPAGE_VALUE(nodes::Layer, "layer");
DECOUPAGE_VALUE(nodes::Token, "token");
DECOUPAGE_VALUE(nodes::Spans, "spans");
DECOUPAGE_VALUE(nodes::Labels, "labels");
DECOUPAGE_VALUE(nodes::Bank, "bank");
DECOUPAGE_VALUE(nodes::Log, "log");
DECOUPAGE_VALUE(nodes::Streams, "streams");
DECOUPAGE_VALUE(matching::Matches, "matches");
DECOUPAGE_VALUE(tensors::Generator, "generator");
DECOUPAGE_VALUE_LIST(schedulers::Schedule, "schedule");

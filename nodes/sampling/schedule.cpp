// SPDX-License-Identifier: MIT
/// schedule: the turns of a denoising, as a value that a loop runs over. Their number is that of the network's
/// evaluations: heun's second ones (2·steps − 1 in all) and pndm's repeated first one (steps + 1) are counted.
///
/// scheduler_config.json of the model is read, or without a model Stable Diffusion XL's own settings are, or those that
/// `config` has; properties lie over it, unless auto. Image to image takes the last int(steps · strength) steps.
///
/// Errors   whatever the scheduler cannot do, steps that are more than it has noise levels, a schedule without turns:
///          refused when the node is opened
/// Source   diffusers' schedulers and pipelines, number for number: schedulers/
#include "schedulers/schedule.h"

#include <optional>
#include <set>
#include <string>

#include "graph/registry.h"
#include "graph/shape.h"
#include "nodes/model_properties.h"
#include "nodes/services.h"
#include "nodes/values.h"
#include "schedulers/registry.h"
#include "schedulers/webui_names.h"

namespace nodes {
namespace {

std::optional<std::string> unless_auto(const std::string& text) {
  return text == "auto" ? std::nullopt : std::optional(text);
}

std::optional<bool> true_or_false(const std::string& text) {
  return text == "auto" ? std::nullopt : std::optional(text == "true");
}

template <class Number>
std::optional<Number> unless_zero(Number value) {
  return value == 0 ? std::nullopt : std::optional(value);
}

graph::Shape scheduler_config_shape() {
  using graph::Shape;
  return Shape::one_of({Shape::text(), Shape::map_of(Shape::any())});
}

class Schedule final : public graph::Node {
 public:
  static constexpr graph::Out<schedulers::Schedule> kSchedule{"schedule", "N turns: timesteps and noise levels"};
  static constexpr graph::Prop<std::string> kScheduler{
      .name = "scheduler",
      .help =
          "euler, euler-ancestral, heun, lms, ddim, pndm, dpmpp-2m, dpmpp-2m-sde, unipc, lcm or tcd, or diffusers' "
          "name of the class, or what web UIs call it (DPM++ 2M Karras); auto: as the model has it",
      .value = "auto"};
  static constexpr graph::Prop<std::int64_t> kSteps{
      .name = "steps", .help = "from noise to picture, at most the training timesteps", .value = 30, .min = 1};
  static constexpr graph::Prop<double> kStrength{
      .name = "strength",
      .help = "image to image: the part of the steps that is taken, from the end; 1: all of them",
      .value = 1.0,
      .min = 0,
      .max = 1};
  static constexpr graph::Prop<std::int64_t> kFirstStep{
      .name = "first_step",
      .help =
          "image to image: the step that it begins at at the earliest, whatever the strength; with steps_offset 1 old "
          "pipelines never took the first",
      .value = 0,
      .min = 0,
      .max = 1};
  static constexpr graph::Prop<double> kStart{.name = "denoising_start",
                                              .help = "where the second of two denoisers takes over; 0: not cut",
                                              .value = 0.0,
                                              .min = 0,
                                              .max = 1};
  static constexpr graph::Prop<double> kEnd{.name = "denoising_end",
                                            .help = "where the first of two denoisers hands over; 1: not cut",
                                            .value = 1.0,
                                            .min = 0,
                                            .max = 1};
  static constexpr graph::Prop<double> kEta{.name = "eta",
                                            .help = "ddim and tcd: how much fresh noise, up to all of it at 1",
                                            .value = 0.0,
                                            .min = 0,
                                            .max = 1};
  static constexpr graph::Prop<std::int64_t> kOriginalSteps{
      .name = "original_inference_steps",
      .help = "lcm: of how many timesteps it takes some; tcd: any number is every training timestep; 0: the model's",
      .value = 0,
      .min = 0};
  static constexpr graph::Prop<double> kTimestepScaling{
      .name = "timestep_scaling",
      .help = "lcm: how soon the latents themselves cease to count; 0: the model's, usually 10",
      .value = 0,
      .min = 0};
  static constexpr graph::Prop<bool> kStrengthKeepsSteps{
      .name = "strength_keeps_steps",
      .help = "lcm and tcd: strength shortens the way from noise to picture, and all steps are taken on what is left",
      .value = false};
  static constexpr graph::Prop<std::string> kKarras{.name = "karras",
                                                    .help = "noise levels as Karras 2022 spaces them",
                                                    .value = "auto",
                                                    .choices = "auto|true|false"};
  static constexpr graph::Prop<std::string> kSpacing{
      .name = "spacing", .help = "of the timesteps", .value = "auto", .choices = "auto|leading|linspace|trailing"};
  static constexpr graph::Prop<std::string> kPredictionType{.name = "prediction_type",
                                                            .help = "what the model was trained to predict",
                                                            .value = "auto",
                                                            .choices = "auto|epsilon|sample|v_prediction"};
  static constexpr graph::Prop<std::string> kFinalSigmas{
      .name = "final_sigmas_type",
      .help = "where the last step ends; unipc ended at sigma_min before diffusers 0.28",
      .value = "auto",
      .choices = "auto|zero|sigma_min"};
  static constexpr graph::Prop<std::string> kZeroSnr{.name = "rescale_betas_zero_snr",
                                                     .help = "begin at pure noise, for models that were trained so",
                                                     .value = "auto",
                                                     .choices = "auto|true|false"};
  static constexpr graph::Prop<graph::Data> kConfig{
      .name = "config",
      .help =
          "settings as a scheduler_config.json has them, in the place of the model's; or a name, as scheduler has it",
      .value = "\"auto\"",
      .feedable = false,
      .shape = scheduler_config_shape};
  static constexpr graph::Prop<std::string> kDdimSettings{
      .name = "ddim_settings",
      .help =
          "where a name is ddim: the model's settings, or the defaults of diffusers' class, which no Stable "
          "Diffusion was trained with",
      .value = "model",
      .choices = "model|class"};
  static graph::Contract contract() {
    return graph::Contract("schedule", "The turns of a denoising, for a loop to run over.", kSchedule, kModel,
                           kScheduler, kSteps, kStrength, kFirstStep, kStart, kEnd, kKarras, kSpacing, kPredictionType,
                           kFinalSigmas, kZeroSnr, kEta, kOriginalSteps, kTimestepScaling, kStrengthKeepsSteps, kConfig,
                           kDdimSettings)
        .family("sampling")
        .example("schedule: {type: schedule, model: $model, scheduler: dpmpp-2m, karras: true, steps: $steps}");
  }

  Schedule(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        model_(props.get(kModel).text),
        config_(props.get(kConfig)),
        class_ddim_(props.get(kDdimSettings) == "class"),
        settings_{.scheduler = name_of(props),
                  .steps = props.get(kSteps),
                  .strength = props.get(kStrength),
                  .first_step = props.get(kFirstStep),
                  .strength_keeps_steps = props.get(kStrengthKeepsSteps),
                  .denoising_start = props.get(kStart),
                  .denoising_end = props.get(kEnd),
                  .eta = props.get(kEta),
                  .original_inference_steps = unless_zero(props.get(kOriginalSteps)),
                  .timestep_scaling = unless_zero(props.get(kTimestepScaling)),
                  .karras = true_or_false(props.get(kKarras)),
                  .spacing = unless_auto(props.get(kSpacing)),
                  .prediction_type = unless_auto(props.get(kPredictionType)),
                  .final_sigmas_type = unless_auto(props.get(kFinalSigmas)),
                  .rescale_betas_zero_snr = true_or_false(props.get(kZeroSnr))} {
    if (props.get(kScheduler) != "auto") props.get(kScheduler, check_scheduler);
    else if (!settings_.scheduler.empty())
      props.get(kConfig, [](const graph::Data& name) { return check_scheduler(name.as<std::string>()); });
    if (is_map(config_)) props.get(kConfig, parsed);
    schedulers::check(settings_);
    if (model_.empty() || is_map(config_)) schedule_.emplace(config(), settings_);
  }

  void open() override {
    const schedulers::Config config = this->config();
    if (!schedule_) schedule_.emplace(config, settings_);
    names_ = schedulers::webui_names(config, settings_);
  }

  void process(graph::Context& cx) const override {
    cx.tell("Steps", std::to_string(settings_.steps));
    cx.tell("Sampler", names_.sampler);
    cx.tell("Schedule type", names_.schedule_type);
    if (settings_.strength < 1) cx.tell("Denoising strength", graph::to_text(settings_.strength));
    cx.send(kSchedule, *schedule_);
  }

 private:
  static bool check_scheduler(const std::string& name) {
    schedulers::scheduler_named(name, schedulers::Config::stable_diffusion_xl());
    return true;
  }

  static bool is_map(const graph::Data& config) { return config.sort() == graph::Data::Sort::kMap; }
  static schedulers::Config parsed(const graph::Data& config) {
    return schedulers::Config::parse(graph::to_text(config), kConfig.name);
  }
  /// What is named, "" where nothing is: by the one property or the other.
  static std::string name_of(const graph::Props& props) {
    const graph::Data config = props.get(kConfig);
    const std::string name = props.get(kScheduler);
    return unless_auto(name != "auto" || is_map(config) ? name : config.as<std::string>()).value_or("");
  }

  schedulers::Config config() const {
    if (is_map(config_)) return parsed(config_);
    if (class_ddim_ && (settings_.scheduler == "ddim" || settings_.scheduler == "DDIMScheduler"))
      return schedulers::Config::parse(R"({"_class_name": "DDIMScheduler"})", "DDIMScheduler");
    if (model_.empty()) return schedulers::Config::stable_diffusion_xl();
    std::set<std::string> given;
    if (settings_.prediction_type) given.insert("prediction_type");
    if (settings_.rescale_betas_zero_snr) given.insert("rescale_betas_zero_snr");
    const models::ConfigText file = services_->model({.model = model_})->files().scheduler(given);
    return schedulers::Config::parse(file.text, file.name);
  }

  const std::shared_ptr<Services> services_;
  const std::string model_;
  const graph::Data config_;
  const bool class_ddim_;
  const schedulers::Settings settings_;
  std::optional<schedulers::Schedule> schedule_;
  schedulers::WebuiNames names_;
};

}  // namespace

void register_schedule(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<Schedule>(services);
}

}  // namespace nodes

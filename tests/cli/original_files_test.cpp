// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/program.h"

/// The settings files of the programs whose methods the graphs have, as they are (tests/data/originals): values find
/// their params though names stand in several sections.
namespace testing_cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kOriginals = std::string(SOURCE_DIR) + "/tests/data/originals/";

constexpr const char* kGenerator = R"(graph: generator
params:
  base:              {type: string, default: "", key: model.base, unused: true}
  refiner:           {type: string, default: "", key: model.refiner, unused: true}
  use_refiner:       {type: bool, default: false, key: model.use_refiner, unused: true}
  dtype:             {type: string, default: fp16, unused: true}
  compile_unet:      {type: bool, default: false, unused: true}
  strategy:          {type: string, default: auto, unused: true}
  character_dir:     {type: path, default: "", unused: true}
  style_dir:         {type: path, default: "", unused: true}
  character_strength: {type: float, default: 0.8, unused: true}
  style_strength:    {type: float, default: 0.8, unused: true}
  prompt_file:       {type: path, default: "", unused: true}
  negative_prompt_file: {type: path, default: "", unused: true}
  options_file:      {type: path, default: "", unused: true}
  max_extras:        {type: int, default: 0, unused: true}
  seed:              {type: int, default: 0}
  base_width:        {type: int, default: 1024, unused: true}
  base_height:       {type: int, default: 1024, unused: true}
  mid_scale:         {type: int, default: 1, unused: true}
  final_scale:       {type: int, default: 1, unused: true}
  steps:             {type: int, default: 1, key: generation.t2i.steps, unused: true}
  cfg:               {type: float, default: 1, key: generation.t2i.cfg, unused: true}
  denoise_split:     {type: float, default: 1, key: generation.t2i.denoise_split, unused: true}
  stage2_enabled:    {type: bool, default: false, unused: true}
  stage2_steps:      {type: int, default: 1, unused: true}
  stage2_cfg:        {type: float, default: 1, unused: true}
  stage2_strength:   {type: float, default: 1, unused: true}
  stage2_use_refiner: {type: bool, default: $use_refiner, unused: true}
  stage2_denoise_split: {type: float, default: $denoise_split, unused: true}
  stage3_enabled:    {type: bool, default: false, unused: true}
  stage3_steps:      {type: int, default: 1, unused: true}
  stage3_cfg:        {type: float, default: 1, unused: true}
  stage3_strength:   {type: float, default: 1, unused: true}
  stage3_use_refiner: {type: bool, default: $use_refiner, unused: true}
  tile_size:         {type: int, default: 1, key: generation.stage3.tile_size, unused: true}
  tile_overlap:      {type: int, default: 1, unused: true}
  blend_mode:        {type: string, default: linear, choices: [linear, cosine], unused: true}
  upscaler_method:   {type: string, default: lanczos, unused: true}
  upscaler_model:    {type: path, default: "", key: upscaler.model_path, unused: true}
  upscaler_tile_size: {type: int, default: 0, unused: true}
  upscaler_tile_pad: {type: int, default: 0, unused: true}
  save_intermediates: {type: bool, default: false, unused: true}
nodes:
  noise: {type: draw-noise, seed: $seed, width: 8, height: 8}
  save:  {type: save-image, path: "{seed}.png", in: {image: noise.image}}
)";

constexpr const char* kPixel = R"(graph: pixel
params:
  prompt:            {type: string, default: "", unused: true}
  seed:              {type: int, default: 0}
  image_H:           {type: int, default: 32, unused: true}
  image_W:           {type: int, default: 32, unused: true}
  palette:           {type: path, default: "", unused: true}
  steps:             {type: int, default: 1, key: training.steps, flag: s, unused: true}
  guidance_scale:    {type: float, default: 1, key: sd.guidance_scale, unused: true}
  reference_guidance_scale: {type: float, default: 1, key: diffusion.guidance_scale, unused: true}
  lora_path:         {type: path, default: null, nullable: true, unused: true}
  controlnets:       {type: string, default: "", list: true, key: controlnet.models_id, unused: true}
  controlnet_conditioning_scale: {type: string, default: "", list: true, unused: true}
nodes:
  noise: {type: draw-noise, seed: $seed, width: 8, height: 8}
  save:  {type: save-image, path: "{seed}.png", in: {image: noise.image}}
)";

constexpr const char* kLayers = R"(graph: layers
params:
  prompt:            {type: string, default: "", unused: true}
  num_inference_steps: {type: int, default: 20, unused: true}
  guidance_scale:    {type: float, default: 1, unused: true}
  seed:              {type: int, default: 0}
  layers:            {type: data, default: [], about: the layers}
nodes:
  texts: {type: column, records: $layers, name: textPrompt}
  noises: {type: column, records: $layers, name: noiseStrength, as: "float[]"}
  made:
    type: each
    over: {text: texts.values}
    nodes:
      noise: {type: draw-noise, width: 8, height: 8, seed: $seed}
    out: {image: noise.image}
  grid: {type: image-grid, columns: 3, cell: 16, in: {images: made.image}}
  save: {type: save-image, path: "{seed}-{layers}.png", in: {image: grid.image}}
)";

constexpr const char* kGrid = R"(graph: grid
params:
  prompt:            {type: data, default: ""}
  scheduler:         {type: string, default: auto, unused: true}
  seed:              {type: int, default: 0}
  steps:             {type: int, default: 20, unused: true}
  guidance_scale:    {type: float, default: 8, alias: gc, unused: true}
  guidance_scale_tiles: {type: data, nullable: true, default: null, alias: gc_tiles, unused: true}
  seed_tiles:        {type: data, nullable: true, default: null, unused: true}
  seed_tiles_mode:   {type: data, default: full, unused: true}
  seed_reroll_regions: {type: data, default: [], unused: true}
  tile_height:       {type: int, default: 1024, unused: true}
  tile_width:        {type: int, default: 1024, unused: true}
  tile_row_overlap:  {type: int, default: 256, unused: true}
  tile_col_overlap:  {type: int, default: 256, unused: true}
nodes:
  texts: {type: text-grid, texts: $prompt}
  drawn:
    type: each
    over: {text: texts.text}
    nodes:
      noise: {type: draw-noise, width: 8, height: 8, seed: $seed}
    out: {image: noise.image}
  grid: {type: image-grid, columns: 3, cell: 16, in: {images: drawn.image}}
  save: {type: save-image, path: "{seed}.png", in: {image: grid.image}}
)";

/// What else SD-piXL's file says.
constexpr const char* kOfNoInterest =
    "image automatic_caption saving_resize negative_prompt std initialize_renderer initialization_method "
    "kmeans_nb_colors init_distance softmax_regularizer smooth_softmax gumbel tau save_steps learning_rate "
    "lr_scheduler lr_warmup_steps lr_step_rules lr_cycles adam_beta1 adam_beta2 adam_weight_decay adam_epsilon "
    "clip_grad max_grad_norm resize_mode fft_scale tv_scale laplacian_scale laplacian_sigma laplacian_kernel "
    "laplacian_mode gradient_loss_scale bilateral_scale bilateral_sigma_color bilateral_sigma_space "
    "bilateral_max_distance grayscale_prob hflip_prob distorsion_prob distorsion_scale random_tau "
    "random_tau_min random_tau_max model_id vae_id lora_scale ldm_speed_up enable_xformers gradient_checkpoint "
    "num_inference_steps num_references use_controlnet canny_threshold1 canny_threshold2 canny_blur "
    "canny_blur_radius control_guidance_start control_guidance_end blip_model_id min_new_tokens max_new_tokens "
    "query skip_special_tokens grad_scale t_min t_max t_bound_max t_bound_reached sampling_method_t im_size "
    "w_mode";

class OriginalFiles : public testing::Test {
 protected:
  /// The params of the run's record, by name.
  json run(const std::string& graph, const std::string& file, std::vector<std::string> words = {}) {
    folder_.write("graph.yaml", graph);
    words.insert(words.begin(),
                 {"run", "graph.yaml", "--params", kOriginals + file, "--quiet", "--output-dir", "out", "--overwrite"});
    const Result result = decoupage(words, {folder_.path()});
    EXPECT_EQ(result.code, 0) << result.err;
    if (result.code != 0) return {};
    json params;
    const json record = json::parse(folder_.read("out/run.json"));
    for (const auto& [name, values] : record["params"].items()) params[name] = values["values"][0];
    return params;
  }

  Folder folder_;
};

TEST_F(OriginalFiles, TheGeneratorsNamesStandInSeveralSections) {
  const json params = run(kGenerator, "sdxl_generator.yaml");
  EXPECT_EQ(params["seed"], "20260");
  EXPECT_EQ(params["steps"], "10");
  EXPECT_EQ(params["stage2_steps"], "22");
  EXPECT_EQ(params["stage3_steps"], "18");
  EXPECT_EQ(params["cfg"], "7");
  EXPECT_EQ(params["stage3_cfg"], "4.5");
  EXPECT_EQ(params["stage2_strength"], "0.25");
  EXPECT_EQ(params["stage3_strength"], "0.4");
  EXPECT_EQ(params["tile_size"], "96");
  EXPECT_EQ(params["upscaler_tile_size"], "64");
  EXPECT_EQ(params["upscaler_method"], "esrgan");
  EXPECT_EQ(params["stage2_enabled"], "true");
  EXPECT_EQ(params["use_refiner"], "true");
}

TEST_F(OriginalFiles, SdPixlHasTwoGuidanceScales) {
  std::string graph = kPixel;
  std::istringstream names(kOfNoInterest);
  for (std::string name; names >> name;)
    graph.insert(graph.find("nodes:"), "  " + name + ": {type: string, default: \"\", unused: true}\n");
  const json params = run(graph, "sd_pixl.yaml", {"-s", "7"});
  EXPECT_EQ(params["guidance_scale"], "40");
  EXPECT_EQ(params["reference_guidance_scale"], "7.5");
  EXPECT_EQ(params["steps"], "7");
  EXPECT_EQ(params["lora_path"], "null");
  EXPECT_EQ(params["controlnets"], "canny_mid, depth_mid");
  EXPECT_EQ(params["image_H"], "16");
}

TEST_F(OriginalFiles, ARequestHasRecords) {
  const json params = run(kLayers, "collage_diffusion.json", {"--layers[1].noiseStrength", "0.9"});
  EXPECT_EQ(params["num_inference_steps"], "12");
  EXPECT_EQ(params["guidance_scale"], "7");
  const json layers = json::parse(params["layers"].get<std::string>());
  ASSERT_EQ(layers.size(), 5u);
  EXPECT_EQ(layers[1]["textPrompt"], "moon");
  EXPECT_EQ(layers[1]["noiseStrength"], 0.9);
  EXPECT_EQ(layers[3]["polygon"].size(), 10u);
}

TEST_F(OriginalFiles, AGridHasNullsInIt) {
  const json params = run(kGrid, "mixture_grid.json");
  EXPECT_EQ(params["guidance_scale"], "8");
  EXPECT_EQ(params["guidance_scale_tiles"], "null");
  const json seeds = json::parse(params["seed_tiles"].get<std::string>());
  EXPECT_EQ(seeds[0][1], 7310582946);
  EXPECT_TRUE(seeds[1][1].is_null());
  EXPECT_EQ(json::parse(params["prompt"].get<std::string>())[1][2], "");
  EXPECT_EQ(params["seed_tiles_mode"], "\"full\"");
  EXPECT_EQ(run(kGrid, "mixture_one.json")["seed"], "2023");
}

}  // namespace
}  // namespace testing_cli

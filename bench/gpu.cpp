// SPDX-License-Identifier: MIT
/// How much of a GPU do many seeds keep busy? SDXL's UNet alone against the device's own products of matrices, then
/// whole runs of configs/txt2img.yaml and configs/collagenet.yaml by the engine, with several lanes and batches: steps
/// a second, and the share of the time in which the device had something to do, as its driver counts it.
///
///   gpu MODEL SOURCES [side] [steps] [seeds]     MODEL: a folder of tools/make_random_checkpoint, or a real one;
///                                                SOURCES: pictures to match against. 1024, 30, 16 where nothing is
///                                                said
#include <dlfcn.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <thread>

#include "bench/engine_run.h"
#include "tensors/device.h"

namespace {

using Clock = std::chrono::steady_clock;

/// The driver's own count of how busy the first device is: of each of its sampling periods, the part in which a kernel
/// ran.
class DriversCount {
 public:
  DriversCount() {
    void* const nvml = dlopen("libnvidia-ml.so.1", RTLD_NOW);
    if (nvml == nullptr) return;
    const auto init = reinterpret_cast<int (*)()>(dlsym(nvml, "nvmlInit_v2"));
    const auto handle = reinterpret_cast<int (*)(unsigned, void**)>(dlsym(nvml, "nvmlDeviceGetHandleByIndex_v2"));
    rates_ = reinterpret_cast<Rates>(dlsym(nvml, "nvmlDeviceGetUtilizationRates"));
    if (init == nullptr || handle == nullptr || rates_ == nullptr || init() != 0 || handle(0, &device_) != 0) return;
    thread_ = std::thread([this] {
      while (!over_) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        unsigned rates[2] = {0, 0};
        if (counting_ && rates_(device_, rates) == 0) sum_ += rates[0], ++count_;
      }
    });
  }
  ~DriversCount() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  void start() {
    sum_ = count_ = 0;
    counting_ = true;
  }
  /// In percent; negative: unknown.
  double stop() {
    counting_ = false;
    return count_ == 0 ? -1 : static_cast<double>(sum_) / static_cast<double>(count_);
  }

 private:
  using Rates = int (*)(void*, unsigned*);
  Rates rates_ = nullptr;
  void* device_ = nullptr;
  std::atomic<bool> over_{false}, counting_{false};
  std::atomic<long> sum_{0}, count_{0};
  std::thread thread_;
};

double seconds_of(at::Device device, int times, const std::function<void()>& work) {
  work();
  tensors::finish(device);
  const auto from = Clock::now();
  for (int i = 0; i < times; ++i) work();
  tensors::finish(device);
  return std::chrono::duration<double>(Clock::now() - from).count() / times;
}

/// Products of large matrices, FLOP/s.
double peak_of(at::Device device) {
  const at::TensorOptions half = at::TensorOptions(device).dtype(at::kHalf);
  const at::Tensor a = at::randn({8192, 8192}, half), b = at::randn({8192, 8192}, half);
  return 2 * std::pow(8192.0, 3) / seconds_of(device, 20, [&] { at::mm(a, b); });
}

/// Of a forward of SDXL's UNet, for each row, at 1024² (counted: products, convolutions and attention).
constexpr double kFlopOfRow = 6.76e12;

void measure_unet(const models::UNet& unet, at::Device device, int side, double peak) {
  const at::TensorOptions half = at::TensorOptions(device).dtype(at::kHalf);
  const double flop = kFlopOfRow * side * side / (1024.0 * 1024.0);
  std::printf("%8s %12s %12s %12s\n", "rows", "ms", "TFLOP/s", "of the peak");
  for (const std::int64_t rows : {2, 4, 8}) {
    const models::UNet::Input input{at::randn({rows, 4, side / 8, side / 8}, half),
                                    at::full({rows}, 500, half.dtype(at::kFloat)), at::randn({rows, 77, 2048}, half),
                                    at::randn({rows, 1280}, half), at::full({rows, 6}, side, half.dtype(at::kFloat))};
    unet(input);
    const double seconds = seconds_of(device, 10, [&] { unet(input); });
    const double rate = flop * static_cast<double>(rows) / seconds;
    std::printf("%8ld %12.2f %12.1f %11.1f%%\n", static_cast<long>(rows), seconds * 1e3, rate / 1e12,
                100 * rate / peak);
    std::fflush(stdout);
  }
}

struct Setting {
  std::string graph;
  int lanes, batch, in_flight;
};

struct Places {
  std::string model, sources;
  int side, steps, seeds;
};

int measure(const Places& places) {
  const bench::Engine engine(places.model);
  if (!engine.device().is_cuda()) {
    std::puts("no CUDA device here: nothing to measure");
    return 0;
  }
  const auto from = Clock::now();
  const nodes::Network<models::UNet> unet = engine.read();
  std::printf("loaded in %.1f s\n", std::chrono::duration<double>(Clock::now() - from).count());
  const double peak = peak_of(engine.device());
  std::printf("products of 8192 x 8192, fp16: %.1f TFLOP/s\n\n", peak / 1e12);
  measure_unet(nodes::lease(unet)[unet], engine.device(), places.side, peak);

  DriversCount driver;
  const auto run = [&](const Setting& setting) {
    graph::RunOptions options;
    options.lanes = setting.lanes;
    options.max_batch = setting.batch;
    options.limits["gpu"] = setting.in_flight;
    driver.start();
    return engine.run(setting.graph,
                      {{"model", graph::Path{places.model}},
                       {"width", std::int64_t{places.side}},
                       {"height", std::int64_t{places.side}},
                       {"steps", std::int64_t{places.steps}},
                       {"prompt", std::string("a lighthouse above the sea")},
                       {"source_images", graph::Path{places.sources}}},
                      places.seeds, options);
  };
  const double flop = 2 * kFlopOfRow * places.side * places.side / (1024.0 * 1024.0);
  std::printf(
      "\n%d seeds of %d steps; busy: a step under way, from the first to the last; kernels: by the driver's count, "
      "whole "
      "run\n",
      places.seeds, places.steps);
  std::printf("%-12s %6s %6s %10s %9s %9s %9s %8s %9s %12s\n", "graph", "lanes", "batch", "in flight", "seconds",
              "loop", "steps/s", "busy", "kernels", "of the peak");
  const std::string plain = "configs/txt2img.yaml", collage = "configs/collagenet.yaml";
  run({plain, 4, 4, 2});  // not counted: the first use of each kernel
  run({collage, 8, 4, 2});
  for (const Setting& setting :
       {Setting{plain, 1, 1, 1}, Setting{plain, 2, 1, 2}, Setting{collage, 2, 1, 2}, Setting{plain, 4, 1, 2},
        Setting{collage, 4, 1, 2}, Setting{plain, 4, 4, 2}, Setting{plain, 8, 4, 2}, Setting{collage, 8, 4, 2}}) {
    const bench::Outcome outcome = run(setting);
    const double kernels = driver.stop(), rate = places.seeds * places.steps / outcome.steps;
    std::printf("%-12s %6d %6d %10d %9.2f %9.2f %9.2f %7.1f%% %8.1f%% %11.1f%%\n",
                setting.graph == plain ? "txt2img" : "collagenet", setting.lanes, setting.batch, setting.in_flight,
                outcome.seconds, outcome.steps, rate, 100 * outcome.busy, kernels, 100 * rate * flop / peak);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: gpu MODEL SOURCES [side] [steps] [seeds]\n");
    return 2;
  }
  const auto number = [&](int at, int otherwise) { return argc > at ? std::stoi(argv[at]) : otherwise; };
  try {
    return measure({argv[1], argv[2], number(3, 1024), number(4, 30), number(5, 16)});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}

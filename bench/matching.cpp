// SPDX-License-Identifier: MIT
/// Where is matching faster, on a GPU that has the latents or on a core that they are copied to? Alone, and while
/// another lane keeps the GPU busy with large products of matrices, as a step of a UNet does.
///
///   matching [LATENTS QUERY.npz]      latent files to match against, and one to match; without: made-up ones
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "bench/made_up.h"
#include "imaging/regions/felzenszwalb.h"
#include "imaging/regions/threshold_regions.h"
#include "methods/matching/latent_file.h"
#include "methods/matching/match_regions.h"
#include "methods/matching/match_squares.h"
#include "methods/matching/regions.h"
#include "methods/matching/source_files.h"
#include "tensors/device.h"

namespace {

using Clock = std::chrono::steady_clock;
using Labels = std::shared_ptr<const imaging::Labels>;
using Bank = std::shared_ptr<const matching::Bank>;

constexpr int kCandidates = 128;

/// The records' cells in a GPU's memory, one after the other.
struct CellsOnDevice {
  at::Tensor numbers;  ///< (cells, C) f32
  std::vector<int> first;

  CellsOnDevice(const matching::Bank& bank, at::Device device) {
    std::vector<at::Tensor> all;
    int count = 0;
    for (const matching::SourceRecord& record : bank.records) {
      all.push_back(record.latent.flatten(1).t());
      first.push_back(count);
      count += static_cast<int>(all.back().size(0));
    }
    numbers = at::cat(all).contiguous().to(device);
  }
};

/// What matching::match_regions does, with the scores computed on the GPU by libtorch's own operators: draws and forms
/// go there, the best of each region comes back. Returns how many regions were matched.
std::size_t match_on_device(const at::Tensor& latent, const imaging::Labels& labels, const matching::Bank& bank,
                            const CellsOnDevice& cells, matching::NumpyGenerator& generator) {
  constexpr int kMaxArea = 1200;
  std::vector<int> corner, stride, region_of, dy, dx, at;
  int count = 0;
  for (const matching::Region& region : matching::Regions(labels)) {
    if (region.area > kMaxArea) continue;
    std::vector<int> eligible;
    for (std::size_t i = 0; i < bank.records.size(); ++i) {
      const at::Tensor& of = bank.records[i].latent;
      if (of.size(1) >= region.height && of.size(2) >= region.width) eligible.push_back(static_cast<int>(i));
    }
    if (eligible.empty()) continue;
    for (int i = 0; i < kCandidates; ++i) {
      const int record = eligible[generator.choice(eligible.size())];
      const at::Tensor& of = bank.records[static_cast<std::size_t>(record)].latent;
      const auto height = static_cast<int>(of.size(1)), width = static_cast<int>(of.size(2));
      const auto y = static_cast<int>(generator.integers(0, height - region.height + 1));
      const auto x = static_cast<int>(generator.integers(0, width - region.width + 1));
      corner.push_back(cells.first[static_cast<std::size_t>(record)] + y * width + x);
      stride.push_back(width);
    }
    for (const matching::Run& run : region.runs) {
      for (int x = run.x; x < run.x + run.length; ++x) {
        region_of.push_back(count);
        dy.push_back(run.y - region.y0);
        dx.push_back(x - region.x0);
        at.push_back(run.y * labels.width + x);
      }
    }
    ++count;
  }
  const auto send = [&](std::vector<int>& numbers) {
    return tensors::to_device(at::from_blob(numbers.data(), {static_cast<std::int64_t>(numbers.size())}, at::kInt),
                              latent.device());
  };
  const at::Tensor of = send(region_of);
  const auto by_region = [&](const at::Tensor& values) {
    return at::zeros({count, values.size(1)}, values.options()).index_add(0, of, values);
  };
  const at::Tensor corners = send(corner).view({count, kCandidates}).index_select(0, of);
  const at::Tensor strides = send(stride).view({count, kCandidates}).index_select(0, of);
  const at::Tensor where = corners + send(dy).unsqueeze(1) * strides + send(dx).unsqueeze(1);
  const std::int64_t channels = cells.numbers.size(1), all = where.size(0);
  const at::Tensor windows = cells.numbers.index_select(0, where.flatten()).view({all, kCandidates, channels});
  const at::Tensor query = latent[0].flatten(1).t().index_select(0, send(at));
  const at::Tensor numbers = by_region(at::full({all, 1}, static_cast<double>(channels), query.options()));
  const at::Tensor mean = by_region(query.sum(1, true)) / numbers;
  const at::Tensor centred = query - mean.index_select(0, of);
  const at::Tensor norm = by_region((centred * centred).sum(1, true)).sqrt().clamp_min(1e-6);
  const at::Tensor product = by_region((windows * centred.unsqueeze(1)).sum(2));
  const at::Tensor sum = by_region(windows.sum(2)), squares = by_region((windows * windows).sum(2));
  const at::Tensor spread = (squares - sum * sum / numbers).clamp_min(0).sqrt().clamp_min(1e-6);
  const auto [score, best] = (product / (norm * spread)).max(1);
  return static_cast<std::size_t>(tensors::to_host(at::stack({score, best.to(at::kFloat)})).size(1));
}

double median_ms(int rounds, const std::function<void()>& work) {
  std::vector<double> times;
  for (int i = 0; i < rounds + 3; ++i) {
    const auto from = Clock::now();
    work();
    if (i >= 3) times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - from).count());
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

/// Products of matrices on another lane's stream, as long as it lives; a few wait in the stream at any time.
class Load {
 public:
  Load(tensors::Streams& streams, at::Device device)
      : thread_([this, &streams, device] {
          const c10::InferenceMode guard;
          streams.enter(1);
          const at::Tensor a = at::randn({4096, 4096}, at::TensorOptions(device).dtype(at::kHalf)),
                           b = a.t().contiguous();
          const at::Tensor flag = at::zeros({1}, a.options());
          while (!over_) {
            for (int i = 0; i < 16; ++i) at::mm(a, b);
            tensors::to_host(flag);
            rounds_ += 16;
          }
        }) {}
  ~Load() {
    over_ = true;
    thread_.join();
  }
  long products() const { return rounds_; }

 private:
  std::atomic<bool> over_{false};
  std::atomic<long> rounds_{0};
  std::thread thread_;
};

struct Case {
  std::string name;
  std::function<void()> on_core, on_device;
};

void report(const std::vector<Case>& cases, const char* beside, const Load* load) {
  for (const Case& one : cases) {
    const auto timed = [&](const std::function<void()>& work) {
      const long before = load == nullptr ? 0 : load->products();
      const auto from = Clock::now();
      const double ms = median_ms(41, work);
      const double seconds = std::chrono::duration<double>(Clock::now() - from).count();
      std::printf(" %10.2f", ms);
      if (load != nullptr) std::printf(" %7.0f/s", static_cast<double>(load->products() - before) / seconds);
    };
    std::printf("%-44s %-10s", one.name.c_str(), beside);
    timed(one.on_core);
    timed(one.on_device);
    std::printf("\n");
    std::fflush(stdout);
  }
}

int measure(int argc, char** argv) {
  if (tensors::cuda_devices() == 0) {
    std::puts("no CUDA device here: nothing to measure");
    return 0;
  }
  at::set_num_threads(1);
  const c10::InferenceMode guard;
  const at::Device device(at::kCUDA, 0);
  std::vector<matching::SourceLatent> sources;
  at::Tensor host;
  if (argc > 2) {
    for (const std::string& file : matching::find_latent_files(argv[1]))
      sources.push_back(matching::read_latent_file(file));
    host = matching::read_latent_file(argv[2]).latent.unsqueeze(0).contiguous();
  } else {
    sources = bench::made_up_sources();
    host = bench::smooth(128, 128).unsqueeze(0).contiguous();
  }
  const at::Tensor latent = host.to(device);
  const imaging::Planes planes{host.data_ptr<float>(), static_cast<int>(host.size(1)), static_cast<int>(host.size(2)),
                               static_cast<int>(host.size(3))};
  tensors::finish(device);
  tensors::Streams streams(device, 2);
  streams.enter(0);

  std::vector<Case> cases;
  const Bank bank = matching::build_bank(sources, {});
  const CellsOnDevice cells(*bank, device);
  matching::NumpyGenerator generator(1234);
  const auto regions = [&](const std::string& name, imaging::Labels made) {
    const auto labels = std::make_shared<const imaging::Labels>(std::move(made));
    cases.push_back({name + ", " + std::to_string(labels->count) + " regions",
                     [&, labels] {
                       matching::match_regions(tensors::to_host(latent), labels, bank,
                                               {.region_candidate_count = kCandidates}, generator);
                     },
                     [&, labels] { match_on_device(latent, *labels, *bank, cells, generator); }});
  };
  regions("felzenszwalb", imaging::felzenszwalb(planes, {}));
  regions("threshold", imaging::threshold_regions(planes, {.connectivity = 4}));
  for (const int side : {1, 2, 4}) {
    const Bank of_squares = matching::build_bank(sources, {.patch_size = side});
    const auto labels =
        std::make_shared<const imaging::Labels>(imaging::square_grid(planes.height, planes.width, side));
    cases.push_back(
        {"squares of " + std::to_string(side) + ", " + std::to_string(labels->count) + " queries, " +
             std::to_string(of_squares->patches.size()) + " patches",
         [&, labels, of_squares] { matching::match_squares(tensors::to_host(latent), labels, of_squares, {}); },
         [&, labels, of_squares] { matching::match_squares(latent, labels, of_squares, {}); }});
  }

  std::printf("%-44s %-10s %10s %10s   (beside a load: its products a second)\n", "", "beside", "a core, ms",
              "GPU, ms");
  report(cases, "nothing", nullptr);
  {
    const Load load(streams, device);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    const long before = load.products();
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    std::printf("the load alone: %.0f products a second\n", static_cast<double>(load.products() - before) / 0.5);
    report(cases, "products", &load);
  }
  streams.leave();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return measure(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}

// SPDX-License-Identifier: MIT
#include "tools/train_embedded/curves.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <iomanip>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace train_embedded {
namespace {

using nlohmann::json;

struct Curve {
  std::string label;
  std::map<double, double> points{};  ///< by step; where a stage went back to a checkpoint, the later run counts
};

struct Panel {
  std::string title;
  double low, high;  ///< of the vertical axis
  std::vector<Curve> curves;
};

constexpr double kWidth = 300, kHeight = 180, kLeft = 44, kTop = 34, kGap = 40;
constexpr const char* kInks[] = {"#c0392b", "#2c6fad", "#3b8a4c", "#8e5aa8"};

std::vector<json> lines_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::vector<json> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
  return lines;
}

Curve curve(const std::string& label, const std::vector<json>& lines, const std::function<double(const json&)>& value,
            const std::string& key, int size = 0) {
  Curve curve{label};
  for (const json& line : lines)
    if (line.contains(key) && (size == 0 || line.value("size", 128) == size)) curve.points[line["step"]] = value(line);
  return curve;
}

std::vector<Panel> panels_of(const std::filesystem::path& work) {
  const auto named = [](const char* key) { return [key](const json& line) { return line[key].get<double>(); }; };
  const auto mean = [](const json& line) {
    double sum = 0;
    for (const json& error : line["errors"]) sum += error.get<double>();
    return sum / static_cast<double>(line["errors"].size());
  };
  const auto share = [](const char* key) {
    return [key](const json& line) { return 100 * line[key].get<double>() / line["judged"].get<double>(); };
  };
  const auto percent = [](const char* key) {
    return [key](const json& line) { return 100 * line[key].get<double>(); };
  };
  const auto autoencoder = lines_of(work / "autoencoder/log.jsonl"), denoiser = lines_of(work / "denoiser/log.jsonl"),
             controlnet = lines_of(work / "controlnet/log.jsonl");
  std::vector<Panel> panels{
      {"autoencoder: PSNR of unseen pictures, dB",
       18,
       34,
       {curve("scenes, 256 px", autoencoder, named("psnr_full"), "psnr_full"),
        curve("scenes, 128 px", autoencoder, named("psnr_half"), "psnr_half"),
        curve("dead leaves", autoencoder, named("psnr_leaves"), "psnr_leaves")}},
      {"denoiser: squared error of the velocity",
       0,
       1,
       {curve("128 px", denoiser, mean, "errors", 128), curve("256 px", denoiser, mean, "errors", 256)}},
      {"denoiser: of unseen prompts the judge finds right, %",
       0,
       100,
       {curve("all three, 128 px", denoiser, share("good"), "judged", 128),
        curve("colours, 128 px", denoiser, share("colours"), "judged", 128),
        curve("all three, 256 px", denoiser, share("good"), "judged", 256)}},
      {"ControlNet: squared error of the velocity", 0, 1, {curve("128 px", controlnet, mean, "errors")}},
      {"ControlNet: agreement of edges in unseen scenes, %",
       0,
       100,
       {curve("told caption and edges", controlnet, percent("agreement"), "agreement"),
        curve("told edges alone", controlnet, percent("agreement_without_caption"), "agreement_without_caption")}}};
  const auto is_empty = [](const Panel& panel) {
    return std::ranges::all_of(panel.curves, [](const Curve& one) { return one.points.empty(); });
  };
  std::erase_if(panels, is_empty);
  return panels;
}

std::string text(double x, double y, const std::string& anchor, const std::string& words, const char* ink = "#333") {
  std::ostringstream svg;
  svg << "<text x=\"" << x << "\" y=\"" << y << "\" text-anchor=\"" << anchor << "\" fill=\"" << ink << "\">" << words
      << "</text>\n";
  return svg.str();
}

std::string draw(const Panel& panel, double left) {
  double last = 1;
  for (const Curve& curve : panel.curves)
    if (!curve.points.empty()) last = std::max(last, curve.points.rbegin()->first);
  const double bottom = kTop + kHeight;
  std::ostringstream svg;
  svg << std::fixed << std::setprecision(1) << "<path d=\"M" << left << ' ' << kTop << "V" << bottom << "H"
      << left + kWidth << "\" fill=\"none\" stroke=\"#999\"/>\n";
  const auto number = [](double value) {
    std::ostringstream number;
    number << value;
    return number.str();
  };
  svg << text(left, kTop - 14, "start", panel.title) << text(left - 6, bottom + 4, "end", number(panel.low))
      << text(left - 6, kTop + 4, "end", number(panel.high)) << text(left, bottom + 16, "middle", "0")
      << text(left + kWidth, bottom + 16, "end", number(last) + " steps");
  double row = kTop + 12;
  std::size_t ink = 0;
  for (const Curve& curve : panel.curves) {
    const char* const colour = kInks[ink++];
    if (curve.points.empty()) continue;
    svg << "<polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"" << colour << "\" points=\"";
    for (const auto& [step, value] : curve.points) {
      const double part = (std::clamp(value, panel.low, panel.high) - panel.low) / (panel.high - panel.low);
      svg << left + kWidth * step / last << ',' << bottom - kHeight * part << ' ';
    }
    svg << "\"/>\n" << text(left + kWidth, row += 14, "end", curve.label, colour);
  }
  return svg.str();
}

}  // namespace

void draw_curves(const std::filesystem::path& work, const std::filesystem::path& file) {
  const std::vector<Panel> panels = panels_of(work);
  const double width = kLeft + static_cast<double>(panels.size()) * (kWidth + kGap), height = kTop + kHeight + 30;
  std::ofstream svg(file, std::ios::binary);
  svg << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << width << ' ' << height
      << "\" font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
  double left = kLeft;
  for (const Panel& panel : panels) {
    svg << draw(panel, left);
    left += kWidth + kGap;
  }
  svg << "</svg>\n";
  svg.close();
  if (!svg) throw std::runtime_error(file.string() + ": cannot be written");
}

}  // namespace train_embedded

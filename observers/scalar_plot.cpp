// SPDX-License-Identifier: MIT
#include "observers/scalar_plot.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <limits>
#include <stdexcept>
#include <vector>

namespace observers {
namespace {

constexpr int kWidth = 720, kHeight = 160, kLeft = 90, kRight = 20, kTop = 40, kGap = 36;

/// Of what is in a pixel's width of the plot.
struct Range {
  double least = std::numeric_limits<double>::infinity(), most = -std::numeric_limits<double>::infinity();

  bool empty() const { return least > most; }
  void add(double value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
};

struct Curve {
  std::string name;
  Range all;
  double last = 0;
  std::vector<Range> pixels = std::vector<Range>(kWidth);
};

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find(',', begin), line.size());
    fields.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return fields;
}

/// Not finite: there is none.
double number_in(const std::string& field) {
  double number = std::nan("");
  std::from_chars(field.data(), field.data() + field.size(), number);
  return number;
}

/// Goes through the rows: turn, and a number for each curve.
void read_rows(const std::string& path, std::size_t curves,
               const std::function<void(double turn, std::size_t curve, double number)>& take) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    const std::vector<std::string> fields = fields_of(line);
    const double turn = number_in(fields[0]);
    for (std::size_t c = 0; c < curves && c + 1 < fields.size(); ++c) {
      const double number = number_in(fields[c + 1]);
      if (std::isfinite(turn) && std::isfinite(number)) take(turn, c, number);
    }
  }
}

std::string short_text(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", number);
  return text.data();
}

std::string text_at(double x, double y, const std::string& anchor, const std::string& text) {
  return "<text x=\"" + short_text(x) + "\" y=\"" + short_text(y) + "\" text-anchor=\"" + anchor + "\">" + text +
         "</text>\n";
}

/// One curve with its frame, at a height.
std::string panel(const Curve& curve, double top) {
  const double low = curve.all.least, high = curve.all.most > low ? curve.all.most : low + std::max(1.0, std::abs(low));
  const auto y = [&](double number) { return top + kHeight - (number - low) / (high - low) * kHeight; };
  std::string svg = "<rect x=\"" + std::to_string(kLeft) + "\" y=\"" + short_text(top) + "\" width=\"" +
                    std::to_string(kWidth) + "\" height=\"" + std::to_string(kHeight) +
                    "\" fill=\"none\" stroke=\"#bbb\"/>\n";
  svg += text_at(kLeft - 6, top + 10, "end", short_text(high));
  svg += text_at(kLeft - 6, top + kHeight, "end", short_text(low));
  svg += text_at(kLeft, top - 6, "start", curve.name + ": " + short_text(curve.last) + " in the end");
  svg += "<polyline fill=\"none\" stroke=\"#1668b4\" stroke-width=\"1.2\" points=\"";
  for (std::size_t x = 0; x < curve.pixels.size(); ++x) {
    const Range& range = curve.pixels[x];
    if (range.empty()) continue;
    const std::string at = std::to_string(kLeft + static_cast<int>(x));
    svg += at + "," + short_text(y(range.least)) + " ";
    if (range.most > range.least) svg += at + "," + short_text(y(range.most)) + " ";
  }
  return svg + "\"/>\n";
}

}  // namespace

std::string plot_of_table(const std::string& path, const std::string& title) {
  std::ifstream file(path, std::ios::binary);
  std::string header;
  if (!std::getline(file, header)) throw std::runtime_error("cannot read '" + path + "'");
  std::vector<std::string> names = fields_of(header);
  if (names.size() < 2) throw std::runtime_error("'" + path + "' has no columns");
  std::vector<Curve> curves;
  for (std::size_t c = 1; c < names.size(); ++c) curves.push_back({names[c], {}, 0});
  Range turns;
  read_rows(path, curves.size(), [&](double turn, std::size_t c, double number) {
    turns.add(turn);
    curves[c].all.add(number);
    curves[c].last = number;
  });
  const double span = std::max(1.0, turns.most - turns.least);
  read_rows(path, curves.size(), [&](double turn, std::size_t c, double number) {
    curves[c].pixels[static_cast<std::size_t>((turn - turns.least) / span * (kWidth - 1))].add(number);
  });
  std::erase_if(curves, [](const Curve& curve) { return curve.all.empty(); });
  const int height = kTop + static_cast<int>(curves.size()) * (kHeight + kGap);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(kLeft + kWidth + kRight) +
                    "\" height=\"" + std::to_string(height) +
                    "\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n"
                    "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
  svg += text_at(kLeft, 16, "start", title);
  for (std::size_t c = 0; c < curves.size(); ++c) {
    const double top = kTop + static_cast<double>(c) * (kHeight + kGap);
    svg += panel(curves[c], top);
    svg += text_at(kLeft, top + kHeight + 14, "start", "turn " + short_text(turns.least));
    svg += text_at(kLeft + kWidth, top + kHeight + 14, "end", short_text(turns.most));
  }
  return svg + "</svg>\n";
}

}  // namespace observers

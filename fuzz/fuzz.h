#pragma once
// What fuzz targets share: the bytes as text, a small car, and a check that stops the fuzzer.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "catalogue/catalogue.h"

namespace deepcabin::fuzz {

inline std::string_view Text(const std::uint8_t* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

// A promise of the code under test; broken, it is a finding.
inline void Promise(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

// A few capabilities of different kinds, so that what is parsed has something to refer to.
inline const Catalogue& SmallCar() {
  static const Catalogue catalogue = [] {
    auto parsed = Catalogue::Parse({{"car.yaml", R"(area: test
signals:
  - {path: Vehicle.Speed, node: sensor, type: float, unit: km/h, min: -250, max: 250, default: 0}
  - {path: Vehicle.Body.Raindetection.Intensity, node: sensor, type: uint8, unit: percent, max: 100}
capabilities:
  - capability: window
    signal: Vehicle.Cabin.Door.{row}.{side}.Window.Position
    zones: [row1.left, row1.right, row2.left, row2.right]
    value: {type: uint8, min: 0, max: 100, unit: percent}
    ops: [open, close, set, increase, decrease, stop, query]
    names: {zh: [车窗, 窗户], en: [window]}
    safety: opening
  - capability: seat.heating
    signal: Vehicle.Cabin.Seat.{row}.{side}.Heating
    zones: [row1.left, row1.right]
    value: {type: int8, min: 0, max: 100, unit: percent, levels: 3}
    ops: [on, off, set, increase, decrease, query]
    names: {zh: [座椅加热], en: [seat heating]}
    safety: comfort
)"}});
    Promise(parsed.has_value(), parsed ? "" : parsed.error().message.c_str());
    return std::move(*parsed);
  }();
  return catalogue;
}

}  // namespace deepcabin::fuzz

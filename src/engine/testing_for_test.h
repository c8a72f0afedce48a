#pragma once
// What the engine's tests share: the files of testdata/, written by distill/make_fixture.py.

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/json.h"
#include "engine/model/weights.h"

namespace deepcabin::engine {

// How often this program has called operator new.
std::size_t Allocations();

inline std::string TestData(const std::string& name) { return std::string(DEEPCABIN_SOURCE_DIR) + "/src/engine/testdata/" + name; }

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::span<const std::byte> Bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

inline const Json& Expected() {
  static const Json expected = ParseJson(ReadFile(TestData("expected.json"))).value();
  return expected;
}

inline Model LoadModel(const std::string& name) {
  auto model = Model::Load(TestData(name + ".gguf"));
  EXPECT_TRUE(model) << (model ? "" : model.error().message);
  return std::move(model).value();
}

}  // namespace deepcabin::engine

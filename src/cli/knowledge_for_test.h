#pragma once
// Tests that talk to a whole car share what is loaded once: catalogue, phrasebook, student, policy, map. Loaded for a suite, gone after it.

#include <gtest/gtest.h>

#include "cli/car.h"

namespace deepcabin::cli {

class KnowledgeTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto knowledge = Knowledge::Load(DEEPCABIN_SOURCE_DIR);
    ASSERT_TRUE(knowledge) << knowledge.error().message;
    knowledge_ = knowledge->release();
  }
  static void TearDownTestSuite() {
    delete knowledge_;
    knowledge_ = nullptr;
  }

  static inline Knowledge* knowledge_ = nullptr;
};

}  // namespace deepcabin::cli

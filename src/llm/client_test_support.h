#pragma once
// What the tests of the client share: a scripted server, a client, an endpoint that names it, and a listener.

#include <string>

#include <gtest/gtest.h>

#include "llm/curl_client.h"
#include "llm/ear_for_test.h"
#include "llm/fake_endpoint_for_test.h"

namespace deepcabin::llm {

inline constexpr const char* kKey = "sk-3f9a7c51d2e84b06a1c7d5e9f0b2384c";

inline Dialects LoadDialects() {
  auto dialects = Dialects::Load(DEEPCABIN_SOURCE_DIR "/models");
  EXPECT_TRUE(dialects) << dialects.error().message;
  return std::move(*dialects);
}

inline ChatRequest Question(std::string text) {
  ChatRequest request;
  request.messages = {{Role::kSystem, "Be brief.", "", {}, ""}, {Role::kUser, std::move(text), "", {}, ""}};
  return request;
}

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() {
    endpoint_.name = "fake";
    endpoint_.dialect = "generic";
    endpoint_.url = server_.Url();
    endpoint_.model = "some-model";
    endpoint_.key = kKey;
  }

  FakeEndpoint server_;
  Dialects dialects_ = LoadDialects();
  CurlClient client_{dialects_};
  Endpoint endpoint_;
};

}  // namespace deepcabin::llm

#include "server/api_handlers.h"

#include <array>
#include <charconv>
#include <utility>

#include <fmt/ranges.h>
#include <openssl/rand.h>

#include "server/chat_desk.h"
#include "server/openai_json.h"

namespace deepcabin::server {
namespace {

constexpr int kUsageDaysDefault = 30, kUsageDaysMax = 366;

OrderedJson ModelsOf(const Api& api) { return api.services.models ? api.services.models() : OrderedJson::array(); }

// Not to be guessed, though nothing hangs on it.
std::string AnswerId() {
  std::array<unsigned char, 12> bytes{};
  static_cast<void>(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())));
  return fmt::format("chatcmpl-{:02x}", fmt::join(bytes, ""));
}

}  // namespace

Response PostChatCompletions(Api& api, const Request& http) {
  if (!http.target.query.empty()) return OpenAiError(InvalidArgument("this address takes no query"));
  const auto json = ParseJson(http.body);
  if (!json) return OpenAiError(json.error(), {}, json.error().code == ErrorCode::kResourceExhausted ? 413 : 400);
  const OrderedJson models = ModelsOf(api);
  auto request = ReadOpenAiRequest(*json, models);
  if (!request) return OpenAiError(request.error());
  if (api.chat == nullptr || models.empty()) return OpenAiError(FailedPrecondition("no large model is set up; see docs/models.md"));
  const auto now = api.services.clock.WallTime().time_since_epoch();
  AnswerHead head{AnswerId(), std::chrono::duration_cast<std::chrono::seconds>(now).count(), request->model};
  const std::string client = http.client.empty() ? std::string(kOwner) : http.client;
  auto conversation = std::make_shared<Conversation>(client, std::move(*request), std::move(head));
  if (const auto refusal = api.chat->Submit(conversation)) return OpenAiError(refusal->error, refusal->retry_after);
  Response response;
  response.content_type = "text/event-stream; charset=utf-8";
  response.stream = std::move(conversation);
  return response;
}

Response GetModels(Api& api, const Request& request) {
  if (!request.target.query.empty()) return OpenAiError(InvalidArgument("this address takes no query"));
  const OrderedJson models = ModelsOf(api);
  OrderedJson data = OrderedJson::array();
  const auto add = [&data](std::string_view id, const std::string& owner) {
    data.push_back({{"id", id}, {"object", "model"}, {"created", 0}, {"owned_by", owner}});
  };
  if (!models.empty()) add(kAnyModel, "deepcabin");
  for (const OrderedJson& model : models) add(model.value("endpoint", ""), model.value("model", ""));
  return JsonResponse(DumpJson(OrderedJson{{"object", "list"}, {"data", std::move(data)}}));
}

Response GetModelUsage(Api& api, const Request& request) {
  int days = kUsageDaysDefault;
  for (const auto& [name, value] : request.target.query) {
    if (name != "days") return ErrorResponse(InvalidArgument(fmt::format("unknown query field `{:.64}`", name)));
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), days);
    if (error != std::errc() || end != value.data() + value.size() || days < 1 || days > kUsageDaysMax) {
      return ErrorResponse(InvalidArgument(fmt::format("`days` is a number in 1..{}", kUsageDaysMax)));
    }
  }
  OrderedJson json = {{"days", days}, {"endpoints", ModelsOf(api)}, {"usage", nullptr}, {"desk", nullptr}};
  if (api.services.model_usage) json["usage"] = api.services.model_usage(days);
  if (api.chat != nullptr) json["desk"] = api.chat->StatusJson();
  return JsonResponse(DumpJson(json));
}

}  // namespace deepcabin::server

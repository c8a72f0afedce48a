#include "server/chat_clients.h"

#include <gmock/gmock.h>

#include "server/conversation.h"

namespace deepcabin::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ClientKeysTest, ReadsNamesKeysAndQuotas) {
  const ClientQuota standard{.requests_per_minute = 7, .requests_per_day = 8, .tokens_per_minute = 9, .tokens_per_day = 10};
  const auto keys = ClientKeys::Parse(
      "clients:\n  - name: maps\n    key: maps-0123456789abcdef\n    tokens_per_day: 99\n  - {name: kids, key: kids-0123456789abcdef}\n",
      "f", standard);
  ASSERT_TRUE(keys) << keys.error().message;
  ASSERT_NE(keys->Find("maps-0123456789abcdef"), nullptr);
  EXPECT_EQ(keys->Find("maps-0123456789abcdef")->name, "maps");
  EXPECT_EQ(keys->Find("maps-0123456789abcde"), nullptr);
  EXPECT_EQ(keys->Find(""), nullptr);
  EXPECT_EQ(keys->Named("maps")->quota.tokens_per_day, 99);
  EXPECT_EQ(keys->Named("maps")->quota.requests_per_minute, 7);
  EXPECT_EQ(keys->Named("kids")->quota.tokens_per_day, 10);
}

TEST(ClientKeysTest, RefusesWithLineAndWithoutTheKey) {
  const auto why = [](const std::string& text) {
    const auto keys = ClientKeys::Parse(text, "f", {});
    EXPECT_FALSE(keys) << text;
    return keys ? std::string() : keys.error().message;
  };
  EXPECT_THAT(why("clients:\n  - {name: maps, key: short}\n"), HasSubstr("f:2: an access token has"));
  EXPECT_THAT(why("clients:\n  - {name: maps}\n"), HasSubstr("a name and a key"));
  EXPECT_THAT(why("clients:\n  - {key: maps-0123456789abcdef}\n"), Not(HasSubstr("0123456789")));
  EXPECT_THAT(why("clients:\n  - {name: Maps, key: maps-0123456789abcdef}\n"), HasSubstr("a-z"));
  EXPECT_THAT(why("clients:\n  - {name: owner, key: maps-0123456789abcdef}\n"), HasSubstr("owner"));
  EXPECT_THAT(why("clients:\n  - {name: a, key: maps-0123456789abcdef, colour: 1}\n"), HasSubstr("unknown key `colour`"));
  EXPECT_THAT(why("clients:\n  - {name: a, key: maps-0123456789abcdef, tokens_per_day: -1}\n"), HasSubstr("a whole number"));
  EXPECT_THAT(why("clients:\n  - {name: a, key: maps-0123456789abcdef, tokens_per_day: many}\n"), HasSubstr("a whole number"));
  EXPECT_THAT(why("clients:\n  - {name: a, key: maps-0123456789abcdef}\n  - {name: a, key: kids-0123456789abcdef}\n"), HasSubstr("twice"));
  EXPECT_THAT(why("clients: 3\n"), HasSubstr("a list is wanted"));
  EXPECT_THAT(why("[1"), HasSubstr("f:"));
}

TEST(QuotaBookTest, CountsByMinuteAndDay) {
  SimulatedClock clock;  // 08:00:00 UTC
  QuotaBook book(clock);
  const ClientQuota quota{.requests_per_minute = 2, .requests_per_day = 3, .tokens_per_minute = 100, .tokens_per_day = 150};
  EXPECT_FALSE(book.Enter("a", quota, 10));
  clock.Advance(std::chrono::seconds(20));
  EXPECT_FALSE(book.Enter("a", quota, 10));
  const auto excess = book.Enter("a", quota, 10);
  ASSERT_TRUE(excess);
  EXPECT_EQ(excess->retry_after, std::chrono::seconds(40));
  EXPECT_THAT(excess->reason, HasSubstr("2 requests of this minute"));
  EXPECT_FALSE(book.Enter("b", quota, 10));  // another client's account
  clock.Advance(std::chrono::seconds(40));
  EXPECT_FALSE(book.Enter("a", quota, 10));
  const auto day = book.Enter("a", quota, 10);
  ASSERT_TRUE(day);
  EXPECT_EQ(day->retry_after, std::chrono::hours(16) - std::chrono::minutes(1));
  clock.Advance(std::chrono::hours(16));
  EXPECT_FALSE(book.Enter("a", quota, 10));
}

TEST(QuotaBookTest, CountsWhatWasReallyUsed) {
  SimulatedClock clock;
  QuotaBook book(clock);
  const ClientQuota quota{.requests_per_minute = 100, .requests_per_day = 100, .tokens_per_minute = 100, .tokens_per_day = 150};
  EXPECT_FALSE(book.Enter("a", quota, 60));
  EXPECT_TRUE(book.Enter("a", quota, 60));  // would be 120
  book.Settle("a", 60, 5);
  EXPECT_FALSE(book.Enter("a", quota, 60));
  book.Settle("a", 60, 95);
  EXPECT_TRUE(book.Enter("a", quota, 1));
  EXPECT_EQ(book.ToJson()["a"]["tokens_today"], 100);
  clock.Advance(std::chrono::minutes(1));
  EXPECT_TRUE(book.Enter("a", quota, 51));  // the day's
  EXPECT_FALSE(book.Enter("a", quota, 50));
}

// Calls the listener as it is told to.
class TalkingModel final : public llm::ChatModel {
 public:
  explicit TalkingModel(std::function<void(llm::ChatListener&)> talk) : talk_(std::move(talk)) {}
  Result<llm::ChatReply> Chat(const llm::ChatRequest&, llm::ChatListener& listener, const std::stop_token&) override {
    talk_(listener);
    llm::ChatReply reply;
    reply.message.content = "new";
    return reply;
  }

 private:
  const std::function<void(llm::ChatListener&)> talk_;
};

OpenAiRequest Streamed() {
  OpenAiRequest request;
  request.stream = true;
  return request;
}

TEST(ConversationTest, WithdrawsWhatNobodyHasRead) {
  Conversation conversation("a", Streamed(), {});
  TalkingModel model([](llm::ChatListener& listener) {
    listener.OnContent("old");
    EXPECT_FALSE(listener.IsCommitted());
    listener.OnRestart();
    listener.OnContent("new");
  });
  conversation.Run(model);
  const auto part = conversation.Pull({});
  EXPECT_TRUE(part.last);
  EXPECT_THAT(part.bytes, HasSubstr("new"));
  EXPECT_THAT(part.bytes, Not(HasSubstr("old")));
}

TEST(ConversationTest, CommitsWhenContentIsRead) {
  Conversation conversation("a", Streamed(), {});
  int wakes = 0;
  EXPECT_TRUE(conversation.Pull([&] { ++wakes; }).bytes.empty());
  TalkingModel model([&](llm::ChatListener& listener) {
    listener.OnReasoning("hm");
    listener.OnReasoning("m");
    EXPECT_EQ(wakes, 1);  // once
    EXPECT_THAT(conversation.Pull({}).bytes, HasSubstr("hmm"));
    EXPECT_FALSE(listener.IsCommitted());
    listener.OnContent("new");
    EXPECT_THAT(conversation.Pull({}).bytes, HasSubstr("new"));
    EXPECT_TRUE(listener.IsCommitted());
  });
  conversation.Run(model);
  EXPECT_THAT(conversation.Pull({}).bytes, Not(HasSubstr("new")));  // not a second time
}

TEST(ConversationTest, SaysWhatASilentModelBroughtAtTheEnd) {
  Conversation conversation("a", Streamed(), {});
  TalkingModel model([](llm::ChatListener&) {});
  conversation.Run(model);
  EXPECT_THAT(conversation.Pull({}).bytes, HasSubstr(R"("content":"new")"));
}

}  // namespace
}  // namespace deepcabin::server

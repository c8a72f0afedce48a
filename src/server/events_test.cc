#include "server/events.h"

#include <gtest/gtest.h>

#include "server/metrics.h"

namespace deepcabin::server {
namespace {

class EventHubTest : public ::testing::Test {
 protected:
  static constexpr EventLimits kLimits{.ring_events = 100, .ring_bytes = 20'000, .mailbox_events = 8, .mailbox_bytes = 1u << 20};

  EventHubTest()
      : catalogue_(*Catalogue::Parse({{"t.yaml", R"(area: t
capabilities:
  - {capability: a.one, signal: Vehicle.One, node: sensor, value: {type: int32, min: 0, max: 1000000}, ops: [query],
     names: {zh: [一], en: [one]}, safety: read_only}
  - {capability: a.two, signal: Vehicle.Two, node: sensor, value: {type: int32, min: 0, max: 1000000}, ops: [query],
     names: {zh: [二], en: [two]}, safety: read_only}
)"}})) {}

  void Signal(SignalId id, std::int64_t value) {
    vehicle::Update update;
    update.signal = id;
    update.datapoint.current = Value(value);
    hub_.PublishSignals({update}, catalogue_);
  }
  void Turn(const std::string& text) { hub_.Publish({{"type", "turn.reply"}, {"reply", text}}); }
  static std::vector<Json> Drain(Mailbox& mailbox) {
    std::vector<Json> events;
    while (const EventPtr event = mailbox.Take()) events.push_back(Json::parse(event->text));
    return events;
  }

  const Catalogue catalogue_;
  Metrics metrics_;
  EventHub hub_{kLimits, "1.2.3", &metrics_};
  int notified_ = 0;
  std::function<void()> notify_ = [this] { ++notified_; };
};

TEST_F(EventHubTest, MergesSignalsAndKeepsTheRestInOrder) {
  const auto mailbox = hub_.Subscribe(std::nullopt, notify_);
  Turn("first");
  for (int i = 1; i <= 5; ++i) Signal(0, i);
  Turn("second");
  for (int i = 6; i <= 7; ++i) Signal(1, i);
  const auto events = Drain(*mailbox);
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0]["type"], "hello");
  EXPECT_EQ(events[1]["reply"], "first");
  EXPECT_EQ(events[2]["reply"], "second");
  EXPECT_EQ(events[3]["changes"].size(), 2u);
  EXPECT_EQ(events[3]["changes"][0]["current"], 5);
  EXPECT_EQ(events[3]["changes"][1]["current"], 7);
  EXPECT_EQ(events[3]["seq"], 9);
}

TEST_F(EventHubTest, ALazyReaderOfOtherEventsHearsOfAGapAndKeepsTheSignals) {
  const auto mailbox = hub_.Subscribe(std::nullopt, notify_);
  for (int i = 0; i < 50; ++i) {
    Turn(std::to_string(i));
    Signal(0, i);
  }
  const auto events = Drain(*mailbox);
  EXPECT_LE(events.size(), 11u);
  bool gap = false;
  std::uint64_t last_seq = 0;
  std::int64_t newest = -1;
  for (std::size_t i = 1; i < events.size(); ++i) {
    EXPECT_GE(events[i]["seq"].get<std::uint64_t>(), last_seq);
    last_seq = events[i]["seq"];
    gap = gap || events[i]["type"] == "gap";
    if (events[i]["type"] == "signals") newest = events[i]["changes"][0]["current"];
  }
  EXPECT_TRUE(gap);
  EXPECT_EQ(newest, 49);
}

TEST_F(EventHubTest, NotifiesOnceUntilEmptied) {
  const auto mailbox = hub_.Subscribe(std::nullopt, notify_);
  EXPECT_EQ(notified_, 0);
  Drain(*mailbox);
  Turn("a");
  Turn("b");
  EXPECT_EQ(notified_, 1);
  Drain(*mailbox);
  Turn("c");
  EXPECT_EQ(notified_, 2);
  hub_.Unsubscribe(mailbox);
  Drain(*mailbox);
  Turn("d");
  EXPECT_EQ(notified_, 2);
}

TEST_F(EventHubTest, TheRingIsBoundedInBytesToo) {
  for (int i = 0; i < 50; ++i) Turn(std::string(2'000, 'x'));
  const auto mailbox = hub_.Subscribe(0, notify_);
  const auto events = Drain(*mailbox);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1]["type"], "gap");
  EXPECT_EQ(Drain(*hub_.Subscribe(45, notify_)).size(), 6u);
}

TEST_F(EventHubTest, ReplayIsNeverMerged) {
  for (int i = 0; i < 60; ++i) Signal(0, i);
  const auto mailbox = hub_.Subscribe(10, notify_);
  Signal(0, 60);
  EXPECT_EQ(Drain(*mailbox).size(), 1u + 50u + 1u);
}

}  // namespace
}  // namespace deepcabin::server

#include "vehicle/signal_store.h"

#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include <gtest/gtest.h>

#include "vehicle/signal_check.h"
#include "vehicle/vehicle_for_test.h"

namespace deepcabin::vehicle {
namespace {

using std::chrono::milliseconds;

Value Int(std::int64_t number) { return Value(number); }
Value Text(std::string text) { return Value(std::move(text)); }

constexpr std::string_view kSeatHeating = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling";

TEST(SignalStore, HasNoValueBeforeTheFirst) {
  TestStore t;
  const Datapoint point = t.Get(kSpeedPath);
  EXPECT_FALSE(point.current);
  EXPECT_FALSE(point.target);
  EXPECT_EQ(point.current_at, Nanos(0));
  EXPECT_FALSE(t.store.Get(999999).current);
}

TEST(SignalStore, KeepsCurrentAndTargetWithTheirTimes) {
  TestStore t;
  ASSERT_TRUE(t.Publish(kWindowPath, Int(10)));
  const Nanos published = t.clock.Now();
  t.clock.Advance(milliseconds(70));
  ASSERT_TRUE(t.Actuate(kWindowPath, Int(80)));
  const Datapoint point = t.Get(kWindowPath);
  EXPECT_EQ(point.current, Int(10));
  EXPECT_EQ(point.current_at, published);
  EXPECT_EQ(point.target, Int(80));
  EXPECT_EQ(point.target_at, published + milliseconds(70));
}

struct Refused {
  std::string_view path;
  Value value;
  ErrorCode code;
};

TEST(SignalStore, RefusesWhatTheSignalCannotHold) {
  const std::vector<Refused> cases{
      {kSpeedPath, Int(3), ErrorCode::kInvalidArgument},
      {kSpeedPath, Value(true), ErrorCode::kInvalidArgument},
      {kSpeedPath, Value(std::nan("")), ErrorCode::kInvalidArgument},
      {kSpeedPath, Value(std::numeric_limits<double>::infinity()), ErrorCode::kInvalidArgument},
      {kSpeedPath, Value(250.5), ErrorCode::kOutOfRange},
      {kWindowPath, Int(101), ErrorCode::kOutOfRange},
      {kWindowPath, Int(-1), ErrorCode::kOutOfRange},
      {kWindowPath, Value(50.0), ErrorCode::kInvalidArgument},
      {"Vehicle.Powertrain.Transmission.CurrentGear", Int(128), ErrorCode::kOutOfRange},  // no range of its own: int8's
      {"Vehicle.Cabin.Light.Mode", Text("calm"), ErrorCode::kInvalidArgument},
      {"Vehicle.Cabin.Sticker", Text("\xff"), ErrorCode::kInvalidArgument},
      {"Vehicle.Cabin.Sticker", Text(std::string(kTextBytesMax + 1, 'x')), ErrorCode::kResourceExhausted},
      {"Vehicle.Cabin.Names", Text("one"), ErrorCode::kInvalidArgument},
      {"Vehicle.Cabin.Names", Value(std::vector<std::string>(kTextItemsMax + 1)), ErrorCode::kResourceExhausted},
  };
  TestStore t;
  for (const Refused& c : cases) {
    const Status status = t.Publish(c.path, c.value);
    ASSERT_FALSE(status) << c.path;
    EXPECT_EQ(status.error().code, c.code) << status.error().message;
    EXPECT_NE(status.error().message.find(c.path), std::string::npos) << status.error().message;
    EXPECT_FALSE(t.Get(c.path).current) << c.path;
  }
}

TEST(SignalStore, MessageCarriesValueAndLimit) {
  TestStore t;
  EXPECT_EQ(t.Publish(kWindowPath, Int(101)).error().message, std::string(kWindowPath) + ": 101 is outside 0..100");
}

TEST(SignalStore, AcceptsTheLimitsThemselves) {
  TestStore t;
  EXPECT_TRUE(t.Publish(kWindowPath, Int(0)));
  EXPECT_TRUE(t.Publish(kWindowPath, Int(100)));
  EXPECT_TRUE(t.Publish(kSpeedPath, Value(250.0)));
  EXPECT_TRUE(t.Publish("Vehicle.Cabin.Light.Mode", Text("WILD")));
}

TEST(SignalStore, OnlyActuatorsAreActuated) {
  TestStore t;
  const Status status = t.Actuate(kSpeedPath, Value(10.0));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(t.Get(kSpeedPath).target);
  EXPECT_FALSE(t.Actuate("Vehicle.Cabin.Names", Value(std::vector<std::string>{})));  // an attribute
}

TEST(SignalStore, ABatchIsAllOrNothing) {
  TestStore t;
  const std::vector<Actuation> actuations{{t.Id(kWindowPath), Int(50)}, {t.Id(kSeatHeating), Int(101)}};
  EXPECT_EQ(safety::GuardedActuator::Of(t.store).Actuate(actuations).error().code, ErrorCode::kOutOfRange);
  EXPECT_FALSE(t.Get(kWindowPath).target);
  std::vector<SignalId> taken;
  t.store.TakeActuations(taken);
  EXPECT_TRUE(taken.empty());

  const std::vector<Publication> publications{{t.Id(kWindowPath), Int(50)}, {987654, Int(1)}};
  EXPECT_EQ(t.store.Publish(publications).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(t.Get(kWindowPath).current);
}

TEST(SignalStore, HandsOutEachActuatedSignalOnce) {
  TestStore t;
  ASSERT_TRUE(t.Actuate(kWindowPath, Int(50)));
  ASSERT_TRUE(t.Actuate(kSeatHeating, Int(60)));
  ASSERT_TRUE(t.Actuate(kWindowPath, Int(70)));
  std::vector<SignalId> taken;
  t.store.TakeActuations(taken);
  EXPECT_EQ(taken, (std::vector<SignalId>{t.Id(kWindowPath), t.Id(kSeatHeating)}));
  t.store.TakeActuations(taken);
  EXPECT_TRUE(taken.empty());
  ASSERT_TRUE(t.Actuate(kWindowPath, Int(70)));  // the same again: whoever moves it shall try again
  t.store.TakeActuations(taken);
  EXPECT_EQ(taken.size(), 1u);
}

TEST(SignalStore, SubscriptionHearsChangesOfItsSignals) {
  TestStore t;
  const std::vector<SignalId> wanted{t.Id(kWindowPath), t.Id(kWindowPath)};
  auto subscription = t.store.Subscribe(wanted);
  ASSERT_TRUE(subscription);
  std::vector<Update> updates;
  EXPECT_TRUE((*subscription)->Take(updates, milliseconds(0)));
  EXPECT_TRUE(updates.empty());
  ASSERT_TRUE(t.Publish(kSpeedPath, Value(3.0)));
  ASSERT_TRUE(t.Publish(kWindowPath, Int(4)));
  EXPECT_TRUE((*subscription)->Take(updates, milliseconds(0)));
  ASSERT_EQ(updates.size(), 1u);
  EXPECT_EQ(updates[0].signal, t.Id(kWindowPath));
  EXPECT_EQ(updates[0].datapoint.current, Int(4));
  ASSERT_TRUE(t.Actuate(kWindowPath, Int(9)));  // a target is news as well
  EXPECT_TRUE((*subscription)->Take(updates, milliseconds(0)));
  ASSERT_EQ(updates.size(), 1u);
  EXPECT_EQ(updates[0].datapoint.target, Int(9));
  EXPECT_EQ((*subscription)->lost(), 0u);
}

TEST(SignalStore, AnUnchangedValueIsRenewedButIsNoNews) {
  TestStore t;
  ASSERT_TRUE(t.Publish(kSpeedPath, Value(3.0)));
  auto subscription = t.store.Subscribe({});
  t.clock.Advance(milliseconds(20));
  ASSERT_TRUE(t.Publish(kSpeedPath, Value(3.0)));
  std::vector<Update> updates;
  EXPECT_TRUE((*subscription)->Take(updates, milliseconds(0)));
  EXPECT_TRUE(updates.empty());
  EXPECT_EQ(t.Get(kSpeedPath).current_at, t.clock.Now());
}

TEST(SignalStore, SlowReaderGetsTheNewestAndLearnsWhatItLost) {
  TestStore t;
  const SignalId window = t.Id(kWindowPath);
  for (const bool everything : {false, true}) {
    auto subscription = t.store.Subscribe(everything ? std::span<const SignalId>{} : std::span<const SignalId>{&window, 1});
    for (int i = 1; i <= 100; ++i) ASSERT_TRUE(t.Publish(kWindowPath, Int(i)));
    ASSERT_TRUE(t.Publish(kSpeedPath, Value(everything ? 7.0 : 8.0)));
    EXPECT_EQ((*subscription)->lost(), 99u);
    std::vector<Update> updates;
    EXPECT_TRUE((*subscription)->Take(updates, milliseconds(0)));
    ASSERT_EQ(updates.size(), everything ? 2u : 1u);
    EXPECT_EQ(updates.back().datapoint.current, Int(100));
    EXPECT_EQ((*subscription)->lost(), 99u);
    ASSERT_TRUE(t.Publish(kWindowPath, Int(0)));
  }
}

TEST(SignalStore, SubscriptionsAreLimited) {
  TestStore t;
  std::vector<std::unique_ptr<Subscription>> open;
  const SignalId speed = t.Id(kSpeedPath);
  for (std::size_t i = 0; i < kSubscriptionsMax; ++i) {
    auto subscription = t.store.Subscribe({&speed, 1});
    ASSERT_TRUE(subscription);
    open.push_back(std::move(*subscription));
  }
  EXPECT_EQ(t.store.Subscribe({&speed, 1}).error().code, ErrorCode::kResourceExhausted);
  open.pop_back();
  EXPECT_TRUE(t.store.Subscribe({&speed, 1}));
  const SignalId unknown = 987654;
  EXPECT_EQ(t.store.Subscribe({&unknown, 1}).error().code, ErrorCode::kNotFound);
}

TEST(SignalStore, TakeWakesForNewsAndForTheEnd) {
  const Catalogue catalogue = SmallCatalogue();
  const SystemClock clock;
  auto store = std::make_unique<SignalStore>(catalogue, clock);
  const SignalId speed = *catalogue.FindSignal(kSpeedPath);
  for (const bool everything : {false, true}) {
    auto subscription = store->Subscribe(everything ? std::span<const SignalId>{} : std::span<const SignalId>{&speed, 1});
    std::vector<Update> updates;
    std::jthread writer([&] {
      const Publication publication{speed, Value(everything ? 1.0 : 2.0)};
      ASSERT_TRUE(store->Publish({&publication, 1}));
    });
    ASSERT_TRUE((*subscription)->Take(updates, std::chrono::minutes(5)));
    ASSERT_EQ(updates.size(), 1u);
  }
  auto one = store->Subscribe({&speed, 1});
  auto all = store->Subscribe({});
  std::jthread closer([&] { store.reset(); });
  std::vector<Update> updates;
  EXPECT_FALSE((*one)->Take(updates, std::chrono::minutes(5)));
  EXPECT_FALSE((*all)->Take(updates, std::chrono::minutes(5)));
}

TEST(SignalStore, HistoryKeepsTheLastChanges) {
  TestStore t;
  const SignalId window = t.Id(kWindowPath);
  ASSERT_TRUE(t.Publish(kWindowPath, Int(0)));
  EXPECT_TRUE(t.store.History(window, 10).empty());  // nothing has changed yet
  for (int i = 1; i <= 100; ++i) {
    t.clock.Advance(milliseconds(1));
    ASSERT_TRUE(t.Publish(kWindowPath, Int(i)));
    ASSERT_TRUE(t.Publish(kWindowPath, Int(i)));  // no change, no sample
  }
  const auto last = t.store.History(window, 3);
  ASSERT_EQ(last.size(), 3u);
  EXPECT_EQ(last[0].value, Int(98));
  EXPECT_EQ(last[2].value, Int(100));
  EXPECT_EQ(last[2].at, t.clock.Now());
  EXPECT_EQ(last[0].at, t.clock.Now() - milliseconds(2));
  EXPECT_EQ(t.store.History(window, 1000).size(), kHistoryLength);
  EXPECT_TRUE(t.store.History(999999, 5).empty());
}

TEST(SignalStore, HistoryBeginsWithTheValueBeforeTheFirstChange) {
  TestStore t;
  ASSERT_TRUE(t.Publish(kWindowPath, Int(7)));
  ASSERT_TRUE(t.Publish(kWindowPath, Int(8)));
  const auto samples = t.store.History(t.Id(kWindowPath), 10);
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[0].value, Int(7));
}

TEST(SignalStore, AliveRenewsEverythingButTheFrozen) {
  TestStore t;
  ASSERT_TRUE(t.Publish(kSpeedPath, Value(3.0)));
  ASSERT_TRUE(t.Publish(kWindowPath, Int(7)));
  const Nanos before = t.clock.Now();
  t.store.SetFrozen(t.Id(kSpeedPath), true);
  t.clock.Advance(std::chrono::seconds(2));
  EXPECT_EQ(t.Get(kWindowPath).current_at, before);
  t.store.ReportAlive();
  EXPECT_EQ(t.Get(kWindowPath).current_at, t.clock.Now());
  EXPECT_EQ(t.Get(kSpeedPath).current_at, before);
  EXPECT_EQ(t.Get(kSeatHeating).current_at, Nanos(0));  // never reported, so never alive
  t.store.SetFrozen(t.Id(kSpeedPath), false);
  t.store.ReportAlive();
  EXPECT_EQ(t.Get(kSpeedPath).current_at, t.clock.Now());
}

TEST(SignalStore, RestoreGoesBackAndTellsSubscribers) {
  TestStore t;
  DefaultVehicle(t.store);
  const StoreSnapshot snapshot = t.store.Save();
  ASSERT_TRUE(t.Publish(kWindowPath, Int(7)));
  ASSERT_TRUE(t.Actuate(kSeatHeating, Int(7)));
  auto subscription = t.store.Subscribe({});
  t.clock.Advance(std::chrono::seconds(5));
  t.store.Restore(snapshot);
  EXPECT_EQ(t.Get(kWindowPath).current, Int(0));
  EXPECT_EQ(t.Get(kWindowPath).current_at, t.clock.Now());
  EXPECT_FALSE(t.Get(kSeatHeating).target);
  EXPECT_TRUE(t.store.History(t.Id(kWindowPath), 10).empty());
  std::vector<SignalId> taken;
  t.store.TakeActuations(taken);
  EXPECT_TRUE(taken.empty());
  std::vector<Update> updates;
  EXPECT_TRUE((*subscription)->Take(updates, milliseconds(0)));
  EXPECT_EQ(updates.size(), 2u);
}

TEST(DefaultVehicle, GivesEverySignalALegalValue) {
  TestStore t;
  DefaultVehicle(t.store);
  for (SignalId id = 0; id < t.catalogue.signals().size(); ++id) {
    EXPECT_TRUE(t.store.Get(id).current) << t.catalogue.signal(id).path;
    EXPECT_FALSE(t.store.Get(id).target);
  }
  EXPECT_EQ(t.Number("Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"), 22);
  EXPECT_EQ(t.Get("Vehicle.Cabin.Light.Mode").current, Text("CALM"));
  EXPECT_EQ(t.Number("Vehicle.Cabin.Door.Row1.DriverSide.IsOpen"), 0);
}

// Writers and actuating threads race with slow readers, fast readers, and subscriptions that come and go. Under tsan this is the proof of
// the locking; everywhere: each reader sees values rise (never an old one after a newer) and ends with the newest.
TEST(SignalStore, ConcurrentWritersAndReaders) {
  constexpr int kRounds = 3000;
  const Catalogue catalogue = SmallCatalogue();
  const SystemClock clock;
  SignalStore store(catalogue, clock);
  const SignalId odometer = *catalogue.FindSignal("Vehicle.TraveledDistance");
  const SignalId range = *catalogue.FindSignal("Vehicle.Powertrain.TractionBattery.Range");
  const SignalId sticker = *catalogue.FindSignal("Vehicle.Cabin.Sticker");
  const auto write = [&](SignalId signal) {
    for (int i = 1; i <= kRounds; ++i) {
      const Publication publication{signal, Int(i)};
      ASSERT_TRUE(store.Publish({&publication, 1}));
    }
  };
  std::atomic<int> ready{0};
  const auto read = [&](std::span<const SignalId> signals) {
    auto subscription = store.Subscribe(signals);
    ASSERT_TRUE(subscription);
    ++ready;
    std::vector<Update> updates;
    std::int64_t newest[2] = {0, 0};
    while (newest[0] < kRounds || newest[1] < kRounds) {
      ASSERT_TRUE((*subscription)->Take(updates, std::chrono::minutes(5)));
      for (const Update& update : updates) {
        if (update.signal != odometer && update.signal != range) continue;
        const std::int64_t now = std::get<std::int64_t>(*update.datapoint.current);
        std::int64_t& before = newest[update.signal == range];
        ASSERT_GT(now, before);
        before = now;
      }
    }
  };
  const std::vector<SignalId> both{odometer, range};
  std::vector<std::jthread> readers;
  for (const bool everything : {false, true, false}) {
    readers.emplace_back([&, everything] { read(everything ? std::span<const SignalId>{} : std::span<const SignalId>(both)); });
  }
  std::jthread visitor([&] {
    for (int i = 0; i < 300; ++i) {
      auto subscription = store.Subscribe(both);
      ASSERT_TRUE(subscription);
      static_cast<void>((*subscription)->lost());
      static_cast<void>(store.History(odometer, 8));
      static_cast<void>(store.Get(sticker));
    }
  });
  std::jthread actuating([&] {
    for (int i = 0; i < 1000; ++i) {
      const Actuation actuation{sticker, Text(std::string(static_cast<std::size_t>(i % 64), 'x'))};
      ASSERT_TRUE(safety::GuardedActuator::Of(store).Actuate({&actuation, 1}));
    }
  });
  std::jthread alive([&] {
    for (int i = 0; i < 1000; ++i) store.ReportAlive();
  });
  while (ready < 3) std::this_thread::yield();
  std::jthread second([&] { write(range); });
  write(odometer);
}

}  // namespace
}  // namespace deepcabin::vehicle

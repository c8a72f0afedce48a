#include <algorithm>
#include <cstring>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "base/random.h"
#include "base/text.h"
#include "skills/map/embedded_map.h"
#include "skills/map/import.h"
#include "skills/map/names.h"
#include "skills/map/opening_hours.h"
#include "skills/map/osm.h"
#include "skills/map/osm_for_test.h"

namespace deepcabin::skills {
namespace {

const std::string kCityFile = std::string(DEEPCABIN_SOURCE_DIR) + "/data/demo_city.osm";
const Position kCentre{30.6240, 124.0560};  // near the company

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const EmbeddedMap& City() {
  static const auto map = EmbeddedMap::Open(kCityFile);
  EXPECT_TRUE(map.has_value()) << (map ? "" : map.error().message);
  return **map;
}

std::unique_ptr<EmbeddedMap> Import(const std::string& extract) {
  auto bytes = ImportOsm(extract);
  EXPECT_TRUE(bytes.has_value()) << (bytes ? "" : bytes.error().message);
  auto map = EmbeddedMap::FromBytes(std::move(*bytes));
  EXPECT_TRUE(map.has_value()) << (map ? "" : map.error().message);
  return std::move(*map);
}

Place Named(const EmbeddedMap& map, const std::string& text, const Position& near = kCentre) {
  const auto found = map.Search({.text = text, .near = near, .radius_m = 100'000});
  EXPECT_TRUE(found.has_value() && !found->empty()) << text;
  return found && !found->empty() ? found->front() : Place{};
}

TEST(MapSearch, FindsByNameInBothLanguages) {
  EXPECT_EQ(Named(City(), "蜀巷人家").name_en, "Shu Lane Kitchen");
  EXPECT_EQ(Named(City(), "shu lane").name_zh, "蜀巷人家");
  EXPECT_EQ(Named(City(), "中央公园").category, Category::kPark) << "the whole name before 中央公园充电站";
  EXPECT_EQ(Named(City(), "望云塔").category, Category::kAttraction) << "a name that begins so";
  const auto nothing = City().Search({.text = "不存在的地方xyzzy", .near = kCentre});
  ASSERT_TRUE(nothing.has_value());
  EXPECT_TRUE(nothing->empty());
}

TEST(MapSearch, FindsByCategoryNearestFirst) {
  const auto chargers = City().Search({.category = Category::kCharger, .near = kCentre, .radius_m = 30'000, .count_max = 50});
  ASSERT_TRUE(chargers.has_value());
  EXPECT_GE(chargers->size(), 12u);
  EXPECT_TRUE(std::is_sorted(chargers->begin(), chargers->end(), [](const auto& a, const auto& b) { return a.distance_m < b.distance_m; }));
  const Place river = Named(City(), "望江超充站");
  EXPECT_EQ(river.power_kw, 180);
  EXPECT_EQ(river.plugs, 8);
  EXPECT_EQ(river.free_plugs, 4);
  EXPECT_DOUBLE_EQ(river.price_per_kwh, 1.6);
}

TEST(MapSearch, CategoryAgreesWithLookingAtEveryPlace) {
  Random random(7);
  for (int i = 0; i < 200; ++i) {
    const Position near{30.58 + random.Uniform() * 0.12, 123.98 + random.Uniform() * 0.7};
    const double radius = 200 + random.Uniform() * 20'000;
    const auto category = random.Chance(0.5) ? Category::kRestaurant : Category::kParking;
    std::set<std::uint32_t> expected;
    for (std::uint32_t id = 0; id < City().map().places.size(); ++id) {
      const PlaceRecord& p = City().map().places[id];
      if (p.category == static_cast<std::uint8_t>(category) && DistanceM(near, ToPosition(p.point)) <= radius) expected.insert(id);
    }
    const auto found = City().Search({.category = category, .near = near, .radius_m = radius, .count_max = 200});
    ASSERT_TRUE(found.has_value());
    std::set<std::uint32_t> ids;
    for (const Place& place : *found) ids.insert(place.id);
    EXPECT_EQ(ids, expected);
  }
}

TEST(MapSearch, RefusesWhatIsOutOfBounds) {
  EXPECT_FALSE(City().Search({.near = {91, 0}}).has_value());
  EXPECT_FALSE(City().Search({.near = {std::nan(""), 0}}).has_value());
  EXPECT_FALSE(City().Search({.near = kCentre, .count_max = 0}).has_value());
  EXPECT_FALSE(City().Search({.near = kCentre, .radius_m = -1}).has_value());
  EXPECT_TRUE(City().Search({.text = std::string(100'000, 'a'), .near = kCentre}).has_value());
}

TEST(MapSearch, NamesTheAreaCoarsely) {
  const auto name = City().NameArea(kCentre);
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->zh, "栖云市东湾区");
  EXPECT_EQ(name->en, "East Bay District, Qiyun");
  EXPECT_FALSE(City().NameArea({0, 0}).has_value());
}

TEST(MapRoute, ShapeStepsAndTotalsAgree) {
  const Place home = Named(City(), "竹溪花园"), company = Named(City(), "云帆大厦");
  const auto route = City().FindRoute(home.position, company.position, {});
  ASSERT_TRUE(route.has_value());
  double metres = 0;
  for (std::size_t i = 1; i < route->shape.size(); ++i) metres += DistanceM(route->shape[i - 1], route->shape[i]);
  EXPECT_NEAR(metres, route->total.metres, 5);
  EXPECT_GT(metres, DistanceM(home.position, company.position) - 700);
  EXPECT_LT(DistanceM(route->shape.front(), home.position), 600);
  EXPECT_LT(DistanceM(route->shape.back(), company.position), 600);
  EXPECT_EQ(route->steps.front().turn, Turn::kStart);
  EXPECT_EQ(route->steps.back().turn, Turn::kArrive);
  EXPECT_TRUE(
      std::is_sorted(route->steps.begin(), route->steps.end(), [](const auto& a, const auto& b) { return a.at_metre < b.at_metre; }));
}

TEST(MapRoute, TheRiverIsCrossedOnABridge) {
  // Two points 600 m apart with the river between them.
  const Position south{30.60 + 8 * 0.0045, 124.0 + 7.0 * 0.0052}, north{30.60 + 9 * 0.0045 + 0.003, 124.0 + 7.0 * 0.0052};
  const auto route = City().FindRoute(south, north, {});
  ASSERT_TRUE(route.has_value());
  EXPECT_GT(route->total.metres, 3 * DistanceM(south, north));
}

TEST(MapRoute, TollsAreAvoidedWhenAsked) {
  const Place harbour = Named(City(), "渔港海鲜");
  const auto fast = City().FindRoute(kCentre, harbour.position, {});
  const auto free = City().FindRoute(kCentre, harbour.position, {.avoid_tolls = true});
  const auto shortest = City().FindRoute(kCentre, harbour.position, {.shortest = true});
  ASSERT_TRUE(fast.has_value() && free.has_value() && shortest.has_value());
  EXPECT_GT(fast->total.toll_metres, 30'000);
  EXPECT_EQ(free->total.toll_metres, 0);
  EXPECT_GT(free->total.seconds, fast->total.seconds);
  EXPECT_LE(shortest->total.metres, std::min(fast->total.metres, free->total.metres) + 1);
}

TEST(MapRoute, SlowTrafficIsDrivenAround) {
  const Place harbour = Named(City(), "渔港海鲜");
  const auto fast = City().FindRoute(kCentre, harbour.position, {});
  const Position jam{30.637, 124.34};  // the middle of the motorway; the old road lies 1.6 km south of it
  const auto around = City().FindRoute(kCentre, harbour.position, {.slowdowns = {{jam, 1200, 20}}});
  ASSERT_TRUE(fast.has_value() && around.has_value());
  EXPECT_GT(fast->total.toll_metres, 0);
  EXPECT_LT(around->total.toll_metres, fast->total.toll_metres);
}

TEST(MapRoute, SaysWhatCannotBeReached) {
  const Place isle = Named(City(), "孤屿灯塔");
  const auto route = City().FindRoute(kCentre, isle.position, {});
  ASSERT_FALSE(route.has_value());
  EXPECT_EQ(route.error().code, ErrorCode::kNotFound);
  EXPECT_NE(route.error().message.find("km"), std::string::npos);
  const auto far = City().FindRoute(kCentre, {0, 0}, {});
  ASSERT_FALSE(far.has_value());
  EXPECT_NE(far.error().message.find("3000 m"), std::string::npos);
}

TEST(MapRoute, SamePlaceIsAShortWay) {
  const auto route = City().FindRoute(kCentre, kCentre, {});
  ASSERT_TRUE(route.has_value());
  EXPECT_LT(route->total.metres, 1);
  EXPECT_GE(route->shape.size(), 2u);
}

// A random town: crossings on a grid, some streets missing, some one-way. Times by Bellman and Ford over its arcs.
TEST(MapRoute, AgreesWithBellmanFordOnRandomTowns) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Random random(seed);
    PbfWriterForTest writer;
    constexpr int kSide = 9;
    for (int i = 0; i < kSide * kSide; ++i) {
      writer.Node(i + 1, {30 + (i / kSide) * 0.01 + random.Uniform() * 0.004, 120 + (i % kSide) * 0.01 + random.Uniform() * 0.004});
    }
    constexpr std::array<const char*, 4> kKinds{"residential", "secondary", "trunk", "service"};
    for (int i = 0; i < kSide * kSide; ++i) {
      for (const int next : {i % kSide + 1 < kSide ? i + 1 : -1, i + kSide < kSide * kSide ? i + kSide : -1}) {
        if (next < 0 || random.Chance(0.15)) continue;
        WrittenTags tags{{"highway", kKinds[random.Below(4)]}};
        if (random.Chance(0.3)) tags.emplace_back("oneway", random.Chance(0.5) ? "yes" : "-1");
        writer.Way({i + 1, next + 1}, tags);
      }
    }
    const auto map = Import(writer.Finish());
    const CompactMap& m = map->map();
    for (std::uint32_t from = 0; from < m.node_count(); from += 7) {
      std::vector<double> times(m.node_count(), std::numeric_limits<double>::infinity());
      times[from] = 0;
      for (std::uint32_t round = 0; round < m.node_count(); ++round) {
        for (std::uint32_t node = 0; node < m.node_count(); ++node) {
          for (const ArcRecord& arc : m.ArcsOf(node)) times[arc.to] = std::min(times[arc.to], times[node] + arc.ms / 1000.0);
        }
      }
      std::vector<Position> targets;
      for (std::uint32_t to = 0; to < m.node_count(); to += 3) targets.push_back(m.NodePosition(to));
      const Position start = m.NodePosition(from);
      const auto table = map->Legs({&start, 1}, targets, {});
      ASSERT_TRUE(table.has_value());
      for (std::uint32_t to = 0; to < m.node_count(); to += 3) {
        const auto route = map->FindRoute(start, m.NodePosition(to), {});
        const Leg& leg = table->At(0, to / 3);
        // A crossing is also the end of a one-way street: it may be left or reached on one piece only. Then both say so.
        EXPECT_EQ(route.has_value(), leg.reachable) << seed << ": " << from << " to " << to;
        if (!route) continue;
        EXPECT_NEAR(route->total.seconds, leg.seconds, 0.05) << seed << ": " << from << " to " << to;
        EXPECT_GE(route->total.seconds, times[to] - 0.05);
      }
    }
  }
}

TEST(OsmImport, PbfAndXmlMakeTheSameMap) {
  PbfWriterForTest writer;
  std::string xml = "<osm version=\"0.6\">";
  const WrittenTags place{{"amenity", "restaurant"}, {"name", "甲"}, {"cuisine", "sichuan"}};
  for (int i = 1; i <= 6; ++i) {
    writer.Node(i, {30 + i * 0.01, 120.5}, i == 3 ? place : WrittenTags{});
    xml += fmt::format("<node id=\"{}\" lat=\"{:.7f}\" lon=\"120.5\">", i, 30 + i * 0.01);
    if (i == 3) {
      for (const auto& [key, value] : place) xml += fmt::format("<tag k=\"{}\" v=\"{}\"/>", key, value);
    }
    xml += "</node>";
  }
  writer.Way({1, 2, 3, 4, 5, 6}, {{"highway", "primary"}, {"name", "长路"}});
  xml += "<way id=\"1\">";
  for (int i = 1; i <= 6; ++i) xml += fmt::format("<nd ref=\"{}\"/>", i);
  xml += "<tag k=\"highway\" v=\"primary\"/><tag k=\"name\" v=\"长路\"/></way></osm>";
  const auto from_pbf = ImportOsm(writer.Finish()), from_xml = ImportOsm(xml);
  ASSERT_TRUE(from_pbf.has_value() && from_xml.has_value());
  EXPECT_EQ(*from_pbf, *from_xml);
}

TEST(OsmImport, RefusesWhatIsNoExtract) {
  for (const std::string& text :
       {std::string(), std::string("hello"), std::string("<osm>"), std::string("<osm></osm>"), std::string(100, '\xFF'),
        std::string("<!DOCTYPE a [<!ENTITY b \"c\">]><osm>&b;</osm>"), std::string("<osm><node id=\"1\" lat=\"95\" lon=\"0\"/></osm>"),
        std::string("<osm><node id=\"x\" lat=\"5\" lon=\"0\"/></osm>")}) {
    const auto result = ImportOsm(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_FALSE(result.error().message.empty());
  }
}

TEST(OsmImport, TruncatedOrChangedPbfNeverCrashes) {
  PbfWriterForTest writer;
  for (int i = 1; i <= 50; ++i) writer.Node(i, {30 + i * 0.001, 120.5}, {{"amenity", "toilets"}, {"name", fmt::format("t{}", i)}});
  for (int i = 1; i < 50; ++i) writer.Way({i, i + 1}, {{"highway", "primary"}});
  const std::string good = writer.Finish();
  ASSERT_TRUE(ImportOsm(good).has_value());
  for (std::size_t size = 0; size < good.size(); ++size) static_cast<void>(ImportOsm(good.substr(0, size)));
  Random random(3);
  for (int i = 0; i < 3000; ++i) {
    std::string bad = good;
    bad[random.Below(bad.size())] = static_cast<char>(random.Next());
    static_cast<void>(ImportOsm(bad));
  }
  // A block whose numbers are right as protobuf and wrong as a map.
  for (int i = 0; i < 2000; ++i) {
    std::string message;
    for (std::size_t n = random.Below(60); n > 0; --n) message.push_back(static_cast<char>(random.Next()));
    PbfWriterForTest hostile;
    hostile.AddBlob("OSMData", message);
    static_cast<void>(ImportOsm(hostile.Finish()));
  }
}

TEST(OsmImport, HugeCountsAreRefused) {
  std::string bytes = "\x7F\xFF\xFF\xFF";
  EXPECT_FALSE(ImportOsm(bytes).has_value());
  std::string xml = "<osm><way id=\"1\">";
  for (int i = 0; i < 3000; ++i) xml += "<nd ref=\"1\"/>";
  const auto result = ImportOsm(xml + "</way></osm>");
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().message.find("2000"), std::string::npos);
}

TEST(OsmImport, HostileNamesAreCleaned) {
  EXPECT_EQ(CleanName("  a\tb\n\nc  "), "a b c");
  EXPECT_EQ(CleanName("<b>name</b>"), "bname/b");
  EXPECT_EQ(CleanName("a\xE2\x80\xAE"
                      "b"),
            "ab")
      << "a character that turns the direction";
  EXPECT_EQ(CleanName(std::string("x\0y", 3)), "xy");
  EXPECT_EQ(DecodeUtf8(CleanName(std::string(5'000'000, 'a'))).size(), kNameCharactersMax);
  EXPECT_TRUE(IsValidUtf8(CleanName("\xFF\xFE川")));
  PbfWriterForTest writer;
  writer.Node(1, {30, 120},
              {{"amenity", "toilets"}, {"name", "<script>\x1B[31m" + std::string(900, 'a')}, {"opening_hours", std::string(900, '1')}});
  writer.Node(2, {30.01, 120});
  writer.Way({1, 2}, {{"highway", "primary"}, {"name", std::string(2000, 'b')}});
  const auto map = Import(writer.Finish());
  const auto found = map->Search({.category = Category::kToilet, .near = {30, 120}});
  ASSERT_TRUE(found.has_value() && found->size() == 1);
  EXPECT_TRUE(found->front().name_zh.starts_with("script[31ma"));
  EXPECT_LE(DecodeUtf8(found->front().name_zh).size(), kNameCharactersMax);
  EXPECT_TRUE(found->front().opening_hours.empty());
}

// ---- the compact file -----------------------------------------------------------------------------------------------------------------

constexpr std::size_t kHeads = 24, kHeadBytes = 32, kHeadCount = 14, kHeaderBytes = kHeads + kHeadCount * kHeadBytes + 8;

template <typename T>
T At(const std::string& bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}
template <typename T>
void Put(std::string& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(T));
}

// Makes the checksums right again, as somebody who means harm would.
void Seal(std::string& bytes) {
  for (std::size_t i = 0; i < kHeadCount; ++i) {
    const std::size_t head = kHeads + i * kHeadBytes;
    const auto element = At<std::uint32_t>(bytes, head + 4);
    const auto offset = At<std::uint64_t>(bytes, head + 8), count = At<std::uint64_t>(bytes, head + 16);
    if (offset > bytes.size() || count * element > bytes.size() - offset) continue;
    Put(bytes, head + 24, static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data() + offset), count * element)));
  }
  Put(bytes, kHeaderBytes - 4, static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), kHeaderBytes - 4)));
}

void Use(const EmbeddedMap& map) {
  const Position a = map.map().NodePosition(0), b = map.map().NodePosition(map.map().node_count() - 1);
  static_cast<void>(map.Search({.text = "望云 park", .near = a}));
  static_cast<void>(map.Search({.category = Category::kCharger, .near = b}));
  static_cast<void>(map.FindRoute(a, b, {}));
  static_cast<void>(map.Legs({&a, 1}, {&b, 1}, {.avoid_tolls = true}));
  static_cast<void>(map.NameArea(a));
}

TEST(CompactMap, EveryRegionIsGuardedByAChecksum) {
  const auto good = ImportOsm(ReadFile(kCityFile));
  ASSERT_TRUE(good.has_value());
  ASSERT_TRUE(EmbeddedMap::FromBytes(*good).has_value());
  std::set<std::string> reasons;
  for (std::size_t i = 0; i < kHeadCount; ++i) {
    const std::size_t head = kHeads + i * kHeadBytes;
    const auto offset = At<std::uint64_t>(*good, head + 8);
    ASSERT_GT(At<std::uint64_t>(*good, head + 16), 0u) << "section " << i << " is empty: nothing would be tested";
    std::string bad = *good;
    bad[offset] = static_cast<char>(bad[offset] ^ 1);
    const auto result = EmbeddedMap::FromBytes(bad);
    ASSERT_FALSE(result.has_value()) << "section " << i;
    reasons.insert(result.error().message);
  }
  EXPECT_EQ(reasons.size(), kHeadCount) << "every section is named";
  for (std::size_t at = 0; at < kHeaderBytes; ++at) {
    std::string bad = *good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    EXPECT_FALSE(EmbeddedMap::FromBytes(bad).has_value()) << "byte " << at;
  }
}

TEST(CompactMap, TruncatedFilesAreRefused) {
  const auto good = ImportOsm(ReadFile(kCityFile));
  ASSERT_TRUE(good.has_value());
  for (std::size_t size = 0; size < good->size(); size += 97) EXPECT_FALSE(EmbeddedMap::FromBytes(good->substr(0, size)).has_value());
  EXPECT_FALSE(EmbeddedMap::FromBytes(*good + "x").has_value());
}

TEST(CompactMap, HugeCountsAndOffsetsAreRefused) {
  const auto good = ImportOsm(ReadFile(kCityFile));
  ASSERT_TRUE(good.has_value());
  for (std::size_t i = 0; i < kHeadCount; ++i) {
    for (const std::uint64_t value : {std::uint64_t{1} << 63, std::uint64_t{0xFFFF'FFFF'FFFF'FFFF}, std::uint64_t{1} << 40}) {
      for (const std::size_t field : {std::size_t{8}, std::size_t{16}}) {
        std::string bad = *good;
        Put(bad, kHeads + i * kHeadBytes + field, value);
        Seal(bad);
        EXPECT_FALSE(EmbeddedMap::FromBytes(bad).has_value()) << "section " << i;
      }
    }
  }
}

TEST(CompactMap, WrongNumbersUnderRightChecksumsAreRefusedOrHarmless) {
  const auto good = ImportOsm(ReadFile(kCityFile));
  ASSERT_TRUE(good.has_value());
  Random random(11);
  int refused = 0, used = 0;
  for (int i = 0; i < 1500; ++i) {
    std::string bad = *good;
    const std::size_t head = kHeads + random.Below(kHeadCount) * kHeadBytes;
    const auto offset = At<std::uint64_t>(bad, head + 8);
    const std::size_t bytes = At<std::uint64_t>(bad, head + 16) * At<std::uint32_t>(bad, head + 4);
    const std::size_t at = offset + random.Below(bytes) / 4 * 4;
    if (at + 4 > bad.size()) continue;
    const std::array<std::uint32_t, 5> values{0, 0xFFFF'FFFF, 0x7FFF'FFFF, static_cast<std::uint32_t>(random.Next()),
                                              static_cast<std::uint32_t>(random.Below(1000))};
    Put(bad, at, values[random.Below(5)]);
    Seal(bad);
    const auto map = EmbeddedMap::FromBytes(bad);
    if (map) Use(**map), ++used;
    else ++refused;
  }
  EXPECT_GT(refused, 300);
  EXPECT_GT(used, 100) << "coordinates and times may be anything";
}

TEST(CompactMap, OpensFromAFile) {
  const auto bytes = ImportOsm(ReadFile(kCityFile));
  ASSERT_TRUE(bytes.has_value());
  const std::string path = testing::TempDir() + "/city.dcmap";
  std::ofstream(path, std::ios::binary) << *bytes;
  const auto map = EmbeddedMap::Open(path);
  ASSERT_TRUE(map.has_value());
  EXPECT_EQ(Named(**map, "蜀巷人家").rating, 4.8);
  EXPECT_FALSE(EmbeddedMap::Open(path + ".not-there").has_value());
  std::remove(path.c_str());
}

// ---- opening hours and wishes ---------------------------------------------------------------------------------------------------------

// 2026-03-02 is a Monday.
LocalTime Monday(int days, int hour, int minute) {
  return std::chrono::local_days(std::chrono::year(2026) / 3 / 2) + std::chrono::days(days) + std::chrono::hours(hour) +
         std::chrono::minutes(minute);
}

TEST(OpeningHours, ReadsTheCommonForms) {
  struct Case {
    const char* text;
    int day, hour, minute;
    OpenState state;
  };
  constexpr auto kOpen = OpenState::kOpen, kClosed = OpenState::kClosed, kUnknown = OpenState::kUnknown;
  for (const Case& c : std::vector<Case>{
           {"24/7", 3, 3, 0, kOpen},
           {"Mo-Su 10:00-22:00", 0, 9, 59, kClosed},
           {"Mo-Su 10:00-22:00", 0, 10, 0, kOpen},
           {"Mo-Su 10:00-22:00", 0, 22, 0, kClosed},
           {"Mo-Fr 08:00-12:00,13:00-17:30; Sa 09:00-12:00", 0, 12, 30, kClosed},
           {"Mo-Fr 08:00-12:00,13:00-17:30; Sa 09:00-12:00", 5, 9, 30, kOpen},
           {"Mo-Fr 08:00-12:00,13:00-17:30; Sa 09:00-12:00", 6, 9, 30, kClosed},
           {"Mo-Su 18:00-03:00", 1, 2, 59, kOpen},
           {"Mo-Su 18:00-03:00", 1, 3, 0, kClosed},
           {"Fr 22:00-26:00", 5, 1, 30, kOpen},
           {"Fr 22:00-26:00", 4, 1, 30, kClosed},
           {"Mo-Su 10:00-22:00; Tu off", 1, 12, 0, kClosed},
           {"We-Mo 16:00-23:00", 0, 17, 0, kOpen},
           {"We-Mo 16:00-23:00", 1, 17, 0, kClosed},
           {"Mo,We,PH 10:00-12:00", 2, 11, 0, kOpen},
           {"10:00-12:00", 6, 11, 0, kOpen},
           {"Mo-Fr", 2, 0, 0, kOpen},
           {"PH off", 0, 12, 0, kUnknown},
           {"sunrise-sunset", 0, 12, 0, kUnknown},
           {"Mo-Fr 10:00-22:00; Dec 25 off", 0, 12, 0, kUnknown},
           {"Mo-Fr 10:00+", 0, 12, 0, kUnknown},
           {"Mo-Fr 10:00-25:61", 0, 12, 0, kUnknown},
           {"Mo-Fr 10-22", 0, 12, 0, kUnknown},
           {"by appointment", 0, 12, 0, kUnknown},
           {"Mo-Xx 10:00-12:00", 0, 11, 0, kUnknown},
           {"", 0, 12, 0, kUnknown},
       }) {
    EXPECT_EQ(OpeningHours::Parse(c.text).At(Monday(c.day, c.hour, c.minute)), c.state)
        << c.text << " day " << c.day << " " << c.hour << ":" << c.minute;
  }
}

TEST(OpeningHours, WaitsForTheDoorAndLeavesTimeToStay) {
  using std::chrono::minutes;
  const OpeningHours hours = OpeningHours::Parse("Mo-Su 10:00-14:00,16:30-22:00");
  LocalTime opens{};
  EXPECT_TRUE(hours.OpensWithin(Monday(0, 12, 0), minutes(60), minutes(60), opens));
  EXPECT_EQ(opens, Monday(0, 12, 0));
  EXPECT_TRUE(hours.OpensWithin(Monday(0, 9, 20), minutes(60), minutes(60), opens));
  EXPECT_EQ(opens, Monday(0, 10, 0));
  EXPECT_FALSE(hours.OpensWithin(Monday(0, 13, 30), minutes(60), minutes(60), opens)) << "closes within the hour, opens three hours later";
  EXPECT_FALSE(hours.OpensWithin(Monday(0, 21, 30), minutes(60), minutes(60), opens));
  EXPECT_EQ(hours.ClosesAtMinute(Monday(0, 17, 0)), 22 * 60);
  EXPECT_EQ(OpeningHours::Parse("Mo-Su 18:00-03:00").ClosesAtMinute(Monday(0, 20, 0)), 27 * 60);
  EXPECT_EQ(OpeningHours::Parse("24/7").ClosesAtMinute(Monday(0, 20, 0)), -1);
}

TEST(Wishes, KindFoodAndNameAreToldApart) {
  EXPECT_EQ(ReadWish("附近的川菜馆").cuisine, "sichuan");
  EXPECT_EQ(ReadWish("附近的川菜馆").category, Category::kRestaurant);
  EXPECT_TRUE(ReadWish("附近的川菜馆").name.empty());
  EXPECT_EQ(ReadWish("最近的充电桩").category, Category::kCharger);
  EXPECT_EQ(ReadWish("nearest charging station").category, Category::kCharger);
  EXPECT_EQ(ReadWish("a good Sichuan restaurant").cuisine, "sichuan");
  EXPECT_EQ(ReadWish("厕所").category, Category::kToilet);
  EXPECT_EQ(ReadWish("中央公园充电站").name, "中央公园充电站");
  EXPECT_EQ(ReadWish("云帆大厦").name, "云帆大厦");
  EXPECT_FALSE(ReadWish("barking").category.has_value()) << "no \"parking\", no \"bar\" inside a word";
  EXPECT_TRUE(IsSpicy("noodle;hot_pot"));
  EXPECT_FALSE(IsSpicy("cantonese"));
  EXPECT_EQ(CuisineName("sichuan;hot_pot").zh, "川菜");
}

}  // namespace
}  // namespace deepcabin::skills

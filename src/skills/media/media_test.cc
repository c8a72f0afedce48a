// The library: what is found, what is only near, what is refused. The player: a position that follows the clock.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/yaml.h"
#include "skills/media/player.h"

namespace deepcabin::media {
namespace {

using ::testing::HasSubstr;

constexpr char kTags[] = R"(
tags:
  - {tag: song, words: [歌, songs]}
  - {tag: station, words: [电台]}
  - {tag: folk, words: [民谣, folk music]}
  - {tag: calm, words: [安静]}
)";
constexpr char kTracks[] = R"(
tracks:
  - {kind: song, title: 雨落青石巷, artist: 林澈, tags: [folk, calm], length_s: 200}
  - {kind: song, title: 破晓公路, artist: 北辙, tags: [], length_s: 100}
  - {kind: song, title: Ferry Song, artist: The Harbour Lanterns, tags: [folk], length_s: 180}
  - {kind: station, title: 星空音乐台, frequency: 101.7}
)";

Result<LocalLibrary> Library(const std::string& tracks = kTracks) {
  auto files = ParseYaml({{"tags.yaml", kTags}, {"songs.yaml", tracks}});
  if (!files) return files.error();
  return LocalLibrary::Make(*files);
}

std::string Best(const std::string& text, const std::string& kind = "", bool* exact = nullptr) {
  static const auto library = Library();
  EXPECT_TRUE(library) << library.error().message;
  const auto found = library->Search({.text = text, .kind = kind});
  EXPECT_TRUE(found);
  if (exact != nullptr) *exact = found->exact;
  return found->tracks.empty() ? "" : found->tracks.front().title;
}

TEST(LibraryTest, FindsByTitleArtistGenreAndMood) {
  for (const auto& [text, title] : std::vector<std::pair<std::string, std::string>>{{"雨落青石巷", "雨落青石巷"},
                                                                                    {"青石巷", "雨落青石巷"},
                                                                                    {"林澈的歌", "雨落青石巷"},
                                                                                    {"安静的民谣", "雨落青石巷"},
                                                                                    {"北辙的破晓公路", "破晓公路"},
                                                                                    {"ferry song by the Harbour Lanterns", "Ferry Song"},
                                                                                    {"some FOLK music", "雨落青石巷"},
                                                                                    {"星空电台", "星空音乐台"},
                                                                                    {"星空", "星空音乐台"}}) {
    bool exact = false;
    EXPECT_EQ(Best(text, "", &exact), title) << text;
    EXPECT_TRUE(exact) << text;
  }
  EXPECT_EQ(Best("", "station"), "星空音乐台");
  EXPECT_EQ(Best("星空", "song"), "星空音乐台") << "another kind, where that is what was asked";
}

TEST(LibraryTest, WhatIsNotThereIsNotPassedOffAsFound) {
  bool exact = true;
  EXPECT_EQ(Best("青石桥", "", &exact), "雨落青石巷");
  EXPECT_FALSE(exact);
  Best("从来没有的歌手", "song", &exact);
  EXPECT_FALSE(exact);
  Best("北辙的雨落青石巷", "song", &exact);
  EXPECT_FALSE(exact) << "the right title by another artist";
}

TEST(LibraryTest, HostileTextIsCleanedAndBounded) {
  const auto library = Library("tracks:\n  - {kind: song, title: \"a\xE2\x80\xAE<b>\\tc\", artist: \"" + std::string(5000, 'x') +
                               "\", tags: [], length_s: 60}\n");
  ASSERT_TRUE(library) << library.error().message;
  const Track track = library->Search({})->tracks.at(0);
  EXPECT_EQ(track.title, "ab c");
  EXPECT_LE(track.artist.size(), 70u);
  EXPECT_TRUE(library->Search({.text = std::string(100'000, 'y')}));
}

TEST(LibraryTest, DamagedFilesAreRefusedWithTheirLine) {
  for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
           {"tracks:\n  - {kind: song, title: x, tags: [nosuch], length_s: 60}\n", "songs.yaml:2: unknown tag `nosuch`"},
           {"tracks:\n  - {kind: opera, title: x, length_s: 60}\n", "songs.yaml:2: unknown tag `opera`"},
           {"tracks:\n  - {kind: song, title: x}\n", "songs.yaml:2: `length_s` is needed"},
           {"tracks:\n  - {kind: song, length_s: 60}\n", "songs.yaml:2: `title` is needed"},
           {"tracks:\n\n  - {kind: song, title: x, length_s: -5}\n", "songs.yaml:3: -5 is beyond"},
           {"tracks:\n  - {kind: song, title: x, length_s: 60, mood: y}\n", "songs.yaml:2: unknown key `mood`"},
           {"tracks: [5\n", "songs.yaml:"}}) {
    const auto library = Library(text);
    ASSERT_FALSE(library) << text;
    EXPECT_THAT(library.error().message, HasSubstr(message));
  }
}

TEST(LibraryTest, ReadsPlaylists) {
  auto library = Library();
  ASSERT_TRUE(library);
  ASSERT_TRUE(library->AddPlaylist("a.m3u", "#EXTM3U\n#EXTINF:188,Quiet Ferris - Spare Key\r\nusb:spare.ogg\n"));
  const auto found = library->Search({.text = "spare key"});
  ASSERT_TRUE(found->exact);
  EXPECT_EQ(found->tracks[0].artist, "Quiet Ferris");
  EXPECT_EQ(library->AddPlaylist("a.m3u", "x.ogg\n").error().message, "a.m3u:1: an address without #EXTINF before it");
  EXPECT_THAT(library->AddPlaylist("a.m3u", "\n#EXTINF:abc,x\n").error().message, HasSubstr("a.m3u:2:"));
}

class PlayerTest : public ::testing::Test {
 protected:
  static Track Song(const std::string& title, double length_s) {
    Track track;
    track.kind = "song";
    track.title = title;
    track.length_s = length_s;
    return track;
  }
  void Pass(int seconds) {
    clock_.Advance(std::chrono::seconds(seconds));
    player_.Advance();
  }
  SimulatedClock clock_;
  Player player_{clock_};
};

TEST_F(PlayerTest, ThePositionFollowsTheClockIntoTheNextTrack) {
  ASSERT_TRUE(player_.Play({Song("a", 100), Song("b", 100)}));
  Pass(30);
  EXPECT_DOUBLE_EQ(player_.position_s(), 30);
  player_.SetState(State::kPause);
  Pass(500);
  EXPECT_DOUBLE_EQ(player_.position_s(), 30);
  player_.SetState(State::kPlay);
  player_.Set(Loop::kOrder, 2);
  Pass(45);
  EXPECT_EQ(player_.current()->title, "b");
  EXPECT_DOUBLE_EQ(player_.position_s(), 20);
  Pass(1000);
  EXPECT_EQ(player_.state(), State::kStop) << "the queue is at its end";
}

TEST_F(PlayerTest, LoopsAndLeapsOfTheClockEnd) {
  ASSERT_TRUE(player_.Play({Song("a", 100), Song("b", 50)}));
  player_.Set(Loop::kAll, 1);
  clock_.Advance(std::chrono::hours(24 * 365 * 20));
  player_.Advance();
  EXPECT_EQ(player_.state(), State::kPlay);
  EXPECT_LT(player_.position_s(), player_.current()->length_s);
  player_.Set(Loop::kOne, 1);
  const std::string title = player_.current()->title;
  Pass(555);
  EXPECT_EQ(player_.current()->title, title);
  clock_.Advance(-std::chrono::hours(5));
  const double before = player_.position_s();
  player_.Advance();
  EXPECT_DOUBLE_EQ(player_.position_s(), before) << "a clock that is set back takes nothing away";
}

TEST_F(PlayerTest, SomebodyPausedAWhileAgo) {
  ASSERT_TRUE(player_.Play({Song("a", 1000)}));
  clock_.Advance(std::chrono::seconds(10));
  const Nanos then = clock_.Now();
  clock_.Advance(std::chrono::seconds(60));
  player_.SetState(State::kPause, then);
  EXPECT_DOUBLE_EQ(player_.position_s(), 10);
}

TEST_F(PlayerTest, SeekingSkippingKeeping) {
  EXPECT_FALSE(player_.Skip(1));
  EXPECT_FALSE(player_.Play({}));
  ASSERT_TRUE(player_.Play({Song("a", 100), Song("b", 100), Song("c", 100)}));
  player_.Seek(1e9);
  EXPECT_DOUBLE_EQ(player_.position_s(), 100);
  player_.Seek(-5);
  EXPECT_DOUBLE_EQ(player_.position_s(), 0);
  ASSERT_TRUE(player_.GoTo(0));
  EXPECT_FALSE(player_.Skip(-1));
  EXPECT_TRUE(player_.GoTo(2));
  EXPECT_FALSE(player_.GoTo(3));
  EXPECT_FALSE(player_.Skip(1));
  player_.SetFavourite(true);
  player_.SetFavourite(true);
  EXPECT_EQ(player_.favourites().size(), 1u);
  player_.GoTo(0);
  player_.Dislike();
  EXPECT_EQ(player_.current()->title, "b");
  ASSERT_TRUE(player_.Play({Song("a", 100), Song("b", 100)}));
  EXPECT_EQ(player_.current()->title, "b") << "a is never played again";
  EXPECT_FALSE(player_.Play({Song("a", 100)}));
}

}  // namespace
}  // namespace deepcabin::media

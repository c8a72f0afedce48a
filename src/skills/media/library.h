#pragma once
// What can be played and how it is found. The default source is a small library of the car's own (data/media): a streaming service would
// stand behind the same interface. Titles and names are text from outside: cleaned, bounded, shown and spoken, never obeyed.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "base/result.h"

namespace deepcabin::media {

inline constexpr std::size_t kTracksFoundMax = 100;  // of one search

struct Track {
  std::string kind;  // song podcast audiobook station news sound nursery
  std::string title, artist, album;
  double length_s = 0;   // 0: no end, a station
  double frequency = 0;  // of a station, MHz or kHz; 0: none
  std::string address;   // where a player would fetch it; "" where there is nothing to hear

  bool operator==(const Track&) const = default;
};

struct Query {
  std::string text{};  // title, artist, album, genre, mood, in any order; empty: anything of that kind
  std::string kind{};  // looked at first; empty: any
};

struct Found {
  std::vector<Track> tracks{};  // best first
  bool exact = true;            // false: nothing is what was asked, these come nearest
};

// Thread-safe.
class MediaSource {
 public:
  virtual ~MediaSource() = default;
  virtual Result<Found> Search(const Query& query) const = 0;
};

class LocalLibrary final : public MediaSource {
 public:
  // YAML by file name: tracks, and the words by which tags (genre, mood, language, kind) are known. kInvalidArgument "file:line: reason".
  static Result<LocalLibrary> Make(const std::map<std::string, YAML::Node>& files);
  // An M3U playlist: "#EXTINF:215,Artist - Title" and the address in the next line.
  Status AddPlaylist(const std::string& file, std::string_view text);

  Result<Found> Search(const Query& query) const override;
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Track track;
    std::vector<std::pair<std::u32string, int>> phrases;  // what it is called, the longest first, and how much each tells
  };
  void Add(Track track, std::vector<std::string> tags);
  Found Among(const Query& query) const;

  std::map<std::string, std::vector<std::string>> tags_;
  std::vector<Entry> entries_;
};

}  // namespace deepcabin::media

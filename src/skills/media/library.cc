#include "skills/media/library.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/yaml_reader.h"
#include "skills/map/names.h"

namespace deepcabin::media {
namespace {

constexpr double kLengthMinS = 5, kLengthMaxS = 86'400;
constexpr std::size_t kQueryCharactersMax = 80, kNearMax = 3;
constexpr int kByTitle = 4, kByArtist = 3, kByAlbum = 2, kByTag = 1;

// Words that say nothing about what is wanted.
const std::set<std::string, std::less<>> kFillers{"a", "an", "the", "some", "something", "by", "of", "from", "any", "for", "to", "one"};
constexpr std::u32string_view kFillersZh = U"的点首些听放来播我想要给一段和适合时候在最里吧";

// Lower case, without spaces, marks and fillers.
std::u32string Normal(std::string_view text) {
  std::u32string out;
  const std::string clean = ToLowerAscii(skills::CleanName(text, kQueryCharactersMax));
  for (const std::string_view word : Split(clean, ' ')) {
    if (kFillers.contains(word)) continue;
    std::u32string letters = DecodeUtf8(word);
    std::erase_if(letters, [](char32_t c) {
      return c < 0x80 ? !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') : (c >= 0x2000 && c < 0x3040) || c >= 0xFF00;
    });
    out += letters;
  }
  return out;
}

// The share of neighbouring characters that two texts have in common.
double Likeness(const std::u32string& a, const std::u32string& b) {
  if (a.size() < 2 || b.size() < 2) return 0;
  double common = 0;
  for (std::size_t i = 0; i + 2 <= b.size(); ++i) common += a.find(b.substr(i, 2)) != std::u32string::npos ? 1 : 0;
  return 2 * common / static_cast<double>(a.size() + b.size() - 2);
}

}  // namespace

Result<LocalLibrary> LocalLibrary::Make(const std::map<std::string, YAML::Node>& files) {
  LocalLibrary library;
  for (const char* const part : {"tags", "tracks"}) {  // a track may have tags of any file
    for (const auto& [file, root] : files) {
      DC_RETURN_IF_ERROR(ReadStrictly(file, [&, &root = root](const YamlReader& yaml) {
        yaml.AllowKeys(root, {"tags", "tracks"});
        if (!root[part]) return;
        for (const YAML::Node& node : yaml.Sequence(root[part])) {
          yaml.AllowKeys(node, {"tag", "words", "kind", "title", "artist", "album", "tags", "length_s", "frequency", "address"});
          if (node["tag"]) {
            library.tags_[yaml.String(node["tag"])] = yaml.Strings(node, "words");
            continue;
          }
          const auto text = [&](const char* key) { return skills::CleanName(yaml.String(node, key)); };
          Track track{.kind = text("kind"),
                      .title = text("title"),
                      .artist = text("artist"),
                      .album = text("album"),
                      .length_s = yaml.Number(node, "length_s", kLengthMinS, kLengthMaxS, 0),
                      .frequency = yaml.Number(node, "frequency", 76, 1710, 0),
                      .address = text("address")};
          std::vector<std::string> tags = yaml.Strings(node, "tags");
          tags.push_back(track.kind);
          for (const std::string& tag : tags) {
            if (!library.tags_.contains(tag)) yaml.Fail(node, fmt::format("unknown tag `{:.40}`", tag));
          }
          if (track.title.empty()) yaml.Fail(node, "`title` is needed here");
          if (track.length_s == 0 && track.kind != "station") yaml.Fail(node, "`length_s` is needed: only a station has no end");
          library.Add(std::move(track), std::move(tags));
        }
      }));
    }
  }
  return library;
}

Status LocalLibrary::AddPlaylist(const std::string& file, std::string_view text) {
  constexpr std::string_view kMark = "#EXTINF:";
  Track track;
  int number = 0;
  for (std::string_view line : Split(text, '\n')) {
    ++number;
    line = Trim(line);
    if (line.starts_with(kMark)) {
      const std::size_t comma = line.find(',');
      std::from_chars(line.data() + kMark.size(), line.data() + line.size(), track.length_s);
      if (comma == std::string_view::npos || !(track.length_s >= kLengthMinS && track.length_s <= kLengthMaxS))
        return InvalidArgument(fmt::format("{}:{}: \"#EXTINF:seconds,artist - title\" is expected", file, number));
      const std::string_view name = line.substr(comma + 1);
      const std::size_t dash = name.find(" - ");
      track.artist = dash == std::string_view::npos ? "" : skills::CleanName(name.substr(0, dash));
      track.title = skills::CleanName(dash == std::string_view::npos ? name : name.substr(dash + 3));
    } else if (!line.empty() && !line.starts_with('#')) {
      if (track.title.empty()) return InvalidArgument(fmt::format("{}:{}: an address without #EXTINF before it", file, number));
      track.kind = "song";
      track.address = skills::CleanName(line);
      Add(std::exchange(track, {}), {"song"});
    }
  }
  return {};
}

void LocalLibrary::Add(Track track, std::vector<std::string> tags) {
  Entry entry;
  const auto add = [&](const std::string& text, int tells) {
    if (std::u32string phrase = Normal(text); !phrase.empty()) entry.phrases.emplace_back(std::move(phrase), tells);
  };
  add(track.title, kByTitle);
  add(track.artist, kByArtist);
  add(track.album, kByAlbum);
  for (const std::string& tag : tags) {
    add(tag, kByTag);
    for (const std::string& word : tags_[tag]) add(word, kByTag);
  }
  std::stable_sort(entry.phrases.begin(), entry.phrases.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  entry.track = std::move(track);
  entries_.push_back(std::move(entry));
}

// A track is what was asked when its names and tags account for every word of the question.
Found LocalLibrary::Among(const Query& query) const {
  const std::u32string wanted = Normal(query.text);
  std::vector<std::pair<double, const Track*>> exact, near;
  for (const Entry& entry : entries_) {
    if (!query.kind.empty() && entry.track.kind != query.kind) continue;
    std::u32string left = wanted;
    double weight = 0, likeness = 0;
    for (const auto& [phrase, tells] : entry.phrases) {
      if (tells > kByTag) likeness = std::max(likeness, Likeness(wanted, phrase));
      const std::size_t at = left.find(phrase);
      if (at == std::u32string::npos) continue;
      left.erase(at, phrase.size());
      weight += tells;
    }
    for (const auto& [phrase, tells] : entry.phrases) {  // what is left may be part of a name
      if (tells == kByTag || left.size() < 2 || phrase.find(left) == std::u32string::npos) continue;
      left.clear();
      weight += tells;
    }
    std::erase_if(left, [](char32_t c) { return kFillersZh.find(c) != std::u32string_view::npos; });
    if (left.empty() && (weight > 0 || wanted.empty())) exact.emplace_back(weight, &entry.track);
    else near.emplace_back(weight + likeness, &entry.track);
  }
  const bool is_exact = !exact.empty();
  auto& best = is_exact ? exact : near;
  std::stable_sort(best.begin(), best.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  best.resize(std::min(best.size(), is_exact ? kTracksFoundMax : kNearMax));
  Found found{.exact = is_exact};
  for (const auto& [score, track] : best) found.tracks.push_back(*track);
  return found;
}

Result<Found> LocalLibrary::Search(const Query& query) const {
  Found found = Among(query);
  if (found.exact || query.kind.empty()) return found;
  Found anywhere = Among({.text = query.text});
  return anywhere.exact ? anywhere : found;
}

}  // namespace deepcabin::media

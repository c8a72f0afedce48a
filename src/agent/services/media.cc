#include "agent/services/media.h"

#include <array>
#include <cmath>
#include <mutex>

#include "agent/services/say.h"
#include "base/text.h"
#include "skills/map/names.h"
#include "skills/media/player.h"

namespace deepcabin::agent {
namespace {

using media::State;
using media::Track;

constexpr std::string_view kState = "Vehicle.DeepCabin.Media.PlaybackState", kLoop = "Vehicle.DeepCabin.Media.Loop";
const std::string kPlayed = "Vehicle.Cabin.Infotainment.Media.Played.";
constexpr std::array<std::string_view, 3> kStates{"STOP", "PLAY", "PAUSE"};
constexpr std::array<std::string_view, 4> kLoops{"ORDER", "ONE", "ALL", "SHUFFLE"};
constexpr double kSameStation = 0.051;

// What each capability plays where nothing more is said; where `zh` stands, nothing can play it and that is the answer.
struct Row {
  std::string_view capability, kind{}, zh{}, en{};
};
constexpr std::array<Row, 19> kRows{{{"media.playback", "song"},
                                     {"media.music", "song"},
                                     {"media.podcast", "podcast"},
                                     {"media.audiobook", "audiobook"},
                                     {"media.radio", "station"},
                                     {"media.news", "news"},
                                     {"media.sleep_sounds", "sound"},
                                     {"media.kids_songs", "nursery"},
                                     {"media.recommend", "song"},
                                     {"media.local", "song"},
                                     {"media.playlist", "song"},
                                     {"media.favourite"},
                                     {"media.history"},
                                     {"media.dislike"},
                                     {"media.video", "", "视频源还没有设置", "no video source is set up"},
                                     {"media.live_tv", "", "电视源还没有设置", "no television source is set up"},
                                     {"media.karaoke", "", "K歌曲库还没有设置", "no karaoke source is set up"},
                                     {"media.download", "", "曲目都在车上，不用下载", "the titles are already in the car"},
                                     {"media.radio_scan", "", "这里没有真的收音机，不能搜台", "there is no real tuner to scan with"}}};

template <typename Table>
std::size_t IndexOf(const Table& words, std::string_view word) {
  return static_cast<std::size_t>(std::find(words.begin(), words.end(), word) - words.begin());
}

std::string Named(const Track& track, Language language) {
  if (track.frequency > 0) return fmt::format("{} {:g}", track.title, track.frequency);
  if (track.artist.empty()) return Say(language, "《{}》", "{}", track.title);
  return Say(language, "{1}的《{0}》", "{0} by {1}", track.title, track.artist);
}

const Row* RowOf(std::string_view capability) {
  const auto* const row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.capability == capability; });
  return row == kRows.end() ? nullptr : row;
}

class MediaService final : public Service {
 public:
  MediaService(const CarAccess& car, const media::MediaSource& source, const Clock& clock) : car_(car), source_(source), player_(clock) {}

  bool Handles(const ServiceRequest& request) const override {
    const std::string& name = request.capability.name;
    return name == "media.seek" || name == "media.episode" || RowOf(name) != nullptr;
  }

  ServiceAnswer Run(const ServiceRequest& request) override {
    const std::lock_guard lock(mutex_);
    Follow();
    offered_for_ = request.call;
    offered_to_ = request.speaker;
    return Mirrored(Do(request), request.speaker);
  }

  ServiceAnswer Accept(Language language) override {
    const std::lock_guard lock(mutex_);
    if (offered_.empty()) return {};
    ServiceAnswer answer = Mirrored(Play(std::exchange(offered_, {}), language), offered_to_);
    answer.taken = offered_for_;
    return answer;
  }

  void Decline() override {
    const std::lock_guard lock(mutex_);
    offered_.clear();
  }

 private:
  ServiceAnswer Do(const ServiceRequest& request) {
    const auto& [call, capability, speaker, language, said] = request;
    const std::string& name = capability.name;
    if (name == "media.seek" || name == "media.episode") return Move(call, name == "media.episode", language);
    const Row& row = *RowOf(name);
    if (!row.zh.empty()) return NotDone(language, row.zh, row.en);
    if (row.kind.empty()) return Keep(call.op, name, language);
    const bool finds = call.op == Op::kPlay || call.op == Op::kSearch || call.op == Op::kOpen;
    const bool goes_on = name == "media.playback" && player_.current() != nullptr;
    return finds && !goes_on ? Find(call, row.kind, language) : Control(call.op, language);
  }

  ServiceAnswer Find(const Call& call, std::string_view kind, Language language) {
    const auto* frequency = std::get_if<double>(&call.value);
    const bool is_open = call.text.empty() && frequency == nullptr;
    auto found = source_.Search({.text = call.text, .kind = std::string(kind)});
    if (!found) return NotDone(language, "现在找不了曲目", "titles cannot be searched just now");
    std::vector<Track>& tracks = found->tracks;
    if (frequency != nullptr) {
      const auto is_it = [&](const Track& track) { return std::abs(track.frequency - *frequency) < kSameStation; };
      const auto station = std::find_if(tracks.begin(), tracks.end(), is_it);
      if (station == tracks.end()) return NotDone(language, "{:g}没有电台", "there is no station on {:g}", *frequency);
      std::rotate(tracks.begin(), station, tracks.end());
    }
    if (tracks.empty()) return NotDone(language, "曲库里没有", "the library has none");
    const std::string first = Named(tracks.front(), language);
    if (!found->exact) {
      offered_ = std::move(tracks);
      auto answer =
          NotDone(language, "曲库里没有{}，放{}可以吗？", "The library has no {}. Shall I play {}?", skills::CleanName(call.text), first);
      answer.asks = true;
      return answer;
    }
    if (call.op == Op::kSearch) return Done(language, "找到{}个，第一个是{}", "I found {}, the first is {}", tracks.size(), first);
    // Without a wish it is not always the same one; a book begins at its beginning.
    if (is_open && kind == "song")
      std::rotate(tracks.begin(), tracks.begin() + static_cast<int>(player_.history().size() % tracks.size()), tracks.end());
    return Play(std::move(tracks), language);
  }

  ServiceAnswer Play(std::vector<Track> tracks, Language language) {
    if (!player_.Play(std::move(tracks))) return NotDone(language, "没有可以放的", "there is nothing to play");
    return Done(language, "正在播放{}", "Playing {}", Named(*player_.current(), language));
  }

  ServiceAnswer Control(Op op, Language language) {
    const Track* track = player_.current();
    if (op == Op::kToggle) op = player_.state() == State::kPlay ? Op::kPause : Op::kPlay;
    if (track == nullptr && (op == Op::kPlay || op == Op::kNext || op == Op::kPrev)) return Find({}, "song", language);
    if (track == nullptr || (op == Op::kQuery && player_.state() == State::kStop))
      return Done(language, "现在没有在播放", "Nothing is playing");
    if ((op == Op::kNext || op == Op::kPrev) && !player_.Skip(op == Op::kNext ? 1 : -1))
      return NotDone(language, "前后没有别的了", "there is nothing more that way");
    if (op == Op::kPause || op == Op::kStop) player_.SetState(op == Op::kPause ? State::kPause : State::kStop);
    else if (op != Op::kQuery) player_.SetState(State::kPlay);
    if (player_.state() == State::kStop) return Done(language, "已停止播放", "Stopped");
    const std::string name = Named(*player_.current(), language);
    return player_.state() == State::kPause ? Done(language, "已暂停{}", "Paused: {}", name)
                                            : Done(language, "正在播放{}", "Playing {}", name);
  }

  ServiceAnswer Move(const Call& call, bool is_episode, Language language) {
    const auto* number = std::get_if<double>(&call.value);
    if (is_episode) {
      if (call.op == Op::kNext || call.op == Op::kPrev) return Control(call.op, language);
      const bool is_there = call.op == Op::kQuery
                                ? player_.current() != nullptr
                                : number != nullptr && *number >= 1 && player_.GoTo(static_cast<std::size_t>(*number) - 1);
      if (!is_there) return NotDone(language, "没有这一集", "there is no such episode");
      return Done(language, "第{}集，{}", "Number {}, {}", player_.index() + 1, Named(*player_.current(), language));
    }
    if (player_.current() == nullptr || player_.current()->length_s == 0)
      return NotDone(language, "现在放的不能快进快退", "there is nothing to move within");
    constexpr double kStepS = 15;
    const double by = number != nullptr ? *number * (call.unit == "min" ? 60 : 1) : kStepS;
    if (call.op == Op::kIncrease) player_.Seek(player_.position_s() + by);
    else if (call.op == Op::kDecrease) player_.Seek(player_.position_s() - by);
    else if (call.op == Op::kSet) player_.Seek(number != nullptr ? by : 0);
    const int at = static_cast<int>(player_.position_s());
    return Done(language, "播放到{}分{}秒", "At {} min {} s", at / 60, at % 60);
  }

  // Favourites, what was heard, what is never to be heard again.
  ServiceAnswer Keep(Op op, std::string_view capability, Language language) {
    if (op == Op::kOn || op == Op::kOff) {
      if (player_.current() == nullptr) return NotDone(language, "现在没有在播放", "nothing is playing");
      const std::string name = Named(*player_.current(), language);
      if (capability == "media.dislike") {
        player_.Dislike();
        return Done(language, "以后不放{}了", "I will not play {} again", name);
      }
      player_.SetFavourite(op == Op::kOn);
      return op == Op::kOn ? Done(language, "已收藏{}", "Kept as a favourite: {}", name)
                           : Done(language, "已取消收藏{}", "No longer a favourite: {}", name);
    }
    std::vector<Track> tracks = capability == "media.favourite" ? player_.favourites() : player_.history();
    std::reverse(tracks.begin(), tracks.end());
    if (tracks.empty()) return NotDone(language, "还没有记录", "there are none yet");
    if (op == Op::kPlay) return Play(std::move(tracks), language);
    return Done(language, "共{}个，最近的是{}", "{} in all, the latest is {}", tracks.size(), Named(tracks.front(), language));
  }

  // The page, a scenario or another service may have set the signals since.
  void Follow() {
    const auto id = car_.catalogue.FindSignal(kState);
    const vehicle::Datapoint point = id ? car_.signals.Get(*id) : vehicle::Datapoint{};
    const std::string word = point.target ? ValueToString(*point.target) : car_.Word(kState);
    if (const std::size_t state = IndexOf(kStates, word); word != seen_ && state < kStates.size())
      player_.SetState(static_cast<State>(state), point.target ? point.target_at : player_.now());
    seen_ = word;
    player_.Set(static_cast<media::Loop>(IndexOf(kLoops, car_.Word(kLoop)) % kLoops.size()),
                car_.Number(kPlayed + "PlaybackRate").value_or(1));
  }

  ServiceAnswer Mirrored(ServiceAnswer answer, Zone speaker) {
    const std::string word(kStates[static_cast<std::size_t>(player_.state())]);
    const Track track = player_.current() != nullptr ? *player_.current() : Track{};
    if (player_.current() != nullptr) {
      if (car_.Move(kState, word, speaker)) seen_ = word;
      car_.Report(kPlayed + "Track", track.title);
      car_.Report(kPlayed + "Artist", track.artist);
      car_.Report(kPlayed + "Album", track.album);
      car_.Report(kPlayed + "URI", track.address);
    }
    answer.card = {{"kind", "media"},
                   {"title", track.title},
                   {"artist", track.artist},
                   {"state", ToLowerAscii(word)},
                   {"position_s", static_cast<int>(player_.position_s())},
                   {"length_s", static_cast<int>(track.length_s)}};
    return answer;
  }

  const CarAccess car_;
  const media::MediaSource& source_;
  std::mutex mutex_;
  media::Player player_;
  std::string seen_;  // of the playback signal
  std::vector<Track> offered_;
  Call offered_for_;
  Zone offered_to_ = Zone::kWhole;
};

}  // namespace

std::unique_ptr<Service> MakeMediaService(const CarAccess& car, const media::MediaSource& source, const Clock& clock) {
  return std::make_unique<MediaService>(car, source, clock);
}

}  // namespace deepcabin::agent

#pragma once
// What the weather will be, from a service outside. Of its answer only numbers, dates and codes are kept; the words are ours.

#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "skills/map/geo.h"
#include "skills/outside.h"

namespace deepcabin::skills {

inline constexpr std::size_t kForecastDays = 10;
inline constexpr Nanos kWeatherFresh = std::chrono::minutes(10);  // younger: it is not asked for again
inline constexpr Nanos kWeatherStale = std::chrono::hours(6);     // older: it is not told any more
inline constexpr std::size_t kWeatherPlacesMax = 32;

struct Sky {
  std::string_view zh = "天气不明", en = "unknown sky";
  bool is_wet = false;
};

struct WeatherDay {
  std::chrono::sys_days date{};  // where it is
  Sky sky{};
  double min = 0, max = 0;  // °C
  int rain_percent = -1;    // -1: the service does not tell
};

struct Forecast {
  std::optional<double> celsius{};  // now
  std::vector<WeatherDay> days{};   // from today on, not empty
};

struct AirQuality {
  int index = 0;  // as in the USA or in China: below 51 good, below 101 moderate …
  std::optional<double> pm25{};
};

struct City {
  std::string name;
  Position position;
};

// Thread-safe. Positions leave with two decimals: about a kilometre.
class WeatherSource {
 public:
  virtual ~WeatherSource() = default;
  virtual Result<Forecast> Ahead(const Position& at) const = 0;
  virtual Result<AirQuality> Air(const Position& at) const = 0;
  // kNotFound: no city of that name.
  virtual Result<City> Find(std::string_view name, bool in_chinese) const = 0;
};

std::unique_ptr<WeatherSource> MakeOpenMeteo(Outside outside);  // url, air_url, search_url; a key only for paying customers
std::unique_ptr<WeatherSource> MakeQWeather(Outside outside);   // url is the customer's own host

// Answers about places, asked for at most every ten minutes. Thread-safe; the clock outlives it.
template <typename T>
class Kept {
 public:
  struct Aged {
    T value;
    Nanos age;
  };
  explicit Kept(const Clock& clock) : clock_(clock) {}

  // What is fresh is given again; where asking fails, the last answer, if it is not too old. Two may ask for the same at once.
  template <typename Asking>
  Result<Aged> Get(const Position& at, const Asking& asking) {
    const std::pair place(std::lround(at.lat * 100), std::lround(at.lon * 100));
    std::optional<Aged> last;
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = kept_.find(place); found != kept_.end()) last = Aged{found->second.value, clock_.Now() - found->second.age};
    }
    if (last && last->age < kWeatherFresh) return *std::move(last);
    Result<T> asked = asking();
    if (!asked && last && last->age < kWeatherStale) return *std::move(last);
    if (!asked) return std::move(asked).error();
    const std::lock_guard lock(mutex_);
    if (kept_.size() >= kWeatherPlacesMax && !kept_.contains(place)) kept_.clear();
    kept_.insert_or_assign(place, Aged{*asked, clock_.Now()});
    return Aged{*std::move(asked), Nanos(0)};
  }

 private:
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::pair<long, long>, Aged> kept_;  // `age` is the time of the answer here
};

}  // namespace deepcabin::skills

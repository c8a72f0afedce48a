#include "agent/services/weather.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "agent/services/say.h"
#include "base/text.h"
#include "skills/map/names.h"

namespace deepcabin::agent {
namespace {

constexpr int kUmbrellaPercent = 50;     // from here on an umbrella is advised
constexpr std::size_t kDaysToldMax = 3;  // the card shows all
constexpr double kDarkPercent = 15;
constexpr std::size_t kTextBytesMax = 400;

// What may stand in a call's text besides place and day.
constexpr std::string_view kNotPlaces =
    "天气预报|天气|气温|温度|下雨|下雪|有雨|有雪|会不会|空气质量|空气|雾霾|的|呢|吗|weather|forecast|rain|raining|snow|temperature|"
    "umbrella|"
    "air quality|in|at|on|for|the";

std::string DateText(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

// A call may carry the days in its text or as a time; else they stand in what was said.
DaysMeant Meant(const ServiceRequest& request, int weekday) {
  const std::string_view of_time = request.call.when ? std::string_view(request.call.when->day) : std::string_view();
  for (const std::string_view text : {std::string_view(request.call.text), of_time, request.said}) {
    if (const auto days = ReadDays(text, weekday)) return *days;
  }
  return {};
}

// 杭州明天小雨，12到18度，降水概率80%，记得带伞
std::string Tell(std::span<const skills::WeatherDay> days, int first, int weekday, const std::string& place, Language language) {
  const bool in_chinese = language == Language::kChinese;
  std::string text;
  bool is_wet = false;
  for (std::size_t i = 0; i < std::min(days.size(), kDaysToldMax); ++i) {
    const skills::WeatherDay& day = days[i];
    const std::string name = DayName(first + static_cast<int>(i), weekday, language);
    if (in_chinese) text += (i == 0 ? place : "；") + name;
    else text += (i == 0 ? name + (place.empty() ? "" : " in " + place) : "; " + name) + ": ";
    text += Say(language, "{}，{}到{}度", "{}, {} to {} degrees", Either(language, day.sky.zh, day.sky.en), std::lround(day.min),
                std::lround(day.max));
    if (day.rain_percent > 0) text += Say(language, "，降水概率{}%", ", {}% chance of rain", day.rain_percent);
    is_wet = is_wet || day.sky.is_wet || day.rain_percent >= kUmbrellaPercent;
  }
  if (is_wet) return text + Either(language, "，记得带伞", ", take an umbrella");
  return text + (days.size() == 1 ? Either(language, "，不用带伞", ", no umbrella needed") : "");
}

OrderedJson Card(const skills::City& place, std::span<const skills::WeatherDay> days) {
  OrderedJson card = {{"kind", "weather"}, {"place", place.name}, {"days", OrderedJson::array()}};
  for (const skills::WeatherDay& day : days) {
    OrderedJson one = {{"date", DateText(day.date)}, {"zh", day.sky.zh}, {"en", day.sky.en}};
    one["min"] = std::lround(day.min);
    one["max"] = std::lround(day.max);
    one["rain_percent"] = day.rain_percent >= 0 ? OrderedJson(day.rain_percent) : OrderedJson();
    card["days"].push_back(std::move(one));
  }
  return card;
}

std::string Dust(double value, Language language) {
  return Say(language, "PM2.5每立方米{}微克", "PM2.5 {} micrograms per cubic metre", std::lround(value));
}

// "" while it is fresh.
std::string Age(Nanos age, Language language) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(age).count();
  return age < skills::kWeatherFresh ? "" : Say(language, "（{}分钟前的消息）", " (as of {} minutes ago)", minutes);
}

}  // namespace

std::string ReadPlace(std::string text) {
  text = text.substr(0, kTextBytesMax);
  while (const auto days = ReadDays(text, 0)) text.replace(days->begin, days->size, " ");
  for (const std::string_view word : Split(kNotPlaces, '|')) {
    for (std::size_t at = 0; (at = FindWord(ToLowerAscii(text), word)) != std::string::npos;) text.replace(at, word.size(), " ");
  }
  return skills::CleanName(text);
}

ServiceAnswer WeatherService::Run(const ServiceRequest& request) {
  const Language language = request.language;
  skills::City place{.name = ReadPlace(request.call.text), .position = parts_.navigation.Here()};
  if (parts_.source == nullptr) {
    const bool is_now = Meant(request, WeekdayOf(Day(Nanos(0)))).first == 0;
    return FromSensors(request, place.name.empty() && is_now, false);
  }
  if (!place.name.empty()) {
    const auto city = parts_.source->Find(place.name, language == Language::kChinese);
    if (!city && city.error().code != ErrorCode::kNotFound) return FromSensors(request, false, true);
    if (!city) return {.said = Say(language, "没找到“{}”这个地方", "I found no place called {}", place.name)};
    place.position = city->position;  // the name stays as it was said
  }
  return request.capability.name == "air_quality_outside" ? Air(place, request) : Weather(place, request);
}

Result<skills::Kept<skills::Forecast>::Aged> WeatherService::Ahead(const skills::Position& at) {
  return ahead_.Get(at, [&] { return parts_.source->Ahead(at); });
}

std::optional<bool> WeatherService::RainsToday() {
  if (parts_.source == nullptr) return std::nullopt;
  const auto found = Ahead(parts_.navigation.Here());
  if (!found) return std::nullopt;
  const skills::WeatherDay& today = found->value.days.front();
  return today.rain_percent >= 0 ? today.rain_percent >= kUmbrellaPercent : today.sky.is_wet;
}

ServiceAnswer WeatherService::Weather(const skills::City& place, const ServiceRequest& request) {
  const Language language = request.language;
  const auto found = Ahead(place.position);
  if (!found) return FromSensors(request, false, true);
  const auto& [forecast, age] = *found;
  // Days are those of the place: its today is the first of the forecast, unless midnight has passed since.
  const auto passed = static_cast<int>((Day(Nanos(0)) - Day(age)).count());
  const int weekday = (WeekdayOf(forecast.days.front().date) + passed) % 7;
  const DaysMeant meant = Meant(request, weekday);
  const auto first = static_cast<std::size_t>(meant.first + passed);
  if (first >= forecast.days.size())
    return {.said = Say(language, "预报只到{}", "the forecast ends on {}", DateText(forecast.days.back().date))};
  const std::size_t count = std::min(forecast.days.size() - first, static_cast<std::size_t>(meant.last - meant.first) + 1);
  const auto days = std::span(forecast.days).subspan(first, count);
  std::string said = Tell(days, meant.first, weekday, place.name, language);
  if (count == 1 && first == 0 && forecast.celsius) said += Say(language, "，现在{}度", ", now {} degrees", std::lround(*forecast.celsius));
  return {.done = true, .said = Capital(std::move(said)) + Age(age, language), .card = Card(place, days)};
}

ServiceAnswer WeatherService::Air(const skills::City& place, const ServiceRequest& request) {
  // The steps of the Chinese and of the American index are the same.
  constexpr std::array<int, 5> kSteps{50, 100, 150, 200, 300};
  constexpr std::array<std::string_view, 6> kZh{"优", "良", "轻度污染", "中度污染", "重度污染", "严重污染"},
      kEn{"good", "moderate", "unhealthy for sensitive people", "unhealthy", "very unhealthy", "hazardous"};
  const Language language = request.language;
  const auto found = air_.Get(place.position, [&] { return parts_.source->Air(place.position); });
  if (!found) return FromSensors(request, false, true);
  const skills::AirQuality& air = found->value;
  const auto level = static_cast<std::size_t>(std::lower_bound(kSteps.begin(), kSteps.end(), air.index) - kSteps.begin());
  const std::string where = language == Language::kChinese || place.name.empty() ? place.name : " in " + place.name;
  std::string said = Say(language, "{}空气质量指数{}，{}", "The air quality index{} is {}, {}", where, air.index,
                         Either(language, kZh[level], kEn[level]));
  if (air.pm25) said += Either(language, "，", ", ") + Dust(*air.pm25, language);
  OrderedJson card = {{"kind", "air"}, {"place", place.name}, {"index", air.index}, {"zh", kZh[level]}, {"en", kEn[level]}};
  return {.done = true, .said = said + Age(found->age, language), .card = std::move(card)};
}

ServiceAnswer WeatherService::FromSensors(const ServiceRequest& request, bool answers, bool is_down) const {
  const Language language = request.language;
  std::string seen;
  const auto add = [&](const std::string& text) { seen += (seen.empty() ? "" : Either(language, "，", ", ")) + text; };
  if (request.capability.name == "air_quality_outside") {
    if (const auto dust = parts_.navigation.Number("Vehicle.DeepCabin.Exterior.PM25")) add(Dust(*dust, language));
  } else {
    const auto degrees = parts_.navigation.Number("Vehicle.Exterior.AirTemperature"),
               rain = parts_.navigation.Number("Vehicle.Body.Raindetection.Intensity");
    const auto light = parts_.navigation.Number("Vehicle.Exterior.LightIntensity");
    if (degrees) add(Say(language, "{}度", "{} degrees", std::lround(*degrees)));
    if (rain) add(*rain > 0 ? Either(language, "在下雨", "rain") : Either(language, "没下雨", "no rain"));
    if (light && *light < kDarkPercent) add(Either(language, "光线暗", "dark"));
  }
  std::string said = is_down ? Either(language, "天气服务现在用不了", "the weather service does not answer")
                             : Either(language, "没有接天气服务", "there is no weather service");
  if (!seen.empty()) said += Either(language, "；车外传感器：", "; the sensors outside say: ") + seen;
  const bool done = answers && !seen.empty();
  return {.done = done, .said = done ? Capital(std::move(said)) : said};
}

std::chrono::sys_days WeatherService::Day(Nanos ago) const {
  const auto then = parts_.clock.WallTime() - std::chrono::duration_cast<std::chrono::system_clock::duration>(ago) + parts_.utc_offset;
  return std::chrono::floor<std::chrono::days>(then);
}

}  // namespace deepcabin::agent

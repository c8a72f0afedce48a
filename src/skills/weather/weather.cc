#include "skills/weather/weather.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "skills/map/names.h"
#include "web/fetch.h"

namespace deepcabin::skills {
namespace {

constexpr Sky kClear{"晴", "clear"}, kFair{"晴间多云", "partly cloudy"}, kCloudy{"多云", "cloudy"}, kOvercast{"阴", "overcast"},
    kFog{"有雾", "fog"}, kHaze{"有霾", "haze"}, kDust{"有沙尘", "dust"}, kDrizzle{"毛毛雨", "drizzle", true},
    kShowers{"阵雨", "showers", true}, kLightRain{"小雨", "light rain", true}, kRain{"中雨", "rain", true},
    kHeavyRain{"大雨", "heavy rain", true}, kFreezing{"冻雨", "freezing rain", true}, kSleet{"雨夹雪", "sleet", true},
    kLightSnow{"小雪", "light snow", true}, kSnow{"中雪", "snow", true}, kHeavySnow{"大雪", "heavy snow", true},
    kThunder{"雷阵雨", "thunderstorms", true}, kHail{"雷雨冰雹", "thunderstorms with hail", true};

// Up to and including `last`, from where the row before it ends.
struct CodeRow {
  int last;
  Sky sky;
};
// The weather codes of the WMO, table 4677, as far as Open-Meteo gives them.
constexpr auto kWmo = std::to_array<CodeRow>({{0, kClear},      {1, kFair},       {2, kCloudy},    {3, kOvercast},   {44, {}},
                                              {48, kFog},       {50, {}},         {55, kDrizzle},  {57, kFreezing},  {61, kLightRain},
                                              {63, kRain},      {65, kHeavyRain}, {67, kFreezing}, {71, kLightSnow}, {73, kSnow},
                                              {75, kHeavySnow}, {77, kSnow},      {80, kShowers},  {81, kShowers},   {82, kHeavyRain},
                                              {84, {}},         {86, kSnow},      {94, {}},        {95, kThunder},   {99, kHail}});
// The icons of QWeather.
constexpr auto kIcons = std::to_array<CodeRow>(
    {{99, {}},          {100, kClear},   {101, kCloudy},    {103, kFair},      {104, kOvercast}, {149, {}},         {150, kClear},
     {153, kCloudy},    {299, {}},       {301, kShowers},   {303, kThunder},   {304, kHail},     {305, kLightRain}, {306, kRain},
     {308, kHeavyRain}, {309, kDrizzle}, {312, kHeavyRain}, {313, kFreezing},  {314, kRain},     {318, kHeavyRain}, {349, {}},
     {351, kShowers},   {398, {}},       {399, kRain},      {400, kLightSnow}, {401, kSnow},     {403, kHeavySnow}, {406, kSleet},
     {407, kLightSnow}, {408, kSnow},    {410, kHeavySnow}, {455, {}},         {456, kSleet},    {457, kLightSnow}, {498, {}},
     {499, kSnow},      {501, kFog},     {502, kHaze},      {504, kDust},      {506, {}},        {508, kDust},      {510, kFog},
     {513, kHaze},      {515, kFog}});

template <std::size_t N>
Sky SkyOf(const std::array<CodeRow, N>& rows, std::optional<double> code) {
  if (!code || *code < 0) return {};
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const CodeRow& r) { return *code <= r.last; });
  return row != rows.end() ? row->sky : Sky{};
}

std::optional<double> Celsius(const Json& json) {
  const auto value = NumberOf(json);
  return value && *value > -95 && *value < 65 ? value : std::nullopt;
}

std::optional<std::chrono::sys_days> DateOf(const std::string& text) {
  const auto year = NumberOf(text.substr(0, 4)), month = NumberOf(text.substr(std::min<std::size_t>(5, text.size()), 2)),
             day = NumberOf(text.substr(std::min<std::size_t>(8, text.size())));
  if (text.size() != 10 || !year || !month || !day || *month < 0 || *day < 0) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

// False: no day of a forecast.
bool AddDay(Forecast& forecast, const Json& date, Sky sky, const Json& min, const Json& max, const Json& rain) {
  const auto low = Celsius(min), high = Celsius(max), percent = NumberOf(rain);
  const auto on = DateOf(TextOf(date));
  const bool follows = on && (forecast.days.empty() || *on == forecast.days.back().date + std::chrono::days(1));
  if (!low || !high || *low > *high || !follows || forecast.days.size() >= kForecastDays) return false;
  WeatherDay day{.date = *on, .sky = sky, .min = *low, .max = *high};
  if (percent && *percent >= 0 && *percent <= 100) day.rain_percent = static_cast<int>(std::lround(*percent));
  forecast.days.push_back(day);
  return true;
}

Result<City> CityOf(const Json& found, std::string_view lat, std::string_view lon, std::string_view asked) {
  const auto north = NumberOf(At(found, lat)), east = NumberOf(At(found, lon));
  const Position position{north.value_or(91), east.value_or(0)};
  if (!east || !IsOnEarth(position)) return NotFound(fmt::format("no city \"{}\"", CleanName(asked)));
  return City{TextOf(At(found, "name")), position};
}

Result<AirQuality> AirOf(std::optional<double> index, std::optional<double> pm25, const std::string& url) {
  if (!index || *index < 0 || *index > 1000) return Unavailable(url + ": no air quality in the answer");
  if (pm25 && (*pm25 < 0 || *pm25 > 10'000)) pm25.reset();
  return AirQuality{static_cast<int>(std::lround(*index)), pm25};
}

class OpenMeteo final : public WeatherSource {
 public:
  explicit OpenMeteo(Outside outside) : outside_(std::move(outside)) {}

  Result<Forecast> Ahead(const Position& at) const override {
    DC_ASSIGN_OR_RETURN(const Json json, Exchange(outside_).Ask(
                                             fmt::format("{}/v1/forecast?{}&current=temperature_2m&daily=weather_code,temperature_2m_max,"
                                                         "temperature_2m_min,precipitation_probability_max&timezone=auto&forecast_days={}",
                                                         outside_.url, Where(at), kForecastDays)));
    Forecast forecast{.celsius = Celsius(At(At(json, "current"), "temperature_2m"))};
    const Json& daily = At(json, "daily");
    const auto value = [&](std::string_view name, std::size_t i) -> const Json& { return At(At(daily, name), i); };
    for (std::size_t i = 0; i < Items(At(daily, "time")).size(); ++i) {
      if (!AddDay(forecast, value("time", i), SkyOf(kWmo, NumberOf(value("weather_code", i))), value("temperature_2m_min", i),
                  value("temperature_2m_max", i), value("precipitation_probability_max", i)))
        break;
    }
    if (forecast.days.empty()) return Unavailable(outside_.url + ": no forecast in the answer");
    return forecast;
  }

  Result<AirQuality> Air(const Position& at) const override {
    DC_ASSIGN_OR_RETURN(const Json json,
                        Exchange(outside_).Ask(fmt::format("{}/v1/air-quality?{}&current=us_aqi,pm2_5", outside_.air_url, Where(at))));
    const Json& current = At(json, "current");
    return AirOf(NumberOf(At(current, "us_aqi")), NumberOf(At(current, "pm2_5")), outside_.air_url);
  }

  Result<City> Find(std::string_view name, bool in_chinese) const override {
    DC_ASSIGN_OR_RETURN(const Json json,
                        Exchange(outside_).Ask(fmt::format("{}/v1/search?name={}&count=1&language={}&format=json{}", outside_.search_url,
                                                           web::UrlEscape(CleanName(name)), in_chinese ? "zh" : "en", Key())));
    return CityOf(At(At(json, "results"), 0), "latitude", "longitude", name);
  }

 private:
  std::string Key() const { return outside_.key.empty() ? "" : "&apikey=" + web::UrlEscape(outside_.key); }
  std::string Where(const Position& at) const { return fmt::format("latitude={:.2f}&longitude={:.2f}{}", at.lat, at.lon, Key()); }
  const Outside outside_;
};

class QWeather final : public WeatherSource {
 public:
  explicit QWeather(Outside outside) : outside_(std::move(outside)) {}

  Result<Forecast> Ahead(const Position& at) const override {
    Exchange exchange(outside_);
    const std::string where = fmt::format("?location={:.2f},{:.2f}", at.lon, at.lat);
    DC_ASSIGN_OR_RETURN(const Json json, Ask(exchange, "/v7/weather/10d" + where));
    Forecast forecast;
    for (const Json& day : Items(At(json, "daily"))) {
      const Sky sky = SkyOf(kIcons, NumberOf(At(day, "iconDay"))), night = SkyOf(kIcons, NumberOf(At(day, "iconNight")));
      if (!AddDay(forecast, At(day, "fxDate"), night.is_wet && !sky.is_wet ? night : sky, At(day, "tempMin"), At(day, "tempMax"), Json()))
        break;
    }
    if (forecast.days.empty()) return Unavailable(outside_.url + ": no forecast in the answer");
    // A forecast without the temperature of now is one all the same.
    if (const auto now = Ask(exchange, "/v7/weather/now" + where)) forecast.celsius = Celsius(At(At(*now, "now"), "temp"));
    return forecast;
  }

  Result<AirQuality> Air(const Position& at) const override {
    Exchange exchange(outside_);
    DC_ASSIGN_OR_RETURN(const Json json, Ask(exchange, fmt::format("/airquality/v1/current/{:.2f}/{:.2f}", at.lat, at.lon)));
    std::optional<double> index, pm25;
    for (const Json& one : Items(At(json, "indexes"))) {
      const std::string code = TextOf(At(one, "code"));  // others, such as qaqi, count otherwise
      if (code == "us-epa" || code == "cn-mee") index = NumberOf(At(one, "aqi"));
    }
    for (const Json& one : Items(At(json, "pollutants"))) {
      if (TextOf(At(one, "code")) == "pm2p5") pm25 = NumberOf(At(At(one, "concentration"), "value"));
    }
    return AirOf(index, pm25, outside_.url);
  }

  Result<City> Find(std::string_view name, bool in_chinese) const override {
    Exchange exchange(outside_);
    const auto json = Ask(exchange, fmt::format("/geo/v2/city/lookup?location={}&number=1&lang={}", web::UrlEscape(CleanName(name)),
                                                in_chinese ? "zh" : "en"));
    if (!json && json.error().code != ErrorCode::kNotFound) return json.error();
    return CityOf(json ? At(At(*json, "location"), 0) : Json(), "lat", "lon", name);
  }

 private:
  // Some of its answers carry their status as "code" in the body.
  Result<Json> Ask(Exchange& exchange, const std::string& path) const {
    DC_ASSIGN_OR_RETURN(Json json, exchange.Ask(outside_.url + path, {"X-QW-Api-Key: " + outside_.key}));
    const std::string code = TextOf(At(json, "code"));
    if (code == "404" || code == "204" || json.contains("error")) return NotFound(outside_.url + ": it knows nothing of that");
    if (!code.empty() && code != "200") return Unavailable(fmt::format("{}: code {}", outside_.url, code));
    return json;
  }
  const Outside outside_;
};

}  // namespace

std::unique_ptr<WeatherSource> MakeOpenMeteo(Outside outside) { return std::make_unique<OpenMeteo>(std::move(outside)); }
std::unique_ptr<WeatherSource> MakeQWeather(Outside outside) { return std::make_unique<QWeather>(std::move(outside)); }

}  // namespace deepcabin::skills

#include "skills/map/categories.h"

#include <array>

#include "base/text.h"

namespace deepcabin::skills {
namespace {

// Words: the first of each language is the one spoken; the others are understood. "|" stands between them.
struct CategoryRow {
  Category category;
  std::string_view id, tags, zh, en;
};
constexpr std::array<CategoryRow, kCategoryCount> kCategories{{
    {Category::kOther, "place", "", "地点", "place"},
    {Category::kRestaurant, "restaurant", "amenity=restaurant|amenity=food_court", "餐厅|餐馆|饭店|饭馆|馆子|吃饭的地方|吃的|美食|菜馆",
     "restaurant|food|somewhere to eat|place to eat|eatery"},
    {Category::kCafe, "cafe", "amenity=cafe", "咖啡馆|咖啡店|咖啡厅|咖啡", "cafe|coffee shop|coffee|café"},
    {Category::kFastFood, "fast_food", "amenity=fast_food", "快餐店|快餐", "fast food|takeaway"},
    {Category::kCharger, "charger", "amenity=charging_station", "充电桩|充电站|快充站|充电的地方|超充站|超充|充电|充个电|充点电",
     "charger|charging station|charging point|ev charger|charging|fast charger|charge|plug in"},
    {Category::kFuel, "fuel", "amenity=fuel", "加油站|加油|加个油", "petrol station|gas station|fuel|petrol|fill up"},
    {Category::kParking, "parking", "amenity=parking", "停车场|停车位|停车的地方|车位|停车|停个车",
     "car park|parking lot|parking|parking garage|parking space|to park"},
    {Category::kToilet, "toilet", "amenity=toilets", "洗手间|厕所|卫生间|公厕", "toilet|restroom|bathroom|washroom|loo|wc"},
    {Category::kSupermarket, "supermarket", "shop=supermarket", "超市|菜市场", "supermarket|grocery store"},
    {Category::kConvenience, "convenience", "shop=convenience", "便利店|小卖部", "convenience store|corner shop"},
    {Category::kMall, "mall", "shop=mall|shop=department_store", "商场|购物中心|百货", "shopping centre|shopping mall|mall"},
    {Category::kHospital, "hospital", "amenity=hospital|amenity=clinic", "医院|诊所", "hospital|clinic"},
    {Category::kPharmacy, "pharmacy", "amenity=pharmacy", "药店|药房|买药", "pharmacy|drugstore|chemist"},
    {Category::kSchool, "school", "amenity=school|amenity=university|amenity=college", "学校|小学|中学|大学", "school"},
    {Category::kKindergarten, "kindergarten", "amenity=kindergarten", "幼儿园", "kindergarten|nursery"},
    {Category::kHotel, "hotel", "tourism=hotel|tourism=motel|tourism=guest_house", "酒店|宾馆|旅馆|民宿", "hotel|motel"},
    {Category::kBank, "bank", "amenity=bank|amenity=atm", "银行|取款机", "bank|atm|cash machine"},
    {Category::kPark, "park", "leisure=park", "公园", "park"},
    {Category::kAttraction, "attraction", "tourism=attraction|tourism=museum|tourism=viewpoint|tourism=zoo", "景点|博物馆|动物园",
     "sight|attraction|museum"},
    {Category::kCinema, "cinema", "amenity=cinema", "电影院|影院|影城", "cinema|movie theatre|movie theater"},
    {Category::kStation, "station", "railway=station|aeroway=aerodrome|amenity=bus_station", "车站|火车站|高铁站|机场",
     "station|train station|airport"},
    {Category::kServiceArea, "service_area", "highway=services|highway=rest_area", "服务区", "service area|rest area|services"},
    {Category::kCarWash, "car_wash", "amenity=car_wash", "洗车店|洗车", "car wash"},
    {Category::kCarRepair, "car_repair", "shop=car_repair|shop=tyres", "修车店|修理厂|汽车维修|补胎", "car repair|garage|tyre shop"},
    {Category::kPolice, "police", "amenity=police", "派出所|警察局", "police|police station"},
    {Category::kCompany, "company", "office=company|building=office", "写字楼|公司", "office"},
    {Category::kResidential, "residential", "landuse=residential|building=apartments", "小区", "residential estate"},
    {Category::kSuburb, "suburb", "place=suburb|place=quarter|place=neighbourhood|place=village", "片区", "district"},
    {Category::kCity, "city", "place=city|place=town", "城市", "city"},
}};

struct CuisineRow {
  std::string_view id, zh, en;
  bool spicy;
};
constexpr std::array<CuisineRow, 24> kCuisines{{
    {"sichuan", "川菜|四川菜", "Sichuan|szechuan", true},
    {"hunan", "湘菜|湖南菜", "Hunan", true},
    {"chongqing", "重庆菜|江湖菜", "Chongqing", true},
    {"hot_pot", "火锅", "hot pot|hotpot", true},
    {"guizhou", "贵州菜|黔菜", "Guizhou", true},
    {"cantonese", "粤菜|广东菜|早茶", "Cantonese|dim sum", false},
    {"jiangzhe", "江浙菜|杭帮菜|淮扬菜", "Jiangzhe", false},
    {"shanghai", "本帮菜|上海菜", "Shanghainese", false},
    {"northeast", "东北菜", "Northeastern", false},
    {"beijing", "北京菜|烤鸭", "Beijing|peking duck", false},
    {"xinjiang", "新疆菜", "Xinjiang", false},
    {"noodle", "面馆|面条|拉面|吃面", "noodle|noodles|ramen", false},
    {"dumpling", "饺子", "dumpling|dumplings", false},
    {"barbecue", "烧烤|烤肉", "barbecue|bbq", false},
    {"seafood", "海鲜", "seafood", false},
    {"vegetarian", "素食|素菜", "vegetarian|vegan", false},
    {"muslim", "清真", "halal|muslim", false},
    {"japanese", "日料|日本料理|日本菜|寿司", "Japanese|sushi", false},
    {"korean", "韩餐|韩国料理|韩国菜", "Korean", false},
    {"thai", "泰餐|泰国菜", "Thai", true},
    {"italian", "意大利菜|意餐|意面", "Italian|pasta", false},
    {"pizza", "披萨|比萨", "pizza", false},
    {"burger", "汉堡", "burger|burgers", false},
    {"western", "西餐|牛排", "Western|steak", false},
}};

std::string_view First(std::string_view words) { return Split(words, '|').front(); }

const CuisineRow* FindCuisine(std::string_view id) {
  for (const CuisineRow& row : kCuisines) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

// The longest of `words` that stands in `text`; English ones between word borders only.
std::string_view LongestIn(std::string_view text, std::string_view words) {
  std::string_view best;
  for (const std::string_view word : Split(words, '|')) {
    const std::string lower = ToLowerAscii(word);
    const std::size_t at = text.find(lower);
    if (at == std::string_view::npos || lower.size() <= best.size()) continue;
    const auto is_letter = [&](std::size_t i) { return i < text.size() && text[i] >= 'a' && text[i] <= 'z'; };
    const bool is_latin = static_cast<unsigned char>(lower.front()) < 0x80;
    if (is_latin && ((at > 0 && is_letter(at - 1)) || (is_letter(at + lower.size()) && text[at + lower.size()] != 's'))) continue;
    best = text.substr(at, lower.size());
  }
  return best;
}

// What may stand around a kind without naming anything.
constexpr std::array<std::string_view, 42> kFillers{"附近的",     "附近",        "最近的",      "周边的",  "周边",   "好吃的",  "评分高的",
                                                    "评分最高的", "找一家",      "找一个",      "找个",    "一家",   "一个",    "这里的",
                                                    "哪里有",     "有没有",      "好的",        "最好的",  "随便",   "去",      "找",
                                                    "的",         "店",          "馆",          "菜",      "nearby", "nearest", "closest",
                                                    "near me",    "near here",   "around here", "find me", "find",   "good",    "best",
                                                    "the",        "restaurants", "restaurant",  "food",    "place",  "an",      "a"};

void Erase(std::string& text, std::string_view word) {
  const std::size_t at = text.find(word);
  if (at != std::string::npos) text.replace(at, word.size(), " ");
}

}  // namespace

std::string_view CategoryId(Category category) { return kCategories[static_cast<std::size_t>(category)].id; }

SpokenName CategoryName(Category category) {
  const CategoryRow& row = kCategories[static_cast<std::size_t>(category)];
  return {First(row.zh), First(row.en)};
}

std::vector<std::string_view> TagsOf(Category category) {
  const std::string_view tags = kCategories[static_cast<std::size_t>(category)].tags;
  return tags.empty() ? std::vector<std::string_view>() : Split(tags, '|');
}

std::optional<Category> CategoryOfTag(std::string_view key, std::string_view value) {
  for (const CategoryRow& row : kCategories) {
    for (const std::string_view tag : Split(row.tags, '|')) {
      if (tag.size() == key.size() + 1 + value.size() && tag.starts_with(key) && tag[key.size()] == '=' && tag.ends_with(value)) {
        return row.category;
      }
    }
  }
  return std::nullopt;
}

SpokenName CuisineName(std::string_view cuisine) {
  for (const std::string_view word : Split(cuisine, ';')) {
    if (const CuisineRow* row = FindCuisine(Trim(word))) return {First(row->zh), First(row->en)};
  }
  return {};
}

bool HasCuisine(std::string_view cuisine, std::string_view word) {
  for (const std::string_view part : Split(cuisine, ';')) {
    if (Trim(part) == word) return true;
  }
  return false;
}

bool IsSpicy(std::string_view cuisine) {
  for (const std::string_view part : Split(cuisine, ';')) {
    const CuisineRow* row = FindCuisine(Trim(part));
    if (row != nullptr && row->spicy) return true;
  }
  return false;
}

Wish ReadWish(std::string_view text) {
  Wish wish;
  const std::string lower = ToLowerAscii(Trim(text.substr(0, 200)));
  std::string rest = lower;
  std::string_view longest;
  for (const CuisineRow& row : kCuisines) {
    for (const std::string_view words : {row.zh, row.en}) {
      const std::string_view found = LongestIn(lower, words);
      if (found.size() <= longest.size()) continue;
      longest = found;
      wish.cuisine = row.id;
    }
  }
  if (!longest.empty()) {
    Erase(rest, longest);
    wish.category = Category::kRestaurant;
  }
  longest = {};
  const std::string after_cuisine = rest;
  for (const CategoryRow& row : kCategories) {
    if (row.category == Category::kOther || row.category >= Category::kSuburb) continue;
    for (const std::string_view words : {row.zh, row.en}) {
      const std::string_view found = LongestIn(after_cuisine, words);
      if (found.size() <= longest.size()) continue;
      longest = found;
      wish.category = row.category;
    }
  }
  if (!longest.empty()) Erase(rest, std::string(longest));
  for (const std::string_view filler : kFillers) {
    const std::string_view found = LongestIn(rest, filler);
    if (!found.empty()) Erase(rest, std::string(found));
  }
  if (!wish.category || !Trim(rest).empty()) wish.name = Trim(text.substr(0, 200));
  return wish;
}

}  // namespace deepcabin::skills

#include "skills/search/web_search.h"

#include <array>

#include <fmt/format.h>

#include "skills/map/names.h"
#include "web/fetch.h"

namespace deepcabin::skills {
namespace {

// What tells the services apart: where the search lies, and what its hits are called.
struct Dialect {
  std::string_view path, title, text, more_text;
};
constexpr std::array<Dialect, 3> kDialects{
    {{"/search", "title", "content", ""}, {"/search", "title", "content", ""}, {"/v1/web-search", "name", "summary", "snippet"}}};

}  // namespace

Result<std::vector<WebHit>> WebSearch::Search(std::string_view query, const std::stop_token& stop) const {
  const std::string words = CleanName(query, kQueryCharactersMax);
  if (words.empty()) return InvalidArgument("an empty query");
  const Dialect& dialect = kDialects[static_cast<std::size_t>(kind_)];
  std::string url = outside_.url + std::string(dialect.path), body;
  if (kind_ == Kind::kSearxng) url += "?format=json&q=" + web::UrlEscape(words);
  if (kind_ == Kind::kTavily) body = DumpJson(Json{{"query", words}, {"max_results", kHitsMax}});
  if (kind_ == Kind::kBocha) body = DumpJson(Json{{"query", words}, {"count", kHitsMax}, {"summary", true}});
  std::vector<std::string> headers;
  if (!outside_.key.empty()) headers.push_back("Authorization: Bearer " + outside_.key);
  DC_ASSIGN_OR_RETURN(const Json json, Exchange(outside_, stop).Ask(url, std::move(headers), std::move(body)));
  const Json& found = kind_ == Kind::kBocha ? At(At(At(json, "data"), "webPages"), "value") : At(json, "results");
  if (!found.is_array()) return Unavailable(fmt::format("{}{}: no list of results in the answer", outside_.url, dialect.path));
  std::vector<WebHit> hits;
  for (const Json& one : Items(found)) {
    WebHit hit{.title = TextOf(At(one, dialect.title), 100), .url = TextOf(At(one, "url"), 200), .text = {}};
    hit.text = TextOf(At(one, dialect.text), kHitCharactersMax);
    if (hit.text.empty()) hit.text = TextOf(At(one, dialect.more_text), kHitCharactersMax);
    if (!hit.url.starts_with("https://") && !hit.url.starts_with("http://")) hit.url.clear();
    if (!hit.title.empty() || !hit.text.empty()) hits.push_back(std::move(hit));
    if (hits.size() == kHitsMax) break;
  }
  return hits;
}

std::string HitsText(const std::vector<WebHit>& hits) {
  std::string text;
  for (std::size_t i = 0; i < hits.size(); ++i) text += fmt::format("{}. {} ({}): {}\n", i + 1, hits[i].title, hits[i].url, hits[i].text);
  return text.empty() ? "nothing was found" : text;
}

}  // namespace deepcabin::skills

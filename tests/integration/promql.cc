#include "tests/integration/promql.h"

#include <cctype>
#include <set>

namespace nekoplane::integration {

namespace {

bool NameStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == ':';
}

bool NamePart(char c) { return NameStart(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

// The end of what opens at `begin` ('{', '(', '[' or a quote), quoted text inside included.
std::size_t Closing(const std::string& text, std::size_t begin) {
  const char open = text[begin];
  if (open == '"' || open == '\'') {
    std::size_t i = begin + 1;
    while (i < text.size() && text[i] != open) i += text[i] == '\\' ? 2 : 1;
    return i + 1;
  }
  std::size_t i = begin + 1;
  while (i < text.size() && text[i] != '}' && text[i] != ')' && text[i] != ']') {
    i = text[i] == '"' || text[i] == '\'' ? Closing(text, i) : i + 1;
  }
  return i + 1;
}

std::size_t SkipSpace(const std::string& text, std::size_t i) {
  while (i < text.size() && std::isspace(static_cast<unsigned char>(text[i])) != 0) ++i;
  return i;
}

}  // namespace

std::vector<Selector> SelectorsOf(const std::string& query) {
  static const std::set<std::string> kLabelLists{"by",       "without",    "on",
                                                 "ignoring", "group_left", "group_right"};
  // Aggregations too: a list of labels may come before their parenthesis.
  static const std::set<std::string> kOperators{
      "and", "or",  "unless", "bool",  "offset", "inf",  "nan",     "sum",
      "avg", "min", "max",    "count", "group",  "topk", "bottomk", "quantile"};
  std::vector<Selector> found;
  std::string function;
  std::size_t i = 0;
  while (i < query.size()) {
    const char c = query[i];
    if (c == '"' || c == '\'' || c == '[') {
      i = Closing(query, i);
      continue;
    }
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      while (i < query.size() && (NamePart(query[i]) || query[i] == '.')) ++i;
      continue;
    }
    if (!NameStart(c)) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < query.size() && NamePart(query[end])) ++end;
    const std::string word = query.substr(i, end - i);
    const std::size_t next = SkipSpace(query, end);
    const char follows = next < query.size() ? query[next] : ' ';
    if (kLabelLists.contains(word) && follows == '(') {
      i = Closing(query, next);
    } else if (follows == '(') {
      function = word;
      i = next + 1;
    } else if (kLabelLists.contains(word) || kOperators.contains(word)) {
      i = end;
    } else {
      const std::size_t stop = follows == '{' ? Closing(query, next) : end;
      const std::size_t after = SkipSpace(query, stop);
      const bool range = after < query.size() && query[after] == '[';
      found.push_back({word, query.substr(i, stop - i), range ? function : ""});
      i = stop;
    }
  }
  return found;
}

}  // namespace nekoplane::integration

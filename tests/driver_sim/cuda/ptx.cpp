// Reads of a PTX text what a driver must check before it compiles it.
#include <cctype>
#include <cstdlib>
#include <map>
#include <regex>

#include "cuda/module.h"

namespace cufsim {

namespace {

std::string without_comments(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    if (text.compare(i, 2, "//") == 0) {
      i = text.find('\n', i);
    } else if (text.compare(i, 2, "/*") == 0) {
      i = text.find("*/", i);
      if (i != std::string::npos) i++;
    }
    if (i == std::string::npos) break;
    out += text[i];
  }
  return out;
}

size_t size_of_type(const std::string& type) {
  static const std::map<std::string, size_t> sizes = {
      {"b8", 1},  {"u8", 1},  {"s8", 1},  {"b16", 2}, {"u16", 2},
      {"s16", 2}, {"f16", 2}, {"b32", 4}, {"u32", 4}, {"s32", 4},
      {"f32", 4}, {"b64", 8}, {"u64", 8}, {"s64", 8}, {"f64", 8}};
  const auto found = sizes.find(type);
  return found == sizes.end() ? 0 : found->second;
}

/** The sizes of what stands between the parentheses of an entry. */
bool read_parameters(const std::string& text, std::vector<size_t>& sizes) {
  static const std::regex kParameter(
      R"(\.param\s+(?:\.align\s+\d+\s+)?\.(\w+)(?:\s+\.ptr)?(?:\s+\.(?:global|const|shared|local))?(?:\s+\.align\s+\d+)?\s+[\w$]+(?:\s*\[\s*(\d+)\s*\])?)");
  for (auto it = std::sregex_iterator(text.begin(), text.end(), kParameter);
       it != std::sregex_iterator(); ++it) {
    const size_t size = size_of_type((*it)[1]);
    if (size == 0) return false;
    sizes.push_back((*it)[2].matched ? size * std::strtoull((*it)[2].str().c_str(), nullptr, 10)
                                     : size);
  }
  return true;
}

bool parse(const std::string& text, PtxText& ptx) {
  const std::string code = without_comments(text);
  static const std::regex kVersion(R"(^\s*\.version\s+(\d+)\.(\d+))");
  static const std::regex kTarget(R"(\.target\s+sm_(\d+))");
  static const std::regex kEntry(R"(\.entry\s+([\w$]+)\s*(?:\(([^)]*)\))?)");
  std::smatch found;
  if (!std::regex_search(code, found, kVersion)) return false;
  ptx.version = std::stoi(found[1]) * 10 + std::stoi(found[2]);
  if (!std::regex_search(code, found, kTarget)) return false;
  ptx.target = std::stoi(found[1]);
  for (auto it = std::sregex_iterator(code.begin(), code.end(), kEntry);
       it != std::sregex_iterator(); ++it) {
    PtxEntry entry{(*it)[1], {}};
    if (!read_parameters((*it)[2], entry.parameter_sizes)) return false;
    ptx.entries.push_back(std::move(entry));
  }
  return true;
}

}  // namespace

bool read_ptx(const std::string& text, PtxText& ptx) {
  // As drivers keep what they compiled: reading it takes milliseconds. Under the driver's mutex.
  constexpr size_t kMostKept = 16;
  static auto& kept = *new std::map<std::string, PtxText>;
  const auto found = kept.find(text);
  if (found != kept.end()) {
    ptx = found->second;
    return true;
  }
  if (!parse(text, ptx)) return false;
  if (kept.size() < kMostKept) kept.emplace(text, ptx);
  return true;
}

}  // namespace cufsim

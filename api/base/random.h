// The only sources of randomness and identity.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>

namespace nekoplane {

// Thread safety: SystemRandom: any thread. SeededRandom: one thread at a time.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t Next64() = 0;

  // Uniform in [0, n). REQUIRES: n > 0. Our own rejection sampling: the standard distributions
  // differ between libraries, which would make one seed mean two runs.
  std::uint64_t Below(std::uint64_t n);
  // Uniform in [0, 1).
  double Unit();
  void Fill(std::span<unsigned char> out);
};

// The kernel's getrandom(2): fit for passwords and tokens.
class SystemRandom final : public Random {
 public:
  std::uint64_t Next64() override;
};

// Reproducible; for tests and simulation only.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t Next64() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

// A version 4 UUID: "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx".
std::string NewUid(Random& random);
// `bytes` random bytes as unpadded base64url; 16 bytes make 22 characters.
std::string NewSecret(Random& random, std::size_t bytes);
// `length` characters of Kubernetes' name alphabet (no vowels, no look-alikes), for generateName.
std::string NewNameSuffix(Random& random, std::size_t length);

}  // namespace nekoplane

// Certificates and keys as they are found on disk: damaged files are refused, not used.
#include "api/auth/certificate_authority.h"
#include "tests/fuzz/fuzz.h"

namespace nekoplane {

NEKO_FUZZ(pem) {
  const std::string text(input);
  const auto info = auth::InspectCertificate(text);
  if (!info) NEKO_PROMISE(fuzz::Explained(info.error()));
  (void)auth::IsSignedBy(text, text);
  const bool fits = auth::KeyBelongsTo(text, text);
  const auto ca = auth::CertificateAuthority::Load({text, text});
  if (!ca) NEKO_PROMISE(fuzz::Explained(ca.error()));
  if (ca) NEKO_PROMISE(info.has_value() && fits);
}

}  // namespace nekoplane

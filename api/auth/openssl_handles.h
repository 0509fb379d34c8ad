// Owners for OpenSSL's objects, and its errors as ours. Included by .cc files only.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "api/base/result.h"

namespace nekoplane::auth {

template <auto Free>
struct OpenSslDeleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using X509Ptr = std::unique_ptr<X509, OpenSslDeleter<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslDeleter<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, OpenSslDeleter<BIO_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpenSslDeleter<GENERAL_NAMES_free>>;

// The oldest error of this thread's queue, which is emptied.
inline Status OpenSslError(Code code, std::string_view doing) {
  const unsigned long error = ERR_get_error();  // NOLINT(google-runtime-int): OpenSSL's type
  ERR_clear_error();
  const char* why = error == 0 ? nullptr : ERR_reason_error_string(error);
  return MakeStatus(code, "Certificate",
                    "cannot " + std::string(doing) + ": " + (why ? why : "unknown reason"));
}

inline X509Ptr ReadCertificate(std::string_view pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return X509Ptr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

inline KeyPtr ReadKey(std::string_view pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // An empty passphrase instead of OpenSSL's default: asking on the terminal.
  static char no_passphrase[] = "";
  return KeyPtr(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, no_passphrase));
}

inline std::string Contents(const BioPtr& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);  // NOLINT(google-runtime-int)
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace nekoplane::auth

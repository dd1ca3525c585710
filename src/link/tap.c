/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/tap.h"

#include "link/wolfssl.h"
#include "wire/handshake.h"

enum {
  DEVICE = 0x6d746c73, /* any number that nobody else in the process uses */
  /* RFC 5246 section 6.2.3.3: seq_num + type + version + length */
  TLS12_ADDITIONAL_DATA_BYTES = 13,
  TLS12_ADDITIONAL_DATA_TYPE = 8,
};

static _Thread_local struct tap *current;

struct tap *tap_enter(struct tap *tap)
{
  struct tap *before = current;
  current = tap;
  return before;
}

void tap_leave(struct tap *before)
{
  current = before;
}

struct tap *tap_current(void)
{
  return current;
}

static void show(bool outgoing, const uint8_t *bytes, size_t length, const uint8_t *additional,
                 size_t additional_bytes)
{
  struct tap_record record = {.outgoing = outgoing, .bytes = bytes, .length = length};
  if (current == NULL || bytes == NULL) {
    return;
  }
  if (additional_bytes == TLS12_ADDITIONAL_DATA_BYTES) {
    record.version = TLS_VERSION_1_2;
    record.content_type = additional[TLS12_ADDITIONAL_DATA_TYPE];
  } else {
    record.version = TLS_VERSION_1_3;
    if (!inner_plaintext_read(bytes, length, &record.content_type, &record.length)) {
      return;
    }
  }
  current->on_record(current->context, &record);
}

static int encrypt(int device, wc_CryptoInfo *info)
{
  Aes *aes = info->cipher.aesgcm_enc.aes;
  /* before the operation: it may write over its own input */
  show(true, info->cipher.aesgcm_enc.in, info->cipher.aesgcm_enc.sz, info->cipher.aesgcm_enc.authIn,
       info->cipher.aesgcm_enc.authInSz);
  aes->devId = INVALID_DEVID;
  int result = wc_AesGcmEncrypt(aes, info->cipher.aesgcm_enc.out, info->cipher.aesgcm_enc.in,
                                info->cipher.aesgcm_enc.sz, info->cipher.aesgcm_enc.iv,
                                info->cipher.aesgcm_enc.ivSz, info->cipher.aesgcm_enc.authTag,
                                info->cipher.aesgcm_enc.authTagSz, info->cipher.aesgcm_enc.authIn,
                                info->cipher.aesgcm_enc.authInSz);
  aes->devId = device;
  return result;
}

static int decrypt(int device, wc_CryptoInfo *info)
{
  Aes *aes = info->cipher.aesgcm_dec.aes;
  aes->devId = INVALID_DEVID;
  int result = wc_AesGcmDecrypt(aes, info->cipher.aesgcm_dec.out, info->cipher.aesgcm_dec.in,
                                info->cipher.aesgcm_dec.sz, info->cipher.aesgcm_dec.iv,
                                info->cipher.aesgcm_dec.ivSz, info->cipher.aesgcm_dec.authTag,
                                info->cipher.aesgcm_dec.authTagSz, info->cipher.aesgcm_dec.authIn,
                                info->cipher.aesgcm_dec.authInSz);
  aes->devId = device;
  if (result == 0) {
    show(false, info->cipher.aesgcm_dec.out, info->cipher.aesgcm_dec.sz,
         info->cipher.aesgcm_dec.authIn, info->cipher.aesgcm_dec.authInSz);
  }
  return result;
}

static int on_operation(int device, wc_CryptoInfo *info, void *context)
{
  (void)context;
  if (info->algo_type != WC_ALGO_TYPE_CIPHER || info->cipher.type != WC_CIPHER_AES_GCM) {
    return CRYPTOCB_UNAVAILABLE;
  }
  return info->cipher.enc ? encrypt(device, info) : decrypt(device, info);
}

enum status tap_register(void)
{
  return wc_CryptoCb_RegisterDevice(DEVICE, on_operation, NULL) == 0 ? STATUS_OK : STATUS_IO;
}

int tap_device(void)
{
  return DEVICE;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/tls.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "link/certificate_facts.h"
#include "model/address.h"
#include "tls_internal.h"

enum {
  TEXT_LIMIT_BYTES = 256,
  CALLBACK_CHAIN_MAX = 32,
  /* wolfSSL reads on as long as messages of the handshake come, also after it: a peer that sends
   * KeyUpdate or NewSessionTicket for ever would keep the thread inside the library. */
  RECEIVES_PER_STEP = 64,
};

struct tls {
  struct link link;
  WOLFSSL *ssl;
  struct tls_context *context;
  const char *server_name;
  struct tls_observation *observation;
  struct tls_witness witness;
  struct tap tap;
  enum certificate_sent answer; /* what the library was told to send when it was asked */
  enum link_step below_wants;   /* LINK_DONE, or what the link below waited for in this step */
  unsigned receives_left;       /* in this step */
  bool below_ended;             /* the peer closed its side of the link below */
  bool write_broken; /* a write failed: nothing more goes out, what came in is still read */
};

static void on_tapped_record(void *context, const struct tap_record *record)
{
  struct tls *tls = context;
  tls_witness_record(&tls->witness, record);
}

/* The connection that this thread is inside of; see link/tap.h. */
static struct tls *at_work(void)
{
  return tap_current()->context;
}

/* wolfSSL 5.7 looks for an alert when it cannot write: the write is still what is waited for. */
static int wait_to_receive(struct tls *tls, enum link_step step)
{
  if (tls->below_wants != LINK_WANT_WRITE) {
    tls->below_wants = step;
  }
  return WOLFSSL_CBIO_ERR_WANT_READ;
}

/* wolfSSL wants bytes from below. */
static int on_receive(WOLFSSL *ssl, char *bytes, int capacity, void *context)
{
  (void)ssl;
  struct tls *tls = context;
  size_t count = 0;
  if (tls->receives_left == 0) {
    return wait_to_receive(tls, LINK_AGAIN);
  }
  tls->receives_left--;
  enum link_step step = link_read(tls->link.below, (uint8_t *)bytes, (size_t)capacity, &count);
  if (step == LINK_FAILED) {
    return WOLFSSL_CBIO_ERR_CONN_RST;
  }
  if (step != LINK_DONE) {
    return wait_to_receive(tls, step);
  }
  if (count == 0) {
    tls->below_ended = true;
    return WOLFSSL_CBIO_ERR_CONN_CLOSE;
  }
  tls_witness_raw(&tls->witness, false, (const uint8_t *)bytes, count);
  return (int)count;
}

/* wolfSSL gives bytes for below. A broken pipe is not told: wolfSSL would then refuse to read the
 * alert that arrived before it (RFC 8446 section 6.2), and the alert is what we are here for. */
static int on_send(WOLFSSL *ssl, char *bytes, int length, void *context)
{
  (void)ssl;
  struct tls *tls = context;
  if (tls->write_broken) {
    return length;
  }
  size_t count = 0;
  enum link_step step = link_write(tls->link.below, (const uint8_t *)bytes, (size_t)length, &count);
  if (step == LINK_FAILED) {
    tls->write_broken = true;
    return length;
  }
  if (step != LINK_DONE) {
    tls->below_wants = step;
    return WOLFSSL_CBIO_ERR_WANT_WRITE;
  }
  tls_witness_raw(&tls->witness, true, (const uint8_t *)bytes, count);
  return (int)count;
}

static void verify_chain(struct tls *tls, const struct der *chain, size_t length)
{
  struct tls_observation *observation = tls->observation;
  char text[TEXT_LIMIT_BYTES];
  observation->verification =
      trust_verify(tls_context_trust(tls->context), chain, length, tls->server_name,
                   clock_wall_ns() / NS_PER_SECOND, text, sizeof(text));
  free(observation->verification_text);
  observation->verification_text =
      observation->verification != VERIFICATION_OK ? strdup(text) : NULL;
}

/* Called for the leaf always and for others when wolfSSL, which has no anchors, is unhappy: the
 * leaf's turn decides for the whole chain, by link/trust. */
static int on_verify(int preverified, WOLFSSL_X509_STORE_CTX *store)
{
  (void)preverified;
  if (store->error_depth != 0) {
    return 1;
  }
  struct tls *tls = at_work();
  struct der chain[CALLBACK_CHAIN_MAX];
  size_t length = 0;
  for (int i = 0; i < store->totalCerts && length < CALLBACK_CHAIN_MAX; i++) {
    chain[length] = (struct der){store->certs[i].buffer, store->certs[i].length};
    length++;
  }
  tls_witness_chain(tls->observation, chain, length, false);
  verify_chain(tls, chain, length);
  return tls->observation->verification == VERIFICATION_OK || !tls_context_strict(tls->context);
}

/* Called exactly when a certificate is asked for and one is loaded. */
static int on_certificate_wanted(WOLFSSL *ssl, void *context)
{
  (void)ssl;
  (void)context;
  struct tls *tls = at_work();
  tls_witness_requested(tls->observation);
  tls->answer = CERTIFICATE_SENT_CHAIN;
  return 1;
}

/* Called exactly when a certificate is asked for and none is loaded; 0: send an empty one. */
static int on_no_certificate(WOLFSSL *ssl, WOLFSSL_X509 **certificate, WOLFSSL_EVP_PKEY **key)
{
  (void)ssl;
  (void)certificate;
  (void)key;
  struct tls *tls = at_work();
  tls_witness_requested(tls->observation);
  tls->answer = CERTIFICATE_SENT_EMPTY;
  return 0;
}

static int on_session_ticket(WOLFSSL *ssl, const unsigned char *ticket, int length, void *context)
{
  (void)ssl;
  (void)ticket;
  (void)length;
  struct tls *tls = context;
  tls->observation->session_tickets++;
  return 0;
}

/* Cheapest first: the server of TLS 1.2 takes the first it knows, and wolfSSL's own order begins
 * with P-521, which costs fifty times X25519. */
static void offer_groups(WOLFSSL_CTX *wolfssl)
{
  static const word16 groups[] = {WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1, WOLFSSL_ECC_SECP384R1,
                                  WOLFSSL_ECC_SECP521R1};
  for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
    /* one that this build lacks is simply not offered */
    (void)wolfSSL_CTX_UseSupportedCurve(wolfssl, groups[i]);
  }
}

void tls_configure(WOLFSSL_CTX *wolfssl, bool presents)
{
  offer_groups(wolfssl);
  /* Debian's build has it on: ten more reads before it says that it has to wait. */
  (void)wolfSSL_CTX_clear_mode(wolfssl, SSL_MODE_AUTO_RETRY);
  wolfSSL_CTX_SetIORecv(wolfssl, on_receive);
  wolfSSL_CTX_SetIOSend(wolfssl, on_send);
  wolfSSL_CTX_set_verify(wolfssl, WOLFSSL_VERIFY_PEER, on_verify);
  if (presents) {
    wolfSSL_CTX_set_cert_cb(wolfssl, on_certificate_wanted, NULL);
  } else {
    wolfSSL_CTX_set_client_cert_cb(wolfssl, on_no_certificate);
  }
}

static void record_alert(struct tls_observation *observation, bool outgoing, int known, int level,
                         int code)
{
  if (code > close_notify && code != known) {
    tls_witness_alert(observation, outgoing, (struct alert){(uint8_t)level, (uint8_t)code});
  }
}

/* The last alerts, where they went by in a cipher that the tap does not see. */
static void record_alerts(struct tls *tls)
{
  struct tls_observation *observation = tls->observation;
  WOLFSSL_ALERT_HISTORY history;
  if (wolfSSL_get_alert_history(tls->ssl, &history) == WOLFSSL_SUCCESS) {
    record_alert(observation, false, observation->alert_received, history.last_rx.level,
                 history.last_rx.code);
    record_alert(observation, true, observation->alert_sent, history.last_tx.level,
                 history.last_tx.code);
  }
}

static void record_error(struct tls *tls, int error)
{
  struct tls_observation *observation = tls->observation;
  if (observation->library_error != 0) {
    return;
  }
  char words[WOLFSSL_MAX_ERROR_SZ] = "";
  wolfSSL_ERR_error_string_n((unsigned long)-error, words, sizeof(words));
  observation->library_error = error;
  observation->library_error_text = text_clean(words, strlen(words), TEXT_LIMIT_BYTES);
}

static char *copy_text(const char *text)
{
  return text != NULL && text[0] != '\0' ? text_clean(text, strlen(text), TEXT_LIMIT_BYTES) : NULL;
}

/* Of what was agreed upon, all that went by hidden from the witness; also in a handshake that is
 * refused at its end. */
static void record_parameters(struct tls *tls)
{
  struct tls_observation *observation = tls->observation;
  if (observation->group == NULL && observation->cipher != NULL) {
    observation->group = copy_text(wolfSSL_get_curve_name(tls->ssl));
  }
  char *protocol = NULL;
  unsigned short protocol_bytes = 0;
  if (observation->alpn == NULL &&
      wolfSSL_ALPN_GetProtocol(tls->ssl, &protocol, &protocol_bytes) == WOLFSSL_SUCCESS) {
    observation->alpn = text_clean(protocol, protocol_bytes, TEXT_LIMIT_BYTES);
  }
}

static enum link_step end(struct tls *tls, enum ending ending, int system_error)
{
  record_parameters(tls);
  tls->observation->ending = ending;
  tls->observation->system_error = system_error;
  return link_fail(&tls->link, ending, system_error);
}

/* Likewise our own Certificate message; it is gone when the handshake is done. */
static void record_answer(struct tls *tls)
{
  struct tls_observation *observation = tls->observation;
  if (observation->handshake_complete &&
      observation->certificate_sent == CERTIFICATE_SENT_NOTHING) {
    observation->certificate_sent = tls->answer;
  }
}

/* Into the library, and out again: what it does in between is this connection's. */
static struct tap *enter(struct tls *tls)
{
  tls->below_wants = LINK_DONE;
  tls->receives_left = RECEIVES_PER_STEP;
  return tap_enter(&tls->tap);
}

static void leave(struct tls *tls, struct tap *before)
{
  tap_leave(before);
  record_alerts(tls);
  record_answer(tls);
}

/* wolfSSL 5.5.4 forgets its error when one flight has to wait for a second time. */
static bool waits(const struct tls *tls, int error)
{
  return tls->below_wants != LINK_DONE &&
         (error == WOLFSSL_ERROR_WANT_READ || error == WOLFSSL_ERROR_WANT_WRITE ||
          error == WOLFSSL_ERROR_NONE);
}

/* What a call that did not succeed means. */
static enum link_step not_done(struct tls *tls, int result)
{
  int error = wolfSSL_get_error(tls->ssl, result);
  if (waits(tls, error)) {
    return tls->below_wants;
  }
  if (error == WOLFSSL_ERROR_ZERO_RETURN) {
    return end(tls, ENDING_CLOSE_NOTIFY, 0);
  }
  if (tls->link.below->failed) {
    return end(tls, tls->link.below->ending, tls->link.below->system_error);
  }
  if (tls->below_ended) {
    return end(tls, ENDING_EOF, 0);
  }
  if (error == HANDSHAKE_SIZE_ERROR) {
    tls_witness_refused_message(&tls->witness);
  }
  record_error(tls, error);
  return end(tls, ENDING_NONE, 0);
}

static enum link_step tls_connect(struct link *link)
{
  struct tls *tls = (struct tls *)link;
  struct tap *before = enter(tls);
  int result = wolfSSL_connect(tls->ssl);
  tls->observation->handshake_complete = result == WOLFSSL_SUCCESS;
  leave(tls, before);
  if (result != WOLFSSL_SUCCESS) {
    return not_done(tls, result);
  }
  record_parameters(tls);
  return LINK_DONE;
}

static enum link_step tls_read(struct link *link, uint8_t *bytes, size_t capacity, size_t *count)
{
  struct tls *tls = (struct tls *)link;
  int most = capacity > INT_MAX ? INT_MAX : (int)capacity;
  struct tap *before = enter(tls);
  int result = wolfSSL_read(tls->ssl, bytes, most);
  leave(tls, before);
  if (result > 0) {
    *count = (size_t)result;
    return LINK_DONE;
  }
  enum link_step step = not_done(tls, result);
  if (step == LINK_FAILED && link->ending == ENDING_CLOSE_NOTIFY) {
    link->failed = false; /* the peer's side has ended, orderly */
    return LINK_DONE;
  }
  return step;
}

static enum link_step tls_write(struct link *link, const uint8_t *bytes, size_t length,
                                size_t *count)
{
  struct tls *tls = (struct tls *)link;
  int most = length > INT_MAX ? INT_MAX : (int)length;
  struct tap *before = enter(tls);
  int result = wolfSSL_write(tls->ssl, bytes, most);
  leave(tls, before);
  if (tls->write_broken) {
    return LINK_FAILED; /* this write alone; reading goes on */
  }
  if (result > 0) {
    *count = (size_t)result;
    return LINK_DONE;
  }
  return not_done(tls, result);
}

void tls_say_goodbye(struct link *link)
{
  struct tls *tls = (struct tls *)link;
  if (!link->connected || link->failed || tls->write_broken) {
    return;
  }
  struct tap *before = tap_enter(&tls->tap);
  (void)wolfSSL_shutdown(tls->ssl);
  tap_leave(before);
}

static void tls_destroy(struct link *link)
{
  struct tls *tls = (struct tls *)link;
  struct tap *before = tap_enter(&tls->tap);
  wolfSSL_free(tls->ssl);
  tap_leave(before);
  tls_context_unref(tls->context);
  tls_witness_deinit(&tls->witness);
  free(tls);
}

static const struct link_operations tls_operations = {
    .connect = tls_connect,
    .read = tls_read,
    .write = tls_write,
    .destroy = tls_destroy,
};

static bool set_up(struct tls *tls, const char *alpn)
{
  WOLFSSL *ssl = wolfSSL_new(tls_context_wolfssl(tls->context));
  if (ssl == NULL) {
    return false;
  }
  tls->ssl = ssl;
  wolfSSL_SetIOReadCtx(ssl, tls);
  wolfSSL_SetIOWriteCtx(ssl, tls);
  if (wolfSSL_SetDevId(ssl, tap_device()) != WOLFSSL_SUCCESS ||
      wolfSSL_set_SessionTicket_cb(ssl, on_session_ticket, tls) != WOLFSSL_SUCCESS) {
    return false;
  }
  /* X25519 costs half of P-256 (RFC 8446 section 4.2.8: a guess that HelloRetryRequest mends);
   * without post-handshake authentication (section 4.6.2) Apache refuses per-location
   * requirements with 403. Both only matter in TLS 1.3. */
  (void)wolfSSL_UseKeyShare(ssl, WOLFSSL_ECC_X25519);
  (void)wolfSSL_allow_post_handshake_auth(ssl);
#if defined(HAVE_SECURE_RENEGOTIATION) || defined(HAVE_SERVER_RENEGOTIATION_INFO)
  /* RFC 5746 section 3.4: said also by those who never renegotiate. A Squid that peeks at the
   * server in TLS 1.2 does not go on without, and answers in its place. */
  (void)wolfSSL_UseSecureRenegotiation(ssl);
#endif
  if (!host_is_address(tls->server_name) &&
      wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, tls->server_name,
                     (unsigned short)strlen(tls->server_name)) != WOLFSSL_SUCCESS) {
    return false;
  }
  if (alpn != NULL) {
    char protocols[32];
    (void)snprintf(protocols, sizeof(protocols), "%s", alpn);
    (void)wolfSSL_UseALPN(ssl, protocols, (unsigned)strlen(protocols),
                          WOLFSSL_ALPN_CONTINUE_ON_MISMATCH);
  }
  return true;
}

struct link *tls_create(struct link *below, struct tls_context *context, const char *server_name,
                        const char *alpn, struct tls_observation *observation)
{
  struct tls *tls = calloc(1, sizeof(*tls));
  if (tls == NULL) {
    link_destroy(below);
    tls_context_unref(context);
    return NULL;
  }
  tls->link.operations = &tls_operations;
  tls->link.below = below;
  tls->context = context;
  tls->server_name = server_name;
  tls->observation = observation;
  tls->tap = (struct tap){on_tapped_record, tls};
  tls_witness_init(&tls->witness, observation);
  if (!set_up(tls, alpn)) {
    link_destroy(&tls->link);
    return NULL;
  }
  return &tls->link;
}

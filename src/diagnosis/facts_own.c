/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "facts.h"

enum { ISSUERS_SHOWN = 4 };

static const struct certificate *own_leaf(const struct scene *scene)
{
  const struct credential_facts *credential = scene->input->credential;
  return credential != NULL && credential->chain_length > 0 ? &credential->chain[0] : NULL;
}

static void fact_own_subject(const struct scene *scene, struct buffer *out)
{
  const struct certificate *leaf = own_leaf(scene);
  add_quoted(out, leaf != NULL ? leaf->subject : NULL);
}

static void fact_own_issuer(const struct scene *scene, struct buffer *out)
{
  const struct certificate *leaf = own_leaf(scene);
  add_quoted(out, leaf != NULL ? leaf->issuer : NULL);
}

static void fact_own_not_after(const struct scene *scene, struct buffer *out)
{
  const struct certificate *leaf = own_leaf(scene);
  add_date(out, leaf != NULL ? leaf->not_after : 0);
}

static void fact_own_not_before(const struct scene *scene, struct buffer *out)
{
  const struct certificate *leaf = own_leaf(scene);
  add_date(out, leaf != NULL ? leaf->not_before : 0);
}

static void fact_credential_problem(const struct scene *scene, struct buffer *out)
{
  const struct credential_facts *credential = scene->input->credential;
  const char *local = scene->observation != NULL ? scene->observation->local_problem : NULL;
  const char *configured = credential != NULL ? credential->problem : NULL;
  add_text(out, local != NULL ? local : configured, "unknown problem");
}

/* Whose links may be missing from cert_file: a lone certificate that another one issued. */
static void fact_chain_hint(const struct scene *scene, struct buffer *out)
{
  const struct credential_facts *credential = scene->input->credential;
  if (credential != NULL && credential->chain_length == 1 && !credential->self_signed) {
    buffer_append_text(out, "; if the issuer is an intermediate CA, put its certificate into "
                            "cert_file, too");
  }
}

static void fact_ca_names(const struct scene *scene, struct buffer *out)
{
  const struct tls_observation *tls = certificate_request(scene->input->observations);
  if (tls == NULL) {
    return;
  }
  size_t count = tls->acceptable_issuer_count;
  size_t shown = count < ISSUERS_SHOWN ? count : ISSUERS_SHOWN;
  for (size_t i = 0; i < shown; i++) {
    buffer_append_text(out, i > 0 ? ", " : "");
    add_quoted(out, tls->acceptable_issuers[i]);
  }
  if (tls->acceptable_issuers_listed > shown) {
    buffer_append_format(out, " and %zu more", tls->acceptable_issuers_listed - shown);
  }
}

static void fact_own_key_type(const struct scene *scene, struct buffer *out)
{
  const struct certificate *leaf = own_leaf(scene);
  add_text(out, leaf != NULL ? leaf->key_type : NULL, "of an unknown type");
}

static void add_signature_algorithm(struct buffer *out, uint16_t scheme)
{
  const char *name = signature_algorithm_name(scheme);
  if (name != NULL) {
    buffer_append_text(out, name);
  } else {
    buffer_append_format(out, "0x%04x", scheme);
  }
}

static void fact_signature_algorithms(const struct scene *scene, struct buffer *out)
{
  const struct tls_observation *tls = certificate_request(scene->input->observations);
  for (size_t i = 0; tls != NULL && i < tls->signature_algorithm_count; i++) {
    buffer_append_text(out, i > 0 ? ", " : "");
    add_signature_algorithm(out, tls->signature_algorithms[i]);
  }
}

static bool is_configured(const struct scene *scene)
{
  return scene->input->credential != NULL;
}

static void fact_why_missing(const struct scene *scene, struct buffer *out)
{
  buffer_append_text(out, is_configured(scene) ? "ours could not be sent" : "none is configured");
}

static void fact_supply(const struct scene *scene, struct buffer *out)
{
  buffer_append_text(out, is_configured(scene)
                              ? "compare the key type of our certificate with what the server takes"
                              : "configure a credential for this target");
}

static void fact_ca_hint(const struct scene *scene, struct buffer *out)
{
  const struct tls_observation *tls = certificate_request(scene->input->observations);
  if (!is_configured(scene) && tls != NULL && tls->acceptable_issuer_count > 0) {
    buffer_append_text(out, ", with a certificate of ");
    fact_ca_names(scene, out);
  }
}

static void add_acceptance(struct buffer *out, const struct verdict *verdict)
{
  bool certain = verdict->required == ANSWER_YES || verdict->accepted_by == ACCEPTED_BY_HTTP ||
                 verdict->accepted_by == ACCEPTED_BY_APPLICATION_DATA;
  buffer_append_text(out, certain ? ", and ours is accepted" : ", and ours is not refused");
}

static void fact_admission(const struct scene *scene, struct buffer *out)
{
  const struct verdict *verdict = scene->verdict;
  if (verdict->requested == ANSWER_NO) {
    buffer_append_text(out, "it asks for no client certificate");
  } else if (verdict->requested == ANSWER_UNKNOWN) {
    buffer_append_text(out, "whether it asks for a client certificate is not known");
  } else if (verdict->required == ANSWER_YES) {
    buffer_append_text(out, "a client certificate is required");
  } else {
    buffer_append_text(out, verdict->required == ANSWER_NO
                                ? "a client certificate is asked for, not required"
                                : "a client certificate is asked for");
  }
  if (verdict->accepted == ANSWER_YES) {
    add_acceptance(out, verdict);
  }
  if (verdict->tunnel == TUNNEL_INTACT) {
    buffer_append_text(out, ", through an intact tunnel");
  }
}

const struct fact own_facts[] = {
    {"own_subject", fact_own_subject},
    {"own_issuer", fact_own_issuer},
    {"own_not_after", fact_own_not_after},
    {"own_not_before", fact_own_not_before},
    {"own_key_type", fact_own_key_type},
    {"signature_algorithms", fact_signature_algorithms},
    {"credential_problem", fact_credential_problem},
    {"chain_hint", fact_chain_hint},
    {"ca_names", fact_ca_names},
    {"why_missing", fact_why_missing},
    {"supply", fact_supply},
    {"ca_hint", fact_ca_hint},
    {"admission", fact_admission},
    {NULL, NULL},
};

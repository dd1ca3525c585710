/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/app.h"
#include "link/credential.h"
#include "link/trust.h"
#include "settings/settings_file.h"

static enum status check_credential(const struct credential *credential, struct error *error)
{
  struct credential_material *material = NULL;
  enum status status = credential_load(credential, &material, error);
  credential_unref(material);
  return status;
}

static enum status check_ca_file(const char *path, struct error *error)
{
  struct trust *trust = NULL;
  enum status status = trust_load(path, &trust, error);
  trust_unref(trust);
  return status;
}

enum status app_load_settings(const char *path, struct settings **out, struct error_list *errors)
{
  const struct settings_checks checks = {
      .credential = check_credential,
      .ca_file = check_ca_file,
  };
  return settings_file_load(path, &checks, out, errors);
}

enum status app_check_settings(const struct settings *settings, struct error *error)
{
  enum status status = STATUS_OK;
  for (size_t i = 0; status == STATUS_OK && i < settings->credential_count; i++) {
    status = check_credential(&settings->credentials[i], error);
  }
  for (size_t i = 0; status == STATUS_OK && i < settings->proxy_count; i++) {
    if (settings->proxies[i].tls) {
      status = check_ca_file(settings->proxies[i].ca_file, error);
    }
  }
  for (size_t i = 0; status == STATUS_OK && i < settings->target_count; i++) {
    status = check_ca_file(settings->targets[i].probe.ca_file, error);
  }
  return status;
}

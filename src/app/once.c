/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/app.h"
#include "app/prober.h"
#include "event/loop.h"

static void on_ended(void *context, size_t own)
{
  (void)own;
  loop_stop(context);
}

enum status app_probe_once(struct settings *settings, struct store **out, struct error *error)
{
  *out = NULL;
  struct store *store = store_create(settings);
  atomic_int_fast64_t in_flight = 0;
  struct loop *loop = loop_create();
  struct prober *prober = NULL;
  enum status status = STATUS_OUT_OF_MEMORY;
  if (store == NULL || loop == NULL) {
    goto done;
  }
  /* a stride as long as the list: the first target alone */
  prober = prober_create(loop, store, &in_flight, 0, settings->target_count);
  if (prober == NULL || !prober_start_round(prober, 0, on_ended, loop)) {
    goto done;
  }
  loop_run(loop);
  status = STATUS_OK;
done:
  prober_destroy(prober);
  if (loop != NULL) {
    loop_destroy(loop);
  }
  if (status != STATUS_OK) {
    store_unref(store);
    return error_set(error, status, NULL, 0, "out of memory or descriptors");
  }
  *out = store;
  return STATUS_OK;
}

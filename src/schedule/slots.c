/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schedule/slots.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"

enum item_state { ITEM_IDLE, ITEM_WAITING, ITEM_UNDER_WAY };

struct slot_item {
  int64_t interval_ns;
  int64_t offset_ns;
  int64_t due_ns;     /* its next slot */
  int64_t following;  /* the number of the slot after that */
  int64_t waiting_ns; /* the slot it waits for room with */
  unsigned weight;
  bool continued;
  enum item_state state;
  bool had_first;
};

struct slots {
  struct slot_item *items;
  size_t count;
  size_t *heap; /* all items, the earliest due first */
  size_t *ring; /* those that wait for room */
  size_t ring_first;
  size_t ring_count;
  unsigned cap;
  unsigned weight_under_way;
};

/* The finaliser of splitmix64: every bit of the input moves every bit of the output. */
static uint64_t mix(uint64_t x)
{
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

int64_t schedule_offset_ns(const char *name, int64_t interval_ns)
{
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (const char *c = name; *c != '\0'; c++) {
    hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
  }
  /* Names in a row differ in the end; FNV-1a alone would leave them in a row. */
  return interval_ns > 0 ? (int64_t)(mix(hash) % (uint64_t)interval_ns) : 0;
}

static int64_t slot_ns(const struct slots *slots, size_t index, int64_t number)
{
  const struct slot_item *item = &slots->items[index];
  int64_t most = item->interval_ns / 100;
  if (most > SLOTS_JITTER_MAX_NS) {
    most = SLOTS_JITTER_MAX_NS;
  }
  uint64_t hash = mix(mix(index + 1) ^ (uint64_t)number);
  return item->offset_ns + number * item->interval_ns + (int64_t)(hash % (uint64_t)most);
}

/* The number of the latest slot at or before now, jitter left aside. */
static int64_t number_at(const struct slot_item *item, int64_t now_ns)
{
  int64_t since_ns = now_ns - item->offset_ns;
  int64_t number = since_ns / item->interval_ns;
  return since_ns % item->interval_ns < 0 ? number - 1 : number;
}

static void sift_down(struct slots *slots, size_t at)
{
  size_t *heap = slots->heap;
  size_t moved = heap[at];
  for (size_t child = 2 * at + 1; child < slots->count; child = 2 * at + 1) {
    if (child + 1 < slots->count &&
        slots->items[heap[child + 1]].due_ns < slots->items[heap[child]].due_ns) {
      child++;
    }
    if (slots->items[moved].due_ns <= slots->items[heap[child]].due_ns) {
      break;
    }
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = moved;
}

struct slots *slots_create(const struct schedule_item *items, size_t count, unsigned cap)
{
  struct slots *slots = calloc(1, sizeof(*slots));
  if (slots == NULL) {
    return NULL;
  }
  slots->items = calloc(count + 1, sizeof(*slots->items));
  slots->heap = calloc(count + 1, sizeof(*slots->heap));
  slots->ring = calloc(count + 1, sizeof(*slots->ring));
  if (slots->items == NULL || slots->heap == NULL || slots->ring == NULL) {
    slots_destroy(slots);
    return NULL;
  }
  slots->count = count;
  slots->cap = cap > 0 ? cap : 1;
  for (size_t i = 0; i < count; i++) {
    struct slot_item *item = &slots->items[i];
    item->interval_ns = items[i].interval_ns > NS_PER_MS ? items[i].interval_ns : NS_PER_MS;
    item->offset_ns = items[i].offset_ns % item->interval_ns;
    item->weight = items[i].weight > 0 ? items[i].weight : 1;
    if (item->weight > slots->cap) { /* so it runs, alone */
      item->weight = slots->cap;
    }
    item->continued = items[i].continued;
    item->due_ns = INT64_MAX;
    slots->heap[i] = i;
  }
  return slots;
}

void slots_destroy(struct slots *slots)
{
  if (slots == NULL) {
    return;
  }
  free(slots->items);
  free(slots->heap);
  free(slots->ring);
  free(slots);
}

void slots_begin(struct slots *slots, int64_t now_ns, int64_t first_spread_ns)
{
  for (size_t i = 0; i < slots->count; i++) {
    struct slot_item *item = &slots->items[i];
    int64_t next = number_at(item, now_ns) + 1;
    if (item->continued || first_spread_ns >= item->interval_ns) {
      item->due_ns = slot_ns(slots, i, next);
      item->following = next + 1;
      continue;
    }
    int64_t distance_ns = item->offset_ns + next * item->interval_ns - now_ns;
    double shrunk_ns = (double)distance_ns * (double)first_spread_ns / (double)item->interval_ns;
    item->due_ns = now_ns + (first_spread_ns > 0 ? (int64_t)shrunk_ns : 0);
    /* The second round follows by half an interval at least, one and a half at most. */
    bool too_close = slot_ns(slots, i, next) - item->due_ns < item->interval_ns / 2;
    item->following = too_close ? next + 1 : next;
  }
  for (size_t at = slots->count / 2; at-- > 0;) {
    sift_down(slots, at);
  }
}

static void enqueue(struct slots *slots, size_t index, int64_t latest_ns)
{
  struct slot_item *item = &slots->items[index];
  item->state = ITEM_WAITING;
  item->waiting_ns = latest_ns;
  item->had_first = true;
  slots->ring[(slots->ring_first + slots->ring_count) % slots->count] = index;
  slots->ring_count++;
}

/* Takes the item past all its slots up to now; returns how many of them were skipped. */
static uint64_t pass_slots(struct slots *slots, size_t index, int64_t now_ns)
{
  struct slot_item *item = &slots->items[index];
  int64_t latest_ns = item->due_ns;
  uint64_t passed = 1;

  int64_t last = number_at(item, now_ns);
  if (slot_ns(slots, index, last) > now_ns) {
    last--;
  }
  if (last >= item->following) {
    passed += (uint64_t)(last - item->following) + 1;
    latest_ns = slot_ns(slots, index, last);
    item->following = last + 1;
  }
  item->due_ns = slot_ns(slots, index, item->following);
  item->following++;

  bool in_time = !item->had_first || now_ns - latest_ns <= SLOTS_LATE_MAX_NS;
  if (item->state != ITEM_IDLE || !in_time) {
    return passed;
  }
  enqueue(slots, index, latest_ns);
  return passed - 1;
}

uint64_t slots_advance(struct slots *slots, int64_t now_ns)
{
  uint64_t skipped = 0;
  while (slots_next_ns(slots) <= now_ns) {
    skipped += pass_slots(slots, slots->heap[0], now_ns);
    sift_down(slots, 0);
  }
  return skipped;
}

bool slots_take(struct slots *slots, int64_t now_ns, size_t *item, int64_t *lag_ns)
{
  if (slots->ring_count == 0) {
    return false;
  }
  size_t index = slots->ring[slots->ring_first];
  struct slot_item *first = &slots->items[index];
  if (first->weight > slots->cap - slots->weight_under_way) {
    return false;
  }
  slots->ring_first = (slots->ring_first + 1) % slots->count;
  slots->ring_count--;
  slots->weight_under_way += first->weight;
  first->state = ITEM_UNDER_WAY;
  *item = index;
  *lag_ns = now_ns - first->waiting_ns;
  return true;
}

void slots_release(struct slots *slots, size_t item)
{
  assert(item < slots->count && slots->items[item].state == ITEM_UNDER_WAY);
  if (slots->items[item].state != ITEM_UNDER_WAY) {
    return;
  }
  slots->items[item].state = ITEM_IDLE;
  slots->weight_under_way -= slots->items[item].weight;
}

int64_t slots_next_ns(const struct slots *slots)
{
  return slots->count > 0 ? slots->items[slots->heap[0]].due_ns : INT64_MAX;
}

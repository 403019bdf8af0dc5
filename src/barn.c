/* SPDX-License-Identifier: MIT */
/*
 * barn: the two chains of each, and what is done to them at once.
 *
 * A chain goes by sheaf_link, in a slot where no object's place is; who was
 * late and still looks at a sheaf does not look there.
 */
#include "barn.h"

#include "bug.h"
#include "vmstat.h"

static uintptr_t chain_pop(uintptr_t *chain, u32 *nr)
{
	uintptr_t top = *chain;

	if (!top)
		return 0;
	*chain = *sheaf_link(top);
	WRITE_ONCE(*nr, *nr - 1);
	return top;
}

static void chain_push(uintptr_t *chain, u32 *nr, uintptr_t top)
{
	*sheaf_link(top) = *chain;
	*chain = top;
	WRITE_ONCE(*nr, *nr + 1);
}

static uintptr_t __pop_full(struct barn *barn)
{
	lockdep_assert_held(&barn->lock);
	return chain_pop(&barn->full, &barn->nr_full);
}

static uintptr_t __pop_empty(struct barn *barn)
{
	lockdep_assert_held(&barn->lock);
	return chain_pop(&barn->empty, &barn->nr_empty);
}

uintptr_t barn_get(struct barn *barn, u32 most, uintptr_t *empty)
{
	uintptr_t top;

	if (!READ_ONCE(barn->nr_full) || !spin_lock(&barn->lock))
		return 0;
	top = __pop_full(barn);
	if (top && *empty && barn->nr_full + barn->nr_empty < most) {
		chain_push(&barn->empty, &barn->nr_empty, *empty);
		*empty = 0;
	}
	spin_unlock(&barn->lock);
	if (top)
		vmstat_add(VMSTAT_barn_get, 1);
	return top;
}

bool barn_put(struct barn *barn, u32 most, uintptr_t full, uintptr_t *empty)
{
	uintptr_t spare = 0;
	bool room;

	if (READ_ONCE(barn->nr_full) >= most || !spin_lock(&barn->lock))
		return false;
	room = barn->nr_full < most;
	if (room) {
		if (empty || barn->nr_full + barn->nr_empty >= most)
			spare = __pop_empty(barn);
		chain_push(&barn->full, &barn->nr_full, full);
	}
	spin_unlock(&barn->lock);
	if (empty)
		*empty = spare;
	else if (spare)
		sheaf_put(spare);
	if (room)
		vmstat_add(VMSTAT_barn_put, 1);
	return room;
}

size_t barn_take_objects(struct barn *barn, u32 capacity, void **objs,
			 size_t nr)
{
	unsigned int n = 0;
	size_t got = 0;

	if (!READ_ONCE(barn->nr_full) || !spin_lock(&barn->lock))
		return 0;
	for (; barn->full && nr - got >= capacity; n++) {
		uintptr_t top = __pop_full(barn);

		got += sheaf_pop_many(&top, objs + got, nr - got);
		chain_push(&barn->empty, &barn->nr_empty, top);
	}
	spin_unlock(&barn->lock);
	vmstat_add(VMSTAT_barn_get, n);
	return got;
}

size_t barn_give_objects(struct barn *barn, u32 capacity, void **objs,
			 size_t nr)
{
	unsigned int n = 0;
	size_t done = 0;

	if (!READ_ONCE(barn->nr_empty) || !spin_lock(&barn->lock))
		return 0;
	for (; barn->empty && nr - done >= capacity; n++) {
		uintptr_t top = __pop_empty(barn);

		done += sheaf_push_many(&top, objs + done, nr - done);
		chain_push(&barn->full, &barn->nr_full, top);
	}
	spin_unlock(&barn->lock);
	vmstat_add(VMSTAT_barn_put, n);
	return done;
}

uintptr_t barn_get_empty(struct barn *barn)
{
	uintptr_t top;

	if (!READ_ONCE(barn->nr_empty) || !spin_lock(&barn->lock))
		return 0;
	top = __pop_empty(barn);
	spin_unlock(&barn->lock);
	return top;
}

void barn_drop_empty(struct barn *barn)
{
	uintptr_t top;

	while ((top = barn_get_empty(barn)))
		sheaf_put(top);
}

size_t barn_objects(struct barn *barn)
{
	size_t nr = 0;

	if (!READ_ONCE(barn->nr_full) || !spin_lock(&barn->lock))
		return 0;
	for (uintptr_t top = barn->full; top; top = *sheaf_link(top))
		nr += sheaf_count(top);
	spin_unlock(&barn->lock);
	return nr;
}

void check_barn(struct barn *barn, u32 most)
{
	u32 full = 0, empty = 0;

	spin_lock(&barn->lock);
	for (uintptr_t top = barn->full; top; top = *sheaf_link(top)) {
		BUG_ON(sheaf_is_empty(top));
		full++;
	}
	for (uintptr_t top = barn->empty; top; top = *sheaf_link(top)) {
		BUG_ON(!sheaf_is_empty(top));
		empty++;
	}
	BUG_ON(full != barn->nr_full || empty != barn->nr_empty);
	BUG_ON(full + empty > most);
	spin_unlock(&barn->lock);
}

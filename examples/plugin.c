/* SPDX-License-Identifier: MIT */
/*
 * plugin: plug-ins that may have so much memory, and no more.
 *
 *	plugin			two plug-ins with 4 MiB each, 6 MiB together
 *
 * The host makes a group for all plug-ins and one for each.  Whatever a
 * plug-in allocates while it runs, by malloc as well, is charged to it; one
 * that leaks gets NULL in the end, and the host and the other one do not
 * notice.  A plug-in that is unloaded leaves what it leaked to the group above
 * it, which tells how much that is.
 */
#include <kmalloc.h>

#include <stdio.h>
#include <stdlib.h>

#define MIB (1024UL * 1024)

struct plugin {
	struct mem_cgroup *group;
	unsigned long (*run)(void);
};

static struct mem_cgroup *all;

static int load(struct plugin *p, const char *name, unsigned long (*run)(void))
{
	p->run = run;
	p->group = kmalloc_group_create(all, name);
	return p->group ?
		       kmalloc_group_set(p->group, KMALLOC_GROUP_MAX, 4 * MIB) :
		       -1;
}

static unsigned long call(struct plugin *p)
{
	struct mem_cgroup *old = set_active_memcg(p->group);
	gfp_t gfp = kmalloc_thread_gfp_set(GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	unsigned long result = p->run();

	kmalloc_thread_gfp_set(gfp);
	set_active_memcg(old);
	return result;
}

/* ---- two of them ---- */

/* Never frees; the number of blocks that it got. */
static unsigned long leaks(void)
{
	void *volatile block;
	unsigned long n = 0;

	while (n < 10000 && (block = malloc(50000)))
		n++;
	return n;
}

static unsigned long behaves(void)
{
	unsigned long done = 0;

	for (int i = 0; i < 1000; i++) {
		void *volatile block = malloc(100000);

		done += block != NULL;
		free(block);
	}
	return done;
}

int main(void)
{
	struct plugin bad, good;
	unsigned long n;

	all = kmalloc_group_create(NULL, "plug-ins");
	if (!all || kmalloc_group_set(all, KMALLOC_GROUP_MAX, 6 * MIB) ||
	    load(&bad, "bad", leaks) || load(&good, "good", behaves)) {
		fprintf(stderr, "plugin: no memory to begin with\n");
		return 1;
	}
	n = call(&bad);
	printf("%s: %lu blocks, %lu KiB, at its limit %lu times\n",
	       kmalloc_group_name(bad.group), n,
	       kmalloc_group_get(bad.group, KMALLOC_GROUP_CURRENT) / 1024,
	       kmalloc_group_events(bad.group, MEMCG_OOM));
	n = call(&good);
	printf("%s: %lu of 1000 requests served\n",
	       kmalloc_group_name(good.group), n);
	kmalloc_group_remove(bad.group);
	printf("left behind: %lu KiB\n",
	       kmalloc_group_get(all, KMALLOC_GROUP_CURRENT) / 1024);
	return 0;
}

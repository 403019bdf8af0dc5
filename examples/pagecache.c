/* SPDX-License-Identifier: MIT */
/*
 * pagecache: a cache that takes all the memory it can get, and gives it back
 * to whoever needs it.
 *
 *	KMALLOC=mem=256M pagecache
 *	KMALLOC=mem=16M pagecache PAGES READS HOG_MIB
 *
 * Reads of a file of PAGES pages go through the cache, some pages more often
 * than others.  Meanwhile another thread fills and frees up to HOG_MIB of
 * memory by plain malloc.  No size of the cache is set anywhere: its pages
 * are allocated with __GFP_NORETRY, so that it recycles its own when there is
 * no more, and a shrinker gives up the pages that were not used lately when
 * somebody else's request would fail.
 */
#include <kmalloc.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096

struct page_entry {
	char *data; /* NULL: not in the cache */
	unsigned char used;
};

static struct page_entry *entries;
static unsigned long nr_pages = 100000, nr_reads = 2000000, hog_mib = 128;
static unsigned long hand; /* of the clock */
static atomic_ulong cached, shrunk;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int done;

/* ---- the cache; the lock is held ---- */

/* A page that was not used since the hand came by; NULL if none is left. */
static char *evict(void)
{
	for (unsigned long n = 0; n < 2 * nr_pages; n++) {
		struct page_entry *e = &entries[hand++ % nr_pages];
		char *data = e->data;

		if (!data)
			continue;
		if (e->used) {
			e->used = 0;
			continue;
		}
		e->data = NULL;
		cached--;
		return data;
	}
	return NULL;
}

static void read_from_disk(char *data, unsigned long nr)
{
	memset(data, (int)(nr & 0xff), PAGE);
	memcpy(data, &nr, sizeof(nr));
}

/* The page's content; NULL if there is no memory for even one page. */
static const char *get_page(unsigned long nr, unsigned long *hits)
{
	struct page_entry *e = &entries[nr];

	if (e->data) {
		e->used = 1;
		++*hits;
		return e->data;
	}
	e->data = kmalloc(PAGE, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (!e->data)
		e->data = evict();
	if (!e->data)
		return NULL;
	cached++;
	read_from_disk(e->data, nr);
	return e->data;
}

/* ---- the shrinker ---- */

static unsigned long count(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long n = cached;

	(void)s, (void)sc;
	return n ? n : SHRINK_EMPTY;
}

/* Who has the lock allocates with __GFP_NORETRY, and does not come here: so
 * this may wait for it. */
static unsigned long scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long n = 0;
	char *data;

	(void)s;
	pthread_mutex_lock(&lock);
	while (n < sc->nr_to_scan && (data = evict())) {
		kfree(data);
		n++;
	}
	pthread_mutex_unlock(&lock);
	shrunk += n;
	return n;
}

/* ---- somebody else ---- */

#define BLOCK (256 * 1024)

static void *hog(void *arg)
{
	unsigned long most = hog_mib * 1024 * 1024 / BLOCK, failed = 0;
	void **block = calloc(most + 1, sizeof(*block));

	(void)arg;
	while (block && !done) {
		for (unsigned long i = 0; i < most && !done; i++) {
			block[i] = malloc(BLOCK);
			if (!block[i])
				failed++;
			else
				memset(block[i], 1, BLOCK);
		}
		for (unsigned long i = 0; i < most; i++) {
			free(block[i]);
			block[i] = NULL;
		}
	}
	free(block);
	return (void *)failed;
}

/* ---- reading ---- */

static unsigned long next_page(unsigned long *seed)
{
	unsigned long a, b;

	*seed = *seed * 6364136223846793005UL + 1442695040888963407UL;
	a = (*seed >> 33) % nr_pages;
	b = (*seed >> 13) % nr_pages;
	/* Low numbers are read more often. */
	return a * b / nr_pages;
}

static int read_all(unsigned long *hits, unsigned long *most)
{
	unsigned long seed = 1;

	for (unsigned long i = 0; i < nr_reads; i++) {
		unsigned long nr = next_page(&seed), is = nr;
		const char *data;

		pthread_mutex_lock(&lock);
		data = get_page(nr, hits);
		if (data)
			memcpy(&is, data, sizeof(is));
		pthread_mutex_unlock(&lock);
		if (is != nr)
			return -1;
		if (cached > *most)
			*most = cached;
	}
	return 0;
}

static struct shrinker *start_shrinker(void)
{
	struct shrinker *s = shrinker_alloc(0, "page cache");

	if (!s)
		return NULL;
	s->count_objects = count;
	s->scan_objects = scan;
	shrinker_register(s);
	return s;
}

int main(int argc, char **argv)
{
	unsigned long hits = 0, most = 0;
	struct shrinker *s;
	pthread_t other;
	void *failed;
	int err;

	if (argc == 4) {
		nr_pages = strtoul(argv[1], NULL, 0);
		nr_reads = strtoul(argv[2], NULL, 0);
		hog_mib = strtoul(argv[3], NULL, 0);
	}
	entries = calloc(nr_pages, sizeof(*entries));
	s = start_shrinker();
	if (!entries || !s || pthread_create(&other, NULL, hog, NULL)) {
		fprintf(stderr, "pagecache: no memory to begin with\n");
		return 1;
	}
	err = read_all(&hits, &most);
	done = 1;
	pthread_join(other, &failed);
	shrinker_free(s);
	while (entries && cached)
		kfree(evict());
	free(entries);
	if (err) {
		fprintf(stderr, "pagecache: wrong content\n");
		return 1;
	}
	printf("%lu reads, %lu.%lu %% hits, at most %lu pages cached, %lu given up, %lu failures elsewhere\n",
	       nr_reads, hits * 100 / nr_reads, hits * 1000 / nr_reads % 10,
	       most, (unsigned long)shrunk, (unsigned long)failed);
	return 0;
}

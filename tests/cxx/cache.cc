/* SPDX-License-Identifier: MIT */
/*
 * cache.hpp, and the C headers as C++ sees them: standard containers keep what
 * they are given, from the caches that they are said to be in.
 */
#include <kmalloc.h>
#include <kmalloc/cache.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>
#include <map>
#include <memory_resource>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#define must(cond)                                                         \
	do {                                                               \
		if (!(cond)) {                                             \
			std::printf("not ok - %d: %s\n", __LINE__, #cond); \
			std::_Exit(1);                                     \
		}                                                          \
	} while (0)

template <class T> using km = libkmalloc::cache<T>;

static void containers()
{
	std::list<int, km<int>> list;
	std::map<int, std::string, std::less<int>,
		 km<std::pair<const int, std::string>>>
		map;
	std::unordered_map<int, long, std::hash<int>, std::equal_to<int>,
			   km<std::pair<const int, long>>>
		hash;
	std::set<std::uint64_t, std::less<std::uint64_t>, km<std::uint64_t>>
		set;
	std::vector<char, km<char>> vector;

	for (int i = 0; i < 20000; i++) {
		list.push_front(i);
		map[i * 7919 % 20011] = std::to_string(i);
		hash[i] = i * 3L;
		set.insert(static_cast<std::uint64_t>(i) << 32);
		vector.push_back(static_cast<char>(i));
	}
	for (int i = 0; i < 20000; i++) {
		must(map.at(i * 7919 % 20011) == std::to_string(i));
		must(hash.at(i) == i * 3L);
		must(set.count(static_cast<std::uint64_t>(i) << 32) == 1);
		must(vector[static_cast<std::size_t>(i)] ==
		     static_cast<char>(i));
	}
	must(list.size() == 20000 && list.front() == 19999);
	auto copy = map;
	auto moved = std::move(map);
	must(copy == moved);
	list.splice(list.end(), std::list<int, km<int>>(3, 7));
	must(list.back() == 7 && list.size() == 20003);
	while (!hash.empty())
		hash.erase(hash.begin());
}

/* A node is an object of the cache of its size; an array is not. */
static void places()
{
	struct alignas(64) wide {
		char bytes[130];
	};
	km<wide> one;
	wide *p = one.allocate(1), *q = one.allocate(3);

	must(ksize(p) == sizeof(wide) && (std::uintptr_t)p % 64 == 0);
	must(ksize(q) >= 3 * sizeof(wide) && (std::uintptr_t)q % 64 == 0);
	must(km<wide>::single() != nullptr);
	must(kmem_cache_size(km<wide>::single()) == sizeof(wide));
	one.deallocate(p, 1);
	one.deallocate(q, 3);
	must(km<int>() == km<long>() && !(km<int>() != km<char>()));
}

static void failure()
{
	km<std::uint64_t> a;
	unsigned int caught = 0;

	for (std::size_t n :
	     { ~std::size_t(0), ~std::size_t(0) / 8, ~std::size_t(0) / 16 }) {
		try {
			a.deallocate(a.allocate(n), n);
		} catch (const std::bad_alloc &) {
			caught++;
		}
	}
	must(caught == 3);
}

static void resources()
{
	auto *nodes = new libkmalloc::cache_resource("pmr-nodes", 64);

	{
		std::pmr::map<int, long> map(nodes);
		std::pmr::list<std::pmr::string> list(nodes);
		std::pmr::vector<double> vector(libkmalloc::kmalloc_resource());

		for (int i = 0; i < 10000; i++) {
			map[i] = i;
			list.emplace_back(static_cast<std::size_t>(i % 300),
					  'x');
			vector.push_back(i);
		}
		for (int i = 0; i < 10000; i++)
			must(map[i] == i &&
			     vector[static_cast<std::size_t>(i)] == i);
	}
	void *p = nodes->allocate(64, 16);
	must(ksize(p) == kmem_cache_size(nodes->get()));
	nodes->deallocate(p, 64, 16);
	p = nodes->allocate(64, 4096);
	must((std::uintptr_t)p % 4096 == 0);
	nodes->deallocate(p, 64, 4096);
	p = nodes->allocate(3000000, 64);
	nodes->deallocate(p, 3000000, 64);
	must(nodes->is_equal(*nodes) &&
	     !nodes->is_equal(*libkmalloc::kmalloc_resource()));
	delete nodes; /* says so if anything is left */
}

static void threads()
{
	std::vector<std::thread> all;

	for (int t = 0; t < 6; t++)
		all.emplace_back(containers);
	for (auto &t : all)
		t.join();
}

/* The C header: both forms, constant sizes, an address. */
static void c_interface()
{
	kmem_cache_args args = kmem_cache_args();
	void *(*fn)(std::size_t, gfp_t) = &kmalloc;
	void *p = kmalloc(100, GFP_KERNEL), *q = fn(100, GFP_KERNEL);
	kmem_cache *a, *b, *c;

	must(p && q && ksize(p) == ksize(q));
	std::memset(p, 1, 100);
	kfree(p);
	kfree(q);
	args.align = 32;
	a = kmem_cache_create("c-args", 100, &args, SLAB_NO_MERGE);
	b = kmem_cache_create("c-null", 100, nullptr, SLAB_NO_MERGE);
	c = kmem_cache_create("c-legacy", 100, 32, SLAB_NO_MERGE, nullptr);
	must(a && b && c);
	p = kmem_cache_alloc(a, GFP_KERNEL);
	must((std::uintptr_t)p % 32 == 0);
	kmem_cache_free(a, p);
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
	kmem_cache_destroy(c);
}

int main()
{
	static const struct {
		const char *name;
		void (*run)();
	} tests[] = {
		{ "containers", containers }, { "places", places },
		{ "failure", failure },	      { "resources", resources },
		{ "threads", threads },	      { "c_interface", c_interface },
	};
	int n = 0;

	std::printf("1..%zu\n", sizeof(tests) / sizeof(tests[0]));
	for (const auto &test : tests) {
		test.run();
		std::printf("ok %d - %s\n", ++n, test.name);
	}
	return 0;
}

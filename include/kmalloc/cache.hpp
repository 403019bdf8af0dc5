/* SPDX-License-Identifier: MIT */
/*
 * Containers over caches, for C++17; all of it is in this header.
 *
 *	std::list<int, libkmalloc::cache<int>> list;
 *
 *	libkmalloc::cache_resource nodes("nodes", 64);
 *	std::pmr::map<int, int> map(&nodes);
 *
 * (The namespace cannot be called kmalloc: that is a function.)
 *
 * Failure: std::bad_alloc; abort in programs without exceptions.
 * Context: as of <kmalloc/slab.h>; any thread.
 */
#ifndef KMALLOC_CACHE_HPP
#define KMALLOC_CACHE_HPP

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <type_traits>
#if __has_include(<memory_resource>)
#include <memory_resource>
#endif

#include <kmalloc/slab.h>

namespace libkmalloc
{

namespace detail
{

[[noreturn]] inline void fail()
{
#if defined(__cpp_exceptions)
	throw std::bad_alloc();
#else
	std::abort();
#endif
}

constexpr std::size_t max_align = 4096;

constexpr std::size_t round_up(std::size_t n, std::size_t align)
{
	return (n + align - 1) / align * align;
}

/* A block's class is a multiple of its alignment if its size is. */
inline void *allocate_block(std::size_t bytes, std::size_t align)
{
	void *p = nullptr;

	if (align <= max_align && bytes <= static_cast<std::size_t>(-1) / 2)
		p = kvmalloc(round_up(bytes ? bytes : 1, align),
			     GFP_KERNEL | __GFP_NOWARN);
	if (!p)
		fail();
	return p;
}

/* The cache of all objects of a size and an alignment; it never ends. */
template <std::size_t Size, std::size_t Align> inline kmem_cache *node_cache()
{
	static kmem_cache *const cache = [] {
		char name[40];

		std::snprintf(name, sizeof(name), "c++-%zu", Size);
		return ::kmem_cache_create(name, static_cast<unsigned>(Size),
					   static_cast<unsigned>(Align), 0,
					   nullptr);
	}();

	return cache;
}

} // namespace detail

/**
 * cache - an allocator for the standard containers
 *
 * Single objects, such as the nodes of lists, maps and sets, come from a
 * cache of their size; arrays, such as those of vectors, from kvmalloc.  All
 * allocators are equal.
 */
template <class T> class cache
{
      public:
	using value_type = T;
	using size_type = std::size_t;
	using difference_type = std::ptrdiff_t;
	using propagate_on_container_move_assignment = std::true_type;
	using is_always_equal = std::true_type;

	static_assert(alignof(T) <= detail::max_align,
		      "objects are aligned to 4096 bytes at most");

	constexpr cache() noexcept = default;
	template <class U> constexpr cache(const cache<U> &) noexcept
	{
	}

	[[nodiscard]] T *allocate(std::size_t n)
	{
		void *p = nullptr;

		if (n != 1 || !single()) {
			if (n > static_cast<std::size_t>(-1) / 2 / sizeof(T))
				detail::fail();
			return static_cast<T *>(detail::allocate_block(
				n * sizeof(T), alignof(T)));
		}
		p = kmem_cache_alloc(single(), GFP_KERNEL | __GFP_NOWARN);
		if (!p)
			detail::fail();
		return static_cast<T *>(p);
	}

	void deallocate(T *p, std::size_t n) noexcept
	{
		if (n == 1 && single())
			kmem_cache_free(single(), p);
		else
			kvfree(p);
	}

	/** The cache that single objects come from; null if there is none */
	static kmem_cache *single() noexcept
	{
		constexpr std::size_t size = sizeof(T) < 8 ? 8 : sizeof(T);

		if constexpr (size <= KMALLOC_MAX_SIZE)
			return detail::node_cache<size, alignof(T)>();
		else
			return nullptr;
	}
};

template <class T, class U>
constexpr bool operator==(const cache<T> &, const cache<U> &) noexcept
{
	return true;
}

template <class T, class U>
constexpr bool operator!=(const cache<T> &, const cache<U> &) noexcept
{
	return false;
}

#if defined(__cpp_lib_memory_resource)

/**
 * cache_resource - a memory resource with a cache for its usual size
 *
 * What is at most that large, and no more than half of it smaller, comes from
 * the cache; everything else from kvmalloc.
 */
class cache_resource : public std::pmr::memory_resource
{
      public:
	/** Makes a cache, which ends with the resource */
	cache_resource(const char *name, std::size_t size,
		       std::size_t align = alignof(std::max_align_t))
		: cache_(make(name, size, align)), size_(size), align_(align),
		  owner_(true)
	{
	}

	/** Takes somebody's cache, whose objects are aligned to @align */
	explicit cache_resource(kmem_cache *cache, std::size_t align = 8)
		: cache_(cache), size_(kmem_cache_size(cache)), align_(align),
		  owner_(false)
	{
	}

	cache_resource(const cache_resource &) = delete;
	cache_resource &operator=(const cache_resource &) = delete;

	~cache_resource() override
	{
		if (owner_)
			kmem_cache_destroy(cache_);
	}

	kmem_cache *get() const noexcept
	{
		return cache_;
	}

      private:
	static kmem_cache *make(const char *name, std::size_t size,
				std::size_t align)
	{
		kmem_cache *s = nullptr;

		if (size <= KMALLOC_MAX_SIZE && align <= detail::max_align)
			s = ::kmem_cache_create(name,
						static_cast<unsigned>(size),
						static_cast<unsigned>(align), 0,
						nullptr);
		if (!s)
			detail::fail();
		return s;
	}

	bool is_usual(std::size_t bytes, std::size_t align) const noexcept
	{
		return bytes <= size_ && bytes >= size_ / 2 && align <= align_;
	}

	void *do_allocate(std::size_t bytes, std::size_t align) override
	{
		void *p = nullptr;

		if (!is_usual(bytes, align))
			return detail::allocate_block(bytes, align);
		p = kmem_cache_alloc(cache_, GFP_KERNEL | __GFP_NOWARN);
		if (!p)
			detail::fail();
		return p;
	}

	void do_deallocate(void *p, std::size_t bytes,
			   std::size_t align) override
	{
		if (is_usual(bytes, align))
			kmem_cache_free(cache_, p);
		else
			kvfree(p);
	}

	bool do_is_equal(
		const std::pmr::memory_resource &other) const noexcept override
	{
		return this == &other;
	}

	kmem_cache *const cache_;
	const std::size_t size_, align_;
	const bool owner_;
};

namespace detail
{

class block_resource : public std::pmr::memory_resource
{
	void *do_allocate(std::size_t bytes, std::size_t align) override
	{
		return allocate_block(bytes, align);
	}

	void do_deallocate(void *p, std::size_t, std::size_t) override
	{
		kvfree(p);
	}

	bool do_is_equal(
		const std::pmr::memory_resource &other) const noexcept override
	{
		return this == &other;
	}
};

} // namespace detail

/** kmalloc_resource() - the resource whose blocks are kvmalloc's */
inline std::pmr::memory_resource *kmalloc_resource() noexcept
{
	/* Never destroyed: it serves other objects' destructors. */
	alignas(detail::block_resource) static unsigned char
		memory[sizeof(detail::block_resource)];
	static std::pmr::memory_resource *const resource =
		new (memory) detail::block_resource;

	return resource;
}

#endif

} // namespace libkmalloc

#endif

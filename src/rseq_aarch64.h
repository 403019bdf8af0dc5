/* SPDX-License-Identifier: MIT */
/*
 * arch: restartable sequences for aarch64.  The contract, the picture of a
 * sheaf and the reasons are those of rseq_x86_64.h.
 */
#ifndef KM_RSEQ_AARCH64_H
#define KM_RSEQ_AARCH64_H

#include "rseq.h"

/* As an instruction this is a breakpoint, in either data endianness. */
#ifdef __AARCH64EB__
#define RSEQ_SIG 0x00bc28d4U
#else
#define RSEQ_SIG 0xd428bc00U
#endif

#define RSEQ_STR1(x) #x
#define RSEQ_STR(x) RSEQ_STR1(x)

/* clang-format off: one instruction a line */
#define RSEQ_TABLE(undo)                               \
	".pushsection .data.rel.ro.rseq_cs, \"aw\"\n\t" \
	".balign 32\n"                                 \
	"3:\n\t"                                       \
	".long 0, 0\n\t"                               \
	".quad 1f, 2f - 1f, 4f\n\t"                    \
	".popsection\n\t"                              \
	".pushsection __rseq_cs_ptr_array, \"aw\"\n\t" \
	".quad 3b\n\t"                                 \
	".popsection\n\t"                              \
	".pushsection __rseq_failure, \"ax\"\n\t"      \
	".inst 0xd428bc00\n"                           \
	"4:\n\t" undo                                  \
	"b %l[aborted]\n\t"                            \
	".popsection\n\t"

/* @rs and @cid are addresses here: the thread pointer is added in C. */
#define RSEQ_ENTER                         \
	"adrp %[tmp], 3b\n\t"              \
	"add %[tmp], %[tmp], :lo12:3b\n\t" \
	"str %[tmp], [%[rs], #8]\n"        \
	"1:\n\t"                           \
	"ldrsw %[tmp], [%[cid]]\n\t"       \
	"add %[tmp], %[word], %[tmp], lsl #" RSEQ_STR(PERCPU_SHIFT) "\n\t"

#define RSEQ_TP(off) ((char *)__builtin_thread_pointer() + (off))

static __always_inline void *rseq_pop(void *word, long rs, long cid,
				      bool *was_aborted)
{
	void *obj;
	void *top, *tmp;

	__asm__ volatile goto(RSEQ_TABLE("mov %[obj], xzr\n\t") RSEQ_ENTER
		"ldr %[top], [%[tmp]]\n\t"
		"ldr %[obj], [%[top], #-8]!\n\t"
		"cbz %[obj], %l[empty]\n\t"
		"str %[top], [%[tmp]]\n"
		"2:\n\t"
		: [obj] "=&r"(obj), [top] "=&r"(top), [tmp] "=&r"(tmp)
		: [word] "r"(word), [rs] "r"(RSEQ_TP(rs)), [cid] "r"(RSEQ_TP(cid))
		: "memory", "cc"
		: empty, aborted);
	if (!obj) /* the sequence has looked */
		__builtin_unreachable();
	return obj;
aborted:
	*was_aborted = true;
empty:
	return NULL;
}

static __always_inline enum rseq_result rseq_push(void *word, long rs, long cid,
						  void *obj)
{
	void *top, *tmp, *below;

	__asm__ volatile goto(RSEQ_TABLE("") RSEQ_ENTER
		"ldr %[top], [%[tmp]]\n\t"
		"ldr %[below], [%[top], #-8]\n\t"
		"cmp %[below], %[obj]\n\t"
		"b.eq %l[twice]\n\t"
		"tst %[top], #" RSEQ_STR(SHEAF_MASK) "\n\t"
		"b.eq %l[full]\n\t"
		"str %[obj], [%[top]], #8\n\t"
		"str %[top], [%[tmp]]\n"
		"2:\n\t"
		: [top] "=&r"(top), [tmp] "=&r"(tmp), [below] "=&r"(below)
		: [word] "r"(word), [rs] "r"(RSEQ_TP(rs)),
		[cid] "r"(RSEQ_TP(cid)), [obj] "r"(obj)
		: "memory", "cc"
		: full, twice, aborted);
	return RSEQ_DONE;
full:
	return RSEQ_FULL;
twice:
	return RSEQ_TWICE;
aborted:
	return RSEQ_ABORTED;
}

static inline enum rseq_result rseq_cmpxchg(void *word, long rs, long cid,
					    uintptr_t old, uintptr_t new)
{
	void *tmp;
	uintptr_t val;

	__asm__ volatile goto(RSEQ_TABLE("") RSEQ_ENTER
		"ldr %[val], [%[tmp]]\n\t"
		"cmp %[val], %[old]\n\t"
		"b.ne %l[differs]\n\t"
		"str %[new], [%[tmp]]\n"
		"2:\n\t"
		: [tmp] "=&r"(tmp), [val] "=&r"(val)
		: [word] "r"(word), [rs] "r"(RSEQ_TP(rs)),
		[cid] "r"(RSEQ_TP(cid)), [old] "r"(old), [new] "r"(new)
		: "memory", "cc"
		: differs, aborted);
	return RSEQ_DONE;
differs:
	return RSEQ_DIFFERS;
aborted:
	return RSEQ_ABORTED;
}

/* clang-format on */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * shim: vfork, whose child shares our memory but not our registration.
 *
 * The child runs on its parent's stack and thread area, where the kernel
 * no longer writes a concurrency id for either of them: the child is not
 * registered for restartable sequences, the parent sleeps.  The id that
 * stands there may meanwhile be another thread's.  So before the child
 * returns to the program it puts an unknown thread's id in its place, and
 * allocates by the slow path alone, under locks.  When the parent goes on,
 * the kernel writes its id anew; where a kernel does not, it is asked to.
 *
 * (A child made by the bare system call does not come by here: allocating
 * in one, beside other threads, is not safe.)
 *
 * vfork returns twice over one stack frame, which C cannot express: the
 * return address is kept in a register across the call.
 */
#include "shim.h"

#include <errno.h>
#include <sys/types.h>

__attribute__((__used__)) __hidden void shim_vfork_prepare(void);
__attribute__((__used__)) __hidden pid_t shim_vfork_parent(long ret);

void shim_vfork_prepare(void)
{
	percpu_vfork_prepare();
}

pid_t shim_vfork_parent(long ret)
{
	if (ret < 0) {
		errno = (int)-ret;
		return -1;
	}
	percpu_vfork_parent();
	return (pid_t)ret;
}

#if defined(__x86_64__)
__asm__(".text\n\t"
	".globl vfork\n\t"
	".type vfork, @function\n"
	"vfork:\n\t"
	".cfi_startproc\n\t"
	"subq $8, %rsp\n\t"
	".cfi_adjust_cfa_offset 8\n\t"
	"call shim_vfork_prepare\n\t"
	"addq $8, %rsp\n\t"
	".cfi_adjust_cfa_offset -8\n\t"
	"popq %rdi\n\t"
	".cfi_adjust_cfa_offset -8\n\t"
	".cfi_register %rip, %rdi\n\t"
	"movl $58, %eax\n\t" /* SYS_vfork */
	"syscall\n\t"
	"pushq %rdi\n\t"
	".cfi_adjust_cfa_offset 8\n\t"
	".cfi_rel_offset %rip, 0\n\t"
	"testq %rax, %rax\n\t"
	"jz 1f\n\t"
	"movq %rax, %rdi\n\t"
	"jmp shim_vfork_parent\n"
	"1:\n\t"
	"movq percpu_cid_off(%rip), %rdx\n\t"
	"testq %rdx, %rdx\n\t"
	"jz 2f\n\t"
	"movl $-2, %fs:(%rdx)\n"
	"2:\n\t"
	"ret\n\t"
	".cfi_endproc\n\t"
	".size vfork, .-vfork\n\t"
	".globl __vfork\n\t"
	".set __vfork, vfork\n\t");
#elif defined(__aarch64__)
__asm__(".text\n\t"
	".globl vfork\n\t"
	".type vfork, %function\n"
	"vfork:\n\t"
	".cfi_startproc\n\t"
	"stp x29, x30, [sp, #-16]!\n\t"
	".cfi_adjust_cfa_offset 16\n\t"
	".cfi_rel_offset x30, 8\n\t"
	"bl shim_vfork_prepare\n\t"
	"ldp x29, x30, [sp], #16\n\t"
	".cfi_adjust_cfa_offset -16\n\t"
	".cfi_restore x30\n\t"
	"mov x0, #0x4111\n\t" /* CLONE_VFORK | CLONE_VM | SIGCHLD */
	"mov x1, xzr\n\t"
	"mov x8, #220\n\t" /* SYS_clone */
	"svc #0\n\t"
	"cbz x0, 1f\n\t"
	"b shim_vfork_parent\n"
	"1:\n\t"
	"adrp x1, percpu_cid_off\n\t"
	"ldr x1, [x1, #:lo12:percpu_cid_off]\n\t"
	"cbz x1, 2f\n\t"
	"mrs x2, tpidr_el0\n\t"
	"mov w3, #-2\n\t"
	"str w3, [x2, x1]\n"
	"2:\n\t"
	"ret\n\t"
	".cfi_endproc\n\t"
	".size vfork, .-vfork\n\t"
	".globl __vfork\n\t"
	".set __vfork, vfork\n\t");
#endif

#!/bin/bash
# SPDX-License-Identifier: MIT
#
# z3.sh: a solver on four kinds of question, most of which have no answer:
# division of bit vectors, linear arithmetic, arrays, propositions.
. "$(dirname "$0")/lib.sh"
need z3 awk

program()
{
	awk '
	# quotient and remainder make up the dividend again
	function division(bits) {
		printf "(push)\n(declare-const x (_ BitVec %d))\n", bits
		printf "(declare-const d (_ BitVec %d))\n", bits
		printf "(assert (distinct d (_ bv0 %d)))\n", bits
		print "(assert (distinct x (bvadd (bvmul (bvudiv x d) d) (bvurem x d))))"
		print "(check-sat)\n(pop)"
	}
	# jobs of given lengths, every third pair of which must not overlap
	function jobs(n, end,    i, j) {
		print "(push)"
		for (i = 0; i < n; i++) {
			printf "(declare-const s%d Int)\n", i
			printf "(assert (and (>= s%d 0) (<= (+ s%d %d) %d)))\n", i, i, 5 + i * 7 % 11, end
			for (j = 0; j < i; j++)
				if ((i + j) % 3 == 0)
					printf "(assert (or (<= (+ s%d %d) s%d) (<= (+ s%d %d) s%d)))\n", i, 5 + i * 7 % 11, j, j, 5 + j * 7 % 11, i
		}
		print "(check-sat)\n(pop)"
	}
	# stores at distinct places, in two orders
	function stores(n,    i, e, f) {
		print "(push)\n(declare-const m (Array Int Int))\n(declare-const z Int)"
		e = f = "m"
		for (i = 0; i < n; i++) {
			printf "(declare-const y%d Int)\n", i
			e = "(store " e " y" i " " i ")"
		}
		for (i = n - 1; i >= 0; i--)
			f = "(store " f " y" i " " i ")"
		print "(assert (distinct"
		for (i = 0; i < n; i++)
			printf " y%d", i
		printf "))\n(assert (distinct (select %s z) (select %s z)))\n", e, f
		print "(check-sat)\n(pop)"
	}
	# one pigeon more than there are holes
	function pigeons(holes,    p, q, k) {
		print "(push)"
		for (p = 0; p <= holes; p++) {
			for (k = 0; k < holes; k++)
				printf "(declare-const p%d_%d Bool)\n", p, k
			printf "(assert (or"
			for (k = 0; k < holes; k++)
				printf " p%d_%d", p, k
			print "))"
			for (k = 0; k < holes; k++)
				for (q = 0; q < p; q++)
					printf "(assert (or (not p%d_%d) (not p%d_%d)))\n", p, k, q, k
		}
		print "(check-sat)\n(pop)"
	}
	BEGIN {
		for (i = 5; i <= 9; i++)
			division(i)
		for (i = 8; i <= 22; i += 7)
			jobs(i, 75)
		for (i = 20; i <= 80; i += 20)
			stores(i)
		for (i = 4; i <= 7; i++)
			pigeons(i)
	}'
}
input work.smt2 program
target z3 -smt2 work.smt2

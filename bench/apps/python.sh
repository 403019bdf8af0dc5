#!/bin/bash
# SPDX-License-Identifier: MIT
#
# python.sh: dictionaries, strings, small objects and JSON in Python, which
# leaves every block to malloc here.
. "$(dirname "$0")/lib.sh"
python=/usr/bin/python3
need $python

program()
{
	cat << 'END'
import json
import re

class Node:
	def __init__(self, key, left=None, right=None):
		self.key, self.left, self.right = key, left, right

def tree(depth, key=0):
	if depth == 0:
		return Node(key)
	return Node(key, tree(depth - 1, 2 * key), tree(depth - 1, 2 * key + 1))

def total(node):
	s = node.key
	if node.left:
		s += total(node.left) + total(node.right)
	return s

state = 1
def rnd(n):
	global state
	state = (state * 1103515245 + 12345) % 2147483648
	return state % n

def words(n):
	count = {}
	for i in range(n):
		w = "w%d" % rnd(n // 4)
		count[w] = count.get(w, 0) + 1
		if i % 7 == 0:
			count.pop("w%d" % rnd(n // 4), None)
	return sum(count.values()), len(count)

def records(n):
	rows = [{"id": i, "name": "name %d" % rnd(n), "tags": ["t%d" % rnd(50)
		for _ in range(rnd(5))], "v": rnd(1000) / 8} for i in range(n)]
	rows.sort(key=lambda r: (r["name"], r["id"]))
	text = json.dumps(rows)
	again = json.loads(text)
	return len(text), again == rows, sum(len(r["tags"]) for r in again)

def strings(n):
	text = ",".join(str(rnd(1000000)) for _ in range(n))
	parts = [p[::-1] for p in text.split(",")]
	found = re.findall(r"(\d)\1", "".join(parts))
	grown = ""
	for p in parts[:n // 4]:
		grown += p
	return len(text), len(found), len(grown)

for _ in range(2):
	print(words(150000))
	print(records(25000))
	print(strings(100000))
	print(total(tree(16)))
print(sum(x * x for x in [[i] * 3 for i in range(200000)][5]))
END
}
input work.py program
PYTHONMALLOC=malloc PYTHONHASHSEED=1 target $python -S work.py

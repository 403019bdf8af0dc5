/* SPDX-License-Identifier: MIT */
/*
 * barnes: n bodies, by the method of Barnes and Hut.
 *
 * After the barnes program that is common in studies of allocators; the method
 * is that of J. Barnes and P. Hut, "A hierarchical O(N log N) force-calculation
 * algorithm" (1986). BODIES bodies, allocated once, attract each other for
 * STEPS steps. In each step all are sorted into a new octree, whose cells of
 * 112 bytes are allocated as they are needed; the force on a body is summed
 * over the tree, where a cell that looks smaller than THETA hundredths counts
 * as one body. Then the tree is freed.
 *
 * Few calls for much arithmetic: it stresses locality, for the walks through
 * the tree are as fast as the cells lie close.
 */
#include "classic.h"

#include <math.h>

static long bodies = 40000;
static long steps = 8;
static long theta = 80;

static const struct parameter parameters[] = {
	{ "bodies", &bodies, 2, 1 << 24 },
	{ "steps", &steps, 1, 1 << 24 },
	{ "theta", &theta, 1, 1000 },
	{ 0 },
};

#define SOFTENING 1e-4
#define TIME_STEP 1e-3
#define MAX_DEPTH 64

struct vector {
	double x, y, z;
};

/* What a cell and a body have in common. */
struct node {
	double mass;
	struct vector at;
	bool is_cell;
};

struct body {
	struct node node;
	struct vector speed;
};

/* @at is the centre of mass once the tree is complete. */
struct cell {
	struct node node;
	double size;
	struct node *child[8];
};

static struct body **body;

static struct cell *cell_new(double size)
{
	struct cell *c = must_calloc(1, sizeof(*c));

	c->node.is_cell = true;
	c->size = size;
	return c;
}

static void cell_free(struct cell *c)
{
	for (int i = 0; i < 8; i++)
		if (c->child[i] && c->child[i]->is_cell)
			cell_free((struct cell *)c->child[i]);
	free(c);
}

/* Which child of a cell @at lies in; moves @centre to the middle of it. */
static int octant(const struct vector *at, struct vector *centre, double size)
{
	int x = at->x >= centre->x;
	int y = at->y >= centre->y;
	int z = at->z >= centre->z;

	centre->x += x ? size / 4 : -size / 4;
	centre->y += y ? size / 4 : -size / 4;
	centre->z += z ? size / 4 : -size / 4;
	return x | y << 1 | z << 2;
}

/* A body where another is would go down for ever: it leaves the tree. */
static void insert(struct cell *c, struct body *b)
{
	struct vector centre = { 0, 0, 0 };

	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		struct node **child;
		struct node *old;

		child = &c->child[octant(&b->node.at, &centre, c->size)];
		old = *child;
		if (!old) {
			*child = &b->node;
			return;
		}
		if (!old->is_cell) {
			struct vector middle = centre;
			struct cell *new = cell_new(c->size / 2);

			*child = &new->node;
			new->child[octant(&old->at, &middle, new->size)] = old;
		}
		c = (struct cell *)*child;
	}
}

static void sum_mass(struct cell *c)
{
	struct vector at = { 0, 0, 0 };

	for (int i = 0; i < 8; i++) {
		struct node *n = c->child[i];

		if (!n)
			continue;
		if (n->is_cell)
			sum_mass((struct cell *)n);
		c->node.mass += n->mass;
		at.x += n->mass * n->at.x;
		at.y += n->mass * n->at.y;
		at.z += n->mass * n->at.z;
	}
	c->node.at.x = at.x / c->node.mass;
	c->node.at.y = at.y / c->node.mass;
	c->node.at.z = at.z / c->node.mass;
}

static void attract(const struct body *b, const struct node *n,
		    struct vector *force)
{
	double x = n->at.x - b->node.at.x;
	double y = n->at.y - b->node.at.y;
	double z = n->at.z - b->node.at.z;
	double distance2 = x * x + y * y + z * z + SOFTENING;
	const struct cell *c = (const struct cell *)n;
	double pull;

	if (n->is_cell && c->size * c->size * 1e4 > distance2 * theta * theta) {
		for (int i = 0; i < 8; i++)
			if (c->child[i] && c->child[i] != &b->node)
				attract(b, c->child[i], force);
		return;
	}
	pull = n->mass / (distance2 * sqrt(distance2));
	force->x += x * pull;
	force->y += y * pull;
	force->z += z * pull;
}

static struct cell *make_tree(void)
{
	struct cell *root;
	double reach = 1;

	for (long i = 0; i < bodies; i++) {
		const struct vector *at = &body[i]->node.at;

		reach = fmax(reach, fabs(at->x));
		reach = fmax(reach, fabs(at->y));
		reach = fmax(reach, fabs(at->z));
	}
	root = cell_new(2 * reach);
	for (long i = 0; i < bodies; i++)
		insert(root, body[i]);
	sum_mass(root);
	return root;
}

static void step(void)
{
	struct cell *root = make_tree();

	for (long i = 0; i < bodies; i++) {
		struct vector force = { 0, 0, 0 };

		attract(body[i], &root->node, &force);
		body[i]->speed.x += force.x * TIME_STEP;
		body[i]->speed.y += force.y * TIME_STEP;
		body[i]->speed.z += force.z * TIME_STEP;
	}
	cell_free(root);
	for (long i = 0; i < bodies; i++) {
		body[i]->node.at.x += body[i]->speed.x * TIME_STEP;
		body[i]->node.at.y += body[i]->speed.y * TIME_STEP;
		body[i]->node.at.z += body[i]->speed.z * TIME_STEP;
	}
}

/* Denser towards the middle, and at rest. */
static struct body *random_body(struct rng *rng)
{
	struct body *b = must_calloc(1, sizeof(*b));
	double u = rng_unit(rng);

	b->node.mass = 1.0 / bodies;
	b->node.at.x = u * (2 * rng_unit(rng) - 1);
	b->node.at.y = u * (2 * rng_unit(rng) - 1);
	b->node.at.z = u * (2 * rng_unit(rng) - 1);
	return b;
}

int main(int argc, char **argv)
{
	uint64_t sum = 0;
	struct rng rng;

	(void)argc;
	parse_arguments(argv, parameters);
	rng_seed(&rng, 0);
	body = must_calloc(bodies, sizeof(body[0]));
	for (long i = 0; i < bodies; i++)
		body[i] = random_body(&rng);
	for (long i = 0; i < steps; i++)
		step();
	for (long i = 0; i < bodies; i++) {
		sum = mix64(sum + (int64_t)(body[i]->node.at.x * 1e9));
		sum = mix64(sum + (int64_t)(body[i]->node.at.y * 1e9));
		sum = mix64(sum + (int64_t)(body[i]->node.at.z * 1e9));
		free(body[i]);
	}
	free(body);
	return print_checksum("barnes", sum);
}

/* SPDX-License-Identifier: MIT */
/*
 * audio: a thread with a deadline, whose malloc never sleeps.
 *
 *	audio PERIODS
 *
 * Each period it mixes some voices into buffers that it allocates and frees
 * as it goes, while another thread keeps the allocator busy.  It says so once,
 * before its first period; the same can be said from outside, for a program
 * that does not:
 *
 *	KMALLOC='gfp_rules=comm:audio*=GFP_ATOMIC' PROGRAM
 *
 * A request that finds nothing at hand fails at once: the voice is silent for
 * a period, and nobody hears a click.
 */
#include <kmalloc.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VOICES 16
#define FRAMES 256

static unsigned long periods = 20000;
static atomic_int done;

static unsigned long play(void)
{
	unsigned long silent = 0;

	for (unsigned long i = 0; i < periods; i++) {
		float *voice[VOICES];

		for (int v = 0; v < VOICES; v++) {
			voice[v] =
				malloc((FRAMES + (i + (unsigned long)v) % 64) *
				       sizeof(float));
			if (voice[v])
				memset(voice[v], 0, FRAMES * sizeof(float));
			else
				silent++;
		}
		for (int v = 0; v < VOICES; v++)
			free(voice[v]);
	}
	return silent;
}

static void *audio_thread(void *arg)
{
	/* This one call may sleep: it makes the reserve. */
	kmalloc_thread_gfp_set(GFP_ATOMIC);
	*(unsigned long *)arg = play();
	return NULL;
}

static void *noise(void *arg)
{
	void *held[64] = { NULL };
	unsigned long i = 0;

	while (!done) {
		free(held[i % 64]);
		held[i % 64] = malloc(16 + i * 7919 % 100000);
		i++;
	}
	for (i = 0; i < 64; i++)
		free(held[i]);
	return arg;
}

int main(int argc, char **argv)
{
	unsigned long silent = 0;
	pthread_t audio, other;

	if (argc == 2)
		periods = strtoul(argv[1], NULL, 0);
	if (pthread_create(&other, NULL, noise, NULL) ||
	    pthread_create(&audio, NULL, audio_thread, &silent))
		return 1;
	pthread_join(audio, NULL);
	done = 1;
	pthread_join(other, NULL);
	printf("%lu periods of %d voices, %lu times a voice was silent\n",
	       periods, VOICES, silent);
	return 0;
}

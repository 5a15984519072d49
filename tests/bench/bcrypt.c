/* Raw bcrypt: hashes of cost 12 a second on N threads for S seconds. */
#include <crypt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static atomic_long hashes;
static atomic_int stop;

static void *work(void *arg) {
    (void)arg;
    struct crypt_data *data = calloc(1, sizeof *data);
    while (data && !stop)
        if (crypt_r("a fine password", "$2b$12$abcdefghijklmnopqrstuu", data))
            hashes++;
    free(data);
    return NULL;
}

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    enum { THREADS_MOST = 256 };
    int n = argc == 3 ? atoi(argv[1]) : 0, seconds = argc == 3 ? atoi(argv[2]) : 0;
    pthread_t threads[THREADS_MOST];
    if (n < 1 || n > THREADS_MOST || seconds < 1) {
        fprintf(stderr, "usage: bcrypt THREADS SECONDS\n");
        return 64;
    }
    double from = now();
    for (int i = 0; i < n; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    nanosleep(&(struct timespec){.tv_sec = seconds}, NULL);
    stop = 1;
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    /* The last hashes end after the bell. */
    printf("%.3f\n", (double)hashes / (now() - from));
    return 0;
}

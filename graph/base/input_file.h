/* Opening a file that somebody named, or that lies in a folder, without waiting for what never comes. */
#ifndef GRADC_GRAPH_BASE_INPUT_FILE_H
#define GRADC_GRAPH_BASE_INPUT_FILE_H

/* A descriptor to read `path` with, closed in programs that are started; the caller closes it. A FIFO is given a second
 * for somebody to open it for writing; what comes later from there is waited for. -1: `*problem` says why, in words
 * that last until the next call of strerror. */
int input_open(const char *path, const char **problem);

#endif

/* Sizes as people write them: "512M", "4G". */
#ifndef GRADC_RUNTIME_FILES_BYTE_SIZE_H
#define GRADC_RUNTIME_FILES_BYTE_SIZE_H

/* Bytes; K, M, G and T are powers of 1024. 0: the text is no size. */
double byte_size_read(const char *text);

#endif
